"""The way back from a property to the words of a stack file, held against the way there that the component takes."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from extension_pool.ops.review.model import Place
from extension_pool.ops.review.places import Places
from extension_pool.ops.review.stack_words import parse_property, replaces
from extension_pool.render import render_pool_inputs
from extension_pool.spec import PoolSpec, arm_path
from extension_pool.validation import parse_model

FILE = "stacks/Pulumi.prod.yaml"
# A pool with nearly all that a stack file can say.
STACK = """\
config:
  extension-pool:pools:
    render:
      poolName: farm
      displayName: Farm
      image: ubuntu-24.04
      vmSize: Standard_D4s_v5
      containerConfiguration:
        type: DockerCompatible
        containerImageNames: [alpine]
        containerRegistries:
          - registryServer: one.azurecr.io
            userName: me
            password: p
      dataDisks:
        - {lun: 0, diskSizeGB: 10}
        - {lun: 1, diskSizeGB: 20}
      diskEncryptionConfiguration: {targets: [OsDisk]}
      licenseType: None
      nodePlacementConfiguration: {policy: Zonal}
      osDisk:
        caching: ReadOnly
        ephemeralOSDiskSettings: {placement: CacheDisk}
      securityProfile:
        securityType: trustedLaunch
        uefiSettings:
          secureBootEnabled: true
      scaleSettings:
        fixedScale:
          targetDedicatedNodes: 4
      keyVaultCertificates:
        - https://kv-farm.vault.azure.net/secrets/zebra
        - url: https://kv-farm.vault.azure.net/secrets/ant
          certificateStoreLocation: /etc/certs
          acls:
            - user: nobody
      keyVaultExtension:
        name: certs
        pollingIntervalInS: "3600"
        requireInitialSync: true
        linkOnRenewal: true
        typeHandlerVersion: "3.0"
        autoUpgradeMinorVersion: true
        provisionAfterExtensions: [monitor]
      extensions:
        - name: monitor
          publisher: Microsoft.Azure.Monitor
          type: AzureMonitorLinuxAgent
          typeHandlerVersion: "1.21"
          settings: {authentication: {managedIdentity: {identifier-name: mi_res_id}}, a.b: [1, 2]}
          protectedSettings:
            key: secret
        - name: Agent
          publisher: Microsoft.Azure.Monitor
          type: Other
          settings: '{"json": 1}'
      taskSlotsPerNode: 2
      taskSchedulingPolicy: {nodeFillType: Pack}
      interNodeCommunication: Disabled
      targetNodeCommunicationMode: Simplified
      networkConfiguration:
        subnetId: /subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/n
        endpointConfiguration:
          inboundNatPools:
            - name: ssh
              protocol: TCP
              backendPort: 22
              frontendPortRangeStart: 1000
              frontendPortRangeEnd: 1100
      mountConfiguration:
        - nfsMountConfiguration:
            source: server:/share
            relativeMountPath: share
      startTask:
        commandLine: echo 1
        environmentSettings:
          - {name: A, value: one}
      userAccounts:
        - {name: operator, password: p}
      applicationLicenses: [maya]
      upgradePolicy: {mode: manual}
      metadata:
        - {name: a, value: one}
      tags: {cost.center: "7"}
      resourceTags:
        team: x
