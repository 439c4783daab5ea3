"""The command `rollback`: a plan by default, with --yes the doing of it."""

import json
import os
import shlex
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from time import monotonic, sleep
from typing import Annotated

import typer

from . import asking
from .again import command_line, unless
from .batch import BatchAccount, connect
from .drift import DriftKind, find_drift
from .duration import parse_duration
from .errors import Declined, UnknownPool
from .health import judge_pool
from .jobs import Job, Move, Tasks, explain_jobs, explain_move, next_step
from .migrate_command import RunningTasks
from .migrating import Patience, carry_out, explain_left, read_all
from .options import Form, Yes
from .output import Output, tell, write, write_json
from .progress import teller
from .pulumi_cli import Lock, Refused, Stack, keep_backup
from .rollback import Return, Seen, find_ways, plan_json, plan_rollback, render_plan, roll_back, unchanged
from .settings import Place, place, read_settings
from .stack import StackPool
from .text import clean_line

_WAIT = "1h"
_GONE = frozenset({"poolnotfound", "poolbeingdeleted"})

# How long Azure may take from accepting a deletion to showing it; a judgement, it does it at once.
_ACCEPT_SECONDS = 60.0


def rollback(
    stack_name: Annotated[
        str, typer.Option("--stack", metavar="NAME", help="The Pulumi stack; run it in the project's folder.")
    ],
    pool: Annotated[
        list[str] | None,
        typer.Option("--pool", metavar="NAME", help="Only this pool, by its name or its component's. Repeat for more."),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="NAME", help="The pool to return to. Default: the newest that is healthy."),
    ] = None,
    endpoint: asking.Endpoint = None,
    account: asking.Account = None,
    jobs: Annotated[
        RunningTasks,
        typer.Option("--jobs", help="What becomes of tasks that run on the new pool: queued again, waited for, ended."),
    ] = RunningTasks.REQUEUE,
    wait: Annotated[
        str, typer.Option(metavar="DURATION", help="How long moving the jobs may take: 45m, 8h, PT2H.")
    ] = _WAIT,
    yes: Yes = False,
    output: Form = Output.TABLE,
) -> None:
    """Returns to the pool that a blue-green replacement has not deleted yet, after a failed gate for one.

    The old pool is not touched: it keeps its nodes and their tasks. Jobs that were moved already come back, the new
    pool is deleted, and the old one is made current in the stack's state. Then revert the configuration: 'pulumi
    preview' shows no change. The state as it was is kept in a file, secrets in it encrypted. Without --yes nothing is
    changed. It can be interrupted and run again at any time.

    The login is as for 'extension-pool status', with a role that may delete pools and change jobs: Azure Batch Data
    Contributor.

    \b
    Examples:
      extension-pool rollback --stack prod
      extension-pool rollback --stack prod --yes
      extension-pool rollback --stack prod --pool render --to render-1a2b3c4d --yes

    \b
    Exit codes:
      0    it is done
      1    there is something to do (a plan without --yes), or nothing to return to, and why
      2    bad usage or configuration
      3    could not ask Azure, or could not write the state
      130  interrupted
    """
    limit = parse_duration(wait)
    stack = Stack(stack_name)
    refuse_locked(stack_name, stack.find_lock())
    state = stack.export()
    ways = find_ways(state, pool or ())
    with Accounts(endpoint, account) as accounts:
        sight = {one: _look(accounts.of(one), one) for pools in ways.items() for one in (pools[0], *pools[1])}
        plans = plan_rollback(state, ways, sight, to)
        tasks = Tasks(jobs.value)
        moves = {plan: Move(plan.left.pool, plan.to.pool, "extension-pool rollback") for plan in plans}
        bound = {plan: _moving(accounts.of(plan.left), move) for plan, move in moves.items()}
        backup = None
        if yes:
            backup = keep_backup(stack_name, state)
            tell([f"the state as it was: {backup}"])
            for plan, move in moves.items():
                _leave(accounts.of(plan.left), plan, move, tasks, limit, there=sight[plan.left].there)
            if not unchanged(state, stack.export()):
                raise Refused(
                    f"--stack: somebody changed {stack_name!r} meanwhile; its state was left alone; run this again"
                )
            stack.import_state(roll_back(state, plans))
        described = {
            plan: f"{explain_jobs(found)}: {explain_move(moves[plan], tasks)}" if found else ""
            for plan, found in bound.items()
        }
    if output is Output.JSON:
        listed = [plan_json(plan, sight, [job.id for job in bound[plan]]) for plan in plans]
        whole = {"executed": yes, "backup": str(backup) if backup else None, "pools": listed}
        write_json(json.dumps(whole, indent=2) + "\n")
    else:
        lines = [line for plan in plans for line in render_plan(plan, sight, jobs=described[plan])]
        write("".join(f"{clean}\n" for clean in map(_clean, lines)))
        again = command_line(
            "rollback",
            ("--stack", stack_name),
            ("--pool", pool),
            ("--to", to),
            ("--endpoint", endpoint),
            ("--account", account),
            ("--jobs", unless(jobs.value, RunningTasks.REQUEUE.value)),
            ("--wait", unless(wait, _WAIT)),
        )
        write(_closing(yes, again))
    raise typer.Exit(0 if yes else 1)


