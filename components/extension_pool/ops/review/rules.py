"""The file of review rules: which operations need which approval. Pure.

Default is `review.yaml` beside Pulumi.yaml. Every rule that fits a change must hold; there are no exceptions to learn,
and no order that matters.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import translate
from typing import Any

from ...problems import InvalidInput, Path, Problem, nearest
from ...validation import parse_model
from ..duration import parse_duration
from ..errors import BadUsage
from .lined_yaml import NotYaml, parse_lined
from .model import Change, Operation
from .rules_model import Demand, EnvironmentRules, Operations, ReviewRules, Scope, Window

DEFAULT_FILE = "review.yaml"

JUDGED = (Operation.CREATE, Operation.UPDATE, Operation.REPLACE, Operation.DELETE)
"""The operations that rules speak of."""

_POOLS = ("azure-native:batch:Pool", "azure:batch/pool:Pool")

# Explicit API versions, and the local packages that newer releases make of them:
# https://www.pulumi.com/registry/packages/azure-native/version-guide/
_VERSION = re.compile(r"(?<=^azure-native)[\w-]+|/v[0-9]{8}\w*(?=:)")

# Nothing in Azure: the engine's own, and the component around its children. An upgrade of an SDK deletes a provider,
# which must not meet `delete: never` of all resources. A pattern that begins with the same words means them.
_NOT_IN_AZURE = ("pulumi:", "extension-pool:")


@dataclass(frozen=True)
class Clause:
    """One demand that a change must meet. place: `FILE:LINE` of it."""

    demand: Demand
    place: str


@dataclass(frozen=True)
class Rules:
    """A checked file of rules. file: as messages name it; lines: where each of its places stands, from 1. revision: of
    git, that the file is of; "" for the working tree."""

    file: str
    content: ReviewRules
    lines: Mapping[Path, int]
    revision: str = ""

    def place(self, path: Path) -> str:
        """`FILE:LINE` of a place in the file, and the revision."""
        return f"{self.file}:{self.line(path)}{_at(self.revision)}"

    def line(self, path: Path) -> int:
        """The line of a place in the file, or of the nearest one around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def window(self, name: str) -> Window:
        """The window of a name that the file uses."""
        return self.content.windows[name]

    def scopes(self, environment: str) -> tuple[tuple[Path, Scope], ...]:
        """All that holds for an environment, with its place; nothing where the file says nothing of it."""
        named: list[tuple[Path, Scope]] = [
            (("environments", pattern), scope)
            for pattern, scope in self.content.environments.items()
            if fits_environment(pattern, environment)
        ]
        if not named and self.content.others is not None:
            named.append((("others",), self.content.others))
        return tuple(named)

    def clauses(self, environment: str, change: Change, operation: Operation) -> Iterator[Clause]:
        """Every demand that an operation on a resource must meet."""
        for path, scope in self.scopes(environment):
            for where, operations in _fitting(scope, change):
                demand: Demand | None = getattr(operations, operation.value)
                if demand is not None:
                    yield Clause(demand, self.place((*path, *where, operation.value)))

    def asks_about(self, environment: str, operation: Operation) -> str | None:
        """The place of a demand on an operation, whatever the resource; None where there is none."""
        places = (
            self.place((*at, operation.value))
            for path, scope in self.scopes(environment)
            for at, operations in _inside(path, scope)
            if getattr(operations, operation.value) is not None
        )
        return next(places, None)

    def required(self) -> Iterator[tuple[str, str]]:
        """Names and patterns of the environments that must have a preview, each with its place."""
        for pattern, scope in self.content.environments.items():
            if scope.preview == "required":
                yield pattern, self.place(("environments", pattern))

    def max_age(self, environment: str) -> float | None:
        """The seconds that a preview of an environment may be old; None for any number."""
        said = [self.content.max_age, *(scope.max_age for _path, scope in self.scopes(environment))]
        return min((parse_duration(text) for text in said if text is not None), default=None)


def parse_rules(text: str, file: str = DEFAULT_FILE, revision: str = "") -> Rules:
    """The rules of a file's text. file, revision: its name, and what it is of, for messages.

    Raises BadUsage with every problem, each `FILE:LINE: path: rule, got VALUE; ...`. A file that says nothing is one:
    it would let everything pass.
    """
    try:
        document = parse_lined(text.removeprefix("\ufeff"))
    except NotYaml as error:
        where = file if error.line is None else f"{file}:{error.line}"
        raise BadUsage(f"{where}{_at(revision)}: must be YAML, got what cannot be read: {error}") from None
    if document.tree in (None, {}):
        raise BadUsage(f"{file}{_at(revision)}: must hold rules, got an empty file, which would let everything pass")
    empty = [_nothing_at(path) for path in _empty_places(document.tree, ())]
    told = [*document.problems, *empty]
    try:
        content: ReviewRules | None = parse_model(ReviewRules, document.tree, _check, stack_words=True)
    except InvalidInput as error:
        content = None
        told += [one for one in error.problems if not any(one.path[: len(no.path)] == no.path for no in empty)]
    if told or content is None:
        raise BadUsage(_heading(told, Rules(file, ReviewRules(), document.lines, revision)))
    return Rules(file, content, document.lines, revision)


