"""The command `diagnose`: why a pool is not as it should be, and what to do."""

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Annotated

import typer

from . import asking, diagnosis_view
from .cells import Verdict
from .diagnosis_view import Diagnosis
from .options import Form
from .output import Output, look, write, write_json
from .progress import Line, reading


def diagnose(
    pool: asking.Pools = None,
    stack_name: asking.Stack = None,
    endpoint: asking.Endpoint = None,
    account: asking.Account = None,
    output: Form = Output.TABLE,
    every: Annotated[bool, typer.Option("--all", help="Name all nodes of a cause; default: the first few.")] = False,
) -> None:
    """Why a pool is not as it should be, and what to do.

    Failures are grouped by their cause: a vault that refuses the identity, an identity that is not on the node, a
    quota, a node that Batch cannot reach. Each comes with the service's words, the vendor's advice, one command to
    copy, and the nodes that it has struck. A failure that nobody knows is shown whole.

    What is still on its way is not told, unless it takes too long. Nothing is changed: 'extension-pool repair' acts on
    what is found here. The login is as for 'extension-pool status'.

    \b
    Examples:
      extension-pool diagnose --stack prod
      extension-pool diagnose --pool linux --endpoint myaccount.westeurope.batch.azure.com
      extension-pool diagnose --stack prod --output json | jq -r '.pools[].findings[].command'

    \b
    Exit codes:
      0    nothing to tell, or advice only
      1    something failed, or nobody can say
      2    bad usage or configuration
      3    could not ask Azure
      130  interrupted
    """
    questions = asking.questions(pool, stack_name, endpoint, account)
    with asking.accounts(questions) as accounts, Line() as line:
        rounds = asking.Rounds(questions, accounts, tell=lambda name, done: line.show(reading(name, done)))
        pools = rounds.ask()
    moment = now()
    diagnoses = [
        (health, asking.explain(question, health, stack_name, moment))
        for question, health in zip(questions, pools, strict=True)
    ]
    if output is Output.JSON:
        write_json(diagnosis_view.render_json(diagnoses))
    else:
        seen = look()
        write(
            diagnosis_view.render_blocks(
                diagnoses, width=seen.width, colour=seen.colour, unicode=seen.unicode, every_node=every
            )
        )
    raise typer.Exit(exit_code(diagnoses))


def exit_code(diagnoses: Sequence[Diagnosis]) -> int:
    """1 if something failed or is unknown, else 0: advice alone stops nobody's script."""
    every = {finding.severity for _, findings in diagnoses for finding in findings}
    return 1 if every & {Verdict.FAILED, Verdict.UNKNOWN} else 0


def now() -> datetime:
    """The time that waiting is judged against, in UTC."""
    return datetime.now(timezone.utc)
