import json
from datetime import datetime, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extension_pool.ops.snapshot import (
    Node,
    NodeExtension,
    Pool,
    PoolExtension,
    Problem,
    StartTask,
    Status,
    node_key,
    parse_node,
    parse_node_extension,
    parse_pool,
    parse_time,
)

VENDOR_ANSWER = json.loads(Path(__file__).with_name("vendor_answer.json").read_text())

# As in the specification's examples: settings an object, a word for the level, equal names.
SPECIFIED = {
    "provisioningState": "Succeeded",
    "vmExtension": {
        "name": "secretext",
        "publisher": "Microsoft.Azure.KeyVault",
        "type": "KeyVaultForLinux",
        "typeHandlerVersion": "3.0",
        "settings": {"a": "b"},
    },
    "instanceView": {
        "name": "secretext",
        "statuses": [
            {"code": "ProvisioningState/succeeded", "level": "Info", "time": "2026-11-20T10:00:00.1234567Z"},
        ],
        "subStatuses": [{"code": "ComponentStatus/one", "level": "Warning", "message": "m"}],
    },
}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
WORDS = (
    "id state allocationState virtualMachineConfiguration extensions name vmExtension instanceView statuses code level "
    "message value time errors startTaskInfo failureInfo exitCode resizeErrors values targetDedicatedNodes "
    "settings imageReference identity userAssignedIdentities autoScaleFormula enableAutoScale autoScaleRun isDedicated "
    "runningTasksCount virtualMachineInfo nodeAgentInfo provisionAfterExtensions"
)
keys = st.sampled_from(WORDS.split())
almost = st.recursive(
    json_values, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=5), max_leaves=30
)


def test_both_documented_shapes_of_an_extension() -> None:
    assert parse_node_extension(SPECIFIED) == NodeExtension(
        name="secretext",
        publisher="Microsoft.Azure.KeyVault",
        type="KeyVaultForLinux",
        version="3.0",
        provisioning_state="Succeeded",
        statuses=(
            Status(
                "ProvisioningState/succeeded",
                "info",
                time=datetime(2026, 11, 20, 10, 0, 0, 123456, tzinfo=timezone.utc),
            ),
        ),
        sub_statuses=(Status("ComponentStatus/one", "warning", message="m"),),
        settings=SPECIFIED["vmExtension"]["settings"],
    )
    live = parse_node_extension(VENDOR_ANSWER)
    assert (live.name, live.aliases, live.version) == ("secretext", ("KVExtensions",), "1.0")
    assert live.statuses[0].level == "info"
    assert isinstance(live.settings, dict)
    assert live.settings["secretsManagementSettings"]["pollingIntervalInS"] == "300"


def test_the_name_that_was_asked_for_goes_first() -> None:
    assert parse_node_extension(VENDOR_ANSWER, "Mine").name == "Mine"
    assert parse_node_extension(VENDOR_ANSWER, "SECRETEXT").aliases == ("KVExtensions",)
    assert parse_node_extension({"vmExtension": {"name": "only"}}).name == "only"


@pytest.mark.parametrize(
    ("level", "word"),
    [(0, "info"), (1, "warning"), (2, "error"), ("Error", "error"), ("INFO", "info"), (None, ""), (9, "9"), ("x", "x")],
)
def test_levels(level: object, word: str) -> None:
    raw = {"instanceView": {"statuses": [{"code": "c", "level": level}]}}
    assert parse_node_extension(raw).statuses[0].level == word


def test_an_extension_without_instance_view_has_no_statuses() -> None:
    assert parse_node_extension({"vmExtension": {"name": "a"}, "instanceView": None}) == NodeExtension("a")
    assert parse_node_extension("nonsense") == NodeExtension("")


