"""The scripts of the workflows on GitHub, taken out of them and executed: the real engine, local Azure, a local GitHub.

What the table of expressions does not know, and a script that nobody runs, fails.
"""

from __future__ import annotations

import copy
import json
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.extension_pool.ops.posting.forge_server import BOT_TOKEN, Server, forge_server
from tests.on_engine.config import pool

from .github_jobs import WORKFLOWS, Workflow, read_workflow
from .github_runs import Runs, said, scripts_of, stranger
from .scripts import clone
from .world import OwnProject, World, token_service

pytestmark = [pytest.mark.engine, pytest.mark.drill]

HERE = "contoso/render"
LARGER = pool(vmSize="Standard_D4s_v5")
MISTAKEN = pool(vmSiz="Standard_D4s_v5")

# Scripts by job and step: whether they are executed here, or why not.
SCRIPTS = {
    ("ci.yml", "fast", "Tests without the engine"): "would run this test again",
    ("ci.yml", "all", "What everybody runs"): "would run this test again",
    ("review.yml", "review", "Install"): "executed",
    ("review.yml", "review", "Review"): "executed",
    ("pull-request.yml", "approvals", "Approvals were for what was there before this push"): "executed",
    ("preview.yml", "forks", "A fork's program gets credentials only after somebody has read it"): "executed",
    ("preview.yml", "preview", "Install"): "executed",
    ("preview.yml", "preview", "Log in"): "executed",
    ("preview.yml", "preview", "Preview"): "executed",
    ("preview.yml", "preview", "Running tasks"): "executed",
    ("preview.yml", "report", "Install"): "executed",
    ("preview.yml", "report", "Report"): "executed",
    ("drift.yml", "drift", "Install"): "executed",
    ("drift.yml", "drift", "Log in"): "executed",
    ("drift.yml", "drift", "Drift"): "executed",
}


@pytest.fixture
def token_url() -> Iterator[str]:
    with token_service() as url:
        yield url


@pytest.fixture
def runs(world: World, forge: Server, tmp_path: Path, token_url: str) -> Runs:
    return Runs(world, forge, tmp_path, token_url)


def test_every_script_of_a_workflow_is_known_here() -> None:
    found = {
        (file.name, *one) for file in sorted(WORKFLOWS.glob("*.yml")) for one in scripts_of(read_workflow(file.name))
    }
    assert found == set(SCRIPTS)


# --- previews and the report -----------------------------------------------------------------------------------------


def test_a_pull_request_is_previewed_reported_and_held_until_it_has_its_label(runs: Runs, world: World) -> None:
    head = world.change(prod=LARGER)
    run = runs.preview(head, live=True)
    assert run.results == {"forks": "success", "preview": "success", "report": "failure"}
    assert run.executed == scripts_of(run.document)
    (comment,) = runs.forge.texts
    assert "prod" in comment and "vmSize" in comment and "Standard_D4s_v5" in comment
    assert 'add the label "recreate-ok"' in comment
    assert "stacks/Pulumi.prod.yaml" in comment
    report = run.jobs["report"]
    assert "vmSize" in report.summary
    assert (run.artifacts / "report-1" / "report.md").read_text(encoding="utf-8").count("Standard_D4s_v5")
    # what is installed to judge with is not the change's
    ((arguments, _),) = [one for one in runs.stand_ins.calls("python") if one[1].name == "trusted"]
    assert arguments == ["-m", "pip", "install", "--quiet", "--constraint", "constraints.txt", ".[ops]"]
    preview = run.jobs["preview (prod)"]
    assert "0 tasks running now" in preview.summary and "The gate" not in preview.summary
    token = preview.temp / "azure-token"
    assert token.read_text(encoding="utf-8") == "a-federated-token"
    assert stat.S_IMODE(token.stat().st_mode) == 0o600

    runs.forge.labels.append("recreate-ok")
    again = runs.preview(head)
    assert again.results == {"forks": "success", "preview": "success", "report": "success"}
    (comment,) = runs.forge.texts
    assert 'add the label "recreate-ok"' not in comment


@pytest.mark.parametrize("gated", [True, False])
def test_a_preview_that_fails_is_told_and_makes_the_run_red(runs: Runs, world: World, gated: bool) -> None:
    document = read_workflow("preview.yml")
    if not gated:
        document = copy.deepcopy(document)
        steps = document["jobs"]["report"]["steps"]
        steps[:] = [step for step in steps if step.get("name") != "Report"]
    run = runs.preview(world.change(dev=MISTAKEN), document=document)
    assert run.results == {"forks": "success", "preview": "success", "report": "failure" if gated else "success"}
    assert [text for text in runs.forge.texts if "did you mean vmSize?" in text] == runs.forge.texts
    assert len(runs.forge.texts) == gated
    assert (run.artifacts / "preview-dev-1" / "exit-code").read_text(encoding="utf-8") != "0\n"


