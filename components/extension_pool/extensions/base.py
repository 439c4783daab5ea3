"""What the models of all extensions' settings have in common."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from ..problems import Problem
from ..spec import SpecModel


class SettingsModel(SpecModel):
    """The settings of one major version of an extension type. Aliases are the keys that the extension reads."""

    def conditions(self) -> list[Problem]:
        """What must hold between several values; paths from these settings on, in the extension's own keys."""
        return []


class ProtectedSettings(SettingsModel):
    """Settings that are secret whatever they hold: they show in no text."""

    def __repr_args__(self) -> list[tuple[str | None, Any]]:
        return []


Schemas: TypeAlias = Mapping[int, type[SettingsModel]]
"""By major version."""
ProtectedSchemas: TypeAlias = Mapping[int, type[ProtectedSettings]]
"""By major version; a type without protected settings has none."""
OlderForm: TypeAlias = tuple[type[SettingsModel], str]
"""The schema of an older form of settings that still works, and the warning that they are of it."""


class Doubtful:
    """Marks a field of which the vendor's pages leave doubt: what breaks it warns and is not refused."""


DOUBTFUL = Doubtful()
