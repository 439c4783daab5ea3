"""The table of what happens when a property changes: complete, without dead rows, and found by any form of a path."""

import re
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extension_pool.mutability import (
    Azure,
    Confidence,
    Fate,
    Ours,
    explain,
    find_argument,
    find_rule,
    render_edits,
    rules,
    words,
)
from extension_pool.reference import LEFT_OUT
from extension_pool.replace_on_changes import REPLACE_ON_CHANGES
from extension_pool.spec import PoolSpec
from extension_pool.validation import find_model
from tests.support.sdk_leaves import leaves

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "edits.md"
COMMAND = "make generate"
LEAVES = [".".join(path) for path, _ in leaves()]
MACHINES = "deploymentConfiguration.virtualMachineConfiguration"


def path_of(path: str) -> str | None:
    rule = find_rule(path)
    return rule.path if rule else None


@pytest.mark.parametrize("leaf", LEAVES)
def test_every_leaf_of_the_sdk_has_a_row(leaf: str) -> None:
    path = path_of(leaf)
    assert path is not None and f"{leaf}.".startswith(f"{path}.")


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.path)
def test_every_row_speaks_for_a_leaf(rule: Any) -> None:
    assert any(find_rule(leaf) is rule for leaf in LEAVES)


def test_a_leaf_that_the_sdk_gains_would_be_missed() -> None:
    # the twin: the table says nothing of what it does not know
    assert path_of("hardwareProfile.vmSizeProperties") is None
    assert path_of(f"{MACHINES}.proxyAgentSettings") is None


def test_an_object_is_changed_as_a_whole_as_its_leaves_are() -> None:
    # the engine takes a path that is longer than what the diff names for no match
    for rule in rules():
        below = [other for other in rules() if other.path.startswith(f"{rule.path}.")]
        assert {other.ours for other in below} <= {rule.ours}, rule.path


def test_what_is_not_offered_is_what_the_reference_says() -> None:
    assert {rule.path for rule in rules() if rule.ours is Ours.NOT_OFFERED} == set(LEFT_OUT)


def test_what_azure_refuses_is_never_sent_in_place() -> None:
    assert {rule.ours for rule in rules() if rule.azure in (Azure.REFUSED, Azure.OTHER_POOL)} == {Ours.REPLACE}


def test_the_address_is_left_to_the_provider() -> None:
    address = {rule.path for rule in rules() if rule.azure is Azure.OTHER_POOL}
    assert address == {"resourceGroupName", "accountName", "poolName"}
    assert address.isdisjoint(REPLACE_ON_CHANGES)


def test_every_row_has_its_source_and_every_source_a_row() -> None:
    table = ROOT / "components" / "extension_pool" / "mutability.toml"
    sources = tomllib.loads(table.read_text(encoding="utf-8"))["sources"]
    assert {rule.source.url for rule in rules()} == {one["url"] for one in sources.values()}
    assert {rule.source.title for rule in rules()} == {one["title"] for one in sources.values()}
    assert all(rule.source.url.startswith("https://learn.microsoft.com/") for rule in rules())


def test_every_row_says_in_one_sentence_what_running_nodes_see() -> None:
    for rule in rules():
        assert re.fullmatch(r"[A-Z][^.]*(\.[^ .][^.]*)*\.", rule.nodes), rule.nodes


EXTENSIONS = f"{MACHINES}.extensions"


@pytest.mark.parametrize(
    ("path", "row"),
    [
        ("vmSize", "vmSize"),
        ("vm_size", "vmSize"),
        ("metadata[0].value", "metadata"),
        ("metadata.0.value", "metadata"),
        ("tags.team", "tags"),
        ('tags["a.b"]', "tags"),
        ('resourceTags["scaleSettings"]', "resourceTags"),
        ('["userAccounts"]["0"].password', "userAccounts"),
        ("['userAccounts'][*].password", "userAccounts"),
        (f'{EXTENSIONS}[12].settings["a.b"][0].c', EXTENSIONS),
        ("properties.networkConfiguration", "networkConfiguration"),
        ("scaleSettings", "scaleSettings"),
        ("scaleSettings.fixedScale.targetDedicatedNodes", "scaleSettings"),
        ("scaleSettings.autoScale.formula", "scaleSettings.autoScale.formula"),
        ("identity.userAssignedIdentities[0]", "identity"),
        (f"{MACHINES}.osDisk.diskSizeGB", f"{MACHINES}.osDisk"),
        ("deployment_configuration.virtual_machine_configuration.os_disk.disk_size_gb", f"{MACHINES}.osDisk"),
    ],
)
def test_a_row_is_found_by_every_form_of_a_path(path: str, row: str) -> None:
    assert path_of(path) == row


