"""The pack as a server of the engine's `Analyzer` service: the only part that knows of gRPC.

The service is spoken directly: the SDK for policies in Python takes the marks of secrets away before a policy sees the
values, so that no policy can tell what is kept secret; and its releases up to 1.21 want another protobuf than the rest.
https://github.com/pulumi/pulumi/blob/master/proto/pulumi/analyzer.proto
https://github.com/pulumi/pulumi-policy/issues/448
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import grpc  # type: ignore[import-untyped]
from google.protobuf import empty_pb2, json_format, struct_pb2  # type: ignore[import-untyped]
from pulumi.runtime.proto import analyzer_pb2 as pb
from pulumi.runtime.proto import analyzer_pb2_grpc as services
from pulumi.runtime.proto import plugin_pb2

from extension_pool.problems import InvalidInput

from .configuration import LEVEL, parse_configuration, schema_of
from .judging import Configured, Finding, judge_resource, judge_stack
from .model import ADVISORY, DISABLED, MANDATORY, Resource, Rule, Stack
from .reading import is_pool
from .rules import RULES
from .wire import parse_properties

NAME = "extension-pool"
VERSION = "0.1.0"
"""As PulumiPolicy.yaml has it, which goes first."""

_LEVELS = {ADVISORY: pb.ADVISORY, MANDATORY: pb.MANDATORY, DISABLED: pb.DISABLED}
_WORDS = {number: word for word, number in _LEVELS.items()}
_POOLS = "extension-pool:pools"
_LARGEST = 400 * 1024 * 1024  # bytes of a message: what the engine's other plugins take


class Pack(services.AnalyzerServicer):
    """The service. Method names and shapes are those of `pulumi/analyzer.proto`."""

    def __init__(self, today: date | None = None) -> None:
        self._today = today or date.today()
        self._configured: Mapping[str, Configured] = {}
        self._rollouts: Mapping[str, Any] | None = None
        self._seen: dict[str, Resource] = {}
        self._lock = threading.Lock()

    def Handshake(self, request: Any, context: Any) -> Any:
        return pb.AnalyzerHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=VERSION)

    def GetAnalyzerInfo(self, request: Any, context: Any) -> Any:
        return pb.AnalyzerInfo(
            name=NAME, version=VERSION, supportsConfig=True, policies=[_policy_info(rule) for rule in RULES]
        )

    def Configure(self, request: Any, context: Any) -> Any:
        tree = {
            id: {LEVEL: _WORDS.get(given.enforcementLevel, "remediate"), **json_format.MessageToDict(given.properties)}
            for id, given in request.policyConfig.items()
        }
        try:
            self._configured = parse_configuration(tree)
        except InvalidInput as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        return empty_pb2.Empty()

    def ConfigureStack(self, request: Any, context: Any) -> Any:
        self._rollouts = _rollouts(request.config.get(_POOLS))
        return pb.AnalyzerStackConfigureResponse()

    def Analyze(self, request: Any, context: Any) -> Any:
        resource = _resource(request, request.options.parent)
        with self._lock:
            self._seen[resource.urn] = resource
        return self._answer(judge_resource(resource, self._configured, self._today))

    def AnalyzeStack(self, request: Any, context: Any) -> Any:
        stack = Stack(tuple(self._whole(one) for one in request.resources), self._rollouts)
        return self._answer(judge_stack(stack, self._configured, self._today))

    def Remediate(self, request: Any, context: Any) -> Any:
        return pb.RemediateResponse()

    def Cancel(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def _whole(self, message: Any) -> Resource:
        """A resource of the stack. Its outputs are what the engine sends here, and a preview has hardly any: what goes
        in was seen before, and is what the rules are about. Identity and vault have their ids in their outputs."""
        found = _resource(message, message.parent)
        with self._lock:
            before = self._seen.get(found.urn)
        inputs = before.props if before is not None else {}
        props = {**found.props, **inputs} if is_pool(found) else {**inputs, **found.props}
        made_from = {key: tuple(value.urns) for key, value in message.propertyDependencies.items()}
        return Resource(
            found.type,
            found.name,
            found.urn,
            props,
            found.protect,
            found.delete_before_replace,
            found.parent,
            made_from,
        )

    def _answer(self, findings: Iterable[Finding]) -> Any:
        return pb.AnalyzeResponse(diagnostics=[_diagnostic(one) for one in findings])


def _resource(message: Any, parent: str) -> Resource:
    options = message.options
    before = options.deleteBeforeReplace if options.deleteBeforeReplaceDefined else None
    props = parse_properties(json_format.MessageToDict(message.properties))
    return Resource(message.type, message.name, message.urn, props, options.protect, before, parent)


def _rollouts(pools: str | None) -> dict[str, Any] | None:
    """Of a stack file's pools only how each is rolled out: the rest may hold secrets."""
    try:
        tree = json.loads(pools) if pools else None
    except ValueError:
        return None
    if not isinstance(tree, Mapping):
        return None
    return {str(name): pool.get("rollout") for name, pool in tree.items() if isinstance(pool, Mapping)}


def _policy_info(rule: Rule) -> Any:
    properties = struct_pb2.Struct()
    properties.update(schema_of(rule))
    return pb.PolicyInfo(
        name=rule.id,
        description=rule.title,
        enforcementLevel=_LEVELS[rule.level],
        configSchema=pb.PolicyConfigSchema(properties=properties),
        policy_type=pb.POLICY_TYPE_STACK if rule.whole_stack is not None else pb.POLICY_TYPE_RESOURCE,
        remediation_steps=rule.do,
        url=rule.source if rule.source.startswith("https://") else "",
    )


def _diagnostic(finding: Finding) -> Any:
    return pb.AnalyzeDiagnostic(
        policyName=finding.rule.id,
        policyPackName=NAME,
        policyPackVersion=VERSION,
        description=finding.rule.title,
        message=finding.text,
        enforcementLevel=_LEVELS[finding.level],
        urn=finding.urn,
    )


def start(today: date | None = None) -> tuple[Any, int]:
    """A server on loopback, and its port."""
    server = grpc.server(
        ThreadPoolExecutor(max_workers=8),
        options=[("grpc.max_receive_message_length", _LARGEST), ("grpc.so_reuseport", 0)],
    )
    services.add_AnalyzerServicer_to_server(Pack(today), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port
