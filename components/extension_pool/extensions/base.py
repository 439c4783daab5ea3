"""What every extension type has in common."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeAlias

from ..images import LINUX as LINUX
from ..images import WINDOWS as WINDOWS
from ..problems import Problem
from ..spec import SpecModel

RESERVED_TYPE_PREFIX = "customscript"
"""Batch keeps the custom script extension for itself, in each of its forms (CustomScript, CustomScriptExtension,
CustomScriptForLinux). https://learn.microsoft.com/azure/batch/create-pool-extensions"""


class SettingsModel(SpecModel):
    """The settings of one major version of an extension type. Aliases are the keys that the extension reads."""

    def conditions(self) -> list[Problem]:
        """What must hold between several values; paths from these settings on, in the extension's own keys."""
        return []


class ProtectedSettings(SettingsModel):
    """Settings that are secret whatever they hold: they show in no text."""

    def __repr_args__(self) -> list[tuple[str | None, Any]]:
        return []


class Doubtful:
    """Marks a field of which the vendor's pages leave doubt: what breaks it warns and is not refused."""


DOUBTFUL = Doubtful()


@dataclass(frozen=True)
class Retirement:
    """The end of an extension. on: the first day without support; successor: what to use instead."""

    on: date
    successor: str


# `ExtensionType.type` would hide the built-in
SettingsSchema: TypeAlias = type[SettingsModel]
ProtectedSchema: TypeAlias = type[ProtectedSettings]
OlderForm: TypeAlias = Callable[[int, Any], "tuple[SettingsSchema, str] | None"]


@dataclass(frozen=True)
class ExtensionType:
    """One extension that Batch lists. Azure compares publisher and type without regard to case.

    os_type: ``linux`` or ``windows``. type_handler_version: the version to use. twin: what the other operating system
    has for the same purpose, where it has something. settings, protected_settings: schemas by major version; a type
    without protected settings has none. older_form: the schema and the warning for settings that are of an older form
    and still work. upgrades_itself: whether the type takes part in automatic upgrades (None: not documented).
    listed_for_sure: False where Batch's own page has not been seen to list it. needs_settings: without any, it fails.
    """

    title: str
    publisher: str
    type: str
    os_type: str
    type_handler_version: str
    twin: str | None = None
    settings: Mapping[int, SettingsSchema] = field(default_factory=dict, compare=False)
    protected_settings: Mapping[int, ProtectedSchema] = field(default_factory=dict, compare=False)
    older_form: OlderForm | None = field(default=None, compare=False)
    retirement: Retirement | None = None
    upgrades_itself: bool | None = None
    listed_for_sure: bool = True
    needs_settings: bool = False

    def matches(self, publisher: str, type_: str) -> bool:
        return (self.publisher.lower(), self.type.lower()) == (publisher.lower(), type_.lower())


def is_reserved(type_: str) -> bool:
    """Whether Batch keeps a type for itself."""
    return type_.lower().startswith(RESERVED_TYPE_PREFIX)


def major_of(type_handler_version: Any) -> int | None:
    """The major version: what decides the schema of the settings; None where the version is not known or is none."""
    match = re.match(r"(\d{1,6})(\.|$)", type_handler_version) if isinstance(type_handler_version, str) else None
    return int(match[1]) if match else None
