"""`pulumi-language-python` for the engine that was built from its Go module.

The official command line brings a Python language host; the Go module of the engine does not, and the host is a Go
module of its own. This one serves the `LanguageRuntime` service with what running Python programs, component plugins
and policy packs takes, and refuses code generation. `engine.get` installs a script that runs it beside the engine.

Each `pulumi` command starts one: what is imported before the port is printed is what every command pays.
"""

import os
import signal
import sys
import threading
from typing import Any, NoReturn

_children: set[Any] = set()
_starting = threading.Lock()
"""Held while a child is started, so that none is started and not yet known when the host leaves."""


def _leave(*_: object) -> NoReturn:
    _starting.acquire(timeout=GRACE)  # and never given back: nothing is started any more
    for child in list(_children):
        _end(child)
    os._exit(0)


# Before the slow imports: the engine interrupts a host that it started and no longer wants, and waits 5 s for one
# that does not leave.
GRACE = 1.0  # seconds a child gets between the request to end and the end
if __name__ == "__main__":
    signal.signal(signal.SIGINT, _leave)
    signal.signal(signal.SIGTERM, _leave)

import importlib.util  # noqa: E402
import json  # noqa: E402
import subprocess  # noqa: E402
import types  # noqa: E402
from collections.abc import Iterator  # noqa: E402
from concurrent.futures import ThreadPoolExecutor  # noqa: E402
from pathlib import Path  # noqa: E402

import grpc  # type: ignore[import-untyped]  # noqa: E402

RUN_PROGRAM = Path(__file__).resolve().with_name("run_program.py")
TOLD = 32  # see run_program


def _protocol() -> tuple[Any, Any]:
    """The messages and services of `LanguageRuntime`, without the 0.3 s of `import pulumi`.

    The SDK's packages import everything in their `__init__`; empty packages with the same paths import only what is
    asked for.
    """
    if "pulumi" not in sys.modules:
        spec = importlib.util.find_spec("pulumi")
        if spec is None or not spec.submodule_search_locations:
            sys.exit(f"pulumi-language-python: {sys.executable} has no pulumi package; run `make up` to mend .venv")
        folder = spec.submodule_search_locations[0]
        for name in ("pulumi", "pulumi.runtime", "pulumi.runtime.proto"):
            package = types.ModuleType(name)
            package.__path__ = [str(Path(folder, *name.split(".")[1:]))]
            sys.modules[name] = package
    from pulumi.runtime.proto import language_pb2, language_pb2_grpc

    return language_pb2, language_pb2_grpc


pb, services = _protocol()


