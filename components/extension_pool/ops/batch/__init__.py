"""A Batch account, read and operated: with the modules beside it the only one that imports the Azure SDK, when asked.

Azure answers extension status node by node only, so a pool costs one call for itself, one for each thousand nodes,
and one for each node that can have an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from ..counts import NodeCounts, parse_node_counts
from ..crew import Inline, Threads
from ..errors import CannotAsk, UnknownNode, UnknownPool
from ..health import Phase, phase
from ..settings import Place
from ..snapshot import (
    Answer,
    Node,
    NodeExtension,
    NodeKey,
    NodeReading,
    Pool,
    PoolReading,
    Problem,
    node_key,
    parse_node,
    parse_node_extension,
    parse_pool,
)
from ..sweep import GaveUp, Limits, Pace, Passing, Progress, Throttled, sweep
from ..text import count, some
from . import failures, raw
from .client import Sent, open_client
from .failures import READING, UNREADABLE, Need
from .jobs import Scheduling
from .operating import Operating

if TYPE_CHECKING:
    from azure.batch import BatchClient

Result = TypeVar("Result")

# States without a machine that could answer. Microsoft does not say what the extensions call returns in any state, so
# only these are left out: `starting`, `unusable` or `unknown` are where an operator most wants to know.
NEVER_ASKED = frozenset({"creating", "leavingpool", "preempted", "deallocating", "deallocated"})

# Most calls at a time, if nobody says otherwise. The service's rate limit is not published; the pace finds it.
CONCURRENCY = 32

# The first pause where the service names none; azure-core's own factor.
BACKOFF_SECONDS = 0.8

_NODE_FIELDS = (
    "id,state,errors,startTaskInfo,schedulingState,isDedicated,vmSize,virtualMachineInfo,ipAddress,nodeAgentInfo,"
    "stateTransitionTime,allocationTime,lastBootTime,runningTasksCount"
)


class BatchAccount(Operating, Scheduling):
    """A Batch account that can be asked and operated. Close it, or use it in a `with`; one thread at a time.

    How fast it may be asked is learnt from call to call, so one for each account is best.
    """

    def __init__(self, place: Place, client: BatchClient, pace: Pace, sent: Sent) -> None:
        self.place = place
        self._client = client
        self._pace = pace
        self._sent = sent

    def __enter__(self) -> BatchAccount:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Gives the connections back."""
        self._client.close()

    def read_pool(
        self,
        name: str,
        *,
        settled: Mapping[NodeKey, NodeReading] | None = None,
        tell: Callable[[Progress], None] = lambda progress: None,
        seconds: float | None = None,
    ) -> PoolReading:
        """The pool with its nodes and their extensions, without the settings of these.

        Nodes in `settled` are not asked again while they are the same machine and up: their earlier answer stays,
        with what the list says of the node now. `tell` hears a few times a second how far it is. Nodes that are not
        answered `seconds` after the list are left at that.

        Raises `UnknownPool` if the account has no such pool, `CannotAsk` if Azure gives no answer. A node that
        vanishes or cannot answer is a value in the result; only if no node at all could be asked, that is an error.
        """
        before = self._sent.number
        pool = self.pool(name)
        nodes: dict[str, Node] = {}
        link: str | None = raw.url("pools", name, "nodes", select=_NODE_FIELDS)
        while link is not None:
            page, link = self._ask(partial(raw.read_page, self._client, link))
            nodes.update((node.id, node) for node in map(parse_node, page))
            tell(Progress(0, 0, len(nodes), self._sent.number - before, self._pace.workers))
        readings = {node.id: _unasked(node, settled or {}) for node in nodes.values()}
        asked = [node for node in nodes.values() if readings[node.id] is None]
        results = self._sweep(
            asked,
            lambda node: self._reading(name, node),
            tell=lambda progress: tell(replace(progress, calls=self._sent.number - before)),
            seconds=seconds,
        )
        readings.update((reading.node.id, reading) for reading in results)
        self._check_answered(name, results)
        return PoolReading(pool, tuple(reading for reading in readings.values() if reading is not None))

    def read_node(self, pool: str, node_id: str) -> NodeReading:
        """All that the service knows of one node: itself, and every extension with its settings.

        Raises `UnknownPool` and `UnknownNode`, and `CannotAsk` if Azure gives no answer. That the node cannot tell its
        extensions now is a value in the result.
        """
        from azure.core.exceptions import ResourceNotFoundError

        try:
            node = self._ask(lambda: parse_node(self._client.get_node(pool, node_id).as_dict()), missing=True)
        except ResourceNotFoundError as error:
            self.pool(pool)
            if failures.problem(error).code.lower() != "nodenotfound":
                raise failures.refusal(error, self.place, READING) from error
            raise self._unknown_node(pool, node_id) from error
        node = node if node.id else replace(node, id=node_id)
        (reading,) = self._sweep([node], lambda node: self._reading(pool, node, settings=True))
        return reading

    def read_extension(self, pool: str, node: str, extension: str) -> NodeExtension:
        """One extension of one node, by the name that it has in the pool ("Get extension data from a pool").

        Raises `CannotAsk`, also when the node or the extension is not there.
        """
        return self._ask(
            lambda: parse_node_extension(self._client.get_node_extension(pool, node, extension).as_dict(), extension)
        )

    def node_counts(self, pool: str) -> NodeCounts:
        """How many nodes are in each state, in one call. The service counts at intervals, so it may lag behind.

        Raises `UnknownPool` and `CannotAsk`.
        """
        wanted = pool.replace("'", "''")
        pages = self._pages(
            lambda: self._client.list_pool_node_counts(filter=f"poolId eq '{wanted}'"), parse_node_counts
        )
        for counts in (counts for page in pages for counts in page):
            if counts.pool.lower() == pool.lower():
                return counts
        # A pool that the service has not counted yet is none that the account does not have.
        return NodeCounts(self.pool(pool).id)

    def pool_names(self) -> list[str]:
        """The names of all pools in the account, sorted. Raises `CannotAsk`."""
        pages = self._pages(lambda: self._client.list_pools(select=["id"]), parse_pool)
        return sorted(pool.id for page in pages for pool in page)

    def supported_images(self) -> list[dict[str, Any]]:
        """Every image that the account offers, as the service writes it. Raises `CannotAsk`."""
        pages = self._pages(self._client.list_supported_images, lambda image: image)
        return [image for page in pages for image in page]

    def pool(self, name: str) -> Pool:
        """The pool without its nodes. Raises `UnknownPool` and `CannotAsk`."""
        from azure.core.exceptions import ResourceNotFoundError

        try:
            return self._ask(lambda: parse_pool(self._client.get_pool(name).as_dict(), name), missing=True)
        except ResourceNotFoundError as error:
            if failures.problem(error).code.lower() != "poolnotfound":
                raise failures.refusal(error, self.place, READING) from error
        names = self.pool_names()
        known = f"it has {some(names, 20)}" if names else "it has none"
        raise UnknownPool(f"pool: must be a pool of account {self.place.account!r}, got {name!r}; {known}")

    def _unknown_node(self, pool: str, node_id: str) -> UnknownNode:
        pages = self._pages(lambda: self._client.list_nodes(pool, select=["id"]), parse_node)
        ids = sorted(node.id for page in pages for node in page)
        known = f"it has {some(ids, 5)}" if ids else "it has none"
        return UnknownNode(f"node: must be a node of pool {pool!r}, got {node_id!r}; {known}")

    def _reading(self, pool: str, node: Node, *, settings: bool = False) -> NodeReading:
        """Runs in any thread. Raises `Throttled` and `Passing`, and `CannotAsk` where no other node fares better."""
        from azure.core.exceptions import AzureError

        try:
            listed = raw.read_all(self._client, raw.url("pools", pool, "nodes", node.id, "extensions"))
        except AzureError as error:
            if getattr(error, "status_code", None) in {401, 403}:
                raise failures.refusal(error, self.place, READING) from error
            again = failures.trouble(error)
            if again is not None:
                raise again from error
            return NodeReading(node, failures.answer(error), problem=failures.problem(error))
        except UNREADABLE as error:
            problem = Problem("", f"unreadable answer: {failures.first_line(error)}")
            return NodeReading(node, Answer.NO_ANSWER, problem=problem)
        return NodeReading(
            node, Answer.ANSWERED, tuple(parse_node_extension(item, settings=settings) for item in listed)
        )

    def _sweep(
        self,
        nodes: list[Node],
        ask: Callable[[Node], NodeReading],
        *,
        tell: Callable[[Progress], None] = lambda progress: None,
        seconds: float | None = None,
    ) -> list[NodeReading]:
        results = sweep(nodes, ask, self._pace, Threads(), tell=tell, seconds=seconds)
        return [
            NodeReading(node, Answer.NO_ANSWER, problem=_why(result)) if isinstance(result, GaveUp) else result
            for node, result in zip(nodes, results, strict=True)
        ]

    def _check_answered(self, pool: str, readings: list[NodeReading]) -> None:
        """Raises `CannotAsk` when every node that was asked gave no answer: then nothing is known of the pool."""
        if not readings or any(reading.answer is not Answer.NO_ANSWER for reading in readings):
            return
        problem = readings[0].problem or Problem("", "")
        raise CannotAsk(
            f"nodes: of pool {pool!r}, {count(len(readings), 'node')} asked and none could answer; "
            f"{failures.words(problem)}; ask again later",
            passing=True,
        )

    def _pages(
        self, items: Callable[[], Any], parse: Callable[[Any], Result], *, need: Need = READING
    ) -> Iterator[list[Result]]:
        """The pages of a list, each a call of its own: one that fails is repeated without those before it."""
        pages = items().by_page()

        def following() -> list[Result] | None:
            page = next(pages, None)
            return None if page is None else [parse(item.as_dict()) for item in page]

        while (page := self._ask(following, need=need)) is not None:
            yield page

    def _ask(
        self,
        call: Callable[[], Result],
        *,
        need: Need = READING,
        writing: bool = False,
        missing: bool = False,
    ) -> Result:
        """One call, at the pace of all. Raises `CannotAsk`; with `missing` the caller gets the SDK's own 404."""
        from azure.core.exceptions import AzureError

        def ask(_: None) -> Result:
            try:
                return call()
            except AzureError as error:
                again = failures.trouble(error, writing=writing)
                if again is None:
                    raise
                raise again from error

        with self._asking(need, missing):
            (result,) = sweep([None], ask, self._pace, Inline())
            if not isinstance(result, GaveUp):
                return result
            if result.trouble is not None and result.trouble.__cause__ is not None:
                raise result.trouble.__cause__
            why = f"{self.place.endpoint} was not asked, {result.why}"
            raise CannotAsk(f"endpoint: {why}; ask again later", passing=True)

    @contextmanager
    def _asking(self, need: Need, missing: bool) -> Iterator[None]:
        """Turns what the SDK raises into `CannotAsk`."""
        from azure.core.exceptions import AzureError, ResourceNotFoundError

        try:
            yield
        except AzureError as error:
            if missing and isinstance(error, ResourceNotFoundError):
                raise
            raise failures.refusal(error, self.place, need) from error
        except UNREADABLE as error:
            raise failures.unreadable(error, self.place) from error


