"""What a repair switches off is on again, at whichever call it is interrupted or killed."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from extension_pool.ops.errors import CannotAsk
from extension_pool.ops.repair import Budget, Options
from extension_pool.ops.repair_journal import Journal, open_journal, read_saved
from extension_pool.ops.repair_keeper import Keeper, Patience

from .fleet import START, FakeFleet, Machine
from .repair_on_fleet import FORMULAS, LIMIT, is_whole, mixed, run


class Killed(BaseException):
    """The process is gone: every further call raises it too."""


@pytest.fixture(autouse=True)
def _no_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No power is cut here, and thousands of writes would wait for the disk."""
    monkeypatch.setattr("os.fsync", lambda descriptor: None)


def count_calls(formula: str | None, folder: Path) -> int:
    numbers: list[str] = []
    fleet = mixed(formula)
    fleet.before = numbers.append
    run(fleet, folder)
    return len(numbers)


def failing_at(number: int, error: BaseException, *, ever: bool = False) -> Callable[[str], None]:
    """Raises at the call with that number; with `ever` at every later one too."""
    seen = 0

    def hook(call: str) -> None:
        nonlocal seen
        seen += 1
        if seen == number or (ever and seen > number):
            raise error

    return hook


def ends_well(fleet: FakeFleet, formula: str | None, folder: Path) -> bool:
    """Whether repeating the command ends with a healthy pool in which everything is as it was."""
    fleet.before = fleet.after = lambda call: None
    # One more each for the four nodes, in case a wave was not healthy, and one that finds nothing.
    done = any(not run(fleet, folder).nodes for _ in range(5))
    return done and is_whole(fleet, formula, folder)


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize(
    ("error", "when", "step"),
    [
        (KeyboardInterrupt(), "before", 1),
        (KeyboardInterrupt(), "after", 2),
        (CannotAsk("no answer", passing=True), "after", 5),
        (CannotAsk("not allowed"), "before", 5),
        (ValueError("a bug"), "after", 5),
    ],
    ids=repr,
)
def test_at_whichever_call_it_ends_nothing_stays_switched_off_and_repeating_it_ends_well(
    tmp_path: Path, formula: str | None, error: BaseException, when: str, step: int
) -> None:
    calls = count_calls(formula, tmp_path)
    assert calls > 30
    for number in range(1, calls + 1, step):
        fleet, folder = mixed(formula), tmp_path / str(number)
        setattr(fleet, when, failing_at(number, error))
        try:
            run(fleet, folder)
        except (KeyboardInterrupt, CannotAsk, ValueError):
            pass
        fleet.before = fleet.after = lambda call: None
        assert is_whole(fleet, formula, folder), (number, fleet.calls)
        assert ends_well(fleet, formula, folder), (number, fleet.calls)


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize(("when", "step"), [("before", 1), ("after", 2)])
def test_at_whichever_call_it_is_killed_the_next_run_puts_back_and_ends_well(
    tmp_path: Path, formula: str | None, when: str, step: int
) -> None:
    left_something = 0
    for number in range(1, count_calls(formula, tmp_path) + 1, step):
        fleet, folder = mixed(formula), tmp_path / str(number)
        setattr(fleet, when, failing_at(number, Killed(), ever=True))
        try:
            run(fleet, folder)
        except Killed:
            pass
        left_something += read_saved(folder / "repair-acct-linux.json") is not None
        assert ends_well(fleet, formula, folder), (number, fleet.calls)
    assert left_something > 10


@pytest.mark.parametrize("formula", FORMULAS)
def test_without_the_journal_a_kill_would_leave_the_pool_changed(tmp_path: Path, formula: str | None) -> None:
    whole = []
    for number in range(1, count_calls(formula, tmp_path) + 1, 3):
        fleet, folder = mixed(formula), tmp_path / str(number)
        fleet.before = failing_at(number, Killed(), ever=True)
        try:
            run(fleet, folder)
        except Killed:
            pass
        fleet.before = lambda call: None
        (folder / "repair-acct-linux.json").unlink(missing_ok=True)
        run(fleet, folder)
        whole.append(is_whole(fleet, formula, folder))
    assert not all(whole)


