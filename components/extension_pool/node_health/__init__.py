"""Application Health on Batch nodes: one answer from the node agent's health and from that of your own server.

    from extension_pool import ExtensionPool, node_health

    health = node_health.companion("linux", own="http://127.0.0.1:8080/health")
    ExtensionPool("pool", {..., "extensions": [health.extension], "start_task": health.start_task})

https://learn.microsoft.com/azure/batch/create-pool-extensions#considerations-for-application-health-extension
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from ..extensions import ApplicationHealthLinux, ApplicationHealthWindows
from ..extensions.health import RichHealthSettings
from ..images import LINUX, WINDOWS
from ..problems import ABSENT, InvalidInput, Problem
from .commands import linux_command_line, windows_command_line
from .server import AGENT, DEFAULT_PORT, DEFAULT_TIMEOUT, PATH, Config, find_fault

GRACE_PERIOD = 600
"""Seconds. A judgement of ours: long enough for a node to be prepared and for a start task of some minutes."""

if TYPE_CHECKING:
    from ..args import StartTaskArgs


@dataclass(frozen=True)
class Companion:
    """What a pool needs: `extension` among its extensions, `start_task` as its start task."""

    extension: ApplicationHealthLinux | ApplicationHealthWindows
    start_task: StartTaskArgs


def companion(
    os_type: str,
    *,
    own: str | None = None,
    own_status_only: bool = False,
    start_task: Mapping[str, Any] | None = None,
    port: int = DEFAULT_PORT,
    timeout: float = DEFAULT_TIMEOUT,
    grace_period: int = GRACE_PERIOD,
    interval_in_seconds: int = 5,
    number_of_probes: int = 3,
) -> Companion:
    """The health server that combines the node agent's health with your own, and the extension that probes it.

    os_type: linux or windows, that of the pool's image. own: URL of your health server on the node, over http, left
    out the agent's health alone; it says {"ApplicationHealthState": "Healthy"} or "Unhealthy", or the word alone, with
    a status of 2xx. own_status_only: your server says it by its status: 200 is healthy, any other is not. start_task:
    your start task, an argument of `ExtensionPool`; its command runs after the health server has started, and its exit
    code is the start task's. port: where the health server listens on 127.0.0.1. timeout: seconds for both answers, at
    most 25. grace_period, interval_in_seconds, number_of_probes: as the extension has them; the grace period must
    cover the preparation of a node and its start task.

    The start task runs as administrator and must succeed before the node takes tasks, unless yours says otherwise.
    Raises InvalidInput with what is wrong.
    """
    given = dict(start_task or {})
    config = Config(port, own, own_status_only, timeout, AGENT)
    problems = _problems(os_type, config, given)
    if problems:
        raise InvalidInput(problems)
    settings = RichHealthSettings(
        protocol="http",
        port=port,
        request_path=PATH,
        interval_in_seconds=interval_in_seconds,
        number_of_probes=number_of_probes,
        grace_period=grace_period,
    )
    model = ApplicationHealthLinux if os_type == LINUX else ApplicationHealthWindows
    return Companion(model(settings=settings), cast("StartTaskArgs", _start_task(os_type, config, given)))


def _start_task(os_type: str, config: Config, given: dict[str, Any]) -> dict[str, Any]:
    render: Callable[[Config, str | None], str] = linux_command_line if os_type == LINUX else windows_command_line
    command: Any = given.get("command_line")
    line = command.apply(lambda known: render(config, known)) if _is_output(command) else render(config, command)
    admin = {"auto_user": {"elevation_level": "Admin", "scope": "Pool"}}
    return {"user_identity": admin, "wait_for_success": True, **given, "command_line": line}


def _is_output(value: Any) -> bool:
    return callable(getattr(type(value), "apply", None))


def _problems(os_type: str, config: Config, start_task: dict[str, Any]) -> list[Problem]:
    problems = []
    if os_type not in (LINUX, WINDOWS):
        problems.append(Problem(("os_type",), "must be an operating system", os_type, allowed=f"{LINUX}, {WINDOWS}"))
    fault = "--port: must be from 1 to 65535, got 0" if config.port == 0 else find_fault(config)
    if fault is not None:
        name, rule = fault.removeprefix("--").split(": ", 1)
        problems.append(Problem((name,), rule))
    command = start_task.get("command_line")
    if not (command is None or isinstance(command, str) or _is_output(command)):
        do = "for an awaitable use pulumi.Output.from_input(...)"
        problems.append(Problem(("start_task", "command_line"), "must be a text or an Output", do=do))
    if start_task.get("container_settings") is not None:
        rule = "must not be given: the health server runs on the node itself, and not in a container"
        do = "run the container from a command of the start task, or put the health server into your image"
        problems.append(Problem(("start_task", "container_settings"), rule, do=do))
    identity = start_task.get("user_identity")
    user = identity.get("auto_user") if isinstance(identity, Mapping) else None
    if isinstance(user, Mapping) and user.get("elevation_level", "NonAdmin") == "NonAdmin":
        at = ("start_task", "user_identity", "auto_user", "elevation_level")
        rule = "must be Admin: the health server is installed for the whole node"
        problems.append(Problem(at, rule, user.get("elevation_level", ABSENT), do="set it to Admin"))
    return problems


__all__ = ["Companion", "companion"]
