"""What a preview would do to each resource, why, and what it costs. Pure.

Judged by the operations and the detailed differences; the engine gives no reasons for replacements that it forces
itself (replaceOnChanges).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..text import clean_block
from .avoiding import find_ways, find_why
from .costs import find_cost
from .leaves import REPLACE_WITH, find_leaves
from .model import Change, Environment, Leaf, Operation, Standing
from .places import Places
from .preview import Message, Preview
from .resources import Fate, find_endpoints, find_extension_names, find_fates, last_name
from .secrets import Secrets, find_secrets

_MACHINES = "deploymentConfiguration.virtualMachineConfiguration."
_LONGEST_MESSAGE = 4000


def judge_preview(preview: Preview, *, places: Places | None) -> Environment:
    """The environment of a preview, without secrets. places: where stack files were edited, for the lines of edits;
    None where they were not asked for. Values that are nested deeper than can be read make it a failed one."""
    try:
        return _judge(preview, places)
    except RecursionError:
        reason = "its values are nested deeper than can be read"
        return Environment(preview.name, Standing.FAILED, dict.fromkeys(Operation, 0), (), reason)


def _judge(preview: Preview, places: Places | None) -> Environment:
    secrets = find_secrets(preview)
    fates = find_fates(preview)
    judge = _Judge(preview, secrets, places, _Facts.of(preview, fates))
    changes = [judge.change(fate) for fate in fates if fate.operation is not Operation.UNCHANGED]
    counts = Counter(change.operation for change in changes)
    stay = sum(fate.operation is Operation.UNCHANGED for fate in fates)
    counts[Operation.UNCHANGED] = stay if preview.unchanged is None else preview.unchanged
    return Environment(
        name=preview.name,
        standing=preview.standing,
        counts={operation: counts[operation] for operation in Operation},
        changes=tuple(sorted(changes, key=_order)),
        reason=_one_line(preview.reason, secrets),
        messages=tuple(_message(one, secrets) for one in preview.messages),
    )


@dataclass(frozen=True)
class _Facts:
    """Of the whole preview: what is replaced, which types come, where accounts are, how extensions are named."""

    replaced: frozenset[str]
    created: frozenset[str]
    endpoints: Mapping[str, str]
    extensions: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, preview: Preview, fates: Iterable[Fate]) -> _Facts:
        fates = list(fates)
        return cls(
            frozenset(fate.step.urn for fate in fates if fate.operation is Operation.REPLACE),
            frozenset(fate.type for fate in fates if fate.operation is Operation.CREATE),
            find_endpoints(preview),
            find_extension_names(preview),
        )


@dataclass(frozen=True)
class _Judge:
    preview: Preview
    secrets: Secrets
    places: Places | None
    facts: _Facts

    def change(self, fate: Fate) -> Change:
        account, pool = fate.address
        leaves = find_leaves(fate, self.secrets, self.facts.extensions.get(fate.component or "", ()))
        because_of = self._because_of(fate, leaves)
        cost = find_cost(fate, streamed=self.preview.streamed)
        return Change(
            urn=fate.step.urn,
            type=fate.type,
            name=fate.name if fate.component is None or fate.is_canary else fate.component,
            operation=fate.operation,
            leaves=self._placed(fate, leaves),
            ours=fate.ours,
            pool=pool,
            account=account,
            cost=cost,
            because_of=because_of,
            avoid=find_ways(fate, leaves, cost, because_of, created=fate.type in self.facts.created),
            place=self._place(fate),
            is_canary=fate.is_canary,
            stale=fate.stale,
            why=find_why(fate, leaves, because_of, streamed=self.preview.streamed),
            endpoint=self._endpoint(account) if cost is not None else None,
        )

    def _because_of(self, fate: Fate, leaves: tuple[Leaf, ...]) -> tuple[str, ...]:
        if fate.operation is not Operation.REPLACE or any(leaf.forces for leaf in leaves):
            return ()
        found: set[str] = set()
        for state in (fate.step.old, fate.step.new):
            found.update(_related(state, with_only=REPLACE_WITH in fate.step.reasons))
        return tuple(sorted({last_name(urn) for urn in (found & self.facts.replaced) - {fate.step.urn}}))

    def _placed(self, fate: Fate, leaves: tuple[Leaf, ...]) -> tuple[Leaf, ...]:
        if self.places is None:
            return leaves
        name = self.preview.name
        if fate.component is not None:
            pool, find = fate.component, self.places.find
            return tuple(replace(leaf, place=find(name, pool, _exact(leaf))) for leaf in leaves)
        return tuple(replace(leaf, place=self.places.find_other(name, fate.name, leaf.path)) for leaf in leaves)

    def _place(self, fate: Fate) -> Any:
        whole = fate.operation in (Operation.DELETE, Operation.CREATE) and not (fate.stale or fate.is_canary)
        if self.places is None or fate.component is None or not whole:
            return None
        return self.places.find(self.preview.name, fate.component, "")

    def _endpoint(self, account: str | None) -> str | None:
        known = self.facts.endpoints
        return known.get((account or "").lower()) or known.get("")


def _exact(leaf: Leaf) -> str:
    """The path with an extension by its name, where that is known: an index counts in one version of the list."""
    return f"{_MACHINES}{leaf.shown}" if leaf.shown.startswith('extensions["') else leaf.path


def _related(state: Mapping[str, Any], *, with_only: bool) -> Iterable[str]:
    """The URNs of resources whose replacement may be the reason for that of this one."""
    if with_only:
        return _urns(state.get("replaceWith"))
    named: list[Any] = [state.get("dependencies"), state.get("replaceWith")]
    properties = state.get("propertyDependencies")
    named += properties.values() if isinstance(properties, dict) else ()
    single = [state.get(key) for key in ("parent", "deletedWith")]
    return {*(urn for urns in named for urn in _urns(urns)), *(urn for urn in single if isinstance(urn, str))}


def _urns(value: Any) -> Sequence[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else ()


def _order(change: Change) -> tuple[int, bool, str, str, str, str]:
    """What takes most away first, pools before all else; then the same in every run, whatever the engine's order."""
    rank, other = _RANKS[change.operation], not change.type.endswith(":Pool")
    return (rank, other, change.type, change.name, change.urn, change.pool or "")


_RANKS = {operation: rank for rank, operation in enumerate(Operation)}


def _message(message: Message, secrets: Secrets) -> str:
    text = secrets.scrub("\n".join(secrets.scrub(message.text).splitlines()))
    cut = len(text) - _LONGEST_MESSAGE
    return text if cut <= 0 else f"{text[:_LONGEST_MESSAGE]}… ({cut} more letters)"


def _one_line(text: str, secrets: Secrets) -> str:
    """Scrubbed before it is cleaned, which may take a letter of a secret, and after, which may put it together."""
    line = secrets.scrub(" ".join(clean_block(secrets.scrub(text))))
    return line if len(line) <= 300 else f"{line[:300]}…"
