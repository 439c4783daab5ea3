"""The pack as a process that speaks with an engine."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2, json_format, struct_pb2
from hypothesis import given, settings
from hypothesis import strategies as st
from pulumi.runtime.proto import analyzer_pb2 as pb
from pulumi.runtime.proto import analyzer_pb2_grpc as services

from policy.model import COMPONENT_TYPE, UNKNOWN, Secret
from policy.rules import RULES
from policy.serving import NAME, VERSION, start
from policy.wire import parse_properties
from tests.policy.pools import IDENTITY, POOL, TODAY, pool, urn_of

ROOT = Path(__file__).parents[2]
MARK = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
LATER = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


@contextmanager
def connected(port: int) -> Iterator[Any]:
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield services.AnalyzerStub(channel)


@pytest.fixture
def pack() -> Iterator[Any]:
    server, port = start(TODAY)
    with connected(port) as stub:
        yield stub
    server.stop(0)


def request(type_: str = POOL, name: str = "pool", stack: str = "prod", **props: Any) -> Any:
    properties = struct_pb2.Struct()
    properties.update(props)
    options = pb.AnalyzerResourceOptions(protect=True)
    return pb.AnalyzeRequest(
        type=type_, name=name, urn=urn_of(type_, name, stack), properties=properties, options=options
    )


def stack_of(*requests: Any, depends: dict[str, dict[str, list[str]]] | None = None) -> Any:
    resources = []
    for one in requests:
        made_from = {
            key: pb.AnalyzerPropertyDependencies(urns=urns) for key, urns in (depends or {}).get(one.name, {}).items()
        }
        # a preview has hardly any outputs
        resources.append(
            pb.AnalyzerResource(
                type=one.type,
                name=one.name,
                urn=one.urn,
                options=one.options,
                parent=one.options.parent,
                propertyDependencies=made_from,
            )
        )
    return pb.AnalyzeStackRequest(resources=resources)


def configure(pack: Any, **levels: tuple[int, dict[str, Any]]) -> None:
    config = {}
    for id, (level, values) in levels.items():
        properties = struct_pb2.Struct()
        properties.update(values)
        config[id.replace("_", "-")] = pb.PolicyConfig(enforcementLevel=level, properties=properties)
    pack.Configure(pb.ConfigureAnalyzerRequest(policyConfig=config))


@pytest.mark.parametrize(
    "how", [["policy"], ["-m", "pulumi.policy", "127.0.0.1:1", "policy"]], ids=["folder", "module"]
)
def test_the_pack_runs_by_its_folder_and_as_the_official_language_host_runs_it(how: list[str], tmp_path: Path) -> None:
    command = [sys.executable, "-u", *(str(ROOT / one) if one == "policy" else one for one in how)]
    child = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None and child.stderr is not None
        with connected(int(child.stdout.readline())) as stub:
            info = stub.GetAnalyzerInfo(empty_pb2.Empty())
        assert (info.name, [one.name for one in info.policies]) == (NAME, [rule.id for rule in RULES])
        child.terminate()
        assert child.wait(timeout=5) == 0
        assert child.stderr.read() == ""
    finally:
        child.kill()
        child.communicate()


def test_the_pack_and_its_settings_file_agree_on_the_version() -> None:
    assert f"version: {VERSION}\n" in (ROOT / "policy" / "PulumiPolicy.yaml").read_text(encoding="utf-8")


def test_the_engine_learns_what_each_rule_is_and_how_it_is_configured(pack: Any) -> None:
    info = pack.GetAnalyzerInfo(empty_pb2.Empty())
    assert info.supportsConfig
    for one, rule in zip(info.policies, RULES, strict=True):
        assert (one.description, one.remediation_steps) == (rule.title, rule.do)
        assert set(one.configSchema.properties.keys()) == {parameter.name for parameter in rule.parameters}
        assert one.policy_type == (pb.POLICY_TYPE_STACK if rule.whole_stack else pb.POLICY_TYPE_RESOURCE)


def test_a_violation_carries_the_rule_the_level_and_the_resource(pack: Any) -> None:
    asked = request(vmSize="Standard_D2_v2", stack="dev")
    (one,) = pack.Analyze(asked).diagnostics
    assert (one.policyName, one.enforcementLevel, one.urn) == ("vm-size-retirement", pb.ADVISORY, asked.urn)
    configure(pack, vm_size_retirement=(pb.MANDATORY, {}))
    assert [one.enforcementLevel for one in pack.Analyze(asked).diagnostics] == [pb.MANDATORY]
    configure(pack, vm_size_retirement=(pb.DISABLED, {}))
    assert list(pack.Analyze(asked).diagnostics) == []


def test_a_wrong_configuration_is_refused_in_words(pack: Any) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        configure(pack, image_retirement=(pb.ADVISORY, {"warnDays": -3}), nonsense=(pb.REMEDIATE, {}))
    assert raised.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert "image-retirement.warnDays: must be a number of days" in raised.value.details()
    assert "nonsense: is no rule of this pack" in raised.value.details()


def test_what_the_engine_marks_as_secret_is_seen_as_that_and_never_shown(pack: Any) -> None:
    def asked(value: Any) -> list[str]:
        extension = {"name": "x", "publisher": "Contoso", "type": "Agent", "protectedSettings": {"key": value}}
        machine = {"virtualMachineConfiguration": {"extensions": [extension]}}
        found = pack.Analyze(request(deploymentConfiguration=machine, stack="dev")).diagnostics
        assert "hush" not in str(found)
        return [one.policyName for one in found]

    assert asked("hush") == ["extension-allowed", "protected-values-secret"]
    assert asked({MARK: SECRET, "value": "hush"}) == ["extension-allowed"]
    assert asked({MARK: SECRET, "value": LATER}) == ["extension-allowed"]
    assert asked(LATER) == ["extension-allowed"]


def test_a_preview_judges_the_stack_by_what_goes_in(pack: Any) -> None:
    props = {**pool().props, "identity": {"userAssignedIdentities": [LATER]}}
    asked = request(stack="dev", **props)
    identity = request(IDENTITY, "own", "dev")
    for one in (asked, identity):
        pack.Analyze(one)
    depends = {"pool": {"identity": [identity.urn]}}
    (one,) = pack.AnalyzeStack(stack_of(asked, identity, depends=depends)).diagnostics
    assert (one.policyName, one.urn) == ("key-vault-grant", asked.urn)


@pytest.mark.parametrize(("enabled", "said"), [("false", 1), ("true", 0)])
def test_the_stack_files_gates_are_known_and_nothing_else_of_it_is_kept(pack: Any, enabled: str, said: int) -> None:
    file = '{"render": {"extensions": [{"protectedSettings": "hush"}], "rollout": {"gate": {"enabled": %s}}}}' % enabled  # noqa: UP031
    pack.ConfigureStack(pb.AnalyzerStackConfigureRequest(stack="prod", config={"extension-pool:pools": file}))
    asked = request(name="render-pool")
    asked.options.parent = urn_of(COMPONENT_TYPE, "render")
    asked.options.deleteBeforeReplaceDefined = True
    found = pack.AnalyzeStack(stack_of(asked)).diagnostics
    assert [one.policyName for one in found] == ["production-rollout"] * said
    assert "hush" not in str(found)


@pytest.mark.parametrize("text", ["", "no JSON", "[1]", '{"render": 1}'])
def test_a_stack_file_of_another_form_says_nothing_of_gates(pack: Any, text: str) -> None:
    pack.ConfigureStack(pb.AnalyzerStackConfigureRequest(config={"extension-pool:pools": text}))
    asked = request(name="render-pool")
    asked.options.parent = urn_of(COMPONENT_TYPE, "render")
    asked.options.deleteBeforeReplaceDefined = True
    assert list(pack.AnalyzeStack(stack_of(asked)).diagnostics) == []


def test_the_wire_says_what_is_unknown_secret_and_whole() -> None:
    output = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
    parsed = parse_properties(
        {
            "number": 22.0,
            "half": 0.5,
            "later": [LATER],
            "secret": {MARK: SECRET, "value": {"key": LATER}},
            "output": {MARK: output, "value": "x", "secret": True},
            "later output": {MARK: output},
            "asset": {MARK: "c44067f5952c0a294b673a41bacd8c17", "text": "x"},
        }
    )
    assert parsed == {
        "number": 22,
        "half": 0.5,
        "later": [UNKNOWN],
        "secret": Secret({"key": UNKNOWN}),
        "output": Secret("x"),
        "later output": UNKNOWN,
        "asset": None,
    }
    assert "x" not in repr(parsed["output"])


_plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.text(max_size=8), _plain, max_size=4))
def test_what_bears_no_mark_arrives_as_it_was_sent(tree: dict[str, Any]) -> None:
    struct = struct_pb2.Struct()
    struct.update(tree)
    assert parse_properties(json_format.MessageToDict(struct)) == tree
