"""How changes are rolled out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from ..pool_names import LONGEST_BASE, LONGEST_BASE_OF_CANARY
from ..problems import Findings, Notice, Problem
from ..spec import BLUE_GREEN, LIVE, PoolSettings, PoolSpec


def check_name_has_room(pool: PoolSettings, today: date) -> Findings:
    """Under blue-green a hyphen and eight digits follow the pool's name, of at most 64 characters in all."""
    name, rollout = pool.pool_name, pool.rollout
    blue_green = rollout.strategy == BLUE_GREEN
    longest = LONGEST_BASE if blue_green else LONGEST_BASE_OF_CANARY
    if not (blue_green or rollout.canary) or not isinstance(name, str) or len(name) <= longest:
        return Findings()
    why = f"the strategy {BLUE_GREEN}, which adds nine" if blue_green else "a canary, whose name adds sixteen"
    return Findings.of(
        Problem(("pool_name",), f"must be at most {longest} characters with {why}", name, do="shorten it")
    )


def check_strategy(pool: PoolSettings, today: date) -> Findings:
    """What means nothing with the other strategy is refused: whoever wrote it expects an effect."""
    rollout, problems = pool.rollout, []
    if rollout.size == LIVE and rollout.strategy != BLUE_GREEN:
        do = f"set strategy: {BLUE_GREEN}, or leave it out"
        problems.append(
            Problem(("rollout", "size"), "must be declared without an old pool beside the new one", LIVE, do=do)
        )
    if rollout.canary is not None and rollout.strategy == BLUE_GREEN:
        problems.append(
            Problem(
                ("rollout", "canary"),
                f"must be left out with the strategy {BLUE_GREEN}: its new pool is tried beside the old one anyway",
                do="take it away",
            )
        )
    if rollout.canary is not None and rollout.gate is not None and rollout.gate.enabled is False:
        problems.append(
            Problem(("rollout", "gate", "enabled"), "must be true with a canary, which a gate judges", False)
        )
    return Findings(tuple(problems))


def check_after(pool: PoolSettings, today: date) -> Findings:
    """In a program pools are ordered as resources are; their names there are not ours to look up."""
    if not isinstance(pool, PoolSpec) or pool.rollout.after is None:
        return Findings()
    return Findings.of(
        Problem(
            ("rollout", "after"),
            "must be left out in a program: it is for stack files",
            list(pool.rollout.after),
            do="give the ExtensionPools that come before this one as depends_on of its options",
        )
    )


def check_order(pools: Mapping[str, PoolSettings]) -> list[Problem]:
    """The pools that a stack's pools come after: they are there, and none comes after itself."""
    problems = []
    for name, pool in pools.items():
        path = ("pools", name, "rollout", "after")
        unknown = [one for one in pool.rollout.after or [] if one not in pools]
        if unknown:
            allowed = ", ".join(one for one in pools if one != name)
            problems.append(Problem(path, "must be pools of this stack", unknown, allowed=allowed))
        elif name in before(pools, name):
            problems.append(Problem(path, "must not lead back to the pool itself", list(pool.rollout.after or [])))
    return problems


def before(pools: Mapping[str, PoolSettings], name: str) -> set[str]:
    """All pools that come before one, by what they say themselves and what those before them say."""
    found: set[str] = set()
    ahead = list(pools[name].rollout.after or [])
    while ahead:
        one = ahead.pop()
        if one not in found and one in pools:
            found.add(one)
            ahead += pools[one].rollout.after or []
    return found


def in_order(pools: Mapping[str, PoolSettings]) -> list[str]:
    """The names, each behind those that come before it; else as they stand."""
    return sorted(pools, key=lambda name: len(before(pools, name)))


def warn_of_idle_version(pool: PoolSettings, today: date) -> Findings:
    """A version of protected settings that are not there says that somebody expects an effect."""
    return Findings(
        notices=tuple(
            Notice(
                ("extensions", index, "protected_settings_version"),
                "has no effect: the extension has no protected_settings",
            )
            for index, extension in enumerate(pool.extensions or [])
            if extension.protected_settings_version is not None and extension.protected_settings is None
        )
    )
