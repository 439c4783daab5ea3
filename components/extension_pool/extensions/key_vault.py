"""The Key Vault extension: certificates on the nodes, kept fresh.

https://learn.microsoft.com/azure/virtual-machines/extensions/key-vault-linux
https://learn.microsoft.com/azure/virtual-machines/extensions/key-vault-windows
"""

from typing import Any, ClassVar

from .base import OlderForm, Schemas
from .key_vault_settings import (
    KeyVaultForLinuxSettings,
    KeyVaultForLinuxSettingsV1,
    KeyVaultForWindowsSettings,
    KeyVaultForWindowsSettingsV1,
    KeyVaultForWindowsSettingsV4,
    older_linux_form,
)
from .kinds import KEY_VAULT_FOR_LINUX, KEY_VAULT_FOR_WINDOWS, ExtensionType
from .typed import TypedExtension


class KeyVaultForLinux(TypedExtension):
    """The Key Vault extension for Linux nodes: 3.0 with objects, or the older form with strings."""

    kind: ClassVar[ExtensionType] = KEY_VAULT_FOR_LINUX
    schemas: ClassVar[Schemas] = {
        1: KeyVaultForLinuxSettingsV1,
        2: KeyVaultForLinuxSettingsV1,
        3: KeyVaultForLinuxSettings,
    }

    settings: KeyVaultForLinuxSettings | KeyVaultForLinuxSettingsV1

    @classmethod
    def older_form(cls, major: int, settings: Any) -> OlderForm | None:
        return older_linux_form(major, settings)


class KeyVaultForWindows(TypedExtension):
    """The Key Vault extension for Windows nodes."""

    kind: ClassVar[ExtensionType] = KEY_VAULT_FOR_WINDOWS
    schemas: ClassVar[Schemas] = {
        1: KeyVaultForWindowsSettingsV1,
        3: KeyVaultForWindowsSettings,
        4: KeyVaultForWindowsSettingsV4,
    }

    settings: KeyVaultForWindowsSettings | KeyVaultForWindowsSettingsV4 | KeyVaultForWindowsSettingsV1
