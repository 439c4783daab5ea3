"""The command `status`: what is on which node, once, until nothing waits, or for as long as somebody looks on."""

from typing import Annotated

import typer

from . import asking, node_command, showing, watch
from .duration import parse_duration
from .errors import BadUsage
from .follow import follow
from .gate import parse_share
from .output import PageOutput, tell
from .progress import Changes, Line, reading, to_terminal


def status(
    pool: asking.Pools = None,
    stack_name: asking.Stack = None,
    endpoint: asking.Endpoint = None,
    account: asking.Account = None,
    node: Annotated[
        str | None,
        typer.Option(metavar="ID", help="All that the service knows of one node; needs exactly one pool."),
    ] = None,
    extension: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="With --node: this extension only, by its name in the pool."),
    ] = None,
    output: Annotated[
        PageOutput,
        typer.Option(
            help="table for people, json for programs, html for a page that stands alone.", case_sensitive=False
        ),
    ] = PageOutput.TABLE,
    every: Annotated[
        bool, typer.Option("--all", help="A row for each node, however many; default: equal ones folded.")
    ] = False,
    require: Annotated[
        str | None,
        typer.Option(
            metavar="SHARE", help="Be content when this share of the nodes is healthy: 95%. Default: all of them."
        ),
    ] = None,
    wait: Annotated[
        str | None,
        typer.Option(
            metavar="DURATION",
            help="Ask again until nothing waits or --require is decided, at most this long: 90s, 20m, 1h, PT20M.",
        ),
    ] = None,
    watching: Annotated[bool, typer.Option("--watch", help="Ask again and again, until Ctrl-C.")] = False,
) -> None:
    """Which extensions are on which nodes, and whether that is as it should be.

    Every node is asked, since Azure answers node by node. Nodes without a machine (preempted, deallocated, leaving) are
    shown and do not count. Jobs that a roll-out disabled and that are still to be enabled are told. With --stack a pool
    that was deleted outside Pulumi is failed, and other changes made outside it are told. --wait and --watch do not ask
    again those nodes on which all is well.

    --watch draws the table in its place on a terminal. In a pipe it writes a line for each change; with --output json
    that line is a document.

    The login is that of 'az login' (or any other of DefaultAzureCredential), which needs the role Azure Batch Account
    Reader; or the account's shared key in AZURE_BATCH_ACCESS_KEY, with AZURE_BATCH_ACCOUNT.

    \b
    Examples:
      extension-pool status --stack prod
      extension-pool status --stack prod --pool linux --wait 20m --require 95%
      extension-pool status --pool linux --endpoint myaccount.westeurope.batch.azure.com --watch
      extension-pool status --stack prod --pool linux --node tvmps_1a2b3c
      extension-pool status --pool linux --output json | jq -r .verdict
      extension-pool status --stack prod --output html > status.html

    \b
    Exit codes:
      0    healthy; with --require: enough of it
      1    not healthy: failed, still waiting, or unknown
      2    bad usage or configuration
      3    could not ask Azure; with --require also: it hangs on nodes that nobody could say anything about
      130  interrupted
    """
    one_node = node_command.check(node, extension, output, [every, watching, require is not None, wait is not None])
    if watching and (wait is not None or output is PageOutput.HTML):
        raise BadUsage(
            "--watch: ends with Ctrl-C only, so --wait and --output html cannot go with it; leave one of them out"
        )
    share = parse_share(require) if require is not None else None
    limit = parse_duration(wait) if wait is not None else None
    questions = asking.questions(pool, stack_name, endpoint, account)
    if one_node is not None:
        raise typer.Exit(node_command.run(questions, one_node, output))
    with asking.accounts(questions) as accounts, Line() as line:
        rounds = asking.Rounds(
            questions, accounts, require=share, tell=lambda name, done: line.show(reading(name, done))
        )
        ask = line.around(rounds.ask)
        if watching:
            follow(ask, output, every)
        changes = Changes(to_terminal)
        going_on = watch.something_waits if share is None else watch.undecided
        pools = watch.watch(ask, limit or 0.0, going_on=going_on, tell=changes.tell, trouble=changes.trouble)
        waiting = asking.waiting_jobs(questions, accounts, lambda text: tell([f"extension-pool: {text}"]))
    showing.show(
        pools,
        output,
        every=every,
        explain=lambda moment: [
            finding
            for question, health in zip(questions, pools, strict=True)
            for finding in asking.explain(question, health, stack_name, moment)
        ],
        waiting=waiting,
    )
    raise typer.Exit(showing.exit_code(pools))
