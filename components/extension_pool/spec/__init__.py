"""The checked form of a pool's arguments: what each may be, its default, its limits. Pure.

Field names are the component's (snake_case); their aliases are those of stack files and other languages (camelCase).
The shapes are ARM's, `deploymentConfiguration.virtualMachineConfiguration` flattened, since a pool with extensions has
no other kind. https://learn.microsoft.com/azure/templates/microsoft.batch/batchaccounts/pools
"""

from .base import PLACEHOLDERS, STACK_WORDS, SpecModel, arm_name, arm_path, part_in, plain_tree, present
from .extensions import (
    DEFAULT_MSI_ENDPOINT,
    DEFAULT_POLLING_INTERVAL,
    EXTENSION_WORDS,
    Acl,
    Extension,
    KeyVaultCertificate,
    KeyVaultExtension,
)
from .identity import ACCESS_POLICY, RBAC, ExistingIdentity, Identity, KeyVaultAccess
from .pool import MACHINE_FIELDS, MetadataItem, PoolSettings, PoolSpec
from .rollout import BLUE_GREEN, DELETE_FIRST, LIVE, Canary, Drain, Gate, Rollout

__all__ = [
    "ACCESS_POLICY",
    "BLUE_GREEN",
    "DEFAULT_MSI_ENDPOINT",
    "DEFAULT_POLLING_INTERVAL",
    "DELETE_FIRST",
    "EXTENSION_WORDS",
    "LIVE",
    "MACHINE_FIELDS",
    "PLACEHOLDERS",
    "RBAC",
    "STACK_WORDS",
    "Acl",
    "Canary",
    "Drain",
    "ExistingIdentity",
    "Extension",
    "Gate",
    "Identity",
    "KeyVaultAccess",
    "KeyVaultCertificate",
    "KeyVaultExtension",
    "MetadataItem",
    "PoolSettings",
    "PoolSpec",
    "Rollout",
    "SpecModel",
    "arm_name",
    "arm_path",
    "part_in",
    "plain_tree",
    "present",
]
