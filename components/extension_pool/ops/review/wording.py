"""A change in sentences, before it is known who reads them: what a terminal and a pull request say alike. Pure.

Texts from outside come in through `Marks`, so that each reader's escapes are where nothing can go around them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ...mutability import explain
from .cost_words import cost_words
from .model import Change, Edit, Leaf, Operation, Place
from .telling import Told, is_pool

_MACHINES = "deploymentConfiguration.virtualMachineConfiguration."


@dataclass(frozen=True)
class Marks:
    """How a reader is shown a text from outside: a name or a value (`code`), a name in a sentence (`words`), and a
    sentence (`sentence`). most: of more names than these the rest are counted."""

    code: Callable[[str], str]
    words: Callable[[str], str]
    sentence: Callable[[str], str]
    most: int | None = 8


def subject(told: Told, marks: Marks) -> str:
    """``pools `linux`, `windows` in dev; pool `render` in prod``."""
    names: dict[str, list[str]] = {}
    for environment, change in told.members:
        names.setdefault(environment.name, []).append(change.name)
    places: dict[tuple[str, ...], list[str]] = {}
    for environment_name, own in names.items():
        places.setdefault(tuple(own), []).append(environment_name)
    kind = _kind(told.change, marks)
    return "; ".join(
        f"{_plural(kind, len(own))} {_some([marks.code(name) for name in own], marks.most)}"
        f" in {_some([marks.words(one) for one in environments], marks.most)}"
        for own, environments in places.items()
    )


def reasons(told: Told, marks: Marks, *, most: int | None = None) -> Iterator[str]:
    """Why it is replaced: each property that forces it with what it was and is and where it was edited, or what it
    depends on. Of more than `most` properties the rest are counted."""
    forcing = [index for index, leaf in enumerate(told.change.leaves) if leaf.forces]
    shown = forcing if most is None else forcing[:most]
    yield from (leaf_words(told, index, marks) for index in shown)
    if len(forcing) > len(shown):
        yield f"{len(forcing) - len(shown)} more properties force it"
    if told.change.because_of:
        names = _some([marks.code(name) for name in told.change.because_of], marks.most)
        yield f"because of {names}, which it depends on"
    if told.change.why:
        yield marks.sentence(told.change.why)
    elif not forcing and not told.change.because_of and told.change.operation is Operation.REPLACE:
        yield "the preview does not say because of which property"
    if told.change.stale:
        yield "an earlier update was to delete it, and did not"


def leaf_words(told: Told, index: int, marks: Marks) -> str:
    """``vmSize: "a" → "b" at stacks/Pulumi.prod.yaml:16``."""
    leaf = told.change.leaves[index]
    words = f"{marks.code(leaf.shown or short_path(leaf.path))}: {_values(leaf, marks)}"
    if not leaf.settled:
        words += " (and may turn out the same)"
    if not told.lines:
        return words
    return f"{words} {_places([change.leaves[index].place for _, change in told.members], marks)}"


def where(told: Told, marks: Marks) -> str | None:
    """Where the whole resource was taken out of the stack file, or written into it."""
    places = [change.place for _, change in told.members if change.place is not None]
    return _places(places, marks) if places else None


def azure_rules(told: Told) -> list[tuple[str, str, str]]:
    """What Azure does with the properties that force it: the sentences, the source's title and URL."""
    found = {leaf.rule.path: leaf.rule for leaf in told.change.leaves if leaf.forces and leaf.rule is not None}
    sure = {"stated": "", "assumed": " (assumed)"}
    return [
        (explain(rule), rule.source.title + sure[rule.confidence.value], rule.source.url) for rule in found.values()
    ]


def costs(told: Told, marks: Marks) -> str | None:
    """What goes, and how: with the environments where it differs between them."""
    found: dict[str, list[str]] = {}
    for environment, change in told.members:
        if change.cost is not None:
            names = found.setdefault(cost_words(change, change.cost, marks.sentence), [])
            names.extend([] if environment.name in names else [environment.name])
    if len(found) == 1:
        return next(iter(found))
    apart = [f"{_some([marks.words(one) for one in names], marks.most)}: {words}" for words, names in found.items()]
    return "; ".join(apart) or None


def short_path(path: str) -> str:
    """A property without what every pool has around it."""
    return path.removeprefix(_MACHINES)


def _kind(change: Change, marks: Marks) -> str:
    if change.is_canary:
        return "canary pool"
    return "pool" if is_pool(change) else marks.code(change.type)


def _plural(kind: str, number: int) -> str:
    return f"{kind}s" if number > 1 and kind.endswith("pool") else kind


def _values(leaf: Leaf, marks: Marks) -> str:
    old, new = (marks.code(text) if text is not None else "nothing" for text in (leaf.old, leaf.new))
    if leaf.edit is Edit.ADDED and leaf.old is None:
        return f"{new} added"
    if leaf.edit is Edit.REMOVED and leaf.new is None:
        return f"{old} removed"
    return f"{old} → {new}"


def _places(places: Sequence[Place | None], marks: Marks) -> str:
    found = list(dict.fromkeys(places))
    shown = [
        marks.code(f"{place.file}:{place.line}") + (" (removed line)" if place.removed else "")
        for place in found
        if place is not None
    ]
    if not shown:
        return "from code"
    return f"at {_some(shown, marks.most)}{' and from code' if None in found else ''}"


def _some(texts: list[str], most: int | None) -> str:
    shown = texts if most is None else texts[:most]
    rest = len(texts) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")
