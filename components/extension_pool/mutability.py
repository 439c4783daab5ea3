"""What happens when a property of a pool changes, read from mutability.toml. Pure.

The one table behind the component's `replace_paths`, the texts of reports and the page docs/edits.md:

python -m extension_pool.mutability > docs/edits.md
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]


_TABLE = Path(__file__).with_name("mutability.toml")


class Azure(Enum):
    """What Azure does with a change of a pool that has nodes."""

    IN_PLACE = "in-place"
    NEW_NODES = "new-nodes"
    REFUSED = "refused"
    OTHER_POOL = "other-pool"


class Ours(Enum):
    """What the component does with a change."""

    UPDATE = "update"
    REPLACE = "replace"
    NOT_OFFERED = "not-offered"


class Confidence(Enum):
    """How sure a row is: its source says it, or it is a judgement of ours."""

    STATED = "stated"
    ASSUMED = "assumed"


class Fate(Enum):
    """What becomes of the pool when a word of the component's own changes."""

    UNTOUCHED = "untouched"
    REPLACE = "replace"
    BY_STRATEGY = "by-strategy"


@dataclass(frozen=True)
class Source:
    """A page of the vendor's."""

    title: str
    url: str


@dataclass(frozen=True)
class Rule:
    """A row: what it says holds for its path and for all below it that has no row of its own.

    path: in the provider's words (camelCase, ``properties`` left out, no indexes); nodes: what running nodes see.
    """

    path: str
    azure: Azure
    ours: Ours
    nodes: str
    source: Source
    confidence: Confidence


@dataclass(frozen=True)
class Word:
    """An argument of the component that no property of the pool has the name of, as Python has it (snake_case)."""

    path: str
    pool: Fate
    what: str


@cache
def rules() -> tuple[Rule, ...]:
    """Every row of the table, in its order."""
    document = _document()
    sources = {key: Source(**entry) for key, entry in document["sources"].items()}
    return tuple(
        Rule(
            path=entry["path"],
            azure=Azure(entry["azure"]),
            ours=Ours(entry["ours"]),
            nodes=entry["nodes"],
            source=sources[entry["source"]],
            confidence=Confidence(entry["confidence"]),
        )
        for entry in document["property"]
    )


@cache
def words() -> tuple[Word, ...]:
    """The component's own words, in the table's order."""
    return tuple(Word(entry["path"], Fate(entry["pool"]), entry["what"]) for entry in _document()["argument"])


def find_rule(path: str) -> Rule | None:
    """The row that speaks for a place in a pool; None for a place that no pool has.

    path: as the provider, the engine or Azure writes it: ``vmSize``, ``metadata[0].value``, ``userAccounts["0"].name``,
    ``properties.networkConfiguration``; Python's spelling does as well. For an object that holds several rows
    (``deploymentConfiguration``) the row is the strictest of them.
    """
    wanted = _segments(path)
    above = [rule for rule in rules() if wanted[: len(_parts(rule))] == _parts(rule)]
    if above:
        return max(above, key=lambda rule: len(_parts(rule)))
    below = [rule for rule in rules() if wanted and _parts(rule)[: len(wanted)] == wanted]
    return max(below, key=lambda rule: _STRICTNESS[rule.azure], default=None)


def explain(rule: Rule) -> str:
    """What a change means, in a sentence or two: what Azure does, what follows, what running nodes see."""
    return f"{_AZURE[rule.azure]}; {_OURS[rule.ours]}. {rule.nodes}"


_AZURE: Mapping[Azure, str] = {
    Azure.IN_PLACE: "Azure changes it in place",
    Azure.NEW_NODES: "Azure changes it for new nodes only",
    Azure.REFUSED: "Azure refuses to change it on a pool that has nodes",
    Azure.OTHER_POOL: "it is part of the pool's address",
}
_OURS: Mapping[Ours, str] = {
    Ours.UPDATE: "the pool stays",
    Ours.REPLACE: "the pool is replaced",
    Ours.NOT_OFFERED: "the component does not offer it",
}
_STRICTNESS: Mapping[Azure, int] = {
    azure: index for index, azure in enumerate((Azure.IN_PLACE, Azure.NEW_NODES, Azure.REFUSED, Azure.OTHER_POOL))
}
# a name, or what stands in brackets: a key in quotes, an index, or `*`
_SEGMENT = r"""\[\s*(?:"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>[^']*)'|[^\]]*)\s*\]|(?P<name>[^.\[\]]+)"""


def _document() -> dict[str, Any]:
    text = _TABLE.read_text(encoding="utf-8")
    document: dict[str, Any] = tomllib.loads(text)
    return document


