"""Which pools a command is about: the options that name them, and the accounts that they are in."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from ..azure_types import PoolName
from . import batch, stack
from .batch import BatchAccount
from .errors import BadUsage, UnknownPool
from .settings import Place, place, read_settings
from .stack import StackPool
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


@contextmanager
def accounts(questions: Sequence[Question]) -> Iterator[Mapping[Place, BatchAccount]]:
    """Each account that is asked, once; closed at the end."""
    with ExitStack() as opened:
        yield {one: opened.enter_context(batch.connect(one)) for one in dict.fromkeys(q.place for q in questions)}


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
            _check_pool_name(name)
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


def _check_pool_name(name: str) -> None:
    """Refuses what Azure takes for no pool's name before it is asked; an empty one would ask for the list of pools."""
    try:
        TypeAdapter(PoolName).validate_python(name)
    except ValidationError as error:
        rule = error.errors(include_input=False)[0]["msg"]
        raise BadUsage(f"--pool: {rule}, got {name[:100]!r}") from None
