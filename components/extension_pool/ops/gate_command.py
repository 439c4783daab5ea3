"""The command `gate`: waits until enough of a pool is healthy."""

from typing import Annotated

import typer

from . import asking, showing, watch
from .duration import parse_duration
from .gate import parse_share
from .options import Form
from .output import Output, PageOutput
from .progress import Changes, Line, reading, to_stderr

WAIT = "30m"
"""How long a gate waits unless it is told. A judgement: nodes with drivers to install take ten to twenty minutes."""


def gate(
    pool: asking.Pools = None,
    stack_name: asking.Stack = None,
    endpoint: asking.Endpoint = None,
    account: asking.Account = None,
    require: Annotated[
        str, typer.Option(metavar="SHARE", help="How many of the nodes must be usable with all their extensions.")
    ] = "100%",
    wait: Annotated[
        str,
        typer.Option(metavar="DURATION", help="Wait at most this long: 90s, 20m, 1h, PT20M; 0 judges what is there."),
    ] = WAIT,
    output: Form = Output.TABLE,
) -> None:
    """Waits until enough nodes are usable with all extensions, for scripts and CI: go on, or stop here.

    Each pool must have its share. What counts is the nodes that the pool wants; those that Azure took back (preempted,
    deallocated) do not. The gate ends early when every pool has passed, or when one cannot any more: what failed is not
    waited for. Nodes that nobody can say anything about are asked again until the time is over.

    What changes is written to stderr, a line with the time for each change, the result to stdout. The login is as for
    'extension-pool status'.

    \b
    Examples:
      pulumi up --yes --stack prod && extension-pool gate --stack prod
      extension-pool gate --stack prod --require 95% --wait 20m
      extension-pool gate --pool linux --endpoint myaccount.westeurope.batch.azure.com --wait 0
      extension-pool gate --stack prod --output json | jq -r '.pools[].gate.summary'

    \b
    Exit codes:
      0    passed
      1    not passed: too many failed, or the time was over
      2    bad usage or configuration
      3    could not ask Azure, or it hangs on nodes that nobody could say anything about
      130  interrupted
    """
    share = parse_share(require)
    limit = parse_duration(wait, zero=True)
    changes = Changes(to_stderr)
    questions = asking.questions(pool, stack_name, endpoint, account)
    with asking.accounts(questions) as accounts, Line() as line:
        rounds = asking.Rounds(
            questions, accounts, require=share, tell=lambda name, done: line.show(reading(name, done))
        )
        pools = watch.watch(
            line.around(rounds.ask), limit, going_on=watch.undecided, tell=changes.tell, trouble=changes.trouble
        )
    changes.tell(pools)
    showing.show(pools, PageOutput(output.value))
    raise typer.Exit(showing.exit_code(pools))
