"""What `component_pool.py` makes, by hand: the same children with the same inputs and options, the same outputs and
the same look-ups, in components that do nothing else."""

import uuid
from collections.abc import Sequence

import pulumi
from pulumi_azure_native import authorization, batch, managedidentity

config = pulumi.Config()
vault = config.require("vault")
roles = f"/subscriptions/{vault.split('/')[2]}/providers/Microsoft.Authorization/roleDefinitions"
# Key Vault Secrets User
role = f"{roles}/4633458b-17de-408a-b874-0445c86b69e6"
grants = uuid.uuid5(
    uuid.NAMESPACE_URL, "https://management.azure.com/providers/Microsoft.Authorization/roleAssignments"
)


class Pool(pulumi.ComponentResource):
    def __init__(self, name: str, identity_name: str) -> None:
        super().__init__("extension-pool:index:ExtensionPool", name, {}, None)
        identity = managedidentity.UserAssignedIdentity(
            f"{name}-identity",
            resource_group_name="rg-batch-prod",
            resource_name_=identity_name,
            opts=pulumi.ResourceOptions(parent=self),
        )
        parts = identity.id.apply(lambda text: text.strip("/").split("/"))
        found = managedidentity.get_user_assigned_identity_output(
            resource_group_name=parts.apply(lambda parts: parts[3]),
            resource_name=parts.apply(lambda parts: parts[-1]),
            opts=pulumi.InvokeOutputOptions(parent=self),
        )
        grant = authorization.RoleAssignment(
            f"{name}-vault-access",
            scope=vault,
            role_assignment_name=found.principal_id.apply(_assignment),
            role_definition_id=role,
            principal_id=found.principal_id,
            principal_type=authorization.PrincipalType.SERVICE_PRINCIPAL,
            opts=pulumi.ResourceOptions(parent=self),
        )
        pool = batch.Pool(
            f"{name}-pool",
            pool_name=name,
            resource_group_name="rg-batch-prod",
            account_name="extpoolprod",
            vm_size="Standard_D2s_v5",
            deployment_configuration={"virtual_machine_configuration": _machines(found.client_id)},
            identity={"type": batch.PoolIdentityType.USER_ASSIGNED, "user_assigned_identities": [identity.id]},
            scale_settings={"fixed_scale": {"target_dedicated_nodes": 1}},
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[grant],
                replace_on_changes=config.require_object("replaceOnChanges"),
                delete_before_replace=True,
            ),
        )
        self.register_outputs(
            {
                "poolId": pool.id,
                "poolName": pool.name,
                "identityId": identity.id,
                "clientId": found.client_id,
                "principalId": found.principal_id,
                "extensionNames": ["KeyVaultForLinux"],
            }
        )


def _assignment(principal: str) -> str:
    return str(uuid.uuid5(grants, "|".join((vault, principal, role)).lower()))


def _machines(client_id: pulumi.Output[str]) -> batch.VirtualMachineConfigurationArgsDict:
    settings = {
        "secretsManagementSettings": {
            "pollingIntervalInS": config.require("polling"),
            "requireInitialSync": True,
            "observedCertificates": [{"url": config.require("certificate")}],
        },
        "authenticationSettings": {
            "msiEndpoint": "http://169.254.169.254/metadata/identity",
            "msiClientId": client_id,
        },
    }
    extensions: Sequence[batch.VMExtensionArgsDict] = [
        {
            "name": "KeyVaultForLinux",
            "publisher": "Microsoft.Azure.KeyVault",
            "type": "KeyVaultForLinux",
            "type_handler_version": "3.0",
            "auto_upgrade_minor_version": True,
            "settings": settings,
        }
    ]
    return {
        "image_reference": {
            "publisher": "canonical",
            "offer": "ubuntu-24_04-lts",
            "sku": "server",
            "version": "latest",
        },
        "node_agent_sku_id": "batch.node.ubuntu 24.04",
        "extensions": extensions,
    }


first = config.get_int("first") or 0
for number in range(first, first + (config.get_int("pools") or 1)):
    Pool(f"render{number or ''}", f"nodes{number or ''}")
