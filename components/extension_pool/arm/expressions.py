"""The expressions of ARM templates, as far as a plain value can take their place. Pure.

https://learn.microsoft.com/azure/azure-resource-manager/templates/template-expressions
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..problems import Path
from .tree import DEEPEST, Report, mapping_at

EXPRESSION = re.compile(r"\[(?!\[).*\]", re.DOTALL)
_PARAMETER = re.compile(r"\[\s*parameters\(\s*'(?P<name>[^']+)'\s*\)\s*\]", re.IGNORECASE)


@dataclass(frozen=True)
class Parameters:
    """The values of a template's parameters. references: those that a parameter file takes from a key vault."""

    values: Mapping[str, Any] = field(repr=False)
    references: frozenset[str] = frozenset()

    @classmethod
    def of(cls, template: Mapping[str, Any], given: Mapping[str, Any] | None, report: Report) -> Parameters:
        """The template's default values, and over them those of a parameter file; case does not matter."""
        declared = mapping_at(template.get("parameters"), ("parameters",), report)
        values: dict[str, Any] = {}
        for name, one in declared.items():
            if isinstance(one, Mapping) and "defaultValue" in one:
                values[name.lower()] = one["defaultValue"]
        file = mapping_at(given, ("parameters",), report)
        inner = file.get("parameters")
        file = mapping_at(inner, ("parameters",), report) if "$schema" in file or isinstance(inner, Mapping) else file
        references = set()
        for name, one in file.items():
            if isinstance(one, Mapping) and "value" in one:
                values[name.lower()] = one["value"]
            elif isinstance(one, Mapping) and "reference" in one:
                references.add(name.lower())
                values.pop(name.lower(), None)
            elif name not in ("contentVersion", "$schema"):
                report.add(("parameters", name), "must be an object with a value", do='write {"value": ...}')
        return cls(values, frozenset(references))

    def resolved(self, value: Any, path: Path, report: Report, *, seen: frozenset[str] = frozenset()) -> Any:
        """The value with each ``[parameters('...')]`` in it replaced, and ``[[`` as the bracket that it stands for."""
        if len(path) > DEEPEST:
            report.add(path, f"must not be nested deeper than {DEEPEST} levels", do="flatten it")
            return None
        if isinstance(value, Mapping):
            return {key: self.resolved(inner, (*path, str(key)), report, seen=seen) for key, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.resolved(inner, (*path, index), report, seen=seen) for index, inner in enumerate(value)]
        if not isinstance(value, str):
            return value
        if value.startswith("[["):
            return value[1:]
        if not EXPRESSION.fullmatch(value):
            return value
        match = _PARAMETER.fullmatch(value)
        if match is None:
            report.add(
                path,
                "is an expression that only Azure can work out",
                value,
                "put its value there, or export the deployed pool: az resource show --ids ID --api-version 2024-07-01",
            )
            return None
        return self._parameter(match["name"], path, report, seen)

    def _parameter(self, name: str, path: Path, report: Report, seen: frozenset[str]) -> Any:
        key = name.lower()
        if key in self.references:
            report.add(path, f"takes parameter {name} from a key vault, which is not read here", do="put a value there")
            return None
        if key not in self.values:
            report.add(path, f"needs a value of parameter {name}", do="give it in the parameter file")
            return None
        if key in seen:
            report.add(path, f"goes in circles over parameter {name}", do="give it a plain value")
            return None
        return self.resolved(self.values[key], path, report, seen=seen | {key})