def test_a_preview_that_never_came_is_missing_and_its_jobs_failure_is_no_skipped_report(
    runs: Runs, world: World
) -> None:
    document = copy.deepcopy(read_workflow("preview.yml"))
    # no token is to be had: the job ends before its preview
    document["jobs"]["preview"]["env"]["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = "another"
    run = runs.preview(world.change(), document=document)
    assert run.results == {"forks": "success", "preview": "failure", "report": "failure"}
    (comment,) = runs.forge.texts
    assert "there is no file" in comment
    assert "the previews ended with: failure" in said(run.jobs["report"].printed["Report"])


def test_without_its_condition_the_report_would_be_skipped_which_counts_as_passed(runs: Runs, world: World) -> None:
    document = copy.deepcopy(read_workflow("preview.yml"))
    document["jobs"]["preview"]["env"]["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = "another"
    del document["jobs"]["report"]["if"]
    run = runs.preview(world.change(), document=document, stacks=("dev",))
    assert run.results["report"] == "skipped" and runs.forge.texts == []


@dataclass(frozen=True)
class Previewed:
    """A run that passed. head: its commit. artifacts: what its jobs left."""

    head: str
    artifacts: Path


@pytest.fixture(scope="module")
def previewed(world: World, tmp_path_factory: pytest.TempPathFactory) -> Previewed:
    folder = tmp_path_factory.mktemp("previewed")
    head = world.change()
    with forge_server(folder) as forge, token_service() as url:
        run = Runs(world, forge, folder, url).preview(head, stacks=("dev",))
    assert run.results == {"forks": "success", "preview": "success", "report": "success"}
    return Previewed(head, run.artifacts)


def report_again(runs: Runs, previewed: Previewed, change: Callable[[Path], object]) -> Workflow:
    """The job `report` of that run once more. change: gets the folder of the artifacts first."""
    document = copy.deepcopy(read_workflow("preview.yml"))
    document["jobs"] = {"report": document["jobs"]["report"]}
    run = runs.prepare(previewed.head, stacks=("dev",), document=document, between=change)
    run.results |= {"forks": "success", "preview": "success"}
    shutil.copytree(previewed.artifacts, run.artifacts, ignore=shutil.ignore_patterns("report-*"))
    run.run()
    return run


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda folder: (folder / "commit").write_text("0" * 40 + "\n"), "was made for commit 0000000"),
        (lambda folder: (folder / "commit").unlink(), "was made for commit 0000000"),
        (lambda folder: (folder / "made-at").unlink(), "1970"),
        (lambda folder: (folder / "exit-code").unlink(), "failed"),
        (lambda folder: (folder / "preview.json").unlink(), "there is no file"),
        (
            lambda folder: [
                (folder / "preview.json").unlink(),
                (folder / "preview.json").symlink_to("/proc/self/environ"),
            ],
            "there is no file",
        ),
    ],
    ids=["another commit", "no commit", "no time", "no exit code", "no preview", "a link"],
)
def test_what_a_preview_leaves_out_or_points_to_lets_nothing_pass(
    runs: Runs, previewed: Previewed, change: Callable[[Path], object], words: str
) -> None:
    run = report_again(runs, previewed, lambda artifacts: change(artifacts / "preview-dev-1"))
    assert run.results["report"] == "failure"
    (comment,) = runs.forge.texts
    assert words in comment and BOT_TOKEN not in comment


def test_a_report_that_runs_again_takes_the_previews_that_are_there(runs: Runs, previewed: Previewed) -> None:
    assert report_again(runs, previewed, lambda artifacts: None).results["report"] == "success"


def test_a_job_cannot_put_a_preview_in_the_place_of_another_ones(runs: Runs, world: World) -> None:
    def slip(artifacts: Path) -> None:
        for name in ("prod.json", "preview.json"):
            (artifacts / "preview-dev-1" / "preview-prod-1").mkdir(exist_ok=True)
            (artifacts / "preview-dev-1" / "preview-prod-1" / name).write_text('{"steps": []}', encoding="utf-8")

    run = runs.preview(world.change(prod=LARGER), between=slip)
    assert run.results["report"] == "failure"
    assert "vmSize" in runs.forge.texts[0]


def test_a_run_again_takes_the_newest_preview_of_each_stack(runs: Runs, world: World) -> None:
    first = runs.preview(world.change(dev=MISTAKEN), stacks=("dev",))
    second = runs.preview(world.change(), stacks=("dev",), artifacts=first.artifacts)
    assert sorted(one.name for one in second.artifacts.glob("preview-*")) == ["preview-dev-1", "preview-dev-2"]
    assert second.results["report"] == "success"


