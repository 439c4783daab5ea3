from dataclasses import replace
from datetime import datetime, timezone

import pytest

from extension_pool.ops.drift import Drift, DriftKind
from extension_pool.ops.health import Verdict, judge_code, judge_node, judge_pool, missing_pool, settled, worst
from extension_pool.ops.snapshot import Answer, Autoscale, Node, NodeExtension, NodeReading, Problem, StartTask, Status

from . import drawing
from .steps import count_steps

H, W, U, F = Verdict.HEALTHY, Verdict.WAITING, Verdict.UNKNOWN, Verdict.FAILED

# A node, the verdict on it, its cells (the pool expects a and b), and whether it counts.
NODES = [
    # state and reports                        verdict  cells                                counts
    ("idle       a=succeeded b=succeeded",      H, ["healthy succeeded", "healthy succeeded"], True),
    ("running    a=Succeeded b=SUCCEEDED",      H, ["healthy succeeded", "healthy succeeded"], True),
    ("offline    a=succeeded b=succeeded",      H, ["healthy succeeded", "healthy succeeded"], True),
    ("idle       a=succeeded b=creating",       W, ["healthy succeeded", "waiting creating"], True),
    ("idle       a=updating b=transitioning",   W, ["waiting updating", "waiting transitioning"], True),
    ("idle       a=deleting b=succeeded",       W, ["waiting deleting", "healthy succeeded"], True),
    ("idle       a=succeeded b=failed",         F, ["healthy succeeded", "failed failed"], True),
    ("idle       a=failed/1009 b=creating",     F, ["failed failed/1009", "waiting creating"], True),
    ("idle       a=succeeded",                  F, ["healthy succeeded", "failed absent"], True),
    ("idle",                                    F, ["failed absent", "failed absent"], True),
    ("idle       a=succeeded b=",               U, ["healthy succeeded", "unknown no status"], True),
    ("idle       a=succeeded b=paused/9",       U, ["healthy succeeded", "unknown ProvisioningState/paused/9"], True),
    ("idle       a=succeeded b=:Odd/succeeded", U, ["healthy succeeded", "unknown Odd/succeeded"], True),
    ("idle       A=succeeded B=succeeded",      H, ["healthy succeeded", "healthy succeeded"], True),
    ("idle   a=succeeded b=succeeded x=failed", F, ["healthy succeeded", "healthy succeeded", "failed failed"], True),
    ("idle       !NodeBeingRebooted",           W, ["waiting not yet", "waiting not yet"], True),
    ("idle       !OperationInvalidForCurrentState", U, ["unknown no answer", "unknown no answer"], True),
    ("idle       ?",                            U, ["unknown no answer", "unknown no answer"], True),
    ("idle       !vanished",                    U, ["unknown gone", "unknown gone"], False),
    ("creating",                                W, ["waiting not yet", "waiting not yet"], True),
    ("starting   a=succeeded",                  W, ["healthy succeeded", "waiting not yet"], True),
    ("starting   a=succeeded b=succeeded",      W, ["healthy succeeded", "healthy succeeded"], True),
    ("starting   a=failed b=",                  F, ["failed failed", "waiting no status"], True),
    ("starting   ?",                            W, ["waiting not yet", "waiting not yet"], True),
    ("waitingforstarttask a=succeeded b=succeeded", W, ["healthy succeeded", "healthy succeeded"], True),
    ("rebooting  !NodeBeingRebooted",           W, ["waiting not yet", "waiting not yet"], True),
    ("reimaging",                               W, ["waiting not yet", "waiting not yet"], True),
    ("upgradingos a=succeeded b=succeeded",     W, ["healthy succeeded", "healthy succeeded"], True),
    ("unusable   a=succeeded b=succeeded",      F, ["healthy succeeded", "healthy succeeded"], True),
    ("unusable   !NodeStateUnusable",           F, ["unknown no answer", "unknown no answer"], True),
    ("starttaskfailed a=succeeded b=succeeded", F, ["healthy succeeded", "healthy succeeded"], True),
    ("unknown    a=succeeded b=succeeded",      U, ["healthy succeeded", "healthy succeeded"], True),
    ("unknown",                                 U, ["unknown absent", "unknown absent"], True),
    ("defrosting a=succeeded",                  U, ["healthy succeeded", "unknown absent"], True),
    ("preempted",                               U, ["unknown not asked", "unknown not asked"], False),
    ("deallocating",                            U, ["unknown not asked", "unknown not asked"], False),
    ("deallocated",                             U, ["unknown not asked", "unknown not asked"], False),
    ("leavingpool",                             U, ["unknown not asked", "unknown not asked"], False),
]  # fmt: skip

