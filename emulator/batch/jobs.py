"""Jobs and tasks over HTTP (Jobs and Tasks of the Batch service REST reference)."""

from __future__ import annotations

from typing import Any

from emulator.batch import work
from emulator.batch.answers import listed, single
from emulator.batch.call import Call, Done, conflict, invalid_property
from emulator.batch.errors import BatchError
from emulator.batch.job_shapes import render_job, render_task
from emulator.batch.work import TRANSITION, Kept

# Jobs - Update Job: what PATCH may change; PUT may change the same, and takes back what is left out.
CHANGEABLE = (
    "allowTaskPreemption",
    "constraints",
    "maxParallelTasks",
    "metadata",
    "networkConfiguration",
    "onAllTasksComplete",
    "poolInfo",
    "priority",
)
FILTERS = ("id", "state")
DISABLE = ("requeue", "terminate", "wait")
LARGEST_COLLECTION = 100


def create_job(call: Call) -> Done:
    body = call.body("id", "poolInfo")
    _require_unused(call, body["id"])
    if not ((body["poolInfo"].get("poolId")) or body["poolInfo"].get("autoPoolSpecification")):
        raise invalid_property("poolInfo", body["poolInfo"], "It names a pool or specifies one.")
    job = work.add(call.store, "job", call.account.seq, body["id"], body, {"state": "active"})
    if body.get("jobManagerTask"):
        manager = body["jobManagerTask"]
        _add_task(call, job, manager, manager=True)
    return Done(201, headers=_headers(job))


def list_jobs(call: Call) -> dict[str, Any]:
    call.advance()
    found = work.every(call.store, "job", call.account.seq)
    return listed(call, "jobs", [render_job(call, job) for job in found], FILTERS)


def get_job(call: Call) -> dict[str, Any]:
    return single(call, "jobs", render_job(call, find_job(call)))


def update_job(call: Call) -> Done:
    """PATCH: what is given replaces."""
    job, given = _changeable(call), call.body()
    _save_job(call, job, {**job.body, **{name: given[name] for name in CHANGEABLE if given.get(name) is not None}})
    return Done(200)


def replace_job(call: Call) -> Done:
    """PUT: what is left out goes back to its default."""
    job, given = _changeable(call), call.body("poolInfo")
    kept = {name: value for name, value in job.body.items() if name not in CHANGEABLE}
    _save_job(call, job, {**kept, **{name: given[name] for name in CHANGEABLE if given.get(name) is not None}})
    return Done(200)


def _save_job(call: Call, job: Kept, body: dict[str, Any]) -> None:
    # "You may change the Pool for a Job only when the Job is disabled." The status is that of a state that forbids it.
    if body["poolInfo"] != job.body["poolInfo"] and job.state["state"] != "disabled":
        raise conflict(
            "OperationInvalidForCurrentState",
            "The specified operation is not valid for the current state of the resource: the job is not disabled.",
        )
    if job.body.get("onAllTasksComplete") == "terminatejob" != body.get("onAllTasksComplete"):
        raise invalid_property(
            "onAllTasksComplete", body.get("onAllTasksComplete"), "terminatejob cannot be taken back."
        )
    work.save(call.store, job, body)


def delete_job(call: Call) -> Done:
    job = _changeable(call)
    _end_tasks(call, job)
    work.save(call.store, job, state="deleting", until=call.now + TRANSITION)
    return Done(202)


def disable_job(call: Call) -> Done:
    job, option = find_job(call), call.body("disableTasks")["disableTasks"]
    call.require_match(job.state["etag"])
    if option not in DISABLE:
        raise invalid_property("disableTasks", option, f"It is one of {', '.join(DISABLE)}.")
    if job.state["state"] not in ("active", "disabling", "disabled"):
        raise _refusal(job)
    for task in work.every(call.store, "task", job.seq):
        if task.state["state"] == "running" and option == "requeue":
            work.requeue(call.store, task)
        elif task.state["state"] == "running" and option == "terminate":
            work.end(call.store, task, None, "TaskEnded")
    if job.state["state"] == "active":
        work.save(call.store, job, state="disabling", until=call.now + TRANSITION)
    return Done(202)


def enable_job(call: Call) -> Done:
    job = find_job(call)
    call.require_match(job.state["etag"])
    if job.state["state"] not in ("disabled", "disabling", "active", "enabling"):
        raise _refusal(job)
    if job.state["state"] in ("disabled", "disabling"):
        work.save(call.store, job, state="enabling", until=call.now + TRANSITION)
    return Done(202)


def terminate_job(call: Call) -> Done:
    job = _changeable(call)
    if job.state["state"] == "completed":
        raise conflict("JobCompleted", "The specified job is already in a completed state.")
    _end_tasks(call, job)
    reason = str(call.body().get("terminateReason") or "UserTerminate")
    work.save(call.store, job, state="terminating", until=call.now + TRANSITION, reason=reason)
    return Done(202)


def task_counts(call: Call) -> dict[str, Any]:
    tasks, slots = work.counts(call.store, find_job(call))
    return {"odata.metadata": f"{call.base}/$metadata#taskcounts", "taskCounts": tasks, "taskSlotCounts": slots}


