"""The walk along the models of `spec`: ARM's names one way, the component's names the other. Pure."""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Union, get_args, get_origin

from ..api_versions import foreign_at
from ..problems import InvalidInput, Path, Problem, nearest
from ..spec import EXTENSION_WORDS, SpecModel, arm_name, arm_path, part_in

DEEPEST = 60
"""How deep values of no known shape, extension settings above all, may be nested; ARM's own limit is far below."""

_NOT_ARMS = EXTENSION_WORDS | {"reads_certificates"}
"""Arguments below the top level that are words of ours: no document has them, no body gets them."""


@dataclass
class Report:
    """The problems of one document. keep_unknown: whether unknown properties are kept instead of refused."""

    keep_unknown: bool = False
    problems: list[Problem] = field(default_factory=list)

    def add(self, path: Path, rule: str, value: Any = None, do: str = "") -> None:
        """One problem; the value is shown unless it is None."""
        self.problems.append(Problem(path, rule, do=do) if value is None else Problem(path, rule, value, do=do))

    def keeps(self, path: Path, arm_path: Path, known: list[str]) -> bool:
        """Whether the property at a path, which no model knows, is kept; else there is one problem more."""
        name = path[-1]
        meant = nearest(str(name), known) if known else None
        # an argument's own spelling, kept here, would look like the argument
        if meant is not None and str(name).replace("_", "").lower() == meant.replace("_", "").lower():
            self.add(path, f"unknown property, as {meant} is meant", do=f"write {meant}")
            return False
        if self.keep_unknown or foreign_at(arm_path) is not None:
            return True
        self.add(path, "unknown property", do=f"did you mean {meant}?" if meant else "remove it, or have it kept")
        return False

    def done(self) -> None:
        """Raises InvalidInput if there is any problem."""
        if self.problems:
            raise InvalidInput(self.problems)


def mapping_at(value: Any, path: Path, report: Report) -> Mapping[str, Any]:
    """The mapping at a path; anything else is a problem and counts as empty."""
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return value
    if value is not None:
        report.add(path, "must be an object", value)
    return {}


def in_arm_case(value: Mapping[str, Any], names: Iterable[str], path: Path, report: Report) -> dict[str, Any]:
    """What is there of an object, with these names of ARM as ARM spells them: Azure reads them in whatever case."""
    spelling = {name.lower(): name for name in names}
    found: dict[str, Any] = {}
    for key, inner in value.items():
        name = spelling.get(key.lower(), key)
        if inner is None:
            continue
        if name in found:
            report.add((*path, key), f"is {name}, which stands here already", do="give one of them")
        found.setdefault(name, inner)
    return found


def to_arguments(
    model: type[SpecModel],
    value: Any,
    path: Path,
    report: Report,
    *,
    only: frozenset[str] | None = None,
    skip: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """An object of ARM in the component's names.

    only: the fields that ARM has here, all of the model's if None. skip: ARM's names that are taken care of elsewhere.
    """
    names = (name for name in model.model_fields if name not in _NOT_ARMS)
    fields = {arm_name(name): name for name in names if only is None or name in only}
    arguments: dict[str, Any] = {}
    for key, inner in in_arm_case(mapping_at(value, path, report), [*fields, *skip], path, report).items():
        where = (*path, key)
        if key in skip:
            continue
        if key in fields:
            name = fields[key]
            arguments[name] = _one_way(model.model_fields[name].annotation, inner, where, report)
        elif report.keeps(where, where, [*fields, *skip]):
            arguments[key] = free_copy(inner, where, report)
    return arguments


def to_arm(
    model: type[SpecModel],
    value: Any,
    path: Path,
    report: Report,
    *,
    only: frozenset[str] | None = None,
    skip: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """A mapping of arguments in ARM's names; the way back of `to_arguments`."""
    body: dict[str, Any] = {}
    for key, inner in mapping_at(value, path, report).items():
        where = (*path, key)
        if inner is None or key in skip or key in _NOT_ARMS:
            continue
        if key in model.model_fields and (only is None or key in only):
            body[arm_name(key)] = _other_way(model.model_fields[key].annotation, inner, where, report)
        elif report.keeps(where, arm_path(where), list(model.model_fields)):
            body[key] = free_copy(inner, where, report)
    return body


def free_copy(value: Any, path: Path, report: Report) -> Any:
    """A value of no known shape, as it is; nested too deeply it is a problem."""
    if len(path) > DEEPEST:
        report.add(path, f"must not be nested deeper than {DEEPEST} levels", do="flatten it")
        return None
    if isinstance(value, Mapping):
        return {key: free_copy(inner, (*path, str(key)), report) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [free_copy(inner, (*path, index), report) for index, inner in enumerate(value)]
    return value


def _one_way(annotation: Any, value: Any, path: Path, report: Report) -> Any:
    kind = _kind(annotation)
    if isinstance(kind, list):
        items = _items(value, path, report)
        return [_one_way(kind[0], item, (*path, index), report) for index, item in enumerate(items)]
    if isinstance(kind, type) and issubclass(kind, SpecModel):
        return to_arguments(kind, value, path, report)
    return _value(kind, value, path, report)


def _other_way(annotation: Any, value: Any, path: Path, report: Report) -> Any:
    kind = _kind(annotation)
    if isinstance(kind, list):
        items = _items(value, path, report)
        return [_other_way(kind[0], item, (*path, index), report) for index, item in enumerate(items)]
    if isinstance(kind, type) and issubclass(kind, SpecModel):
        return to_arm(kind, value, path, report)
    return _value(kind, value, path, report)


def _items(value: Any, path: Path, report: Report) -> list[Any]:
    if isinstance(value, (list, tuple)):
        return list(value)
    report.add(path, "must be a list", value)
    return []


def _value(kind: Any, value: Any, path: Path, report: Report) -> Any:
    if kind is None and isinstance(value, (Mapping, list, tuple)):
        report.add(path, "must be a single value", value)
        return None
    return free_copy(value, path, report)


def _kind(annotation: Any) -> Any:
    """A model, a list with its items' annotation, ``dict`` for free mappings, None for single values."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return part_in(annotation) or _kind(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        kinds = [_kind(one) for one in get_args(annotation) if one is not type(None)]
        return next((kind for kind in kinds if kind is not None), None)
    if origin is list:
        return [get_args(annotation)[0]]
    if origin is dict:
        return dict
    return annotation if isinstance(annotation, type) and issubclass(annotation, SpecModel) else None