# A pool, the verdict on it, whether it is still moving, and the sentence.
OK = "idle a=succeeded b=succeeded\n"
POOLS = [
    (drawing.pool(OK * 3), H, False, "3 of 3 nodes: all 2 extensions succeeded"),
    (drawing.pool(OK * 3 + "starting"), W, True, "3 of 4 nodes: all 2 extensions succeeded; 1 waiting"),
    (
        drawing.pool(OK + "idle a=failed b=creating\nstarting\nunknown"),
        F,
        True,
        "1 of 4 nodes: all 2 extensions succeeded; 1 failed; 1 unknown; 1 waiting",
    ),
    (drawing.pool(OK + "unusable"), F, False, "1 of 2 nodes: all 2 extensions succeeded; 1 failed"),
    (drawing.pool(OK + "unknown"), U, False, "1 of 2 nodes: all 2 extensions succeeded; 1 unknown"),
    (
        drawing.pool(OK + "preempted\npreempted\nleavingpool\nidle !vanished", target=3),
        H,
        False,
        "1 of 1 node: all 2 extensions succeeded; 1 gone, not counted; 1 leavingpool, not counted; "
        "2 preempted, not counted",
    ),
    (drawing.pool("preempted\ndeallocated"), W, True, "no nodes; 1 deallocated, not counted; 1 preempted, not counted"),
    (drawing.pool("deallocated"), U, False, "no nodes; 1 deallocated, not counted"),
    (drawing.pool("leavingpool", target=0), H, False, "no nodes; 1 leavingpool, not counted"),
    (drawing.pool(OK, target=3), W, True, "1 of 1 node: all 2 extensions succeeded; 2 more wanted"),
    (
        drawing.pool(OK, target=3, resize="AccountCoreQuotaReached"),
        F,
        False,
        "1 of 1 node: all 2 extensions succeeded; 2 more wanted, and the resize failed: AccountCoreQuotaReached",
    ),
    (
        drawing.pool(OK, target=3, resize="AllocationFailed", allocation="resizing"),
        W,
        True,
        "1 of 1 node: all 2 extensions succeeded; 2 more wanted",
    ),
    (drawing.pool(OK, resize="ResizeStopped"), H, False, "1 of 1 node: all 2 extensions succeeded"),
    (drawing.pool("", target=0), H, False, "no nodes; none wanted"),
    (drawing.pool("", target=2), W, True, "no nodes; 2 more wanted"),
    (drawing.pool("", target=2, allocation="resizing"), W, True, "no nodes; 2 more wanted"),
    (
        drawing.pool("", target=2, resize="AllocationTimedOut"),
        F,
        False,
        "no nodes; 2 more wanted, and the resize failed: AllocationTimedOut",
    ),
    (
        drawing.pool(OK, state="deleting"),
        U,
        False,
        "the pool is being deleted; 1 of 1 node: all 2 extensions succeeded",
    ),
    (drawing.pool("idle a=succeeded", expected=("a",)), H, False, "1 of 1 node: the extension succeeded"),
    (drawing.pool("idle", expected=()), H, False, "1 of 1 node: ready, no extensions expected"),
    (drawing.pool("idle a=succeeded", expected=None), H, False, "1 of 1 node: every reported extension succeeded"),
]


