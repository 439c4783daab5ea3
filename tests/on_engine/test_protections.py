"""What happens to a pool without the component's protections: the same edits, on a pool written by hand.

Each test is the twin of one in test_lifecycle.py. It shows that local Azure and the engine do refuse, so that the
component's passing means something.
"""

from collections.abc import Callable

import yaml

from tests.on_engine.stack import EngineStack


def raw(new_stack: Callable[..., EngineStack], lacks: str) -> EngineStack:
    made = new_stack("raw.py")
    made.configure({"lacks": lacks})
    return made


def edit(stack: EngineStack, **changes: str) -> int:
    stack.configure({**_config(stack), **changes})
    return stack.last_operation()


def _config(stack: EngineStack) -> dict[str, str]:
    document = yaml.safe_load(stack.file.read_text(encoding="utf-8"))
    return {key: value for key, value in document["config"].items() if key != "azure-native:location"}


def test_with_every_protection_the_edit_of_a_raw_pool_lands(new_stack: Callable[..., EngineStack]) -> None:
    made = raw(new_stack, "nothing")
    made.up()
    since = edit(made, polling="60")
    assert made.changed() == {"pool": "replace"}
    made.up()
    assert made.verbs(since, "pools/raw") == ["DELETE", "PUT"]


def test_without_replace_on_changes_azure_refuses_the_edit(new_stack: Callable[..., EngineStack]) -> None:
    made = raw(new_stack, "replaceOnChanges")
    made.up()
    edit(made, polling="60")
    assert made.changed() == {"pool": "update"}
    assert 'Status=400 Code="PropertyCannotBeUpdated"' in made.up_fails()


def test_without_delete_before_replace_the_name_is_taken(new_stack: Callable[..., EngineStack]) -> None:
    made = raw(new_stack, "deleteBeforeReplace")
    made.up()
    edit(made, polling="60")
    assert made.changed() == {"pool": "replace"}
    assert "cannot create already existing resource" in made.up_fails()


def test_with_ids_read_off_the_identity_a_tag_shows_a_false_replacement(new_stack: Callable[..., EngineStack]) -> None:
    made = raw(new_stack, "lookup")
    made.up()
    since = edit(made, team="render")
    assert made.changed() == {"identity": "update", "grant": "replace", "pool": "replace"}
    made.up()
    assert {one.path.split("/")[-2] for one in made.changes(since)} == {"userAssignedIdentities"}


def test_with_the_ids_looked_up_a_tag_shows_as_what_it_is(new_stack: Callable[..., EngineStack]) -> None:
    made = raw(new_stack, "nothing")
    made.up()
    edit(made, team="render")
    assert made.changed() == {"identity": "update"}


def test_an_output_around_the_whole_configuration_hides_the_replacement_from_the_preview(
    new_stack: Callable[..., EngineStack],
) -> None:
    made = raw(new_stack, "the leaf")
    made.up()
    since = edit(made, polling="60", team="render")
    assert made.changed()["pool"] == "update"
    made.up()
    assert made.verbs(since, "pools/raw") == ["DELETE", "PUT"]


def test_a_property_that_azure_does_not_know_is_refused(new_stack: Callable[..., EngineStack]) -> None:
    made = raw(new_stack, "a known property")
    assert "deploymentConfiguration.virtualMachineConfiguration.extension" in made.up_fails()


def test_without_its_principal_type_the_grant_is_refused(new_stack: Callable[..., EngineStack]) -> None:
    made = raw(new_stack, "principal type")
    assert "UnmatchedPrincipalType" in made.up_fails()
