"""Reads a pool once, in a process of its own, and says what it took: one JSON object.

python -m bench.reading ours POOL CONCURRENCY      as `extension-pool status` reads it
python -m bench.reading scripted POOL NODES        as people script it today, for the first NODES nodes
"""

import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.memory import peak_memory

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Reading:
    """`seconds` without starting Python; `peak` memory of the process in MB, `idle` before the reading."""

    seconds: float
    calls: int
    nodes: int
    answered: int
    idle: float
    peak: float


def read(environ: Mapping[str, str], *arguments: object) -> Reading:
    """A reading in a process of its own; see above for the arguments."""
    command = [sys.executable, "-m", "bench.reading", *map(str, arguments)]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environ}, stdout=subprocess.PIPE, text=True, check=True
    )
    return Reading(**json.loads(done.stdout))


def ours(pool: str, concurrency: int) -> Reading:
    """Warmed up by one node: what the SDK imports and prepares at its first call takes as long for every pool."""
    from extension_pool.ops.batch import connect
    from extension_pool.ops.health import Verdict, judge_pool
    from extension_pool.ops.settings import place, read_settings
    from extension_pool.ops.snapshot import Answer
    from extension_pool.ops.sweep import Progress

    where = place(read_settings(os.environ))
    with connect(where) as account:
        account.node_counts(pool)
    told: list[Progress] = []
    with connect(where, concurrency=concurrency) as account:
        idle, begun = peak_memory(), time.perf_counter()
        reading = account.read_pool(pool, tell=lambda progress: told.__setitem__(slice(None), [progress]))
        seconds = time.perf_counter() - begun
        judged = judge_pool(reading, where.account)
    answered = sum(node.answer is Answer.ANSWERED for node in reading.nodes)
    healthy = sum(node.verdict is Verdict.HEALTHY for node in judged.nodes)
    return Reading(seconds, told[-1].calls, len(reading.nodes), min(answered, healthy), idle, peak_memory())


def scripted(pool: str, nodes: int) -> Reading:
    """The azure-batch client as it is, one node after the other."""
    from azure.batch import BatchClient
    from azure.core.credentials import AzureNamedKeyCredential

    key = AzureNamedKeyCredential(os.environ["AZURE_BATCH_ACCOUNT"], os.environ["AZURE_BATCH_ACCESS_KEY"])
    client = BatchClient(os.environ["AZURE_BATCH_ENDPOINT"], key)
    client.get_pool(pool)
    idle, begun = peak_memory(), time.perf_counter()
    answered = 0
    for node in itertools.islice(client.list_nodes(pool), nodes):
        answered += bool([extension.instance_view for extension in client.list_node_extensions(pool, node.id)])
    seconds = time.perf_counter() - begun
    return Reading(seconds, answered + 1, nodes, answered, idle, peak_memory())


if __name__ == "__main__":
    how, name, number = sys.argv[1], sys.argv[2], int(sys.argv[3])
    print(json.dumps(asdict(ours(name, number) if how == "ours" else scripted(name, number))))