def _parts(rule: Rule) -> tuple[str, ...]:
    return tuple(_folded(part) for part in rule.path.split("."))


def _segments(path: str) -> tuple[str, ...]:
    """The names in a path, without indexes, without ARM's ``properties`` around them."""
    found = [match["double"] or match["single"] or match["name"] or "" for match in re.finditer(_SEGMENT, path)]
    names = tuple(_folded(one) for one in found if one and not one.isdigit() and one != "*")
    return names[1:] if names[:1] == ("properties",) else names


def _folded(name: str) -> str:
    return name.replace("_", "").lower()


_MACHINES = "deploymentConfiguration.virtualMachineConfiguration."

_HEAD = """# What happens when I change X

Every argument of `ExtensionPool`, and what becomes of the pool and of its nodes when it changes. `pulumi preview` says
the same of the edit at hand: `update` or `replace`.

- **stays**: one update in place. Where it says *new nodes*, running nodes keep the old value until they are rebooted.
- **replaced**: Azure refuses the change on a pool that has nodes, or would take it for new nodes only. With
  `rollout.strategy` `delete-first` the pool is deleted and made anew under its name; with `blue-green` the new pool is
  made first, under a name of its own. When a pool is deleted Azure stops the tasks that run on it and
  [puts them back into the queue](https://learn.microsoft.com/rest/api/batchservice/pools/delete-pool).
- **by strategy**: stays with `delete-first`, replaced with `blue-green`.

Names are Python's, and below them those of stack files. What is said of an argument holds for all that is in it.
*Assumed* means that the source does not name the property: a judgement of ours. From API version 2024-07-01 on Azure
takes most changes of a pool that has no nodes; the component replaces such a pool as well, so that a preview does not
depend on how many nodes there are at the moment.

What means the same changes nothing: the order of extensions, certificates and identities; `3600` and `"3600"`; settings
as a JSON text; upper and lower case in the host of a certificate's URL and in the ids of vaults and identities (where
client and principal id are given with an identity, only ARM's own words in its id). In every other text, VM sizes and
the ids of subnets and images included, another spelling is a change: Pulumi compares texts.

Made from `mutability.toml` by `python -m extension_pool.mutability > docs/edits.md`.
"""


def render_edits() -> str:
    """The page, as Markdown."""
    rows = sorted([*_property_rows(), *_word_rows()], key=lambda row: row[0].split("`")[1])
    head = ["| when I change | the pool | Azure | nodes | source |", "| --- | --- | --- | --- | --- |"]
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join([_HEAD, *head, *lines]) + "\n"


def _property_rows() -> Iterator[tuple[str, ...]]:
    for rule in rules():
        argument = find_argument(rule.path)
        if argument is None:
            continue
        fate = {Ours.UPDATE: "stays", Ours.REPLACE: "replaced", Ours.NOT_OFFERED: ""}[rule.ours]
        if rule.ours is Ours.UPDATE and rule.azure is Azure.NEW_NODES:
            fate = "stays (new nodes)"
        sure = "" if rule.confidence is Confidence.STATED else f" ({rule.confidence.value})"
        source = f"[{rule.source.title}]({rule.source.url}){sure}"
        yield _names(argument), fate, _AZURE[rule.azure].removeprefix("Azure "), rule.nodes, source


def _word_rows() -> Iterator[tuple[str, ...]]:
    fates = {Fate.UNTOUCHED: "stays", Fate.REPLACE: "replaced", Fate.BY_STRATEGY: "by strategy"}
    for word in words():
        yield _names(word.path), fates[word.pool], "", word.what, ""


def _names(argument: str) -> str:
    from .spec import arm_name

    camel = ".".join(arm_name(part) for part in argument.split("."))
    return f"`{argument}`" if camel == argument else f"`{argument}`<br>`{camel}`"


def find_argument(path: str) -> str | None:
    """The argument, in Python's spelling, that has the name of a property; None where the component has other words for
    it, or none."""
    # loaded for the page alone: whoever only wants a rule pays for no models
    from .spec import PoolSpec
    from .validation import find_model

    model: Any = PoolSpec
    found: list[str] = []
    for part in path.removeprefix(_MACHINES).split("."):
        names = {field.alias or name: name for name, field in (model.model_fields if model else {}).items()}
        if part not in names:
            return None
        found.append(names[part])
        model = find_model(model.model_fields[names[part]].annotation)
    return None if found == ["identity"] else ".".join(found)


if __name__ == "__main__":
    sys.stdout.write(render_edits())
