"""Jobs of a pool that is replaced, on the real engine: none is lost, and none stays disabled that was not."""

from collections import Counter
from typing import Any

import pytest
from azure.batch import BatchClient, models
from azure.core.credentials import AzureNamedKeyCredential

from emulator.arm.batch_accounts import WELL_KNOWN_KEY
from emulator.batch import work
from tests.on_engine.rolled import Rolled, wanted

pytestmark = pytest.mark.drill

TASKS = 100
FOREVER = "10000000"


def pool(version: str, strategy: str, jobs: str) -> dict[str, Any]:
    rollout = {"strategy": strategy, "gate": {"timeout": "PT30S"}, "drain": {"jobs": jobs, "timeout": "PT3S"}}
    scale = {"fixed_scale": {"target_dedicated_nodes": 50}}
    return wanted(version=version, rollout=rollout, scale=scale)


class Owner:
    """Whoever has work on a pool: a job with 50 running and 50 queued tasks, a disabled one, a schedule."""

    def __init__(self, made: Rolled, tag: str) -> None:
        self._made, self._tag = made, tag
        endpoint = (made.stack.local.azure() or {})["endpoint"]
        self.client = BatchClient(endpoint, AzureNamedKeyCredential("testaccount", WELL_KNOWN_KEY))

    def begin(self, pool: str) -> None:
        info = models.BatchPoolInfo(pool_id=pool)
        setting = models.EnvironmentSetting(name="LOCAL_AZURE_TASK_SECONDS", value=FOREVER)
        for name in ("render", "asleep"):
            self.client.create_job(models.BatchJobCreateOptions(id=f"{name}-{self._tag}", pool_info=info))
        self.client.create_tasks(
            f"render-{self._tag}",
            [
                models.BatchTaskCreateOptions(id=f"t{number}", command_line="x", environment_settings=[setting])
                for number in range(TASKS)
            ],
        )
        requeue = models.BatchJobDisableOptions(disable_tasks="requeue")
        self.client.begin_disable_job(f"asleep-{self._tag}", requeue, polling_interval=0)
        self.client.create_job_schedule(
            models.BatchJobScheduleCreateOptions(
                id=f"nightly-{self._tag}",
                schedule=models.BatchJobScheduleConfiguration(recurrence_interval="P1D"),
                job_specification=models.BatchJobSpecification(pool_info=info),
            )
        )

    def counts(self) -> Counter[str]:
        self.client.get_job(f"render-{self._tag}")
        return Counter(work.tally(self._made.stack.store, f"render-{self._tag}"))

    def states(self) -> dict[str, tuple[str, str]]:
        found = {}
        for job in self.client.list_jobs():
            raw = job.as_dict()
            assert "extension-pool" not in str(raw.get("metadata"))
            found[raw["id"]] = (raw["poolInfo"]["poolId"], raw["state"])
        for schedule in self.client.list_job_schedules():
            raw = schedule.as_dict()
            found[raw["id"]] = (raw["jobSpecification"]["poolInfo"]["poolId"], raw["state"])
        mine = {name: state for name, state in found.items() if self._tag in name}
        return {name.replace(f"-{self._tag}", ""): state for name, state in mine.items()}

    def at_work(self, pool: str) -> dict[str, tuple[str, str]]:
        return {
            "render": (pool, "active"),
            "asleep": (pool, "disabled"),
            "nightly": (pool, "active"),
            "nightly:job-1": (pool, "active"),
        }

    def end(self) -> None:
        self.client.begin_delete_job_schedule(f"nightly-{self._tag}", polling_interval=0)
        for name in ("render", "asleep"):
            self.client.begin_delete_job(f"{name}-{self._tag}", polling_interval=0)


@pytest.mark.parametrize("strategy", ["blue-green", "delete-first"])
def test_jobs_and_schedules_run_on_the_new_pool_and_no_task_is_lost(made: Rolled, strategy: str) -> None:
    made.up(pool("1.0", strategy, "requeue"))
    old, owner = made.current(), Owner(made, f"moved-{strategy}")
    owner.begin(old)
    before = owner.counts()
    assert (before["running"], before["active"]) == (50, 50)
    said = made.up(pool("1.1", strategy, "requeue"))
    new = made.current()
    assert (new == old) is (strategy == "delete-first")
    assert made.there() == {new}
    assert owner.states() == owner.at_work(new)
    after = owner.counts()
    assert (sum(after.values()), after["completed"], after["running"]) == (TASKS, 0, 50)
    assert "with 50 running and 50 queued tasks: running tasks are queued again" in said
    owner.end()


@pytest.mark.parametrize("strategy", ["blue-green", "delete-first"])
def test_active_jobs_keep_the_pool_when_that_is_wanted_and_work_goes_on(made: Rolled, strategy: str) -> None:
    made.up(pool("2.0", strategy, "refuse"))
    old, owner = made.current(), Owner(made, f"kept-{strategy}")
    owner.begin(old)
    said = made.up_fails(pool("2.1", strategy, "refuse"))
    assert "rollout.drain.jobs: refuse" in said and f"job 'render-kept-{strategy}'" in said
    assert "Traceback" not in said
    assert old in made.there()
    assert owner.states() == owner.at_work(old)
    assert owner.counts()["running"] == 50
    owner.end()
    made.up()
    assert made.there() == {made.current()}


def test_tasks_that_do_not_end_in_time_keep_the_pool_when_they_are_waited_for(made: Rolled) -> None:
    made.up(pool("3.0", "blue-green", "wait"))
    old, owner = made.current(), Owner(made, "waited")
    owner.begin(old)
    said = made.up_fails(pool("3.1", "blue-green", "wait"))
    assert "not all jobs could leave pool" in said and "did not move run on where they are" in said
    assert old in made.there()
    assert owner.states()["render"] == (old, "active")
    assert owner.counts()["running"] == 50
    made.up(pool("3.1", "blue-green", "migrate"))
    assert made.there() == {made.current()}
    assert owner.states() == owner.at_work(made.current())
    assert sum(owner.counts().values()) == TASKS
    owner.end()


FORMULA = {"auto_scale": {"formula": "$TargetDedicatedNodes = 50;", "evaluation_interval": "PT5M"}}


def test_the_formula_of_an_old_pool_is_off_while_its_jobs_leave(made: Rolled) -> None:
    """Where they cannot leave, the pool goes on working with it."""
    made.up(pool("5.0", "blue-green", "wait") | {"scale": FORMULA})
    old, owner = made.current(), Owner(made, "scaled")
    owner.begin(old)
    said = made.up_fails(pool("5.1", "blue-green", "wait") | {"scale": FORMULA})
    assert f"pool {old}: its formula decides again" in said
    assert owner.client.get_pool(old).auto_scale_formula == "$TargetDedicatedNodes = 50;"
    made.up(pool("5.1", "blue-green", "migrate") | {"scale": FORMULA})
    assert made.there() == {made.current()} != {old}
    assert owner.client.get_pool(made.current()).enable_auto_scale
    assert sum(owner.counts().values()) == TASKS
    owner.end()