def test_without_putting_back_an_interrupt_would_leave_the_pool_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Keeper, "put_back", lambda self: True)
    fleet = mixed("4 1")
    fleet.before = lambda call: (_ for _ in ()).throw(KeyboardInterrupt) if call.startswith("remove") else None
    with pytest.raises(KeyboardInterrupt):
        run(fleet, tmp_path)
    assert fleet.formula is None


def test_a_second_interrupt_leaves_the_rest_to_the_next_run_and_says_so(tmp_path: Path) -> None:
    fleet, told = mixed("4 1"), []

    def twice(call: str) -> None:
        if call.startswith(("remove", "enable_autoscale")):
            raise KeyboardInterrupt

    fleet.before = twice
    with pytest.raises(KeyboardInterrupt):
        run(fleet, tmp_path, told=told)
    assert any("not put back yet on pool linux: autoscale" in line for line in told)
    fleet.before = lambda call: None
    run(fleet, tmp_path)
    assert is_whole(fleet, "4 1", tmp_path)


def test_autoscale_is_on_even_if_the_interrupt_overtakes_the_call_that_switches_it_off(tmp_path: Path) -> None:
    fleet = mixed("4 1")

    def overtakes(call: str) -> None:
        if call == "disable_autoscale":
            fleet.after = late
            raise KeyboardInterrupt

    def late(call: str) -> None:
        fleet.before = fleet.after = lambda call: None
        fleet.formula = None

    fleet.before = overtakes
    with pytest.raises(KeyboardInterrupt):
        run(fleet, tmp_path)
    assert fleet.formula == "4 1"


def test_putting_back_gives_up_after_a_while_and_the_next_run_does_it(tmp_path: Path) -> None:
    fleet, told = mixed("4 1"), []

    def stuck(call: str) -> None:
        if call.startswith("remove"):
            fleet.steady_at = 1e9
            raise KeyboardInterrupt

    fleet.before = stuck
    with pytest.raises(KeyboardInterrupt):
        run(fleet, tmp_path, told=told)
    assert 1000 < fleet.now < LIMIT
    assert "the next 'extension-pool repair --yes' in this folder does it" in told[-1]
    fleet.steady_at = fleet.now
    assert ends_well(fleet, "4 1", tmp_path)


def test_an_autoscale_formula_that_azure_does_not_tell_is_not_switched_off(tmp_path: Path) -> None:
    fleet = mixed("")
    fleet.steady_at = 0.0
    outcome = run(fleet, tmp_path, Options(Budget(number=1), nodes=("n2",)))
    assert "so it could not be put back" in outcome.stopped
    assert "disable_autoscale" not in fleet.calls


def test_a_pool_that_was_made_anew_after_a_kill_is_left_as_it_is(tmp_path: Path) -> None:
    fleet = mixed("4 1")
    fleet.before = lambda call: (_ for _ in ()).throw(Killed) if fleet.formula is None else None
    with pytest.raises(Killed):
        run(fleet, tmp_path)
    anew = FakeFleet([Machine("n1")], created=START + timedelta(hours=1))
    run(anew, tmp_path)
    assert anew.formula is None and read_saved(tmp_path / "repair-acct-linux.json") is None


def test_a_size_that_somebody_chose_after_a_kill_is_left_as_it_is(tmp_path: Path) -> None:
    fleet = mixed()
    fleet.before = lambda call: (_ for _ in ()).throw(Killed) if fleet.lowest_target < 99 else None
    with pytest.raises(Killed):
        run(fleet, tmp_path)
    fleet.before = lambda call: None
    fleet.now += 600
    fleet._resize(9, 1)
    fleet.now += 600
    run(fleet, tmp_path)
    assert (fleet.dedicated, fleet.spot) == (9, 1)


def test_the_keeper_has_nothing_to_put_back_at_first(tmp_path: Path) -> None:
    fleet = FakeFleet([Machine("n1")])
    with open_journal("acct", "linux", tmp_path) as journal:
        assert isinstance(journal, Journal)
        assert Keeper(fleet, journal, Patience(1.0, fleet.clock, fleet.sleep)).put_back()
    assert fleet.calls == []
