"""Runs a Pulumi program in this process, without an engine and without Azure."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import json
import threading
import warnings
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, Protocol, TypeVar

import pulumi
from pulumi.runtime import Settings, configure, run_in_stack, set_all_config
from pulumi.runtime.settings import _get_callbacks, set_root_resource

from ..runs import forget_run
from .azure import Azure
from .monitor import RecordingEngine, RecordingMonitor
from .program_files import find_program
from .stack import RecordedStack, build_stack
from .values import reveal

Program = Callable[[], Any]

T = TypeVar("T")

# The SDK keeps servers of hooks, and Python its modules, for the whole process.
_ONE_AT_A_TIME = threading.Lock()
_in_a_program: contextvars.ContextVar[bool] = contextvars.ContextVar("_in_a_program", default=False)


class RunProgram(Protocol):
    """How programs are run: the type of `run_program`, and of pytest's fixture `pulumi_program`."""

    def __call__(
        self,
        program: Program | Callable[[], Awaitable[Any]] | str | Path,
        *,
        config: Mapping[str, Any] | None = None,
        stack: str | None = None,
        project: str | None = None,
        organization: str = "organization",
        preview: bool = False,
        azure: Azure | None = None,
    ) -> RecordedStack: ...


def run_program(
    program: Program | Callable[[], Awaitable[Any]] | str | Path,
    *,
    config: Mapping[str, Any] | None = None,
    stack: str | None = None,
    project: str | None = None,
    organization: str = "organization",
    preview: bool = False,
    azure: Azure | None = None,
) -> RecordedStack:
    """Runs a program until every registration is done, and gives what it registered.

    program: a function, also an ``async`` one, a mapping that it returns is exported; or the path of a ``__main__.py``
    or of its project's folder: it gets the project's name, and the configuration of the stack's file, where ``secure:``
    values are replaced by a text of their own. config: values by key, without a namespace the project's; a `Secret` is
    one of ``--secret``; a mapping or a list is one of ``--path``; goes before that of the file. stack: ``test`` unless
    named; a named one must have its file where a project is run. preview: what only an update finds out is `UNKNOWN`,
    as in the first preview of a stack. azure: who answers.

    What the program raises is raised here. Nothing of a run is left for the next one.
    """
    if _in_a_program.get():
        raise RuntimeError("a program that is being run cannot run another one; run them one after the other")
    file = find_program(program, stack) if isinstance(program, (str, Path)) else None
    name = stack or "test"
    project = project or (file.project if file else "project")
    answers = azure or Azure()
    monitor = RecordingMonitor(answers, stack=name, project=project, preview=preview)
    engine = RecordingEngine()
    settings = {"organization": organization, "root_directory": str(file.root if file else Path.cwd())}
    values = {**(file.config if file else {}), **_with_namespaces(config or {}, project)}

    def within() -> None:
        _in_a_program.set(True)
        answers.forget()
        set_root_resource(None)  # type: ignore[arg-type]
        configure(
            Settings(project=project, stack=name, monitor=monitor, engine=engine, dry_run=preview, **settings)  # type: ignore[arg-type]
        )
        set_all_config(
            {key: _text(value) for key, value in values.items()},
            [key for key, value in values.items() if reveal(value) != value],
        )
        _run(file.run if file else program, monitor.refusals)  # type: ignore[arg-type]

    with _ONE_AT_A_TIME:
        # a context of its own: settings, configuration and root resource of a run end with it
        try:
            _where_no_loop_runs(lambda: contextvars.copy_context().run(within))
        finally:
            # The hooks of a run hold its context, and that its monitor: they would stay as long as the process.
            forget_run(monitor)
    if monitor.transforms:
        warnings.warn(
            "the program has transforms, which only the engine runs: what they change is not in what was recorded; "
            "transformations are",
            stacklevel=2,
        )
    return build_stack(
        monitor.registrations.values(),
        name=name,
        project=project,
        preview=preview,
        exports=monitor.exports,
        calls=tuple(monitor.calls),
        hooks=tuple(monitor.hooks),
        messages=tuple(engine.messages),
    )


def _run(program: Program, refusals: list[Exception]) -> None:
    """Runs a program as the language host does. Raises what it raised, before anything that came of that.

    refusals: what the monitor raised meanwhile.
    """
    failures: list[BaseException] = []

    async def main() -> None:
        try:
            # Hooks start a server at their first use. Where the program fails at once it is stopped while it starts,
            # and grpc 1.85 ends the process with a segmentation fault.
            await _get_callbacks()
            outputs = program()
            if inspect.isawaitable(outputs):
                outputs = await outputs
            for key, value in outputs.items() if isinstance(outputs, Mapping) else ():
                pulumi.export(key, value)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # SystemExit as well: it would end the loop
            failures.append(error)

    loop = _event_loop()
    before = asyncio.all_tasks(loop)
    quiet = loop.get_exception_handler()
    if not isinstance(quiet, _Quiet):
        quiet = _Quiet(quiet)
        loop.set_exception_handler(quiet)
    quiet.running = True
    try:
        loop.run_until_complete(run_in_stack(main))
    except Exception as error:
        failures.append(error)
    finally:
        _cancel(loop, before)
        quiet.running = False
    if failures:
        for one in (*failures, *refusals):
            _Quiet.mark(one)
        raise failures[0]


class _Quiet:
    """Says nothing of futures that nobody awaits once a program has failed, also when they are collected much later.

    Each would tell of the same exception, which the test has got; all others go to the handler from before.
    """

    def __init__(self, before: Any) -> None:
        self.before = before
        self.running = False

    @staticmethod
    def mark(error: BaseException) -> None:
        error.__dict__["_ended_a_program"] = True

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if self.running or "_ended_a_program" in getattr(error, "__dict__", {}):
            return
        if self.before is not None:
            self.before(loop, context)
        else:
            loop.default_exception_handler(context)


def _cancel(loop: asyncio.AbstractEventLoop, before: set[Any]) -> None:
    left = [task for task in asyncio.all_tasks(loop) if task not in before]
    for task in left:
        task.cancel()
    if left:
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))


def _event_loop() -> asyncio.AbstractEventLoop:
    """The loop of this thread, which outlives the run: Outputs that a test makes beforehand belong to it."""
    loop: asyncio.AbstractEventLoop | None = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            loop = asyncio.get_event_loop()
        except RuntimeError:
            loop = None
    if loop is None or loop.is_closed():
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
    return loop


def _where_no_loop_runs(act: Callable[[], T]) -> T:
    """Here; or in a thread of its own, where the caller is an ``async`` test."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return act()
    return _aside().submit(act).result()


@cache
def _aside() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="pulumi-program")


def _with_namespaces(config: Mapping[str, Any], project: str) -> dict[str, Any]:
    return {key if ":" in key else f"{project}:{key}": value for key, value in config.items()}


def _text(value: Any) -> str:
    """A value as the engine hands it to a program: texts as they are, everything else as JSON."""
    plain = reveal(value)
    return plain if isinstance(plain, str) else json.dumps(plain)
