"""What becomes of a pool's jobs before it is deleted, and after the new one is there."""

import asyncio
import itertools
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from azure.batch import BatchClient
from azure.core.credentials import AzureNamedKeyCredential

from extension_pool.ops.jobs import find_waiting
from extension_pool.ops.migrating import InTheWay
from extension_pool.rolling import asking, drain
from extension_pool.rolling.drain import MODES, Drain, Pace, after_create, before_delete, drain_pool, fill_pool
from extension_pool.rolling.plans import GateError, PoolPlan

from ..ops.fake_jobs import FakeJobs, Killed

pytest.importorskip("aiohttp")

from emulator import Store
from emulator.arm.batch_accounts import WELL_KNOWN_KEY

from ..ops.local_azure import ACCOUNT, local_azure, make_pool
from ..ops.test_batch_jobs import add_job, add_schedule

MOVING = [mode for mode in MODES if mode != "refuse"]


class Clock:
    """Each pause is a second."""

    now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += 1.0


def pace() -> Pace:
    clock = Clock()
    return Pace(clock, clock.sleep)


def service(lasting: int = 4) -> FakeJobs:
    fake = FakeJobs()
    fake.job("render", "old", queued=50, running=50, lasting=lasting)
    fake.job("asleep", "old", "disabled", queued=1)
    fake.job("foreign", "other")
    fake.schedule("nightly", "old")
    return fake


def total(fake: FakeJobs) -> int:
    return sum(tally.total for tally in fake.tasks.values())


# blue-green


@pytest.mark.parametrize("mode", MOVING)
def test_under_blue_green_the_jobs_run_on_the_new_pool(mode: str) -> None:
    fake, lines = service(), list[str]()
    before = total(fake)
    drain_pool(fake, Drain(mode, 60), "old", "new", pace=pace(), tell=lines.append)
    assert fake.states() == {
        "render": ("new", "active"),
        "asleep": ("new", "disabled"),
        "foreign": ("other", "active"),
        "nightly": ("new", "active"),
    }
    assert fake.marked() == []
    assert total(fake) == before
    assert lines[-1] == "3 jobs moved to pool 'new'"


@pytest.mark.parametrize(("mode", "completed"), [("wait", 50), ("migrate", 50), ("terminate", 50), ("requeue", 0)])
def test_what_becomes_of_running_tasks(mode: str, completed: int) -> None:
    fake = service(lasting=10)
    drain_pool(fake, Drain(mode, 60), "old", "new", pace=pace())
    assert fake.tasks["render"].completed // 50 * 50 == completed


def test_tasks_that_run_too_long_are_queued_again_when_jobs_migrate() -> None:
    fake = service(lasting=10_000)
    drain_pool(fake, Drain("migrate", 30), "old", "new", pace=pace())
    assert fake.states()["render"] == ("new", "active")
    assert fake.tasks["render"].completed < 50


def test_tasks_that_run_too_long_keep_the_pool_when_they_are_waited_for() -> None:
    fake, lines = service(lasting=10_000), list[str]()
    with pytest.raises(InTheWay) as raised:
        drain_pool(fake, Drain("wait", 30), "old", "new", pace=pace(), tell=lines.append)
    text = str(raised.value)
    assert text.startswith("rollout.drain.jobs: wait, and not all jobs could leave pool 'old' in time: job 'render'")
    assert "The pool is not deleted." in text
    assert "extension-pool migrate --pool old --to old --yes" in text
    assert "longer timeout" in text
    assert fake.tasks["render"].running == 50
    assert any("did not end in time" in line for line in lines)


def test_jobs_that_could_not_leave_in_time_run_on_where_they_are() -> None:
    fake = service(lasting=45)
    with pytest.raises(InTheWay):
        drain_pool(fake, Drain("wait", 30), "old", "new", pace=pace())
    assert fake.states()["render"] == ("old", "active")
    assert fake.marked() == []


@pytest.mark.parametrize("to", ["new", None])
def test_refuse_names_the_jobs_and_changes_nothing(to: str | None) -> None:
    fake = service()
    was = fake.states()
    with pytest.raises(InTheWay) as raised:
        drain_pool(fake, Drain("refuse", 60), "old", to, pace=pace())
    text = str(raised.value)
    assert "1 job and 1 job schedule of pool 'old' are active: " in text
    assert "job 'render' (50 running, 50 queued tasks)" in text and "job schedule 'nightly'" in text
    assert ("extension-pool migrate --pool old --to new --yes" in text) is (to == "new")
    assert (fake.states(), fake.log) == (was, [])


