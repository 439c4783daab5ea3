"""One comment, in whatever order the calls of several runs come."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extension_pool.ops.errors import CannotAsk
from extension_pool.ops.posting.comment import Comment, Draft, Stamp, plan, render_comment, said
from extension_pool.ops.posting.keeping import Action, Comments, Gone, NotOurs, Posted, Unsure, keep_one

NOW = datetime(2026, 11, 20, 10, tzinfo=timezone.utc)


def draft(run: int, body: str | None = None) -> Draft:
    mark = Stamp(run, 1, f"{run:040x}", NOW)
    return Draft("render", render_comment(body or f"report of run {run}", "render", mark, 9999), mark, True)


@dataclass
class Wall:
    """A pull request in memory, and who did what to it in which order."""

    there: dict[int, Comment] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    next: int = 0

    def put(self, one: Draft) -> Comment:
        self.next += 1
        made = Comment(self.next, one.text, one.stamp, f"#{self.next}")
        self.there[made.number] = made
        return made

    @property
    def texts(self) -> list[str]:
        return [said(comment.text) for comment in self.there.values()]


@dataclass
class Hand:
    """One run's way to the wall. turn: is called before each call, so that a test decides whose is next."""

    wall: Wall
    name: str = "a"
    turn: Callable[[], None] = lambda: None

    def find(self, key: str) -> Sequence[Comment]:
        self._step("find")
        return list(self.wall.there.values())

    def create(self, one: Draft) -> Comment:
        self._step("create")
        return self.wall.put(one)

    def write(self, comment: Comment, text: str) -> None:
        self._step("write")
        if comment.number not in self.wall.there:
            raise Gone
        self.wall.there[comment.number] = replace(comment, text=text, stamp=stamp_in(text))

    def drop(self, comment: Comment) -> None:
        self._step("drop")
        if self.wall.there.pop(comment.number, None) is None:
            raise Gone

    def settle(self, comment: Comment, one: Draft) -> bool:
        return False

    def adopt(self, comment: Comment, status: str | None) -> None:
        return

    def _step(self, what: str) -> None:
        self.turn()
        self.wall.calls.append((self.name, what))


def stamp_in(text: str) -> Stamp:
    run = int(text.split("<!-- run ")[1].split(".")[0])
    return Stamp(run, 1, f"{run:040x}", NOW)


def keep(comments: Comments, one: Draft) -> Posted:
    return keep_one(comments, one, pause=lambda: None)


def look_once(comments: Comments, one: Draft) -> None:
    """What a run would do that trusts its first look."""
    todo = plan(comments.find("render"), one)
    if todo.keep is None:
        comments.create(one)
    elif todo.text is not None:
        comments.write(todo.keep, todo.text)


class Stopped(BaseException):
    """A run is killed."""


def play(
    wall: Wall, runs: Sequence[int], order: Sequence[int], do: Callable[[Comments, Draft], object], stop: int = 99
) -> list[int]:
    """Runs `do` for each of `runs`, one call at a time, in the order of `order`, then each in turn.

    Returns who could have gone at each step, as a bit field. The first run is killed before its call number `stop`.
    """
    gates = [(threading.Semaphore(0), threading.Semaphore(0)) for _ in runs]
    alive = set(range(len(runs)))
    choices: list[int] = []

    def work(me: int) -> None:
        mine, back = gates[me]
        seen = 0

        def turn() -> None:
            nonlocal seen
            back.release()
            mine.acquire()
            seen += 1
            if me == 0 and seen == stop:
                raise Stopped

        try:
            do(Hand(wall, "abc"[me], turn), draft(runs[me]))
        except Stopped:
            pass
        finally:
            alive.discard(me)
            back.release()

    for me in range(len(runs)):
        threading.Thread(target=work, args=(me,), daemon=True).start()
        gates[me][1].acquire()
    while alive:
        choices.append(sum(1 << me for me in alive))
        wanted = order[len(choices) - 1] if len(choices) <= len(order) else min(alive)
        me = wanted if wanted in alive else min(alive)
        gates[me][0].release()
        gates[me][1].acquire()
    return choices


def all_orders(
    start: Callable[[], Wall], runs: Sequence[int], do: Callable[[Comments, Draft], object], stop: int = 99
) -> list[Wall]:
    """The wall after each order in which the calls of two runs can come."""
    ends: list[Wall] = []
    todo: list[list[int]] = [[]]
    while todo:
        order = todo.pop()
        wall = start()
        choices = play(wall, runs, order, do, stop)
        ends.append(wall)
        # Where both could go, the other order is played as well.
        for step in range(len(order), len(choices)):
            if choices[step] == 0b11:
                went = [order[at] if at < len(order) else 0 for at in range(step)]
                todo.append([*went, 1])
    return ends


def overwritten(wall: Wall, newest: str) -> bool:
    """Whether an older run wrote after the newest had looked for the last time; no service lets it know that."""
    last_look = max(at for at, call in enumerate(wall.calls) if call == (newest, "find"))
    return any(what == "write" and name != newest for name, what in wall.calls[last_look:])


def empty() -> Wall:
    return Wall()


