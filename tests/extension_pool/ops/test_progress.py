import io
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extension_pool.ops.errors import CannotAsk
from extension_pool.ops.health import judge_pool
from extension_pool.ops.progress import Changes, Line, Picture, reading
from extension_pool.ops.sweep import Progress

from . import drawing

HALF = Progress(asked=326, answered=312, total=1000, calls=340, workers=14)
WAITING = judge_pool(drawing.pool("starting"))
HEALTHY = judge_pool(drawing.pool("idle a=succeeded b=succeeded"))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("LINES", "6")
    monkeypatch.setenv("TERM", "xterm")


def screen(written: str) -> list[str]:
    """What a terminal shows of it: a model of the few sequences that are used, and an error for any other."""
    rows, row = [""], 0
    for part in re.findall(r"\x1b\[[?0-9]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", written):
        if part == "\n":
            row += 1
            rows += [""] * (row + 1 - len(rows))
        elif part.endswith("A") and part.startswith("\x1b"):
            row -= int(part[2:-1])
            assert row >= 0
        elif part == "\x1b[J":
            del rows[row + 1 :]
            rows[row] = ""
        elif part == "\x1b[2K":
            rows[row] = ""
        elif part in {"\r", "\x1b[?7l", "\x1b[?7h"}:
            pass
        else:
            assert not part.startswith("\x1b"), part
            rows[row] = part
    return rows


def test_how_far_the_reading_is_reads_as_a_sentence() -> None:
    assert reading("linux", HALF) == "reading linux: 312 of 1000 nodes, 14 at a time"
    assert reading("a\x1b[2Jb", replace(HALF, total=1, answered=0)) == "reading a[2Jb: 0 of 1 node, 14 at a time"
    assert reading("linux", replace(HALF, total=0)) == "reading linux"


def test_one_line_is_written_over_cut_to_the_terminal_and_wiped() -> None:
    stream = Terminal()
    with Line(stream) as line:
        line.show("reading linux: 1 of 1000 nodes")
        line.show(reading("a-very-long-name-of-a-pool", HALF))
        assert screen(stream.getvalue()) == ["reading a-very-long-name-of-a-pool: 312"]
        assert len(screen(stream.getvalue())[0]) < 40
    assert screen(stream.getvalue()) == [""]


@pytest.mark.parametrize("term", ["pipe", "dumb"])
def test_where_no_line_can_be_written_over_there_is_none(term: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", term)
    stream = io.StringIO() if term == "pipe" else Terminal()
    with Line(stream) as line:
        line.show("reading")
    assert stream.getvalue() == ""


@pytest.fixture
def written() -> list[str]:
    return []


@pytest.fixture
def changes(written: list[str]) -> Iterator[Changes]:
    def write(text: str) -> bool:
        written.append(text)
        return len(written) < 3

    yield Changes(write, now=lambda: datetime(2026, 11, 20, 10, 0, 5, tzinfo=timezone.utc))


def test_a_sentence_is_told_once_until_it_changes(changes: Changes, written: list[str]) -> None:
    assert changes.tell([WAITING])
    assert changes.tell([WAITING])
    assert written == ["2026-11-20T10:00:05Z  linux: 0 of 1 node: all 2 extensions succeeded; 1 waiting\n"]
    assert changes.tell([HEALTHY])
    assert written[1:] == ["2026-11-20T10:00:05Z  linux: 1 of 1 node: all 2 extensions succeeded\n"]
    # The third line finds nobody who reads it.
    assert not changes.tell([WAITING])


def test_pools_of_one_name_in_two_accounts_are_told_apart(changes: Changes, written: list[str]) -> None:
    changes.tell([replace(HEALTHY, account="one"), replace(HEALTHY, account="two")])
    assert len(written) == 2


def test_hostile_words_stay_in_their_line(changes: Changes, written: list[str]) -> None:
    changes.tell([replace(HEALTHY, name="li\x1b[2Jnux", summary="all\nwell\x1b]0;title\x07")])
    changes.trouble(CannotAsk("no\nanswer\x1b[31m"))
    assert [line.count("\n") for line in written] == [1, 1]
    assert "\x1b" not in "".join(written)
    assert written[1] == "2026-11-20T10:00:05Z  no answer this time, asking again: no answer[31m\n"


@given(st.text(), st.text(), st.text())
def test_whatever_a_pool_is_called_and_says_is_one_printable_line(name: str, summary: str, said: str) -> None:
    lines: list[str] = []
    changes = Changes(lambda line: lines.append(line) is None, now=lambda: datetime(2026, 11, 20, tzinfo=timezone.utc))
    changes.tell([replace(HEALTHY, name=name, summary=summary)])
    changes.trouble(CannotAsk(said))
    assert len(lines) == 2
    for line in lines:
        assert line.endswith("\n")
        assert all(unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} for char in line[:-1])


def test_a_picture_is_drawn_over_the_last_one_however_high_that_was() -> None:
    stream = Terminal()
    picture = Picture(lambda text: bool(stream.write(text)))
    stream.write("before\n")
    assert picture.draw("one\ntwo\nthree\n")
    picture.draw("four\n")
    assert screen(stream.getvalue()) == ["before", "four", ""]
    picture.draw("five\nsix\n")
    assert screen(stream.getvalue()) == ["before", "five", "six", ""]


def test_a_picture_that_is_higher_than_the_terminal_says_how_much_is_missing() -> None:
    stream = Terminal()
    picture = Picture(lambda text: bool(stream.write(text)))
    for _ in range(2):
        picture.draw("".join(f"line {number}\n" for number in range(20)))
    expected = ["line 0", "line 1", "line 2", "line 3", "... 16 lines more than this terminal has", ""]
    assert screen(stream.getvalue()) == expected