def is_pool(change: Change) -> bool:
    """Whether a change is one of a Batch pool, of ours or not."""
    return _plain_type(change.type) in _POOLS


def fits_environment(pattern: str, environment: str) -> bool:
    """Whether a pattern means an environment: by its whole name, or by the stack's alone of `org/project/stack`."""
    return any(_matcher(pattern).match(name) for name in (environment, environment.rsplit("/", 1)[-1]))


def has_no_sure_name(change: Change) -> bool:
    """Whether a pool may have another name than the preview shows: any pattern may mean it."""
    return not change.name or (not change.ours and change.pool is None)


def _fitting(scope: Scope, change: Change) -> Iterator[tuple[Path, Operations]]:
    """What of a scope speaks of a resource, with its place in the scope."""
    if not change.type.startswith(_NOT_IN_AZURE):
        yield (), scope
    for pattern, operations in scope.pools.items() if is_pool(change) else ():
        if has_no_sure_name(change) or _fits(pattern, change.name) or _fits(pattern, change.pool or ""):
            yield ("pools", pattern), operations
    for pattern, operations in scope.resources.items():
        own = next((words for words in _NOT_IN_AZURE if change.type.startswith(words)), "")
        if pattern.startswith(own) and (_fits(pattern, change.type) or _fits(pattern, _plain_type(change.type))):
            yield ("resources", pattern), operations


def _plain_type(token: str) -> str:
    """A type of Pulumi's without the version of the API that it is of."""
    return _VERSION.sub("", token)


def _fits(pattern: str, name: str) -> bool:
    # Batch takes names of pools in any case: https://learn.microsoft.com/rest/api/batchservice/pools/create-pool
    return _matcher(pattern.lower()).match(name.lower()) is not None


@functools.lru_cache(maxsize=1024)
def _matcher(pattern: str) -> re.Pattern[str]:
    return re.compile(translate(pattern))


def _check(content: ReviewRules) -> list[Problem]:
    """What needs more than one value."""
    problems = [
        Problem((*path, "onlyIn"), "must be one of windows", demand.only_in, **_windows(content, demand.only_in))
        for path, demand in _demands(content)
        if demand.only_in is not None and demand.only_in not in content.windows
    ]
    for name, window in content.windows.items():
        if window.minutes[0] == window.minutes[1]:
            problems.append(Problem(("windows", name), "opens and closes at the same time", do="leave both times out"))
    if not content.environments and content.others is None:
        problems.append(Problem(("environments",), "required, but missing", do="add it"))
    return problems


def _windows(content: ReviewRules, name: str) -> dict[str, str]:
    meant = nearest(name, content.windows)
    if meant:
        return {"do": f"did you mean {meant}?"}
    return {"allowed": ", ".join(content.windows)} if content.windows else {"do": f"add windows.{name}"}


def _demands(content: ReviewRules) -> Iterator[tuple[Path, Demand]]:
    scopes: list[tuple[Path, Scope | EnvironmentRules]] = [
        (("environments", name), scope) for name, scope in content.environments.items()
    ]
    scopes += [] if content.others is None else [(("others",), content.others)]
    for path, scope in scopes:
        for at, operations in _inside(path, scope):
            for operation in JUDGED:
                demand = getattr(operations, operation.value)
                if demand is not None:
                    yield (*at, operation.value), demand


def _inside(path: Path, scope: Scope) -> Iterator[tuple[Path, Operations]]:
    """All that a scope says, with its place."""
    yield path, scope
    yield from (((*path, "pools", pattern), one) for pattern, one in scope.pools.items())
    yield from (((*path, "resources", pattern), one) for pattern, one in scope.resources.items())


def _empty_places(tree: Any, at: Path) -> Iterator[Path]:
    if tree is None:
        yield at
    items = tree.items() if isinstance(tree, Mapping) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in items:
        yield from _empty_places(value, (*at, key))


def _nothing_at(path: Path) -> Problem:
    scope = path[:-1] == ("environments",) or path == ("others",)
    return Problem(
        path, "has no value", do="write free if nothing needs an approval" if scope else "add it, or remove it"
    )


def _at(revision: str) -> str:
    return f" at {revision}" if revision else ""


def _heading(problems: list[Problem], rules: Rules) -> str:
    ordered = sorted(problems, key=lambda one: rules.line(one.path))
    texts = [f"{rules.place(one.path)}: {one.sentence()}" for one in ordered]
    if len(texts) == 1:
        return f"{texts[0]}; nothing passes until this is mended"
    return "\n".join(
        [
            f"{rules.file}{_at(rules.revision)}: has {len(texts)} problems, and nothing passes until they are mended:",
            *texts,
        ]
    )
