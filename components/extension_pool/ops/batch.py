"""Reads pools, nodes and node extensions from a Batch account: the one module that imports the Azure SDK, when asked.

Azure answers extension status node by node only, so a pool costs one call for itself, one for each thousand nodes,
and one for each node that can have an answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .errors import BadUsage, CannotAsk, UnknownPool
from .settings import ACCESS_KEY, ACCOUNT, ENDPOINT, Place
from .snapshot import (
    Answer,
    Node,
    NodeExtension,
    NodeReading,
    Pool,
    PoolReading,
    Problem,
    parse_node,
    parse_node_extension,
    parse_pool,
)
from .text import clean_line, count, some

if TYPE_CHECKING:
    from azure.batch import BatchClient
    from azure.core.exceptions import AzureError, HttpResponseError

# States without a machine that could answer. Microsoft does not say what the extensions call returns in any state, so
# only these are left out: `starting`, `unusable` or `unknown` are where an operator most wants to know.
NEVER_ASKED = frozenset({"creating", "leavingpool", "preempted", "deallocating", "deallocated"})

# Calls at a time. The service's rate limit is not published; requests keeps ten connections for a host.
WORKERS = 8

# azure-core's defaults are 300 s each: too long for someone who waits at a prompt.
CONNECT_SECONDS = 10
READ_SECONDS = 60
# azure-core's own factor: a failing call is repeated at once, then after 1.6 s and 3.2 s, or as Retry-After says.
BACKOFF_SECONDS = 0.8

# Whom a token must be for, by the last part of the endpoint's host (azure-cli's `batch_resource_id` of each cloud).
_SCOPES = {
    "batch.chinacloudapi.cn": "https://batch.chinacloudapi.cn//.default",
    "batch.usgovcloudapi.net": "https://batch.core.usgovcloudapi.net//.default",
}
_PUBLIC_SCOPE = "https://batch.core.windows.net//.default"

_NODE_FIELDS = [
    "id",
    "state",
    "errors",
    "startTaskInfo",
    "schedulingState",
    "isDedicated",
    "vmSize",
    "virtualMachineInfo",
    "ipAddress",
    "nodeAgentInfo",
    "stateTransitionTime",
    "allocationTime",
    "lastBootTime",
    "runningTasksCount",
]


class BatchAccount:
    """A Batch account that can be asked. Close it, or use it in a `with`."""

    def __init__(self, place: Place, client: BatchClient) -> None:
        self.place = place
        self._client = client

    def __enter__(self) -> BatchAccount:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Gives the connections back."""
        self._client.close()

    def read_pool(self, name: str) -> PoolReading:
        """The pool with its nodes and their extensions.

        Raises `UnknownPool` if the account has no such pool, `CannotAsk` if Azure gives no answer. A node that
        vanishes or cannot answer is a value in the result; only if no node at all could be asked, that is an error.
        """
        pool = self._pool(name)
        with self._asking():
            nodes = {
                node.id: node
                for raw in self._client.list_nodes(name, select=_NODE_FIELDS)
                for node in (parse_node(raw.as_dict()),)
            }
        readings = self._readings(name, list(nodes.values()))
        asked = [reading for reading in readings if reading.answer is not Answer.NOT_ASKED]
        if asked and all(reading.answer is Answer.NO_ANSWER for reading in asked):
            problem = asked[0].problem or Problem("", "")
            raise CannotAsk(
                f"nodes: of pool {name!r}, {count(len(asked), 'node')} asked and none could answer; "
                f"{_words(problem)}; ask again later",
                passing=True,
            )
        return PoolReading(pool, readings)

    def read_extension(self, pool: str, node: str, extension: str) -> NodeExtension:
        """One extension of one node, by the name that it has in the pool ("Get extension data from a pool").

        Raises `CannotAsk`, also when the node or the extension is not there.
        """
        with self._asking():
            return parse_node_extension(self._client.get_node_extension(pool, node, extension).as_dict(), extension)

    def pool_names(self) -> list[str]:
        """The names of all pools in the account, sorted. Raises `CannotAsk`."""
        with self._asking():
            pools = [parse_pool(raw.as_dict()) for raw in self._client.list_pools(select=["id"])]
        return sorted(pool.id for pool in pools)

    def supported_images(self) -> list[dict[str, Any]]:
        """Every image that the account offers, as the service writes it. Raises `CannotAsk`."""
        with self._asking():
            return [raw.as_dict() for raw in self._client.list_supported_images()]

    def _pool(self, name: str) -> Pool:
        from azure.core.exceptions import ResourceNotFoundError

        with self._asking():
            try:
                return parse_pool(self._client.get_pool(name).as_dict(), name)
            except ResourceNotFoundError as error:
                if _problem(error).code.lower() != "poolnotfound":
                    raise
        names = self.pool_names()
        known = f"it has {some(names, 20)}" if names else "it has none"
        raise UnknownPool(f"pool: must be a pool of account {self.place.account!r}, got {name!r}; {known}")

    def _readings(self, pool: str, nodes: list[Node]) -> tuple[NodeReading, ...]:
        workers = ThreadPoolExecutor(max_workers=WORKERS, thread_name_prefix="extensions")
        try:
            futures = [workers.submit(self._reading, pool, node) for node in nodes]
            return tuple(future.result() for future in futures)
        finally:
            # On an error or Ctrl-C nothing more is started, and nobody waits for what is under way.
            workers.shutdown(wait=False, cancel_futures=True)

    def _reading(self, pool: str, node: Node) -> NodeReading:
        from azure.core.exceptions import AzureError, HttpResponseError

        if not node.id or node.state in NEVER_ASKED:
            return NodeReading(node, Answer.NOT_ASKED)
        try:
            listed = self._client.list_node_extensions(pool, node.id)
            extensions = tuple(parse_node_extension(raw.as_dict()) for raw in listed)
        except HttpResponseError as error:
            if error.status_code in {401, 403}:
                raise self._refusal(error) from error
            return NodeReading(node, _answer(error), problem=_problem(error))
        except AzureError as error:
            return NodeReading(node, Answer.NO_ANSWER, problem=Problem("", _first_line(error)))
        except _UNREADABLE as error:
            return NodeReading(node, Answer.NO_ANSWER, problem=Problem("", f"unreadable answer: {_first_line(error)}"))
        return NodeReading(node, Answer.ANSWERED, extensions)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Turns what the SDK raises into `CannotAsk`."""
        from azure.core.exceptions import AzureError

        try:
            yield
        except AzureError as error:
            raise self._refusal(error) from error
        except _UNREADABLE as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: Exception) -> CannotAsk:
        return CannotAsk(
            f"endpoint: the answer from {self.place.endpoint} is not one of Azure Batch ({_first_line(error)}); "
            f"check {ENDPOINT} or --endpoint, and whether a proxy answers instead"
        )

    def _refusal(self, error: AzureError) -> CannotAsk:
        """Why there is no answer, and what to do about it."""
        status = getattr(error, "status_code", None)
        account, endpoint = self.place.account, self.place.endpoint
        problem = _problem(error)
        said = f"Azure said {_words(problem)}"
        # Which of the two codes comes with which status is not documented; 403 has been seen for both.
        if status == 401 or problem.code.lower() in {"authenticationfailed", "invalidauthenticationinfo"}:
            check = (
                f"check that {ACCESS_KEY} is a key of this account ({ACCOUNT}) and that this machine's clock is right"
                if self.place.access_key
                else "check that the login is in the account's tenant (az account show), or log in again (az login)"
            )
            return CannotAsk(f"login: account {account!r} does not accept it; {check}; {said}")
        if status == 403:
            return CannotAsk(
                f"permission: reading the pools of account {account!r} is not allowed; ask for the role "
                "'Azure Batch Account Reader' (or 'Azure Batch Data Contributor') on the account, which has "
                "Microsoft.Batch/batchAccounts/pools/read, or have this machine's network let in if the account's "
                f"firewall keeps it out; {said}"
            )
        if status is not None and status >= 400:
            again = status in {408, 429} or status >= 500
            advice = "ask again later" if again else f"check {ENDPOINT} or --endpoint"
            return CannotAsk(f"endpoint: {endpoint} answered with HTTP {status}; {said}; {advice}", passing=again)
        if status is not None:
            return self._unreadable(error)
        return CannotAsk(
            f"endpoint: no answer from {endpoint} ({_first_line(error)}); check {ENDPOINT} or --endpoint, the network, "
            "and the private endpoint if the account has one",
            passing=True,
        )


def connect(place: Place) -> BatchAccount:
    """An account ready to be asked; nothing is sent yet.

    With a shared key requests are signed with it, over https or plain http; else `DefaultAzureCredential` logs in
    (environment, workload identity, managed identity, Azure CLI, ...), over https only. Failed calls are repeated by
    the SDK: up to three times on 408, 429 and 5xx, as Retry-After says.

    Raises `BadUsage` for plain http without a key.
    """
    from azure.batch import BatchClient
    from azure.core.credentials import AzureNamedKeyCredential

    options: dict[str, Any] = {
        "connection_timeout": CONNECT_SECONDS,
        "read_timeout": READ_SECONDS,
        "retry_backoff_factor": BACKOFF_SECONDS,
    }
    if place.access_key:
        key = AzureNamedKeyCredential(place.account, place.access_key)
        return BatchAccount(place, BatchClient(place.endpoint, key, **options))
    if urlsplit(place.endpoint).scheme != "https":
        raise BadUsage(
            f"endpoint: must be https:// when logging in without a shared key, got {place.endpoint!r}; "
            f"use https://, or set {ACCOUNT} and {ACCESS_KEY}"
        )
    host = urlsplit(place.endpoint).hostname or ""
    scope = next((scope for suffix, scope in _SCOPES.items() if host.endswith(f".{suffix}")), _PUBLIC_SCOPE)
    return BatchAccount(place, BatchClient(place.endpoint, _Login(place), credential_scopes=[scope], **options))


class _Login:
    """`DefaultAzureCredential`, saying what to do when nobody is logged in.

    It raises `CannotAsk` from inside the SDK's pipeline, which lets it through: outside, a failed login and a token
    that the Batch service refuses are the same exception type.
    """

    def __init__(self, place: Place) -> None:
        from azure.identity import DefaultAzureCredential

        self._place = place
        try:
            self._credential = DefaultAzureCredential()
        except ValueError as error:
            raise BadUsage(f"login: {_first_line(error)}; correct the AZURE_* variable it names") from error

    def get_token(self, *scopes: str, **options: Any) -> Any:
        """See `azure.core.credentials.TokenCredential`."""
        from azure.core.exceptions import AzureError

        try:
            return self._credential.get_token(*scopes, **options)
        except AzureError as error:
            raise CannotAsk(
                f"login: nobody is logged in for {self._place.endpoint}; run `az login`, or in CI set "
                "AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_FEDERATED_TOKEN_FILE (ARM_* variables are not read), "
                f"or set {ACCOUNT} and {ACCESS_KEY}; the login said: {_login_words(error)}"
            ) from error


# What the SDK raises when the answer is not the JSON that it expects: json and its own deserializer raise ValueError
# or KeyError, and a list or a string in the place of an object ends in the other two.
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError)


def _answer(error: HttpResponseError) -> Answer:
    status, code = error.status_code, _problem(error).code.lower()
    if status == 404 and code in {"nodenotfound", "poolnotfound"}:
        return Answer.VANISHED
    refused = status is not None and 400 <= status < 500 and status not in {408, 429}
    return Answer.REFUSED if refused else Answer.NO_ANSWER


def _problem(error: AzureError) -> Problem:
    """Azure's code and the first line of its message; the lines after it are request id and time."""
    told = getattr(error, "error", None)
    code = getattr(told, "code", None)
    message = getattr(told, "message", None)
    status = getattr(error, "status_code", None)
    return Problem(
        code=code if isinstance(code, str) and code else f"HTTP {status}" if status else "",
        message=message.strip().split("\n")[0] if isinstance(message, str) and message.strip() else _first_line(error),
    )


def _words(problem: Problem) -> str:
    return clean_line(": ".join(part for part in (problem.code, problem.message) if part)) or "nothing more"


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return clean_line(lines[0])[:300] if lines else type(error).__name__


def _login_words(error: BaseException) -> str:
    """The credential chain's message, one credential a line, on one line and not endless."""
    words = clean_line(str(error))
    return words if len(words) <= 600 else f"{words[:600]}..."
