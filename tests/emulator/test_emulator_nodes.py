"""The life of nodes and the judgement of their extensions: pure, no store."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.batch import key_vault, nodes
from emulator.batch.key_vault import Grant, Rule, Vault
from emulator.batch.nodes import Birth, ExtensionFault, NodeFault, Surroundings, Timing

from .conftest import READER, SECRETS_USER, key_vault_extension

TIMING = Timing(resize=60, boot=30, start_task=20, extension=30, retry=900)
IDENTITY = ("/id", "client", "principal")
BIRTH = Birth(created=0, group=0, identities=(IDENTITY,))
OPEN = Vault("/vaults/kv", "kv-extpool-staging.vault.azure.net", (Rule(True),), 0, nodes.NEVER)
GRANTED = Grant("principal", SECRETS_USER, "/vaults/kv", 0, nodes.NEVER)
GOOD = Surroundings([OPEN], [GRANTED])
GPU: dict[str, Any] = {"name": "gpu", "publisher": "Microsoft.HpcCompute", "type": "NvidiaGpuDriverLinux"}


def live(
    now: float, *extensions: dict[str, Any], around: Surroundings = GOOD, birth: Birth = BIRTH, **more: Any
) -> Any:
    return nodes.live(birth, extensions, around, TIMING, now, **more)


def phases(life: nodes.Life) -> list[str]:
    return [item.phase for item in life.extensions]


def test_a_node_without_extensions() -> None:
    assert [live(now).state for now in (0, 29, 30, 59, 60)] == ["creating", "creating", "starting", "starting", "idle"]


def test_a_start_task_is_waited_for_unless_told_otherwise() -> None:
    waits = Birth(0, 0, has_start_task=True)
    assert [live(now, birth=waits).state for now in (59, 60, 79, 80)] == [
        "starting",
        "waitingforstarttask",
        "waitingforstarttask",
        "idle",
    ]
    assert live(60, birth=Birth(0, 0, has_start_task=True, start_task_blocks=False)).state == "idle"


def test_an_extension_takes_a_while_and_the_node_waits_for_it() -> None:
    assert [(live(now, GPU).state, *phases(live(now, GPU))) for now in (29, 30, 60, 90)] == [
        ("creating",),
        ("starting", "creating"),
        ("starting", "transitioning"),
        ("idle", "succeeded"),
    ]


def test_extensions_wait_for_each_other() -> None:
    later = {**GPU, "name": "later", "provisionAfterExtensions": ["gpu"]}
    assert phases(live(70, later, GPU)) == ["creating", "transitioning"]
    assert phases(live(100, later, GPU)) == ["transitioning", "succeeded"]
    assert live(119, later, GPU).state == "starting" and live(120, later, GPU).state == "idle"


def test_what_waits_for_a_failed_extension_never_starts() -> None:
    later = {**GPU, "name": "later", "provisionAfterExtensions": ["gpu"]}
    life = live(1000, later, GPU, extension_faults=[ExtensionFault("gpu", "no driver", False)])
    assert phases(life) == ["creating", "failed"]
    assert life.state == "idle"
    assert live(1000, GPU, extension_faults=[ExtensionFault("gpu", "x", True)]).state == "unusable"


def test_nodes_that_go_bad() -> None:
    assert live(59, node_fault=NodeFault("", "")).state == "starting"
    assert live(60, node_fault=NodeFault("DiskFull", "full")).fault == NodeFault("DiskFull", "full")


def test_certificates_that_arrive() -> None:
    life = live(90, key_vault_extension("CLIENT"))
    assert (life.state, phases(life)) == ("idle", ["succeeded"])


@pytest.mark.parametrize("grants", [[], [Grant("principal", READER, "/vaults/kv", 0, nodes.NEVER)]])
def test_without_a_grant_the_node_never_becomes_idle(grants: list[Grant]) -> None:
    around = Surroundings([OPEN], grants)
    life = live(500, key_vault_extension("client"), around=around)
    assert (life.state, phases(life), life.extensions[0].message) == (
        "starting",
        ["transitioning"],
        "Failed to download one or more certificates, retrying...",
    )
    life = live(990, key_vault_extension("client"), around=around)
    assert (life.state, phases(life)) == ("unusable", ["failed"])


def test_a_grant_that_comes_late_is_found_by_a_later_try() -> None:
    around = Surroundings([OPEN], [Grant("principal", SECRETS_USER, "/vaults/kv", 300, nodes.NEVER)])
    assert live(299, key_vault_extension("client"), around=around).state == "starting"
    life = live(400, key_vault_extension("client"), around=around)
    assert (life.state, phases(life)) == ("idle", ["succeeded"])


def test_a_grant_taken_away_shows_but_does_not_undo_the_node() -> None:
    around = Surroundings([OPEN], [Grant("principal", SECRETS_USER, "/vaults/kv", 0, 500)])
    life = live(600, key_vault_extension("client"), around=around)
    assert (life.state, phases(life)) == ("idle", ["transitioning"])


def test_without_initial_sync_the_node_is_idle_while_the_extension_fails() -> None:
    life = live(5000, key_vault_extension("client", sync=False), around=Surroundings([OPEN], []))
    assert (life.state, phases(life)) == ("idle", ["transitioning"])


def test_a_client_id_that_is_not_of_the_pool() -> None:
    life = live(200, key_vault_extension("other"))
    assert (life.state, life.extensions[0].message) == ("starting", "Identity not found")
    assert live(200, key_vault_extension("client"), birth=Birth(0, 0)).extensions[0].message == "Identity not found"


def settings(**changes: Any) -> dict[str, Any]:
    return key_vault_extension("client", settings=changes)


@pytest.mark.parametrize(
    ("extension", "message"),
    [
        (settings(secretsManagementSettings={"observedCertificates": []}), key_vault.NO_AUTH_CONFIG),
        (settings(secretsManagementSettings="{}"), key_vault.NOT_AN_OBJECT),
        (settings(secretsManagementSettings={"observedCertificates": [{"https://x": 1}]}), key_vault.NOT_AN_OBJECT),
    ],
)
def test_settings_that_cannot_work_fail_at_once(extension: dict[str, Any], message: str) -> None:
    life = live(90, extension)
    assert (phases(life), life.extensions[0].message) == (["failed"], message)


@pytest.mark.parametrize(
    ("kind", "version", "certificate", "works"),
    [
        (
            "KeyVaultForLinux",
            "3.0",
            "https://kv-extpool-staging.vault.azure.net/secrets/a",
            True,
        ),  # the page's own form
        ("KeyVaultForLinux", "2.0", "https://kv-extpool-staging.vault.azure.net/secrets/a", True),
        ("KeyVaultForLinux", "2.0", {"url": "https://kv-extpool-staging.vault.azure.net/secrets/a"}, False),
        ("KeyVaultForWindows", "3.0", {"url": "https://kv-extpool-staging.vault.azure.net/secrets/a"}, True),
        ("KeyVaultForWindows", "3.0", "https://kv-extpool-staging.vault.azure.net/secrets/a", False),
        ("KeyVaultForWindows", "1.0", "https://kv-extpool-staging.vault.azure.net/secrets/a", True),
        ("KeyVaultForLinux", "3.0", {"url": "https://kv-other.vault.azure.net/secrets/a"}, False),
        ("KeyVaultForLinux", "3.0", {"url": "https://kv-extpool-staging.vault.azure.net/certificates/a"}, False),
    ],
)
def test_forms_of_observed_certificates(kind: str, version: str, certificate: Any, works: bool) -> None:
    extension = key_vault_extension("client", type=kind, typeHandlerVersion=version)
    extension["settings"]["secretsManagementSettings"]["observedCertificates"] = [certificate]
    assert (phases(live(90, extension)) == ["succeeded"]) is works


@pytest.mark.parametrize(
    ("scope", "works"),
    [
        ("/vaults/kv/secrets/tls", True),
        ("/vaults/kv/secrets/other", False),
        ("/vaults", True),
        ("/vaults/kv2", False),
        ("/vaults/k", False),
    ],
)
def test_scopes(scope: str, works: bool) -> None:
    around = Surroundings([OPEN], [Grant("principal", SECRETS_USER, scope, 0, nodes.NEVER)])
    assert (phases(live(90, key_vault_extension("client"), around=around)) == ["succeeded"]) is works


@pytest.mark.parametrize(("permissions", "works"), [({"get", "list"}, True), ({"get"}, False), (set(), False)])
def test_vaults_with_access_policies(permissions: set[str], works: bool) -> None:
    """Role assignments count for nothing there."""
    around = Surroundings([ruled(Rule(False, {"principal": frozenset(permissions)}))], [GRANTED])
    assert (phases(live(90, key_vault_extension("client"), around=around)) == ["succeeded"]) is works


def ruled(*rules: Rule) -> Vault:
    return Vault(OPEN.id, OPEN.host, rules, 0, nodes.NEVER)


def test_an_access_policy_taken_away_shows_but_does_not_undo_the_node() -> None:
    policies = {"principal": frozenset({"get", "list"})}
    around = Surroundings([ruled(Rule(False, policies, 500), Rule(False))], [])
    assert phases(live(400, key_vault_extension("client"), around=around)) == ["succeeded"]
    life = live(600, key_vault_extension("client"), around=around)
    assert (life.state, phases(life)) == ("idle", ["transitioning"])


def test_an_access_policy_that_came_after_the_last_try_is_too_late() -> None:
    late = ruled(Rule(False, {}, 991), Rule(False, {"principal": frozenset({"get", "list"})}))
    life = live(2000, key_vault_extension("client"), around=Surroundings([late], []))
    assert (life.state, phases(life)) == ("unusable", ["failed"])


def test_windows_4_always_syncs_first() -> None:
    extension = key_vault_extension("client", sync=False, type="KeyVaultForWindows", typeHandlerVersion="4.0")
    assert live(500, extension, around=Surroundings([OPEN], [])).state == "starting"


def test_node_ids_give_their_index_back() -> None:
    ids = {nodes.node_id("pool", index, True) for index in range(2000)}
    assert len(ids) == 2000 and len(nodes.node_id("pool", 0, True)) == len("tvmps_") + 64 + len("_d")
    assert nodes.index_of("pool", nodes.node_id("pool", 1234, False)) == (1234, False)
    assert nodes.index_of("other", nodes.node_id("pool", 1234, False)) is None
    for text in ("", "tvmps_", "tvmps_zz_d", "tvmps_" + "z" * 64 + "_d"):
        assert nodes.index_of("pool", text) is None
