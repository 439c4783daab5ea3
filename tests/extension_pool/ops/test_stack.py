import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extension_pool.ops.drift import find_drift
from extension_pool.ops.errors import BadUsage
from extension_pool.ops.snapshot import Autoscale, Image, Pool, PoolExtension, parse_pool, parse_time
from extension_pool.ops.stack import HIDDEN, StackPool, export_stack, read_pools

from .stack_state import ENDPOINT, KEY_VAULT, SECRET, STACK, account, component, pool, state, urn

LINUX = StackPool(
    "linux",
    "linux",
    "acct",
    ("secretext",),
    f"https://{ENDPOINT}",
    urn("extension-pool:index:ExtensionPool$azure-native:batch:Pool", "linux-pool"),
    Pool("linux", expected=("secretext",), extensions=(PoolExtension("secretext", type="KeyVaultForLinux"),)),
)


def test_a_pool_of_a_component_with_its_account_in_the_same_state() -> None:
    assert read_pools(state(component("linux"), pool("linux", [KEY_VAULT]), account())) == [LINUX]


def test_pools_are_sorted_and_found_at_any_depth_and_in_any_api_version() -> None:
    between = {"urn": urn("x", "between"), "type": "x", "parent": urn("extension-pool:index:ExtensionPool", "linux")}
    deep = pool("a", [], parent=urn("x", "between"), type="azure-native:batch/v20240701:Pool")
    local = pool("b", [], parent=urn("x", "between"), type="azure-native_batch_v20250601:batch/v20250601:Pool")
    found = read_pools(state(component("linux"), between, local, deep, pool("linux", [KEY_VAULT])))
    assert [(one.component, one.pool) for one in found] == [("linux", "a"), ("linux", "b"), ("linux", "linux")]


@pytest.mark.parametrize(
    "resources",
    [
        [pool("linux", [], parent=STACK)],
        [component("linux"), pool("linux", [], delete=True)],
        [component("linux"), pool("linux", [], id="")],
        [component("linux"), pool("linux", [], type="azure-native:batch:PoolThing")],
        [pool("linux", [], parent="urn:loop"), {"urn": "urn:loop", "type": "x", "parent": "urn:loop"}],
    ],
    ids=["no component", "to be deleted", "not created", "another type", "a loop"],
)
def test_what_is_no_pool_of_a_component_is_left_out(resources: list[dict[str, Any]]) -> None:
    assert read_pools(state(*resources)) == []


def test_a_replaced_pool_is_there_once() -> None:
    old = pool("linux", [], id="/subscriptions/0/batchAccounts/acct/pools/linux-00000000", delete=True)
    assert [one.pool for one in read_pools(state(component("linux"), old, pool("linux", [])))] == ["linux"]


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({}, ()),
        ({"deploymentConfiguration": {"virtualMachineConfiguration": {}}}, ()),
        ({"deploymentConfiguration": SECRET}, None),
        ({"deploymentConfiguration": {"virtualMachineConfiguration": {"extensions": SECRET}}}, None),
        ({"deploymentConfiguration": {"virtualMachineConfiguration": {"extensions": [SECRET]}}}, None),
        ({"deploymentConfiguration": {"virtualMachineConfiguration": {"extensions": [{"name": SECRET}]}}}, None),
        ({"deploymentConfiguration": {"virtualMachineConfiguration": {"extensions": "unknown"}}}, None),
    ],
)
def test_names_that_are_secret_are_not_known(inputs: object, expected: tuple[str, ...] | None) -> None:
    (one,) = read_pools(state(component("linux"), pool("linux", [], inputs=inputs)))
    assert one.expected == expected


def test_what_the_program_wants_of_a_pool_is_read_with_its_secrets_closed() -> None:
    machine = {
        "imageReference": {"publisher": "canonical", "offer": "ubuntu", "sku": "server", "version": "latest"},
        "nodeAgentSkuId": "batch.node.ubuntu 24.04",
        "extensions": [
            {
                "name": "secretext",
                "publisher": "Microsoft.Azure.KeyVault",
                "type": "KeyVaultForLinux",
                "typeHandlerVersion": "3.0",
                "settings": {"open": "x", "inner": {"closed": SECRET}},
                "protectedSettings": SECRET,
            }
        ],
    }
    inputs = {
        "vmSize": "Standard_D2s_v5",
        "deploymentConfiguration": {"virtualMachineConfiguration": machine},
        "scaleSettings": {"fixedScale": {"targetDedicatedNodes": 2}},
        "identity": {"userAssignedIdentities": ["/subscriptions/0/one", "/subscriptions/0/two"]},
    }
    outputs = {
        "creationTime": "2026-11-23T01:53:48.0293380Z",
        "scaleSettings": {"fixedScale": {"targetDedicatedNodes": 7, "targetLowPriorityNodes": 1}},
    }
    (one,) = read_pools(state(component("linux"), pool("linux", [], inputs=inputs, outputs=outputs)))
    settings = {"open": "x", "inner": {"closed": HIDDEN}}
    assert one.wanted == Pool(
        id="linux",
        expected=("secretext",),
        target_nodes=3,
        target_dedicated=2,
        target_spot=1,
        vm_size="Standard_D2s_v5",
        image=Image("canonical", "ubuntu", "server", "latest"),
        node_agent="batch.node.ubuntu 24.04",
        extensions=(PoolExtension("secretext", "Microsoft.Azure.KeyVault", "KeyVaultForLinux", "3.0", settings),),
        identities=("/subscriptions/0/one", "/subscriptions/0/two"),
        created=parse_time("2026-11-23T01:53:48.0293380Z"),
    )


