"""The command `recover`: what it finds by default, with --yes the mending of it."""

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from time import sleep
from typing import Annotated, Any

import typer

from . import asking
from .again import command_line, unless
from .batch import BatchAccount
from .deployment import resources_of
from .duration import parse_duration
from .errors import UnknownPool
from .jobs import Job, Move, explain_jobs, find_bound, find_waiting, plan_recovery, same
from .migrating import Patience, carry_out, explain_left, read_all
from .options import Form
from .output import Output, tell, write, write_json
from .progress import teller
from .pulumi_cli import Lock, Locked, Refused, Stack, State, keep_backup
from .recover import (
    Act,
    Operation,
    Step,
    There,
    adopted,
    explain,
    find_operations,
    find_orphans,
    plan_steps,
    step_json,
    with_adopted,
    with_inputs,
)
from .rollback_command import Accounts
from .stack import StackPool, read_pools
from .text import clean_line, count

_WAIT = "10m"


@dataclass(frozen=True)
class Found:
    """What a killed update left. `moves`: of jobs, each with the jobs. `orphans`: pool and account."""

    lock: Lock | None
    steps: tuple[Step, ...]
    moves: tuple[tuple[StackPool, Move, tuple[Job, ...]], ...]
    orphans: tuple[tuple[str, str], ...]

    @property
    def nothing(self) -> bool:
        return self.lock is None and not self.steps and not self.moves and not self.orphans