class LanguageHost(services.LanguageRuntimeServicer):  # type: ignore[misc, name-defined]
    """The service. Method names and shapes are those of `pulumi/language.proto`."""

    def __init__(self, engine_address: str) -> None:
        self.engine = engine_address

    def Handshake(self, request: Any, context: Any) -> Any:
        self.engine = request.engine_address or self.engine
        return pb.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        from pulumi.runtime.proto import plugin_pb2

        return plugin_pb2.PluginInfo(version="1.0.0")

    def GetRequiredPlugins(self, request: Any, context: Any) -> Any:
        return pb.GetRequiredPluginsResponse()

    def GetRequiredPackages(self, request: Any, context: Any) -> Any:
        # Empty on purpose: the engine would try to download what is listed here. Plugins are installed beforehand.
        return pb.GetRequiredPackagesResponse()

    def RuntimeOptionsPrompts(self, request: Any, context: Any) -> Any:
        return pb.RuntimeOptionsResponse()

    def InstallDependencies(self, request: Any, context: Any) -> Iterator[Any]:
        # `make` installs them; there is nothing to say.
        return iter(())

    def About(self, request: Any, context: Any) -> Any:
        python = _python(request.info) or sys.executable
        version = subprocess.run([python, "--version"], capture_output=True, text=True, check=False).stdout
        return pb.AboutResponse(executable=python, version=version.removeprefix("Python").strip())

    def GetProgramDependencies(self, request: Any, context: Any) -> Any:
        code = (
            "import importlib.metadata as m, json; print(json.dumps([[d.name, d.version] for d in m.distributions()]))"
        )
        command = [_python(request.info) or sys.executable, "-c", code]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        pairs = sorted(json.loads(found.stdout)) if found.returncode == 0 else []
        return pb.GetProgramDependenciesResponse(
            dependencies=[pb.DependencyInfo(name=name, version=version) for name, version in pairs]
        )

    def Run(self, request: Any, context: Any) -> Any:
        python = _python(request.info)
        if python is None:
            return pb.RunResponse(error=_no_virtualenv(request.info))
        arguments = {
            "project": request.project,
            "stack": request.stack,
            "organization": request.organization,
            "root_directory": request.info.root_directory,
            "pwd": request.pwd or request.info.program_directory,
            "program": request.info.entry_point or request.program or ".",
            "args": list(request.args),
            "monitor": request.monitor_address,
            "engine": self.engine,
            "parallel": request.parallel,
            "dry_run": request.dryRun,
        }
        environment = {
            **_activated(python),
            "PULUMI_CONFIG": json.dumps(dict(request.config)),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
        }
        # The program writes to the host's own outputs: the engine shows them as they come.
        child = _start([python, "-u", str(RUN_PROGRAM), json.dumps(arguments)], context, env=environment)
        code = int(child.wait())
        _children.discard(child)
        if code == 0:
            return pb.RunResponse()
        if code == TOLD:
            return pb.RunResponse(bail=True)
        if code < 0:
            return pb.RunResponse(error=f"Program was ended by signal {signal.Signals(-code).name}")
        return pb.RunResponse(error=f"Program exited with non-zero exit code: {code}")

    def RunPlugin(self, request: Any, context: Any) -> Iterator[Any]:
        # A plugin's own environment is made by `pulumi install`; without it the host's Python has what plugins need.
        python = _python(request.info) or sys.executable
        program = request.info.program_directory or request.program
        environment = _activated(python, dict(entry.split("=", 1) for entry in request.env if "=" in entry))
        # Policy packs are run by a module of the SDK, which takes the engine's address before the pack.
        how = (
            ["-m", "pulumi.policy", *request.args, program] if request.kind == "analyzer" else [program, *request.args]
        )
        child = _start(
            [python, "-u", *how],
            context,
            cwd=request.pwd or None,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        yield from _stream(child)

    def Cancel(self, request: Any, context: Any) -> Any:
        from google.protobuf import empty_pb2  # type: ignore[import-untyped]

        for child in list(_children):
            child.terminate()
        return empty_pb2.Empty()


def _start(command: list[str], context: Any, **options: Any) -> Any:
    """Starts a child that ends with the host, and when the engine no longer wants the answer."""
    with _starting:
        child = subprocess.Popen(command, **options)
        _children.add(child)
    context.add_callback(lambda: _end(child))
    return child


def _stream(child: Any) -> Iterator[Any]:
    """Both outputs of a plugin as they come, then its exit code."""
    import queue

    pieces: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def pump(name: str, pipe: Any) -> None:
        while piece := os.read(pipe.fileno(), 65536):
            pieces.put(pb.RunPluginResponse(**{name: piece}))
        pieces.put(None)

    for name in ("stdout", "stderr"):
        threading.Thread(target=pump, args=(name, getattr(child, name)), daemon=True).start()
    for _ in range(2):
        while (piece := pieces.get()) is not None:
            yield piece
    code = child.wait()
    _children.discard(child)
    yield pb.RunPluginResponse(exitcode=code)


def _end(child: Any) -> None:
    if child.poll() is not None:
        return
    child.terminate()
    try:
        child.wait(GRACE)
    except subprocess.TimeoutExpired:
        child.kill()


def _virtualenv(info: Any) -> Path | None:
    """The virtual environment that the project names in `runtime: options: virtualenv`, as an absolute path."""
    fields = info.options.fields
    name = fields["virtualenv"].string_value if "virtualenv" in fields else ""
    return Path(info.root_directory, name) if name else None


def _python(info: Any) -> str | None:
    """The Python to run with; the host's own where no environment is named; None where the named one is missing."""
    folder = _virtualenv(info)
    if folder is None:
        return sys.executable
    python = folder / "bin" / "python"
    return str(python) if os.access(python, os.X_OK) else None


def _no_virtualenv(info: Any) -> str:
    return (
        f"The 'virtualenv' option in Pulumi.yaml is set to '{_virtualenv(info)}', which is not a virtual environment; "
        "make it with `python3 -m venv` and install the program's requirements into it"
    )


def _activated(python: str, environment: dict[str, str] | None = None) -> dict[str, str]:
    """The environment in which `python` is the one that its children find too, as after `activate`."""
    result = dict(os.environ if environment is None else environment)
    folder = Path(python).parent
    if (folder.parent / "pyvenv.cfg").exists():
        result["VIRTUAL_ENV"] = str(folder.parent)
        result["PATH"] = os.pathsep.join([str(folder), result.get("PATH", os.defpath)])
        result.pop("PYTHONHOME", None)
    return result


def _leave_with(parent: int) -> None:
    """Leaves when the engine is gone without a word (killed): nothing may run on behind it."""
    import time

    while os.getppid() == parent:
        time.sleep(0.5)
    _leave()


def main(arguments: list[str]) -> None:
    """Serves until interrupted. The last argument that is no option is the engine's address."""
    parent = os.getppid()
    addresses = [argument for argument in arguments if not argument.startswith("-")]
    server = grpc.server(
        ThreadPoolExecutor(max_workers=64),
        options=[("grpc.max_receive_message_length", 400 * 1024 * 1024), ("grpc.so_reuseport", 0)],
    )
    services.add_LanguageRuntimeServicer_to_server(LanguageHost(addresses[-1] if addresses else ""), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    _leave_with(parent)


if __name__ == "__main__":
    main(sys.argv[1:])
