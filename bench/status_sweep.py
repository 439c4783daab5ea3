"""How `extension-pool status` reads a pool, against local Azure in another process."""

from collections.abc import Iterator

from bench.local_azure import local_azure
from bench.reading import Reading, read
from bench.rows import Row
from emulator import Faults

LATENCY_SECONDS = 0.05
CONCURRENCY = 16
NODES = 1000
# Of the scripted sweep only so many nodes are measured: it takes a minute for all.
SCRIPTED_NODES = 100
RUNS = 3
MANY_NODES = 10_000
MOST_MB = 200.0
EXTENSIONS = "GET /pools/{pool}/nodes/{node}/extensions"


def run() -> Iterator[Row]:
    with local_azure() as azure:
        azure.make_pool("thousand", NODES)
        azure.store.set("latency_seconds", str(LATENCY_SECONDS))
        scripted = read(azure.environ, "scripted", "thousand", SCRIPTED_NODES)
        # The best of a few: whatever else the machine does makes a run slower and none faster.
        ours = min((read(azure.environ, "ours", "thousand", CONCURRENCY) for _ in range(RUNS)), key=_seconds)
        complete = ours.answered == ours.nodes == NODES
        whole = scripted.seconds * NODES / SCRIPTED_NODES
        yield Row(
            f"{NODES:,} nodes, scripted one by one / ours",
            whole,
            ours.seconds,
            "s",
            target=10,
            at_least=True,
            holds=complete and scripted.answered == SCRIPTED_NODES,
            note=f"latency {LATENCY_SECONDS * 1000:.0f} ms, at most {CONCURRENCY} calls at a time; "
            f"scripted: {SCRIPTED_NODES} nodes in {scripted.seconds:.2f} s, scaled",
        )
        yield Row(
            f"{NODES:,} nodes, ours / calls x latency / concurrency",
            ours.seconds,
            ours.calls * LATENCY_SECONDS / CONCURRENCY,
            "s",
            target=1.2,
            holds=complete,
            note=f"{ours.calls} calls, at most {CONCURRENCY} at a time, the best of {RUNS} runs; "
            f"on this machine a scripted call took {scripted.seconds / scripted.calls * 1000:.0f} ms",
        )
        Faults(azure.store).http(EXTENSIONS, 429, times=None, every=10, retry_after=0.05)
        throttled = read(azure.environ, "ours", "thousand", CONCURRENCY)
        Faults(azure.store).lift()
        yield Row(
            f"{NODES:,} nodes with 429 on 10 % of calls, calls / calls without",
            throttled.calls,
            ours.calls,
            "calls",
            target=1.5,
            holds=throttled.answered == throttled.nodes == NODES,
            note=f"{NODES - throttled.answered} nodes lost; {throttled.seconds:.2f} s, Retry-After 0.05 s each",
        )
        azure.store.set("latency_seconds", "0")
        azure.make_pool("many", MANY_NODES)
        many = read(azure.environ, "ours", "many", 2 * CONCURRENCY)
        yield Row(
            f"{MANY_NODES:,} nodes, memory / what it may take",
            many.peak,
            MOST_MB,
            "MB",
            target=1,
            holds=many.answered == many.nodes == MANY_NODES,
            note=f"resident at the peak, of which {many.idle:.0f} MB are there before it reads; {many.seconds:.1f} s",
        )


def _seconds(reading: Reading) -> float:
    return reading.seconds