def test_a_node_with_its_errors_and_its_start_task() -> None:
    raw = {
        "id": "tvm-1",
        "state": "StartTaskFailed",
        "errors": [
            {
                "code": "ApplicationPackageError",
                "message": "One or more application packages failed.",
                "errorDetails": [{"name": "Package", "value": "a:1.0"}],
            }
        ],
        "startTaskInfo": {
            "state": "completed",
            "exitCode": 3,
            "failureInfo": {"category": "usererror", "code": "FailureExitCode", "message": "The task exited with 3"},
        },
    }
    assert parse_node(raw) == Node(
        id="tvm-1",
        state="starttaskfailed",
        errors=(Problem("ApplicationPackageError", "One or more application packages failed.\nPackage: a:1.0"),),
        start_task=StartTask("completed", 3, Problem("FailureExitCode", "The task exited with 3")),
    )


def test_a_pool_with_resize_errors() -> None:
    raw = {
        "id": "linux",
        "state": "active",
        "allocationState": "Steady",
        "currentDedicatedNodes": 1,
        "currentLowPriorityNodes": 2,
        "targetDedicatedNodes": 3,
        "targetLowPriorityNodes": 4,
        "resizeErrors": [{"code": "AccountCoreQuotaReached", "message": {"lang": "en-US", "value": "Too many."}}],
        "virtualMachineConfiguration": {"extensions": [{"name": "a"}, {"name": "b"}, 5]},
    }
    assert parse_pool(raw) == Pool(
        id="linux",
        state="active",
        allocation_state="steady",
        expected=("a", "b"),
        current_nodes=3,
        target_nodes=7,
        resize_errors=(Problem("AccountCoreQuotaReached", "Too many."),),
        target_dedicated=3,
        target_spot=4,
        extensions=(PoolExtension("a"), PoolExtension("b")),
    )
    assert parse_pool({}, "asked") == Pool("asked")
    assert parse_pool({"virtualMachineConfiguration": {}}).expected == ()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2021-02-08T19:49:39Z", datetime(2021, 2, 8, 19, 49, 39, tzinfo=timezone.utc)),
        ("2021-02-08T19:49:39", datetime(2021, 2, 8, 19, 49, 39, tzinfo=timezone.utc)),
        ("2021-02-08T19:49:39.5+01:30", datetime(2021, 2, 8, 18, 19, 39, 500000, tzinfo=timezone.utc)),
        ("0001-01-01T00:00:00+10:00", None),
        ("2021-13-08T19:49:39Z", None),
        ("yesterday", None),
        (5, None),
        (None, None),
    ],
)
def test_times(text: object, moment: datetime | None) -> None:
    assert parse_time(text) == moment


@settings(deadline=None)
@given(almost)
def test_nothing_that_the_service_may_say_raises(raw: object) -> None:
    parse_pool(raw)
    parse_node(raw)
    parse_node_extension(raw)
    parse_node_extension({"vmExtension": raw, "instanceView": {"statuses": [raw], "subStatuses": raw}})
    parse_time(raw)


@settings(deadline=None)
@given(st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{7})?(Z|[+-][0-9]{2}:[0-9]{2})"))
def test_times_are_in_utc_or_nothing(text: str) -> None:
    moment = parse_time(text)
    assert moment is None or moment.utcoffset() is not None


def test_a_machine_is_told_from_the_next_one_under_its_id_and_from_its_own_next_boot() -> None:
    raw = {"id": "tvm-1", "allocationTime": "2026-11-20T10:00:00Z", "lastBootTime": "2026-11-20T10:05:00Z"}
    same = parse_node({**raw, "state": "running", "stateTransitionTime": "2026-11-20T12:00:00Z"})
    assert node_key(parse_node(raw)) == node_key(same)
    assert node_key(parse_node({**raw, "lastBootTime": "2026-11-21T10:05:00Z"})) != node_key(same)
    assert node_key(parse_node({**raw, "allocationTime": "2026-11-21T10:05:00Z"})) != node_key(same)


def test_ten_thousand_nodes_share_the_texts_that_they_repeat() -> None:
    first, second = (parse_node_extension(json.loads(json.dumps(SPECIFIED)), settings=False) for _ in range(2))
    assert first.publisher is second.publisher
    assert first.statuses[0].code is second.statuses[0].code
    assert first.settings is None
