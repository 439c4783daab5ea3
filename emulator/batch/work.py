"""Jobs and tasks as they are kept, and how time moves them on: looked at, they are where they ought to be by now."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from emulator import scaling
from emulator.arm.context import POOL, new_etag
from emulator.batch import queue
from emulator.batch.queue import NEVER, Place, Work
from emulator.store import Row, Store, dump

SECONDS, EXIT_CODE = "LOCAL_AZURE_TASK_SECONDS", "LOCAL_AZURE_TASK_EXIT_CODE"
# A task goes on where contact to its node was lost; what else happens to a node takes its tasks away.
# A removal has taken them already when it was to.
KEEPS_TASKS = ("idle", "running", "offline", "unknown", "leavingpool")
# "enabling", "terminating" and "deleting" last this long (virtual seconds), "disabling" at least; a judgement.
TRANSITION = 2.0
MOVING = """
SELECT 1 FROM work WHERE (kind = 'task' AND phase IN ('active', 'running'))
OR (kind = 'schedule' AND phase IN ('active', 'terminating', 'deleting'))
OR (kind = 'job' AND (phase IN ('disabling', 'enabling', 'terminating', 'deleting') OR body LIKE '%"terminatejob"%'))
LIMIT 1
"""


@dataclass(frozen=True)
class Kept:
    """A job, a job schedule or a task: `body` as it was sent, `state` what the service adds."""

    seq: int
    id: str
    parent: int
    body: dict[str, Any]
    state: dict[str, Any]


def find(store: Store, kind: str, parent: int, name: str) -> Kept | None:
    """kind: "job" and "schedule" of an account, "task" of a job, each by the parent's number; names in any case."""
    rows = store.query("SELECT * FROM work WHERE kind = ? AND parent = ? AND id_key = ?", (kind, parent, name.lower()))
    return _kept(rows[0]) if rows else None


def every(store: Store, kind: str, parent: int, *phases: str) -> list[Kept]:
    """With `phases` only those in one of these states, which leaves thousands of completed tasks unread."""
    wanted = f" AND phase IN ({', '.join('?' * len(phases))})" if phases else ""
    sql = f"SELECT * FROM work WHERE kind = ? AND parent = ?{wanted} ORDER BY seq"  # noqa: S608 - question marks only
    return [_kept(row) for row in store.query(sql, (kind, parent, *phases))]


def tally(store: Store, *jobs: str) -> dict[str, int]:
    """Tasks by state (active, running, completed) at the last look, of all jobs or of those with these ids.

    For counting that none is lost, whatever happened to pools and nodes; no time goes by.
    """
    found = dict.fromkeys(("active", "running", "completed"), 0)
    wanted = {name.lower() for name in jobs}
    rows = store.query(
        "SELECT job.id_key AS job, task.phase, count(*) AS number FROM work AS task JOIN work AS job"
        " ON job.seq = task.parent WHERE task.kind = 'task' GROUP BY task.parent, task.phase"
    )
    for row in rows:
        if not wanted or row["job"] in wanted:
            found[row["phase"]] += row["number"]
    return found


def counts(store: Store, job: Kept) -> tuple[dict[str, int], dict[str, int]]:
    """(tasks, slots) of a job by state, and of the completed ones by result."""
    names = ("active", "running", "completed", "succeeded", "failed")
    tasks, in_slots = dict.fromkeys(names, 0), dict.fromkeys(names, 0)
    rows = store.query(
        "SELECT phase, coalesce(json_extract(state, '$.failure'), '') != '' AS failed,"
        " coalesce(json_extract(body, '$.requiredSlots'), 1) AS slots, count(*) AS number"
        " FROM work WHERE kind = 'task' AND parent = ? GROUP BY 1, 2, 3",
        (job.seq,),
    )
    for row in rows:
        ended = ["failed" if row["failed"] else "succeeded"] if row["phase"] == "completed" else []
        for name in (row["phase"], *ended):
            tasks[name] += row["number"]
            in_slots[name] += row["number"] * int(row["slots"])
    return tasks, in_slots


def add(store: Store, kind: str, parent: int, name: str, body: dict[str, Any], state: dict[str, Any]) -> Kept:
    now = store.clock.now()
    state = {"created": now, "since": now, "modified": now, "etag": new_etag(kind, parent, name, now), **state}
    with store.transaction() as db:
        db.execute(
            "INSERT INTO work (kind, parent, id_key, id, phase, node, body, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (kind, parent, name.lower(), name, state["state"], state.get("node", ""), dump(body), dump(state)),
        )
        seq = int(db.execute("SELECT last_insert_rowid()").fetchone()[0])
    return Kept(seq, name, parent, body, state)


