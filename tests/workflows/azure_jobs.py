"""Expands the templates of Azure Pipelines and runs their jobs as the agent does.

Template expressions are expanded from the parameters, macros `$(Name)` from a table that the test gives: what neither
knows fails the test. https://learn.microsoft.com/azure/devops/pipelines/process/templates
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
PIPELINES = ROOT / ".azuredevops"
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_MACRO = re.compile(r"\$\(([A-Za-z][\w.]*)\)")
_COMMAND = re.compile(r"^##vso\[([\w.]+)(?: ([^\]]*))?\](.*)$", re.MULTILINE)

# What a step is: one of these keys, and the keys that may stand beside it.
# https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/steps
STEPS = {
    "checkout": {"fetchDepth", "persistCredentials"},
    "task": {"displayName", "inputs", "env", "condition"},
    "bash": {"displayName", "env", "workingDirectory", "condition"},
    "publish": {"displayName", "artifact", "condition", "continueOnError"},
    "download": {"displayName", "patterns", "continueOnError"},
}
# The inputs of each task that is used, by its page in the task reference.
TASKS = {
    "AzureCLI@2": {
        "azureSubscription", "addSpnToEnvironment", "scriptType", "scriptLocation", "inlineScript", "workingDirectory"
    },
    "UsePythonVersion@0": {"versionSpec"},
    "Cache@2": {"key", "path"},
}  # fmt: skip


def read_pipeline(name: str) -> dict[str, Any]:
    return dict(yaml.safe_load((PIPELINES / name).read_text(encoding="utf-8")))


def expand(document: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """A template with its parameters put in; one that is missing or unknown is refused, as the service does."""
    declared = {one["name"]: one for one in document.get("parameters", ())}
    unknown = sorted(set(given) - set(declared))
    missing = sorted(name for name, one in declared.items() if "default" not in one and name not in given)
    if unknown or missing:
        raise ValueError(f"parameters that are unknown: {unknown}, missing: {missing}")
    values = {name: given.get(name, one.get("default")) for name, one in declared.items()}
    for name, one in declared.items():
        right = {"string": str, "boolean": bool, "object": (list, dict)}[one["type"]]
        if not isinstance(values[name], right):
            raise ValueError(f"parameter {name}: must be a {one['type']}, got {values[name]!r}")
    rest = {key: value for key, value in document.items() if key != "parameters"}
    return dict(_expand(rest, {"parameters": values}))


def load(name: str, given: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A pipeline as the service sees it: what it extends is expanded with its parameters."""
    document = read_pipeline(name)
    extended = document.pop("extends", None)
    if extended is not None:
        assert given is None
        return {**document, **expand(read_pipeline(extended["template"]), extended["parameters"])}
    return expand(document, given or {})


def _expand(tree: Any, names: Mapping[str, Any]) -> Any:
    if isinstance(tree, str):
        return _text(tree, names)
    if isinstance(tree, Mapping):
        return {_text(key, names): _expand(value, names) for key, value in tree.items()}
    if not isinstance(tree, list):
        return tree
    found: list[Any] = []
    for item in tree:
        (key, value), *more = item.items() if isinstance(item, Mapping) and item else [("", None)]
        control = _EXPRESSION.fullmatch(str(key)) if not more else None
        if control is None:
            found.append(_expand(item, names))
        elif control[1].startswith("each "):
            _, name, _, source = control[1].split(" ")
            for one in _value(source, names):
                found += _expand(value, {**names, name: one})
        else:
            assert control[1].startswith("if ")
            found += _expand(value, names) if _value(control[1][3:], names) else []
    return found


def _text(text: str, names: Mapping[str, Any]) -> Any:
    whole = _EXPRESSION.fullmatch(text)
    if whole is not None:
        return _value(whole[1], names)
    return _EXPRESSION.sub(lambda match: str(_value(match[1], names)), text)


def _value(expression: str, names: Mapping[str, Any]) -> Any:
    call = re.fullmatch(r"(\w+)\((.*)\)", expression)
    if call is None:
        if expression in ("true", "false"):
            return expression == "true"
        if expression.startswith("'"):
            return expression[1:-1]
        head, *path = expression.split(".")
        value = names[head]
        for part in path:
            value = value[part]
        return value
    values = [_value(one.strip(), names) for one in call[2].split(",")]
    functions: dict[str, Callable[..., Any]] = {
        "eq": lambda one, other: one == other,
        "replace": lambda text, old, new: text.replace(old, new),
        "convertToJson": lambda value: json.dumps(value, indent=2),
    }
    return functions[call[1]](*values)


@dataclass
class Job:
    name: str
    sources: Path
    temp: Path
    result: str = "Succeeded"
    printed: dict[str, Done] = field(default_factory=dict)
    summary: str = ""


