"""Runs the jobs of a workflow as GitHub does: order, matrix, conditions, expressions, scripts, files of a step.

Expressions are looked up, by their exact text, in a table that the test gives: what it does not know fails the test.
https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from .scripts import Done, run_script

ROOT = Path(__file__).parents[2]
WORKFLOWS = ROOT / ".github" / "workflows"
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
BASH = ["bash", "--noprofile", "--norc", "-eo", "pipefail"]
"""`shell: bash`, by the table of shells on the page above."""


def read_workflow(name: str) -> dict[str, Any]:
    """A workflow; `on`, which YAML takes for a truth, under its own name."""
    document = yaml.safe_load((WORKFLOWS / name).read_text(encoding="utf-8"))
    document["on"] = document.pop(True)
    return dict(document)


@dataclass
class Job:
    """One job that ran. workspace: its folder. results: each step's, by name or action."""

    name: str
    workspace: Path
    temp: Path
    result: str = "success"
    steps: dict[str, str] = field(default_factory=dict)
    printed: dict[str, Done] = field(default_factory=dict)
    summary: str = ""


@dataclass
class Workflow:
    """One run. table: the value of each expression. environment: what all scripts have. folder: the run's own.

    checkout: makes a working tree, by the inputs of the action. attempt: of this run.
    """

    name: str
    table: Mapping[str, Any]
    environment: Mapping[str, str]
    folder: Path
    checkout: Callable[[Path, Mapping[str, Any]], None]
    attempt: int = 1
    document: dict[str, Any] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    results: dict[str, str] = field(default_factory=dict)
    between: Callable[[Path], None] = lambda artifacts: None
    """Called with the folder of the artifacts before the first job that downloads them."""
    executed: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.document = self.document or read_workflow(self.name)

    @property
    def artifacts(self) -> Path:
        return self.folder / "artifacts"

    def run(self) -> dict[str, str]:
        """The result of each job."""
        for name, job in self.document["jobs"].items():
            needs = [job["needs"]] if isinstance(job.get("needs"), str) else list(job.get("needs", ()))
            table = {**self.table, **{f"needs.{one}.result": self.results[one] for one in needs}}
            if not self._wanted(job.get("if"), table, all(self.results[one] == "success" for one in needs)):
                self.results[name] = "skipped"
                continue
            matrix = job.get("strategy", {}).get("matrix", {})
            if matrix:
                (key,) = matrix
                values = self._value(matrix[key], table)
                found = [
                    self._job(f"{name} ({value})", name, job, {**table, f"matrix.{key}": value}) for value in values
                ]
            else:
                found = [self._job(name, name, job, table)]
            self.results[name] = "success" if all(one.result == "success" for one in found) else "failure"
        return self.results

    def _job(self, shown: str, name: str, job: dict[str, Any], table: Mapping[str, Any]) -> Job:
        place = self.folder / re.sub(r"\W+", "-", shown)
        made = Job(shown, place / "workspace", place / "temp")
        self.jobs[shown] = made
        for folder in (made.workspace, made.temp, self.artifacts):
            folder.mkdir(parents=True, exist_ok=True)
        files = {one: place / one for one in ("GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")}
        for file in files.values():
            file.touch()
        table = {**table, "runner.temp": str(made.temp), "github.run_attempt": self.attempt}
        for step in job["steps"]:
            shown_step = step.get("name") or step["uses"].partition("@")[0]
            if not self._wanted(step.get("if"), table, made.result == "success"):
                made.steps[shown_step] = "skipped"
                continue
            ok = (
                self._action(step, table, made) if "uses" in step else self._script(name, job, step, table, made, files)
            )
            made.steps[shown_step] = "success" if ok else "failure"
            if not ok and not step.get("continue-on-error"):
                made.result = "failure"
        made.summary = files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8")
        return made

    def _script(
        self,
        name: str,
        job: dict[str, Any],
        step: dict[str, Any],
        table: Mapping[str, Any],
        made: Job,
        files: Mapping[str, Path],
    ) -> bool:
        assert self.document["defaults"] == {"run": {"shell": "bash"}} and "shell" not in step
        written = dict(
            line.split("=", 1) for line in files["GITHUB_ENV"].read_text(encoding="utf-8").splitlines() if line
        )
        environment = {
            **self.environment,
            **{key: str(file) for key, file in files.items()},
            "GITHUB_WORKSPACE": str(made.workspace),
            "RUNNER_TEMP": str(made.temp),
            "GITHUB_RUN_ATTEMPT": str(self.attempt),
            "CI": "true",
            **{key: self._text(value, table) for key, value in job.get("env", {}).items()},
            **written,
            **{key: self._text(value, table) for key, value in step.get("env", {}).items()},
        }
        where = made.workspace / self._text(step.get("working-directory", "."), table)
        text = self._text(step["run"], table)
        done = run_script(
            text, BASH, folder=where, environment=environment, scratch=self.folder / "scripts" / made.workspace.name
        )
        made.printed[step["name"]] = done
        self.executed.add((name, step["name"]))
        return done.code == 0

    def _action(self, step: dict[str, Any], table: Mapping[str, Any], made: Job) -> bool:
        action = step["uses"].partition("@")[0]
        if action in ("actions/setup-python", "actions/setup-go", "actions/cache", "pulumi/actions"):
            return True
        given = {key: self._value(value, table) for key, value in step.get("with", {}).items()}
        if action == "actions/checkout":
            self.checkout(made.workspace / given.get("path", "."), given)
        elif action == "actions/upload-artifact":
            return self._upload(given)
        elif action == "actions/download-artifact":
            self._download(made, given)
        else:
            raise AssertionError(f"{action}: what it does is not known here")
        return True

    def _upload(self, given: Mapping[str, Any]) -> bool:
        """A name that is taken is refused, and nothing to upload is a warning: https://github.com/actions/upload-artifact"""
        source, target = Path(given["path"]), self.artifacts / given["name"]
        if target.exists():
            return False
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True)
        elif source.is_file():
            target.mkdir()
            shutil.copy(source, target)
        return True

    def _download(self, made: Job, given: Mapping[str, Any]) -> None:
        self.between(self.artifacts)
        assert given["merge-multiple"] is False
        for artifact in self.artifacts.glob(given["pattern"]):
            shutil.copytree(artifact, made.workspace / given["path"] / artifact.name, symlinks=True)

    def _wanted(self, condition: Any, table: Mapping[str, Any], well: bool) -> bool:
        if condition is None:
            return well
        text = str(condition)
        if text.startswith("always()"):
            rest = text.removeprefix("always()").removeprefix(" && ")
            return not rest or bool(table[rest])
        return well and bool(table[text])

    def _value(self, value: Any, table: Mapping[str, Any]) -> Any:
        """What a value with expressions is; one that is nothing else keeps its type."""
        if not isinstance(value, str):
            return value
        whole = _EXPRESSION.fullmatch(value)
        if whole is not None:
            text = whole[1]
            if text.startswith("fromJSON(") and text.endswith(")"):
                return json.loads(table[text[9:-1]])
            return table[text]
        return _EXPRESSION.sub(lambda match: _shown(table[match[1]]), value)

    def _text(self, value: Any, table: Mapping[str, Any]) -> str:
        return _shown(self._value(value, table))


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
