"""What an `ExtensionPool` takes to declare, through Pulumi's mocks, against the same children made by hand.

The children are in components that do nothing else, with the same inputs, options and look-ups; beside them, as people
write it, resources without any component.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.on_mocks import Ran
from bench.rows import Row, middle
from extension_pool.access import WAIT_VARIABLE
from extension_pool.replace_on_changes import REPLACE_ON_CHANGES

ROOT = Path(__file__).resolve().parent.parent
COMPONENT, EMPTY, RAW = "component_pool.py", "empty_component.py", "raw_pool.py"
# Pools -> runs of each program: a long run is disturbed less.
RUNS: Mapping[int, int] = {1: 25, 10: 15, 100: 5, 400: 1}
MOST = 1.1
# From so many pools on, what they add can be told from what the process has anyway.
MANY = 100
# Judgements of ours. A process loads pydantic, the rules and their shapes once, with its first pool.
MOST_FIRST = 1.5
MOST_FIRST_MEMORY = 1.3
MOST_GROWTH = 1.1
MOST_SECONDS = 120
VAULT = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-platform-prod"
    "/providers/Microsoft.KeyVault/vaults/kv-extpool-prod"
)
CONFIG = {
    "vault": VAULT,
    "certificate": "https://kv-extpool-prod.vault.azure.net/secrets/render-tls",
    "polling": "3600",
    "replaceOnChanges": json.dumps(REPLACE_ON_CHANGES),
}

Measured = Mapping[str, Sequence[Ran]]


def run() -> Iterator[Row]:
    measured: dict[int, Measured] = {}
    for pools, runs in RUNS.items():
        measured[pools] = measure(pools, runs)
        if len(measured) == 1:
            yield from compare_first(measured[pools])
        yield from compare(pools, measured[pools])
    yield growth(measured)


def measure(pools: int, runs: int) -> Measured:
    """Each program so many times, in turns: whatever else the machine does meets all three."""
    found: dict[str, list[Ran]] = {COMPONENT: [], EMPTY: [], RAW: []}
    for _ in range(runs):
        for program, ran in found.items():
            ran.append(run_program(program, pools))
    return found


def compare_first(measured: Measured) -> Iterator[Row]:
    """Time and memory of a process that makes one pool, from the start of Python."""
    runs = len(measured[COMPONENT])
    note = f"a fresh Python, from its start, with all that it loads; the middle of {runs} runs in turns"
    yield _row("mocks: a program with 1 pool, time", measured, "first", "s", MOST_FIRST, note)
    yield _row("mocks: a program with 1 pool, memory", measured, "first_peak", "MB", MOST_FIRST_MEMORY, note)


def compare(pools: int, measured: Measured) -> Iterator[Row]:
    """Time and memory of so many pools in a process that has made one before."""
    runs = len(measured[COMPONENT])
    what = f"mocks: {pools} pool{'s' if pools > 1 else ''} after a first one"
    note = f"the middle of {runs} runs in turns, each in a fresh Python" if runs > 1 else "one run of each"
    yield _row(f"{what}, time", measured, "more", "s", MOST, note)
    if pools >= MANY:
        yield _row(f"{what}, memory they add", measured, "added", "MB", MOST, note)
    else:
        yield _row(f"{what}, memory", measured, "more_peak", "MB", MOST_FIRST_MEMORY, f"{note}, all of its memory")


def growth(measured: Mapping[int, Measured]) -> Row:
    """How much more a pool takes among many than among few, against the growth of the same children: Pulumi's own time
    for each resource grows too."""
    few, many = sorted(measured)[-2:]
    ours, empty = (
        (_middle(measured[many][name], "more") / many) / (_middle(measured[few][name], "more") / few)
        for name in (COMPONENT, EMPTY)
    )
    holds = all(_same_children(measured[one]) for one in (few, many))
    note = f"seconds for each pool of {many}, by those for each of {few}"
    return Row("mocks: growth for each pool", ours, empty, "x", MOST_GROWTH, holds=holds, note=note)


def _row(name: str, measured: Measured, what: str, unit: str, target: float, note: str) -> Row:
    ours, empty, raw = (_middle(measured[program], what) for program in (COMPONENT, EMPTY, RAW))
    holds = _same_children(measured)
    note += "" if holds else "; they did not make the same resources"
    return Row(name, ours, empty, unit, target=target, holds=holds, note=note, bare=raw)


def _same_children(measured: Measured) -> bool:
    """Whether all three registered as many resources of each type, components and stacks aside, and any at all."""
    made = [
        {kind: count for kind, count in ran.registered.items() if kind.startswith("azure-native:")}
        for program in measured.values()
        for ran in program
    ]
    return made[0] != {} and all(one == made[0] for one in made)


def _middle(runs: Sequence[Ran], what: str) -> float:
    return middle(getattr(one, what) for one in runs)


def run_program(program: str, pools: int) -> Ran:
    """Runs a program in a process of its own. Raises RuntimeError with what it wrote where it fails."""
    with no_waiting():
        done = subprocess.run(
            [sys.executable, "-m", "bench.on_mocks", program, str(pools)],
            cwd=ROOT,
            input=json.dumps(CONFIG),
            capture_output=True,
            text=True,
            timeout=MOST_SECONDS,
            check=False,
        )
    if done.returncode != 0:
        raise RuntimeError(f"{program} with {pools} pools failed:\n{done.stderr}")
    return Ran(**json.loads(done.stdout))


@contextmanager
def no_waiting() -> Iterator[None]:
    """Programs do not wait for new grants: waiting is no work."""
    before = os.environ.get(WAIT_VARIABLE)
    os.environ[WAIT_VARIABLE] = "PT0S"
    try:
        yield
    finally:
        os.environ.pop(WAIT_VARIABLE)
        if before is not None:
            os.environ[WAIT_VARIABLE] = before
