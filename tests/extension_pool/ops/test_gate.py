from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extension_pool.ops.errors import BadUsage
from extension_pool.ops.gate import ALL, Outcome, Share, judge_gate, parse_share, with_gate
from extension_pool.ops.health import judge_pool, missing_pool
from extension_pool.ops.snapshot import Autoscale, Problem

from . import drawing

P, W, F, U = Outcome.PASSED, Outcome.WAITING, Outcome.FAILED, Outcome.UNKNOWN

OK = "idle a=succeeded b=succeeded\n"
BAD = "idle a=failed b=succeeded\n"
SCALES = Autoscale("$TargetDedicatedNodes=1;")
UNSCALED = Autoscale("$x", error=Problem("AutoScaleFormulaEvaluationError", "No sample."))

# A pool, the share, the outcome, and the sentence.
CASES = [
    (drawing.pool(OK * 20), "100%", P, "20 of 20 nodes usable with all extensions (100%), 100% wanted"),
    (drawing.pool(OK * 19 + BAD), "95%", P, "19 of 20 nodes usable with all extensions (95%), 95% wanted; 1 failed"),
    (
        drawing.pool(OK * 18 + BAD + "starting"),
        "95%",
        W,
        "18 of 20 nodes usable with all extensions (90%), 95% wanted; 1 failed, 1 waiting",
    ),
    (
        drawing.pool(OK * 18 + BAD * 2),
        "95%",
        F,
        "18 of 20 nodes usable with all extensions (90%), 95% wanted; 2 failed",
    ),
    # Whatever comes of the one that starts, 100% are out of reach.
    (
        drawing.pool(OK + BAD + "starting"),
        "100%",
        F,
        "1 of 3 nodes usable with all extensions (33.33%), 100% wanted; 1 failed, 1 waiting",
    ),
    (
        drawing.pool(OK * 18 + "unknown\nidle ?"),
        "95%",
        U,
        "18 of 20 nodes usable with all extensions (90%), 95% wanted; 2 unknown",
    ),
    # One that waits is not enough, so it hangs on those that did not answer.
    (
        drawing.pool(OK * 17 + "unknown\nidle ?\nstarting"),
        "95%",
        U,
        "17 of 20 nodes usable with all extensions (85%), 95% wanted; 2 unknown, 1 waiting",
    ),
    (
        drawing.pool(OK * 18 + "unknown\nstarting"),
        "95%",
        W,
        "18 of 20 nodes usable with all extensions (90%), 95% wanted; 1 unknown, 1 waiting",
    ),
    # Nodes that have yet to come are wanted as well.
    (
        drawing.pool(OK * 8, target=10, allocation="resizing"),
        "90%",
        W,
        "8 of 10 nodes usable with all extensions (80%), 90% wanted; 2 waiting",
    ),
    (
        drawing.pool(OK * 9, target=10, allocation="resizing"),
        "90%",
        P,
        "9 of 10 nodes usable with all extensions (90%), 90% wanted; 1 waiting",
    ),
    (
        drawing.pool(OK * 8, target=10, resize="AccountCoreQuotaReached"),
        "90%",
        F,
        "8 of 10 nodes usable with all extensions (80%), 90% wanted; 2 failed",
    ),
    # Shrinking: those that are too many count as long as they are there.
    (drawing.pool(OK * 3 + BAD, target=3), "100%", F, "3 of 4 nodes usable with all extensions (75%), 100% wanted; "
     "1 failed"),
    # What Azure took back is not waited for, and neither is what leaves or was switched off.
    (
        drawing.pool(OK * 8 + "preempted\ndeallocated", target=10),
        "100%",
        P,
        "8 of 8 nodes usable with all extensions (100%), 100% wanted",
    ),
    (
        drawing.pool(OK * 8 + "leavingpool\nidle !vanished", target=10),
        "100%",
        W,
        "8 of 10 nodes usable with all extensions (80%), 100% wanted; 2 waiting",
    ),
    (
        drawing.pool("preempted\npreempted", target=2),
        "50%",
        W,
        "0 of 0 nodes usable with all extensions, 50% wanted; no nodes; 2 preempted, not counted",
    ),
    (
        drawing.pool("deallocated", target=1),
        "50%",
        U,
        "0 of 0 nodes usable with all extensions, 50% wanted; no nodes; 1 deallocated, not counted",
    ),
    (drawing.pool("", target=0), "100%", P, "0 of 0 nodes usable with all extensions, 100% wanted; no nodes wanted"),
    (
        drawing.pool("", target=0, allocation="resizing"),
        "100%",
        W,
        "0 of 0 nodes usable with all extensions, 100% wanted; the pool is resizing",
    ),
    (drawing.pool("", target=2), "1%", W, "0 of 2 nodes usable with all extensions (0%), 1% wanted; 2 waiting"),
    (
        drawing.pool(OK, state="deleting"),
        "100%",
        F,
        "1 of 1 node usable with all extensions (100%), 100% wanted; the pool is being deleted",
    ),
    (drawing.pool("idle", expected=()), "100%", P, "1 of 1 node usable (100%), 100% wanted"),
]  # fmt: skip


@pytest.mark.parametrize(("reading", "share", "outcome", "summary"), CASES, ids=[case[3] for case in CASES])
def test_gates(reading: drawing.PoolReading, share: str, outcome: Outcome, summary: str) -> None:
    verdict = judge_gate(judge_pool(reading), parse_share(share))
    assert (verdict.outcome, verdict.summary) == (outcome, summary)
    assert verdict.passed is (outcome is P)
    assert verdict.healthy + verdict.waiting + verdict.unknown + verdict.failed == verdict.wanted