def save(store: Store, item: Kept, body: dict[str, Any] | None = None, /, **changes: Any) -> Kept:
    """With a new `state`, the former one is remembered, and since when."""
    now = store.clock.now()
    state = {**item.state, **changes, "modified": now}
    state["etag"] = new_etag(item.id, now, state, item.state["etag"])
    if state["state"] != item.state["state"]:
        state["since"] = changes.get("since", now)
        state["previous"] = [item.state["state"], item.state["since"]]
    store.execute(
        "UPDATE work SET body = ?, state = ?, phase = ?, node = ? WHERE seq = ?",
        (dump(item.body if body is None else body), dump(state), state["state"], state.get("node", ""), item.seq),
    )
    return Kept(item.seq, item.id, item.parent, item.body if body is None else body, state)


def remove(store: Store, item: Kept) -> None:
    """With its tasks."""
    store.execute("DELETE FROM work WHERE seq = ? OR (kind = 'task' AND parent = ?)", (item.seq, item.seq))


@dataclass(frozen=True)
class OnNode:
    """Tasks of one node: running ones, their slots, the last start and the last end of them, and how many it ran."""

    tasks: int = 0
    slots: int = 0
    since: float = 0.0
    ends: float = 0.0
    ran: int = 0
    succeeded: int = 0


def on_nodes(store: Store) -> dict[str, OnNode]:
    """What runs and ran on nodes, by node id (unique over all pools)."""
    return store.cached("on nodes", lambda: _on_nodes(store))


def _on_nodes(store: Store) -> dict[str, OnNode]:
    found: dict[str, OnNode] = {}
    for row in store.query(
        "SELECT * FROM work WHERE kind = 'task' AND node != '' AND phase IN ('running', 'completed')"
    ):
        task, had = _kept(row), found.get(row["node"], OnNode())
        if row["phase"] == "completed":
            fine = int(task.state.get("exit_code") == 0)
            found[row["node"]] = OnNode(had.tasks, had.slots, had.since, had.ends, had.ran + 1, had.succeeded + fine)
        else:
            found[row["node"]] = OnNode(
                had.tasks + 1,
                had.slots + slots(task),
                max(had.since, task.state["started"]),
                max(had.ends, task.state["ends"]),
                had.ran,
                had.succeeded,
            )
    return found


def slots(task: Kept) -> int:
    return int(task.body.get("requiredSlots") or 1)


def take_away(store: Store, node: str, option: str) -> None:
    """The running tasks of a node: "requeue", "terminate", or anything else to leave them."""
    if option not in ("requeue", "terminate"):
        return
    for row in store.query("SELECT * FROM work WHERE kind = 'task' AND node = ? AND phase = 'running'", (node,)):
        requeue(store, _kept(row)) if option == "requeue" else end(store, _kept(row), None, "TaskEnded")


def requeue(store: Store, task: Kept) -> Kept:
    now, count = store.clock.now(), int(task.state.get("requeues", 0)) + 1
    return save(store, task, state="active", node="", started=None, ends=None, ready=now, requeues=count, requeued=now)


def end(store: Store, task: Kept, exit_code: int | None, failure: str, at: float | None = None) -> None:
    """`failure`: code of what it failed of, empty on success."""
    at = store.clock.now() if at is None else at
    save(store, task, state="completed", since=at, ended=at, exit_code=exit_code, failure=failure)


def idle(store: Store) -> bool:
    """Is there nothing that time would move on?"""
    return store.cached("nothing to do", lambda: not store.query(MOVING))


def advance(store: Store, account: Row, places: Callable[[Row], dict[str, tuple[str, Place]]]) -> None:
    """Move the jobs of an account on. `places`: state and place of each node of a pool, by node id."""
    from emulator.batch import schedules  # schedules make jobs

    if idle(store):
        return
    with store.transaction():
        now = store.clock.now()
        for job in every(store, "job", account.seq):
            _settle(store, job, now)
        schedules.advance(store, account, now)
        # All that could start until the last look has started then.
        mark = f"work.advanced.{account.seq}"
        floor = float(store.values(mark).get(mark, 0.0))
        store.write_values({mark: repr(now)})
        jobs = every(store, "job", account.seq)
        for row in store.living(POOL, below=account.id):
            of_pool = [job for job in jobs if _in(job, row)]
            if of_pool and row.deleting is None:
                jobs = [job for job in jobs if job not in of_pool]
                row = scaling.settled(store, row, now)
                _run(store, row, of_pool, places(row), floor, now)
        for job in jobs:  # their pool is not there, or not for long
            for task in every(store, "task", job.seq, "running"):
                requeue(store, task)
        for job in every(store, "job", account.seq):
            _settle(store, job, now)