@pytest.mark.parametrize(("line", "verdict", "cells", "counts"), NODES, ids=[" ".join(row[0].split()) for row in NODES])
def test_nodes(line: str, verdict: Verdict, cells: list[str], counts: bool) -> None:
    row = judge_node(drawing.node(line), ("a", "b"))
    assert [f"{cell.verdict.value} {cell.word}" for cell in row.extensions] == cells
    assert (row.verdict, row.counted) == (verdict, counts)


@pytest.mark.parametrize(("reading", "verdict", "waiting", "summary"), POOLS, ids=[row[3] for row in POOLS])
def test_pools(reading: drawing.PoolReading, verdict: Verdict, waiting: bool, summary: str) -> None:
    pool = judge_pool(reading, "acct")
    assert (pool.verdict, pool.waiting, pool.summary) == (verdict, waiting, summary)


def test_a_pool_without_nodes_and_without_a_known_target() -> None:
    reading = drawing.pool("")
    asleep = replace(reading, pool=replace(reading.pool, target_nodes=None))
    growing = replace(reading, pool=replace(reading.pool, target_nodes=None, allocation_state="resizing"))
    assert judge_pool(asleep).summary == "no nodes; resize target unknown"
    assert (judge_pool(growing).verdict, judge_pool(growing).summary) == (W, "no nodes; resizing")


def test_what_the_caller_expects_goes_before_what_the_service_says() -> None:
    pool = judge_pool(drawing.pool("idle a=succeeded b=succeeded"), expected=("a", "b", "c"))
    assert pool.verdict is F
    assert pool.expected == ("a", "b", "c")
    assert [cell.word for cell in pool.nodes[0].extensions] == ["succeeded", "succeeded", "absent"]


def test_what_nobody_expected_is_marked() -> None:
    (pool,) = [judge_pool(drawing.pool("idle z=succeeded a=succeeded y=succeeded", expected=("a",)))]
    assert [(cell.name, cell.expected) for cell in pool.nodes[0].extensions] == [
        ("a", True),
        ("y", False),
        ("z", False),
    ]


def test_rows_are_sorted_by_node() -> None:
    reading = drawing.pool(OK * 3)
    turned = replace(reading, nodes=reading.nodes[::-1])
    assert [row.id for row in judge_pool(turned).nodes] == ["n1", "n2", "n3"]


def test_an_extension_is_found_under_its_other_name_and_only_once() -> None:
    seen = NodeExtension("secretext", aliases=("KVExtensions",), statuses=(Status("ProvisioningState/succeeded"),))
    reading = NodeReading(Node("n", "idle"), Answer.ANSWERED, (seen,))
    assert [cell.verdict for cell in judge_node(reading, ("kvextensions",)).extensions] == [H]
    # The name itself goes first, whatever the order in which they are expected.
    cells = judge_node(reading, ("KVExtensions", "secretext")).extensions
    assert [(cell.name, cell.verdict) for cell in cells] == [("KVExtensions", F), ("secretext", H)]


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        ("ProvisioningState/succeeded", H),
        ("provisioningstate/SUCCEEDED/sub/sub", H),
        ("ProvisioningState/failed/1", F),
        ("ProvisioningState/Transitioning", W),
        ("ProvisioningState/canceled", U),
        ("ProvisioningState/", U),
        ("ComponentStatus/failed", U),
        ("succeeded", U),
        ("", U),
    ],
)
def test_codes(code: str, verdict: Verdict) -> None:
    assert judge_code(code) is verdict


def cell(*statuses: Status, provisioning_state: str = "") -> tuple[Verdict, str, str]:
    seen = NodeExtension("a", provisioning_state=provisioning_state, statuses=statuses)
    (one,) = judge_node(NodeReading(Node("n", "idle"), Answer.ANSWERED, (seen,)), ("a",)).extensions
    return one.verdict, one.code, one.message


