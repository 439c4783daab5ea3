"""A repair of a fake pool, as the command carries it out."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from extension_pool.ops.diagnosis import diagnose
from extension_pool.ops.health import judge_pool
from extension_pool.ops.repair import Budget, Options, plan_repair
from extension_pool.ops.repair_acting import Result
from extension_pool.ops.repair_journal import open_journal, read_saved
from extension_pool.ops.repair_keeper import Keeper, Patience
from extension_pool.ops.repairing import Outcome, Repair

from .fleet import START, FakeFleet, Machine

LIMIT = 1800.0
FORMULAS = [None, "4 1"]


def run(fleet: FakeFleet, folder: Path, options: Options | None = None, told: list[str] | None = None) -> Outcome:
    """What the command does for one pool with --yes."""
    options = options or Options(Budget(number=1))
    tell: Callable[[str], None] = (told if told is not None else []).append
    patience = Patience(LIMIT, fleet.clock, fleet.sleep)
    with open_journal("acct", "linux", folder) as journal:
        keeper = Keeper(fleet, journal, patience, tell)
        if journal.left:
            assert keeper.put_back()
        now = START + timedelta(seconds=fleet.now)
        health = judge_pool(fleet.read_pool("linux"), "acct")
        plan = plan_repair(health, diagnose(health, today=now.date(), now=now), options, now)
        busy = options.include_busy
        return Repair(fleet, keeper, plan, patience, expected=health.expected, include_busy=busy, tell=tell).run()


def mixed(formula: str | None = None) -> FakeFleet:
    """Four dedicated nodes and a spot one: one that a reboot cures, three that only a removal cures.

    n3 can take tasks and was restarted before.
    """
    machines = [
        Machine("n1", ill=True),
        Machine("n2", unusable=True, cured_by="removal"),
        Machine("n3", ill=True, cured_by="removal", booted=-3600.0),
        Machine("n4"),
        Machine("s1", dedicated=False, ill=True, unusable=True, cured_by="removal"),
    ]
    return FakeFleet(machines, formula)


def results(outcome: Outcome) -> dict[str, Result]:
    return {one.node: one.result for one in outcome.nodes}


def is_whole(fleet: FakeFleet, formula: str | None, folder: Path) -> bool:
    """Whether nothing that a repair switches off is off."""
    fleet.now += 3600
    fleet.read_pool("linux")
    scheduled = not any(machine.disabled for machine in fleet.machines)
    sized = (fleet.dedicated, fleet.spot) == (4, 1) and len(fleet.machines) == 5
    return scheduled and sized and fleet.formula == formula and read_saved(folder / "repair-acct-linux.json") is None
