"""Where the time goes, by owner: ours, Pulumi, azure-native, pydantic, gRPC, Python itself.

python -m bench.profile import          ExtensionPool and all that a first pool loads, module by module (-X importtime)
python -m bench.profile mocks [POOLS]   a program with so many pools through mocks (cProfile), 100 unless said
"""

import cProfile
import pstats
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bench import on_mocks, through_mocks
from bench.importing import OURS

MOST_LINES = 15

# The first that is part of a module's name or a file's path.
_OWNERS = (
    ("extension_pool", "ours"),
    ("bench", "the benchmark"),
    ("pulumi_azure_native", "azure-native"),
    ("pydantic", "pydantic"),
    ("annotated_types", "pydantic"),
    ("typing_inspection", "pydantic"),
    ("pulumi", "pulumi"),
    ("grpc", "gRPC"),
    ("google", "gRPC"),
)
_LINE = re.compile(r"import time:\s+(?P<own>\d+) \|\s+\d+ \| +(?P<module>\S+)")


@dataclass(frozen=True)
class Share:
    """What a module or function takes by itself, without what it calls. seconds: of the processor, or of the clock."""

    what: str
    owner: str
    seconds: float


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["import"] and len(arguments) == 1:
        print(render_shares(profile_import()))
        return 0
    if arguments[:1] == ["mocks"] and all(one.isdecimal() for one in arguments[1:]) and len(arguments) <= 2:
        print(render_shares(profile_mocks(int(arguments[1]) if arguments[1:] else 100)))
        return 0
    print(__doc__, file=sys.stderr)
    return 2


def profile_import() -> list[Share]:
    """What each module takes to import, in a process of its own; the second time, with its byte code written."""
    command = [sys.executable, "-X", "importtime", "-c", f"{OURS}; import extension_pool.wiring"]
    for _ in range(2):
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    return parse_import_times(done.stderr)


def parse_import_times(text: str) -> list[Share]:
    """What `-X importtime` writes."""
    found = _LINE.finditer(text)
    return [Share(one["module"], owner_of(one["module"].split(".")), int(one["own"]) / 1e6) for one in found]


def profile_mocks(pools: int) -> list[Share]:
    """What each function takes, imports included. The profiler itself makes small functions look larger."""
    profiler = cProfile.Profile()
    with through_mocks.no_waiting():
        profiler.runcall(on_mocks.run_here, through_mocks.COMPONENT, pools, through_mocks.CONFIG)
    shares = []
    for (file, line, function), row in pstats.Stats(profiler).stats.items():  # type: ignore[attr-defined]
        path = Path(file)
        shares.append(Share(f"{path.stem}:{line} {function}", owner_of(path.parts), row[2]))
    return shares


def owner_of(parts: Iterable[str]) -> str:
    """Whose a module or a file is, by the parts of its name."""
    names = [part.removesuffix(".py").lstrip("_") for part in parts]
    return next((owner for word, owner in _OWNERS if any(name.startswith(word) for name in names)), "python")


def render_shares(shares: Iterable[Share]) -> str:
    """The time of each owner, and the largest of ours."""
    shares = list(shares)
    totals: defaultdict[str, float] = defaultdict(float)
    for one in shares:
        totals[one.owner] += one.seconds
    whole = sum(totals.values()) or 1.0
    lines = [
        f"{seconds * 1000:8.0f} ms  {seconds / whole:4.0%}  {owner}"
        for owner, seconds in sorted(totals.items(), key=lambda pair: -pair[1])
    ]
    ours = sorted((one for one in shares if one.owner == "ours"), key=lambda one: -one.seconds)
    lines += ["", "of ours:"]
    lines += [f"{one.seconds * 1000:8.1f} ms  {one.what}" for one in ours[:MOST_LINES]]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