def test_refuse_lets_a_pool_go_whose_jobs_are_all_disabled_and_tells_of_them() -> None:
    fake, lines = FakeJobs(), list[str]()
    fake.job("asleep", "old", "disabled", queued=1)
    fake.job("over", "old", "completed")
    drain_pool(fake, Drain("refuse", 60), "old", "new", pace=pace(), tell=lines.append)
    assert len(lines) == 1 and "1 job bound to pool 'old' is disabled" in lines[0]
    assert fake.log == []


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("to", ["new", None])
def test_a_pool_without_jobs_goes_without_a_word(mode: str, to: str | None) -> None:
    fake, lines = FakeJobs(), list[str]()
    fake.job("foreign", "other")
    drain_pool(fake, Drain(mode, 60), "old", to, pace=pace(), tell=lines.append)
    assert (fake.log, lines) == ([], [])


def test_a_word_that_is_none_of_the_modes_is_refused() -> None:
    with pytest.raises(ValueError, match=r"rollout.drain.jobs: must be one of refuse, wait, .*, got 'drop'"):
        Drain("drop")


# delete-first


@pytest.mark.parametrize("mode", MOVING)
def test_under_delete_first_the_jobs_wait_disabled_and_run_on_the_new_pool_of_that_name(mode: str) -> None:
    fake = service()
    before, was = total(fake), fake.states()
    drain_pool(fake, Drain(mode, 60), "old", None, pace=pace())
    assert fake.states() == {
        "render": ("old", "disabled"),
        "asleep": ("old", "disabled"),
        "foreign": ("other", "active"),
        "nightly": ("old", "disabled"),
    }
    waiting = find_waiting([*fake.list_jobs(), *fake.list_job_schedules()], "old")
    assert [(job.id, mark.why) for job, mark in waiting] == [
        ("render", "pool old is being replaced"),
        ("nightly", "pool old is being replaced"),
    ]
    lines: list[str] = []
    fill_pool(fake, "old", pace=pace(), tell=lines.append)
    assert fake.states() == was
    assert fake.marked() == []
    assert total(fake) == before
    assert lines[-1] == "2 jobs of pool 'old' enabled again"


def test_a_pool_that_comes_later_under_another_name_gets_the_jobs_as_well() -> None:
    fake = service()
    before = total(fake)
    drain_pool(fake, Drain("requeue", 60), "old", None, later="plain", pace=pace())
    assert fake.states()["render"] == ("old", "disabled")
    fill_pool(fake, "plain", pace=pace())
    assert fake.states() == {
        "render": ("plain", "active"),
        "asleep": ("plain", "disabled"),
        "foreign": ("other", "active"),
        "nightly": ("plain", "active"),
    }
    assert fake.marked() == []
    assert total(fake) == before


def test_killed_between_deletion_and_creation_the_jobs_still_come_back() -> None:
    fake = service()
    was = fake.states()
    fake.die_at = 7
    with pytest.raises(Killed):
        drain_pool(fake, Drain("requeue", 60), "old", None, pace=pace())
    fake.die_at = None
    drain_pool(fake, Drain("requeue", 60), "old", None, pace=pace())
    fake.die_at = fake.calls + 4
    with pytest.raises(Killed):
        fill_pool(fake, "old", pace=pace())
    fake.die_at = None
    fill_pool(fake, "old", pace=pace())
    assert (fake.states(), fake.marked()) == (was, [])


def test_jobs_that_azure_does_not_enable_are_named_with_the_command_that_does() -> None:
    fake = service()
    drain_pool(fake, Drain("requeue", 60), "old", None, pace=pace())
    fake._enable = lambda job: None  # type: ignore[method-assign]
    with pytest.raises(InTheWay, match=r"job 'render' .*extension-pool migrate --pool old --to old --yes"):
        fill_pool(fake, "old", pace=pace())


# As the hooks call it: in a thread, on local Azure


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """Local Azure at two thousand times real time, with the idle pools `old` and `new`."""
    store = Store.open(tmp_path / "azure")
    with local_azure(store) as url:
        for name in ("old", "new"):
            make_pool(store, name, 2)
        store.clock.advance(600)
        store.clock.set_speed(2000)
        yield url


def states(url: str) -> dict[str, tuple[str, str]]:
    client = BatchClient(url, AzureNamedKeyCredential("extpoolprod", WELL_KNOWN_KEY))
    jobs = [job.as_dict() for job in client.list_jobs()]
    return {job["id"]: (job["poolInfo"]["poolId"], job["state"]) for job in jobs}


