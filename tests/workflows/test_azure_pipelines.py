"""The pipelines for Azure DevOps: their form, and their scripts executed, with the real engine on local Azure."""

from __future__ import annotations

import copy
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.extension_pool.ops.posting.forge_server import BOT_TOKEN, Server
from tests.extension_pool.ops.posting.runs import azure_run
from tests.on_engine.config import pool

from .azure_jobs import PIPELINES, STEPS, TASKS, Pipeline, expand, load, read_pipeline
from .scripts import StandIns, clone
from .world import OwnProject, World

pytestmark = pytest.mark.drill

FILES = sorted(file.name for file in PIPELINES.glob("*.yml"))
RUNNABLE = ["drift.yml", "pull-request.yml"]
LARGER = pool(vmSize="Standard_D4s_v5")
MISTAKEN = pool(vmSiz="Standard_D4s_v5")
STACKS = [{"name": "dev", "connection": "azure-dev"}, {"name": "prod", "connection": "azure-prod"}]
PARAMETERS = read_pipeline("pull-request.yml")["extends"]["parameters"]
PREVIEWED = {"preview_dev": "Succeeded", "preview_prod": "Succeeded"}
NO_FORK = "ne(variables['System.PullRequest.IsFork'], 'True')"

# --- their form ------------------------------------------------------------------------------------------------------


def jobs_of(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [job for stage in document.get("stages", [document]) for job in stage["jobs"]]


def steps_of(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = []
    for job in jobs_of(document):
        found += job["steps"] if "job" in job else job["strategy"]["runOnce"]["deploy"]["steps"]
    return found


def script_of(step: Mapping[str, Any]) -> str | None:
    return step.get("bash") or step.get("inputs", {}).get("inlineScript")


def problems(document: Mapping[str, Any]) -> list[str]:
    """What the service, or a reader who thinks of safety, would object to."""
    named = [one for stage in document.get("stages", ()) for one in (stage["stage"], *stage["dependsOn"])]
    names = [*named, *(job.get("job") or job["deployment"] for job in jobs_of(document))]
    found = [f"{name}: is no name of a stage or a job" for name in names if not re.fullmatch(r"\w+", name)]
    for job in jobs_of(document):
        name = job.get("job") or job.get("deployment")
        if not isinstance(job.get("timeoutInMinutes"), int):
            found.append(f"{name}: has no timeout")
        if "deployment" in job and not job.get("environment"):
            found.append(f"{name}: a deployment is to an environment, which asks for approvals")
    for step in steps_of(document):
        kinds = [kind for kind in STEPS if kind in step]
        shown = step.get("displayName") or str(kinds)
        if len(kinds) != 1 or set(step) - {kinds[0]} - STEPS[kinds[0]]:
            found.append(f"{shown}: is no step")
        if "task" in step and set(step["inputs"]) - TASKS.get(step["task"], set()):
            found.append(f"{shown}: the task has no such input")
        if "checkout" in step and step.get("persistCredentials") is not False:
            found.append("checkout: leaves a token in the folder")
        if step.get("task") == "AzureCLI@2" and "token" in str(step.get("env", {})).lower():
            found.append(f"{shown}: gets a token beside its login")
        script = script_of(step)
        if script is not None and not script.startswith("set -euo pipefail\n"):
            found.append(f"{shown}: goes on after a command that failed")
    tokens = [step["displayName"] for step in steps_of(document) if "System.AccessToken" in str(step)]
    if tokens not in ([], ["Report"]):
        found.append(f"{tokens}: the token is for the report alone")
    return found


@pytest.mark.parametrize("name", RUNNABLE)
def test_a_pipeline_is_one_that_the_service_takes(name: str) -> None:
    assert problems(load(name)) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("timeoutInMinutes: 60", "displayName: x", "has no timeout"),
        ("preview_${{ replace(environment.name, '-', '_') }}", "preview-${{ environment.name }}", "no name of a stage"),
        ("fetchDepth: 0\n                persistCredentials: false", "fetchDepth: 0", "leaves a token"),
        ("set -euo pipefail\n                  make", "make", "goes on after a command that failed"),
        ("displayName: Python\n", "displayname: Python\n", "is no step"),
        ("versionSpec:", "version:", "no such input"),
        (
            "PULUMI_BACKEND_URL: ${{",
            "SYSTEM_ACCESSTOKEN: $(System.AccessToken)\n                        X: ${{",
            "token",
        ),
    ],
)
def test_what_is_wrong_with_a_pipeline_is_seen(old: str, new: str, said: str) -> None:
    text = (PIPELINES / "previews.yml").read_text(encoding="utf-8")
    assert old in text
    changed = yaml.safe_load(text.replace(old, new))
    assert any(said in one for one in problems(expand(changed, PARAMETERS)))


