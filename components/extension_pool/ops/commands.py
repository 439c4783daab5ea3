"""The commands: options in, the reading, judging and rendering called, an exit code out.

Errors are raised, not printed. Needs typer and rich; `cli` checks that they are there before it imports this.
"""

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from . import asking, health, images_command, import_command, render, watch
from .duration import parse_duration
from .health import PoolHealth, Verdict
from .output import Output, write
from .text import clean_line

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


@app.callback()
def _root() -> None:
    """Azure Batch pools with VM extensions: their status, their way under Pulumi, the images they can have."""


@app.command()
def status(
    pool: asking.Pools = None,
    stack_name: asking.Stack = None,
    endpoint: asking.Endpoint = None,
    account: asking.Account = None,
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
    questions = asking.questions(pool, stack_name, endpoint, account)
    with asking.accounts(questions) as accounts:

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


def _progress() -> Callable[[Sequence[PoolHealth], float], None]:
    """Tells on a terminal how far each pool is, whenever that changes; says nothing in a pipe."""
    told: dict[str, str] = {}

    def tell(pools: Sequence[PoolHealth], seconds: float) -> None:
        for pool in pools:
            if sys.stderr.isatty() and told.get(pool.name) != pool.summary:
                told[pool.name] = pool.summary
                typer.echo(f"{seconds:5.0f} s  {clean_line(pool.name)}: {clean_line(pool.summary)}", err=True)

    return tell
