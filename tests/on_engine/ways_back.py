"""What the tests of `rollback` and `recover` share: the pool of `programs/ways_back.py`, and what is where."""

import json
import subprocess
import time
from typing import Any

from azure.batch import BatchClient, models
from azure.core.credentials import AzureNamedKeyCredential

from engine.processes import run
from extension_pool.ops.settings import Place
from tests.on_engine.stack import ROOT, EngineStack

POOL = "Microsoft.Batch/batchAccounts/pools"
NEW = {"vmSize": "Standard_D4s_v5"}
FAILS = {"gate": "fail"}


def deploy(made: EngineStack, **config: str) -> str:
    """A healthy pool; its name."""
    made.local.start_azure()
    made.configure(config)
    made.up()
    made.store.clock.advance(3600)
    (name,) = pools(made)
    return name


def fail(made: EngineStack, **config: str) -> str:
    """An update whose gate does not pass; the name of the new pool."""
    made.configure({**config, **FAILS})
    made.up_fails()
    made.store.clock.advance(3600)
    return next(iter(pools(made)))


def command(made: EngineStack, *args: str) -> subprocess.CompletedProcess[str]:
    line = [ROOT / ".venv" / "bin" / "extension-pool", *args[:1], "--stack", made.name, *args[1:]]
    return run(line, env=made.local.environment(), cwd=made.local.project.copy, capture=True, timeout=100)


def state(made: EngineStack) -> dict[str, Any]:
    """The state, also while it is locked."""
    line = [made.local.engine.path, "stack", "export", "--stack", made.name]
    shown = run(line, env=made.local.environment(), cwd=made.local.project.copy, capture=True, timeout=60)
    deployment: dict[str, Any] = json.loads(shown.stdout)["deployment"]
    return deployment


def pools(made: EngineStack) -> dict[str, bool]:
    """The pools of the state -> whether they wait to be deleted; the current one first."""
    listed = [one for one in state(made)["resources"] if one["type"].endswith(":Pool")]
    found = {one["id"].rsplit("/", 1)[1]: bool(one.get("delete")) for one in listed}
    return dict(sorted(found.items(), key=lambda item: item[1]))


def in_azure(made: EngineStack) -> set[str]:
    """The pools that Azure has and is not deleting."""
    made.store.settle()
    return {row.name for row in made.store.living(POOL) if row.deleting is None}


def place(made: EngineStack) -> Place:
    """Where local Azure is, for the product's own reading."""
    environ = made.local.environment()
    return Place(environ["AZURE_BATCH_ENDPOINT"], "testaccount", environ["AZURE_BATCH_ACCESS_KEY"])


def batch(made: EngineStack) -> BatchClient:
    """What the owner of the jobs uses."""
    environ = made.local.environment()
    key = AzureNamedKeyCredential("testaccount", environ["AZURE_BATCH_ACCESS_KEY"])
    return BatchClient(environ["AZURE_BATCH_ENDPOINT"], key)


def add_job(made: EngineStack, name: str, pool: str, tasks: int = 6) -> None:
    """A job whose tasks run long enough to be there at the end of the test."""
    client = batch(made)
    client.create_job(models.BatchJobCreateOptions(id=name, pool_info=models.BatchPoolInfo(pool_id=pool)))
    setting = models.EnvironmentSetting(name="LOCAL_AZURE_TASK_SECONDS", value="100000000")
    client.create_tasks(
        name,
        [
            models.BatchTaskCreateOptions(id=f"t{number}", command_line="work", environment_settings=[setting])
            for number in range(tasks)
        ],
    )


def kill(made: EngineStack, where: str, **config: str) -> None:
    """`pulumi up`, killed by SIGKILL where it waits: at create, gate, or delete."""
    made.configure({**config, "pause": where})
    made.local.project.write(made.notices.append)
    mark = made.local.program / "paused"
    mark.unlink(missing_ok=True)
    child = subprocess.Popen(
        [made.local.engine.path, "up", "--yes", "--skip-preview", "--stack", made.name],
        cwd=made.local.project.copy,
        env=made.local.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 60
        while not mark.exists():
            assert child.poll() is None, "the update ended without waiting"
            assert time.monotonic() < deadline, "the update did not come to where it waits"
            time.sleep(0.05)
    finally:
        child.kill()
        child.wait()
    made.configure(config)