def plan_of(current: str | None) -> PoolPlan:
    """A pool of a run that has made or found the pool `current`, if any."""
    plan = SimpleNamespace(
        component=None,
        urn=None,
        current=None if current is None else pool_id(current),
        is_current=lambda found: current is not None and found.lower() == pool_id(current).lower(),
    )
    return cast(PoolPlan, plan)


def pool_id(name: str) -> str:
    return f"{ACCOUNT}/pools/{name}"


@pytest.fixture
def said(url: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is logged at the pool; the environment points at local Azure, as in an update."""
    lines: list[str] = []

    def say(plan: PoolPlan, line: str) -> None:
        assert threading.current_thread() is threading.main_thread()
        lines.append(line)

    monkeypatch.setenv("AZURE_BATCH_ENDPOINT", url)
    monkeypatch.setenv("AZURE_BATCH_ACCOUNT", "extpoolprod")
    monkeypatch.setenv("AZURE_BATCH_ACCESS_KEY", WELL_KNOWN_KEY)
    monkeypatch.setattr(drain, "_pauses", lambda: itertools.repeat(0.01))
    monkeypatch.setattr(asking, "say", say)
    return lines


def owner(url: str) -> BatchClient:
    return BatchClient(url, AzureNamedKeyCredential("extpoolprod", WELL_KNOWN_KEY))


def test_the_hook_of_an_old_pool_moves_its_jobs_to_the_one_that_the_run_has(url: str, said: list[str]) -> None:
    for name in ("a", "b"):
        add_job(owner(url), name, tasks=4, seconds=1000)
    asyncio.run(before_delete(plan_of("new"), Drain("requeue", 60), pool_id("old")))
    assert states(url) == {"a": ("new", "active"), "b": ("new", "active")}
    assert said[0].startswith("jobs: 2 jobs of pool 'old'") and said[-1] == "jobs: 2 jobs moved to pool 'new'"


@pytest.mark.parametrize("known", [None, "OLD"])
def test_the_hook_of_a_pool_that_goes_first_holds_the_jobs_until_the_new_one_is_made(
    url: str, said: list[str], known: str | None
) -> None:
    add_job(owner(url), "a", tasks=1, seconds=1000)
    add_schedule(owner(url), "nightly")
    asyncio.run(before_delete(plan_of(known), Drain("requeue", 60), pool_id("old")))
    assert set(states(url).values()) == {("old", "disabled")}
    asyncio.run(after_create(plan_of("old")))
    assert set(states(url).values()) == {("old", "active")}
    assert said[-1].endswith("of pool 'old' enabled again")


def test_hooks_of_several_pools_drain_side_by_side(url: str, said: list[str]) -> None:
    add_job(owner(url), "a", tasks=1, seconds=1000)
    add_job(owner(url), "b", "new", tasks=1, seconds=1000)

    async def both() -> None:
        await asyncio.gather(
            before_delete(plan_of(None), Drain("requeue", 60), pool_id("old")),
            before_delete(plan_of(None), Drain("requeue", 60), pool_id("new"), later="newest"),
        )

    asyncio.run(both())
    assert states(url) == {"a": ("old", "disabled"), "b": ("new", "disabled")}


def test_what_stands_in_the_way_ends_the_update_without_a_traceback(url: str, said: list[str]) -> None:
    add_job(owner(url), "a", tasks=1, seconds=100_000)
    with pytest.raises(GateError, match=r"^rollout.drain.jobs: refuse, and 1 job of pool 'old' is active: job 'a'"):
        asyncio.run(before_delete(plan_of("new"), Drain("refuse"), pool_id("old")))


def test_an_account_that_does_not_answer_ends_the_update_too(said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("extension_pool.ops.batch.BACKOFF_SECONDS", 0)
    monkeypatch.setenv("AZURE_BATCH_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(GateError, match="endpoint: no answer"):
        asyncio.run(before_delete(plan_of("new"), Drain("migrate", 0.05), pool_id("old")))


def test_a_pause_that_was_asked_for_holds_for_jobs_too(monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(itertools.islice(drain._pauses(), 3)) == [1, 2, 3]
    monkeypatch.setenv("EXTENSION_POOL_GATE_POLL", "PT10S")
    assert list(itertools.islice(drain._pauses(), 3)) == [10, 10, 10]
