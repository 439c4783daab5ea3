"""Runs a program of `programs/` through Pulumi's mocks, in this process, and says what it took: one JSON object.

python -m bench.on_mocks PROGRAM POOLS < CONFIG

It runs twice, since what the first pool of a process loads is loaded once: with one pool, and with so many. The
configuration of the program is JSON.

Nothing of ours is loaded here: what a baseline runs in has only what it needs itself.
"""

import asyncio
import gc
import json
import runpy
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pulumi.runtime import Settings, configure, mocks, run_in_stack, set_all_config
from pulumi.runtime.settings import _get_callbacks, set_root_resource

from bench.memory import peak_memory

PROGRAMS = Path(__file__).resolve().parent / "programs"
PROJECT = "bench"
_ID_OF_ANY = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-batch-prod"
    "/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
)
_IDS = {"clientId": "11111111-1111-1111-1111-111111111111", "principalId": "22222222-2222-2222-2222-222222222222"}


@dataclass(frozen=True)
class Ran:
    """What a process took that ran a program.

    first: seconds of the processor from the start of Python to the end of the run with one pool; first_peak: the most
    memory until then, in MB. more: seconds of the second run alone; more_peak: the most memory until its end.
    registered: how many resources of each type the second run made.
    """

    first: float
    first_peak: float
    more: float
    more_peak: float
    registered: Mapping[str, int]

    @property
    def added(self) -> float:
        """The memory that the second run added, in MB."""
        return self.more_peak - self.first_peak


class Azure(mocks.Mocks):
    """Answers with what it was asked for."""

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        outputs = {**args.inputs, "name": args.name}
        if args.typ.endswith(":Pool"):
            # Azure takes a list of identities and answers with a map.
            given = outputs["identity"]
            by_id = dict.fromkeys(given["userAssignedIdentities"], _IDS)
            outputs["identity"] = {**given, "userAssignedIdentities": by_id}
        return f"{_ID_OF_ANY}/{args.name}", {**outputs, **_IDS}

    def call(self, args: mocks.MockCallArgs) -> dict[Any, Any]:  # type: ignore[override]
        name = args.args["resourceName"]
        return {"id": f"{_ID_OF_ANY}/{name}", "name": name, **_IDS}


class Monitor(mocks.MockMonitor):
    """Counts what is registered."""

    def __init__(self) -> None:
        super().__init__(Azure())
        self.registered: Counter[str] = Counter()

    def RegisterResource(self, request: Any) -> Any:
        self.registered[request.type] += 1
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]


def run_here(program: str, pools: int, config: Mapping[str, str]) -> Ran:
    """Runs a program with one pool, then with so many others. Raises what the program raises."""
    _run(program, {**config, "pools": "1"})
    first, first_peak = time.process_time(), peak_memory()
    # what the first run left is no work of the second
    gc.collect()
    begun = time.process_time()
    registered = _run(program, {**config, "first": "1", "pools": str(pools)})
    return Ran(first, first_peak, time.process_time() - begun, peak_memory(), registered)


def _run(program: str, config: Mapping[str, str]) -> dict[str, int]:
    async def main() -> None:
        # Hooks start a server at their first use; grpc does not survive that it is stopped while it starts.
        await _get_callbacks()
        runpy.run_path(str(PROGRAMS / program))

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    set_root_resource(None)  # type: ignore[arg-type]
    monitor = Monitor()
    configure(
        Settings(
            project=PROJECT,
            stack=PROJECT,
            monitor=monitor,
            engine=mocks.MockEngine(None),
            dry_run=False,
            organization=PROJECT,
            root_directory=str(PROGRAMS),
        )
    )
    set_all_config({f"{PROJECT}:{key}": value for key, value in config.items()})
    loop.run_until_complete(run_in_stack(main))
    return dict(monitor.registered)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(run_here(sys.argv[1], int(sys.argv[2]), json.load(sys.stdin)))))
