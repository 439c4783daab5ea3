"""docs/reference.md says what the code says."""

from collections.abc import Callable
from pathlib import Path

import pytest

from extension_pool.checks import RULES
from extension_pool.field_docs import docs_of_models, in_stack_words
from extension_pool.limits import bounds_of, limits_of, takes_later
from extension_pool.reference import LEFT_OUT, render_reference
from extension_pool.spec import PoolSpec
from extension_pool.stack_config import StackConfig

PAGE = Path(__file__).parents[2] / "docs" / "reference.md"
COMMAND = "make generate"


def test_the_page_is_current() -> None:
    if PAGE.read_text(encoding="utf-8") != render_reference():
        pytest.fail(f"docs/reference.md is not what the code says; run: {COMMAND}")


def test_the_page_has_every_input_in_both_spellings() -> None:
    page = render_reference()
    for model in (*docs_of_models(), StackConfig):
        for name, field in model.model_fields.items():
            assert f"`{field.alias}`" in page
            assert model is StackConfig or f"`{name}`" in page


def test_the_page_has_every_output_and_what_is_left_out() -> None:
    page = render_reference()
    for name in ("pool_id", "pool_name", "identity_id", "client_id", "principal_id", "extension_names"):
        assert f"| `{name}` | " in page
    assert all(f"- `{name}`: {reason}" in page for name, reason in LEFT_OUT.items())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_rule_says_in_its_first_line_what_it_holds(rule: Callable[..., object]) -> None:
    first_line = (rule.__doc__ or "").partition("\n")[0]
    assert first_line.endswith(".")
    assert f"(`{rule.__name__}`): " in render_reference()


def test_limits_are_in_the_words_of_the_errors() -> None:
    fields = PoolSpec.model_fields
    assert limits_of(fields["task_slots_per_node"]) == ["must be from 1 to 256"]
    assert limits_of(fields["application_licenses"]) == ["must not be empty"]
    assert limits_of(fields["tags"]) == []
    assert bounds_of(fields["task_slots_per_node"]) == (1, 256)
    assert bounds_of(fields["vm_size"]) == (None, None)


def test_what_must_be_known_is_told_from_what_may_be_an_output() -> None:
    fields = PoolSpec.model_fields
    assert takes_later(fields["vm_size"])
    assert takes_later(fields["tags"])
    assert takes_later(fields["application_licenses"])
    assert not takes_later(fields["image"])


def test_documentation_for_stack_files_names_arguments_as_stack_files_do() -> None:
    assert in_stack_words("exactly one of image and image_reference") == "exactly one of image and imageReference"
    assert in_stack_words("not_an_argument, Windows_Server") == "not_an_argument, Windows_Server"
