"""Pools that are already there come under the component: nothing is replaced, nothing is updated."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import yaml

from emulator import Arm
from engine.processes import run
from extension_pool.arm import parse_pool
from extension_pool.ops.completing import complete_state
from extension_pool.ops.importing import plan_import
from tests.on_engine.config import MONITOR
from tests.on_engine.stack import ROOT, EngineStack

pytestmark = pytest.mark.drill

TODAY = date(2026, 11, 20)
GROUP = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-batch-prod"
ACCOUNT = f"{GROUP}/providers/Microsoft.Batch/batchAccounts/extpoolprod"
POOL = f"{ACCOUNT}/pools/old"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/nodes"
SECRET = "correct-horse-battery"


def body(**properties: Any) -> dict[str, Any]:
    """A pool as somebody made it with a template."""
    machine = {
        "imageReference": {
            "publisher": "canonical",
            "offer": "ubuntu-24_04-lts",
            "sku": "server",
        },
        "nodeAgentSkuId": "batch.node.ubuntu 24.04",
        "extensions": [{**MONITOR, "settings": {"b": {"deep": ["3600", 5, True]}, "a": "no"}}],
        **properties.pop("machine", {}),
    }
    return {
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}},
        "tags": {"team": "render"},
        "properties": {
            "vmSize": "Standard_D2s_v5",
            "deploymentConfiguration": {"virtualMachineConfiguration": machine},
            "scaleSettings": {"fixedScale": {"targetDedicatedNodes": 1}},
            "metadata": [{"name": "owner", "value": "somebody"}],
            "startTask": {"commandLine": "/bin/true"},
            **properties,
        },
    }


def made_outside(stack: EngineStack, document: dict[str, Any]) -> dict[str, Any]:
    """Makes identity and pool without Pulumi; what Azure answers to a GET of the pool."""
    stack.pulumi("stack", "ls")
    arm = Arm(stack.store)
    assert arm.put(IDENTITY, {"location": "westeurope"}, "2023-01-31").ok
    answer = arm.put(POOL, document, "2024-07-01")
    assert answer.ok, answer
    return dict(arm.get(POOL, "2024-07-01").body or {})


def adopt(stack: EngineStack, configuration: dict[str, Any], import_file: dict[str, Any]) -> None:
    stack.configure(configuration)
    file = stack.file.parents[2] / "import.json"
    file.write_text(json.dumps(import_file), encoding="utf-8")
    stack.pulumi("import", "--file", str(file), "--generate-code=false", "--protect=false", "--yes", "--skip-preview")


def test_a_pool_made_outside_is_adopted_as_it_is(new_stack: Callable[..., EngineStack]) -> None:
    made = new_stack()
    plan = plan_import(made_outside(made, body()), TODAY)
    assert plan.obstacles == ()
    since = made.last_operation()
    adopt(made, plan.configuration, plan.import_file)
    assert made.changed() == {}
    made.up("--expect-no-changes")
    assert made.changes(since) == []


OTHER = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/a-first"
KINDS: dict[str, dict[str, Any]] = {
    "no identity, no scale": {
        "identity": None,
        "properties": {
            "vmSize": "Standard_D2s_v5",
            "deploymentConfiguration": {
                "virtualMachineConfiguration": {
                    "imageReference": {
                        "publisher": "microsoftwindowsserver",
                        "offer": "windowsserver",
                        "sku": "2022-datacenter",
                    },
                    "nodeAgentSkuId": "batch.node.windows amd64",
                }
            },
        },
    },
    "much else": {
        **body(
            scaleSettings={"autoScale": {"formula": "$TargetDedicatedNodes = 1;"}},
            taskSchedulingPolicy={"nodeFillType": "Pack"},
            taskSlotsPerNode=4,
            resourceTags={"password": "no secret"},
            networkConfiguration={"dynamicVnetAssignmentScope": "none", "enableAcceleratedNetworking": False},
            machine={
                "dataDisks": [{"lun": 0, "diskSizeGB": 32, "caching": "ReadOnly", "storageAccountType": "Premium_LRS"}],
                "osDisk": {"ephemeralOSDiskSettings": {"placement": "CacheDisk"}},
                "extensions": [
                    {**MONITOR, "name": "z"},
                    {**MONITOR, "name": "a", "type": "Unlisted", "publisher": "P"},
                ],
            },
        ),
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {OTHER: {}, IDENTITY: {}}},
    },
}


@pytest.mark.parametrize("document", KINDS.values(), ids=KINDS)
def test_every_kind_of_pool_is_adopted_as_it_is(
    new_stack: Callable[..., EngineStack], document: dict[str, Any]
) -> None:
    made = new_stack()
    made.pulumi("stack", "ls")
    assert Arm(made.store).put(OTHER, {"location": "westeurope"}, "2023-01-31").ok
    made.store.set("also_allowed_extensions", "P/Unlisted")
    plan = plan_import(made_outside(made, document), TODAY)
    assert plan.obstacles == ()
    since = made.last_operation()
    adopt(made, plan.configuration, plan.import_file)
    assert made.changed() == {}
    made.up("--expect-no-changes")
    assert made.changes(since) == []


def test_identities_in_an_order_of_azures_own_are_brought_in_order_in_the_state(
    new_stack: Callable[..., EngineStack],
) -> None:
    made = new_stack()
    made.pulumi("stack", "ls")
    assert Arm(made.store).put(OTHER, {"location": "westeurope"}, "2023-01-31").ok
    identities = {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}, OTHER: {}}}
    answer = made_outside(made, {**body(), "identity": identities})
    plan = plan_import(answer, TODAY)
    assert "in another order" in plan.notes[0]
    since = made.last_operation()
    adopt(made, plan.configuration, plan.import_file)
    assert made.changed() == {"old-pool": "replace"}
    assert complete(made, answer) == ["identity.userAssignedIdentities"]
    assert made.changed() == {}
    assert made.changes(since) == []


def complete(stack: EngineStack, document: dict[str, Any]) -> list[str]:
    """Completes the stack's state with what is in a document; the places that changed."""
    printed = stack.local.pulumi("stack", "export", "--show-secrets", "--stack", stack.name).stdout
    state, done = complete_state(json.loads(printed), parse_pool(document), "old")
    file = stack.file.parents[2] / "state.json"
    file.write_text(json.dumps(state), encoding="utf-8")
    stack.pulumi("stack", "import", "--file", str(file))
    file.unlink()
    return done


