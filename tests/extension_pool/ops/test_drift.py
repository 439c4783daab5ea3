"""What was changed outside Pulumi: states as Pulumi writes them against answers of the Batch service."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from extension_pool.ops.drift import Drift, DriftKind, find_drift
from extension_pool.ops.snapshot import parse_pool
from extension_pool.ops.stack import StackPool, read_pools

from .stack_state import SECRET, component, pool, state

IDENTITY = "/subscriptions/0000/resourceGroups/rg-test/providers/Microsoft.ManagedIdentity/userAssignedIdentities/linux"
SETTINGS: dict[str, Any] = {
    "secretsManagementSettings": {"pollingIntervalInS": "3600", "requireInitialSync": True},
    "authenticationSettings": {"msiClientId": "36f41ef8-aed8-4ee3-84bd-d95dad3f32bb"},
}
INPUTS: dict[str, Any] = {
    "vmSize": "Standard_D2s_v5",
    "deploymentConfiguration": {
        "virtualMachineConfiguration": {
            "imageReference": {
                "publisher": "canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest",
            },
            "nodeAgentSkuId": "batch.node.ubuntu 24.04",
            "extensions": [
                {
                    "name": "secretext",
                    "publisher": "Microsoft.Azure.KeyVault",
                    "type": "KeyVaultForLinux",
                    "typeHandlerVersion": "3.0",
                    "autoUpgradeMinorVersion": True,
                    "settings": SETTINGS,
                    "protectedSettings": SECRET,
                }
            ],
        }
    },
    "scaleSettings": {"fixedScale": {"targetDedicatedNodes": 2}},
    "identity": {"type": "UserAssigned", "userAssignedIdentities": [IDENTITY]},
}  # fmt: skip
OUTPUTS = {
    "creationTime": "2026-11-23T01:53:48.0293380Z",
    "scaleSettings": {"fixedScale": {"targetDedicatedNodes": 2, "targetLowPriorityNodes": 0, "resizeTimeout": "PT15M"}},
}
LIVE: dict[str, Any] = {
    "id": "linux",
    "creationTime": "2026-11-23T01:53:48.029338Z",
    "vmSize": "standard_d2s_v5",
    "virtualMachineConfiguration": {
        "imageReference": {
            "publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest",
        },
        "nodeAgentSKUId": "batch.node.ubuntu 24.04",
        "nodePlacementConfiguration": {"policy": "regional"},
        "extensions": [
            {
                "name": "secretext",
                "publisher": "Microsoft.Azure.KeyVault",
                "type": "KeyVaultForLinux",
                "typeHandlerVersion": "3.0",
                "autoUpgradeMinorVersion": True,
                "settings": SETTINGS,
            }
        ],
    },
    "targetDedicatedNodes": 2,
    "targetLowPriorityNodes": 0,
    "enableAutoScale": False,
    "identity": {"type": "UserAssigned", "userAssignedIdentities": [{"resourceId": IDENTITY.lower()}]},
}  # fmt: skip

REMOVED = object()


def changed(tree: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """`tree` with `value` at `path`; with REMOVED the key is taken away."""
    tree = copy.deepcopy(tree)
    *way, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    place: Any = tree
    for part in way:
        place = place[part]
    if value is REMOVED:
        del place[last]
    elif isinstance(place, list) and last == len(place):
        place.append(value)
    else:
        place[last] = value
    return tree


def stack_pool(inputs: dict[str, Any] = INPUTS, outputs: dict[str, Any] | None = None) -> StackPool:
    made = pool("linux", [], inputs=inputs, outputs=OUTPUTS if outputs is None else outputs)
    (one,) = read_pools(state(component("linux"), made))
    return one


def drift(live: dict[str, Any] = LIVE, inputs: dict[str, Any] = INPUTS, outputs: Any = None) -> list[Drift]:
    return list(find_drift(stack_pool(inputs, outputs), parse_pool(live)))


VM = "virtualMachineConfiguration"
EXTENSION = f"{VM}/extensions/0"
ARM_EXTENSIONS = "deploymentConfiguration.virtualMachineConfiguration.extensions"


def test_a_pool_as_pulumi_left_it_has_not_drifted() -> None:
    assert drift() == []


def as_strings(settings: dict[str, Any]) -> dict[str, str]:
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in settings.items()}


@pytest.mark.parametrize(
    "same",
    [
        lambda: drift(changed(LIVE, f"{EXTENSION}/settings", json.dumps(SETTINGS, indent=2).replace("\n", "\r\n"))),
        lambda: drift(changed(LIVE, f"{EXTENSION}/settings", as_strings(SETTINGS))),
        lambda: drift(changed(LIVE, f"{EXTENSION}/settings/secretsManagementSettings/pollingIntervalInS", 3600)),
        lambda: drift(changed(LIVE, f"{EXTENSION}/settings/secretsManagementSettings/requireInitialSync", "True")),
        lambda: drift(changed(LIVE, f"{EXTENSION}/settings", REMOVED)),
        lambda: drift(changed(LIVE, f"{EXTENSION}/name", "SecretExt")),
        lambda: drift(changed(LIVE, f"{VM}/imageReference/version", "24.04.202611010")),
        lambda: drift(changed(LIVE, f"{VM}/imageReference", REMOVED)),
        lambda: drift(changed(LIVE, VM, REMOVED)),
        lambda: drift(changed(LIVE, "creationTime", "2026-11-23T01:53:48Z")),
        lambda: drift(changed(LIVE, "creationTime", REMOVED)),
        lambda: drift(changed(LIVE, "targetDedicatedNodes", REMOVED)),
        lambda: drift(changed(LIVE, "identity/type", "userassigned")),
        lambda: drift(changed(LIVE, "displayName", "given in the portal")),
        lambda: drift(inputs=changed(INPUTS, "scaleSettings/fixedScale/targetDedicatedNodes", 2.0)),
        lambda: drift(inputs=changed(INPUTS, "identity", REMOVED)),
        lambda: drift(inputs=changed(INPUTS, "identity/userAssignedIdentities", {IDENTITY: {}})),
        lambda: drift(inputs=changed(INPUTS, "vmSize", REMOVED)),
        lambda: drift(changed(LIVE, "targetLowPriorityNodes", 9), outputs={}),
    ],
)  # fmt: skip
def test_equal_pools_in_other_words_raise_no_alarm(same: Callable[[], list[Drift]]) -> None:
    assert same() == []


@pytest.mark.parametrize(
    ("path", "secret"),
    [
        ("vmSize", SECRET),
        ("deploymentConfiguration", SECRET),
        ("deploymentConfiguration/virtualMachineConfiguration/extensions", SECRET),
        ("deploymentConfiguration/virtualMachineConfiguration/extensions/0/settings", SECRET),
        ("deploymentConfiguration/virtualMachineConfiguration/extensions/0/settings/authenticationSettings", SECRET),
        ("deploymentConfiguration/virtualMachineConfiguration/extensions/0/typeHandlerVersion", SECRET),
        ("deploymentConfiguration/virtualMachineConfiguration/imageReference/sku", SECRET),
        ("identity/userAssignedIdentities", SECRET),
        ("identity/userAssignedIdentities/0", SECRET),
        ("scaleSettings", SECRET),
        ("vmSize", "04da6b54-80e4-46f7-96ec-b56ff0331ba9"),
    ],
)
def test_what_is_secret_or_unknown_in_the_state_is_not_compared(path: str, secret: object) -> None:
    assert drift(inputs=changed(INPUTS, path, secret)) == []


CHANGES = [
    (
        changed(LIVE, "targetDedicatedNodes", 5),
        DriftKind.RESIZED,
        "scaleSettings.fixedScale.targetDedicatedNodes",
        "resized outside Pulumi: 2 dedicated nodes in the stack, 5 in Azure",
    ),
    (
        # The program leaves it to Azure, which had none when Pulumi last looked.
        changed(LIVE, "targetLowPriorityNodes", 3),
        DriftKind.RESIZED,
        "scaleSettings.fixedScale.targetLowPriorityNodes",
        "resized outside Pulumi: 0 spot nodes in the stack, 3 in Azure",
    ),
    (
        {**LIVE, "enableAutoScale": True, "autoScaleFormula": "$TargetDedicatedNodes=9;", "targetDedicatedNodes": 9},
        DriftKind.RESIZED,
        "scaleSettings.fixedScale",
        "autoscale was switched on outside Pulumi; the program has fixed targets",
    ),
    (
        changed(LIVE, f"{EXTENSION}/settings/secretsManagementSettings/pollingIntervalInS", "60"),
        DriftKind.EXTENSIONS,
        f"{ARM_EXTENSIONS}[secretext].settings.secretsManagementSettings.pollingIntervalInS",
        "extension 'secretext' was changed outside Pulumi: "
        "settings.secretsManagementSettings.pollingIntervalInS differs",
    ),
    (
        changed(LIVE, f"{EXTENSION}/typeHandlerVersion", "2.0"),
        DriftKind.EXTENSIONS,
        f"{ARM_EXTENSIONS}[secretext].typeHandlerVersion",
        "extension 'secretext' was changed outside Pulumi: typeHandlerVersion is '3.0' in the stack, '2.0' in Azure",
    ),
    (
        changed(LIVE, f"{VM}/extensions/1", {"name": "extra"}),
        DriftKind.EXTENSIONS,
        f"{ARM_EXTENSIONS}[extra]",
        "extension 'extra' was added outside Pulumi",
    ),
    (
        changed(LIVE, f"{VM}/extensions", []),
        DriftKind.EXTENSIONS,
        f"{ARM_EXTENSIONS}[secretext]",
        "extension 'secretext' was removed outside Pulumi",
    ),
    (
        changed(LIVE, f"{VM}/imageReference/sku", "minimal"),
        DriftKind.IMAGE,
        "deploymentConfiguration.virtualMachineConfiguration.imageReference.sku",
        "the image's sku was changed outside Pulumi: 'server' in the stack, 'minimal' in Azure",
    ),
    (
        changed(LIVE, f"{VM}/nodeAgentSKUId", "batch.node.ubuntu 22.04"),
        DriftKind.IMAGE,
        "deploymentConfiguration.virtualMachineConfiguration.nodeAgentSkuId",
        "the node agent was changed outside Pulumi: 'batch.node.ubuntu 24.04' in the stack, "
        "'batch.node.ubuntu 22.04' in Azure",
    ),
    (
        changed(LIVE, "vmSize", "standard_d4s_v5"),
        DriftKind.VM_SIZE,
        "vmSize",
        "the VM size was changed outside Pulumi: 'Standard_D2s_v5' in the stack, 'standard_d4s_v5' in Azure",
    ),
    (
        changed(LIVE, "identity/userAssignedIdentities", []),
        DriftKind.IDENTITY,
        "identity.userAssignedIdentities",
        f"the identity {IDENTITY} was taken from the pool outside Pulumi",
    ),
    (
        changed(LIVE, "identity/userAssignedIdentities/1", {"resourceId": "/subscriptions/0/other"}),
        DriftKind.IDENTITY,
        "identity.userAssignedIdentities",
        "the identity /subscriptions/0/other was given to the pool outside Pulumi",
    ),
    (
        changed(LIVE, "creationTime", "2026-11-24T08:00:00Z"),
        DriftKind.RECREATED,
        "creationTime",
        "deleted and made anew outside Pulumi: the stack's pool is of 2026-11-23 01:53:48Z, "
        "this one of 2026-11-24 08:00:00Z",
    ),
]


@pytest.mark.parametrize(("live", "kind", "path", "message"), CHANGES, ids=[row[3] for row in CHANGES])
def test_a_change_is_told_with_its_path(live: dict[str, Any], kind: DriftKind, path: str, message: str) -> None:
    (one,) = drift(live)
    assert (one.kind, one.path, one.message) == (kind, path, message)


def test_an_image_by_id_is_compared_by_its_id_in_any_case() -> None:
    path = "deploymentConfiguration/virtualMachineConfiguration/imageReference"
    inputs = changed(INPUTS, path, {"id": "/subscriptions/0/images/Mine"})
    live = changed(LIVE, f"{VM}/imageReference", {"virtualMachineImageId": "/subscriptions/0/images/mine"})
    assert drift(live, inputs) == []
    live = changed(LIVE, f"{VM}/imageReference", {"virtualMachineImageId": "/subscriptions/0/images/other"})
    assert [one.path for one in drift(live, inputs)] == [path.replace("/", ".") + ".id"]


def scaling(formula: object) -> dict[str, Any]:
    return changed(INPUTS, "scaleSettings", {"autoScale": {"formula": formula, "evaluationInterval": "PT5M"}})


def test_what_a_formula_sets_is_no_resize() -> None:
    live = {**LIVE, "enableAutoScale": True, "autoScaleFormula": "$a = 1;\r\n$b = 2;", "targetDedicatedNodes": 40}
    assert drift(live, scaling("$a = 1;\n$b = 2;\n")) == []
    assert drift(live, scaling(SECRET)) == []
    (one,) = drift(live, scaling("$a = 2;"))
    assert (one.kind, one.path) == (DriftKind.RESIZED, "scaleSettings.autoScale.formula")
    assert "$" not in one.message


def test_autoscale_that_was_switched_off_is_told() -> None:
    (one,) = drift(inputs=scaling("$a = 1;"))
    assert (one.path, one.message) == ("scaleSettings.autoScale", "autoscale was switched off outside Pulumi")


def test_a_pool_that_azure_no_longer_has() -> None:
    (one,) = find_drift(stack_pool(), None)
    assert (one.kind, one.path) == (DriftKind.DELETED, "")
    assert one.message == "deleted outside Pulumi: the stack has the pool, Azure does not"
    assert one.advice == "run 'pulumi up --refresh --stack prod' to make it again; a refresh alone only forgets it"


def test_the_advice_can_be_copied_and_warns_of_a_replacement() -> None:
    (size,) = drift(changed(LIVE, "vmSize", "standard_d4s_v5"))
    assert size.advice == (
        "run 'pulumi preview --refresh --stack prod' to see what an update would do, which may be to make the pool "
        "anew; or bring the program to what Azure has"
    )
    (anew,) = drift(changed(LIVE, "creationTime", "2026-11-24T08:00:00Z"))
    urn = "urn:pulumi:prod::extension-pool::extension-pool:index:ExtensionPool$azure-native:batch:Pool::linux-pool"
    assert f"pulumi up --replace '{urn}' --stack prod" in anew.advice


def test_no_value_of_settings_is_told() -> None:
    live = changed(LIVE, f"{EXTENSION}/settings/secretsManagementSettings/pollingIntervalInS", "hush-1")
    live = changed(live, f"{EXTENSION}/settings/authenticationSettings", {"msiClientId": "hush-2", "new": "hush-3"})
    told = drift(live)
    assert len(told) == 3
    assert "hush" not in repr(told) and "3600" not in repr(told)


def test_hostile_names_stay_in_their_line() -> None:
    live = changed(LIVE, f"{VM}/extensions/1", {"name": "\x1b[2Jevil\nline"})
    live = changed(live, "vmSize", "a\nb\x1b]0;x\x07")
    for one in drift(live):
        assert all(char.isprintable() for char in one.message + one.path + one.advice)