def with_old_report() -> Wall:
    wall = Wall()
    wall.put(draft(1))
    return wall


def with_two_old_reports() -> Wall:
    wall = with_old_report()
    wall.put(draft(2))
    return wall


@pytest.mark.parametrize("runs", [(5, 6), (6, 5)])
def test_two_runs_that_begin_together_leave_one_comment_with_the_newer_report_in_every_order(
    runs: tuple[int, int],
) -> None:
    ends = all_orders(empty, runs, keep)
    assert len(ends) > 50
    assert {tuple(wall.texts) for wall in ends} == {("report of run 6",)}
    # of those that were made, the oldest stays
    assert {tuple(wall.there) for wall in ends} == {(1,)}


def test_without_the_second_look_there_would_be_two() -> None:
    ends = all_orders(empty, (5, 6), look_once)
    assert max(len(wall.there) for wall in ends) == 2


@pytest.mark.parametrize("start", [with_old_report, with_two_old_reports])
def test_two_runs_that_update_leave_one_comment_in_every_order(start: Callable[[], Wall]) -> None:
    ends = all_orders(start, (5, 6), keep)
    assert {tuple(wall.there) for wall in ends} == {(1,)}
    for wall in ends:
        assert wall.texts == ["report of run 6"] or overwritten(wall, newest="b")


def test_a_run_that_is_killed_at_any_call_leaves_what_the_next_run_puts_right() -> None:
    for stop in range(1, 8):
        for wall in all_orders(empty, (6, 5), keep, stop):
            keep(Hand(wall), draft(7))
            assert wall.texts == ["report of run 7"] and list(wall.there) == [min(wall.there)]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 2), max_size=40), st.permutations([5, 6, 7]))
def test_three_runs_that_begin_together_leave_one_comment(order: list[int], runs: list[int]) -> None:
    wall = Wall()
    play(wall, runs, order, keep)
    assert list(wall.there) == [1]
    assert wall.texts == ["report of run 7"] or overwritten(wall, newest="abc"[runs.index(7)])


def test_what_became_of_the_comment_is_told() -> None:
    wall = Wall()
    assert keep(Hand(wall), draft(5)) == Posted("#1", Action.CREATED)
    assert keep(Hand(wall), draft(6)) == Posted("#1", Action.UPDATED)
    assert keep(Hand(wall), draft(6)) == Posted("#1", Action.UNCHANGED)
    assert keep(Hand(wall), draft(5)) == Posted("#1", Action.OUTDATED)
    assert wall.texts == ["report of run 6"]


def test_nothing_is_written_when_nothing_has_changed() -> None:
    wall = with_old_report()
    keep(Hand(wall), draft(1))
    assert wall.calls == [("a", "find")]


def test_a_comment_that_somebody_deletes_meanwhile_is_made_again() -> None:
    class Deleting(Hand):
        def write(self, comment: Comment, text: str) -> None:
            self.wall.there.clear()
            super().write(comment, text)

    wall = with_old_report()
    assert keep(Deleting(wall), draft(5)).action is Action.CREATED
    assert wall.texts == ["report of run 5"]


def test_a_comment_that_may_not_be_changed_is_left_alone() -> None:
    class Locked(Hand):
        def write(self, comment: Comment, text: str) -> None:
            if comment.number == 1:
                raise NotOurs
            super().write(comment, text)

    wall = with_old_report()
    assert keep(Locked(wall), draft(5)).action is Action.CREATED
    assert wall.texts == ["report of run 1", "report of run 5"]


def test_a_younger_one_that_may_not_be_deleted_does_not_keep_the_report_from_being_posted() -> None:
    class Locked(Hand):
        def drop(self, comment: Comment) -> None:
            raise NotOurs

    wall = with_two_old_reports()
    assert keep(Locked(wall), draft(5)).action is Action.UPDATED
    assert wall.texts == ["report of run 5", "report of run 2"]


def test_a_list_that_lags_behind_makes_no_second_comment() -> None:
    class Lagging(Hand):
        def find(self, key: str) -> Sequence[Comment]:
            return []

    wall = Wall()
    assert keep(Lagging(wall), draft(5)).action is Action.CREATED
    assert wall.texts == ["report of run 5"]


@pytest.mark.parametrize("happened", [True, False])
def test_a_creation_without_an_answer_is_looked_for_and_not_repeated_blindly(happened: bool) -> None:
    class Losing(Hand):
        lost = 0

        def create(self, one: Draft) -> Comment:
            if self.lost:
                return super().create(one)
            self.lost += 1
            if happened:
                super().create(one)
            raise Unsure("no answer")

    wall, pauses = Wall(), []
    keep_one(Losing(wall), draft(5), pause=lambda: pauses.append(1))
    assert wall.texts == ["report of run 5"]
    assert len(pauses) == 1


def test_comments_that_never_settle_are_given_up_with_a_word() -> None:
    class Restless(Hand):
        def write(self, comment: Comment, text: str) -> None:
            """Takes it and forgets it."""

    with pytest.raises(CannotAsk, match=r"^comment: .*run it again when no other run is at work$"):
        keep(Restless(with_old_report()), draft(5))
