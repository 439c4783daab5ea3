"""Raw resources, none of them ours; the configuration's `mode` says how they are edited."""

import pulumi
from pulumi_azure_native import authorization, batch, managedidentity, resources

config = pulumi.Config()
mode = config.get("mode") or "first"
ROLE = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/providers/Microsoft.Authorization/roleDefinitions/"
    "4633458b-17de-408a-b874-0445c86b69e6"
)
MONITOR = {
    "name": "AzureMonitorLinuxAgent",
    "publisher": "Microsoft.Azure.Monitor",
    "type": "AzureMonitorLinuxAgent",
    "type_handler_version": "1.21",
}
DRIVER = {
    "name": "NvidiaGpuDriverLinux",
    "publisher": "Microsoft.HpcCompute",
    "type": "NvidiaGpuDriverLinux",
    "type_handler_version": "1.9" if mode == "edited" else "1.6",
}

group = resources.ResourceGroup(
    "group", resource_group_name="rg-moved" if mode == "moved" else "rg-test", tags={"mode": mode}
)
account = batch.BatchAccount("account", account_name="testaccount", resource_group_name=group.name)
identity = managedidentity.UserAssignedIdentity(
    "identity", resource_group_name=group.name, resource_name_="own", tags={"mode": mode}
)
authorization.RoleAssignment(
    "grant",
    scope=group.id,
    role_definition_id=ROLE,
    principal_id=identity.principal_id,
    principal_type="ServicePrincipal",
)


def machines(*extensions: dict[str, str]) -> dict[str, object]:
    return {
        "virtual_machine_configuration": {
            "image_reference": {"publisher": "canonical", "offer": "ubuntu-24_04-lts", "sku": "server"},
            "node_agent_sku_id": "batch.node.ubuntu 24.04",
            "extensions": list(extensions),
        }
    }


raw = batch.Pool(
    "other-name" if mode == "renamed" else "raw",
    pool_name="raw",
    resource_group_name=group.name,
    account_name=account.name,
    vm_size="Standard_D4s_v5" if mode == "edited" else "Standard_D2s_v5",
    # the first of two goes, so that the other one moves up
    deployment_configuration=machines(DRIVER) if mode == "edited" else machines(MONITOR, DRIVER),
    user_accounts=[{"name": "operator", "password": "Changed-4711" if mode == "edited" else "Original-4711"}],
    scale_settings={"auto_scale": {"formula": "$TargetDedicatedNodes=4"}},
    metadata=[{"name": "mode", "value": mode}],
    opts=pulumi.ResourceOptions(
        replace_on_changes=["deploymentConfiguration", "userAccounts"],
        delete_before_replace=True,
        aliases=[pulumi.Alias(name="raw")] if mode == "renamed" else None,
    ),
)
batch.Pool(
    "follower",
    pool_name="follower",
    resource_group_name="rg-test",
    account_name="testaccount",
    vm_size="Standard_D2s_v5",
    deployment_configuration=machines(),
    scale_settings={"fixed_scale": {"target_dedicated_nodes": 2, "target_low_priority_nodes": 3}},
    opts=pulumi.ResourceOptions(
        depends_on=[account], replace_with=[raw], replacement_trigger="again" if mode == "triggered" else "once"
    ),
)
if mode == "broken":
    raise RuntimeError("no answer from DefaultEndpointsProtocol=https;AccountKey=bm90LWEtcmVhbC1rZXk=;x=y")
