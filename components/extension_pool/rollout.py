"""Which edits of a pool replace it, and how."""

from .mutability import replace_paths

EXTENSIONS_PATH = "deploymentConfiguration.virtualMachineConfiguration.extensions"

REPLACE_ON_CHANGES: tuple[str, ...] = (EXTENSIONS_PATH, *replace_paths())
"""Paths in the words of the provider's diff: camelCase, ``properties`` left out. A path covers all that is below it.

Azure refuses to change these properties of a pool that has nodes (``PropertyCannotBeUpdated``), or takes them for new
nodes only: mutability.toml says it of each, with its source. The extensions are covered by what follows; they are named
for whoever reads a pool's options to see whether an edited extension reaches the nodes.
"""