def spliced(tree: Any) -> list[str]:
    """Scripts that a value of the run becomes a part of: who writes the value writes the script."""
    found: list[str] = []
    for value in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        found += spliced(value)
    script = script_of(tree) if isinstance(tree, dict) else None
    if script is not None and re.search(r"\$\{\{|\$\([A-Z]\w*\.", script):
        found.append(tree["displayName"])
    return found


@pytest.mark.parametrize("name", FILES)
def test_values_reach_scripts_as_variables_only(name: str) -> None:
    assert spliced(read_pipeline(name)) == []


@pytest.mark.parametrize("value", ["${{ parameters.rules }}", "$(System.PullRequest.SourceBranch)"])
def test_a_value_that_is_spliced_into_a_script_is_seen(value: str) -> None:
    text = (PIPELINES / "previews.yml").read_text(encoding="utf-8")
    assert spliced(yaml.safe_load(text.replace('"$RULES"', value))) == ["Report"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({**PARAMETERS, "rule": "review.yaml"}, "unknown: ['rule']"),
        ({key: value for key, value in PARAMETERS.items() if key != "backend"}, "missing: ['backend']"),
        ({**PARAMETERS, "local": "yes"}, "local: must be a boolean"),
    ],
)
def test_parameters_that_do_not_fit_the_template_are_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        expand(read_pipeline("previews.yml"), given)


# --- their scripts ---------------------------------------------------------------------------------------------------


@dataclass
class Runs:
    world: World
    forge: Server
    folder: Path
    count: int = 0

    def __post_init__(self) -> None:
        answers = [(["az", "account", "show"], (0, "00000000-0000-0000-0000-000000000000\n"))]
        self.stand_ins = StandIns(self.folder / "bin", self.world.local.engine.path, answers)

    def pull_request(self, head: str, *, fork: bool = False, document: dict[str, Any] | None = None) -> Pipeline:
        """A build of a pull request: of the stages that need no copy of this whole project."""
        given = {**PARAMETERS, "local": False, "backend": self.backend, "environments": STACKS}
        run = self.pipeline(
            document or expand(read_pipeline("previews.yml"), given), head, conditions={NO_FORK: not fork}
        )
        run.run()
        return run

    def pipeline(self, document: Mapping[str, Any], head: str, **more: Any) -> Pipeline:
        self.count += 1
        given = azure_run(self.forge, self.count, SYSTEM_ACCESSTOKEN=None, SYSTEM_JOBATTEMPT=None)
        given = {name: value for name, value in given.items() if name != "SYSTEM_STAGEATTEMPT"}
        environment = {**self.world.environment(self.stand_ins), **given}
        variables = {"System.StageAttempt": "1", "System.JobAttempt": "1"}
        variables |= {"System.PullRequest.TargetBranch": "refs/heads/main"}
        environment["SYSTEM_PULLREQUEST_TARGETBRANCH"] = "refs/heads/main"

        def checkout(target: Path, given: Mapping[str, Any]) -> None:
            clone(self.world.project, target, head)

        return Pipeline(
            document, variables, environment, self.folder / f"run-{self.count}", checkout, token=BOT_TOKEN, **more
        )

    @property
    def backend(self) -> str:
        return (self.world.local.work / "state").as_uri()


@pytest.fixture
def runs(world: World, forge: Server, tmp_path: Path) -> Runs:
    return Runs(world, forge, tmp_path)


def scripts_in(document: Mapping[str, Any]) -> set[str]:
    return {step["displayName"] for step in steps_of(document) if script_of(step)}


