"""A pool written with azure-native alone; `breaks` of the configuration names what it breaks of the policy pack."""

import pulumi
from pulumi_azure_native import authorization, batch, keyvault, managedidentity, resources

config = pulumi.Config()
breaks = config.get_object("breaks") or []

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
own = managedidentity.UserAssignedIdentity("own", resource_group_name=group.name)
other = managedidentity.UserAssignedIdentity("other", resource_group_name=group.name)

role = "/subscriptions/00000000-0000-0000-0000-000000000000/providers/Microsoft.Authorization/roleDefinitions/"
reader = other if "key-vault-grant" in breaks else own
if config.get_bool("accessPolicies"):
    keyvault.AccessPolicy(
        "entry",
        resource_group_name=group.name,
        vault_name="kv-test",
        policy={
            "tenant_id": authorization.get_client_config_output().tenant_id,
            "object_id": reader.principal_id,
            "permissions": {"secrets": ["get", "list"]},
        },
        opts=pulumi.ResourceOptions(depends_on=[vault]),
    )
else:
    authorization.RoleAssignment(
        "grant",
        scope=vault.id,
        role_definition_id=role + "4633458b-17de-408a-b874-0445c86b69e6",
        principal_id=reader.principal_id,
        principal_type="ServicePrincipal",
    )

key = "0123456789-hush"
extensions = [
    {
        "name": "certificates",
        "publisher": "Microsoft.Azure.KeyVault",
        "type": "KeyVaultForLinux",
        "type_handler_version": "3.0",
        "settings": {
            "secretsManagementSettings": {
                "pollingIntervalInS": "3600",
                "observedCertificates": [{"url": "https://kv-test.vault.azure.net/secrets/tls"}],
            },
            "authenticationSettings": {
                "msiEndpoint": "http://169.254.169.254/metadata/identity",
                "msiClientId": own.client_id,
            },
        },
    },
    {
        "name": "monitor",
        "publisher": "Microsoft.Azure.Monitor",
        "type": "AzureMonitorLinuxAgent",
        "type_handler_version": "1.21",
        "settings": {"workspaceKey": key} if "settings-without-secrets" in breaks else {},
        "protected_settings": {"key": key if "protected-values-secret" in breaks else pulumi.Output.secret(key)},
    },
]
endpoint = {
    "name": "ssh",
    "protocol": "TCP",
    "backend_port": 22,
    "frontend_port_range_start": 15000,
    "frontend_port_range_end": 15100,
}

batch.Pool(
    "pool",
    pool_name="raw",
    resource_group_name=group.name,
    account_name=account.name,
    vm_size="Standard_D2_v2" if "vm-size-retirement" in breaks else "Standard_D2s_v5",
    deployment_configuration={
        "virtual_machine_configuration": {
            "image_reference": {"publisher": "canonical", "offer": "ubuntu-24_04-lts", "sku": "server"},
            "node_agent_sku_id": "batch.node.ubuntu 24.04",
            "extensions": extensions,
        }
    },
    identity={"type": "UserAssigned", "user_assigned_identities": [own.id]},
    network_configuration={"endpoint_configuration": {"inbound_nat_pools": [endpoint]}}
    if "inbound-endpoints" in breaks
    else None,
    scale_settings={"fixed_scale": {"target_dedicated_nodes": 0}},
    opts=pulumi.ResourceOptions(protect="production-protected" not in breaks and config.get_bool("protect")),
)
