"""The provider under the real engine: what only the two together show."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from emulator import Store
from engine.local import Local

pytestmark = pytest.mark.engine

PROGRAM = """
import json, pathlib
import pulumi
from pulumi_azure_native import authorization, batch, keyvault, managedidentity, resources

edit = json.loads(pathlib.Path({edit!r}).read_text())
group = resources.ResourceGroup("rg", location="westeurope")
account = batch.BatchAccount("acc", resource_group_name=group.name)
identity = managedidentity.UserAssignedIdentity("id", resource_group_name=group.name, tags=edit.get("tags"))
vault = keyvault.Vault("kv", resource_group_name=group.name, properties={{
    "sku": {{"family": "A", "name": "standard"}}, "enable_rbac_authorization": True,
    "tenant_id": authorization.get_client_config().tenant_id}})
role = "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/4633458b-17de-408a-b874-0445c86b69e6"
authorization.RoleAssignment("grant", scope=vault.id, principal_id=identity.principal_id,
    principal_type="ServicePrincipal", role_definition_id=role)
keyvault.AccessPolicy("policy", resource_group_name=group.name, vault_name=vault.name, policy={{
    "tenant_id": identity.tenant_id, "object_id": identity.principal_id,
    "permissions": {{"secrets": ["get", "list"]}}}})
extension = {{
    "name": "certs", "publisher": "Microsoft.Azure.KeyVault", "type": "KeyVaultForLinux",
    "settings": {{"secretsManagementSettings": {{"pollingIntervalInS": edit.get("poll", "3600")}},
                 "authenticationSettings": {{"msiClientId": identity.client_id}}}},
    "protected_settings": pulumi.Output.secret({{"token": "hunter2"}})}}
image = {{"publisher": "canonical", "offer": "ubuntu-24_04-lts", "sku": "server"}}
options = pulumi.ResourceOptions()
if edit.get("replace"):
    paths = ["deploymentConfiguration.virtualMachineConfiguration.extensions"]
    options = pulumi.ResourceOptions(delete_before_replace=True, replace_on_changes=paths)
pool = batch.Pool("pool", resource_group_name=group.name, account_name=account.name, vm_size="STANDARD_D2S_V3",
    identity={{"type": "UserAssigned", "user_assigned_identities": [identity.id]}},
    deployment_configuration={{"virtual_machine_configuration": {{
        "image_reference": image, "node_agent_sku_id": "batch.node.ubuntu 24.04", "extensions": [extension]}}}},
    opts=options)
pulumi.export("identity", pool.identity)
"""


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    program = tmp_path / "program"
    (program / "stacks").mkdir(parents=True)
    (program / "Pulumi.yaml").write_text("name: tiny\nruntime: python\nstackConfigDir: stacks\n")
    (program / "stacks" / "Pulumi.dev.yaml").write_text("config: {}\n")
    (program / "__main__.py").write_text(PROGRAM.format(edit=str(tmp_path / "edit.json")))
    made = Local(tmp_path / "work", program, speed=600, say=lambda line: None)
    (tmp_path / "edit.json").write_text("{}")
    made.ready("dev")
    yield made
    made.stop_azure()


def test_a_stack_from_up_to_destroy(local: Local, tmp_path: Path) -> None:
    def pulumi(*command: str, check: bool = True, **edit: Any) -> Any:
        (tmp_path / "edit.json").write_text(json.dumps(edit))
        return local.pulumi(*command, "--stack", "dev", "--color", "never", check=check, timeout=120)

    def steps(**edit: Any) -> dict[str, Any]:
        found = json.loads(pulumi("preview", "--json", **edit).stdout)["steps"]
        return {step["urn"].rsplit("::", 1)[-1]: step for step in found if step["op"] != "same"}

    pulumi("up", "--yes", "--skip-preview")
    store = Store.open(local.azure_dir)
    assert [kind for kind, _ in store.resources()].count("Microsoft.Batch/batchAccounts/pools") == 1
    assert steps() == {}
    refreshed = pulumi("refresh", "--yes", "--expect-no-changes")
    assert "8 unchanged" in refreshed.stdout

    # engine.md: a tag of the identity makes its client id unknown in previews, and more shows than `up` will do.
    shown = steps(tags={"a": "b"}, replace=True)
    replaced_in_preview = dict.fromkeys(("grant", "policy", "pool"), "replace")
    assert {name: step["op"] for name, step in shown.items()} == {"id": "update", **replaced_in_preview}
    assert shown["policy"]["replaceReasons"] == ["policy.objectId"]

    path = "deploymentConfiguration.virtualMachineConfiguration.extensions[0].settings.secretsManagementSettings"
    leaf = f"{path}.pollingIntervalInS"
    assert steps(poll="60")["pool"]["detailedDiff"] == {leaf: {"kind": "update", "inputDiff": True}}
    refused = pulumi("up", "--yes", "--skip-preview", check=False, poll="60")
    assert refused.returncode != 0
    assert 'Status=400 Code="PropertyCannotBeUpdated"' in refused.stdout + refused.stderr
    replaced = steps(poll="60", replace=True)["pool"]
    assert (replaced["op"], replaced["detailedDiff"][leaf]["kind"]) == ("replace", "update-replace")

    since = store.operations()[-1].seq
    pulumi("up", "--yes", "--skip-preview", poll="60", replace=True)
    verbs = [item.method for item in store.operations(since) if item.path.endswith("/pools/pool")]
    assert verbs == ["DELETE", "GET", "PUT", "GET"]

    pulumi("destroy", "--yes", poll="60", replace=True)
    assert store.is_pristine()
    assert b"hunter2" not in b"".join(file.read_bytes() for file in local.azure_dir.iterdir())