def _in(job: Kept, pool: Row) -> bool:
    return str((job.body.get("poolInfo") or {}).get("poolId", "")).lower() == pool.name.lower()


def _run(
    store: Store, pool: Row, jobs: list[Kept], places: dict[str, tuple[str, Place]], floor: float, now: float
) -> None:
    tasks: dict[int, Kept] = {}
    works: list[Work] = []
    lasts = store.seconds("task")
    for job in jobs:
        open_ = job.state["state"] == "active"
        for task in every(store, "task", job.seq, "running", *(("active",) if open_ else ())):
            if task.state["state"] == "running" and task.state["ends"] > now:
                there = places.get(task.state["node"])
                if there is None or there[0] not in KEEPS_TASKS:
                    task = requeue(store, task)
            state = task.state["state"]
            if state == "running" or (state == "active" and open_):
                tasks[task.seq] = task
                works.append(_work(job, task, floor, lasts))
    pack = str((pool.body["properties"].get("taskSchedulingPolicy") or {}).get("nodeFillType", "")).lower() == "pack"
    open_places = [place for state, place in places.values() if state in ("idle", "running") and place.slots]
    for key, work in queue.run(open_places, works, now, pack=pack).items():
        _write(store, tasks[key], work)


def _work(job: Kept, task: Kept, floor: float, lasts: float) -> Work:
    settings = {item["name"]: item.get("value") for item in task.body.get("environmentSettings") or []}
    constraints = {**(job.body.get("constraints") or {}), **(task.body.get("constraints") or {})}
    state = task.state
    running = state["state"] == "running"
    return Work(
        key=task.seq,
        order=(-int(job.body.get("priority") or 0), task.seq),
        ready=max(state["ready"], job.state["since"], floor),
        lasts=float(settings.get(SECONDS) or lasts),
        slots=slots(task),
        exit_code=int(settings.get(EXIT_CODE) or 0),
        retries=int(state.get("retries", 0)),
        most=int(constraints.get("maxTaskRetryCount") or 0),
        node=state["node"] if running else "",
        started=state["started"] if running else NEVER,
        ends=state["ends"] if running else NEVER,
    )


def _write(store: Store, task: Kept, work: Work) -> None:
    if work.done:
        task = save(store, task, node=work.node, started=work.started, retries=work.retries)
        end(store, task, work.exit_code, "FailureExitCode" if work.exit_code else "", at=work.ends)
    elif work.node and (task.state["state"] != "running" or task.state["started"] != work.started):
        changes = {"node": work.node, "started": work.started, "ends": work.ends, "retries": work.retries}
        save(store, task, state="running", since=work.started, **changes)
    elif not work.node and task.state["state"] == "running":
        save(store, task, state="active", node="", ready=work.ready, retries=work.retries, retried=work.ready)


def _settle(store: Store, job: Kept, now: float) -> None:
    """Job states that pass by themselves."""
    state, until = job.state["state"], job.state.get("until", NEVER)
    if state == "disabling":
        if now >= until and not _has(store, job, "running"):
            save(store, job, state="disabled")
    elif state == "enabling" and now >= until:
        save(store, job, state="active", since=until)
    elif state == "terminating" and now >= until:
        save(store, job, state="completed", since=until, ended=until)
    elif state == "deleting" and now >= until:
        remove(store, job)
    elif state == "active":
        if job.body.get("jobManagerTask"):
            _after_manager(store, job)
        if job.body.get("onAllTasksComplete") != "terminatejob":
            return
        if _has(store, job, "completed") and not _has(store, job, "active", "running"):
            save(store, job, state="completed", ended=now, reason="AllTasksComplete")


def _has(store: Store, job: Kept, *phases: str) -> bool:
    sql = f"SELECT 1 FROM work WHERE kind = 'task' AND parent = ? AND phase IN ({', '.join('?' * len(phases))}) LIMIT 1"  # noqa: S608
    return bool(store.query(sql, (job.seq, *phases)))


def _after_manager(store: Store, job: Kept) -> None:
    """The end of its job manager task ends a job, unless that says otherwise (killJobOnCompletion)."""
    ended = [task for task in every(store, "task", job.seq, "completed") if task.state.get("manager")]
    if ended and job.body["jobManagerTask"].get("killJobOnCompletion", True):
        for task in every(store, "task", job.seq, "running"):
            end(store, task, None, "TaskEnded")
        save(store, job, state="completed", ended=ended[0].state["ended"], reason="JMComplete")


def _kept(row: Any) -> Kept:
    return Kept(row["seq"], row["id"], row["parent"], json.loads(row["body"]), json.loads(row["state"]))