# Tasks


def create_task(call: Call) -> Done:
    task = _add_task(call, _open_job(call), call.body("id"))
    return Done(201, headers=_headers(task))


def create_tasks(call: Call) -> dict[str, Any]:
    """addtaskcollection: each with a status of its own."""
    job, tasks = _open_job(call), call.body("value")["value"]
    if not isinstance(tasks, list) or not 1 <= len(tasks) <= LARGEST_COLLECTION:
        raise invalid_property("value", "", f"1 to {LARGEST_COLLECTION} tasks can be added by one request.")
    results = []
    for task in tasks:
        try:
            added = _add_task(call, job, task)
            results.append({"taskId": task["id"], "status": "success", "eTag": added.state["etag"]})
        except BatchError as error:
            text = {"lang": "en-US", "value": error.message}
            failure = {"code": error.code, "message": text}
            results.append({"taskId": task.get("id"), "status": "clienterror", "error": failure})
    return {"odata.metadata": f"{call.base}/$metadata#taskaddresult", "value": results}


def list_tasks(call: Call) -> dict[str, Any]:
    job = find_job(call)
    tasks = work.every(call.store, "task", job.seq)
    return listed(call, "tasks", [render_task(call, job, task) for task in tasks], FILTERS)


def get_task(call: Call) -> dict[str, Any]:
    job = find_job(call)
    return single(call, "tasks", render_task(call, job, find_task(call, job)))


def replace_task(call: Call) -> Done:
    """PUT: the constraints of a task that is not completed."""
    task = find_task(call, find_job(call))
    if task.state["state"] == "completed":
        raise conflict("TaskCompleted", "The specified task is already in a completed state.")
    work.save(call.store, task, {**task.body, "constraints": call.body().get("constraints") or {}})
    return Done(200)


def delete_task(call: Call) -> Done:
    work.remove(call.store, find_task(call, find_job(call)))
    return Done(200)


def terminate_task(call: Call) -> Done:
    task = find_task(call, find_job(call))
    if task.state["state"] == "completed":
        raise conflict("TaskCompleted", "The specified task is already in a completed state.")
    work.end(call.store, task, None, "TaskEnded")
    return Done(204)


def reactivate_task(call: Call) -> Done:
    task = find_task(call, _open_job(call))
    if task.state["state"] != "completed":
        text = "The specified task is not in a completed state, and the requested operation needs that."
        raise conflict("TaskNotCompleted", text)
    if not task.state.get("failure"):
        raise conflict("TaskSucceeded", "The specified task has already completed successfully.")
    fresh = {"node": "", "exit_code": None, "failure": "", "retries": 0, "ended": None, "started": None}
    work.save(call.store, task, state="active", ready=call.now, **fresh)
    return Done(204)


# What is there


def find_job(call: Call) -> Kept:
    call.advance()
    job = work.find(call.store, "job", call.account.seq, call.names["job"])
    if job is None:
        raise BatchError(404, "JobNotFound", "The specified job does not exist.")
    return job


def find_task(call: Call, job: Kept) -> Kept:
    task = work.find(call.store, "task", job.seq, call.names["task"])
    if task is None:
        raise BatchError(404, "TaskNotFound", "The specified task does not exist.")
    return task


def _changeable(call: Call) -> Kept:
    job = find_job(call)
    call.require_match(job.state["etag"])
    if job.state["state"] in ("deleting", "terminating"):
        raise _refusal(job)
    return job


def _open_job(call: Call) -> Kept:
    job = find_job(call)
    if job.state["state"] in ("completed", "terminating", "deleting"):
        raise _refusal(job)
    return job


def _refusal(job: Kept) -> BatchError:
    return {
        "completed": conflict("JobCompleted", "The specified job is already in a completed state."),
        "terminating": conflict("JobBeingTerminated", "The specified job is being terminated."),
        "deleting": conflict(
            "JobBeingDeleted", "The specified job has been marked for deletion and is being garbage collected."
        ),
    }.get(job.state["state"], conflict("JobNotActive", "The specified job is not in active state."))


def _require_unused(call: Call, name: str) -> None:
    call.advance()
    if work.find(call.store, "job", call.account.seq, name):
        raise conflict("JobExists", "The specified job already exists.")
    if work.find(call.store, "schedule", call.account.seq, name):
        raise conflict("JobScheduleWithSameIdExists", "A job schedule with the specified job id exists.")


def _add_task(call: Call, job: Kept, body: dict[str, Any], *, manager: bool = False) -> Kept:
    if not body.get("id"):
        raise invalid_property("id", body.get("id"), "A task has an id.")
    if work.find(call.store, "task", job.seq, body["id"]):
        raise conflict("TaskExists", "The specified task already exists.")
    state = {"state": "active", "ready": call.now, "manager": manager}
    return work.add(call.store, "task", job.seq, body["id"], body, state)


def _end_tasks(call: Call, job: Kept) -> None:
    for task in work.every(call.store, "task", job.seq):
        if task.state["state"] == "running":
            work.end(call.store, task, None, "TaskEnded")


def _headers(item: Kept) -> dict[str, str]:
    return {"ETag": item.state["etag"]}
