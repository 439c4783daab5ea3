"""`examples/larger-program/` on the real engine: a program that makes everything, with pools in the middle of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.on_engine.examples import ExampleStack
from tests.on_engine.stack import PROGRAMS

pytestmark = pytest.mark.drill

FARM = "00000000-0000-0000-0000-00000000000a"
PLATFORM = "00000000-0000-0000-0000-00000000000b"
EXTENSIONS = "deploymentConfiguration.virtualMachineConfiguration.extensions"
SECRET = "cGZ4LWluLWJhc2U2NA=="


def example(folder: Path) -> ExampleStack:
    made = ExampleStack(folder, "larger-program")
    made.local.start_azure()
    made.keep_secret("render-farm:certificate", SECRET)
    return made


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExampleStack]:
    """The example, up from nothing."""
    made = example(tmp_path_factory.mktemp("farm"))
    made.up()
    yield made
    made.close()


def resources(stack: ExampleStack) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(stack.export())["deployment"]["resources"]
    return found


def resource(stack: ExampleStack, name: str, kind: str = "") -> dict[str, Any]:
    (found,) = [one for one in resources(stack) if one["urn"].endswith(f"{kind}::{name}")]
    return found


def pools(stack: ExampleStack) -> dict[str, int]:
    rows = stack.store.living("Microsoft.Batch/batchAccounts/pools")
    return {row.name: row.seq for row in rows if row.deleting is None}


def written(stack: ExampleStack, since: int) -> list[tuple[str, str]]:
    """What was made, changed or deleted; to list the keys of the storage account is a POST, and changes nothing."""
    return [(one.method, one.path.rsplit("/", 1)[1]) for one in stack.changes(since) if one.method != "POST"]


def test_a_second_look_finds_no_change(farm: ExampleStack) -> None:
    assert farm.changed() == {}
    assert set(farm.outputs()["pools"]) == {"cpu", "gpu"}
    assert farm.outputs()["pools"]["cpu"] == "workers"


def test_everything_is_in_the_subscription_of_its_provider(farm: ExampleStack) -> None:
    ids = {one["urn"].rsplit("$", 1)[-1].rsplit("::", 1)[0]: one["id"] for one in resources(farm) if one.get("custom")}
    there = [key for key, one in ids.items() if one.startswith(f"/subscriptions/{PLATFORM}/")]
    assert sorted(there) == [
        "azure-native:authorization:RoleAssignment",
        "azure-native:keyvault:Secret",
        "azure-native:keyvault:Vault",
        "azure-native:resources:ResourceGroup",
    ]
    children = [one for one in resources(farm) if "ExtensionPool$" in one["urn"]]
    providers = {one["provider"].split("::")[-2] for one in children}
    assert providers == {"workload"} and len(children) == 6
    # with default providers disabled, a lookup without the pool's own would have failed
    assert not [one for one in resources(farm) if "::default" in one["urn"]]


def test_the_tags_of_the_program_are_on_the_pools_and_their_identities(farm: ExampleStack) -> None:
    tags = {"team": "rendering", "stack": "dev"}
    for row in farm.store.living():
        if row.type in ("Microsoft.Batch/batchAccounts/pools", "Microsoft.ManagedIdentity/userAssignedIdentities"):
            assert row.body["tags"] == tags, row.id


def test_the_secrets_stay_secrets(farm: ExampleStack) -> None:
    kept = farm.export() + json.dumps([one.body for one in farm.store.operations()]) + farm.printed
    assert SECRET not in kept
    assert "ciphertext" in json.dumps(resource(farm, "farm-cpu-pool")["inputs"]["mountConfiguration"])
    (mount,) = farm.body("pools/workers")["properties"]["mountConfiguration"]
    share = mount["azureFileShareConfiguration"]
    assert share["azureFileUrl"].endswith(".file.core.windows.net/assets")
    assert share["accountKey"].startswith("sha256:")


def test_other_tags_change_everything_in_place(farm: ExampleStack) -> None:
    before = pools(farm)
    farm.set(team="film")
    assert set(farm.changed().values()) == {"update"}
    farm.up()
    assert pools(farm) == before
    assert {row.body["tags"]["team"] for row in farm.store.living("Microsoft.Batch/batchAccounts/pools")} == {"film"}
    farm.set(team="rendering")
    farm.up()


def test_the_number_of_nodes_is_the_autoscalers(farm: ExampleStack) -> None:
    """Ignored on both sides: what the program says later, and what the autoscaler did, found by a refresh."""
    since = farm.last_operation()
    farm.set(nodes=7)
    assert farm.changed() == {}
    account = resource(farm, "farm", "azure-native:batch:BatchAccount")["id"]
    (row,) = [one for one in farm.store.living("Microsoft.Batch/batchAccounts/pools") if one.name == "workers"]
    body = json.loads(json.dumps(row.body))
    body["properties"]["scaleSettings"]["fixedScale"]["targetDedicatedNodes"] = 5
    farm.store.save(f"{account}/pools/workers", row.type, body, row.state)
    farm.pulumi("refresh", "--yes", "--skip-preview")
    assert farm.changed() == {}
    farm.up()
    assert farm.verbs(since, "pools/workers") == []


def test_an_edited_extension_replaces_its_pool_and_nothing_else(farm: ExampleStack) -> None:
    since, before = farm.last_operation(), pools(farm)
    farm.rewrite("farm.py", '"type_handler_version": "1.33"', '"type_handler_version": "1.34"')
    step = farm.preview()["farm-cpu-pool"]
    assert step["op"] == "replace"
    assert list(step["detailedDiff"]) == [f"{EXTENSIONS}[1].typeHandlerVersion"]
    assert farm.changed() == {"farm-cpu-pool": "replace"}
    farm.up()
    assert written(farm, since) == [("DELETE", "workers"), ("PUT", "workers")]
    after = pools(farm)
    assert after.pop("workers") != before.pop("workers") and after == before


def test_a_driver_goes_beside_the_old_one_though_the_program_transforms_its_resources(farm: ExampleStack) -> None:
    since, old = farm.last_operation(), farm.outputs()["pools"]["gpu"]
    driver = '"type_handler_version": "1.9", "protected_settings": {"key": "a"}'
    farm.rewrite("farm.py", '"type_handler_version": "1.6"', driver)
    farm.up()
    new = farm.outputs()["pools"]["gpu"]
    assert old != new and written(farm, since) == [("PUT", new), ("DELETE", old)]


def test_a_pool_name_that_is_taken_is_looked_for_in_the_pools_own_subscription(farm: ExampleStack) -> None:
    """A change of the pool's protected settings alone is in no name: the preview must see the pool that is there."""
    farm.rewrite("farm.py", '"protected_settings": {"key": "a"}', '"protected_settings": {"key": "b"}')
    said = farm.pulumi("preview", check=False)
    assert "is there already in account" in said
    farm.rewrite("farm.py", '"protected_settings": {"key": "b"}', '"protected_settings": {"key": "a"}')
    assert farm.changed() == {}