def test_the_code_decides_and_not_the_level() -> None:
    assert cell(Status("ProvisioningState/succeeded", "error", message="m")) == (H, "ProvisioningState/succeeded", "m")
    assert cell(Status("ProvisioningState/failed", "info"))[0] is F


def test_the_worst_provisioning_status_decides_and_other_kinds_only_when_alone() -> None:
    good, bad, other = Status("ProvisioningState/succeeded"), Status("ProvisioningState/failed/2"), Status("Other/x")
    assert cell(good, bad)[:2] == (F, "ProvisioningState/failed/2")
    assert cell(good, other)[:2] == (H, "ProvisioningState/succeeded")
    assert cell(other)[:2] == (U, "Other/x")


def test_the_items_own_state_counts_when_it_failed_or_is_all_there_is() -> None:
    good = Status("ProvisioningState/succeeded", message="it said")
    assert cell(provisioning_state="Succeeded") == (H, "ProvisioningState/Succeeded", "")
    assert cell(good, provisioning_state="Updating")[0] is H
    assert cell(good, provisioning_state="Failed") == (F, "ProvisioningState/Failed", "it said")
    assert cell(Status("Other/x", message="why"), provisioning_state="Failed")[2] == "why"


def probed(
    message: str, code: str = "ComponentStatus/ApplicationHealthState/succeeded", word: str = "succeeded"
) -> str:
    """The cell of an Application Health extension whose probe says `message`."""
    report = NodeExtension(
        "health",
        type="ApplicationHealthLinux",
        statuses=(Status(f"ProvisioningState/{word}"),),
        sub_statuses=(
            Status("ComponentStatus/AppHealthStatus/succeeded", message="ignored"),
            Status(code, message=message),
        ),
    )
    (cell,) = judge_node(NodeReading(Node("n", "idle"), Answer.ANSWERED, (report,)), ("health",)).extensions
    return f"{cell.verdict.value} {cell.word}"


def test_an_application_health_extension_is_as_healthy_as_what_it_probes() -> None:
    assert probed("Healthy") == "healthy succeeded"
    assert probed("Unhealthy") == "failed unhealthy"
    assert probed("unhealthy", "applicationhealthstate") == "failed unhealthy"
    assert probed("Initializing") == "waiting initializing"
    assert probed("Unknown") == "unknown unknown"
    assert probed("") == "unknown no state"
    # what says nothing of the probe, and an extension that failed itself
    assert probed("Unhealthy", "ComponentStatus/CustomMetrics/succeeded") == "healthy succeeded"
    assert probed("Healthy", word="failed") == "failed failed"


def test_a_substatus_of_any_other_extension_decides_nothing() -> None:
    report = NodeExtension(
        "a",
        type="KeyVaultForLinux",
        statuses=(Status("ProvisioningState/succeeded"),),
        sub_statuses=(Status("ComponentStatus/ApplicationHealthState/succeeded", message="Unhealthy"),),
    )
    assert judge_node(NodeReading(Node("n", "idle"), Answer.ANSWERED, (report,)), ("a",)).verdict is H


def test_a_cell_carries_what_the_service_said() -> None:
    moment = datetime(2026, 11, 20, tzinfo=timezone.utc)
    status = Status("ProvisioningState/failed", "error", "Provisioning failed", "", moment)
    seen = NodeExtension("a", "publisher", "type", "3.0", statuses=(status,))
    (one,) = judge_node(NodeReading(Node("n", "idle"), Answer.ANSWERED, (seen,)), ("a",)).extensions
    assert (one.message, one.level, one.time) == ("Provisioning failed", "error", moment)
    assert (one.publisher, one.type, one.version) == ("publisher", "type", "3.0")


def test_a_label_explains_no_waiting() -> None:
    assert cell(Status("ProvisioningState/creating", "info", "Creating")) == (W, "ProvisioningState/creating", "")
    assert cell(Status("ProvisioningState/creating", "info", "Creating", "Try 3 of 25."))[2] == "Try 3 of 25."


