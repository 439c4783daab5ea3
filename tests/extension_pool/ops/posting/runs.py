"""Runs of a pipeline that post: their environment, and time that passes only when somebody waits."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from extension_pool.ops.posting import Forge, open_forge
from extension_pool.ops.posting.http import Clock

from .forge_server import BOT_TOKEN, Server

START = 1_790_000_000.0


@dataclass
class Waits:
    """Each wait, in seconds; time starts at `START`. The chance is that of no jitter."""

    slept: list[float] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    @property
    def now(self) -> float:
        return START + sum(self.slept)

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.now, lambda: self.now, self.slept.append, lambda: 0.0)


def commit(number: int) -> str:
    return f"{number:040x}"


def github_run(server: Server, run: int = 50, attempt: int = 1, head: int = 1, **more: str | None) -> dict[str, str]:
    """The environment of a run for the pull request; `more` overrides it, None takes out."""
    event = {"pull_request": {"number": server.number, "head": {"sha": commit(head)}}}
    values = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": server.github,
        "GITHUB_REPOSITORY": server.repository,
        "GITHUB_TOKEN": BOT_TOKEN,
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": event_file(server, event),
        "GITHUB_REF": f"refs/pull/{server.number}/merge",
        "GITHUB_RUN_ID": str(run),
        "GITHUB_RUN_ATTEMPT": str(attempt),
        **more,
    }
    return {name: value for name, value in values.items() if value is not None}


def azure_run(server: Server, run: int = 50, head: int = 1, **more: str | None) -> dict[str, str]:
    """The environment of a build for the pull request; `more` overrides it, None takes out."""
    values = {
        "TF_BUILD": "True",
        "SYSTEM_COLLECTIONURI": server.collection,
        "SYSTEM_TEAMPROJECT": "Batch Farm",
        "BUILD_REPOSITORY_ID": "render",
        "BUILD_REPOSITORY_PROVIDER": "TfsGit",
        "BUILD_REASON": "PullRequest",
        "BUILD_BUILDID": str(run),
        "SYSTEM_JOBATTEMPT": "1",
        "SYSTEM_STAGEATTEMPT": "1",
        "SYSTEM_PULLREQUEST_PULLREQUESTID": str(server.number),
        "SYSTEM_PULLREQUEST_SOURCECOMMITID": commit(head),
        "SYSTEM_ACCESSTOKEN": BOT_TOKEN,
        **more,
    }
    return {name: value for name, value in values.items() if value is not None}


def event_file(server: Server, event: Any) -> str:
    """A file with the event, where the server keeps what belongs to its test."""
    file = server.folder / f"event-{server.number_for()}.json"
    file.write_text(json.dumps(event), encoding="utf-8")
    return str(file)


def opened(kind: str, environ: dict[str, str], waits: Waits | None = None) -> Forge:
    time = waits or Waits()
    return open_forge(kind, environ, clock=time.clock, tell=time.told.append)
