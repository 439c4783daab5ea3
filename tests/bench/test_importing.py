import subprocess
import sys

from bench.importing import OURS, RAW, import_seconds, row


def test_the_middle_of_each_is_compared() -> None:
    found = row([0.5, 0.4, 0.9], [0.8, 0.5, 0.4])
    assert (found.measured, found.baseline) == (0.5, 0.5)
    assert found.met
    assert "the middle of 3 runs in turns" in found.note


def test_an_import_that_takes_a_fifth_more_misses_the_target() -> None:
    assert not row([0.48], [0.4]).met


def test_time_is_that_of_the_processor_and_not_of_waiting() -> None:
    busy = import_seconds("sum(range(3_000_000))")
    waiting = import_seconds("import time; time.sleep(0.05)")
    assert 0 < waiting < busy


def test_the_component_is_imported_without_what_only_pools_need_and_the_baseline_loads_nothing_of_ours() -> None:
    seen = "\nimport sys\nprint(*sorted(name for name in sys.modules if name.split('.')[0] in WANTED))"
    ours = subprocess.run(
        [sys.executable, "-c", OURS + seen.replace("WANTED", "('pydantic', 'tomllib', 'extension_pool')")],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert "extension_pool.pool" in ours
    assert not [name for name in ours if name.split(".")[0] in ("pydantic", "tomllib")]
    raw = subprocess.run(
        [sys.executable, "-c", RAW + seen.replace("WANTED", "('extension_pool', 'pydantic')")],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert raw == []
