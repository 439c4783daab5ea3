"""A blue-green pool at work while something goes wrong, and what must hold whatever it is."""

from __future__ import annotations

import re
import shlex
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from emulator.arm.context import ACCOUNT
from emulator.batch import work
from engine.processes import run
from tests.on_engine.rolled import Rolled, wanted
from tests.on_engine.stack import ROOT, EngineStack
from tests.on_engine.test_drain import FOREVER, TASKS, Owner
from tests.on_engine.ways_back import command, in_azure, pools, state

NODES = 50
TAG = "drill"
JOB = f"render-{TAG}"
DIAGNOSE = "extension-pool diagnose --stack test --pool linux"

_COMMAND = re.compile(r"extension-pool (?:diagnose|status|gate|recover|rollback) --[^\n;,`]*")


def green(version: str, *, drain: str = "requeue", gate: str = "PT20S", drain_timeout: str = "PT20S") -> dict[str, Any]:
    """The drilled pool; another version replaces it."""
    rollout = {
        "strategy": "blue-green",
        "gate": {"timeout": gate},
        "drain": {"jobs": drain, "timeout": drain_timeout},
    }
    return wanted(version=version, rollout=rollout, scale={"fixed_scale": {"target_dedicated_nodes": NODES}})


@dataclass(frozen=True)
class Task:
    """A task in local Azure's own database."""

    state: str
    node: str
    requeues: int
    succeeded: bool


