"""`python -m emulator.provider`: serve one engine command. The port is the first and only line on stdout."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import grpc  # type: ignore[import-untyped]
from pulumi.runtime.proto import provider_pb2_grpc

from emulator.provider.servicer import Provider, warm_up
from emulator.store import Store

# The engine sends whole programs' worth of properties in one message; its own limit is 400 MB.
LARGEST_MESSAGE = 400 * 1024 * 1024
# Deletions wait in their calls; the engine runs many resources at once.
CALLS_AT_ONCE = 128


def main() -> int:
    folder = os.environ.get("LOCAL_AZURE_DIR")
    if not folder:
        sys.stderr.write("local Azure: LOCAL_AZURE_DIR must name the folder that holds azure.db\n")
        return 2
    provider = Provider(Store.open(folder))
    options = [("grpc.max_receive_message_length", LARGEST_MESSAGE), ("grpc.max_send_message_length", LARGEST_MESSAGE)]
    server = grpc.server(ThreadPoolExecutor(CALLS_AT_ONCE), options=options)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: _leave())
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    threading.Thread(target=warm_up, daemon=True).start()
    _watch_parent()
    return 0


def _leave() -> None:
    """At once: every write is a finished transaction, and calls that wait would hold up the engine's end."""
    os._exit(0)


def _watch_parent() -> None:
    """The engine ends its plugins; one that was killed cannot, so leave when it is gone."""
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(1)
    _leave()


if __name__ == "__main__":
    sys.exit(main())
