import pytest

from bench import __main__ as bench
from bench.rows import Row, render_table

FAST = Row("fast", 57.0, 3.8, "s", target=10, at_least=True, note="100 nodes, scaled")
SMALL = Row("small", 65.0, 200.0, "MB", target=1)


@pytest.mark.parametrize(
    ("row", "met"),
    [
        (FAST, True),
        (Row("slow", 30.0, 3.8, "s", target=10, at_least=True), False),
        (SMALL, True),
        (Row("large", 201.0, 200.0, "MB", target=1), False),
        (Row("incomplete", 65.0, 200.0, "MB", target=1, holds=False), False),
        (Row("nothing to compare with", 65.0, 0.0, "MB", target=1), False),
    ],
)
def test_a_target_is_met_or_missed(row: Row, met: bool) -> None:
    assert row.met is met


def test_the_table_has_a_line_for_each_ratio_and_its_note_below() -> None:
    assert render_table([FAST, SMALL]) == (
        "what   measured  baseline  ratio  bare  target\n"
        "fast       57 s     3.8 s  15.00         >= 10  met\n"
        "    100 nodes, scaled\n"
        "small     65 MB    200 MB   0.33          <= 1  met"
    )


def test_the_ratio_to_a_second_baseline_stands_beside_the_first_and_has_no_target() -> None:
    row = Row("slow", 3.0, 3.0, "s", target=1.1, bare=1.0)
    assert render_table([row]).splitlines()[1] == "slow       3 s       3 s   1.00  3.00  <= 1.1  met"
    assert row.met


@pytest.mark.parametrize(("row", "code", "word"), [(FAST, 0, "met"), (Row("slow", 9.0, 1.0, "s", 2), 1, "MISSED")])
def test_a_missed_target_fails_the_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], row: Row, code: int, word: str
) -> None:
    monkeypatch.setattr(bench, "BENCHMARKS", {"one": lambda: iter([row]), "other": lambda: iter([SMALL])})
    assert bench.main(["one"]) == code
    printed = capsys.readouterr().out
    assert word in printed
    assert "small" not in printed


def test_an_unknown_benchmark_is_bad_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        bench.main(["nonsense"])
    assert raised.value.code == 2
    assert "must be one of import, mocks, status-sweep, replacing, report, got 'nonsense'" in capsys.readouterr().err
