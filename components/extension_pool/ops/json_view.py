"""Judged pools, and one node with all that is known of it, as JSON for programs. Pure: values in, one string out.

What is in it, `json_types` says. Texts of the service are whole and unchanged, with everything outside ASCII escaped,
so that printing the JSON cannot drive a terminal. Times are RFC 3339 in UTC.
"""

import json
from collections.abc import Sequence
from datetime import datetime

from .cells import ExtensionHealth, judge_phase, judge_reports, worst
from .drift import Drift
from .gate import GateVerdict
from .health import NodeHealth, PoolHealth, Verdict, judge_node
from .jobs import Job, Mark
from .jobs_view import waiting_json
from .json_types import (
    AutoscaleJson,
    CountsJson,
    DriftJson,
    ExtensionDetailJson,
    ExtensionJson,
    GateJson,
    ImageJson,
    NodeDetailJson,
    NodeFactsJson,
    NodeJson,
    NodeStatusJson,
    PoolJson,
    ProblemJson,
    StartTaskJson,
    StatusJson,
    StatusLineJson,
)
from .snapshot import Autoscale, Image, NodeExtension, NodeReading, Problem, StartTask, Status
from .trees import mask


def render_json(
    pools: Sequence[PoolHealth], *, waiting: Sequence[tuple[Job, Mark]] = (), indent: int | None = 2
) -> str:
    """The documented JSON, indented, with a final newline. Without `indent` it is one line."""
    return _text(status_json(pools, waiting), indent)


def render_node_json(
    reading: NodeReading,
    *,
    pool: str,
    account: str = "",
    expected: Sequence[str] | None = None,
    indent: int | None = 2,
) -> str:
    """The documented JSON of one node of `pool`, which should have the extensions `expected`."""
    return _text(node_status_json(reading, pool=pool, account=account, expected=expected), indent)


def status_json(pools: Sequence[PoolHealth], waiting: Sequence[tuple[Job, Mark]] = ()) -> StatusJson:
    """The documented JSON as values. `waiting`: jobs that a roll-out disabled."""
    return {
        "pools": [_pool(pool) for pool in pools],
        "verdict": worst(pool.verdict for pool in pools).value,
        "waitingJobs": waiting_json(waiting),
    }


def node_status_json(
    reading: NodeReading, *, pool: str, account: str = "", expected: Sequence[str] | None = None
) -> NodeStatusJson:
    """The documented JSON of one node as values."""
    row = judge_node(reading, expected)
    image, task = reading.node.image, reading.node.start_task
    reports = judge_reports(reading, expected, judge_phase(reading))
    node: NodeDetailJson = {
        **_facts(row),
        "image": None if image is None else _image(image),
        "startTask": None if task is None else _start_task(task),
        "extensions": [_detail(cell, seen or NodeExtension("")) for cell, seen in reports],
    }
    return {"pool": pool, "account": account, "verdict": row.verdict.value, "node": node}


def _text(value: object, indent: int | None) -> str:
    separators = (",", ":") if indent is None else None
    return json.dumps(value, indent=indent, separators=separators, ensure_ascii=True) + "\n"


def _pool(health: PoolHealth) -> PoolJson:
    pool = health.pool
    return {
        "name": health.name,
        "account": health.account,
        "verdict": health.verdict.value,
        "summary": health.summary,
        "waiting": health.waiting,
        "counts": _counts(health),
        "gate": None if health.gate is None else _gate(health.gate),
        "drift": [_drift(drift) for drift in health.drift],
        "expectedExtensions": None if health.expected is None else list(health.expected),
        "state": pool.state,
        "allocationState": pool.allocation_state,
        "currentNodes": pool.current_nodes,
        "targetNodes": pool.target_nodes,
        "targetDedicatedNodes": pool.target_dedicated,
        "targetLowPriorityNodes": pool.target_spot,
        "autoscale": None if pool.autoscale is None else _autoscale(pool.autoscale),
        "vmSize": pool.vm_size,
        "created": _time(pool.created),
        "nodes": [_node(node) for node in health.nodes],
        "resizeErrors": [_problem(problem) for problem in health.resize_errors],
    }


