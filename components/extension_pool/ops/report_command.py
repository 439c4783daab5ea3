"""The command `report`: what previews would do, for whoever reviews the change."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timezone
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from .batch import BatchAccount, connect
from .errors import BadUsage, CannotAsk, OpsError
from .jobs import same
from .migrating import count_tasks, read_all
from .output import look, tell, write, write_json
from .posting import Action, Forge, open_forge, write_summary
from .report_inputs import Given, find_project, name_of_project, parse_given
from .review import git
from .review.allowing import judge
from .review.documents import without_collection
from .review.freshness import judge_freshness
from .review.freshness_facts import gather_facts
from .review.json_view import render_json
from .review.judging import judge_preview
from .review.live import Goes, Running, find_pools_that_go, with_running
from .review.markdown import render_markdown
from .review.model import Environment, Report
from .review.places import Places
from .review.rules import Rules
from .review.rules_source import read_rules
from .review.terminal import render_terminal
from .settings import Place, Settings, normalise_endpoint, place, read_settings
from .text import clean_line


class ReportOutput(str, Enum):
    """How the report is printed."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"


class Service(str, Enum):
    """Where pull requests are."""

    GITHUB = "github"
    AZURE_DEVOPS = "azure-devops"


def report(
    preview: Annotated[
        list[str],
        typer.Option(metavar="ENV=FILE", help="What 'pulumi preview --json' of a stack printed. Repeat for more."),
    ],
    said: Annotated[
        list[str] | None, typer.Option(metavar="ENV=FILE", help="What that preview printed on standard error.")
    ] = None,
    failed: Annotated[
        list[str] | None, typer.Option(metavar="ENV", help="That preview ended with another exit code than 0.")
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(metavar="REV", help="The branch that the change goes into: the lines of edits, and its rules."),
    ] = None,
    rules: Annotated[
        str | None, typer.Option(metavar="FILE", help="The rules of the gate. Default: review.yaml, if it is there.")
    ] = None,
    no_rules: Annotated[
        bool, typer.Option("--no-rules", help="Judge by no rules, where there is nothing to approve: drift, a look.")
    ] = False,
    label: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A label of the pull request. --post asks for them.")
    ] = None,
    made_for: Annotated[
        list[str] | None, typer.Option(metavar="ENV=SHA", help="The commit that a preview was made for.")
    ] = None,
    made_at: Annotated[
        list[str] | None, typer.Option(metavar="ENV=TIME", help="When a preview was made. Default: the file's time.")
    ] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="Of some environments only: do not miss others that the rules name.")
    ] = False,
    live: Annotated[bool, typer.Option("--live", help="Ask Azure how many tasks run on the pools that go.")] = False,
    markdown: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it as Markdown of at most 10 KB, as for a comment.")
    ] = None,
    full: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it as Markdown, all of it.")] = None,
    output: Annotated[
        ReportOutput, typer.Option(help="table for people, json for programs, markdown.", case_sensitive=False)
    ] = ReportOutput.TABLE,
    post: Annotated[
        Service | None, typer.Option(help="Keep one comment on the pull request, and add to the run's summary.")
    ] = None,
    key: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Tells comments apart. Default: the project's name.")
    ] = None,
) -> None:
    """Says what previews would recreate, delete and change: why, by which line of the change, and at what cost.

    Previews may have failed; what they printed is read all the same. Secrets are never shown. With rules it says what
    still needs an approval. It asks Azure nothing without --live, and changes nothing there.

    Preview with --show-replacement-steps: without it Pulumi's JSON leaves out an old pool that an earlier update was to
    delete. Run the report in the project's folder. --post takes its token and the pull request from the environment of
    the run.

    \b
    Examples:
      pulumi preview --json --show-replacement-steps --stack prod > prod.json
      extension-pool report --preview prod=prod.json
      extension-pool report --preview dev=dev.json --preview prod=prod.json --base origin/main
      extension-pool report --preview prod=prod.json --base origin/main --post github --full report.md
      extension-pool report --preview prod=prod.json --output json | jq -r '.environments[].changes[].name'

    \b
    Exit codes:
      0    every preview can be believed, and the rules, if there are any, let the change pass
      1    a preview failed, is missing or is stale; or the rules do not let it pass
      2    bad usage or configuration
      3    could not ask the service of the pull request
      130  interrupted
    """
    folder, now = find_project(Path.cwd()), datetime.now(timezone.utc)
    given = parse_given(preview, said, failed, made_for, made_at)
    places = Places.between(*git.stack_files(folder, base)) if base is not None else None
    if no_rules and rules is not None:
        raise BadUsage("--no-rules: cannot be with --rules; leave one of them out")
    found = None if no_rules else read_rules(folder, rules, base)
    settings = read_settings(os.environ) if live else None
    forge = open_forge(post.value, os.environ) if post is not None else None
    trouble: list[CannotAsk] = []

    made = Report(tuple(_environments(given, folder, places, found[0] if found is not None else None, now)), base)
    if settings is not None:
        made = with_running(made, _running(find_pools_that_go(made), settings))
    if found is not None:
        made = judge(made, found[0], _labels(label, forge, trouble), now, partial=partial)
        made = replace(made, findings=(*found[1], *made.findings))
    _write_file("--markdown", markdown, lambda: render_markdown(made))
    _write_file("--full", full, lambda: render_markdown(made, limit=None))
    _print(made, output)
    if forge is not None:
        _post(made, forge, key if key is not None else name_of_project(folder), trouble)
    if trouble:
        raise trouble[0]
    raise typer.Exit(0 if made.passes else 1)