@pytest.mark.engine
def test_a_pull_request_is_previewed_reported_and_held_until_it_has_its_label(runs: Runs, world: World) -> None:
    head = world.change(prod=LARGER)
    run = runs.pull_request(head)
    assert run.results == {**PREVIEWED, "report": "Failed"}
    assert run.executed == scripts_in(run.document)
    # the one who writes comments has no login, and who has a login writes no comments
    assert run.mapped == {"SYSTEM_ACCESSTOKEN": {"Report"}, "idToken": {"Preview"}}
    (thread,) = runs.forge.threads
    assert thread["status"] == "active"
    (comment,) = runs.forge.texts
    assert "vmSize" in comment and 'add the label "recreate-ok"' in comment and "stacks/Pulumi.prod.yaml" in comment
    assert "vmSize" in run.jobs["report"].summary
    assert "vmSize" in (run.workspace / "report-1-1" / "report.md").read_text(encoding="utf-8")
    ((arguments, where),) = runs.stand_ins.calls("python")
    assert arguments[-3:] == ["--constraint", "constraints.txt", ".[ops]"] and where.name == "trusted"
    token = run.jobs["preview_prod"].temp / "azure-token"
    assert (token.read_text(encoding="utf-8"), token.stat().st_mode & 0o777) == ("a-federated-token", 0o600)

    runs.forge.labels.append("recreate-ok")
    assert runs.pull_request(head).results == {**PREVIEWED, "report": "Succeeded"}
    (thread,) = runs.forge.threads
    assert thread["status"] == "closed"


@pytest.mark.engine
@pytest.mark.parametrize("gated", [True, False])
def test_a_preview_that_fails_is_told_and_makes_the_run_red(runs: Runs, world: World, gated: bool) -> None:
    given = {**PARAMETERS, "local": False, "backend": runs.backend, "environments": STACKS}
    document = copy.deepcopy(expand(read_pipeline("previews.yml"), given))
    if not gated:
        steps = document["stages"][-1]["jobs"][0]["steps"]
        steps[:] = [step for step in steps if step.get("displayName") != "Report"]
    run = runs.pull_request(world.change(dev=MISTAKEN), document=document)
    assert run.results == {**PREVIEWED, "report": "Failed" if gated else "Succeeded"}
    assert len(runs.forge.texts) == gated
    assert all("did you mean vmSize?" in text for text in runs.forge.texts)


@pytest.mark.engine
def test_a_fork_gets_no_login_and_its_report_is_a_no(runs: Runs, world: World) -> None:
    run = runs.pull_request(world.change(), fork=True)
    assert run.results == {"preview_dev": "Skipped", "preview_prod": "Skipped", "report": "Failed"}
    assert "idToken" not in run.mapped
    assert "there is no file" in runs.forge.texts[0]


@pytest.mark.engine
@pytest.mark.parametrize(("change", "result"), [(LARGER, "SucceededWithIssues"), (MISTAKEN, "Failed")])
def test_the_untrusted_stage_reviews_on_local_azure_without_any_token(
    runs: Runs, tmp_path: Path, change: dict[str, Any], result: str
) -> None:
    own = OwnProject(tmp_path / "own")
    head = own.change("vmSize: Standard_D2s_v5", f"{'vmSiz' if 'vmSiz' in change else 'vmSize'}: Standard_D4s_v5")
    document = load("pull-request.yml")
    document["stages"] = document["stages"][:1]
    run = runs.pipeline(document, head)

    def checkout(target: Path, given: Mapping[str, Any]) -> None:
        assert given["fetchDepth"] == 0
        clone(own.folder, target, head)
        own.fill(target, runs.world.local.engine.path)

    run.checkout = checkout
    path = f"{runs.stand_ins.folder}{os.pathsep}{os.environ['PATH']}"
    given = {name: value for name, value in run.environment.items() if name.startswith(("TF_", "SYSTEM_", "BUILD_"))}
    run.environment = {**os.environ, **given, "PATH": path}
    run.run()
    job = run.jobs["review"]
    assert (job.result, run.mapped) == (result, {})
    assert run.executed == scripts_in(document)
    assert ("vmSize" in job.summary, "cannot be previewed: dev" in job.printed["Review"].err) == (
        True,
        result == "Failed",
    )


@pytest.mark.engine
@pytest.mark.parametrize(
    ("how", "word"), [(None, ""), ("by hand", "targetDedicatedNodes"), ("broken", "did you mean vmSize?")]
)
def test_drift_is_a_red_run_with_a_summary_that_says_which(
    runs: Runs, world: World, how: str | None, word: str
) -> None:
    document = load("drift.yml", {"environments": STACKS[:1], "backend": runs.backend})
    with world.drifted(how):
        run = runs.pipeline(document, "origin/main")
        run.run()
    job = run.jobs["drift_dev"]
    assert job.result == ("Failed" if how else "Succeeded")
    assert word in job.summary
    assert run.executed == scripts_in(document)
    assert set(run.mapped) == {"idToken"}
