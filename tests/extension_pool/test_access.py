"""Identities and grants in all their forms: what the component registers for each."""

from typing import Any

import pulumi
import pytest

from extension_pool import ExtensionPool, InvalidPoolError
from extension_pool.access import WAIT_VARIABLE
from extension_pool.hooks import WAIT_FOR_GRANT
from extension_pool.testing import Azure, RecordedStack, run_program
from extension_pool.testing.azure import SUBSCRIPTION, TENANT
from extension_pool.testing.tokens import ACCESS_POLICY, IDENTITY, POOL, ROLE_ASSIGNMENT
from tests.extension_pool.test_pool import VAULT, arguments

OTHER = "33333333-3333-3333-3333-333333333333"


def existing(name: str, **changes: Any) -> dict[str, Any]:
    path = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
    return {"id": f"{path}/{name}", **changes}


def azure(rbac: bool) -> Azure:
    return Azure(vault_mode="rbac" if rbac else "access-policy")


def build(rbac: bool = True, **changes: Any) -> RecordedStack:
    return run_program(lambda: ExtensionPool("render", arguments(**changes)), azure=azure(rbac))


def refused(rbac: bool = True, **changes: Any) -> list[str]:
    """The sentences with which a pool is refused."""
    sentences: list[str] = []

    def program() -> None:
        with pytest.raises(InvalidPoolError) as caught:
            ExtensionPool("render", arguments(**changes))
        sentences.extend(detail["reason"] for detail in caught.value.errors or [])

    stack = run_program(program, azure=azure(rbac))
    assert stack.pools == ()
    return sentences


def identities_of(stack: RecordedStack) -> list[str]:
    return [one.rsplit("/", 1)[1] for one in stack.pool("render").identity_ids]


def client_id_of(stack: RecordedStack) -> str:
    return str(stack.pool("render").extensions[0].settings["authenticationSettings"]["msiClientId"])


def test_of_several_identities_the_chosen_one_reads_the_certificates() -> None:
    chosen = existing("b", client_id=OTHER, principal_id=OTHER, reads_certificates=True)
    stack = build(identity={"existing": [chosen, existing("a")]})
    assert stack.resources(IDENTITY) == ()
    assert identities_of(stack) == ["a", "b"]
    assert client_id_of(stack) == OTHER
    assert stack.only(ROLE_ASSIGNMENT).inputs["principalId"] == OTHER


def test_the_order_of_identities_does_not_matter() -> None:
    one, two = existing("a", reads_certificates=True), existing("b")
    pools = [build(identity={"existing": order}).only(POOL).inputs for order in ([one, two], [two, one])]
    assert pools[0] == pools[1]


def test_a_created_identity_may_stand_beside_existing_ones() -> None:
    stack = build(identity={"create": True, "reads_certificates": True, "existing": [existing("storage")]})
    identity = stack.identity("render")
    assert identities_of(stack) == [identity.name, "storage"]
    assert client_id_of(stack) == identity.client_id


def test_several_identities_without_a_choice_are_refused() -> None:
    (sentence,) = refused(identity={"existing": [existing("a"), existing("b")]})
    assert sentence.startswith("identity: of 2 identities exactly one reads the certificates, and none is chosen")


def test_where_nothing_is_read_no_choice_is_asked_for() -> None:
    nothing = {"key_vault_access": None, "key_vault_certificates": None}
    stack = build(identity={"existing": [existing("a"), existing("b")]}, **nothing)
    assert identities_of(stack) == ["a", "b"]


def test_a_pool_may_go_without_an_identity() -> None:
    nothing = {"key_vault_access": None, "key_vault_certificates": None}
    stack = build(identity={"create": False}, **nothing)
    assert "identity" not in stack.only(POOL).inputs
    assert stack.resources(IDENTITY) == ()


def test_certificates_and_grants_need_an_identity() -> None:
    sentences = refused(identity={"create": False})
    assert [sentence.split(": ")[0] for sentence in sentences] == ["key_vault_certificates", "key_vault_access"]


@pytest.mark.parametrize(
    ("rbac", "made", "not_made"),
    [(True, ROLE_ASSIGNMENT, ACCESS_POLICY), (False, ACCESS_POLICY, ROLE_ASSIGNMENT)],
)
def test_how_a_known_vault_decides_is_looked_up(rbac: bool, made: str, not_made: str) -> None:
    stack = build(rbac, key_vault_access=[{"vault_id": VAULT}])
    assert len(stack.resources(made)) == 1 and stack.resources(not_made) == ()
    assert stack.pool("render").depends_on(stack.only(made))


def test_many_pools_ask_a_vault_once() -> None:
    def program() -> None:
        for name in ("one", "two", "three"):
            ExtensionPool(name, arguments(key_vault_access=[{"vault_id": VAULT}]))

    asked = [call for call in run_program(program).calls if call.token == "azure-native:keyvault:getVault"]
    assert len(asked) == 1
    # another run is another question: the vault may have changed
    assert "azure-native:keyvault:getVault" in [call.token for call in run_program(program).calls]


def test_how_a_vault_decides_must_be_said_where_the_vault_is_not_known() -> None:
    sentences: list[str] = []

    def program() -> None:
        with pytest.raises(InvalidPoolError) as caught:
            ExtensionPool("render", arguments(key_vault_access=[{"vault_id": pulumi.Output.from_input(VAULT)}]))
        sentences.append(str(caught.value))

    assert run_program(program).resources() == ()
    assert "key_vault_access[0].mode: required, since the vault is not known before it is made" in sentences[0]
    assert "allowed rbac, access-policy" in sentences[0]


