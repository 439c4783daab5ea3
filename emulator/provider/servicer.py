"""The gRPC service that the engine talks to."""

from __future__ import annotations

import functools
import importlib.metadata
import json
import os
import threading
from collections.abc import Callable
from typing import Any, TypeVar

import grpc  # type: ignore[import-untyped]
from google.protobuf.empty_pb2 import Empty  # type: ignore[import-untyped]
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from emulator.arm import Arm
from emulator.provider import access_policies, check, diff, invokes, naming, shapes
from emulator.provider.azure import Azure, AzureFailure
from emulator.provider.resources import SPECS, Spec, spec_of
from emulator.provider.wire import UNKNOWN, decode, encode, has_unknown, plain
from emulator.store import Store

Method = TypeVar("Method", bound=Callable[..., Any])

CONFIG_PREFIX = "azure-native:config:"


def answers(method: Method) -> Method:
    """An expected failure becomes the error that the engine shows: its text and nothing else."""

    @functools.wraps(method)
    def guarded(self: Any, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return method(self, request, context)
        except (AzureFailure, ValueError) as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))

    return guarded  # type: ignore[return-value]  # same signature as `method`


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """One instance for one command of the engine."""

    def __init__(self, store: Store) -> None:
        self.stop = threading.Event()
        self.azure = Azure(Arm(store), self.stop)

    # The plugin itself

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:
        # Neither acceptSecrets nor acceptOutputs, as the real one (PAN provider.go, Configure): the engine then sends
        # plain values and marks secrets in inputs and outputs again by itself.
        return provider_pb2.ProviderHandshakeResponse(supports_autonaming_configuration=True)

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:
        return plugin_pb2.PluginInfo(version=sdk_version())

    def GetSchema(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.GetSchemaResponse(
            schema=json.dumps({"name": "azure-native", "version": sdk_version(), "resources": {}, "functions": {}})
        )

    def Attach(self, request: Any, context: grpc.ServicerContext) -> Any:
        return Empty()

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.DiffResponse()

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:
        config = {name.removeprefix(CONFIG_PREFIX): value for name, value in request.variables.items()}
        # https://www.pulumi.com/registry/packages/azure-native/installation-configuration/
        chosen = config.get("subscriptionId") or os.environ.get("ARM_SUBSCRIPTION_ID")
        self.azure.subscription = chosen or self.azure.subscription
        self.azure.location = config.get("location", "")
        return provider_pb2.ConfigureResponse(supportsPreview=True, supports_autonaming_configuration=True)

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:
        self.stop.set()
        return Empty()

    def GetMapping(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.GetMappingResponse()

    # Functions

    @answers
    def Invoke(self, request: Any, context: grpc.ServicerContext) -> Any:
        arguments = decode(request.args)
        if has_unknown(arguments):
            raise ValueError(f"{request.tok} needs arguments that are known, got {arguments}")
        return provider_pb2.InvokeResponse(**{"return": encode(invokes.invoke(self.azure, request.tok, arguments))})

    # Resources

    @answers
    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:
        spec = spec_of(request.urn)
        olds, news = decode(request.olds), decode(request.news)
        options = request.autonaming if request.HasField("autonaming") else None
        naming.apply_name(
            spec,
            request.urn,
            request.randomSeed,
            options.mode if options else None,
            options.proposed_name if options else "",
            olds,
            news,
        )
        self._apply_location(spec, olds, news)
        if spec.api_version:
            news.setdefault("azureApiVersion", spec.api_version)
        failures = [provider_pb2.CheckFailure(reason=reason) for reason in check.failures(spec, news)]
        return provider_pb2.CheckResponse(inputs=encode(news), failures=failures)

    @answers
    def Diff(self, request: Any, context: grpc.ServicerContext) -> Any:
        spec = spec_of(request.urn)
        state = decode(request.olds, keep_secrets=True)
        olds, news = decode(request.old_inputs, keep_secrets=True), decode(request.news, keep_secrets=True)
        if "azureApiVersion" not in olds and "azureApiVersion" in state:
            olds["azureApiVersion"] = state["azureApiVersion"]
        found = diff.difference(spec, olds, news, state)
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME if found.changes else provider_pb2.DiffResponse.DIFF_NONE,
            diffs=found.changes,
            replaces=found.replaces,
            deleteBeforeReplace=found.delete_before_replace and bool(found.details),
            hasDetailedDiff=bool(found.details),
            detailedDiff={
                path: provider_pb2.PropertyDiff(kind=_kind(kind, forces), inputDiff=True)
                for path, (kind, forces) in found.details.items()
            },
        )

    @answers
    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:
        spec = spec_of(request.urn)
        inputs = decode(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(properties=encode(_previewed(spec, inputs)))
        if spec.custom:
            resource_id, outputs = access_policies.create(self.azure, spec, inputs)
        else:
            resource_id, outputs = self.azure.create(spec, inputs)
        return provider_pb2.CreateResponse(id=resource_id, properties=encode(outputs))

    @answers
    def Update(self, request: Any, context: grpc.ServicerContext) -> Any:
        spec = spec_of(request.urn)
        inputs = decode(request.news)
        if not request.preview:
            written = access_policies.update(self.azure, inputs) if spec.custom else self.azure.update(spec, inputs)
            return provider_pb2.UpdateResponse(properties=encode(written))
        outputs = _previewed(spec, inputs)
        state = decode(request.olds)
        # Only these are known not to change (PAN provider.go Update); clientId and its kind become unknown.
        outputs.update({name: state[name] for name in ("name", "location") if name in state})
        return provider_pb2.UpdateResponse(properties=encode(outputs))

    @answers
    def Read(self, request: Any, context: grpc.ServicerContext) -> Any:
        spec = spec_of(request.urn)
        outputs = self._outputs(spec, request)
        if outputs is None:
            return provider_pb2.ReadResponse(id="")
        new = shapes.projected(spec, outputs)
        if not request.HasField("inputs") or not request.inputs.fields:
            # Import: inputs come from the id and the answer, service defaults with them.
            named = access_policies.inputs_of_id if spec.custom else Spec.inputs_of_id
            inputs = {**named(spec, request.id), **new}
        else:
            inputs = decode(request.inputs)
            for name in spec.maintained:
                if shapes.given(spec, inputs, name) is None:
                    (new if spec.lifted else new.get("properties", {})).pop(name, None)
            inputs = shapes.merged(inputs, shapes.projected(spec, plain(decode(request.properties))), new)
        return provider_pb2.ReadResponse(id=request.id, properties=encode(outputs), inputs=encode(inputs))

    @answers
    def Delete(self, request: Any, context: grpc.ServicerContext) -> Any:
        spec = spec_of(request.urn)
        if spec.custom:
            access_policies.delete(self.azure, decode(request.old_inputs))
        else:
            self.azure.delete(spec, request.id)
        return Empty()

    def _outputs(self, spec: Spec, request: Any) -> dict[str, Any] | None:
        """What is there now, None when it is gone."""
        if spec.custom:
            return access_policies.read(self.azure, request.id, decode(request.properties))
        body = self.azure.read(spec, request.id)
        return None if body is None else shapes.to_outputs(spec, body)

    def _apply_location(self, spec: Spec, olds: dict[str, Any], news: dict[str, Any]) -> None:
        """Old input, provider configuration, resource group: in that order (PAN getDefaultLocation)."""
        if not spec.located or "location" in news:
            return
        group = news.get("resourceGroupName")
        if "location" in olds:
            news["location"] = olds["location"]
        elif self.azure.location:
            news["location"] = self.azure.location
        elif group is UNKNOWN:
            news["location"] = UNKNOWN
        elif isinstance(group, str) and spec.cls != "ResourceGroup":
            location = self.azure.group_location(group)
            if location:
                news["location"] = location


def _previewed(spec: Spec, inputs: dict[str, Any]) -> dict[str, Any]:
    return {} if spec.custom else shapes.preview(spec.outputs, inputs)


def _kind(kind: str, forces: bool) -> Any:
    return provider_pb2.PropertyDiff.Kind.Value(kind.upper() + ("_REPLACE" if forces else ""))


@functools.cache
def sdk_version() -> str:
    """The version of the installed SDK: what the engine asks this plugin for."""
    return importlib.metadata.version("pulumi_azure_native")


def warm_up() -> None:
    """Import what the first Check will need."""
    for spec in SPECS.values():
        if not spec.rare:
            spec.inputs.fields  # noqa: B018 - reading it imports the module
