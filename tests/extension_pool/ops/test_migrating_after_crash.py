"""What an interrupted move of jobs leaves, brought to its end."""

import pytest

from extension_pool.ops.jobs import Move, Tasks
from extension_pool.ops.migrating import carry_out, read_waiting, recover

from .fake_jobs import Killed
from .test_migrating import ARRIVED, calls_of, held, patience, service, totals


@pytest.mark.parametrize("pools", [["old", "new"], ["old"]])
def test_recovering_ends_what_was_begun_at_any_call_and_touches_nothing_else(pools: list[str]) -> None:
    for die_at in range(1, calls_of(Move("old", "new")) + 1):
        fake = service()
        before = totals(fake)
        fake.die_at = die_at
        with pytest.raises(Killed):
            carry_out(fake, Move("old", "new"), patience(), tasks=Tasks.WAIT)
        fake.die_at = None
        began = fake.marked()
        assert all(outcome.done for _, outcome in recover(fake, pools, patience()))
        assert fake.marked() == []
        assert totals(fake) == before
        assert {fake.states()[name][1] for name in ("render", "solve", "empty")} == {"active"}
        assert fake.states()["asleep"][1] == "disabled"
        assert {fake.states()[name][0].lower() for name in began} <= {pools[-1]}


@pytest.mark.parametrize("to", ["newest", "old"])
def test_after_a_crash_at_any_call_a_third_pool_or_the_way_back_takes_all_jobs(to: str) -> None:
    for die_at in range(1, calls_of(Move("old", "new")) + 1):
        fake = service()
        before = totals(fake)
        fake.die_at = die_at
        with pytest.raises(Killed):
            carry_out(fake, Move("old", "new"), patience(), tasks=Tasks.WAIT)
        fake.die_at = None
        for pool in ("old", "new"):
            assert carry_out(fake, Move(pool, to), patience()).done
        assert fake.states() == {
            name: (to if pool == "new" else pool, state) if name != "render" or to == "newest" else fake.states()[name]
            for name, (pool, state) in ARRIVED.items()
        }
        assert fake.states()["render"][1] == "active" and fake.states()["render"][0].lower() == to
        assert fake.marked() == []
        assert totals(fake) == before


def test_what_waits_because_of_a_roll_out_is_read_once_for_all_pools() -> None:
    fake = service()
    held(fake)
    waiting = read_waiting(fake, ["old", "OLD", "other"])
    assert sorted(job.id for job, _ in waiting) == ["empty", "nightly", "render", "solve"]
    assert read_waiting(fake, ["other"]) == []
