"""provisionAfterExtensions: names of this pool, no circles."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from .pools import CERTIFICATE, findings, problems, unlisted


def chain(**after: list[str]) -> list[dict[str, Any]]:
    return [unlisted(name, provision_after_extensions=names) for name, names in after.items()]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"extensions": chain(first=[], second=["firts"])},
            'extensions[1].provision_after_extensions[0]: names no extension of this pool, got "firts"; '
            "did you mean first? Give the name of an extension, not its type",
        ),
        (
            {"extensions": chain(a=["a"])},
            "extensions[0].provision_after_extensions: goes in a circle: a -> a; let one of them not wait",
        ),
        (
            {"extensions": chain(a=["b"], b=["c"], c=["a"])},
            "extensions[0].provision_after_extensions: goes in a circle: a -> b -> c -> a",
        ),
        (
            {
                "extensions": chain(a=["KeyVaultForLinux"]),
                "key_vault_certificates": [CERTIFICATE],
                "key_vault_extension": {"provision_after_extensions": ["a"]},
            },
            "extensions[0].provision_after_extensions: goes in a circle: a -> KeyVaultForLinux -> a",
        ),
        (
            {
                "key_vault_certificates": [CERTIFICATE],
                "key_vault_extension": {"provision_after_extensions": ["monitor"]},
            },
            "key_vault_extension.provision_after_extensions[0]: names no extension of this pool",
        ),
    ],
)
def test_what_is_refused(changes: dict[str, Any], sentence: str) -> None:
    found = problems(**changes)
    assert len(found) == 1 and found[0].startswith(sentence), found


def test_what_passes() -> None:
    assert problems(extensions=chain(a=[], b=["A"], c=["a", "b"])) == []
    certificates = {"key_vault_certificates": [CERTIFICATE]}
    assert problems(extensions=chain(a=["KeyVaultForLinux"]), **certificates) == []


@given(
    st.dictionaries(st.sampled_from("abcde"), st.lists(st.sampled_from("abcde"), max_size=4, unique=True), min_size=1)
)
def test_a_circle_is_found_where_there_is_one_and_nowhere_else(after: dict[str, list[str]]) -> None:
    def reaches(start: str, goal: str, seen: frozenset[str] = frozenset()) -> bool:
        return any(
            step == goal or (step not in seen and reaches(step, goal, seen | {step})) for step in after.get(start, [])
        )

    found = findings(extensions=chain(**after)).problems
    circle = any(reaches(name, name) for name in after)
    assert any("circle" in problem.rule for problem in found) == circle