def test_everything_goes_in_an_order_that_azure_allows(farm: ExampleStack) -> None:
    since = farm.last_operation()
    farm.pulumi("destroy", "--yes", "--skip-preview", "--run-program")
    assert farm.store.is_pristine()
    assert not [one for one in farm.store.operations(since) if one.status >= 400 and one.method == "DELETE"]


def test_pools_that_move_into_a_component_or_get_another_name_are_not_replaced(tmp_path: Path) -> None:
    made = example(tmp_path)
    try:
        now = (made.program / "farm.py").read_text(encoding="utf-8")
        (made.program / "farm_now.py").write_text(now, encoding="utf-8")
        before = (PROGRAMS / "farm_before.py").read_text(encoding="utf-8")
        (made.program / "farm.py").write_text(before, encoding="utf-8")
        made.rewrite("farm_now.py", 'aliases=[pulumi.Alias(name="workers", parent=pulumi.ROOT_STACK_RESOURCE)],', "")
        made.up()
        assert resource(made, "workers-pool")["urn"].count("$") == 1
        since = made.last_operation()
        (made.program / "farm.py").write_text(now, encoding="utf-8")
        made.rewrite(
            "farm.py",
            "pulumi.ResourceOptions(parent=self),\n        )\n        self.register",
            "pulumi.ResourceOptions(parent=self, aliases=[pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)]),\n"
            "        )\n        self.register",
        )
        assert made.changed() == {}
        made.up()
        assert resource(made, "farm-cpu-pool")["urn"].count("$") == 2
        assert written(made, since) == []
        # without its alias the pool would be made again
        made.rewrite("farm.py", 'aliases=[pulumi.Alias(name="workers", parent=pulumi.ROOT_STACK_RESOURCE)],', "")
        made.rewrite("farm.py", 'f"{name}-cpu"', 'f"{name}-other"')
        assert made.changed()["farm-other-pool"] == "create"
    finally:
        made.close()
