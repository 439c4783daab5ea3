"""`python -m bench [NAME ...]`: runs the benchmarks, all or those named, prints one table; 1 if a target is missed."""

import argparse
import sys
from collections.abc import Callable, Iterator

from bench import importing, replacing, reports, status_sweep, through_mocks
from bench.rows import Row, render_table

# A benchmark is a function without arguments that yields its rows as they are measured.
BENCHMARKS: dict[str, Callable[[], Iterator[Row]]] = {
    "import": importing.run,
    "mocks": through_mocks.run,
    "status-sweep": status_sweep.run,
    "replacing": replacing.run,
    "report": reports.run,
}


def main(names: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(BENCHMARKS)}")
    chosen = parser.parse_args(names).names or list(BENCHMARKS)
    unknown = [name for name in chosen if name not in BENCHMARKS]
    if unknown:
        parser.error(f"NAME: must be one of {', '.join(BENCHMARKS)}, got {unknown[0]!r}")
    rows: list[Row] = []
    for name in chosen:
        for row in BENCHMARKS[name]():
            rows.append(row)
            if sys.stderr.isatty():
                print(f"{row.name}: {row.ratio:.2f}", file=sys.stderr)
    print(render_table(rows))
    return 0 if all(row.met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
