"""Previews tell the truth: nothing is shown as replaced that will not be, nothing as unchanged that will be.

All cases share a stack: one update with every pool as it was, one preview and one update with every pool edited.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from emulator import Operation
from extension_pool.ops.importing import plan_import
from tests.on_engine.config import CERTIFICATE, MONITOR, NVIDIA
from tests.on_engine.leaf_edits import existing
from tests.on_engine.pool_files import OTHER_IDENTITY, VAULT, put_surroundings, write_pools
from tests.on_engine.stack import EngineStack
from tests.on_engine.test_adoption import IDENTITY as ADOPTED_IDENTITY
from tests.on_engine.test_adoption import TODAY, adopt, body, complete, made_outside
from tests.on_engine.test_leaves import IDENTITY

OTHER_CERTIFICATE = CERTIFICATE.replace("/tls", "/mail")


def snake(extension: dict[str, Any]) -> dict[str, Any]:
    """An extension of config.py as Python's arguments."""
    words = {"typeHandlerVersion": "type_handler_version", "autoUpgradeMinorVersion": "auto_upgrade_minor_version"}
    return {words.get(key, key): value for key, value in extension.items()}


AGENT, DRIVER = snake(MONITOR), snake(NVIDIA)


def agent(settings: Any) -> list[dict[str, Any]]:
    return [{**AGENT, "settings": settings}]


def pool(**changes: Any) -> dict[str, Any]:
    """Arguments of a pool; a case changes the keys that it is about."""
    return {
        "resource_group_name": "rg-test",
        "account_name": "testaccount",
        "image": "ubuntu-24.04",
        "vm_size": "Standard_NC4as_T4_v3",
        "scale_settings": {"fixed_scale": {"target_dedicated_nodes": 1}},
        "identity": existing(IDENTITY),
        **changes,
    }


def certificates(*of: Any, polling: Any = "3600") -> dict[str, Any]:
    return pool(key_vault_certificates=list(of), key_vault_extension={"polling_interval_in_s": polling})


def granted(vault_id: Any, **identity: Any) -> dict[str, Any]:
    access = [{"vault_id": vault_id, "mode": "rbac"}]
    return pool(key_vault_access=access, key_vault_certificates=[CERTIFICATE], identity=identity)


def looked_up(*ids: str) -> dict[str, Any]:
    return pool(identity={"existing": [{"id": one} for one in ids]})


REFERENCE = {"publisher": "canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest"}
SHOUTED = IDENTITY.upper().replace("/SUBSCRIPTIONS/", "/subscriptions/")

# What means the same: the pool before and after.
SAME: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "extensions": (pool(extensions=[AGENT, DRIVER]), pool(extensions=[DRIVER, AGENT])),
    "extensions-green": (
        pool(extensions=[AGENT, DRIVER], rollout={"strategy": "blue-green", "gate": {"enabled": False}}),
        pool(extensions=[DRIVER, AGENT], rollout={"strategy": "blue-green", "gate": {"enabled": False}}),
    ),
    "certificates": (
        certificates(CERTIFICATE, OTHER_CERTIFICATE),
        certificates(OTHER_CERTIFICATE, CERTIFICATE),
    ),
    "identities": (looked_up(IDENTITY, OTHER_IDENTITY), looked_up(OTHER_IDENTITY, IDENTITY)),
    "seconds": (certificates(CERTIFICATE, polling=3600), certificates(CERTIFICATE, polling="3600")),
    "seconds-later": (
        certificates(CERTIFICATE, polling={"$output": 3600}),
        certificates(CERTIFICATE, polling={"$output": "3600"}),
    ),
    "short-form": (certificates(CERTIFICATE), certificates({"url": CERTIFICATE})),
    "settings-text": (pool(extensions=agent('{"a": {"b": [1]}}')), pool(extensions=agent({"a": {"b": [1]}}))),
    "url-host": (certificates(CERTIFICATE), certificates(CERTIFICATE.replace("kv-test", "KV-Test"))),
    "url-host-later": (
        certificates({"url": {"$output": CERTIFICATE}}),
        certificates({"url": {"$output": CERTIFICATE.replace("kv-test", "KV-Test")}}),
    ),
    "identity-id": (looked_up(IDENTITY), looked_up(SHOUTED)),
    "identity-id-later": (
        pool(identity={"existing": [{"id": {"$output": IDENTITY}}]}),
        pool(identity={"existing": [{"id": {"$output": SHOUTED}}]}),
    ),
    "identity-id-given": (pool(), pool(identity=existing(IDENTITY.replace("resourceGroups", "resourcegroups")))),
    "vault-id": (granted(VAULT), granted(VAULT.replace("resourceGroups", "resourcegroups").replace("kv-", "KV-"))),
    "vault-id-later": (granted({"$output": VAULT}), granted({"$output": VAULT.replace("rg-test", "RG-TEST")})),
    "image": (pool(), {**pool(image_reference=REFERENCE), "image": None}),
    "numbers": (pool(task_slots_per_node=4), pool(task_slots_per_node=4.0)),
    "default": (pool(), pool(task_slots_per_node=1)),
}

