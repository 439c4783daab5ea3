"""What tests of `extension-pool report` share: runs, previews of what goes, a pull request that keeps posts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from extension_pool.ops import cli
from extension_pool.ops.errors import CannotAsk
from extension_pool.ops.posting import Action, Posted

from .fake_service import Answer, Service
from .review.stepped import ACCOUNT, digest, state, step


def run(*arguments: str) -> int:
    return cli.run(["report", *arguments])


def as_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    code = run(*arguments, "--output", "json")
    return code, json.loads(capsys.readouterr().out)


def gone(folder: Path, *pools: str) -> None:
    steps = [step("delete", pool, old=state(id=f"{ACCOUNT}/pools/{pool}")) for pool in pools]
    (folder / "gone.json").write_text(digest(*steps), encoding="utf-8")


def jobs(service: Service, running: Mapping[str, int]) -> None:
    """A job on each pool, with so many tasks that run."""
    listed = [{"id": f"job-{pool}", "state": "active", "poolInfo": {"poolId": pool}} for pool in running]
    service.answers["/jobs"] = Answer({"value": listed})
    for pool, number in running.items():
        counts = {"active": 9, "running": number, "completed": 1, "succeeded": 1, "failed": 0}
        slots = dict.fromkeys(counts, 0)
        service.answers[f"/jobs/job-{pool}/taskcounts"] = Answer({"taskCounts": counts, "taskSlotCounts": slots})


class Forge:
    """A pull request that keeps what is posted."""

    def __init__(self, labels: frozenset[str] | None = frozenset(), fails: bool = False) -> None:
        self.posted: list[tuple[str, str, bool]] = []
        self._labels, self._fails = labels, fails

    def labels(self) -> frozenset[str]:
        if self._labels is None:
            raise CannotAsk("github: no answer")
        return self._labels

    def post(self, body: str, key: str, *, passes: bool = True) -> Posted:
        if self._fails:
            raise CannotAsk("github: no answer")
        self.posted.append((body, key, passes))
        return Posted("https://example.test/1", Action.CREATED)
