"""The findings of one pool: what is worth an action, grouped by cause. Pure; one pass over the nodes.

Judgements of ours, besides the remedies in the table:

- What is still on its way is no finding, until it has been so for too long; or at once on a node that Batch has given
  up, since nothing waits for it any more.
- A node that is unusable without an error is told by its extensions, if one of them failed or never came to an end: a
  node cannot become ready before them.
- Advice without a failure (an image that is past its support, a formula that could not be evaluated) has the severity
  `waiting`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ...images import find_image_by_reference
from ..health import ExtensionHealth, NodeHealth, Phase, PoolHealth, Verdict, phase
from ..snapshot import Answer, Problem
from .causes import EXTENSION, NODE, POOL, RESIZE, START_TASK, Told, find_cause, find_log, known_causes
from .model import Cause, Finding
from .values import Surroundings, fill, fill_values, find_extension, key_values, requires_initial_sync
from .wording import normalise

# The vendor's pages give no length for "up to 25 times with increasing backoff periods".
SYNC_LIMIT = timedelta(minutes=30)
# As long as Azure lets a custom script run: https://learn.microsoft.com/azure/virtual-machines/extensions/custom-script-linux
EXTENSION_LIMIT = timedelta(minutes=90)

_RANK = {Verdict.FAILED: 0, Verdict.UNKNOWN: 1, Verdict.WAITING: 2, Verdict.HEALTHY: 3}


@dataclass(frozen=True)
class _Symptom:
    """One thing that is wrong, on one node or on none. `extension` is the name of the one that it is about."""

    subject: str
    cause: Cause | None
    severity: Verdict
    code: str = ""
    message: str = ""
    node: str = ""
    extension: str = ""
    log: str = ""


def diagnose(
    pool: PoolHealth,
    *,
    stack: str | None = None,
    today: date,
    now: datetime | None = None,
    component: str | None = None,
    endpoint: str = "",
) -> tuple[Finding, ...]:
    """What is wrong with `pool`: failures first, then what struck most nodes.

    `stack`, `component` (its ExtensionPool there) and `endpoint` complete the commands. Dates are judged against
    `today`, how long something waits against `now`; without `now` nothing is too long. A pool that is being deleted has
    no findings.
    """
    if pool.pool.state == "deleting":
        return ()
    around = Surroundings(pool.account, endpoint, stack, component)
    groups: dict[tuple[str, ...], list[_Symptom]] = {}
    for symptom in _symptoms(pool, today, now):
        groups.setdefault(_key(pool, symptom), []).append(symptom)
    findings = [_finding(pool, around, symptoms) for symptoms in groups.values()]
    return tuple(sorted(findings, key=lambda one: (_RANK[one.severity], -len(one.nodes))))


def _finding(pool: PoolHealth, around: Surroundings, symptoms: Sequence[_Symptom]) -> Finding:
    """The first symptom is that of the first node by id, since the rows of a pool are sorted so."""
    first = symptoms[0]
    nodes = tuple(dict.fromkeys(one.node for one in symptoms if one.node))
    cause = first.cause.id if first.cause else ""
    extension = find_extension(pool.pool, first.extension)
    values = fill_values(around, pool.pool, extension, first.message, nodes, cause)
    template = known_causes()[cause].command if cause else _look_closer(first)
    return Finding(
        pool=pool.name,
        account=pool.account,
        subject=first.subject,
        cause=first.cause,
        message=first.message,
        nodes=nodes,
        command=fill(template, values),
        severity=min((one.severity for one in symptoms), key=_RANK.__getitem__),
        code=first.code,
        log=first.log,
    )


def _look_closer(symptom: _Symptom) -> str:
    """What to run for a failure that nobody knows."""
    if symptom.node:
        return "extension-pool status {selection} --node {node}"
    return "az batch pool show --pool-id {pool} {batch}"


def _key(pool: PoolHealth, symptom: _Symptom) -> tuple[str, ...]:
    """What makes two symptoms one finding: the cause and what it is about; the same wording where nobody knows it."""
    if symptom.cause is None:
        return (symptom.subject, "", symptom.code.lower(), normalise(symptom.message))
    about = key_values(symptom.message, find_extension(pool.pool, symptom.extension)) if symptom.extension else ()
    code = symptom.code.lower() if symptom.subject == RESIZE else ""
    return (symptom.subject, symptom.cause.id, code, *about)


def _symptoms(pool: PoolHealth, today: date, now: datetime | None) -> Iterator[_Symptom]:
    if pool.allocation is Verdict.FAILED and not pool.short:
        # No pool at all: see `health.missing_pool`.
        yield _Symptom(POOL, _cause("pool-missing"), Verdict.FAILED, message=pool.summary)
        return
    yield from _resize(pool)
    for node in pool.nodes:
        if node.counted:
            extensions = [one for cell in node.extensions for one in _extension(pool, node, cell, now)]
            yield from extensions
            yield from _node(node, told=bool(extensions))
    yield from _advice(pool, today)


def _resize(pool: PoolHealth) -> Iterator[_Symptom]:
    """Errors of a resize that left the pool short; where no target is known, as with a formula, they may be old."""
    autoscaled = pool.pool.autoscale is not None and pool.pool.target_nodes is None
    steady = pool.pool.allocation_state in {"", "steady"}
    if not steady or not (pool.short or autoscaled):
        return
    severity = Verdict.FAILED if pool.short else Verdict.WAITING
    for error in pool.resize_errors:
        yield _told(RESIZE, error, severity)


def _extension(pool: PoolHealth, node: NodeHealth, cell: ExtensionHealth, now: datetime | None) -> Iterator[_Symptom]:
    told = Told(EXTENSION, cell.code, cell.message, cell.type)
    if cell.verdict is Verdict.HEALTHY:
        return
    if not cell.code:
        cause = _without_code(pool, node, cell)
        if cause is None:
            return
        severity = cell.verdict
    elif cell.verdict is Verdict.WAITING:
        if not _is_stuck(pool, node, cell, now):
            return
        cause, severity = _stuck(pool, cell, find_cause(told)), Verdict.UNKNOWN
    else:
        cause, severity = find_cause(told), cell.verdict
        if cause is not None and cause.id == "certificates-not-downloaded":
            cause = _stuck(pool, cell, cause)
    yield _Symptom(
        subject=cell.name or "(no name)",
        cause=cause,
        severity=severity,
        code=cell.code,
        message=cell.message,
        node=node.id,
        extension=cell.name,
        log=find_log(cell.publisher, cell.type),
    )


def _without_code(pool: PoolHealth, node: NodeHealth, cell: ExtensionHealth) -> Cause | None:
    """Why an extension has no status code, where that is a finding of its own and not the node's."""
    now = phase(node.state)
    if node.answer is not Answer.ANSWERED or now is Phase.LOST or cell.verdict is Verdict.WAITING:
        return None
    if cell.word != "absent":
        return _cause("extension-without-status")
    if now is Phase.BROKEN:
        return None
    has = pool.pool.expected
    missing = has is not None and cell.name.casefold() not in {name.casefold() for name in has}
    return _cause("extension-not-in-pool" if missing else "extension-absent")


