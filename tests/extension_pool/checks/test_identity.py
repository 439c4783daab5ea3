"""The pool's identities."""

from typing import Any

import pytest

from extension_pool.problems import Findings, Later

from .pools import CERTIFICATE, IDENTITIES, findings, problems

ONE = {"id": f"{IDENTITIES}/one"}
TWO = {"id": f"{IDENTITIES}/two"}


@pytest.mark.parametrize(
    ("identity", "sentence"),
    [
        ({"name": "x", "existing": [ONE]}, "identity.name: is for an identity that the component creates"),
        ({"tags": {"a": "b"}, "create": False}, "identity.tags: is for an identity that the component creates"),
        ({"existing": [ONE, {"id": ONE["id"].upper()}]}, "identity.existing[1].id: stands in the list already"),
        (
            {"existing": [{**ONE, "reads_certificates": True}, {**TWO, "reads_certificates": True}]},
            "identity.existing[0].reads_certificates: is true of another identity too",
        ),
        (
            {"reads_certificates": True, "existing": [ONE]},
            "identity.reads_certificates: is for an identity that the component creates",
        ),
    ],
)
def test_what_is_refused(identity: dict[str, Any], sentence: str) -> None:
    found = problems(identity=identity)
    assert any(text.startswith(sentence) for text in found), found


@pytest.mark.parametrize(
    "identity",
    [
        {"name": "x", "tags": {"a": "b"}},
        {"create": True, "name": "x", "existing": [ONE]},
        {"existing": [ONE, {**TWO, "reads_certificates": True}, {"id": Later("later")}]},
        {"create": False},
    ],
)
def test_what_passes(identity: dict[str, Any]) -> None:
    assert findings(identity=identity) == Findings()


def test_certificates_need_an_identity() -> None:
    (sentence,) = problems(identity={"create": False}, key_vault_certificates=[CERTIFICATE])
    assert sentence.startswith("key_vault_certificates: needs an identity of the pool, which has none")
