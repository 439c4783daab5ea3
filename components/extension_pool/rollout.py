"""Which edits of a pool replace it, and how.

Azure refuses to change these properties of a pool that has nodes (``PropertyCannotBeUpdated``), so an edit of one must
recreate the pool. https://learn.microsoft.com/azure/batch/batch-pool-update-properties
https://learn.microsoft.com/azure/batch/create-pool-extensions
"""

EXTENSIONS_PATH = "deploymentConfiguration.virtualMachineConfiguration.extensions"

REPLACE_ON_CHANGES: tuple[str, ...] = (
    EXTENSIONS_PATH,
    "deploymentConfiguration.virtualMachineConfiguration",
    "vmSize",
    "taskSlotsPerNode",
    "taskSchedulingPolicy",
    "interNodeCommunication",
    "targetNodeCommunicationMode",
    "networkConfiguration",
    "mountConfiguration",
    "userAccounts",
    "applicationLicenses",
    "upgradePolicy",
    "resourceTags",
    "displayName",
    # Azure takes a new identity, but only nodes made after the pool has shrunk to none get it
    "identity",
)
"""Paths in the words of the provider's diff: camelCase, ``properties`` left out. A path covers all that is below it."""