def recover(
    stack_name: Annotated[
        str, typer.Option("--stack", metavar="NAME", help="The Pulumi stack; run it in the project's folder.")
    ],
    endpoint: asking.Endpoint = None,
    account: asking.Account = None,
    wait: Annotated[
        str, typer.Option(metavar="DURATION", help="How long it may take to enable jobs: 90s, 10m, PT1H.")
    ] = _WAIT,
    unlock: Annotated[
        bool, typer.Option("--unlock", help="Take the lock away although nobody here can say whether its run goes on.")
    ] = False,
    clear_others: Annotated[
        bool,
        typer.Option("--clear-others", help="Forget creations that this command cannot look up; look at them first."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it. Default: show what is found.")] = False,
    output: Form = Output.TABLE,
) -> None:
    """Puts right what a killed 'pulumi up' left: the lock, operations of which nobody knows the end, disabled jobs.

    A pool that was made and is not in the state goes into the state, so that the next 'pulumi up' goes on with it; no
    pool is made or deleted. Pools that the stack seems to have made and does not know are named. The state as it was is
    kept in a file, secrets in it encrypted. Without --yes nothing is changed. It can be interrupted and run again at
    any time.

    The login is as for 'extension-pool status' and, with --yes, also that of 'pulumi up'.

    \b
    Examples:
      extension-pool recover --stack prod
      extension-pool recover --stack prod --yes && pulumi up --stack prod

    \b
    Exit codes:
      0    there was nothing to mend, or it is done
      1    there is something to do: a plan without --yes, pools that the state does not know, jobs that still wait
      2    bad usage or configuration
      3    could not ask Azure, or could not write the state
      130  interrupted
    """
    limit = parse_duration(wait)
    stack = Stack(stack_name)
    lock = stack.find_lock()
    if lock is not None and lock.alive:
        raise Refused(f"--stack: an update of {stack_name!r} is under way ({lock.holder}); wait for its end")
    state = stack.export()
    left: list[str] = []
    backup = None
    with Accounts(endpoint, account) as accounts:
        found = _find(state, lock, accounts)
        if yes and (unlock or not found.nothing):
            _check(stack_name, found, unlock, clear_others)
            # Object stores do not show their locks: then the user says that there is one.
            if found.lock is not None or unlock:
                stack.cancel()
                tell(["the lock is taken away"])
            if found.steps:
                backup = keep_backup(stack_name, state)
                tell([f"the state as it was: {backup}"])
                _mend(stack, state, found.steps)
            left = [line for pool, move, _ in found.moves for line in _move(accounts.of(pool), move, limit)]
    if output is Output.JSON:
        write_json(json.dumps(_json(found, left, executed=yes, backup=backup), indent=2) + "\n")
    else:
        again = command_line(
            "recover",
            ("--stack", stack_name),
            ("--endpoint", endpoint),
            ("--account", account),
            ("--wait", unless(wait, _WAIT)),
            ("--unlock", unlock or (found.lock is not None and found.lock.alive is None)),
        )
        write("".join(f"{line}\n" for line in _lines(stack_name, found, left, again, yes)))
    raise typer.Exit(0 if found.nothing or (yes and not found.orphans and not left) else 1)


def _find(state: State, lock: Lock | None, accounts: Accounts) -> Found:
    operations = find_operations(state)
    there = {one.pool: _there(accounts.of(one.pool), one.pool) for one in operations if one.pool is not None}
    pools = _pools(state, operations)
    moves, orphans = [], []
    for account in dict.fromkeys(pool.account.lower() for pool in pools):
        ours = [pool for pool in pools if pool.account.lower() == account]
        opened = accounts.of(ours[0])
        names = opened.lasting_pools()
        orphans += [(name, ours[0].account) for name in find_orphans(names, account, ours)]
        jobs = read_all(opened)
        for move in plan_recovery(jobs, names):
            if any(same(name, pool.pool) for pool in ours for name in (move.pool, move.to or "")):
                waiting = tuple(job for job, _ in find_waiting(find_bound(jobs, move.pool)))
                marked = waiting or tuple(job for job, _ in find_waiting(jobs, move.pool))
                moves.append((ours[0], move, marked))
    return Found(lock, plan_steps(state, operations, there), tuple(moves), tuple(orphans))


def _pools(state: State, operations: Sequence[Operation]) -> list[StackPool]:
    under_way = [one.pool for one in operations if one.pool is not None]
    return list(dict.fromkeys([*read_pools(state), *read_pools(state, stale=True), *under_way]))


def _there(account: BatchAccount, pool: StackPool) -> There:
    try:
        return There.GOING if account.pool(pool.pool).state == "deleting" else There.YES
    except UnknownPool:
        return There.NO


def _check(stack_name: str, found: Found, unlock: bool, clear_others: bool) -> None:
    """Refuses what only the user can judge."""
    if found.lock is not None and found.lock.alive is None and not unlock:
        raise Refused(
            f"--stack: {stack_name!r} is locked by {found.lock.holder}, and nobody here can say whether that run is "
            "over; if it is: --unlock"
        )
    unknown = [step.operation.urn for step in found.steps if step.act is Act.LEAVE]
    if unknown and not clear_others:
        raise Refused(
            f"--stack: whether {count(len(unknown), 'resource')} was made cannot be told here: {', '.join(unknown)}; "
            "look, and for each that is there: pulumi refresh --import-pending-creates 'URN ID'; then run this again "
            "with --clear-others"
        )


def _mend(stack: Stack, state: State, steps: Sequence[Step]) -> None:
    """Writes the state that is right. Killed anywhere in it, it is done by running it again."""
    try:
        stack.import_state(with_adopted(state, steps))
    except Locked as error:
        raise Refused(f"{error}; if that run is over: --unlock") from error
    urns = [step.operation.urn for step in steps if step.act in (Act.ADOPT, Act.TRY, Act.REFRESH)]
    if not urns:
        return
    tell(["reading what was made (pulumi refresh)"])
    stack.refresh(list(dict.fromkeys(urns)))
    read = stack.export()
    mended = with_inputs(read, state, steps)
    if resources_of(mended) != resources_of(read):
        stack.import_state(mended)
    for step in adopted(steps):
        stays = any(one.get("id") == step.operation.id for one in resources_of(mended))
        tell([f"{step.operation.name}: {'is in the state now' if stays else 'Azure does not have it'}"])


def _move(account: BatchAccount, move: Move, limit: float) -> list[str]:
    outcome = carry_out(account, move, Patience(limit, sleep=sleep), tell=teller("jobs"))
    return [] if outcome.done else [f"pool {move.pool}: {explain_left(outcome.left)}"]


def _lines(stack_name: str, found: Found, left: Sequence[str], command: str, executed: bool) -> list[str]:
    if found.nothing:
        return [f"stack {clean_line(stack_name)}: nothing to recover"]
    lines = [f"stack {clean_line(stack_name)}:"]
    if found.lock is not None:
        over = "which is over" if found.lock.alive is False else "of which nobody here can say whether it is over"
        lines.append(f"  lock: of {clean_line(found.lock.holder)}, {over} -> it is taken away")
    lines += [f"  {clean_line(explain(step))}" for step in found.steps]
    for _, move, jobs in found.moves:
        goal = "enabled again" if move.releasing else f"bound to pool {move.to}, and enabled"
        lines.append(f"  jobs: {explain_jobs(jobs)} of pool {clean_line(move.pool)} -> {clean_line(goal)}")
    for name, account in found.orphans:
        quoted = shlex.quote(name)
        lines += [
            f"  not in the state: pool {clean_line(name)} (account {clean_line(account)}), by its name the stack's;",
            f"    look at it: extension-pool status --pool {clean_line(quoted)}",
            f"    if no other stack has it: az batch pool delete --pool-id {clean_line(quoted)}",
        ]
    for line in left:
        lines.append(f"  not done: {clean_line(line)}")
    work = found.lock is not None or found.steps or found.moves
    if work and not executed:
        lines += ["", "nothing is changed yet; to do it:", f"  {clean_line(command)}"]
    elif work:
        lines += ["", "done, but for what is named above" if left else "done; now run 'pulumi up'"]
    return lines


def _json(found: Found, left: Sequence[str], *, executed: bool, backup: object) -> dict[str, Any]:
    """The keys stay (new ones may be added)."""
    lock = None if found.lock is None else {"holder": found.lock.holder, "alive": found.lock.alive}
    return {
        "executed": executed,
        "backup": None if backup is None else str(backup),
        "lock": lock,
        "operations": [step_json(step) for step in found.steps],
        "jobs": [{"pool": move.pool, "to": move.to, "ids": [job.id for job in jobs]} for _, move, jobs in found.moves],
        "notInTheState": [{"pool": name, "account": account} for name, account in found.orphans],
        "notDone": list(left),
    }
