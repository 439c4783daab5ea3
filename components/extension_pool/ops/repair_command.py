"""The command `repair`: a plan by default, with --yes the doing of it."""

import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timezone
from difflib import get_close_matches
from enum import Enum
from typing import Annotated

import typer

from . import asking
from .again import command_line, unless
from .asking import Question
from .batch import BatchAccount
from .diagnosis import Remedy
from .diagnosis.causes import known_causes
from .duration import parse_duration
from .errors import BadUsage
from .health import PoolHealth, Verdict
from .options import Form, Yes
from .output import Output, tell, write, write_json
from .progress import Line, reading, teller
from .repair import DEFAULT_BUDGET, UNKNOWN_CAUSE, Options, Plan, Skipped, parse_budget, plan_repair
from .repair_journal import Journal, journal_path, open_journal, read_saved
from .repair_keeper import Keeper, Patience, explain_saved
from .repair_view import Report, render_json, render_text
from .repairing import Repair
from .settings import Place

_WAIT = "30m"


class ForcedAction(str, Enum):
    """What --action takes."""

    REBOOT = "reboot"
    REIMAGE = "reimage"
    REMOVE = "remove"


def repair(
    pool: asking.Pools = None,
    stack_name: asking.Stack = None,
    endpoint: asking.Endpoint = None,
    account: asking.Account = None,
    node: Annotated[
        list[str] | None, typer.Option("--node", metavar="ID", help="Only this node. Repeat for more.")
    ] = None,
    cause: Annotated[
        list[str] | None,
        typer.Option("--cause", metavar="ID", help="Only nodes with this cause, as 'diagnose' names it, or 'unknown'."),
    ] = None,
    action: Annotated[
        ForcedAction | None,
        typer.Option(help="Do this, whatever the cause calls for; reimage is documented for cloud service pools only."),
    ] = None,
    max_unavailable: Annotated[
        str, typer.Option(metavar="NODES", help="At most so many nodes out of work at once: a number or a percentage.")
    ] = DEFAULT_BUDGET,
    include_busy: Annotated[
        bool, typer.Option("--include-busy", help="Nodes with running tasks too; Batch queues those tasks again.")
    ] = False,
    wait_per_wave: Annotated[
        str, typer.Option(metavar="DURATION", help="How long each step of a wave may take: 45m, 1h, PT30M.")
    ] = _WAIT,
    yes: Yes = False,
    output: Form = Output.TABLE,
) -> None:
    """Reboots, or removes and grows again, the nodes that are not as they should be, by what 'diagnose' finds.

    Without --yes nothing is changed: the plan is printed, with the command that carries it out. With --yes it goes in
    waves, looks at each node once more before it acts, waits until the wave is healthy, and stops if it is not. Nodes
    with running tasks are left alone unless --include-busy is given. Autoscale is switched off while nodes are removed
    and put back on every way out, Ctrl-C included; after a kill the next run in the same folder puts it back.

    The login is as for 'extension-pool status', with a role that may change pools: Azure Batch Data Contributor.

    \b
    Examples:
      extension-pool repair --stack prod
      extension-pool repair --stack prod --max-unavailable 5% --yes
      extension-pool repair --pool linux --node tvm-1 --action remove --yes
      extension-pool repair --stack prod --output json | jq '.pools[].waves'

    \b
    Exit codes:
      0    nothing to repair, or all of it is repaired
      1    there is something to do: a plan without --yes, nodes that are left or not healthy
      2    bad usage or configuration, or another repair of the pool is under way
      3    could not ask Azure
      130  interrupted
    """
    options = Options(
        budget=parse_budget(max_unavailable),
        action=Remedy(action.value) if action is not None else None,
        nodes=tuple(dict.fromkeys(node or ())),
        causes=tuple(dict.fromkeys(cause or ())),
        include_busy=include_busy,
    )
    _check_causes(options.causes)
    limit = parse_duration(wait_per_wave, "--wait-per-wave")
    questions = asking.questions(pool, stack_name, endpoint, account)
    if options.nodes and len(questions) != 1:
        raise BadUsage(f"--node: needs exactly one pool, got {len(questions)}; give --pool")
    with asking.accounts(questions) as accounts, ended_as_interrupted():
        run = _Run(accounts, options, stack_name, Patience(limit))
        reports = run.carry_out(questions) if yes else [run.propose(question) for question in questions]
    if output is Output.JSON:
        write_json(render_json(reports, executed=yes))
    else:
        again = command_line(
            "repair",
            ("--stack", stack_name),
            ("--pool", pool),
            ("--endpoint", endpoint),
            ("--account", account),
            ("--node", options.nodes),
            ("--cause", options.causes),
            ("--action", action.value if action is not None else None),
            ("--max-unavailable", unless(max_unavailable, DEFAULT_BUDGET)),
            ("--include-busy", include_busy),
            ("--wait-per-wave", unless(wait_per_wave, _WAIT)),
        )
        write(render_text(reports, again))
    raise typer.Exit(0 if len(reports) == len(questions) and all(report.fine for report in reports) else 1)


