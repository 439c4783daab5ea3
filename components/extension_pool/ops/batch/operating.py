"""What changes nodes and pools. Each call returns when the service accepted it; nothing waits for it to be done."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ..errors import CannotAsk
from ..settings import Place
from . import failures
from .client import API_VERSION
from .failures import WRITING, Need

if TYPE_CHECKING:
    from azure.batch import BatchClient

# https://learn.microsoft.com/rest/api/batchservice/pools/remove-nodes (nodeList)
MOST_REMOVED = 100

# What becomes of running tasks: they are ended and queued again. The service's default, said all the same.
_REQUEUE = "requeue"

DELETING = Need("deleting the pools of", "'Azure Batch Data Contributor'", "Microsoft.Batch/batchAccounts/pools/delete")


class Operating:
    """The part of an account that changes things.

    Every method raises `Declined` when the service refuses for the state that things are in, and `CannotAsk` when it
    cannot be asked; after a lost connection the message says that the change may have been made.
    """

    place: Place
    _client: BatchClient

    @abstractmethod
    def _ask(self, call: Callable[[], Any], *, need: Need, writing: bool) -> Any: ...

    def reboot_node(self, pool: str, node_id: str) -> None:
        """Restarts a node; its tasks are queued again."""
        self._post(pool, f"/nodes/{quote(node_id, safe='')}/reboot", {"nodeRebootOption": _REQUEUE}, node_id)

    def reimage_node(self, pool: str, node_id: str) -> None:
        """Gives a node a fresh operating system; its tasks are queued again. Not every pool can have that."""
        self._post(pool, f"/nodes/{quote(node_id, safe='')}/reimage", {"nodeReimageOption": _REQUEUE}, node_id)

    def disable_scheduling(self, pool: str, node_id: str) -> None:
        """Sends a node no new tasks; those that run are let run to their end."""
        from azure.batch.models import BatchNodeDisableSchedulingOption, BatchNodeDisableSchedulingOptions

        options = BatchNodeDisableSchedulingOptions(
            node_disable_scheduling_option=BatchNodeDisableSchedulingOption.TASK_COMPLETION
        )
        self._change(lambda: self._client.disable_node_scheduling(pool, node_id, options), pool, node_id)

    def enable_scheduling(self, pool: str, node_id: str) -> None:
        """Sends a node tasks again."""
        self._change(lambda: self._client.enable_node_scheduling(pool, node_id), pool, node_id)

    def remove_nodes(self, pool: str, node_ids: Sequence[str]) -> None:
        """Takes 1 to 100 nodes out of a pool, which shrinks by them; their tasks are queued again.

        The pool must be steady and must not scale itself.
        """
        if not 1 <= len(node_ids) <= MOST_REMOVED:
            raise ValueError(f"node_ids: must be 1 to {MOST_REMOVED} nodes, got {len(node_ids)}")
        self._post(pool, "/removenodes", {"nodeList": list(node_ids), "nodeDeallocationOption": _REQUEUE})

    def resize(self, pool: str, dedicated: int | None, spot: int | None) -> None:
        """Sets how many nodes a pool shall have; what is None is not said to the service.

        Not while the pool scales itself.
        """
        if dedicated is None and spot is None:
            raise ValueError("dedicated, spot: at least one must be a number, got none")
        targets = {"targetDedicatedNodes": dedicated, "targetLowPriorityNodes": spot}
        body = {name: number for name, number in targets.items() if number is not None}
        self._post(pool, "/resize", {**body, "nodeDeallocationOption": _REQUEUE})

    def delete_pool(self, pool: str) -> None:
        """Deletes a pool with all its nodes; their tasks are queued again. The service takes a few minutes for it.

        Of a pool that is gone or on its way the service says so: `Declined`, `PoolNotFound` or `PoolBeingDeleted`.
        """
        self._send(f"/pools/{quote(pool, safe='')}", None, _subject(pool, ""), DELETING, method="DELETE")

    def disable_autoscale(self, pool: str) -> None:
        """Stops a pool from scaling itself; it keeps the nodes that it has."""
        self._change(lambda: self._client.disable_pool_auto_scale(pool), pool)

    def enable_autoscale(self, pool: str, formula: str, interval: str) -> None:
        """Lets a pool scale itself by `formula`, evaluated each `interval` (ISO 8601; empty for the service's default).

        The service takes this at most once every 30 seconds for a pool, and not while the pool is resized.
        """
        from azure.batch.models import BatchPoolEnableAutoScaleOptions

        wanted = {"autoScaleFormula": formula, "autoScaleEvaluationInterval": interval}
        options = BatchPoolEnableAutoScaleOptions({name: value for name, value in wanted.items() if value})
        self._change(lambda: self._client.enable_pool_auto_scale(pool, options), pool)

    def _post(self, pool: str, action: str, body: Mapping[str, object], node_id: str = "") -> None:
        self._send(f"/pools/{quote(pool, safe='')}{action}", body, _subject(pool, node_id), WRITING)

    def _change(self, call: Callable[[], None], pool: str, node_id: str = "") -> None:
        self._write(call, _subject(pool, node_id), WRITING)

    def _send(
        self, path: str, body: Mapping[str, object] | None, subject: str, need: Need, method: str = "POST"
    ) -> None:
        """The SDK's own methods for these start a thread that asks for the subject every five seconds."""
        from azure.core.rest import HttpRequest

        def call() -> None:
            request = HttpRequest(
                method,
                path,
                params={"api-version": API_VERSION},
                headers={"Content-Type": "application/json; odata=minimalmetadata", "Accept": "application/json"},
                json=None if body is None else dict(body),
            )
            self._client.send_request(request)

        self._write(call, subject, need)

    def _write(self, call: Callable[[], None], subject: str, need: Need) -> None:
        from azure.core.exceptions import AzureError

        try:
            self._ask(call, need=need, writing=True)
        except CannotAsk as error:
            cause = error.__cause__
            if not isinstance(cause, AzureError):
                raise
            declined = failures.declined(cause, subject)
            if declined is not None:
                raise declined from cause
            if failures.perhaps_done(cause):
                raise CannotAsk(
                    f"{error}; {subject}: the change may have been made all the same, look before you repeat it",
                    passing=error.passing,
                ) from cause
            raise


def _subject(pool: str, node_id: str) -> str:
    return f"pool {pool!r}, node {node_id!r}" if node_id else f"pool {pool!r}"
