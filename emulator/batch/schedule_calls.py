"""Job schedules over HTTP (Job Schedules of the Batch service REST reference)."""

from __future__ import annotations

from typing import Any

from emulator import scaling
from emulator.batch import schedules, work
from emulator.batch.answers import listed, single
from emulator.batch.call import Call, Done, conflict, invalid_property
from emulator.batch.errors import BatchError
from emulator.batch.job_shapes import envelope, render_job
from emulator.batch.work import TRANSITION, Kept
from emulator.clock import timestamp

FILTERS = ("id", "state")
SHORTEST_RECURRENCE = 60.0  # "The minimum value is 1 minute." (Job Schedules - Create)


def create(call: Call) -> Done:
    body = call.body("id", "schedule", "jobSpecification")
    call.advance()
    if work.find(call.store, "schedule", call.account.seq, body["id"]):
        raise conflict("JobScheduleExists", "The specified job schedule already exists.")
    if work.find(call.store, "job", call.account.seq, body["id"]):
        raise conflict("JobWithSameIdExists", "A job with the specified job schedule id exists.")
    _check(body)
    schedule = work.add(call.store, "schedule", call.account.seq, body["id"], body, {"state": "active"})
    return Done(201, headers={"ETag": schedule.state["etag"]})


def list_all(call: Call) -> dict[str, Any]:
    call.advance()
    found = work.every(call.store, "schedule", call.account.seq)
    return listed(call, "jobschedules", [_render(call, item) for item in found], FILTERS)


def get(call: Call) -> dict[str, Any]:
    return single(call, "jobschedules", _render(call, _find(call)))


def list_jobs(call: Call) -> dict[str, Any]:
    found = schedules.jobs_of(call.store, call.account, _find(call))
    return listed(call, "jobs", [render_job(call, job) for job in found], FILTERS)


def update(call: Call) -> Done:
    """PATCH: what is given replaces. The jobs that are there stay as they are."""
    schedule, given = _changeable(call), call.body()
    names = ("schedule", "jobSpecification", "metadata")
    body = {**schedule.body, **{name: given[name] for name in names if given.get(name) is not None}}
    _check(body)
    work.save(call.store, schedule, body)
    return Done(200)


def replace(call: Call) -> Done:
    """PUT: the metadata goes when it is left out."""
    schedule, given = _changeable(call), call.body("jobSpecification")
    kept = {name: value for name, value in schedule.body.items() if name != "metadata"}
    names = ("schedule", "jobSpecification", "metadata")
    body = {**kept, **{name: given[name] for name in names if given.get(name) is not None}}
    _check(body)
    work.save(call.store, schedule, body)
    return Done(200)


def disable(call: Call) -> Done:
    """No new jobs; those that are there go on."""
    _switch(call, "disabled")
    return Done(204)


def enable(call: Call) -> Done:
    _switch(call, "active")
    return Done(204)


def terminate(call: Call) -> Done:
    schedule = _changeable(call)
    if schedule.state["state"] == "completed":
        raise _completed()
    work.save(call.store, schedule, state="terminating", until=call.now + TRANSITION)
    return Done(202)


def delete(call: Call) -> Done:
    work.save(call.store, _changeable(call), state="deleting", until=call.now + TRANSITION)
    return Done(202)


def _switch(call: Call, state: str) -> None:
    schedule = _changeable(call)
    if schedule.state["state"] == "completed":
        raise _completed()
    work.save(call.store, schedule, state=state)


def _find(call: Call) -> Kept:
    call.advance()
    found = work.find(call.store, "schedule", call.account.seq, call.names["schedule"])
    if found is None:
        raise BatchError(404, "JobScheduleNotFound", "The specified job schedule does not exist.")
    return found


def _changeable(call: Call) -> Kept:
    schedule = _find(call)
    call.require_match(schedule.state["etag"])
    if schedule.state["state"] == "deleting":
        text = "The specified job schedule has been marked for deletion and is being reclaimed."
        raise conflict("JobScheduleBeingDeleted", text)
    if schedule.state["state"] == "terminating":
        raise conflict("JobScheduleBeingTerminated", "The specified job schedule is being terminated.")
    return schedule


def _completed() -> BatchError:
    return conflict("JobScheduleCompleted", "The specified job schedule is already in completed state.")


def _check(body: dict[str, Any]) -> None:
    every = (body.get("schedule") or {}).get("recurrenceInterval")
    if every is not None and (scaling.seconds(every) or 0) < SHORTEST_RECURRENCE:
        raise invalid_property("recurrenceInterval", every, "The minimum is 1 minute, in ISO 8601.")
    if not (body["jobSpecification"].get("poolInfo")):
        raise invalid_property("jobSpecification", "", "It needs poolInfo.")


def _render(call: Call, schedule: Kept) -> dict[str, Any]:
    state, info = schedule.state, dict[str, Any]()
    at = schedules.next_run(schedule)
    if at is not None and state["state"] == "active":
        info["nextRunTime"] = timestamp(at)
    if state.get("recent"):
        info["recentJob"] = {"id": state["recent"], "url": f"{call.base}/jobs/{state['recent']}"}
    if state.get("ended"):
        info["endTime"] = timestamp(state["ended"])
    return {**envelope(schedule, f"{call.base}/jobschedules/{schedule.id}"), "executionInfo": info}
