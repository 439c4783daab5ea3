"""The functions that the library and its users call: PAN provider.go Invoke."""

from __future__ import annotations

from typing import Any

from emulator.arm.context import DEPLOYER, TENANT
from emulator.provider import shapes
from emulator.provider.azure import Azure, AzureFailure, failure
from emulator.provider.resources import SPECS

# The client id of Azure CLI itself: what a developer who logged in with `az login` sees here.
CLI_CLIENT = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"

GETTERS = {
    "azure-native:managedidentity:getUserAssignedIdentity": "azure-native:managedidentity:UserAssignedIdentity",
    "azure-native:batch:getBatchAccount": "azure-native:batch:BatchAccount",
    "azure-native:batch:getPool": "azure-native:batch:Pool",
    "azure-native:keyvault:getVault": "azure-native:keyvault:Vault",
    "azure-native:resources:getResourceGroup": "azure-native:resources:ResourceGroup",
    "azure-native:network:getSubnet": "azure-native:network:Subnet",
    "azure-native:storage:getStorageAccount": "azure-native:storage:StorageAccount",
}
CLIENT_CONFIG = "azure-native:authorization:getClientConfig"
LISTS_OF_KEYS = {
    "azure-native:batch:listBatchAccountKeys": "azure-native:batch:BatchAccount",
    "azure-native:storage:listStorageAccountKeys": "azure-native:storage:StorageAccount",
}


def invoke(azure: Azure, token: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The function's result; AzureFailure with the provider's text when ARM refuses."""
    if token == CLIENT_CONFIG:
        return {
            "clientId": CLI_CLIENT,
            "objectId": DEPLOYER,
            "subscriptionId": azure.subscription,
            "tenantId": TENANT,
        }
    if token in LISTS_OF_KEYS:
        spec = SPECS[LISTS_OF_KEYS[token]]
        resource_id = spec.resource_id(arguments, azure.subscription)
        try:
            return azure.invoke_post(spec, resource_id, "listKeys")
        except AzureFailure as error:
            raise AzureFailure(f"request failed {resource_id}/listKeys: {error}") from error
    if token not in GETTERS:
        known = ", ".join(sorted([*GETTERS, CLIENT_CONFIG, *LISTS_OF_KEYS]))
        raise ValueError(f"local Azure does not have the function {token}; it has: {known}")
    spec = SPECS[GETTERS[token]]
    resource_id = spec.resource_id(arguments, azure.subscription)
    answer = azure.arm.get(resource_id, spec.api_version)
    if not answer.ok:
        raise AzureFailure(f"request failed {resource_id}: {failure(answer)}")
    body = answer.body or {}
    return {"id": body["id"], **shapes.to_outputs(spec, body)}
