"""Which edits of a pool replace it.

Made from mutability.toml by `python -m extension_pool.replace_paths > components/extension_pool/replace_on_changes.py`:
every program with a pool needs the paths, and none of them the table.
"""

REPLACE_ON_CHANGES: tuple[str, ...] = (
    "deploymentConfiguration.virtualMachineConfiguration.extensions",
    "identity",
    "deploymentConfiguration.virtualMachineConfiguration",
    "vmSize",
    "networkConfiguration",
    "targetNodeCommunicationMode",
    "taskSlotsPerNode",
    "taskSchedulingPolicy",
    "interNodeCommunication",
    "mountConfiguration",
    "userAccounts",
    "upgradePolicy",
    "displayName",
    "applicationLicenses",
    "resourceTags",
)
"""Paths in the words of the provider's diff: camelCase, ``properties`` left out. A path covers all that is below it.

Azure refuses to change these properties of a pool that has nodes (``PropertyCannotBeUpdated``), or takes them for new
nodes only: mutability.toml says it of each, with its source. The extensions are covered by what follows; they are named
for whoever reads a pool's options to see whether an edited extension reaches the nodes.
"""