def _check_causes(causes: Sequence[str]) -> None:
    """Refuses a slip of the pen, which would look like a pool without anything to repair."""
    known = [*known_causes(), UNKNOWN_CAUSE]
    for one in causes:
        if one not in known:
            near = get_close_matches(one, known, 1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise BadUsage(f"--cause: must be the id of a cause, got {one[:100]!r}; {hint}'diagnose' shows those found")


class _Run:
    """One run of the command over its pools."""

    def __init__(
        self, accounts: Mapping[Place, BatchAccount], options: Options, stack_name: str | None, patience: Patience
    ) -> None:
        self._accounts, self._options, self._stack, self._patience = accounts, options, stack_name, patience

    def propose(self, question: Question) -> Report:
        """The plan for a pool; nothing is changed."""
        saved = read_saved(journal_path(question.place.account, question.pool))
        plan, _ = self._plan(question)
        return Report(plan, to_put_back=explain_saved(saved) if saved is not None else "")

    def carry_out(self, questions: Sequence[Question]) -> list[Report]:
        """The pools one after the other, until one is not healthy; those that were not reached are told."""
        reports: list[Report] = []
        for number, question in enumerate(questions, 1):
            with open_journal(question.place.account, question.pool) as journal:
                reports.append(self._carry_out(question, journal))
            outcome = reports[-1].outcome
            if outcome is not None and not outcome.done and number < len(questions):
                tell([f"not reached: {', '.join(other.pool for other in questions[number:])}"])
                break
        return reports

    def _carry_out(self, question: Question, journal: Journal) -> Report:
        told = teller(question.pool)
        fleet = self._accounts[question.place]
        keeper = Keeper(fleet, journal, self._patience, told)
        if journal.left:
            told(f"an interrupted repair left to put back: {keeper.left()}")
            if not keeper.put_back():
                plan, _ = self._plan(question)
                return Report(replace(plan, waves=()), to_put_back=keeper.left())
        plan, health = self._plan(question)
        repair = Repair(
            fleet,
            keeper,
            plan,
            self._patience,
            expected=health.expected,
            include_busy=self._options.include_busy,
            tell=told,
        )
        return Report(plan, repair.run(), keeper.left())

    def _plan(self, question: Question) -> tuple[Plan, PoolHealth]:
        now = datetime.now(timezone.utc)
        with Line() as line:
            rounds = asking.Rounds([question], self._accounts, tell=lambda name, done: line.show(reading(name, done)))
            (health,) = rounds.ask()
        findings = asking.explain(question, health, self._stack, now)
        plan = plan_repair(health, findings, self._options, now)
        if health.verdict is Verdict.FAILED and not findings:
            # Nothing here can help, and it must not look as if all were well: the pool is gone, for one.
            plan = replace(plan, skipped=(*plan.skipped, Skipped((), health.summary, remedy=Remedy.NONE)))
        return plan, health


@contextmanager
def ended_as_interrupted() -> Iterator[None]:
    """Lets SIGTERM and SIGHUP end the work as Ctrl-C does, so that what was switched off is put back.

    A signal that is ignored stays so: with nohup the command outlives its terminal.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    # Windows has no SIGHUP.
    numbers = [number for name in ("SIGTERM", "SIGHUP") if (number := getattr(signal, name, None)) is not None]
    before = {number: signal.getsignal(number) for number in numbers}
    heeded = [number for number in numbers if before[number] is not signal.SIG_IGN]
    for number in heeded:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number in heeded:
            signal.signal(number, before[number])
