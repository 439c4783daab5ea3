"""Pools in local Azure for the tests of `repair`, and the command in a process of its own."""

import os
import signal
import subprocess
import sys
from typing import Any

from emulator import Store
from emulator.arm.batch_accounts import WELL_KNOWN_KEY
from extension_pool.ops.batch import connect
from extension_pool.ops.health import Verdict, judge_pool
from extension_pool.ops.settings import Place

from .local_azure import make_pool

FORMULA = "$TargetDedicatedNodes = 4;"


def put_pool(store: Store, name: str = "linux", nodes: int = 4, formula: str | None = None) -> None:
    """A pool that was made long enough ago for a boot now to be a restart."""
    scale = {"scaleSettings": {"autoScale": {"formula": formula, "evaluationInterval": "PT5M"}}} if formula else {}
    make_pool(store, name, nodes, **scale)
    store.clock.advance(3600)


def pool_now(name: str = "linux") -> dict[str, Any]:
    from azure.batch import BatchClient
    from azure.core.credentials import AzureNamedKeyCredential

    credential = AzureNamedKeyCredential("extpoolprod", WELL_KNOWN_KEY)
    with BatchClient(os.environ["AZURE_BATCH_ENDPOINT"], credential) as client:
        pool: dict[str, Any] = client.get_pool(name).as_dict()
        pool["nodes"] = [node.as_dict() for node in client.list_nodes(name)]
        return pool


def verdict(name: str = "linux") -> Verdict:
    place = Place(os.environ["AZURE_BATCH_ENDPOINT"], "extpoolprod", WELL_KNOWN_KEY)
    with connect(place) as account:
        return judge_pool(account.read_pool(name)).verdict


PROCESS = "from extension_pool.ops import cli; cli.main()"


def interrupted(*words: str, sign: int, when: str) -> tuple[int, str]:
    """The command in a process of its own, which gets `sign` when it says `when`."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROCESS, "repair", *words],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        # Where the tests run in the background SIGINT may be ignored, and that is inherited.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL) and None,
    )
    assert process.stderr is not None
    err = ""
    for line in process.stderr:
        err += line
        if when in line:
            process.send_signal(sign)
            when = "\0"
    return process.wait(30), err
