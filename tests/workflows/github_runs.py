"""Runs of the workflows on GitHub for the tests of their scripts."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.extension_pool.ops.posting.forge_server import BOT_TOKEN, Server
from tests.extension_pool.ops.posting.runs import event_file, github_run

from .github_jobs import Workflow
from .scripts import Done, StandIns, clone
from .world import STACKS, World


@dataclass
class Runs:
    """Runs of one test. head: the commit of the pull request."""

    world: World
    forge: Server
    folder: Path
    token_url: str
    stand_ins: StandIns = field(init=False)
    count: int = 0

    def __post_init__(self) -> None:
        self.stand_ins = StandIns(self.folder / "bin", self.world.local.engine.path)

    def prepare(
        self,
        head: str,
        *,
        fork: bool = False,
        forks: bool = False,
        live: bool = False,
        stacks: tuple[str, ...] = STACKS,
        document: dict[str, Any] | None = None,
        between: Callable[[Path], None] = lambda artifacts: None,
    ) -> Workflow:
        """A run of `preview.yml` for the pull request, which has not begun."""
        self.count += 1
        environments = json.dumps(stacks)
        variables = {f"vars.{name}": f"the-{name}" for name in ("AZURE_CLIENT_ID", "AZURE_TENANT_ID")}
        table = {
            **variables,
            "vars.AZURE_SUBSCRIPTION_ID": "00000000-0000-0000-0000-000000000000",
            "vars.AZURE_STORAGE_ACCOUNT": None,
            "vars.PULUMI_BACKEND_URL": (self.world.local.work / "state").as_uri(),
            "github.token": BOT_TOKEN,
            "github.event.pull_request.head.sha": head,
            "github.event.pull_request.base.ref": "main",
            "github.event.pull_request.head.repo.full_name != github.repository": fork,
            "inputs.environments": environments,
            "inputs.package": "--constraint constraints.txt .[ops]",
            "inputs.project": ".",
            "inputs.suffix": "-preview",
            "inputs.rules": "review.yaml",
            "inputs.forks": forks,
            "inputs.live": live,
            "inputs.python-version": "3.13",
            "inputs.pulumi-version": "3.255.0",
        }
        return self.workflow("preview.yml", table, head, document=document or {}, between=between)

    def preview(self, head: str, *, artifacts: Path | None = None, **more: Any) -> Workflow:
        """A whole run of it. artifacts: those of an earlier attempt."""
        made = self.prepare(head, **more)
        if artifacts is not None:
            made.attempt = 2
            made.folder.mkdir(parents=True)
            artifacts.rename(made.artifacts)
        made.run()
        return made

    def workflow(self, name: str, table: Mapping[str, Any], head: str, **more: Any) -> Workflow:
        event = {"pull_request": {"number": self.forge.number, "head": {"sha": head}}}
        run = github_run(
            self.forge,
            self.count,
            GITHUB_EVENT_NAME="pull_request_target",
            GITHUB_EVENT_PATH=event_file(self.forge, event),
            GITHUB_REF="refs/heads/main",
            GITHUB_TOKEN=None,
            ACTIONS_ID_TOKEN_REQUEST_URL=self.token_url,
            ACTIONS_ID_TOKEN_REQUEST_TOKEN="a-request-token",
        )

        def checkout(target: Path, given: Mapping[str, Any]) -> None:
            assert given["persist-credentials"] is False
            clone(self.world.project, target, given.get("ref", "origin/main"))

        environment = {**self.world.environment(self.stand_ins), **run}
        return Workflow(name, table, environment, self.folder / f"run-{self.count}", checkout, **more)


def said(done: Done) -> str:
    return done.printed


def scripts_of(document: Mapping[str, Any]) -> set[tuple[str, str]]:
    return {
        (name, step["name"]) for name, job in document["jobs"].items() for step in job.get("steps", ()) if "run" in step
    }


def stranger(environment: Mapping[str, str]) -> dict[str, str]:
    """A run without the seal of the tests: `make review` has its own."""
    given = {name: value for name, value in environment.items() if name.startswith("GITHUB_")}
    path = f"{environment['PATH'].split(os.pathsep)[0]}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, **given, "PATH": path}
