"""How much work something is, without a clock: the calls and returns that Python makes for it."""

import sys
from collections.abc import Callable


def count_steps(work: Callable[[], object]) -> int:
    taken = 0

    def step(*_: object) -> None:
        nonlocal taken
        taken += 1

    before = sys.getprofile()
    sys.setprofile(step)
    try:
        work()
    finally:
        sys.setprofile(before)
    return taken