def _counts(pool: PoolHealth) -> CountsJson:
    counts = pool.counts
    return {
        "healthy": counts[Verdict.HEALTHY],
        "waiting": counts[Verdict.WAITING],
        "unknown": counts[Verdict.UNKNOWN],
        "failed": counts[Verdict.FAILED],
        "notCounted": len(pool.nodes) - sum(counts.values()),
    }


def _gate(gate: GateVerdict) -> GateJson:
    return {
        "outcome": gate.outcome.value,
        "require": str(gate.require),
        "wanted": gate.wanted,
        "healthy": gate.healthy,
        "waiting": gate.waiting,
        "unknown": gate.unknown,
        "failed": gate.failed,
        "summary": gate.summary,
    }


def _drift(drift: Drift) -> DriftJson:
    return {"kind": drift.kind.value, "path": drift.path, "message": drift.message, "advice": drift.advice}


def _autoscale(scaling: Autoscale) -> AutoscaleJson:
    error = None if scaling.error is None else _problem(scaling.error)
    return {"formula": scaling.formula, "interval": scaling.interval, "error": error}


def _node(row: NodeHealth) -> NodeJson:
    return {**_facts(row), "extensions": [_extension(cell) for cell in row.extensions]}


def _facts(row: NodeHealth) -> NodeFactsJson:
    node = row.node
    return {
        "id": row.id,
        "state": row.state,
        "verdict": row.verdict.value,
        "counted": row.counted,
        "answer": row.answer.value,
        "scheduling": node.scheduling,
        "dedicated": node.dedicated,
        "vmSize": node.vm_size,
        "ipAddress": node.ip_address,
        "agentVersion": node.agent_version,
        "changed": _time(node.changed),
        "allocated": _time(node.allocated),
        "booted": _time(node.booted),
        "runningTasks": node.running_tasks,
        "errors": [_problem(problem) for problem in row.errors],
    }


def _extension(cell: ExtensionHealth) -> ExtensionJson:
    return {
        "name": cell.name,
        "verdict": cell.verdict.value,
        "word": cell.word,
        "code": cell.code,
        "message": cell.message,
        "level": cell.level,
        "time": _time(cell.time),
        "expected": cell.expected,
        "publisher": cell.publisher,
        "type": cell.type,
        "version": cell.version,
    }


def _detail(cell: ExtensionHealth, seen: NodeExtension) -> ExtensionDetailJson:
    return {
        **_extension(cell),
        "aliases": list(seen.aliases),
        "provisioningState": seen.provisioning_state,
        "autoUpgradeMinorVersion": seen.auto_upgrade_minor_version,
        "enableAutomaticUpgrade": seen.enable_automatic_upgrade,
        "provisionAfterExtensions": list(seen.provision_after),
        "statuses": [_status(status) for status in seen.statuses],
        "subStatuses": [_status(status) for status in seen.sub_statuses],
        "settings": mask(seen.settings),
    }


def _status(status: Status) -> StatusLineJson:
    return {
        "code": status.code,
        "level": status.level,
        "displayStatus": status.display_status,
        "message": status.message,
        "time": _time(status.time),
    }


def _image(image: Image) -> ImageJson:
    return {
        "publisher": image.publisher,
        "offer": image.offer,
        "sku": image.sku,
        "version": image.version,
        "id": image.id,
    }


def _start_task(task: StartTask) -> StartTaskJson:
    failure = None if task.failure is None else _problem(task.failure)
    return {"state": task.state, "exitCode": task.exit_code, "failure": failure}


def _problem(problem: Problem) -> ProblemJson:
    return {"code": problem.code, "message": problem.message}


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None