def _is_stuck(pool: PoolHealth, node: NodeHealth, cell: ExtensionHealth, now: datetime | None) -> bool:
    if phase(node.state) is Phase.BROKEN:
        return True
    # The status tells the time of the last try; the first one came with the machine.
    since = node.node.booted or node.node.changed or node.node.allocated or cell.time
    if now is None or since is None:
        return False
    return now - since > (SYNC_LIMIT if _is_key_vault(cell) else EXTENSION_LIMIT)


def _stuck(pool: PoolHealth, cell: ExtensionHealth, told: Cause | None) -> Cause:
    """The cause of what never comes to an end: what the message tells, if it tells more than that."""
    if told is not None and told.id != "certificates-not-downloaded":
        return told
    if requires_initial_sync(find_extension(pool.pool, cell.name)):
        return _cause("initial-sync-stuck")
    return told or _cause("extension-stuck")


def _is_key_vault(cell: ExtensionHealth) -> bool:
    return cell.publisher.lower() == "microsoft.azure.keyvault"


def _node(node: NodeHealth, told: bool) -> Iterator[_Symptom]:
    """What is wrong with the node itself. `told`: its extensions tell of something already."""
    raw = node.node
    for error in raw.errors:
        yield _told(NODE, error, _at_least_unknown(node.verdict), node.id)
    rest = node.errors[len(raw.errors) :]
    if raw.start_task is not None and (raw.start_task.failure is not None or node.state == "starttaskfailed"):
        # A start task that nobody waits for leaves the node usable.
        severity = Verdict.FAILED if phase(node.state) is Phase.BROKEN else Verdict.UNKNOWN
        symptom = _told(START_TASK, rest[0], severity, node.id)
        yield symptom if symptom.cause else _with_cause(symptom, "start-task-failed")
        rest = rest[1:]
    elif node.state == "starttaskfailed":
        yield _Symptom(START_TASK, _cause("start-task-failed"), Verdict.FAILED, node=node.id)
    yield from _state(node, rest, bool(raw.errors) or told)


