"""What every extension type has in common."""

from __future__ import annotations

from dataclasses import dataclass

from ..images import LINUX as LINUX
from ..images import WINDOWS as WINDOWS

RESERVED_TYPE_PREFIX = "customscript"
"""Batch keeps the custom script extension for itself, in each of its forms (CustomScript, CustomScriptExtension,
CustomScriptForLinux). https://learn.microsoft.com/azure/batch/create-pool-extensions"""


@dataclass(frozen=True)
class ExtensionType:
    """One extension that Batch lists. Azure compares publisher and type without regard to case.

    os_type: ``linux`` or ``windows``. type_handler_version: the version to use. twin: what the other operating system
    has for the same purpose, where it has something.
    """

    title: str
    publisher: str
    type: str
    os_type: str
    type_handler_version: str
    twin: str | None = None

    def matches(self, publisher: str, type_: str) -> bool:
        return (self.publisher.lower(), self.type.lower()) == (publisher.lower(), type_.lower())


def is_reserved(type_: str) -> bool:
    """Whether Batch keeps a type for itself."""
    return type_.lower().startswith(RESERVED_TYPE_PREFIX)