@pytest.mark.parametrize("path", ["deploymentConfiguration", MACHINES])
def test_an_object_around_several_rows_has_the_strictest_of_them(path: str) -> None:
    rule = find_rule(path)
    assert rule is not None and (rule.azure, rule.ours) == (Azure.REFUSED, Ours.REPLACE)


@pytest.mark.parametrize("path", ["", "properties", "vmSizes", "[0]", "..", "name", "scaleSetting"])
def test_what_no_pool_has_has_no_row(path: str) -> None:
    assert find_rule(path) is None


@given(st.text())
def test_any_text_is_taken_for_a_path(text: str) -> None:
    rule = find_rule(text)
    assert rule is None or rule in rules()


@given(st.sampled_from(LEAVES), st.data())
def test_indexes_anywhere_change_nothing(leaf: str, data: st.DataObject) -> None:
    index = st.sampled_from(["", "[0]", "[17]", '["3"]', "[*]", ".2"])
    indexed = ".".join(part + data.draw(index) for part in leaf.split("."))
    assert find_rule(indexed) == find_rule(leaf)


def test_a_change_is_explained_by_what_azure_does_and_what_follows() -> None:
    size, task, count = (find_rule(path) for path in ("vmSize", "startTask", "scaleSettings"))
    assert size and task and count
    assert explain(size) == (
        "Azure refuses to change it on a pool that has nodes; the pool is replaced. "
        "The nodes of the new pool are of the new size."
    )
    assert explain(task).startswith("Azure changes it for new nodes only; the pool stays. Running nodes keep ")
    assert explain(count).startswith("Azure changes it in place; the pool stays. Nodes come and go ")


# --- the page --------------------------------------------------------------------------------------------------------


def test_the_page_is_current() -> None:
    if PAGE.read_text(encoding="utf-8") != render_edits():
        pytest.fail(f"docs/edits.md is not what the table says; run: {COMMAND}")


def arguments() -> list[str]:
    """The pool's arguments; of those that have words of their own, what is in them."""
    deeper = {"identity", "rollout", "extensions"}
    found = []
    for name, field in PoolSpec.model_fields.items():
        model = find_model(field.annotation) if name in deeper else None
        found += [f"{name}.{inner}" for inner in model.model_fields] if model else [name]
    return found


@pytest.mark.parametrize("argument", arguments())
def test_every_argument_is_on_the_page(argument: str) -> None:
    told = {find_argument(rule.path) for rule in rules()} | {word.path for word in words()}
    assert {argument, argument.split(".")[0]} & told
    page = render_edits()
    assert f"| `{argument}`" in page or f"| `{argument.split('.')[0]}`" in page


@pytest.mark.parametrize("word", words(), ids=lambda word: word.path)
def test_every_word_of_our_own_is_an_argument_that_no_property_has_the_name_of(word: Any) -> None:
    model: Any = PoolSpec
    for part in word.path.split("."):
        model = find_model(model.model_fields[part].annotation)
    assert word.path not in {find_argument(rule.path) for rule in rules()}


def test_the_page_says_what_stays_and_what_is_replaced() -> None:
    lines = {line.split("`")[1]: line.split(" | ")[1] for line in render_edits().splitlines() if line.startswith("| `")}
    assert lines["vm_size"] == lines["extensions"] == lines["identity.existing"] == "replaced"
    assert lines["metadata"] == lines["scale_settings"] == lines["identity.tags"] == "stays"
    assert lines["start_task"] == "stays (new nodes)"
    assert lines["extensions.protected_settings_version"] == "by strategy"
    assert {word.pool for word in words()} == set(Fate)


def test_the_page_marks_what_is_a_judgement() -> None:
    assumed = [rule.path for rule in rules() if rule.confidence is Confidence.ASSUMED]
    page = render_edits()
    assert assumed and page.count("(assumed) |") == len(assumed)
