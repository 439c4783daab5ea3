"""Where resources live in ARM, by their Pulumi type: the ids that `Azure` gives them. Pure.

Types and parameters as in the SDK of azure-native; paths as in https://learn.microsoft.com/azure/templates.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

_GROUP = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
_BATCH = "Microsoft.Batch/batchAccounts/{accountName}"
_STORAGE = "Microsoft.Storage/storageAccounts/{accountName}"
_GALLERY = "Microsoft.Compute/galleries/{galleryName}"

# below `/providers/` of a resource group
_IN_GROUPS = {
    "batch:Application": f"{_BATCH}/applications/{{applicationName}}",
    "batch:ApplicationPackage": f"{_BATCH}/applications/{{applicationName}}/versions/{{versionName}}",
    "batch:BatchAccount": _BATCH,
    "batch:Pool": f"{_BATCH}/pools/{{poolName}}",
    "compute:Gallery": _GALLERY,
    "compute:GalleryImage": f"{_GALLERY}/images/{{galleryImageName}}",
    "compute:GalleryImageVersion": f"{_GALLERY}/images/{{galleryImageName}}/versions/{{galleryImageVersionName}}",
    "compute:Image": "Microsoft.Compute/images/{imageName}",
    "containerregistry:Registry": "Microsoft.ContainerRegistry/registries/{registryName}",
    "keyvault:Secret": "Microsoft.KeyVault/vaults/{vaultName}/secrets/{secretName}",
    "keyvault:Vault": "Microsoft.KeyVault/vaults/{vaultName}",
    "managedidentity:UserAssignedIdentity": "Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}",
    "monitor:DataCollectionEndpoint": "Microsoft.Insights/dataCollectionEndpoints/{dataCollectionEndpointName}",
    "monitor:DataCollectionRule": "Microsoft.Insights/dataCollectionRules/{dataCollectionRuleName}",
    "network:NatGateway": "Microsoft.Network/natGateways/{natGatewayName}",
    "network:NetworkSecurityGroup": "Microsoft.Network/networkSecurityGroups/{networkSecurityGroupName}",
    "network:PrivateEndpoint": "Microsoft.Network/privateEndpoints/{privateEndpointName}",
    "network:PublicIPAddress": "Microsoft.Network/publicIPAddresses/{publicIpAddressName}",
    "network:RouteTable": "Microsoft.Network/routeTables/{routeTableName}",
    "network:Subnet": "Microsoft.Network/virtualNetworks/{virtualNetworkName}/subnets/{subnetName}",
    "network:VirtualNetwork": "Microsoft.Network/virtualNetworks/{virtualNetworkName}",
    "operationalinsights:Workspace": "Microsoft.OperationalInsights/workspaces/{workspaceName}",
    "privatedns:PrivateZone": "Microsoft.Network/privateDnsZones/{privateZoneName}",
    "storage:BlobContainer": f"{_STORAGE}/blobServices/default/containers/{{containerName}}",
    "storage:FileShare": f"{_STORAGE}/fileServices/default/shares/{{shareName}}",
    "storage:StorageAccount": _STORAGE,
}
_ELSEWHERE = {
    "authorization:RoleAssignment": "{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}",
    "authorization:RoleDefinition": "{scope}/providers/Microsoft.Authorization/roleDefinitions/{roleDefinitionId}",
    "keyvault:AccessPolicy": f"{_GROUP}/providers/Microsoft.KeyVault/vaults/{{vaultName}}/accessPolicy/{{objectId}}",
    "resources:ResourceGroup": _GROUP,
}
_PARAMETER = re.compile(r"\{(\w+)\}")
_NAMES = uuid.uuid5(uuid.NAMESPACE_URL, "https://management.azure.com/")


@dataclass(frozen=True)
class ArmType:
    """A type of resources. path: of the id, its parameters in braces."""

    token: str
    path: str

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(_PARAMETER.findall(self.path))

    @property
    def name_parameter(self) -> str:
        """The input that names the resource."""
        return self.parameters[-1]

    def id(self, values: Mapping[str, str]) -> str:
        """The id of a resource. values: of the parameters; one that is missing stays in braces."""
        return _PARAMETER.sub(lambda match: values.get(match[1], match[0]), self.path)

    def find_values(self, id: str) -> dict[str, str] | None:
        """The parameters' values in an id; None for the id of something else."""
        pattern = _PARAMETER.sub(lambda m: f"(?P<{m[1]}>{'.+' if m[1] == 'scope' else '[^/]+'})", self.path)
        found = re.fullmatch(pattern, id, re.IGNORECASE)
        return found.groupdict() if found else None

    def own_name(self, logical_name: str) -> str:
        """The name of a resource that the program leaves unnamed: the same one in each run.

        azure-native takes random digits; the logical name itself within another resource, as for a subnet.
        """
        if self.name_parameter in ("roleAssignmentName", "roleDefinitionId"):
            return str(uuid.uuid5(_NAMES, f"{self.token} {logical_name}"))
        _, within_a_type, below = self.path.rpartition("Microsoft.")
        if within_a_type and below.count("{") > 1:
            return logical_name
        return logical_name + hashlib.sha256(f"{self.token} {logical_name}".encode()).hexdigest()[:8]


ARM_TYPES: Mapping[str, ArmType] = {
    f"azure-native:{name}": ArmType(f"azure-native:{name}", path)
    for name, path in {
        **{name: f"{_GROUP}/providers/{below}" for name, below in _IN_GROUPS.items()},
        **_ELSEWHERE,
    }.items()
}
"""Types whose ids are known, by Pulumi's token."""


def find_type(token: str) -> ArmType | None:
    """The type of a token, of another API version's as well (``azure-native:batch/v20240701:Pool``)."""
    return ARM_TYPES.get(re.sub(r"/v\d+\w*(?=:)", "", token))


def find_lookup(token: str) -> ArmType | None:
    """The type that a function such as ``azure-native:batch:getBatchAccount`` looks up."""
    module, _, function = token.rpartition(":")
    return find_type(f"{module}:{function.removeprefix('get')}") if function.startswith("get") else None


def client_id(identity_id: str) -> str:
    """The client id of an identity: of each its own, the same one in every run, whatever the case of the id."""
    return str(uuid.uuid5(_NAMES, f"client {identity_id.lower()}"))


def principal_id(identity_id: str) -> str:
    """The principal (object) id of an identity, likewise."""
    return str(uuid.uuid5(_NAMES, f"principal {identity_id.lower()}"))
