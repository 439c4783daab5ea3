"""Which pools a command is about: the options that name them, the accounts that they are in, and asking for them."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from ..azure_types import PoolName
from . import batch, stack
from .batch import BatchAccount
from .diagnosis import Finding, diagnose
from .drift import find_drift
from .errors import BadUsage, CannotAsk, UnknownPool
from .gate import Share, with_gate
from .health import PoolHealth, judge_pool, missing_pool, settled
from .jobs import Job, Mark
from .migrating import read_waiting
from .settings import Place, place, read_settings
from .snapshot import NodeKey, NodeReading, PoolReading, node_key
from .stack import StackPool
from .sweep import Progress
from .text import some

Pools = Annotated[
    list[str] | None,
    typer.Option("--pool", metavar="NAME", help="A pool of the account. Repeat for more; with --stack: only these."),
]
Stack = Annotated[
    str | None,
    typer.Option("--stack", metavar="NAME", help="All pools of a Pulumi stack; runs 'pulumi stack export'."),
]
Endpoint = Annotated[
    str | None,
    typer.Option(
        "--endpoint",
        metavar="URL",
        help="The account's endpoint. Default: AZURE_BATCH_ENDPOINT, or what --stack knows.",
    ),
]
Account = Annotated[
    str | None,
    typer.Option("--account", metavar="NAME", help="The account. Default: AZURE_BATCH_ACCOUNT, or the endpoint's."),
]


@dataclass(frozen=True)
class Question:
    """A pool to ask for: its name, what it should have if the caller knows, and the account it is in.

    `stack` is what the stack knows of it; None when it was named without one.
    """

    pool: str
    expected: tuple[str, ...] | None
    place: Place
    stack: StackPool | None = None

    @property
    def key(self) -> tuple[Place, str]:
        """The one pool in the world that is asked for."""
        return self.place, self.pool


@contextmanager
def accounts(questions: Sequence[Question]) -> Iterator[Mapping[Place, BatchAccount]]:
    """Each account that is asked, once; closed at the end."""
    with ExitStack() as opened:
        yield {one: opened.enter_context(batch.connect(one)) for one in dict.fromkeys(q.place for q in questions)}


def waiting_jobs(
    questions: Sequence[Question], accounts: Mapping[Place, BatchAccount], note: Callable[[str], None]
) -> list[tuple[Job, Mark]]:
    """The jobs that a roll-out of these pools disabled and that are still to be enabled.

    Who may read pools need not be allowed to read jobs: an account that does not tell is left out, and `note` hears of
    it.
    """
    found: list[tuple[Job, Mark]] = []
    for where, account in accounts.items():
        names = [question.pool for question in questions if question.place == where]
        try:
            found += read_waiting(account, names)
        except CannotAsk as error:
            note(f"jobs that wait because of a roll-out are not shown: {error}")
    return found


def explain(question: Question, health: PoolHealth, stack_name: str | None, moment: datetime) -> tuple[Finding, ...]:
    """Why the pool that was asked for is as it is; the commands in it name what the question was asked with."""
    return diagnose(
        health,
        stack=stack_name,
        today=moment.date(),
        now=moment,
        component=question.stack.component if question.stack else None,
        endpoint=question.place.endpoint,
    )


class Rounds:
    """Asks for the same pools as often as it is told to. A node that is settled is not asked again.

    `require` judges each pool as a gate does, too. `tell` gets the pool's name and how far its reading is.
    """

    def __init__(
        self,
        questions: Sequence[Question],
        accounts: Mapping[Place, BatchAccount],
        *,
        require: Share | None = None,
        tell: Callable[[str, Progress], None] = lambda pool, progress: None,
    ) -> None:
        self._questions, self._accounts, self._require, self._tell = questions, accounts, require, tell
        self._seen: dict[tuple[Place, str], PoolHealth] = {}
        self._settled: dict[tuple[Place, str], dict[NodeKey, NodeReading]] = {}

    def ask(self) -> list[PoolHealth]:
        """The pools as they are now, in the order of the questions.

        A pool of a stack that the account does not have, or one that was there in an earlier round, is a failed pool.
        Raises `UnknownPool` for any other, and `CannotAsk`.
        """
        return [self._one(question) for question in self._questions]

    def _one(self, question: Question) -> PoolHealth:
        try:
            reading = self._accounts[question.place].read_pool(
                question.pool,
                settled=self._settled.get(question.key, {}),
                tell=lambda progress: self._tell(question.pool, progress),
            )
        except UnknownPool:
            health = self._missing(question)
            if health is None:
                raise
            # One of the same name that comes later is another pool.
            self._settled.pop(question.key, None)
        else:
            drift = () if question.stack is None else find_drift(question.stack, reading.pool)
            health = judge_pool(reading, question.place.account, question.expected, drift)
            self._keep(question, reading, health)
        self._seen[question.key] = health
        return health if self._require is None else with_gate(health, self._require)

    def _missing(self, question: Question) -> PoolHealth | None:
        """The verdict on a pool that Azure does not have; None when nobody ever knew of it."""
        if question.stack is not None:
            return missing(question)
        if question.key not in self._seen:
            return None
        health = missing_pool(question.pool, question.place.account, self._seen[question.key].expected)
        return replace(health, summary="deleted while it was watched: Azure had the pool and has it no more")

    def _keep(self, question: Question, reading: PoolReading, health: PoolHealth) -> None:
        done = {node_key(row.node) for row in health.nodes if settled(row)}
        self._settled[question.key] = {key: node for node in reading.nodes if (key := node_key(node.node)) in done}


def missing(question: Question) -> PoolHealth:
    """The verdict on a pool of a stack that Azure does not have."""
    drift = () if question.stack is None else find_drift(question.stack, None)
    return missing_pool(question.pool, question.place.account, question.expected, drift)


def questions(
    names: Sequence[str] | None, stack_name: str | None, endpoint: str | None = None, account: str | None = None
) -> list[Question]:
    """What the options and the environment ask for, each pool once. Raises `BadUsage` and `UnknownPool`."""
    settings = read_settings(os.environ, endpoint, account)
    pools = list(dict.fromkeys(names or ()))
    if stack_name is None:
        if not pools:
            raise BadUsage("pools: needs --pool or --stack, got neither; name what to ask for (--help has examples)")
        for name in pools:
            check_pool_name(name)
        where = place(settings)
        return [Question(name, None, where) for name in pools]
    known = stack.read_pools(stack.export_stack(stack_name))
    if not known:
        raise BadUsage(f"--stack: must have an ExtensionPool with a pool, got {stack_name!r} without; run 'pulumi up'")
    named = [name for pool in known for name in (pool.pool, pool.component)]
    for name in pools:
        if name not in named:
            has = some(sorted({pool.pool for pool in known}), 20)
            raise UnknownPool(f"--pool: must be a pool of stack {stack_name!r}, got {name!r}; it has {has}")
    wanted = [pool for pool in known if not pools or pool.pool in pools or pool.component in pools]
    other = next((pool for pool in wanted if account and pool.account.lower() != account.lower()), None)
    if other is not None:
        raise BadUsage(
            f"--account: must be the account of pool {other.pool!r}, {other.account!r}, got {account!r}; leave it out: "
            "a stack knows the account of each pool"
        )
    # AZURE_BATCH_ACCOUNT says whose the key is; a stack's pool is in the account that its id names.
    nobody = replace(settings, account=None)
    return [Question(pool.pool, pool.expected, place(nobody, pool.endpoint, pool.account), pool) for pool in wanted]


def check_pool_name(name: str, path: str = "--pool") -> None:
    """Refuses what Azure takes for no pool's name before it is asked; an empty one would ask for the list of pools."""
    try:
        TypeAdapter(PoolName).validate_python(name)
    except ValidationError as error:
        rule = error.errors(include_input=False)[0]["msg"]
        raise BadUsage(f"{path}: {rule}, got {name[:100]!r}") from None
