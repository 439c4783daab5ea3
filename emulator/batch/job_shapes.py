"""Data-plane JSON of jobs and tasks."""

from __future__ import annotations

from typing import Any

from emulator.batch.call import Call
from emulator.batch.work import Kept
from emulator.clock import timestamp


def envelope(item: Kept, url: str) -> dict[str, Any]:
    """What jobs, schedules and tasks have in common."""
    state = item.state
    rendered = {
        **item.body,
        "id": item.id,
        "url": url,
        "eTag": state["etag"].removeprefix("W/").strip('"'),
        "lastModified": timestamp(state["modified"]),
        "creationTime": timestamp(state["created"]),
        "state": state["state"],
        "stateTransitionTime": timestamp(state["since"]),
    }
    if "previous" in state:
        rendered["previousState"] = state["previous"][0]
        rendered["previousStateTransitionTime"] = timestamp(state["previous"][1])
    return rendered


def render_job(call: Call, job: Kept) -> dict[str, Any]:
    info: dict[str, Any] = {"startTime": timestamp(job.state["created"])}
    pool = (job.body.get("poolInfo") or {}).get("poolId")
    if pool:
        info["poolId"] = pool
    if job.state.get("ended"):
        info.update(endTime=timestamp(job.state["ended"]), terminateReason=job.state.get("reason", "UserTerminate"))
    defaults = {"priority": 0, "onAllTasksComplete": "noaction", "usesTaskDependencies": False}
    return {**defaults, **envelope(job, f"{call.base}/jobs/{job.id}"), "executionInfo": info}


def render_task(call: Call, job: Kept, task: Kept) -> dict[str, Any]:
    state = task.state
    info: dict[str, Any] = {"retryCount": state.get("retries", 0), "requeueCount": state.get("requeues", 0)}
    for name, key in (
        ("startTime", "started"),
        ("endTime", "ended"),
        ("lastRequeueTime", "requeued"),
        ("lastRetryTime", "retried"),
    ):
        if state.get(key) is not None:
            info[name] = timestamp(state[key])
    if state["state"] == "completed":
        info["result"] = "failure" if state.get("failure") else "success"
        if state.get("exit_code") is not None:
            info["exitCode"] = state["exit_code"]
        if state.get("failure"):
            text = {"TaskEnded": "Task Was Ended by User Request"}.get(
                state["failure"], "The task exited with an exit code representing a failure"
            )
            info["failureInfo"] = {"category": "usererror", "code": state["failure"], "message": text}
    rendered = {**envelope(task, f"{call.base}/jobs/{job.id}/tasks/{task.id}"), "executionInfo": info}
    pool = (job.body.get("poolInfo") or {}).get("poolId")
    if state.get("node") and pool:
        node = state["node"]
        url = f"{call.base}/pools/{pool}/nodes/{node}"
        rendered["nodeInfo"] = {"affinityId": f"TVM:{node}", "nodeUrl": url, "poolId": pool, "nodeId": node}
    return rendered