def test_the_command_reads_the_pool_live_and_its_two_documents_adopt_it(new_stack: Callable[..., EngineStack]) -> None:
    made = new_stack()
    made.local.start_azure()
    made_outside(made, body())
    environment = made.local.environment()
    command = [ROOT / ".venv" / "bin" / "extension-pool", "import", "--pool", POOL, "--name", "adopted"]
    result = run(command, env=environment, cwd=made.local.project.copy, capture=True, timeout=60)
    assert result.returncode == 0, result.stderr
    stack_file, import_file = yaml.safe_load_all(result.stdout)
    since = made.last_operation()
    adopt(made, stack_file["config"], import_file)
    assert made.changed() == {}
    assert made.changes(since) == []
    assert "RoleAssignment" not in made.export()


PROTECTED = {**MONITOR, "settings": {"a": "b"}, "protectedSettings": {"key": SECRET}}
PASSWORD = {"name": "render", "password": SECRET, "elevationLevel": "Admin"}
POOLS = "extension-pool:pools"


@pytest.fixture(scope="module")
def with_secrets(new_stack: Callable[..., EngineStack]) -> EngineStack:
    """A stack that has adopted a pool whose write-only values Azure did not give back."""
    made = new_stack()
    document = body(machine={"extensions": [PROTECTED]}, userAccounts=[PASSWORD])
    plan = plan_import(made_outside(made, document), TODAY)
    assert [(one.path, one.required) for one in plan.write_only] == [
        (f"{POOLS}.old.userAccounts[0].password", True),
        (f"{POOLS}.old.extensions[0].protectedSettings", False),
    ]
    adopt(made, plan.configuration, plan.import_file)
    made.keep_secret(f"{POOLS}.old.userAccounts[0].password", SECRET)
    made.keep_secret(f"{POOLS}.old.extensions[0].protectedSettings.key", SECRET)
    return made


