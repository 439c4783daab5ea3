"""How to avoid what a preview shows, in sentences. Pure; what is said here is a judgement of ours on what Azure and
Pulumi document."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from ...mutability import Azure, Ours
from .leaves import forcing_unknown
from .model import Cost, Leaf, Operation
from .resources import Fate
from .values import find, is_later

_ALIASES = "https://www.pulumi.com/docs/iac/concepts/resources/options/aliases/"
_MOST = 3


def find_ways(
    fate: Fate, leaves: tuple[Leaf, ...], cost: Cost | None, because_of: Sequence[str], *, created: bool
) -> tuple[str, ...]:
    """Sentences for a replacement, a deletion, and for an update that Azure refuses; none for anything else. created:
    whether the same preview makes another resource of the type."""
    if fate.operation is Operation.REPLACE:
        return tuple(_of_replacement(fate, leaves, cost, because_of))
    if fate.operation is Operation.DELETE:
        return tuple(_of_deletion(fate, created=created))
    if fate.operation is Operation.UPDATE:
        return tuple(_of_update(leaves))
    return ()


def find_why(fate: Fate, leaves: tuple[Leaf, ...], because_of: Sequence[str], *, streamed: bool = False) -> str:
    """Why a resource is replaced where no property and no other resource is the reason. streamed: events tell no
    dependencies and no options."""
    step = fate.step
    if fate.operation is not Operation.REPLACE or because_of or any(leaf.forces for leaf in leaves):
        return ""
    if step.old.get("taint"):
        return "it is marked to be replaced (pulumi state taint)"
    if "id" in step.reasons:
        return "it is to be replaced by the command line (--replace or --target-replace)"
    if streamed:
        return "it goes with what it depends on, or an option asks for it; a preview of events does not tell which"
    if step.old.get("replacementTrigger") != step.new.get("replacementTrigger"):
        return "its option replacementTrigger changed"
    return "the preview does not say why"


def _of_replacement(
    fate: Fate, leaves: tuple[Leaf, ...], cost: Cost | None, because_of: Sequence[str]
) -> Iterator[str]:
    if fate.is_canary:
        return
    forcing = [leaf for leaf in leaves if leaf.forces]
    if forcing_unknown(leaves):
        yield (
            "It may not come to that: the new value is not known before the update, which replaces nothing where it "
            "turns out to be the old one."
        )
    elif forcing:
        others = [leaf for leaf in leaves if not leaf.forces and leaf.rule and leaf.rule.ours is Ours.UPDATE]
        names = _some([leaf.shown for leaf in forcing])
        yield f"Leave {names} as it was, or edit it together with whatever else replaces the {_noun(fate)}."
        if others:
            yield f"Split the edit: {_some([leaf.shown for leaf in others])} changes in place, without a replacement."
    elif because_of:
        yield f"Leave {_some(list(because_of))} as it was: what replaces it takes this along."
    elif fate.step.old.get("taint"):
        yield f"Take the mark away: pulumi state untaint {shlex.quote(fate.step.urn)}."
    elif "id" in fate.step.reasons:
        yield "Run pulumi without --replace and --target-replace."
    if not fate.is_pool:
        return
    if fate.component is None:
        if fate.deleted_first is False and _keeps_its_name(fate):
            # azure-native looks before it creates: `cannot create already existing resource`
            yield (
                "As it is the update fails: the new pool would be made under the name of the old one, which is still "
                "there. Set deleteBeforeReplace."
            )
        if forcing and not forcing_unknown(leaves):
            paths = ", ".join(f'"{leaf.path}"' for leaf in forcing[:_MOST])
            yield f"To keep the pool in spite of the edit, which then reaches no node: ignoreChanges [{paths}]."
    elif cost is not None and cost.strategy == "delete-first":
        yield (
            "To have the new nodes before the old ones go, write rollout: {strategy: blue-green}: the old pool stays "
            "until the new one has passed its gate. It needs quota for both."
        )
        if cost.canary is False and cost.gate is False:
            yield "Where the quota is too small, rollout: {canary: {nodes: 1}} tries new nodes before the old go."
    elif cost is not None and cost.strategy == "blue-green" and cost.gate is False:
        yield "To keep the old pool until the new one is healthy, take rollout.gate.enabled: false away."


def _of_update(leaves: tuple[Leaf, ...]) -> Iterator[str]:
    """Of a pool that is not ours: the component has each of these replace."""
    refused = [leaf for leaf in leaves if leaf.rule is not None and leaf.rule.azure is Azure.REFUSED]
    if refused:
        paths = ", ".join(f'"{leaf.rule.path}"' for leaf in refused[:_MOST] if leaf.rule)
        yield (
            f"As it is the update fails while the pool has nodes: Azure refuses to change "
            f"{_some([leaf.shown for leaf in refused])}. To have the pool replaced: replaceOnChanges [{paths}], with "
            "deleteBeforeReplace."
        )


def _of_deletion(fate: Fate, *, created: bool) -> Iterator[str]:
    if fate.stale:
        yield (
            "It is the old one of a replacement that did not end; it goes when what keeps it has passed. To return to "
            "it: extension-pool rollback."
            if fate.component is not None
            else "It is the old one of a replacement that did not end."
        )
        return
    if fate.step.old.get("retainOnDelete"):
        yield "Nothing goes in Azure: with its option retainOnDelete only Pulumi lets go of it."
        return
    if not fate.is_pool:
        return
    yield "Keep it in the program, or in the stack file."
    if created:
        yield f"If it was only renamed in the program: aliases keep it ({_ALIASES}), with its pool name as it was."
    if not fate.step.old.get("protect"):
        yield "The option protect makes Pulumi refuse to delete it."


def _keeps_its_name(fate: Fate) -> bool:
    old, new = (find(state.get("inputs") or {}, ("poolName",)) for state in (fate.step.old, fate.step.new))
    return isinstance(old, str) and old == new and not is_later(old)


def _noun(fate: Fate) -> str:
    return "pool" if fate.is_pool else "resource"


def _some(names: Sequence[str]) -> str:
    shown = list(names[:_MOST])
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return ", ".join(shown) + more
