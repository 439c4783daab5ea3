"""A resource monitor that sees what a program sends to the engine: inputs and options. Mocks alone see only inputs."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import empty_pb2, struct_pb2  # type: ignore[import-untyped, unused-ignore]
from pulumi.runtime import mocks
from pulumi.runtime.proto import engine_pb2, resource_pb2_grpc

from ..wire_marks import SECRET, SIGNATURE, UNKNOWN
from .resource import Options
from .tokens import PROVIDERS, STACK
from .urns import alias_urn, child_urn
from .values import decode

_HOOKS = ("before_create", "after_create", "before_update", "after_update", "before_delete", "after_delete", "on_error")
_TIMEOUTS = ("create", "update", "delete")
_SEVERITIES = {engine_pb2.INFO: "info", engine_pb2.WARNING: "warning", engine_pb2.ERROR: "error"}


@dataclass(frozen=True)
class Call:
    """A lookup: the function's token, its arguments in the provider's names, the provider as ``URN::id`` or empty."""

    token: str
    arguments: Mapping[str, Any]
    provider: str


@dataclass(frozen=True)
class Message:
    """Something logged. severity: ``info``, ``warning`` or ``error``; urn: of the resource, or empty."""

    severity: str
    text: str
    urn: str


@dataclass
class Registration:
    """One registration, as it came; outputs change when a component registers its own."""

    type: str
    name: str
    urn: str
    id: str | None
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    options: Options
    custom: bool
    is_read: bool = False


class RecordingMonitor(mocks.MockMonitor, resource_pb2_grpc.ResourceMonitorStub):
    """Keeps every registration with its options, and refuses what the engine refuses.

    preview: what only an update would find out stays unknown, as if nothing were there yet.
    """

    def __init__(self, answers: mocks.Mocks, *, stack: str, project: str, preview: bool = False) -> None:
        # Not as a stub, which wants a connection: up to 3.250 the SDK lets only a stub have hooks.
        mocks.MockMonitor.__init__(self, answers)
        self.stack = stack
        self.project = project
        self.preview = preview
        self.registrations: dict[str, Registration] = {}
        self.calls: list[Call] = []
        self.hooks: list[str] = []
        self.exports: Mapping[str, Any] = {}
        self.transforms = 0
        self.refusals: list[Exception] = []
        self._lock = threading.Lock()
        self._urns: set[str] = set()

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        return child_urn(self.stack, self.project, parent, type_, name)

    def Invoke(self, request: Any) -> Any:
        with self._lock:
            self.calls.append(Call(request.tok, decode(request.args), request.provider))
        with self._noting_refusals():
            return super().Invoke(request)  # type: ignore[no-untyped-call]

    def RegisterResourceHook(self, request: Any) -> Any:
        with self._lock:
            if request.name in self.hooks:
                # the engine's own words
                raise RuntimeError(f'resource hook already registered for name "{request.name}"')
            self.hooks.append(request.name)
        return empty_pb2.Empty()

    def RegisterErrorHook(self, request: Any) -> Any:
        return self.RegisterResourceHook(request)

    def RegisterStackTransform(self, request: Any) -> Any:
        self.transforms += 1
        return empty_pb2.Empty()

    def RegisterStackInvokeTransform(self, request: Any) -> Any:
        self.transforms += 1
        return empty_pb2.Empty()

    def RegisterResource(self, request: Any) -> Any:
        with self._noting_refusals():
            return self._register(request)

    def _register(self, request: Any) -> Any:
        urn = self.make_urn(request.parent, request.type, request.name)
        with self._lock:
            if urn in self._urns:
                # the engine's own words
                raise RuntimeError(f"Duplicate resource URN '{urn}'; try giving it a unique name")
            self._urns.add(urn)
            self.transforms += len(request.transforms)
        response = super().RegisterResource(request)  # type: ignore[no-untyped-call]
        if request.custom and request.type != STACK:
            if self.preview and not request.type.startswith(PROVIDERS) and not request.importId:
                response.id = ""
                response.object.CopyFrom(_previewed(request.object, response.object))
            _keep_secret(response.object, request.additionalSecretOutputs)
        self._keep(
            Registration(
                type=request.type,
                name=request.name,
                urn=urn,
                id=response.id or None,
                inputs=decode(request.object),
                outputs=decode(response.object) if request.custom or request.remote else {},
                options=self._options(request),
                custom=request.custom,
            )
        )
        return response

    def ReadResource(self, request: Any) -> Any:
        with self._noting_refusals():
            return self._read(request)

    def _read(self, request: Any) -> Any:
        response = super().ReadResource(request)  # type: ignore[no-untyped-call]
        self._keep(
            Registration(
                type=request.type,
                name=request.name,
                urn=response.urn,
                id=request.id,
                inputs=decode(request.properties),
                outputs=decode(response.properties),
                options=Options(
                    parent=request.parent, dependencies=tuple(sorted(request.dependencies)), provider=request.provider
                ),
                custom=True,
                is_read=True,
            )
        )
        return response

    def RegisterResourceOutputs(self, request: Any) -> Any:
        outputs = decode(request.outputs)
        with self._lock:
            found = self.registrations.get(request.urn)
            if found is not None and found.type == STACK:
                self.exports = outputs
            elif found is not None:
                found.outputs = outputs
        return empty_pb2.Empty()

    @contextmanager
    def _noting_refusals(self) -> Iterator[None]:
        """Of several the program raises one; the others are left in futures that nobody awaits."""
        try:
            yield
        except Exception as error:
            self.refusals.append(error)
            raise

    def _keep(self, registration: Registration) -> None:
        with self._lock:
            self.registrations[registration.urn] = registration

    def _options(self, request: Any) -> Options:
        return Options(
            parent=request.parent,
            dependencies=tuple(sorted(request.dependencies)),
            property_dependencies={
                name: tuple(sorted(one.urns)) for name, one in request.propertyDependencies.items() if one.urns
            },
            provider=request.provider,
            providers=dict(request.providers),
            protect=_told(request, "protect"),
            replace_on_changes=tuple(request.replaceOnChanges),
            delete_before_replace=request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None,
            ignore_changes=tuple(request.ignoreChanges),
            aliases=tuple(alias_urn(one, request, self.stack, self.project) for one in request.aliases)
            or tuple(request.aliasURNs),
            additional_secret_outputs=tuple(request.additionalSecretOutputs),
            retain_on_delete=_told(request, "retainOnDelete"),
            deleted_with=request.deletedWith,
            replace_with=tuple(_told(request, "replace_with") or ()),
            replacement_trigger=_trigger(request),
            timeouts={one: getattr(request.customTimeouts, one) for one in _TIMEOUTS if _timeout(request, one)},
            hooks={one: tuple(getattr(request.hooks, one)) for one in _HOOKS if getattr(request.hooks, one, ())},
            import_id=request.importId,
            version=request.version,
            hide_diffs=tuple(_told(request, "hideDiffs") or ()),
        )


@dataclass
class RecordingEngine:
    """Keeps what a program logs, as it is shown without ``--debug``: the SDK itself logs a lot."""

    messages: list[Message] = field(default_factory=list)

    def Log(self, request: Any) -> Any:
        if request.severity in _SEVERITIES:
            self.messages.append(Message(_SEVERITIES[request.severity], request.message, request.urn))
        return empty_pb2.Empty()

    def RequirePulumiVersion(self, request: Any) -> Any:
        return engine_pb2.RequirePulumiVersionResponse()


def _told(request: Any, name: str) -> Any:
    """A field of a request; None where the SDK is too old to have it, or says nothing."""
    known = request.DESCRIPTOR.fields_by_name.get(name)
    if known is None or (known.has_presence and not request.HasField(name)):
        return None
    return getattr(request, name)


def _timeout(request: Any, operation: str) -> bool:
    return bool(request.HasField("customTimeouts") and getattr(request.customTimeouts, operation))


def _trigger(request: Any) -> Any:
    value = _told(request, "replacement_trigger")
    return None if value is None else decode(struct_pb2.Struct(fields={"value": value}))["value"]


def _previewed(given: Any, state: Any) -> Any:
    """Outputs of a preview: what was given where Azure gives it back in its form, and all that Azure adds unknown.

    https://github.com/pulumi/pulumi-azure-native/blob/master/provider/pkg/convert/previewOutputs.go
    """
    found = struct_pb2.Struct()
    for name in {*given.fields, *state.fields}:
        found.fields[name].CopyFrom(_previewed_value(given.fields.get(name), state.fields.get(name)))
    return found


def _previewed_value(given: Any, state: Any) -> Any:
    if given is None:
        return struct_pb2.Value(string_value=UNKNOWN)
    if state is not None and _is_secret(state) and not _is_secret(given):
        # mocks see an object as secret when something in it is
        state = state.struct_value.fields["value"]
    if state is None or given.WhichOneof("kind") != state.WhichOneof("kind"):
        # a list that comes back as a map, or an unknown
        unknown = struct_pb2.Value(string_value=UNKNOWN)
        return given if state is None else unknown
    if given.WhichOneof("kind") == "struct_value" and not _is_secret(given):
        return struct_pb2.Value(struct_value=_previewed(given.struct_value, state.struct_value))
    return given


def _keep_secret(outputs: Any, names: Any) -> None:
    """Marks outputs secret as the engine does for ``additionalSecretOutputs``."""
    for name in names:
        if name in outputs.fields and not _is_secret(outputs.fields[name]):
            value = struct_pb2.Value()
            value.CopyFrom(outputs.fields[name])
            marked = {SIGNATURE: struct_pb2.Value(string_value=SECRET), "value": value}
            outputs.fields[name].CopyFrom(struct_pb2.Value(struct_value=struct_pb2.Struct(fields=marked)))


def _is_secret(value: Any) -> bool:
    return value.WhichOneof("kind") == "struct_value" and SIGNATURE in value.struct_value.fields