def connect(place: Place, *, concurrency: int = CONCURRENCY) -> BatchAccount:
    """An account ready to be asked, at most `concurrency` calls at a time; nothing is sent yet.

    With a shared key requests are signed with it, over https or plain http; else `DefaultAzureCredential` logs in
    (environment, workload identity, managed identity, Azure CLI, ...), over https only.

    Raises `BadUsage` for plain http without a key.
    """
    sent = Sent()
    pace = Pace(Limits(workers=concurrency, pause=BACKOFF_SECONDS))
    return BatchAccount(place, open_client(place, concurrency, sent), pace, sent)


def _unasked(node: Node, settled: Mapping[NodeKey, NodeReading]) -> NodeReading | None:
    """What is known without asking; None if the node is to be asked. Without its times a machine is not recognised."""
    if not node.id or node.state in NEVER_ASKED:
        return NodeReading(node, Answer.NOT_ASKED)
    known = settled.get(node_key(node))
    if known is None or phase(node.state) is not Phase.UP or node.allocated is None or node.booted is None:
        return None
    return replace(known, node=node)


def _why(result: GaveUp) -> Problem:
    """Why a node has no answer: the service's last word if there is one."""
    if isinstance(result.trouble, (Throttled, Passing)) and result.trouble.__cause__ is not None:
        return failures.problem(result.trouble.__cause__)
    return Problem("", result.why)
