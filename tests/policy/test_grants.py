"""Who may read the vaults that a pool's certificates come from, as far as a stack shows it."""

from __future__ import annotations

import time
from typing import Any

import pytest

from policy.model import ADVISORY, COMPONENT_TYPE, MANDATORY, UNKNOWN, Resource
from tests.policy.pools import IDENTITY, KEY_VAULT, VAULT, component_pool, found_in, pool, texts_in, urn_of

RULE = "key-vault-grant"
GRANT = "azure-native:authorization:RoleAssignment"
OWN = urn_of(IDENTITY, "own")
SECRETS_USER, READER = "4633458b-17de-408a-b874-0445c86b69e6", "21090545-7ca7-4776-b22c-e363652d74d2"
REFUSED = (
    "deploymentConfiguration.virtualMachineConfiguration.extensions[0].settings.secretsManagementSettings"
    ".observedCertificates[0].url: certificates reads tls of the vault kv, and no identity of the pool may do so"
)


def identity(name: str = "own", principal: Any = "p1") -> Resource:
    return Resource(IDENTITY, name, urn_of(IDENTITY, name), {"name": name, "principalId": principal})


def grant(principal: Any = "p1", scope: Any = VAULT, role: str = SECRETS_USER, **fields: Any) -> Resource:
    props = {"principalId": principal, "scope": scope, "roleDefinitionId": f"/x/roleDefinitions/{role}"}
    return Resource(GRANT, "grant", urn_of(GRANT, "grant"), props, **fields)


def test_a_pool_whose_identity_was_granted_the_vault_hears_nothing() -> None:
    assert texts_in(RULE, pool(), identity(), grant()) == []


def test_a_pool_without_any_grant_is_told_which_certificate_will_not_arrive() -> None:
    (finding,) = found_in(RULE, pool(), identity())
    assert finding.level == MANDATORY and finding.urn == pool().urn
    assert finding.text.startswith(f"{REFUSED}. Grant Key Vault Secrets User at the vault or the secret")


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({"principal": "p2"}, True),
        ({"principal": "P1"}, False),
        ({"scope": VAULT.replace("/kv", "/other")}, True),
        ({"scope": VAULT.upper()}, False),
        ({"scope": f"{VAULT}/secrets/tls"}, False),
        ({"scope": f"{VAULT}/secrets/license"}, True),
        ({"scope": "/subscriptions/s/resourceGroups/rg"}, False),
        ({"role": "d7a1b2c3-0000-0000-0000-000000000000"}, False),
        ({"role": READER}, True),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_grant_counts_when_it_is_for_the_identity_the_secret_and_enough(changed: Any, refused: bool) -> None:
    said = texts_in(RULE, pool(), identity(), grant(**changed))
    assert [text.startswith(REFUSED) for text in said] == [True] * refused


def test_a_role_that_does_not_suffice_is_named() -> None:
    (text,) = texts_in(RULE, pool(), identity(), grant(role=READER))
    assert text.startswith(f"{REFUSED}: Key Vault Reader, which it has, reads metadata only.")


def test_before_anything_exists_what_a_grant_is_made_from_tells_whose_it_is() -> None:
    new = pool({("identity", "userAssignedIdentities"): [UNKNOWN]}, depends_on={"identity": (OWN,)})
    own, other = identity(principal=UNKNOWN), identity("other", UNKNOWN)
    right = grant(UNKNOWN, UNKNOWN, depends_on={"principalId": (OWN,)})
    wrong = grant(UNKNOWN, UNKNOWN, depends_on={"principalId": (other.urn,)})
    assert texts_in(RULE, new, own, other, right) == []
    assert texts_in(RULE, new, own, other, wrong)[0].startswith(REFUSED)


def test_a_principal_that_nothing_is_known_of_is_not_judged() -> None:
    assert texts_in(RULE, pool(), identity(), grant(UNKNOWN)) == []
    assert texts_in(RULE, pool({("identity", "userAssignedIdentities"): UNKNOWN}), identity()) == []
    assert texts_in(RULE, pool({("identity", "userAssignedIdentities"): [UNKNOWN]})) == []


def test_an_identity_of_elsewhere_advises_that_nobody_can_tell() -> None:
    (finding,) = found_in(RULE, pool())
    assert finding.level == ADVISORY
    assert "cannot be told, as it was made outside this stack; see to it, and name the vault" in finding.text
    assert found_in(RULE, pool(), grantedElsewhere=["KV"]) == []


def test_a_grant_to_somebody_of_elsewhere_is_taken_to_be_the_identitys() -> None:
    """Their ids are of no use here: an identity's principal is not in its id."""
    assert texts_in(RULE, pool(), grant("p9")) == []
    assert texts_in(RULE, pool(), identity("other", "p9"), grant("p9")) != []


def test_a_component_that_grants_to_an_identity_of_elsewhere_has_done_its_part() -> None:
    parent = urn_of(COMPONENT_TYPE, "render")
    assert texts_in(RULE, component_pool(), grant("p9", parent=parent)) == []
    others = identity("other", "p9")
    assert texts_in(RULE, component_pool(), others, grant("p9", parent=urn_of(COMPONENT_TYPE, "other"))) != []


def policy_entry(*permissions: str, object_id: str = "p1") -> dict[str, Any]:
    return {"objectId": object_id, "permissions": {"secrets": list(permissions)}}


@pytest.mark.parametrize(
    ("permissions", "refused"), [(("get", "list"), False), (("All",), False), (("get",), True), ((), True)]
)
def test_an_entry_of_the_access_policies_lets_the_extension_list_and_get(
    permissions: tuple[str, ...], refused: bool
) -> None:
    type_ = "azure-native:keyvault:AccessPolicy"
    props = {"vaultName": "KV", "policy": policy_entry(*permissions)}
    said = texts_in(RULE, pool(), identity(), Resource(type_, "entry", urn_of(type_, "entry"), props))
    assert [text.startswith(REFUSED) for text in said] == [True] * refused


@pytest.mark.parametrize("rbac", [False, True])
def test_access_policies_written_into_the_vault_count_unless_the_vault_goes_by_roles(rbac: bool) -> None:
    type_ = "azure-native:keyvault:Vault"
    properties = {"accessPolicies": [policy_entry("get", "list")], "enableRbacAuthorization": rbac}
    vault = Resource(type_, "vault", urn_of(type_, "vault"), {"vaultName": "kv", "properties": properties})
    assert bool(texts_in(RULE, pool(), identity(), vault)) == rbac


def test_each_vault_is_told_of_once() -> None:
    urls = [f"https://{vault}.vault.azure.net/secrets/{secret}" for vault in ("kv", "kv2") for secret in ("a", "b")]
    settings = {"secretsManagementSettings": {"observedCertificates": urls}}
    path = ("deploymentConfiguration", "virtualMachineConfiguration", "extensions")
    said = texts_in(RULE, pool({path: [{**KEY_VAULT, "settings": settings}]}), identity())
    assert [text.partition("vault ")[2].partition(",")[0] for text in said] == ["kv", "kv2"]


def test_hundreds_of_pools_are_judged_while_one_waits() -> None:
    stack: list[Resource] = []
    for index in range(400):
        own = identity(f"own{index}", f"p{index}")
        ids = [f"/subscriptions/s/x/userAssignedIdentities/own{index}"]
        stack += [own, grant(f"p{index}"), pool({("identity", "userAssignedIdentities"): ids}, urn=f"{own.urn}-pool")]
    began = time.monotonic()
    assert texts_in(RULE, *stack) == []
    assert time.monotonic() - began < 20  # the square of it takes minutes
