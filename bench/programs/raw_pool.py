"""The resources of `component_pool.py`, written with azure-native alone and with the same options."""

import pulumi
from pulumi_azure_native import authorization, batch, managedidentity

config = pulumi.Config()
vault = config.require("vault")
roles = f"/subscriptions/{vault.split('/')[2]}/providers/Microsoft.Authorization/roleDefinitions"

first = config.get_int("first") or 0
for number in range(first, first + (config.get_int("pools") or 1)):
    name = f"render{number or ''}"
    identity = managedidentity.UserAssignedIdentity(
        f"{name}-identity", resource_group_name="rg-batch-prod", resource_name_=f"nodes{number or ''}"
    )
    grant = authorization.RoleAssignment(
        f"{name}-vault-access",
        scope=vault,
        # Key Vault Secrets User
        role_definition_id=f"{roles}/4633458b-17de-408a-b874-0445c86b69e6",
        principal_id=identity.principal_id,
        principal_type=authorization.PrincipalType.SERVICE_PRINCIPAL,
    )
    extension: batch.VMExtensionArgsDict = {
        "name": "KeyVaultForLinux",
        "publisher": "Microsoft.Azure.KeyVault",
        "type": "KeyVaultForLinux",
        "type_handler_version": "3.0",
        "auto_upgrade_minor_version": True,
        "settings": {
            "secretsManagementSettings": {
                "pollingIntervalInS": config.require("polling"),
                "requireInitialSync": True,
                "observedCertificates": [{"url": config.require("certificate")}],
            },
            "authenticationSettings": {
                "msiEndpoint": "http://169.254.169.254/metadata/identity",
                "msiClientId": identity.client_id,
            },
        },
    }
    machines: batch.VirtualMachineConfigurationArgsDict = {
        "image_reference": {
            "publisher": "canonical",
            "offer": "ubuntu-24_04-lts",
            "sku": "server",
            "version": "latest",
        },
        "node_agent_sku_id": "batch.node.ubuntu 24.04",
        "extensions": [extension],
    }
    batch.Pool(
        f"{name}-pool",
        pool_name=name,
        resource_group_name="rg-batch-prod",
        account_name="extpoolprod",
        vm_size="Standard_D2s_v5",
        deployment_configuration={"virtual_machine_configuration": machines},
        identity={"type": batch.PoolIdentityType.USER_ASSIGNED, "user_assigned_identities": [identity.id]},
        scale_settings={"fixed_scale": {"target_dedicated_nodes": 1}},
        opts=pulumi.ResourceOptions(
            depends_on=[grant],
            replace_on_changes=config.require_object("replaceOnChanges"),
            delete_before_replace=True,
        ),
    )
