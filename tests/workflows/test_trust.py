"""Who can change what in the workflows on GitHub: rules for all of them, each with a workflow that breaks it."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import yaml

from engine.get import wanted_version

from .github_jobs import WORKFLOWS, read_workflow

NAMES = sorted(file.name for file in WORKFLOWS.glob("*.yml"))
PINNED = re.compile(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
HEAD = "${{ github.event.pull_request.head.sha }}"

Workflow = Mapping[str, Any]


def steps(workflow: Workflow) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    for name, job in workflow["jobs"].items():
        for step in job.get("steps", ()):
            yield name, job, step


def permissions(job: Mapping[str, Any], workflow: Workflow) -> Mapping[str, str]:
    given = job.get("permissions", workflow.get("permissions"))
    return given if isinstance(given, Mapping) else {"all": str(given)}


def trusted(workflow: Workflow) -> bool:
    """Whether it runs with what a stranger must not have, or is called by one that does."""
    return bool({"pull_request_target", "workflow_call", "workflow_run", "schedule"} & set(workflow["on"]))


def problems(workflow: Workflow) -> set[str]:
    """The rules that it breaks."""
    found = set()
    target = workflow["on"].get("pull_request_target", {})
    if "pull_request_target" in workflow["on"] and not (target.get("branches") or "edited" in target.get("types", ())):
        found.add("a pull request that changes its base brings no verdict along")
    for name, job in workflow["jobs"].items():
        may = permissions(job, workflow)
        if "all" in may:
            found.add("each job has permissions of its own or its workflow's, by name")
        if "uses" in job:
            continue
        if "timeout-minutes" not in job:
            found.add("each job has a timeout")
        if may.get("id-token") == "write" and not job.get("environment"):
            found.add("a login belongs to an environment, which can ask somebody first")
        if may.get("id-token") == "write" and "write" in {value for key, value in may.items() if key != "id-token"}:
            found.add("who has a login writes nothing")
        if not trusted(workflow) and "write" in may.values():
            found.add("a stranger's run can only read")
        if name == "report" and job.get("if") != "always()":
            found.add("the report is never skipped")
    for name, job, step in steps(workflow):
        given = step.get("with", {})
        if "${{" in step.get("run", ""):
            found.add("values reach scripts as variables")
        if step.get("uses", "").startswith("actions/checkout@") and given.get("persist-credentials") is not False:
            found.add("no token is left in a folder")
        if trusted(workflow) and ("actions/cache" in step.get("uses", "") or "cache" in given):
            found.add("what a change can fill is not read by the default branch")
        if "secrets." in str(step) + str(job.get("env")):
            found.add("there are no secrets")
        if given.get("ref") == HEAD and "write" in set(permissions(job, workflow).values()) and name == "report":
            inside = [one for one in job["steps"] if str(one.get("working-directory", "")).startswith("change")]
            if any(re.search(r"pulumi|pip|make|\./|python (?!-c)", one["run"]) for one in inside):
                found.add("the report runs nothing of the change")
    return found


@pytest.mark.parametrize("name", NAMES)
def test_the_rules_hold(name: str) -> None:
    assert problems(read_workflow(name)) == set()


def _drop(*path: str | int) -> Callable[[Any], None]:
    def change(tree: Any) -> None:
        for key in path[:-1]:
            tree = tree[key]
        del tree[path[-1]]

    return change


def _put(value: Any, *path: str | int) -> Callable[[Any], None]:
    def change(tree: Any) -> None:
        for key in path[:-1]:
            tree = tree[key]
        tree[path[-1]] = value

    return change


def _step(job: str, key: str, value: Any) -> Callable[[Any], None]:
    """Puts something into the step `Report`, `Review` or `Preview` of a job."""

    def change(tree: Any) -> None:
        (step,) = [one for one in tree["jobs"][job]["steps"] if one.get("name") in ("Report", "Review", "Preview")]
        step[key] = value

    return change


@pytest.mark.parametrize(
    ("name", "change", "rule"),
    [
        ("ci.yml", _drop("permissions"), "each job has permissions"),
        ("pull-request.yml", _drop("on", "pull_request_target", "branches"), "a pull request that changes its base"),
        ("ci.yml", _drop("jobs", "all", "timeout-minutes"), "each job has a timeout"),
        ("preview.yml", _drop("jobs", "preview", "environment"), "a login belongs to an environment"),
        ("preview.yml", _put("write", "jobs", "preview", "permissions", "pull-requests"), "who has a login"),
        ("review.yml", _put("write", "permissions", "pull-requests"), "a stranger's run can only read"),
        ("preview.yml", _drop("jobs", "report", "if"), "the report is never skipped"),
        ("preview.yml", _put("!cancelled()", "jobs", "report", "if"), "the report is never skipped"),
        ("review.yml", _step("review", "run", "echo ${{ github.head_ref }}"), "values reach scripts"),
        ("preview.yml", _drop("jobs", "report", "steps", 1, "with", "persist-credentials"), "no token is left"),
        ("preview.yml", _put("pip", "jobs", "report", "steps", 2, "with", "cache"), "what a change can fill"),
        ("preview.yml", _step("preview", "env", {"X": "${{ secrets.TOKEN }}"}), "there are no secrets"),
        ("preview.yml", _step("report", "run", "pulumi preview"), "the report runs nothing of the change"),
        ("preview.yml", _step("report", "run", "python -m pip install ."), "the report runs nothing of the change"),
    ],
)
def test_a_workflow_that_breaks_a_rule_is_seen(name: str, change: Callable[[Any], None], rule: str) -> None:
    workflow = copy.deepcopy(read_workflow(name))
    change(workflow)
    assert [one for one in problems(workflow) if one.startswith(rule)]


@pytest.mark.parametrize("name", NAMES)
def test_actions_are_pinned_by_their_commit_with_the_version_beside_it(name: str) -> None:
    lines = [line.strip().removeprefix("- ") for line in (WORKFLOWS / name).read_text(encoding="utf-8").splitlines()]
    used = [line for line in lines if line.startswith("uses: ") and not line.startswith("uses: ./")]
    assert [line for line in used if not PINNED.search(line)] == []
    assert not PINNED.search("uses: actions/checkout@v5") and not PINNED.search(f"uses: actions/checkout@{'0' * 40}")


def test_one_action_is_pinned_to_one_commit_everywhere() -> None:
    pins = {step["uses"] for name in NAMES for _, _, step in steps(read_workflow(name)) if "uses" in step}
    assert len(pins) == len({pin.partition("@")[0] for pin in pins})


def test_strangers_start_only_what_has_nothing_to_give() -> None:
    events = {name: set(read_workflow(name)["on"]) for name in NAMES}
    assert {name for name, on in events.items() if "pull_request" in on} == {"ci.yml", "review.yml"}
    assert {name for name, on in events.items() if "pull_request_target" in on} == {"pull-request.yml"}
    # a push must not be able to end the job that takes the old approvals away
    workflow = read_workflow("pull-request.yml")
    assert "concurrency" not in workflow and "concurrency" not in workflow["jobs"]["approvals"]


def test_previews_use_the_engine_that_this_project_is_tested_with() -> None:
    inputs = read_workflow("preview.yml")["on"]["workflow_call"]["inputs"]
    folder = WORKFLOWS.parents[1] / ".azuredevops"
    texts = [file.read_text(encoding="utf-8") for file in (*WORKFLOWS.glob("*.yml"), *folder.glob("*.yml"))]
    found = {version for text in texts for version in re.findall(r"\b3\.\d{3}\.\d+\b", text)}
    assert {inputs["pulumi-version"]["default"]} == {wanted_version()} == found


def test_updates_of_the_pins_are_proposed() -> None:
    dependabot = yaml.safe_load((WORKFLOWS.parent / "dependabot.yml").read_text(encoding="utf-8"))
    assert [one["package-ecosystem"] for one in dependabot["updates"]] == ["github-actions"]