def _environments(
    given: Given, folder: Path, places: Places | None, rules: Rules | None, now: datetime
) -> Iterator[Environment]:
    for name, file in given.files.items():
        with without_collection():
            read = given.read(name)
            environment = judge_preview(read, places=places)
        commit, made = given.made_for.get(name), given.made_at.get(name)
        facts = gather_facts(folder, name, file, read.config, made_for=commit, made_at=made)
        yield judge_freshness(environment, facts, rules.max_age(name) if rules is not None else None, now)


def _labels(named: Sequence[str] | None, forge: Forge | None, trouble: list[CannotAsk]) -> frozenset[str] | None:
    """The labels that are known; None where nobody could be asked, which approves nothing."""
    given = frozenset(named or ())
    if forge is None:
        return given if named is not None else None
    try:
        return given | forge.labels()
    except CannotAsk as error:
        trouble.append(error)
        return given or None


def _running(pools: Sequence[Goes], settings: Settings) -> dict[Goes, Running]:
    """Asks for the tasks that run on each pool. Nothing that is in the way of it ends the report."""
    answers: dict[Goes, Running] = {}
    with ExitStack() as opened:
        accounts: dict[Place, BatchAccount] = {}
        for one in pools:
            try:
                endpoint = normalise_endpoint(one.endpoint, "the stack's endpoint") if one.endpoint else None
                # AZURE_BATCH_ACCOUNT says whose the key is; the pool is in the account that its id names
                where = place(replace(settings, account=None), endpoint, one.account)
                if where not in accounts:
                    accounts[where] = opened.enter_context(connect(where))
                answers[one] = Running(_count(accounts[where], one.pool))
            except OpsError as error:
                answers[one] = Running(None, clean_line(str(error)))
    return answers


def _count(account: BatchAccount, pool: str) -> int:
    jobs = [job for job in read_all(account) if same(job.pool, pool)]
    return sum(counts.running for counts in count_tasks(account, jobs).values())


def _write_file(option: str, file: Path | None, render: Callable[[], str]) -> None:
    if file is None:
        return
    try:
        file.write_text(render(), encoding="utf-8", newline="\n")
    except OSError as error:
        shown = clean_line(str(file))
        raise BadUsage(f"{option}: must be a file that can be written, got {shown!r}: {error.strerror}") from None


def _print(made: Report, output: ReportOutput) -> None:
    if output is ReportOutput.JSON:
        write_json(render_json(made))
        return
    text = render_markdown(made, limit=None) if output is ReportOutput.MARKDOWN else render_terminal(made, look())
    write(text)


def _post(made: Report, forge: Forge, key: str, trouble: list[CannotAsk]) -> None:
    """The comment and the summary; what could not be asked is told at the end, after all the rest is done."""
    try:
        posted = forge.post(render_markdown(made), key, passes=made.passes)
        if posted.action is Action.SKIPPED:
            tell([f"no comment: {posted.reason}"])
        else:
            tell([f"comment {posted.action.value}: {posted.url or ''}"])
    except CannotAsk as error:
        trouble.append(error)
    try:
        write_summary(render_markdown(made, limit=None), os.environ)
    except CannotAsk as error:
        trouble.append(error)
