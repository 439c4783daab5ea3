"""The commands: options in, the reading, judging and rendering called, an exit code out.

Errors are raised, not printed. Needs typer and rich; `cli` checks that they are there before it imports this.
"""

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from ..azure_types import PoolName
from . import batch, health, images_command, import_command, render, stack, watch
from .duration import parse_duration
from .errors import BadUsage, UnknownPool
from .health import PoolHealth, Verdict
from .output import Output, write
from .settings import Place, Settings, place, read_settings
from .text import clean_line, some

app = typer.Typer(
    name="extension-pool",
    help="Azure Batch pools with VM extensions: their status, their way under Pulumi, the images they can have.",
    no_args_is_help=True,
    add_completion=False,
    # Plain help reads the same on a terminal, in a pipe and in a CI log.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


app.command("import")(import_command.import_pool)
app.command("images")(images_command.images)


@dataclass(frozen=True)
class Question:
    """A pool to ask for: its name, what it should have if the caller knows, and the account it is in."""

    pool: str
    expected: tuple[str, ...] | None
    place: Place


@app.callback()
def _root() -> None:
    """Azure Batch pools with VM extensions: their status, their way under Pulumi, the images they can have."""


@app.command()
def status(
    pool: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A pool of the account. Repeat for more; with --stack: only these."),
    ] = None,
    stack_name: Annotated[
        str | None,
        typer.Option("--stack", metavar="NAME", help="All pools of a Pulumi stack; runs 'pulumi stack export'."),
    ] = None,
    endpoint: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="The account's endpoint. Default: AZURE_BATCH_ENDPOINT, or what --stack knows."
        ),
    ] = None,
    account: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The account. Default: AZURE_BATCH_ACCOUNT, or the endpoint's."),
    ] = None,
    output: Annotated[
        Output, typer.Option(help="table for people, json for programs.", case_sensitive=False)
    ] = Output.TABLE,
    wait: Annotated[
        str | None,
        typer.Option(metavar="DURATION", help="Ask again until nothing waits, at most this long: 90s, 20m, 1h, PT20M."),
    ] = None,
) -> None:
    """Which extensions are on which nodes, and whether that is as it should be.

    Every node is asked, since Azure answers node by node. Nodes without a machine (preempted, deallocated, leaving) are
    shown and do not count.

    The login is that of 'az login' (or any other of DefaultAzureCredential), which needs the role Azure Batch Account
    Reader; or the account's shared key in AZURE_BATCH_ACCESS_KEY, with AZURE_BATCH_ACCOUNT.

    \b
    Examples:
      extension-pool status --stack prod
      extension-pool status --stack prod --pool linux --wait 20m
      extension-pool status --pool linux --endpoint myaccount.westeurope.batch.azure.com
      extension-pool status --pool linux --output json | jq -r .verdict

    \b
    Exit codes:
      0    healthy
      1    not healthy: failed, still waiting, or unknown
      2    bad usage or configuration
      3    could not ask Azure
      130  interrupted
    """
    limit = parse_duration(wait) if wait is not None else None
    settings = read_settings(os.environ, endpoint, account)
    questions = _questions(list(dict.fromkeys(pool or [])), stack_name, settings, account)
    with ExitStack() as opened:
        accounts = {one: opened.enter_context(batch.connect(one)) for one in dict.fromkeys(q.place for q in questions)}

        def ask() -> list[PoolHealth]:
            return [
                health.judge_pool(accounts[q.place].read_pool(q.pool), q.place.account, q.expected) for q in questions
            ]

        pools = ask() if limit is None else watch.watch(ask, limit, tell=_progress())
    print_result(pools, output)
    raise typer.Exit(exit_code(pools))


def exit_code(pools: Sequence[PoolHealth]) -> int:
    """0 if every pool is healthy, else 1."""
    return 0 if all(pool.verdict is Verdict.HEALTHY for pool in pools) else 1


def print_result(pools: Sequence[PoolHealth], output: Output) -> None:
    """To stdout: fitted and coloured on a terminal, plain in a pipe."""
    if output is Output.JSON:
        text = render.render_json(pools)
    else:
        terminal = sys.stdout.isatty()
        text = render.render_table(
            pools,
            width=shutil.get_terminal_size().columns if terminal else None,
            # https://no-color.org
            colour=terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb",
            unicode=(sys.stdout.encoding or "").lower().replace("-", "").startswith("utf"),
        )
    write(text)


def _questions(pools: list[str], stack_name: str | None, settings: Settings, account: str | None) -> list[Question]:
    """What to ask for; `account` is the option, as far as given."""
    if stack_name is None:
        if not pools:
            raise BadUsage("status: needs --pool or --stack, got neither; name what to ask for (--help has examples)")
        for name in pools:
            _check_pool_name(name)
        where = place(settings)
        return [Question(name, None, where) for name in pools]
    known = stack.read_pools(stack.export_stack(stack_name))
    if not known:
        raise BadUsage(f"--stack: must have an ExtensionPool with a pool, got {stack_name!r} without; run 'pulumi up'")
    names = [name for pool in known for name in (pool.pool, pool.component)]
    for name in pools:
        if name not in names:
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
    return [Question(pool.pool, pool.expected, place(nobody, pool.endpoint, pool.account)) for pool in wanted]


def _check_pool_name(name: str) -> None:
    """Refuses what Azure takes for no pool's name before it is asked; an empty one would ask for the list of pools."""
    try:
        TypeAdapter(PoolName).validate_python(name)
    except ValidationError as error:
        rule = error.errors(include_input=False)[0]["msg"]
        raise BadUsage(f"--pool: {rule}, got {name[:100]!r}") from None


def _progress() -> Callable[[Sequence[PoolHealth], float], None]:
    """Tells on a terminal how far each pool is, whenever that changes; says nothing in a pipe."""
    told: dict[str, str] = {}

    def tell(pools: Sequence[PoolHealth], seconds: float) -> None:
        for pool in pools:
            if sys.stderr.isatty() and told.get(pool.name) != pool.summary:
                told[pool.name] = pool.summary
                typer.echo(f"{seconds:5.0f} s  {clean_line(pool.name)}: {clean_line(pool.summary)}", err=True)

    return tell