class Accounts:
    """The Batch accounts of a stack's pools, each opened once. Close it, or use it in a `with`."""

    def __init__(self, endpoint: str | None, account: str | None) -> None:
        # AZURE_BATCH_ACCOUNT says whose the key is; a stack's pool is in the account that its id names.
        self._settings = replace(read_settings(os.environ, endpoint, account), account=None)
        self._opened: dict[Place, BatchAccount] = {}
        self._stack = ExitStack()

    def __enter__(self) -> "Accounts":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def of(self, pool: StackPool) -> BatchAccount:
        """The account that a pool is in. Raises `BadUsage` when its endpoint is not known."""
        where = place(self._settings, pool.endpoint, pool.account)
        if where not in self._opened:
            self._opened[where] = self._stack.enter_context(connect(where))
        return self._opened[where]


def refuse_locked(stack_name: str, lock: Lock | None) -> None:
    """Raises `Refused` when a run has the stack, or had it when it was killed."""
    if lock is None:
        return
    if lock.alive:
        raise Refused(f"--stack: an update of {stack_name!r} is under way ({lock.holder}); wait for its end")
    raise Refused(
        f"--stack: {stack_name!r} is locked by {lock.holder}; if that run is over, first: "
        f"extension-pool recover --stack {shlex.quote(stack_name)}"
    )


def _look(account: BatchAccount, pool: StackPool) -> Seen:
    try:
        reading = account.read_pool(pool.pool)
    except UnknownPool:
        return Seen(there=False)
    drift = find_drift(pool, reading.pool)
    health = judge_pool(reading, pool.account, pool.expected, drift)
    return Seen(
        there=True,
        deleting=reading.pool.state == "deleting",
        another=any(one.kind is DriftKind.RECREATED for one in drift),
        verdict=health.verdict,
        summary=f"{health.verdict.value}: {health.summary}",
    )


def _moving(account: BatchAccount, move: Move) -> list[Job]:
    return [job for job in read_all(account) if next_step(job, move) is not None]


def _leave(account: BatchAccount, plan: Return, move: Move, tasks: Tasks, limit: float, *, there: bool) -> None:
    """Brings the jobs back and deletes the pool that is left. Raises `Refused` while jobs would lose their pool."""
    outcome = carry_out(account, move, Patience(limit, sleep=sleep), tasks=tasks, tell=teller(plan.component))
    if not outcome.done:
        raise Refused(
            f"{plan.component}: not all jobs came back to pool {move.to!r} in time, so pool {move.pool!r} is not "
            f"deleted and the state is as it was: {explain_left(outcome.left)}; run this again, which goes on"
        )
    if plan.kept or not there:
        return
    try:
        account.delete_pool(plan.left.pool)
    except Declined as declined:
        if declined.code.lower() not in _GONE:
            raise
    teller(plan.component)(f"pool {plan.left.pool} is being deleted")
    wait_until_gone(account, plan.left.pool)


def wait_until_gone(
    account: BatchAccount,
    pool: str,
    *,
    clock: Callable[[], float] = monotonic,
    pause: Callable[[float], object] = sleep,
) -> None:
    """Until Azure shows that a pool goes, which nothing can stop then; how long that takes does not matter."""
    end = clock() + _ACCEPT_SECONDS
    while True:
        try:
            if account.pool(pool).state == "deleting":
                return
        except UnknownPool:
            return
        if clock() > end:
            raise Refused(f"pool {pool!r}: Azure accepted its deletion and still shows it; run this again")
        pause(1.0)


def _closing(executed: bool, again: str) -> str:
    if not executed:
        return f"\nnothing is changed yet; to do it:\n  {again}\n"
    return "\ndone; now revert the configuration, then 'pulumi preview' shows no change of the pool\n"


def _clean(line: str) -> str:
    indent = line[: len(line) - len(line.lstrip())]
    return indent + clean_line(line)
