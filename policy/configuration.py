"""What the pack is configured with: a JSON file for each stack, given by ``--policy-pack-config``. Pure.

``python -m policy.configuration policy/config/prod.json`` checks such files without an engine.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extension_pool.problems import InvalidInput, Problem, nearest

from .judging import Configured
from .model import ADVISORY, DISABLED, MANDATORY, Rule
from .rules import RULES, find_rule

LEVELS = (ADVISORY, MANDATORY, DISABLED)
LEVEL = "enforcementLevel"
ALL = "all"


@dataclass(frozen=True)
class Kind:
    """The form of a parameter. schema: as JSON Schema has it, for the engine; rule: in words; holds: the check."""

    schema: Mapping[str, Any]
    rule: str
    holds: Callable[[Any], bool]


def _list_of(holds: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(holds(one) for one in value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value.strip() != ""


def _is_whole(least: int, most: int) -> Callable[[Any], bool]:
    def holds(value: Any) -> bool:
        # numbers come as floats over the wire
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return number and least <= value <= most and float(value).is_integer()

    return holds


def _strings(rule: str, holds: Callable[[Any], bool]) -> Kind:
    return Kind({"type": "array", "items": {"type": "string"}}, rule, _list_of(holds))


_PROVISIONS = ("NoPublicIPAddresses", "UserManaged", "BatchManaged")

KINDS: Mapping[str, Kind] = {
    "names": _strings("must be a list of names", _is_text),
    "patterns": _strings('must be a list of patterns such as "prod-*"', _is_text),
    "extensions": _strings(
        "must be a list of PUBLISHER/TYPE",
        lambda one: isinstance(one, str) and bool(re.fullmatch(r"[^/\s]+/[^/\s]+", one)),
    ),
    "provisions": _strings(f"must be a list of {', '.join(_PROVISIONS)}", lambda one: one in _PROVISIONS),
    "ports": Kind(
        {"type": "array", "items": {"type": "integer"}},
        "must be a list of ports from 1 to 65535",
        _list_of(_is_whole(1, 65535)),
    ),
    "days": Kind({"type": "integer"}, "must be a number of days from 0 to 3650", _is_whole(0, 3650)),
}


def schema_of(rule: Rule) -> dict[str, dict[str, Any]]:
    """The parameters of a rule as JSON Schema, with their defaults."""
    return {
        one.name: {**KINDS[one.kind].schema, "description": one.doc, "default": one.default} for one in rule.parameters
    }


def parse_configuration(tree: Any) -> dict[str, Configured]:
    """Each rule's configuration from a file's content; what it does not name keeps its defaults.

    Raises InvalidInput with every problem.
    """
    problems: list[Problem] = []
    if not isinstance(tree, Mapping):
        raise InvalidInput([Problem((), "must be an object from rules to their configuration", tree)])
    everywhere = _level_of(ALL, tree.get(ALL), problems) if ALL in tree else None
    if isinstance(tree.get(ALL), Mapping):
        problems += [
            Problem((ALL, key), "cannot be configured for all rules", do=f"{ALL} takes {LEVEL} only")
            for key in tree[ALL]
            if key != LEVEL
        ]
    result = {rule.id: Configured(everywhere or rule.level) for rule in RULES}
    for id, given in tree.items():
        # `environments` is the engine's own key, for values from Pulumi ESC.
        if id in (ALL, "environments"):
            continue
        rule = find_rule(id)
        if rule is None:
            problems.append(_unknown((id,), "is no rule of this pack", id, [one.id for one in RULES]))
            continue
        level = _level_of(id, given, problems) or result[id].level
        values = {key: value for key, value in given.items() if key != LEVEL} if isinstance(given, Mapping) else {}
        problems += check_values(rule, values)
        result[id] = Configured(level, values)
    if problems:
        raise InvalidInput(problems)
    return result


def check_values(rule: Rule, values: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with the parameters that a rule is given."""
    known = {one.name: KINDS[one.kind] for one in rule.parameters}
    problems = []
    for name, value in values.items():
        path = (rule.id, name)
        if name not in known:
            problems.append(_unknown(path, f"is no parameter of {rule.id}", name, list(known)))
        elif not known[name].holds(value):
            problems.append(Problem(path, known[name].rule, value))
    return problems


def _level_of(id: str, given: Any, problems: list[Problem]) -> str | None:
    level = given.get(LEVEL) if isinstance(given, Mapping) else given
    if level is None and isinstance(given, Mapping):
        return None
    if level in LEVELS:
        return str(level)
    path = (id, LEVEL) if isinstance(given, Mapping) else (id,)
    do = "" if isinstance(given, (Mapping, str)) else f"write a level, or an object with {LEVEL} and parameters"
    problems.append(Problem(path, "is no enforcement level", level, ", ".join(LEVELS), do))
    return None


def _unknown(path: tuple[str, ...], rule: str, word: str, known: list[str]) -> Problem:
    meant = nearest(word, known)
    return Problem(path, rule, allowed="" if meant else ", ".join(known), do=f"did you mean {meant}?" if meant else "")


def main(files: Iterable[str]) -> int:
    """Checks files; 0 where all are right, 2 otherwise."""
    status = 0
    for file in files:
        try:
            parse_configuration(json.loads(Path(file).read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            print(f"{file}: {error}", file=sys.stderr)  # noqa: T201 - a command line speaks by printing
            status = 2
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