def test_the_formula_of_a_pool_that_scales_itself_is_read() -> None:
    inputs = {"scaleSettings": {"autoScale": {"formula": "$x = 1;", "evaluationInterval": "PT5M"}}}
    (one,) = read_pools(state(component("linux"), pool("linux", [], inputs=inputs)))
    assert one.wanted is not None
    assert one.wanted.autoscale == Autoscale("$x = 1;", "PT5M")
    assert one.wanted.target_nodes is None


@pytest.mark.parametrize(
    ("others", "outputs", "endpoint"),
    [
        ([account()], {"batchAccountEndpoint": "https://other"}, f"https://{ENDPOINT}"),
        ([account(SECRET)], {"batchAccountEndpoint": ENDPOINT}, f"https://{ENDPOINT}"),
        ([account(id="/x/batchAccounts/other")], {"batchAccountEndpoint": ENDPOINT}, f"https://{ENDPOINT}"),
        ([account(delete=True)], {"batchAccountEndpoint": "http://127.0.0.1:1"}, "http://127.0.0.1:1"),
        ([], {"batchAccountEndpoint": SECRET}, None),
        ([], {}, None),
    ],
    ids=["account first", "secret", "another account", "to be deleted", "secret output", "nowhere"],
)
def test_where_the_endpoint_comes_from(
    others: list[dict[str, Any]], outputs: dict[str, Any], endpoint: str | None
) -> None:
    (one,) = read_pools(state(component("linux"), pool("linux", []), *others, outputs=outputs))
    assert one.endpoint == endpoint


@pytest.mark.parametrize("export", [None, [], "x", {}, {"deployment": None}])
def test_what_is_no_state_is_refused(export: object) -> None:
    with pytest.raises(BadUsage, match=r"^--stack: must be a state as 'pulumi stack export' prints it"):
        read_pools(export)


def test_a_stack_that_was_never_updated_has_no_pools() -> None:
    assert read_pools({"version": 3, "deployment": {"manifest": {"time": ""}}}) == []


resource_keys = st.sampled_from("urn type id inputs outputs parent delete".split())  # noqa: SIM905
values = st.recursive(
    st.none() | st.booleans() | st.text(max_size=5) | st.sampled_from(["azure-native:batch:Pool", STACK]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(resource_keys, inner, max_size=5),
)


@settings(deadline=None)
@given(st.lists(values))
def test_no_state_makes_another_error_than_ours(resources: list[object]) -> None:
    read_pools({"deployment": {"resources": resources}})


arm_keys = st.sampled_from(
    "deploymentConfiguration virtualMachineConfiguration extensions name settings imageReference scaleSettings "  # noqa: SIM905
    "fixedScale targetDedicatedNodes autoScale formula identity userAssignedIdentities vmSize creationTime".split()
)
arm_values = st.recursive(
    st.none() | st.floats() | st.text(max_size=5) | st.just(SECRET),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(arm_keys, inner, max_size=6),
)


@settings(deadline=None)
@given(arm_values, arm_values)
def test_no_properties_of_a_pool_are_too_odd_to_be_read_and_compared(inputs: object, outputs: object) -> None:
    (one,) = read_pools(state(component("linux"), pool("linux", [], inputs=inputs, outputs=outputs)))
    live = {"vmSize": "a", "targetDedicatedNodes": 1, "virtualMachineConfiguration": inputs, "identity": outputs}
    find_drift(one, parse_pool(live))
    assert SECRET["ciphertext"] not in repr(one)


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `pulumi` on PATH that keeps its arguments and does what the test writes into it."""
    program = tmp_path / "bin" / "pulumi"
    program.parent.mkdir()
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return program


def write(program: Path, script: str) -> None:
    program.write_text(f'#!/bin/sh\necho "$@" >> {program.parent}/arguments\n{script}\n')
    program.chmod(0o755)


def test_the_state_comes_from_the_pulumi_cli_with_its_secrets_closed(pulumi: Path) -> None:
    exported = state(component("linux"), pool("linux", [KEY_VAULT]), account())
    (pulumi.parent / "state.json").write_text(json.dumps(exported))
    write(pulumi, f"cat {pulumi.parent}/state.json")
    assert read_pools(export_stack("prod")) == [LINUX]
    assert (pulumi.parent / "arguments").read_text() == "stack export --stack prod --non-interactive\n"


def test_a_stack_that_is_not_there_is_told_in_pulumis_words(pulumi: Path) -> None:
    write(pulumi, "echo \"error: no stack named 'prod' found\" >&2; exit 255")
    with pytest.raises(BadUsage) as raised:
        export_stack("prod")
    assert str(raised.value) == (
        "--stack: reading the state of 'prod' failed; run it in the project's folder, with a stack that "
        "'pulumi stack ls' shows; pulumi said: error: no stack named 'prod' found"
    )


def test_a_cli_that_prints_something_else(pulumi: Path) -> None:
    write(pulumi, "echo hello")
    with pytest.raises(BadUsage, match=r"^--stack: 'pulumi stack export --stack prod' printed no JSON"):
        export_stack("prod")


def test_no_cli(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    with pytest.raises(BadUsage, match=r"^--stack: needs the Pulumi CLI, .* or name pools with --pool$"):
        export_stack("prod")


def test_a_name_that_no_process_takes() -> None:
    with pytest.raises(BadUsage, match=r"^--stack: "):
        export_stack("a\0b")
