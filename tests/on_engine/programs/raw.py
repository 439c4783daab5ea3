"""A pool written with azure-native alone; the configuration chooses which protection it lacks."""

import pulumi
from pulumi_azure_native import authorization, batch, keyvault, managedidentity, resources

config = pulumi.Config()
lacks = config.get("lacks") or "nothing"

group = resources.ResourceGroup("group", resource_group_name="rg-test")
account = batch.BatchAccount("account", account_name="testaccount", resource_group_name=group.name)
vault = keyvault.Vault(
    "vault",
    vault_name="kv-test",
    resource_group_name=group.name,
    properties={
        "tenant_id": authorization.get_client_config_output().tenant_id,
        "sku": {"family": "A", "name": "standard"},
        "enable_rbac_authorization": True,
    },
)
identity = managedidentity.UserAssignedIdentity(
    "identity", resource_group_name=group.name, tags={"team": config.get("team") or "hpc"}
)
parts = identity.id.apply(lambda id: id.split("/"))
looked_up = managedidentity.get_user_assigned_identity_output(
    resource_group_name=parts[4].apply(str), resource_name=parts[8].apply(str)
)
source = identity if lacks == "lookup" else looked_up

role = "/subscriptions/00000000-0000-0000-0000-000000000000/providers/Microsoft.Authorization/roleDefinitions/"
grant = authorization.RoleAssignment(
    "grant",
    scope=vault.id,
    role_definition_id=role + "4633458b-17de-408a-b874-0445c86b69e6",
    principal_id=source.principal_id,
    principal_type=None if lacks == "principal type" else "ServicePrincipal",
)

extension = {
    "name": "KeyVaultForLinux",
    "publisher": "Microsoft.Azure.KeyVault",
    "type": "KeyVaultForLinux",
    "type_handler_version": "3.0",
    "settings": {
        "secretsManagementSettings": {
            "pollingIntervalInS": config.get("polling") or "3600",
            "observedCertificates": [{"url": "https://kv-test.vault.azure.net/secrets/tls"}],
        },
        "authenticationSettings": {
            "msiEndpoint": "http://169.254.169.254/metadata/identity",
            "msiClientId": source.client_id,
        },
    },
}
machines = {
    "image_reference": {
        "publisher": "canonical",
        "offer": "ubuntu-24_04-lts",
        "sku": "server",
        "version": "latest",
    },
    "node_agent_sku_id": "batch.node.ubuntu 24.04",
    "extensions": [extension],
}
if lacks == "a known property":
    machines["extension"] = machines["extensions"]
configuration = {"virtual_machine_configuration": machines}

batch.Pool(
    "pool",
    pool_name="raw",
    resource_group_name=group.name,
    account_name=account.name,
    vm_size="Standard_D2s_v5",
    # an Output around all of it, as a careless wrapper would put it
    deployment_configuration=identity.client_id.apply(lambda _: configuration)
    if lacks == "the leaf"
    else configuration,
    identity={"type": "UserAssigned", "user_assigned_identities": [identity.id]},
    scale_settings={"fixed_scale": {"target_dedicated_nodes": 1}},
    opts=pulumi.ResourceOptions(
        depends_on=[grant],
        replace_on_changes=[]
        if lacks == "replaceOnChanges"
        else ["deploymentConfiguration.virtualMachineConfiguration.extensions"],
        delete_before_replace=None if lacks == "deleteBeforeReplace" else True,
    ),
)
