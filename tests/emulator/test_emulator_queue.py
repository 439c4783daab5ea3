"""Which task runs when: pure, no store."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from emulator.batch.queue import Place, Work, run

TWO = [Place("a", 0, 2), Place("b", 0, 2)]


def waiting(count: int, **changes: float) -> list[Work]:
    return [Work(key, (0, key), 0, changes.get("lasts", 10), int(changes.get("slots", 1))) for key in range(count)]


def test_tasks_spread_over_nodes_or_fill_them() -> None:
    assert [work.node for work in run(TWO, waiting(2), 0).values()] == ["a", "b"]
    assert [work.node for work in run(TWO, waiting(2), 0, pack=True).values()] == ["a", "a"]


def test_the_first_come_run_first_and_the_important_before() -> None:
    one = [Place("a", 0, 1)]
    works = [Work(1, (0, 1), 0, 10), Work(2, (-5, 2), 0, 10), Work(3, (0, 3), 0, 10)]
    found = run(one, works, 25)
    assert [(found[key].started, found[key].done) for key in (1, 2, 3)] == [(10, True), (0, True), (20, False)]


def test_a_place_that_comes_later_takes_what_waits() -> None:
    found = run([Place("a", 5, 1)], waiting(1), 100)
    assert (found[0].started, found[0].ends, found[0].done) == (5, 15, True)


def test_failures_are_tried_again_as_often_as_allowed() -> None:
    works = [Work(1, (0, 1), 0, 10, exit_code=1, most=2), Work(2, (0, 2), 0, 10, exit_code=1)]
    found = run(TWO, works, 100)
    assert (found[1].retries, found[1].ends, found[1].done) == (2, 30, True)
    assert (found[2].retries, found[2].ends, found[2].done) == (0, 10, True)


@st.composite
def pools(draw: st.DrawFn) -> tuple[list[Place], list[Work], float]:
    count = draw(st.integers(1, 4))
    places = [Place(f"n{index}", draw(st.integers(0, 50)), draw(st.integers(1, 3))) for index in range(count)]
    works = [
        Work(
            key,
            (draw(st.integers(-1, 1)), key),
            draw(st.integers(0, 50)),
            draw(st.integers(1, 20)),
            draw(st.integers(1, 3)),
        )
        for key in range(draw(st.integers(0, 12)))
    ]
    return places, works, draw(st.integers(0, 200))


@given(pools())
def test_no_node_ever_has_more_than_its_slots(case: tuple[list[Place], list[Work], float]) -> None:
    places, works, now = case
    found = run(places, works, now).values()
    started = [work for work in found if work.node]
    for place in places:
        for moment in {work.started for work in started}:
            used = sum(w.slots for w in started if w.node == place.node and w.started <= moment < w.ends)
            assert used <= place.slots
    since = {place.node: place.since for place in places}
    for work in started:
        assert work.started >= max(work.ready, since[work.node])
        assert work.done is (work.ends <= now) and work.started <= now


@given(pools(), st.integers(0, 200))
def test_looking_in_between_changes_nothing(case: tuple[list[Place], list[Work], float], between: int) -> None:
    """With the same nodes all the time, two looks end where one does."""
    places, works, now = case
    first = run(places, works, min(between, now))
    rest = [work for work in first.values() if not work.done]
    seen = min(between, now)
    later = [Place(place.node, max(place.since, seen), place.slots) for place in places]
    second = {**first, **run(later, rest, now)}
    assert {key: (work.started, work.ends) for key, work in second.items()} == {
        key: (work.started, work.ends) for key, work in run(places, works, now).items()
    }
