"""Job schedules: each makes a job at its time, if the one before has come to its end."""

from __future__ import annotations

from typing import Any

from emulator import scaling
from emulator.batch import work
from emulator.batch.work import Kept
from emulator.store import Row, Store


def advance(store: Store, account: Row, now: float) -> None:
    for schedule in work.every(store, "schedule", account.seq):
        state = schedule.state["state"]
        if state in ("terminating", "deleting") and now >= schedule.state.get("until", 0.0):
            _finish(store, account, schedule)
        elif state == "active":
            _run(store, account, schedule, now)


def jobs_of(store: Store, account: Row, schedule: Kept) -> list[Kept]:
    return [job for job in work.every(store, "job", account.seq) if job.state.get("schedule") == schedule.seq]


def next_run(schedule: Kept) -> float | None:
    """When the next job may come; None when none will."""
    found = schedule.state.get("next_run", schedule.state["created"])
    return None if found is None else float(found)


def _run(store: Store, account: Row, schedule: Kept, now: float) -> None:
    at = next_run(schedule)
    jobs = jobs_of(store, account, schedule)
    if at is None or now < at or any(job.state["state"] != "completed" for job in jobs):
        return
    number = int(schedule.state.get("jobs", 0)) + 1
    specification = schedule.body["jobSpecification"]
    name = f"{schedule.id}:job-{number}"
    body: dict[str, Any] = {**specification, "id": name}
    job = work.add(store, "job", account.seq, name, body, {"state": "active", "schedule": schedule.seq})
    manager = specification.get("jobManagerTask")
    if manager:
        work.add(store, "task", job.seq, manager["id"], manager, {"state": "active", "ready": now, "manager": True})
    every = scaling.seconds((schedule.body.get("schedule") or {}).get("recurrenceInterval"))
    following = None
    if every:
        following = at
        while following <= now:
            following += every
    work.save(store, schedule, jobs=number, next_run=following, recent=name)


def _finish(store: Store, account: Row, schedule: Kept) -> None:
    """Its jobs end with it; a deletion takes them along."""
    now = store.clock.now()
    deleted = schedule.state["state"] == "deleting"
    for job in jobs_of(store, account, schedule):
        if deleted:
            work.remove(store, job)
        elif job.state["state"] != "completed":
            for task in work.every(store, "task", job.seq):
                if task.state["state"] == "running":
                    work.end(store, task, None, "TaskEnded")
            work.save(store, job, state="completed", ended=now, reason="JobScheduleTerminated")
    if deleted:
        work.remove(store, schedule)
    else:
        work.save(store, schedule, state="completed", ended=now)