def _state(node: NodeHealth, refusals: Sequence[Problem], told: bool) -> Iterator[_Symptom]:
    """What the state says that no error says, and why the node gave no answer. `refusals` are Azure's words for it."""
    if node.state == "unusable":
        if not told:
            yield _Symptom(NODE, _cause("node-unreachable"), Verdict.FAILED, message=_words(refusals), node=node.id)
    elif phase(node.state) is Phase.LOST:
        lost = _cause("contact-lost") if node.state == "unknown" else None
        message = _words(refusals) or f"the node's state is {node.state!r}"
        yield _Symptom(NODE, lost, Verdict.UNKNOWN, message=message, node=node.id)
    elif phase(node.state) is Phase.UP and node.verdict is not Verdict.WAITING:
        for refusal in refusals:
            symptom = _told(NODE, refusal, Verdict.UNKNOWN, node.id)
            yield _with_cause(symptom, "no-answer") if node.answer is Answer.NO_ANSWER else symptom


def _advice(pool: PoolHealth, today: date) -> Iterator[_Symptom]:
    autoscale, image = pool.pool.autoscale, pool.pool.image
    if autoscale is not None and autoscale.error is not None:
        yield _with_cause(_told(POOL, autoscale.error, Verdict.WAITING), "autoscale-failed")
    known = find_image_by_reference(image.publisher, image.offer, image.sku) if image and image.publisher else None
    if known is not None and known.end_of_support is not None and known.end_of_support < today:
        follows = f"; {known.successor} follows it" if known.successor else ""
        message = f"Batch's support of {known.title} ended on {known.end_of_support.isoformat()}{follows}"
        yield _Symptom(POOL, _cause("image-past-support"), Verdict.WAITING, message=message)


def _told(at: str, problem: Problem, severity: Verdict, node: str = "") -> _Symptom:
    cause = find_cause(Told(at, problem.code, problem.message))
    return _Symptom(at, cause, severity, problem.code, problem.message, node)


def _with_cause(symptom: _Symptom, cause: str) -> _Symptom:
    return _Symptom(
        symptom.subject, _cause(cause), symptom.severity, symptom.code, symptom.message, symptom.node, symptom.extension
    )


def _cause(name: str) -> Cause:
    return known_causes()[name].cause


def _words(problems: Sequence[Problem]) -> str:
    return "\n".join(": ".join(part for part in (one.code, one.message) if part) for one in problems)


def _at_least_unknown(verdict: Verdict) -> Verdict:
    return verdict if verdict is Verdict.FAILED else Verdict.UNKNOWN