def test_a_vault_of_another_subscription_cannot_be_looked_up_and_asks_for_its_mode() -> None:
    vault = VAULT.replace(SUBSCRIPTION, OTHER)
    (sentence,) = refused(key_vault_access=[{"vault_id": vault}])
    assert sentence.startswith("key_vault_access[0].mode: cannot be looked up: it is in another subscription")
    grant = build(key_vault_access=[{"vault_id": vault, "mode": "rbac"}]).only(ROLE_ASSIGNMENT).inputs
    assert grant["scope"] == vault
    assert grant["roleDefinitionId"].startswith(f"/subscriptions/{OTHER}/providers/Microsoft.Authorization/")


def test_an_access_policy_adds_one_entry_that_reads_secrets() -> None:
    stack = build(key_vault_access=[{"vault_id": VAULT, "mode": "access-policy"}])
    policy = stack.resource("render-vault-access", ACCESS_POLICY)
    principal = stack.identity("render").principal_id
    assert policy.inputs == {
        "resourceGroupName": "rg-vault",
        "vaultName": "kv1",
        "policy": {"objectId": principal, "tenantId": TENANT, "permissions": {"secrets": ["get", "list"]}},
    }


def test_a_grant_may_be_of_one_secret() -> None:
    access = {"vault_id": VAULT, "mode": "rbac", "secret_name": "tls"}
    assert build(key_vault_access=[access]).only(ROLE_ASSIGNMENT).inputs["scope"] == f"{VAULT}/secrets/tls"


def test_another_role_that_suffices_is_granted() -> None:
    access = {"vault_id": VAULT, "mode": "rbac", "role": "key vault certificate user"}
    grant = build(key_vault_access=[access]).only(ROLE_ASSIGNMENT).inputs
    assert grant["roleDefinitionId"].endswith("/roleDefinitions/db79e9a7-68ee-4b58-9aeb-b90e7c24fcba")


def test_the_id_of_a_custom_role_is_taken_at_its_word() -> None:
    access = {"vault_id": VAULT, "mode": "rbac", "role": OTHER}
    grant = build(key_vault_access=[access]).only(ROLE_ASSIGNMENT).inputs
    assert grant["roleDefinitionId"].endswith(OTHER)


@pytest.mark.parametrize(
    ("access", "sentence"),
    [
        (
            {"mode": "rbac", "role": "Key Vault Reader"},
            "key_vault_access[0].role: does not let the extension read a certificate: Key Vault Reader reads metadata",
        ),
        (
            {"mode": "rbac", "role": "a4417e6f-fecd-4de8-b567-7b0420556985"},
            "key_vault_access[0].role: does not let the extension read a certificate: Key Vault Certificates Officer",
        ),
        (
            {"mode": "rbac", "role": "Key Vault Secret User"},
            'key_vault_access[0].role: unknown role, got "Key Vault Secret User"',
        ),
        (
            {"mode": "access-policy", "role": "Key Vault Secrets User"},
            "key_vault_access[0].role: is for vaults",
        ),
        (
            {"mode": "access-policy", "secret_name": "tls"},
            "key_vault_access[0].secret_name: is for vaults in mode rbac",
        ),
        ({"mode": "policy"}, "key_vault_access[0].mode: must be one of the allowed values"),
        ({"mode": "rbac", "wait": "10m"}, "key_vault_access[0].wait: must be an ISO 8601 duration"),
    ],
)
def test_what_is_refused(access: dict[str, Any], sentence: str) -> None:
    (found,) = refused(key_vault_access=[{"vault_id": VAULT, **access}])
    assert found.startswith(sentence)


def test_a_looked_up_vault_with_access_policies_knows_no_single_secrets() -> None:
    (sentence,) = refused(rbac=False, key_vault_access=[{"vault_id": VAULT, "secret_name": "tls"}])
    assert sentence.startswith("key_vault_access[0].secret_name: is for vaults in mode rbac")


@pytest.mark.parametrize(
    ("changes", "waits"),
    [
        ({}, True),
        ({"key_vault_extension": {"require_initial_sync": False}}, False),
        ({"key_vault_access": [{"vault_id": VAULT, "mode": "rbac", "wait": "PT0S"}]}, False),
        ({"key_vault_access": [{"vault_id": VAULT, "mode": "access-policy"}]}, False),
        ({"key_vault_access": [{"vault_id": VAULT, "mode": "access-policy", "wait": "PT1M"}]}, True),
    ],
)
def test_a_new_role_is_waited_for_where_nodes_wait_for_certificates(changes: dict[str, Any], waits: bool) -> None:
    stack = build(**changes)
    assert bool(stack.resource("render-vault-access").has_hook(WAIT_FOR_GRANT)) is waits


def test_the_environment_can_end_all_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WAIT_VARIABLE, "PT0S")
    assert not build().only(ROLE_ASSIGNMENT).has_hook(WAIT_FOR_GRANT)


def test_two_pools_share_one_hook_since_two_of_a_name_crash_the_engine() -> None:
    def program() -> None:
        ExtensionPool("one", arguments())
        ExtensionPool("two", arguments())

    stack = run_program(program)
    assert all(grant.has_hook(WAIT_FOR_GRANT) for grant in stack.grants) and len(stack.grants) == 2
    assert WAIT_FOR_GRANT in stack.hooks