def test_a_fork_gets_no_credentials_unless_somebody_is_asked_first(runs: Runs, world: World) -> None:
    head = world.change()
    closed = runs.preview(head, fork=True)
    assert closed.results == {"forks": "failure", "preview": "skipped", "report": "failure"}
    assert "forks are not previewed" in said(next(iter(closed.jobs["forks"].printed.values())))

    runs.stand_ins.answers = [(["environments/dev-preview"], (0, "wait_timer\n"))]
    open_door = runs.preview(head, fork=True, forks=True, stacks=("dev",))
    assert open_door.results == {"forks": "failure", "preview": "skipped", "report": "failure"}
    assert "dev-preview: has no required reviewers" in said(next(iter(open_door.jobs["forks"].printed.values())))

    runs.stand_ins.answers = [(["environments/dev-preview"], (0, "wait_timer\nrequired_reviewers\n"))]
    asked = runs.preview(head, fork=True, forks=True, stacks=("dev",))
    assert asked.results == {"forks": "success", "preview": "success", "report": "success"}


# --- on local Azure --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> OwnProject:
    return OwnProject(tmp_path_factory.mktemp("own"))


@pytest.mark.parametrize("labels", ['["bug", "recreate-ok"]', '["recreate-ok; exit 0", "$(exit 0)"]'])
def test_a_stranger_gets_a_review_on_local_azure_with_no_credentials(runs: Runs, own: OwnProject, labels: str) -> None:
    head = own.change('pollingIntervalInS: "3600"', 'pollingIntervalInS: "60"')
    table = {"toJSON(github.event.pull_request.labels.*.name)": labels}
    run = runs.workflow("review.yml", table, head)

    def checkout(target: Path, given: Mapping[str, Any]) -> None:
        assert given == {"fetch-depth": 0, "persist-credentials": False}
        clone(own.folder, target, head)
        own.fill(target, runs.world.local.engine.path)

    run.checkout = checkout
    run.environment = {**stranger(run.environment), "GITHUB_BASE_REF": "main"}
    passes = "recreate-ok" in json.loads(labels)
    assert run.run() == {"review": "success" if passes else "failure"}
    assert run.executed == scripts_of(run.document)
    job = run.jobs["review"]
    assert "pollingIntervalInS" in job.summary and "pollingIntervalInS" in said(job.printed["Review"])
    assert ('add the label "recreate-ok"' in job.summary) is not passes


# --- labels ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("action", "deleted"), [("synchronize", ["Recreate-OK", "needs%20a%2Fb"]), ("labeled", [])])
def test_a_push_takes_the_approvals_away_and_no_other_label(
    runs: Runs, world: World, action: str, deleted: list[str]
) -> None:
    document = copy.deepcopy(read_workflow("pull-request.yml"))
    del document["jobs"]["previews"]
    table = {
        "github.event.action == 'synchronize'": action == "synchronize",
        "github.token": BOT_TOKEN,
        "vars.APPROVAL_LABELS || '[]'": '["recreate-ok", "needs a/b"]',
        "github.event.pull_request.number": 7,
    }
    runs.stand_ins.answers = [(["--paginate", f"repos/{HERE}/issues/7/labels"], (0, "bug\nRecreate-OK\nneeds a/b\n"))]
    run = runs.workflow("pull-request.yml", table, "0" * 40, document=document)
    assert run.run() == {"approvals": "success"}
    paths = [arguments[-1] for arguments, _ in runs.stand_ins.calls("gh") if "DELETE" in arguments]
    assert paths == [f"repos/{HERE}/issues/7/labels/{name}" for name in deleted]


# --- drift -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "words"),
    [
        (None, []),
        ("merged", ["vmSize", "Standard_D4s_v5"]),
        ("by hand", ["targetDedicatedNodes", "5"]),
        ("broken", ["did you mean vmSize?"]),
    ],
)
def test_drift_is_a_red_run_with_a_summary_that_says_which(
    runs: Runs, world: World, how: str | None, words: list[str]
) -> None:
    variables = {f"vars.{name}": f"the-{name}" for name in ("AZURE_CLIENT_ID", "AZURE_TENANT_ID")}
    table = {
        **variables,
        "vars.DRIFT_ENVIRONMENTS != ''": True,
        "vars.DRIFT_ENVIRONMENTS": '["dev"]',
        "vars.AZURE_SUBSCRIPTION_ID": "00000000-0000-0000-0000-000000000000",
        "vars.AZURE_STORAGE_ACCOUNT": None,
        "vars.PULUMI_BACKEND_URL": (world.local.work / "state").as_uri(),
    }
    run = runs.workflow("drift.yml", table, "0" * 40)
    with world.drifted(how):
        assert run.run() == {"drift": "failure" if how else "success"}
    assert run.executed == scripts_of(run.document)
    job = run.jobs["drift (dev)"]
    assert [word for word in words if word not in job.summary] == []
    assert ("resources that differ: 1" in said(job.printed["Drift"])) is (how in ("merged", "by hand"))
