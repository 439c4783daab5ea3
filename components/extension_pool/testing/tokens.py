"""Type tokens of what the component makes, as Pulumi names them."""

from __future__ import annotations

EXTENSION_POOL = "extension-pool:index:ExtensionPool"
POOL = "azure-native:batch:Pool"
IDENTITY = "azure-native:managedidentity:UserAssignedIdentity"
ROLE_ASSIGNMENT = "azure-native:authorization:RoleAssignment"
ACCESS_POLICY = "azure-native:keyvault:AccessPolicy"
VAULT = "azure-native:keyvault:Vault"
BATCH_ACCOUNT = "azure-native:batch:BatchAccount"
RESOURCE_GROUP = "azure-native:resources:ResourceGroup"

STACK = "pulumi:pulumi:Stack"
PROVIDERS = "pulumi:providers:"