"""
EDITS = [
    ("poolName: farm", "poolName: barn"),
    ("displayName: Farm", "displayName: Barn"),
    ("image: ubuntu-24.04", "image: ubuntu-22.04"),
    ("image: ubuntu-24.04", "image: windows-server-2022"),
    ("vmSize: Standard_D4s_v5", "vmSize: Standard_D8s_v5"),
    ("[alpine]", "[alpine, busybox]"),
    ("registryServer: one", "registryServer: two"),
    ("password: p\n      dataDisks", "password: q\n      dataDisks"),
    ("diskSizeGB: 20", "diskSizeGB: 30"),
    ("        - {lun: 0, diskSizeGB: 10}\n", ""),
    ("targets: [OsDisk]", "targets: [TemporaryDisk]"),
    ("policy: Zonal", "policy: Regional"),
    ("caching: ReadOnly", "caching: ReadWrite"),
    ("secureBootEnabled: true", "secureBootEnabled: false"),
    ("targetDedicatedNodes: 4", "targetDedicatedNodes: 5"),
    ("secrets/zebra", "secrets/zoo"),
    ("secrets/ant", "secrets/ape"),
    ("secrets/zebra", "secrets/aardvark"),
    ("        - https://kv-farm.vault.azure.net/secrets/zebra\n", ""),
    ("/etc/certs", "/srv/certs"),
    ("user: nobody", "user: render"),
    ("          acls:\n            - user: nobody\n", ""),
    ("name: certs", "name: another"),
    ('pollingIntervalInS: "3600"', 'pollingIntervalInS: "60"'),
    ("requireInitialSync: true", "requireInitialSync: false"),
    ("linkOnRenewal: true", "linkOnRenewal: false"),
    ('typeHandlerVersion: "3.0"', 'typeHandlerVersion: "3.5"'),
    ("autoUpgradeMinorVersion: true", "autoUpgradeMinorVersion: false"),
    ("provisionAfterExtensions: [monitor]", "provisionAfterExtensions: [Agent]"),
    ('typeHandlerVersion: "1.21"', 'typeHandlerVersion: "1.22"'),
    ("identifier-name: mi_res_id", "identifier-name: client_id"),
    ("a.b: [1, 2]", "a.b: [1, 3]"),
    ("key: secret", "key: other"),
    ("type: Other", "type: Another"),
    ("""'{"json": 1}'""", """'{"json": 2}'"""),
    ("taskSlotsPerNode: 2", "taskSlotsPerNode: 3"),
    ("nodeFillType: Pack", "nodeFillType: Spread"),
    ("interNodeCommunication: Disabled", "interNodeCommunication: Enabled"),
    ("targetNodeCommunicationMode: Simplified", "targetNodeCommunicationMode: Classic"),
    ("subnets/n", "subnets/m"),
    ("backendPort: 22", "backendPort: 23"),
    ("source: server:/share", "source: server:/other"),
    ("commandLine: echo 1", "commandLine: echo 2"),
    ("value: one}\n      userAccounts", "value: two}\n      userAccounts"),
    ("name: operator", "name: admin"),
    ("[maya]", "[arnold]"),
    ("mode: manual", "mode: automatic"),
    ("metadata:\n        - {name: a, value: one}", "metadata:\n        - {name: a, value: two}"),
    ('cost.center: "7"', 'cost.center: "8"'),
    ("team: x", "team: y"),
]


def inputs(text: str) -> Any:
    """The inputs of the pool, as the component renders them."""
    pool = yaml.safe_load(text)["config"]["extension-pool:pools"]["render"]
    whole = {**pool, "resourceGroupName": "rg", "accountName": "account"}
    spec = parse_model(PoolSpec, whole, lambda _: (), stack_words=True)
    return render_pool_inputs(spec, identity_ids=["id"], client_id="client")


def differences(old: Any, new: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in {**old, **new}:
            yield from differences(old.get(key), new.get(key), (*at, key))
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            pair = (items[index] if index < len(items) else None for items in (old, new))
            yield from differences(*pair, (*at, index))
    elif old != new:
        yield at


def written(path: tuple[Any, ...]) -> str:
    """A path as the engine writes it."""
    text = ""
    for part in arm_path(path):
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f'["{part}"]' if "." in part else f".{part}"
    return text.lstrip(".")


@pytest.mark.parametrize(("old", "new"), EDITS)
def test_every_property_that_an_edit_changes_leads_back_to_its_line(old: str, new: str) -> None:
    assert STACK.count(old) == 1
    now = STACK.replace(old, new)
    line = STACK[: STACK.index(old) + old.rindex(old.strip().splitlines()[-1])].count("\n") + 1
    lines = {line, *range(STACK[: STACK.index(old)].count("\n") + 1, line + 1)}
    places = Places.between({FILE: STACK}, {FILE: now})
    changed = [written(path) for path in differences(inputs(STACK), inputs(now))]
    assert changed
    for path in changed:
        place = places.find("prod", "render", path)
        assert isinstance(place, Place), path
        assert place.line in lines, path
        assert place.removed == (new == ""), path


def test_a_path_of_the_engine_is_read_as_it_is_written() -> None:
    assert parse_property('a.b[0]["x.y"].c["q\\"z"]') == ("a", "b", 0, "x.y", "c", 'q"z')
    assert parse_property("") == ()


@pytest.mark.parametrize(
    ("word", "below", "whether"),
    [
        ("vmSize", "", True),
        ("image", "", True),
        ("extensions", "settings.x", True),
        ("extensions", "protectedSettingsVersion", True),
        ("keyVaultCertificates", "url", True),
        ("osDisk", "caching", True),
        ("identity", "tags.x", False),
        ("identity", "name", True),
        ("rollout", "gate", False),
        ("rollout", "strategy", True),
        ("scaleSettings", "fixedScale", False),
        ("metadata", "", False),
        ("startTask", "commandLine", False),
        ("keyVaultAccess", "", False),
        ("unheard", "", False),
    ],
)
def test_what_is_in_the_name_of_a_blue_green_pool_is_what_replaces_it(word: str, below: str, whether: bool) -> None:
    assert replaces(word, below) is whether
