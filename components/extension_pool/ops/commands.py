"""The commands: each has a module of its own, which turns options into calls and the result into an exit code.

Errors are raised, not printed. Needs typer; `cli` checks that it is there before it imports this.
"""

import typer

from . import (
    diagnose_command,
    gate_command,
    images_command,
    import_command,
    migrate_command,
    recover_command,
    repair_command,
    report_command,
    rollback_command,
    status_command,
)

app = typer.Typer(
    name="extension-pool",
    help="Azure Batch pools with VM extensions: how they are, why, and what to do about it.",
    no_args_is_help=True,
    add_completion=False,
    # Plain help reads the same on a terminal, in a pipe and in a CI log.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


# The first sentence of a docstring is cut in the list of the commands; these fit.
app.command("status", short_help="Which extension works on which node.")(status_command.status)
app.command("gate", short_help="Wait until enough nodes are healthy, for CI.")(gate_command.gate)
app.command("diagnose", short_help="Why a pool is not as it should be, what to do.")(diagnose_command.diagnose)
app.command("repair", short_help="Reboot or replace nodes that are not healthy.")(repair_command.repair)
app.command("migrate", short_help="Move the jobs of a pool to another one.")(migrate_command.migrate)
app.command("rollback", short_help="Return to the pool before a failed replacement.")(rollback_command.rollback)
app.command("recover", short_help="Put right what a killed update left.")(recover_command.recover)
app.command("report", short_help="What previews would recreate, and the gate.")(report_command.report)
app.command("import", short_help="Bring a pool that exists under a stack.")(import_command.import_pool)
app.command("images", short_help="Which images go, and which are new.")(images_command.images)


@app.callback()
def _root() -> None:
    """Azure Batch pools with VM extensions: how they are, why, and what to do about it."""
