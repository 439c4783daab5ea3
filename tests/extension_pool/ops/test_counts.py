from hypothesis import given, settings
from hypothesis import strategies as st

from extension_pool.ops.counts import NodeCounts, parse_node_counts

from .test_snapshot import almost


def test_states_are_named_as_nodes_have_them_and_those_without_a_node_are_left_out() -> None:
    raw = {
        "poolId": "linux",
        "dedicated": {"idle": 2, "startTaskFailed": 1, "upgradingOS": 1, "unknown": 0, "total": 4},
        "lowPriority": {"leavingPool": 3, "total": 3},
    }
    counts = parse_node_counts(raw)
    assert counts == NodeCounts("linux", {"idle": 2, "starttaskfailed": 1, "upgradingos": 1}, {"leavingpool": 3})
    assert counts.total == 7


def test_a_pool_that_the_service_does_not_name_is_the_one_that_was_asked_for() -> None:
    assert parse_node_counts({}, "asked") == NodeCounts("asked")


@settings(deadline=None)
@given(almost, st.dictionaries(st.text(), st.integers(0, 9)))
def test_counts_of_any_kind_are_read(raw: object, numbers: dict[str, int]) -> None:
    counts = parse_node_counts({"poolId": raw, "dedicated": raw, "lowPriority": numbers})
    assert counts.total == sum([*counts.dedicated.values(), *counts.spot.values()])
    parse_node_counts(raw)