def test_write_only_values_in_the_configuration_alone_would_replace_the_pool(with_secrets: EngineStack) -> None:
    step = with_secrets.preview()["old-pool"]
    assert step["op"] == "replace"
    assert sorted(step["detailedDiff"]) == [
        "deploymentConfiguration.virtualMachineConfiguration.extensions[0].protectedSettings",
        "userAccounts[0].password",
    ]


def test_write_only_values_in_the_state_as_well_change_nothing_and_later_updates_carry_them(
    with_secrets: EngineStack,
) -> None:
    document = {"id": POOL, **body(machine={"extensions": [PROTECTED]}, userAccounts=[PASSWORD])}
    assert len(complete(with_secrets, document)) == 2
    since = with_secrets.last_operation()
    assert with_secrets.changed() == {}
    with_secrets.up("--expect-no-changes")
    assert with_secrets.changes(since) == []
    assert SECRET not in with_secrets.export()

    configuration = yaml.safe_load(with_secrets.file.read_text(encoding="utf-8"))
    fixed = configuration["config"][POOLS]["old"]["scaleSettings"]["fixedScale"]
    fixed["targetDedicatedNodes"] = 2
    with_secrets.file.write_text(yaml.safe_dump(configuration), encoding="utf-8")
    assert with_secrets.changed() == {"old-pool": "update"}
    with_secrets.up()
    assert with_secrets.verbs(since, "pools/old") == ["PUT"]


def test_a_protected_setting_in_neither_is_adopted_but_azure_refuses_the_next_update_in_place(
    new_stack: Callable[..., EngineStack],
) -> None:
    made = new_stack()
    plan = plan_import(made_outside(made, body(machine={"extensions": [PROTECTED]})), TODAY)
    adopt(made, plan.configuration, plan.import_file)
    assert made.changed() == {}
    plan.configuration[POOLS]["old"]["scaleSettings"]["fixedScale"]["targetDedicatedNodes"] = 2
    made.configure(plan.configuration)
    assert made.changed() == {"old-pool": "update"}
    assert "PropertyCannotBeUpdated" in made.up_fails()


@pytest.fixture(scope="module")
def raw(new_stack: Callable[..., EngineStack]) -> EngineStack:
    """A stack whose pool is written with azure-native alone."""
    made = new_stack("adopt_raw.py")
    way(made, "raw")
    arm = Arm(made.store)
    assert arm.put(IDENTITY, {"location": "westeurope"}, "2023-01-31").ok
    made.up()
    return made


def way(stack: EngineStack, which: str, nodes: int = 1) -> None:
    stack.configure({"way": which, "nodes": nodes})
    stack.keep_secret("extension-pool:password", SECRET)


def test_without_an_alias_the_raw_pool_would_be_deleted_and_made_anew(raw: EngineStack) -> None:
    way(raw, "component")
    assert raw.changed() == {"old": "create", "old-pool": "create", "raw": "delete"}


def test_a_raw_pool_of_the_same_stack_is_adopted_by_alias(raw: EngineStack) -> None:
    way(raw, "alias")
    since = raw.last_operation()
    # the component is new in the state; the pool is not touched
    assert raw.changed() == {"old": "create"}
    raw.up()
    assert raw.changes(since) == []
    raw.up("--expect-no-changes")
    way(raw, "component")
    # the alias has done its work
    assert raw.changed() == {}
    way(raw, "component", nodes=2)
    raw.up()
    assert raw.verbs(since, "pools/old") == ["PUT"]