def test_a_node_tells_its_errors_its_failed_start_task_and_why_it_did_not_answer() -> None:
    task = StartTask("completed", 3, Problem("FailureExitCode", "The task exited with 3"))
    node = Node("n", "starttaskfailed", (Problem("DiskFull", "No space."),), task)
    refusal = Problem("NodeStateUnusable", "Not now.")
    row = judge_node(NodeReading(node, Answer.REFUSED, problem=refusal), ())
    assert row.errors == (
        Problem("DiskFull", "No space."),
        Problem("FailureExitCode", "the start task ended with exit code 3; The task exited with 3"),
        refusal,
    )
    fine = Node("n", "idle", (), StartTask("completed", 0))
    assert judge_node(NodeReading(fine, Answer.ANSWERED), ()).errors == ()


def test_the_worst_of_none_is_healthy() -> None:
    assert worst([]) is H
    assert worst([H, W, U, F]) is F
    assert worst([H, U, W]) is U


def test_a_formula_that_azure_could_not_evaluate_is_waited_for_and_named() -> None:
    reading = drawing.pool(OK)
    error = Problem("AutoScaleFormulaEvaluationError", "No sample.")
    pool = replace(reading.pool, target_nodes=None, autoscale=Autoscale("$x", error=error))
    health = judge_pool(replace(reading, pool=pool))
    assert (health.verdict, health.waiting) == (W, True)
    assert health.summary == (
        "1 of 1 node: all 2 extensions succeeded; "
        "the autoscale formula could not be evaluated: AutoScaleFormulaEvaluationError"
    )
    fine = replace(pool, autoscale=Autoscale("$x"))
    assert judge_pool(replace(reading, pool=fine)).verdict is H


@pytest.mark.parametrize(
    ("line", "is_settled"),
    [
        ("idle a=succeeded b=succeeded", True),
        ("running a=succeeded b=succeeded", True),
        ("offline a=succeeded b=succeeded", True),
        ("idle a=succeeded b=creating", False),
        ("idle a=succeeded", False),
        ("idle a=failed b=succeeded", False),
        ("starting a=succeeded b=succeeded", False),
        ("unusable a=succeeded b=succeeded", False),
        ("unknown a=succeeded b=succeeded", False),
        ("idle ?", False),
        ("preempted", False),
    ],
)
def test_only_a_node_on_which_all_is_well_needs_no_further_question(line: str, is_settled: bool) -> None:
    assert settled(judge_node(drawing.node(line), ("a", "b"))) is is_settled


def test_a_pool_that_azure_no_longer_has_is_failed_and_not_waited_for() -> None:
    gone = Drift(DriftKind.DELETED, "", "deleted", "run pulumi")
    pool = missing_pool("linux", "acct", ["a"], [gone])
    assert (pool.verdict, pool.waiting, pool.nodes, pool.expected) == (F, False, (), ("a",))
    assert pool.summary == "deleted outside Pulumi: the stack has the pool, Azure does not"
    assert pool.drift == (gone,)


def test_what_was_changed_outside_pulumi_leaves_the_verdict() -> None:
    change = Drift(DriftKind.RESIZED, "p", "resized", "do")
    assert judge_pool(drawing.pool(OK), drift=[change]).verdict is H
    assert judge_pool(drawing.pool(OK), drift=[change]).drift == (change,)


def test_nodes_by_verdict_leave_out_those_that_do_not_count() -> None:
    counts = judge_pool(drawing.pool(OK * 2 + "unusable\nstarting\npreempted")).counts
    assert counts == {H: 2, F: 1, W: 1}


def test_the_steps_of_judging_grow_with_the_nodes_and_no_faster() -> None:
    few, many = (drawing.pool(OK * nodes + "idle a=failed\n" * nodes) for nodes in (100, 1000))
    assert count_steps(lambda: judge_pool(many)) < 11 * count_steps(lambda: judge_pool(few))
