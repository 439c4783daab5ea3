"""Pools and grants written with azure-native alone, with what a JSON file says, as it says it.

`pools`: name -> identities and extensions; `digest` gives the pool a name that says what its extensions are, as a
blue-green pool has one. `grants`: name -> scope. `identity`: the tags of the identity that the others take their ids
from.
"""

import hashlib
import json
from pathlib import Path

import pulumi
from pulumi_azure_native import authorization, batch, managedidentity

config = pulumi.Config()
document = json.loads(Path(config.require("file")).read_text(encoding="utf-8"))

own = managedidentity.UserAssignedIdentity(
    "identity", resource_group_name="rg-test", resource_name_="own", tags={"team": document["team"]}
)
role = "/subscriptions/00000000-0000-0000-0000-000000000000/providers/Microsoft.Authorization/roleDefinitions/"

for name, pool in document["pools"].items():
    digest = hashlib.sha256(json.dumps(pool["extensions"]).encode()).hexdigest()[:8]
    machines = {
        "image_reference": {"publisher": "canonical", "offer": "ubuntu-24_04-lts", "sku": "server"},
        "node_agent_sku_id": "batch.node.ubuntu 24.04",
        "extensions": pool["extensions"],
    }
    batch.Pool(
        name,
        pool_name=f"{name}-{digest}" if pool.get("digest") else name,
        resource_group_name="rg-test",
        account_name="testaccount",
        vm_size="Standard_D2s_v5",
        deployment_configuration={"virtual_machine_configuration": machines},
        identity={"type": "UserAssigned", "user_assigned_identities": pool["identities"]},
        scale_settings={"fixed_scale": {"target_dedicated_nodes": 1}},
        opts=pulumi.ResourceOptions(
            replace_on_changes=["deploymentConfiguration.virtualMachineConfiguration", "identity"],
            delete_before_replace=True,
        ),
    )

for name, scope in document["grants"].items():
    authorization.RoleAssignment(
        name,
        scope=scope,
        role_definition_id=role + "4633458b-17de-408a-b874-0445c86b69e6",
        principal_id=own.principal_id,
        principal_type="ServicePrincipal",
    )
