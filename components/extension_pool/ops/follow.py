"""`status --watch`: shows each answer until somebody interrupts it."""

import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timezone

import typer

from . import showing, watch
from .errors import CannotAsk
from .health import PoolHealth
from .output import PageOutput, moves_cursor, write, write_json
from .progress import Changes, Picture, to_stderr
from .text import clean_line

Answer = Sequence[PoolHealth]


def follow(ask: Callable[[], Answer], output: PageOutput, every: bool) -> None:
    """Asks until Ctrl-C, or until nobody reads any more, which ends the command with the exit code of the last answer.

    On a terminal the table is drawn in the place of the last one; in a pipe a pool's sentence is written when it
    changes, as JSON the whole answer in one line when anything in it does.
    """
    trouble: Callable[[CannotAsk], object] = Changes(to_stderr).trouble
    if output is PageOutput.JSON:
        show = _documents()
    elif moves_cursor(sys.stdout):
        drawn = _Drawn(every)
        show, trouble = drawn.show, drawn.trouble
    else:
        show = Changes(write).tell

    def tell(pools: Answer) -> None:
        if not show(pools):
            raise typer.Exit(showing.exit_code(pools))

    watch.watch(ask, None, going_on=lambda pools: True, tell=tell, trouble=trouble)


def _documents() -> Callable[[Answer], bool]:
    told = ""

    def show(pools: Answer) -> bool:
        nonlocal told
        line = showing.json_line(pools)
        if line == told:
            return True
        told = line
        return write_json(line)

    return show


class _Drawn:
    """The table on a terminal, with the time of the answer below it."""

    def __init__(self, every: bool) -> None:
        self._every = every
        self._picture = Picture(write)
        self._last = ""

    def show(self, pools: Answer) -> bool:
        self._last = f"{showing.table(pools, every=self._every)}\n{_now()}"
        return self._picture.draw(f"{self._last}; Ctrl-C ends\n")

    def trouble(self, error: CannotAsk) -> None:
        """What was there stays, with the reason why there is nothing newer."""
        self._picture.draw(f"{self._last}; {_now()}: no answer, asking again: {clean_line(str(error))}\n")


def _now() -> str:
    return f"{datetime.now(timezone.utc):%Y-%m-%d %H:%M:%S} UTC"