@pytest.mark.parametrize(
    ("lines", "allocation", "scaling", "target", "outcome", "why"),
    [
        (OK * 2, "steady", SCALES, None, P, "2 of 2 nodes"),
        (OK * 2, "steady", SCALES, 5, P, "2 of 2 nodes"),
        (OK * 2, "resizing", SCALES, None, W, "the pool is scaling"),
        (OK + BAD, "resizing", SCALES, None, F, "1 failed"),
        ("", "steady", SCALES, None, P, "no nodes wanted"),
        ("", "resizing", SCALES, None, W, "the pool is resizing"),
        ("", "steady", UNSCALED, None, W, "could not be evaluated: AutoScaleFormulaEvaluationError"),
        (OK * 2, "steady", UNSCALED, None, P, "2 of 2 nodes"),
    ],
)
def test_a_pool_that_scales_itself_wants_what_it_has_once_it_is_steady(
    lines: str, allocation: str, scaling: Autoscale, target: int | None, outcome: Outcome, why: str
) -> None:
    reading = drawing.pool(lines, allocation=allocation)
    reading = replace(reading, pool=replace(reading.pool, autoscale=scaling, target_nodes=target))
    verdict = judge_gate(judge_pool(reading))
    assert verdict.outcome is outcome
    assert why in verdict.summary


def test_an_empty_pool_that_scales_itself_and_whose_resize_failed_does_not_pass() -> None:
    reading = drawing.pool("", resize="AccountCoreQuotaReached")
    pool = replace(reading.pool, autoscale=SCALES, target_nodes=None)
    assert judge_gate(judge_pool(replace(reading, pool=pool))).outcome is U
    assert judge_gate(judge_pool(replace(reading, pool=replace(pool, resize_errors=())))).outcome is P


def test_a_pool_that_is_gone_fails() -> None:
    verdict = judge_gate(missing_pool("linux", "acct", ("a",)))
    assert verdict.outcome is F
    assert "deleted outside Pulumi" in verdict.summary


def test_a_gate_wants_all_nodes_by_default() -> None:
    health = judge_pool(drawing.pool(OK * 99 + BAD))
    assert judge_gate(health).require == ALL
    assert judge_gate(health).outcome is F
    assert with_gate(health).gate == judge_gate(health)
    assert health.gate is None


@pytest.mark.parametrize(
    ("text", "hundredths"),
    [("95%", 9500), ("100%", 10000), (" 1 % ", 100), ("99.5%", 9950), ("0.01%", 1), ("66.67%", 6667)],
)
def test_shares(text: str, hundredths: int) -> None:
    assert parse_share(text) == Share(hundredths)


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("0.95", "write 95% if that is meant"),
        (".5", "write 50% if that is meant"),
        ("1.0", "write 100% if that is meant"),
        ("95", "write 95% if a share is meant; a number of nodes is not taken"),
        ("0%", "write 95%, for example"),
        ("101%", "write 95%, for example"),
        ("-5%", "write 95%, for example"),
        ("95.555%", "write 95%, for example"),
        ("all", "write 95%, for example"),
        ("", "write 95%, for example"),
        ("٩٥%", "write 95%, for example"),
    ],
)
def test_what_is_no_share_is_refused_with_what_to_write(text: str, instead: str) -> None:
    with pytest.raises(BadUsage) as raised:
        parse_share(text, "--require")
    assert str(raised.value) == (f"--require: must be a percentage above 0% and up to 100%, got {text!r}; {instead}")


@given(st.integers(1, 10000))
def test_a_share_reads_as_it_is_written(hundredths: int) -> None:
    assert parse_share(str(Share(hundredths))) == Share(hundredths)


@given(st.text(max_size=12))
def test_no_text_makes_another_error_than_ours(text: str) -> None:
    try:
        assert 1 <= parse_share(text).hundredths <= 10000
    except BadUsage:
        pass


@given(st.integers(1, 20000), st.data())
def test_exactly_the_share_passes_and_one_node_less_does_not(nodes: int, data: st.DataObject) -> None:
    percent = data.draw(st.integers(1, 100))
    needed = -(-nodes * percent // 100)
    share = parse_share(f"{percent}%")
    assert share.reached(needed, nodes)
    assert not share.reached(needed - 1, nodes)


@given(
    st.lists(st.sampled_from([OK, BAD, "starting\n", "unknown\n", "preempted\n", "leavingpool\n", "defrosting\n"])),
    st.integers(0, 12),
    st.sampled_from(["steady", "resizing"]),
    st.integers(1, 10000),
)
def test_a_gate_never_passes_with_less_and_never_fails_what_may_yet_be_enough(
    lines: list[str], target: int, allocation: str, hundredths: int
) -> None:
    verdict = judge_gate(judge_pool(drawing.pool("".join(lines), target, allocation)), Share(hundredths))
    best = verdict.healthy + verdict.waiting + verdict.unknown
    if verdict.outcome is P:
        assert verdict.healthy * 10000 >= hundredths * verdict.wanted
    if verdict.outcome is F:
        assert best * 10000 < hundredths * verdict.wanted
    if verdict.wanted and verdict.healthy * 10000 >= hundredths * verdict.wanted:
        assert verdict.outcome is P