# The identity of the pool is edited, and nothing else is.
TAGGED = {
    "identity-tag": (granted(VAULT, tags={"team": "hpc"}), granted(VAULT, tags={"team": "render"})),
    "identity-tag-green": tuple(
        {**granted(VAULT, tags={"team": team}), "rollout": {"strategy": "blue-green", "gate": {"enabled": False}}}
        for team in ("hpc", "render")
    ),
}

# What replaces, however deep the value is that changes, and however it is wrapped. The identities `tagged` and
# `renamed` change in the same run: of the one a tag, of the other the name, so that its client id is not known before.
REPLACED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "secret-setting": (
        pool(extensions=agent({"a": {"$secret": "one"}})),
        pool(extensions=agent({"a": {"$secret": "two"}})),
    ),
    "secret-in-a-list": (
        pool(extensions=agent({"a": [{"b": {"$secret": "one"}}]})),
        pool(extensions=agent({"a": [{"b": {"$secret": "two"}}]})),
    ),
    "secret-settings": (
        pool(extensions=agent({"$secret": {"a": {"b": "one"}}})),
        pool(extensions=agent({"$secret": {"a": {"b": "two"}}})),
    ),
    "later-settings": (
        pool(extensions=agent({"$output": {"a": {"b": "one"}}})),
        pool(extensions=agent({"$output": {"a": {"b": "two"}}})),
    ),
    "setting-of-an-updated-resource": (
        pool(extensions=agent({"a": {"b": {"$tag": "tagged"}}})),
        pool(extensions=agent({"a": {"b": {"$tag": "tagged"}}})),
    ),
    "setting-of-a-replaced-resource": (
        pool(extensions=agent({"a": {"b": {"$clientId": "renamed"}}})),
        pool(extensions=agent({"a": {"b": {"$clientId": "renamed"}}})),
    ),
    "protected-setting": (
        pool(extensions=[{**AGENT, "protected_settings": {"key": "one"}}]),
        pool(extensions=[{**AGENT, "protected_settings": {"key": "two"}}]),
    ),
    "later-version": (
        pool(extensions=[{**AGENT, "type_handler_version": {"$output": "1.21"}}]),
        pool(extensions=[{**AGENT, "type_handler_version": {"$output": "1.22"}}]),
    ),
    "later-size": (
        pool(vm_size={"$output": "Standard_NC4as_T4_v3"}),
        pool(vm_size={"$output": "Standard_NC8as_T4_v3"}),
    ),
    "first-extension": (pool(), pool(extensions=[AGENT])),
    "last-extension": (pool(extensions=[AGENT]), pool()),
    "network-added": (pool(), pool(network_configuration={"enable_accelerated_networking": True})),
    "network-removed": (pool(network_configuration={"enable_accelerated_networking": True}), pool()),
    "another-path-on-the-host": (certificates(CERTIFICATE), certificates(OTHER_CERTIFICATE)),
    "first-identity": (pool(identity={"create": False}), pool()),
}

EVERY = {**SAME, **TAGGED, **REPLACED}


@dataclass(frozen=True)
class Landed:
    """What the preview of all edits said, and what Azure was asked to change by the update, with the stack."""

    stack: EngineStack
    preview: dict[str, str]
    done: list[Operation]

    def of_pool(self, name: str) -> list[str]:
        """The verbs of the changes to a pool, a blue-green name included."""
        names = [(one.method, one.path.rsplit("/", 1)[1]) for one in self.done if "/pools/" in one.path]
        return [verb for verb, pool in names if pool == name or (pool[:-9] == name and pool[-9] == "-")]

    def shown(self, name: str) -> dict[str, str]:
        """What the preview said of a pool and what goes with it."""
        return {key: op for key, op in self.preview.items() if key.startswith(f"{name}-") and _owner(key) == name}


def _owner(resource: str) -> str:
    return max((name for name in EVERY if resource.startswith(f"{name}-")), key=len)


@pytest.fixture(scope="module")
def landed(new_stack: Callable[..., EngineStack]) -> Landed:
    stack = new_stack("pools_from_file.py")
    put_surroundings(stack.store)
    sources = {"tagged": {"name": "tagged", "team": "hpc"}, "renamed": {"name": "renamed", "team": "hpc"}}
    write_pools(stack, {name: before for name, (before, _) in EVERY.items()}, sources=sources)
    stack.up()
    since = stack.last_operation()
    sources["tagged"]["team"] = "render"
    sources["renamed"]["name"] = "renamed-anew"
    write_pools(stack, {name: after for name, (_, after) in EVERY.items()}, sources=sources)
    preview = stack.changed()
    assert stack.changes(since) == []
    stack.up()
    return Landed(stack, preview, stack.changes(since))


