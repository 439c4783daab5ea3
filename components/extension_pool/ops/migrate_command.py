"""The command `migrate`: a plan by default, with --yes the doing of it."""

import os
from dataclasses import replace
from enum import Enum
from time import sleep
from typing import Annotated

import typer

from . import asking, stack
from .again import command_line, unless
from .batch import BatchAccount, connect
from .duration import parse_duration
from .errors import BadUsage, UnknownPool
from .jobs import Move, Tasks, find_obstacles, next_step, same
from .jobs_view import Report, render_report, render_report_json
from .migrating import InTheWay, Patience, carry_out, count_tasks, read_all
from .options import Form, Yes
from .output import Output, look, write, write_json
from .progress import teller
from .settings import Place, place, read_settings

_WAIT = "1h"


class RunningTasks(str, Enum):
    """What --jobs takes."""

    REQUEUE = "requeue"
    WAIT = "wait"
    TERMINATE = "terminate"


def migrate(
    pool: Annotated[str, typer.Option("--pool", metavar="OLD", help="The pool that the jobs are bound to.")],
    to: Annotated[
        str,
        typer.Option("--to", metavar="NEW", help="The pool that they go to. The same pool: enable those that wait."),
    ],
    stack_name: Annotated[
        str | None,
        typer.Option("--stack", metavar="NAME", help="A Pulumi stack with one of the two, which knows the account."),
    ] = None,
    endpoint: asking.Endpoint = None,
    account: asking.Account = None,
    jobs: Annotated[
        RunningTasks, typer.Option("--jobs", help="What becomes of running tasks: queued again, waited for, or ended.")
    ] = RunningTasks.REQUEUE,
    wait: Annotated[
        str, typer.Option(metavar="DURATION", help="How long it may take, running tasks included: 45m, 8h, PT2H.")
    ] = _WAIT,
    yes: Yes = False,
    output: Form = Output.TABLE,
) -> None:
    """Moves the jobs and job schedules of a pool to another pool: disabled, bound to it, enabled again.

    What 'pulumi up' does to them when it replaces a pool (rollout.drain), by hand, and what goes on with that after it
    was interrupted. No task is lost: those that run are queued again unless --jobs says else. Jobs that are disabled
    stay disabled, except those that a roll-out has disabled. Without --yes nothing is changed. It can be interrupted
    and run again at any time.

    The login is as for 'extension-pool status', with a role that may change jobs: Azure Batch Job Submitter.

    \b
    Examples:
      extension-pool migrate --pool linux-1a2b3c4d --to linux-5e6f7a8b
      extension-pool migrate --pool linux-1a2b3c4d --to linux-5e6f7a8b --jobs wait --wait 8h --yes
      extension-pool migrate --pool linux --to linux --yes      (enable the jobs that wait for it)
      extension-pool migrate --pool a --to b --output json | jq -r '.jobs[].id'

    \b
    Exit codes:
      0    no job was left to move, or all have moved
      1    there is something to do: a plan without --yes, jobs that did not move in time or cannot
      2    bad usage or configuration
      3    could not ask Azure
      130  interrupted
    """
    limit = parse_duration(wait)
    asking.check_pool_name(pool)
    asking.check_pool_name(to, "--to")
    where = _place(stack_name, pool, to, endpoint, account)
    move, tasks = Move(pool, to, "extension-pool migrate"), Tasks(jobs.value)
    with connect(where) as opened:
        _check_target(opened, to)
        report = _plan(opened, where, move, tasks)
        if yes and report.jobs:
            outcome = carry_out(opened, move, Patience(limit, sleep=sleep), tasks=tasks, tell=teller())
            report = replace(report, outcome=outcome)
    if output is Output.JSON:
        write_json(render_report_json(report))
    else:
        again = command_line(
            "migrate",
            ("--pool", pool),
            ("--to", to),
            ("--stack", stack_name),
            ("--endpoint", endpoint),
            ("--account", account),
            ("--jobs", unless(jobs.value, RunningTasks.REQUEUE.value)),
            ("--wait", unless(wait, _WAIT)),
        )
        seen = look()
        write(render_report(report, again, width=seen.width, colour=seen.colour))
    raise typer.Exit(0 if report.done else 1)


def _plan(account: BatchAccount, where: Place, move: Move, tasks: Tasks) -> Report:
    """Raises `InTheWay` for a job that can only be moved at a loss, as the doing would."""
    jobs = tuple(job for job in read_all(account) if next_step(job, move) is not None)
    losses = [f"{job.name}: {reason}" for job, reason in find_obstacles(jobs, move)]
    if losses:
        raise InTheWay(f"jobs: cannot be moved from pool {move.pool!r}: {'; '.join(losses)}")
    return Report(move, where.account, tasks, jobs, count_tasks(account, jobs))


def _check_target(account: BatchAccount, to: str) -> None:
    """Jobs that are bound to a pool that is not there would not run; Azure takes them all the same."""
    try:
        found = account.pool(to)
    except UnknownPool as error:
        raise UnknownPool(str(error).replace("pool:", "--to:", 1)) from error
    if found.state == "deleting":
        raise BadUsage(f"--to: must be a pool that stays, got {to!r}, which is being deleted; name another")


def _place(stack_name: str | None, pool: str, to: str, endpoint: str | None, account: str | None) -> Place:
    settings = read_settings(os.environ, endpoint, account)
    if stack_name is None:
        return place(settings)
    known = stack.read_pools(stack.export_stack(stack_name))
    ours = next((one for name in (to, pool) for one in known if same(one.pool, name)), None)
    if ours is None:
        has = ", ".join(sorted({one.pool for one in known})) or "none"
        raise BadUsage(f"--stack: must have one of the pools {pool!r} and {to!r}, got {stack_name!r}; it has {has}")
    return place(settings, ours.endpoint, ours.account)