class Drill(Rolled):
    """The stack, and whoever has work on its pool: 50 running tasks, 50 queued ones, a disabled job, a schedule."""

    def __init__(self, stack: EngineStack) -> None:
        super().__init__(stack)
        self.owner = Owner(self, TAG)
        self.old = ""
        self.pools: tuple[dict[str, Any], ...] = ()
        self.before: Mapping[str, Task] = {}

    def begin(self, version: str = "1.0") -> None:
        """Deploys the pool and loads it."""
        self.up(green(version))
        self.take_work()

    def take_work(self) -> None:
        self.old = self.current()
        self.owner.begin(self.old)
        self.look()
        self.before = self.tasks()
        states = Counter(task.state for task in self.before.values())
        assert states == {"running": NODES, "active": TASKS - NODES}
        assert self.owner.states() == self.owner.at_work(self.old)

    def goal(self, version: str = "1.1", **how: Any) -> str:
        """From now on another pool is wanted; its name."""
        self.want(green(version, **how))
        return self.announced()

    def want(self, *pools: dict[str, Any], **config: Any) -> None:
        """As `Rolled`; no pools: those that were wanted last."""
        self.pools = pools or self.pools
        super().want(*self.pools, **config)

    def look(self) -> None:
        """Time goes on in local Azure when somebody looks."""
        self.owner.counts()

    def tasks(self) -> dict[str, Task]:
        store = self.stack.store
        (account,) = [row for row in store.living(ACCOUNT) if row.name == "testaccount"]
        job = work.find(store, "job", account.seq, JOB)
        assert job is not None
        return {task.id: _task(task) for task in work.every(store, "task", job.seq)}

    def phase(self, job: str = JOB) -> str:
        """The state of a job in local Azure's own database; no time goes by."""
        rows = self.stack.store.query("SELECT phase FROM work WHERE kind = 'job' AND id = ?", (job,))
        return str(rows[0]["phase"])

    def deleting(self, pool: str) -> bool:
        """Whether Azure is deleting a pool that is still there."""
        rows = self.stack.store.living("Microsoft.Batch/batchAccounts/pools")
        return any(row.name == pool and row.deleting is not None for row in rows)

    # What is done

    def command(self, *args: str) -> subprocess.CompletedProcess[str]:
        """An `extension-pool` command on the stack."""
        return command(self.stack, *args)

    def kill(self, happened: Callable[[str], bool]) -> str:
        """`pulumi up`, killed by SIGKILL as soon as that has happened, told from what it has printed; which it returns.

        Only the engine is killed, as by the system when memory is short. What it runs ends with it.
        """
        made = self.stack
        made.local.project.write(made.notices.append)
        with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
            child = subprocess.Popen(
                [made.local.engine.path, "up", "--yes", "--skip-preview", "--stack", made.name],
                cwd=made.local.project.copy,
                env=made.local.environment(),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            try:
                deadline = time.monotonic() + 60
                while not happened(_read(output)):
                    assert child.poll() is None, f"the update ended before that\n{_read(output)}"
                    assert time.monotonic() < deadline, f"that did not happen\n{_read(output)}"
                    time.sleep(0.02)
            finally:
                child.kill()
                child.wait()
            return _read(output)

    def recover(self) -> str:
        """`extension-pool recover`, which must leave nothing that it can do; what it said."""
        done = self.command("recover", "--yes")
        assert done.returncode == 0, done.stdout + done.stderr
        assert self.command("recover").stdout == f"stack {self.stack.name}: nothing to recover\n"
        return done.stdout

    # What must hold

    def work_was_not_touched(self) -> None:
        """The old pool works on as if nothing had been tried: no task was ended or queued again."""
        self.look()
        assert self.tasks() == self.before
        assert self.owner.states() == self.owner.at_work(self.old)

    def nothing_is_lost(self) -> None:
        """before = completed + requeued + still queued, each task for itself, and each counted once."""
        self.look()
        now = self.tasks()
        assert now.keys() == self.before.keys()
        became = Counter(_became(self.before[name], task) for name, task in now.items())
        assert became["lost"] == 0, became
        assert became["completed"] + became["requeued"] + became["queued"] + became["runs on"] == TASKS

    def no_orphans(self) -> None:
        """What Azure has is what the state has."""
        assert in_azure(self.stack) == set(pools(self.stack))
        assert "pending_operations" not in state(self.stack)

    def converged(self, name: str | None = None) -> None:
        """One pool, a new one or that of the name, has all the work, and no task was lost; in the end all succeed."""
        new = self.current()
        assert self.there() == {new}
        assert new == (name or new) and (new == self.old) is (name == self.old)
        self.no_orphans()
        assert self.stack.changed() == {}
        self.nothing_is_lost()
        assert self.owner.states() == self.owner.at_work(new)
        assert Counter(task.state for task in self.tasks().values())["running"] == NODES
        self.stack.store.clock.advance(2 * float(FOREVER) + 3600)
        self.look()
        assert all(task.succeeded for task in self.tasks().values())

    def kept(self, new: str) -> None:
        """After a failure: the old pool works on, the new one is there to be looked at, both in the state."""
        assert self.there() == {self.old, new}
        self.no_orphans()
        self.work_was_not_touched()

    def names_next_step(self, said: str, *steps: str) -> None:
        """What the user reads has these, no traceback, and only commands that are understood as they are printed."""
        assert "Traceback" not in said
        missing = [step for step in steps if step not in said]
        assert not missing, f"{missing} not in\n{said}"
        named = {match[0].strip() for match in _COMMAND.finditer(said)}
        for line in sorted(named):
            done = self._look_only(line)
            assert done.returncode != 2, f"{line}\n{done.stderr}"

    def _look_only(self, line: str) -> subprocess.CompletedProcess[str]:
        """`recover` and `rollback` change nothing without --yes."""
        program, *args = shlex.split(line)
        local = self.stack.local
        path = ROOT / ".venv" / "bin" / program
        return run([path, *args], env=local.environment(), cwd=local.project.copy, capture=True, timeout=100)


def _task(task: work.Kept) -> Task:
    return Task(
        task.state["state"],
        task.state.get("node", ""),
        int(task.state.get("requeues", 0)),
        task.state["state"] == "completed" and task.state.get("exit_code") == 0 and not task.state.get("failure"),
    )


def _became(before: Task, now: Task) -> str:
    if now.state == "completed":
        return "completed" if now.succeeded else "lost"
    if now.requeues > before.requeues:
        return "requeued"
    if before.state == "active":
        return "queued"
    return "runs on" if (now.state, now.node) == (before.state, before.node) else "lost"


def _read(output: Any) -> str:
    output.seek(0)
    return str(output.read())