@pytest.mark.parametrize("name", SAME)
def test_what_means_the_same_changes_nothing(landed: Landed, name: str) -> None:
    assert landed.shown(name) == {}
    assert landed.of_pool(name) == []


@pytest.mark.parametrize("name", TAGGED)
def test_a_tag_of_the_identity_shows_as_an_update_of_the_identity(landed: Landed, name: str) -> None:
    assert landed.shown(name) == {f"{name}-identity": "update"}
    assert landed.of_pool(name) == []


def test_no_grant_is_made_anew(landed: Landed) -> None:
    assert [one.path for one in landed.done if "/roleAssignments/" in one.path] == []


@pytest.mark.parametrize("name", REPLACED)
def test_what_replaces_is_shown_as_that(landed: Landed, name: str) -> None:
    assert landed.shown(name) == {f"{name}-pool": "replace"}
    assert landed.of_pool(name) == ["DELETE", "PUT"]


def test_afterwards_nothing_is_left_to_do(landed: Landed) -> None:
    assert landed.stack.changed() == {}


# --- the same edits without the cure: pools written by hand ----------------------------------------------------------


def raw(*extensions: dict[str, Any], identities: Any = (IDENTITY,), digest: bool = False) -> dict[str, Any]:
    return {"extensions": list(extensions), "identities": list(identities), "digest": digest}


def key_vault(*certificates: str, polling: Any = "3600") -> dict[str, Any]:
    management = {"pollingIntervalInS": polling, "observedCertificates": [{"url": one} for one in certificates]}
    return {
        "name": "KeyVaultForLinux",
        "publisher": "Microsoft.Azure.KeyVault",
        "type": "KeyVaultForLinux",
        "type_handler_version": "3.0",
        "settings": {"secretsManagementSettings": management},
    }


RAW: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "extensions-green": (raw(AGENT, DRIVER, digest=True), raw(DRIVER, AGENT, digest=True)),
    "certificates": (raw(key_vault(CERTIFICATE, OTHER_CERTIFICATE)), raw(key_vault(OTHER_CERTIFICATE, CERTIFICATE))),
    "identities": (
        raw(identities=[IDENTITY, OTHER_IDENTITY]),
        raw(identities=[OTHER_IDENTITY, IDENTITY]),
    ),
    "seconds": (raw(key_vault(CERTIFICATE, polling=3600)), raw(key_vault(CERTIFICATE, polling="3600"))),
    "settings-text": (raw({**AGENT, "settings": '{"a": 1}'}), raw({**AGENT, "settings": {"a": 1}})),
    "url-host": (raw(key_vault(CERTIFICATE)), raw(key_vault(CERTIFICATE.replace("kv-test", "KV-Test")))),
    "identity-id": (raw(), raw(identities=[SHOUTED])),
}
RAW_GRANTS = {"vault-id": (VAULT, VAULT.replace("kv-", "KV-"))}


@pytest.fixture(scope="module")
def by_hand(new_stack: Callable[..., EngineStack]) -> dict[str, str]:
    """What the preview says of the edits of pools and grants that are written by hand."""
    stack = new_stack("raw_from_file.py")
    put_surroundings(stack.store)

    def write(which: int, team: str) -> None:
        pools = {name: both[which] for name, both in RAW.items()}
        grants = {name: both[which] for name, both in RAW_GRANTS.items()}
        write_pools(stack, pools, grants={**grants, "identity-tag": f"{VAULT}/secrets/tls"}, team=team)

    write(0, "hpc")
    stack.up()
    write(1, "render")
    return stack.changed()


@pytest.mark.parametrize("name", [*RAW, *RAW_GRANTS])
def test_by_hand_the_same_edit_replaces(by_hand: dict[str, str], name: str) -> None:
    assert name in SAME
    assert by_hand[name] == "replace"


def test_by_hand_a_tag_of_the_identity_shows_a_false_replacement(by_hand: dict[str, str]) -> None:
    assert by_hand["identity"] == "update"
    assert by_hand["identity-tag"] == "replace"


# --- a pool that was made outside, its identity in Azure's other spelling --------------------------------------------

OTHERWISE = ADOPTED_IDENTITY.replace("resourceGroups", "resourcegroups")


def test_an_adopted_pool_is_not_replaced_for_the_spelling_of_its_identity(
    new_stack: Callable[..., EngineStack],
) -> None:
    stack = new_stack()
    answer = made_outside(
        stack, {**body(), "identity": {"type": "UserAssigned", "userAssignedIdentities": {OTHERWISE: {}}}}
    )
    plan = plan_import(answer, TODAY)
    assert "in another spelling" in plan.notes[0]
    since = stack.last_operation()
    adopt(stack, plan.configuration, plan.import_file)
    # the twin: the state as the import left it
    assert stack.changed() == {"old-pool": "replace"}
    assert complete(stack, answer) == ["identity.userAssignedIdentities"]
    assert stack.changed() == {}
    assert stack.changes(since) == []