@dataclass
class Pipeline:
    """One run of an expanded pipeline. variables: those of the run by name, as macros and as environment have them.

    token: `System.AccessToken`, which scripts have only where it is mapped. conditions: the value of each condition.
    """

    document: Mapping[str, Any]
    variables: Mapping[str, str]
    environment: Mapping[str, str]
    folder: Path
    checkout: Callable[[Path, Mapping[str, Any]], None]
    token: str = "a-build-token"
    conditions: Mapping[str, bool] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    results: dict[str, str] = field(default_factory=dict)
    executed: set[str] = field(default_factory=set)
    mapped: dict[str, set[str]] = field(default_factory=dict)
    """Which scripts could see the token or a login: variable -> the scripts."""

    @property
    def workspace(self) -> Path:
        return self.folder / "pipeline"

    def run(self) -> dict[str, str]:
        """The result of each stage, or of the jobs where there are no stages."""
        for stage in self.document.get("stages", [{"stage": "", "jobs": self.document.get("jobs", [])}]):
            before = stage.get("dependsOn", [])
            needs = [before] if isinstance(before, str) else before
            well = all(self.results[one] == "Succeeded" for one in needs)
            if not self._wanted(stage.get("condition"), well):
                self.results[stage["stage"]] = "Skipped"
                continue
            done = [self._job(stage["stage"], job) for job in stage["jobs"]]
            bad = any(one.result == "Failed" for one in done)
            self.results[stage["stage"]] = "Failed" if bad else "Succeeded"
        return self.results

    def _job(self, stage: str, job: Mapping[str, Any]) -> Job:
        name = stage if job.get("deployment") else job["job"]
        steps = job["steps"] if "job" in job else job["strategy"]["runOnce"]["deploy"]["steps"]
        made = Job(name, self.folder / name / "s", self.folder / name / "temp")
        made.temp.mkdir(parents=True)
        self.workspace.mkdir(exist_ok=True)
        self.jobs[name] = made
        environment = dict(self.environment)
        for step in steps:
            if not self._wanted(step.get("condition"), made.result != "Failed"):
                continue
            ok = self._step(step, made, environment)
            if not ok and not step.get("continueOnError"):
                made.result = "Failed"
        return made

    def _step(self, step: Mapping[str, Any], made: Job, environment: dict[str, str]) -> bool:
        if "checkout" in step:
            self.checkout(made.sources, step)
        elif "bash" in step:
            return self._script(step, step["bash"], step.get("workingDirectory"), made, environment, {})
        elif "publish" in step:
            return self._publish(Path(self._macros(step["publish"], made)), self._macros(step["artifact"], made))
        elif step.get("task") == "AzureCLI@2":
            inputs = step["inputs"]
            login = {"idToken": "a-federated-token", "servicePrincipalId": "the-client", "tenantId": "the-tenant"}
            assert inputs["addSpnToEnvironment"] is True and inputs["scriptLocation"] == "inlineScript"
            return self._script(step, inputs["inlineScript"], inputs.get("workingDirectory"), made, environment, login)
        else:
            assert step.get("download") == "current" or step.get("task") in ("UsePythonVersion@0", "Cache@2"), step
        return True

    def _script(
        self,
        step: Mapping[str, Any],
        text: str,
        where: str | None,
        made: Job,
        environment: dict[str, str],
        login: Mapping[str, str],
    ) -> bool:
        given = {name: self._macros(str(value), made) for name, value in step.get("env", {}).items()}
        own = {
            **environment,
            **{name.upper().replace(".", "_"): value for name, value in self._variables(made).items()},
            **login,
            **given,
        }
        for name in ("SYSTEM_ACCESSTOKEN", "idToken"):
            if name in own:
                self.mapped.setdefault(name, set()).add(step["displayName"])
        folder = Path(self._macros(where, made)) if where else made.sources
        # without -e: neither Bash@3 nor AzureCLI@2 sets it
        done = run_script(
            self._macros(text, made),
            ["bash", "--noprofile", "--norc"],
            folder=folder,
            environment=own,
            scratch=self.folder / "scripts" / made.name,
        )
        made.printed[step["displayName"]] = done
        self.executed.add(step["displayName"])
        return self._obey(done, made, environment)

    def _obey(self, done: Done, made: Job, environment: dict[str, str]) -> bool:
        """https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands"""
        for command, properties, value in _COMMAND.findall(done.printed):
            if command == "task.prependpath":
                environment["PATH"] = f"{environment['PATH']}:{value}"
            elif command == "task.uploadsummary":
                made.summary += Path(value).read_text(encoding="utf-8")
            elif command == "task.complete":
                assert properties == "result=SucceededWithIssues;"
                made.result = "SucceededWithIssues"
            else:
                raise AssertionError(f"##vso[{command}]: what it does is not known here")
        return done.code == 0

    def _publish(self, source: Path, name: str) -> bool:
        target = self.workspace / name
        if target.exists() or not source.exists():
            return False
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True)
        else:
            target.mkdir()
            shutil.copy(source, target)
        return True

    def _variables(self, made: Job) -> dict[str, str]:
        return {
            **self.variables,
            "Build.SourcesDirectory": str(made.sources),
            "Agent.TempDirectory": str(made.temp),
            "Pipeline.Workspace": str(self.workspace),
        }

    def _macros(self, text: str, made: Job) -> str:
        known = {**self._variables(made), "System.AccessToken": self.token}
        return _MACRO.sub(lambda match: known[match[1]], text)

    def _wanted(self, condition: str | None, well: bool) -> bool:
        if condition is None:
            return well
        return condition == "always()" or self.conditions[condition]
