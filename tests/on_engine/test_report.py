"""What `extension-pool report` says of previews of the real engine; and the update then does just that.

`REWRITE_GOLDENS=1` keeps the previews in tests/goldens/previews/, where the tests without the engine find them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from emulator import Operation
from extension_pool.ops.review.judging import judge_preview
from extension_pool.ops.review.model import Change, Environment, Standing
from extension_pool.ops.review.model import Operation as Fate
from extension_pool.ops.review.preview import parse_preview
from tests.on_engine.config import CERTIFICATE, MONITOR, NVIDIA, pool, stack
from tests.on_engine.rolled import Rolled, wanted
from tests.on_engine.stack import EngineStack
from tests.support.previews import GOLDENS, read_golden, settled, settled_events

SECRETS = ("n0t-the-old-key", "n0t-the-new-key", "Original-4711", "Changed-4711", "bm90LWEtcmVhbC1rZXk=")
GREEN = {"strategy": "blue-green", "gate": {"require": "95%"}, "drain": {"jobs": "wait"}}
BIRD = {"canary": {"nodes": 1}, "drain": {"jobs": "terminate"}}


def preview(made: EngineStack, name: str | None, *options: str, keep: Callable[[str], str] = settled) -> Environment:
    """The report of a preview. name: it is kept as this where goldens are written."""
    made._make_ready()
    done = made.local.pulumi("preview", "--json", *options, "--stack", made.name, check=False, timeout=120)
    judged = judge_preview(parse_preview("test", done.stdout, failed=done.returncode != 0), places=None)
    assert not [secret for secret in SECRETS if secret in repr(judged)]
    if name is not None:
        if os.environ.get("REWRITE_GOLDENS"):
            GOLDENS.mkdir(exist_ok=True)
            (GOLDENS / name).write_text(keep(done.stdout), encoding="utf-8")
        # What is kept says what the engine says today, but for made-up ids; a program that fails is not awaited whole.
        if judged.standing is Standing.FAILED:
            return judged
        assert told(judged) == told(judge_preview(parse_preview("test", read_golden(name)), places=None))
    return judged


def told(environment: Environment) -> list[tuple[object, ...]]:
    """Each change without names that have a digest or an id in them."""
    return [
        (
            one.type,
            one.name,
            one.operation,
            [(leaf.path, leaf.edit, leaf.forces) for leaf in one.leaves],
            one.because_of,
        )
        for one in environment.changes
    ]


def of(environment: Environment, name: str, kind: str = "azure-native:batch:Pool") -> Change:
    (found,) = [one for one in environment.changes if one.name == name and one.type == kind]
    return found


def forcing(change: Change) -> dict[str, tuple[str | None, str | None]]:
    return {leaf.shown: (leaf.old, leaf.new) for leaf in change.leaves if leaf.forces}


@dataclass(frozen=True)
class Edited:
    """A stack with every edit of a pool: the report, and what Azure was asked by the update."""

    report: Environment
    done: list[Operation]

    def asked(self, *pools: str | None) -> list[str]:
        """The verbs of the changes to pools, in order."""
        return [one.method for one in self.done if "/pools/" in one.path and one.path.rsplit("/", 1)[1] in pools]


def monitor(key: str) -> dict[str, Any]:
    return {**MONITOR, "protectedSettings": {"proxyPassword": key}}


def before() -> dict[str, Any]:
    return stack(
        linux=pool(),
        keyed=pool(extensions=[monitor("n0t-the-old-key"), NVIDIA]),
        scaled=pool(),
        gone=pool(),
        green=pool(rollout=GREEN),
        bird=pool(rollout=BIRD),
        shorter=pool(extensions=[NVIDIA, MONITOR]),
    )


def after() -> dict[str, Any]:
    return stack(
        linux=pool(keyVaultExtension={"pollingIntervalInS": "60"}, tags={"team": "hpc"}),
        keyed=pool(extensions=[monitor("n0t-the-new-key"), NVIDIA]),
        scaled=pool(scaleSettings={"fixedScale": {"targetDedicatedNodes": 5}}),
        added=pool(),
        green=pool(rollout=GREEN, keyVaultCertificates=[CERTIFICATE, CERTIFICATE.replace("/tls", "/mail")]),
        bird=pool(rollout=BIRD, vmSize="Standard_D4s_v5"),
        shorter=pool(extensions=[MONITOR]),
    )


@pytest.fixture(scope="module")
def edited(new_stack: Callable[..., EngineStack]) -> Edited:
    made = new_stack()
    made.local.start_azure()
    made.configure(before())
    first = preview(made, "first.json")
    assert {one.operation for one in first.changes} == {Fate.CREATE}
    made.up()
    made.store.clock.advance(3600)
    nothing = preview(made, "nothing.json")
    assert (nothing.standing, nothing.changes, nothing.counts[Fate.UNCHANGED]) == (Standing.FRESH, (), 33)
    made.configure(after())
    report = preview(made, "edits.json")
    assert told(preview(made, None, "--show-sames", "--show-replacement-steps")) == told(report)
    # drift that nobody has is not a change either
    assert told(preview(made, None, "--refresh")) == told(report)
    made.local.variables["PULUMI_ENABLE_STREAMING_JSON_PREVIEW"] = "true"
    assert told(preview(made, None)) == told(report)
    since = made.last_operation()
    made.up()
    return Edited(report, made.changes(since))


def test_an_edited_extension_recreates_the_pool_and_the_report_names_the_leaf(edited: Edited) -> None:
    change = of(edited.report, "linux")
    leaf = 'extensions["KeyVaultForLinux"].settings.secretsManagementSettings.pollingIntervalInS'
    assert (change.operation, forcing(change)) == (Fate.REPLACE, {leaf: ('"3600"', '"60"')})
    assert change.cost is not None
    assert (change.cost.nodes, change.cost.strategy, change.cost.jobs) == (2, "delete-first", None)
    assert (change.cost.gate, change.cost.canary, change.cost.deleted_first) == (False, False, True)
    assert any("tags changes in place" in way for way in change.avoid)
    assert edited.asked("linux") == ["DELETE", "PUT"]


def test_a_rotated_secret_recreates_the_pool_and_is_not_shown(edited: Edited) -> None:
    change = of(edited.report, "keyed")
    leaf = 'extensions["AzureMonitorLinuxAgent"].protectedSettings.proxyPassword'
    assert forcing(change) == {leaf: ("[secret]", "[secret]")}
    assert edited.asked("keyed") == ["DELETE", "PUT"]


def test_a_shorter_list_names_the_extension_that_goes(edited: Edited) -> None:
    change = of(edited.report, "shorter")
    assert list(forcing(change)) == ['extensions["NvidiaGpuDriverLinux"]']
    assert edited.asked("shorter") == ["DELETE", "PUT"]


def test_another_scale_is_an_update(edited: Edited) -> None:
    change = of(edited.report, "scaled")
    assert (change.operation, change.cost) == (Fate.UPDATE, None)
    assert [(leaf.shown, leaf.old, leaf.new) for leaf in change.leaves] == [
        ("scaleSettings.fixedScale.targetDedicatedNodes", "2", "5")
    ]
    assert edited.asked("scaled") == ["PUT"]


def test_a_pool_that_comes_and_one_that_goes_are_told_as_that(edited: Edited) -> None:
    added, gone = of(edited.report, "added"), of(edited.report, "gone")
    assert (added.operation, added.pool, gone.operation, gone.pool) == (Fate.CREATE, "added", Fate.DELETE, "gone")
    assert gone.cost is not None and gone.cost.nodes == 2
    assert (edited.asked("added"), edited.asked("gone")) == (["PUT"], ["DELETE"])


def test_blue_green_says_that_the_old_pool_waits_and_what_becomes_of_its_jobs(edited: Edited) -> None:
    change = of(edited.report, "green")
    assert change.cost is not None and change.pool is not None
    assert (change.cost.strategy, change.cost.deleted_first) == ("blue-green", False)
    assert (change.cost.gate, change.cost.jobs, change.cost.canary) == (True, "wait", False)
    # the new name follows from the edit, and is no reason of its own
    assert "poolName" not in forcing(change) and "poolName" in [leaf.path for leaf in change.leaves]
    (name,) = [leaf.new for leaf in change.leaves if leaf.path == "poolName"]
    assert edited.asked(change.pool, name)[:2] == ["PUT", "DELETE"]


def test_a_canary_is_told_as_that_and_is_no_loss(edited: Edited) -> None:
    bird, canary = of(edited.report, "bird"), of(edited.report, "bird-canary")
    assert bird.cost is not None and canary.cost is not None
    assert (bird.cost.canary, bird.cost.gate, bird.cost.jobs, bird.is_canary) == (True, False, "terminate", False)
    assert (canary.is_canary, canary.cost.nodes, canary.avoid) == (True, 0, ())
    assert edited.asked("bird") == ["DELETE", "PUT"]


def test_the_counts_are_those_of_the_engine(edited: Edited) -> None:
    assert {fate.value: number for fate, number in edited.report.counts.items()} == {
        "delete": 4,
        "replace": 6,
        "update": 1,
        "create": 4,
        "other": 0,
        "unchanged": 22,
    }


def test_a_failed_program_says_what_is_wrong(new_stack: Callable[..., EngineStack]) -> None:
    made = new_stack()
    made.configure(stack(linux=pool(vmSiz="Standard_D2s_v5")))
    judged = preview(made, "failed.json")
    assert judged.standing is Standing.FAILED
    assert judged.reason == ("the preview failed: stacks/Pulumi.test.yaml has 1 problem; nothing has been changed:")
    assert "unknown key of pools.linux; did you mean vmSize?" in judged.messages[0]


def test_a_failure_before_there_is_json_says_what_is_wrong(new_stack: Callable[..., EngineStack]) -> None:
    made = new_stack()
    made._make_ready()
    done = made.local.pulumi("preview", "--json", "--stack", "nobody", check=False)
    parsed = parse_preview("test", done.stdout, said=done.stderr)
    assert (parsed.standing, parsed.reason) == (
        Standing.FAILED,
        "the preview printed nothing: no stack named 'nobody' found",
    )


class Raw:
    """The stack of `programs/reported.py`."""

    def __init__(self, made: EngineStack) -> None:
        self.made = made
        self.made.up()

    def report(self, mode: str, *options: str, name: str = "", keep: Callable[[str], str] = settled) -> Environment:
        self.made.configure({"mode": mode})
        return preview(self.made, f"raw-{name or mode}.json", *options, keep=keep)


@pytest.fixture(scope="module")
def raw(new_stack: Callable[..., EngineStack]) -> Raw:
    return Raw(new_stack("reported.py"))


def test_raw_resources_are_told_plainly(raw: Raw) -> None:
    report = raw.report("edited")
    change = of(report, "raw")
    assert not change.ours
    assert forcing(change) == {
        'extensions["AzureMonitorLinuxAgent"]': (
            '{"name": "AzureMonitorLinuxAgent", "publisher": "Microsoft.Azure.Monitor", '
            '"type": "AzureMonitorLinuxAgent", "typeHandlerVersion": "1.21"}',
            None,
        ),
        'extensions["NvidiaGpuDriverLinux"].typeHandlerVersion': ('"1.6"', '"1.9"'),
        'userAccounts["operator"].password': ("[secret]", "[secret]"),
    }
    assert change.cost is not None and (change.cost.autoscaled, change.cost.strategy) == (True, None)
    grant = of(report, "grant", "azure-native:authorization:RoleAssignment")
    assert forcing(grant) == {"principalId": (grant.leaves[0].old, "(known after the update)")}
    assert grant.avoid[0].startswith("It may not come to that")


def test_a_preview_of_events_says_the_same(raw: Raw) -> None:
    report = raw.report("edited")
    raw.made.local.variables["PULUMI_ENABLE_STREAMING_JSON_PREVIEW"] = "true"
    try:
        events = raw.report("edited", name="events", keep=settled_events)
        # but for what depends on what
        assert [one[:-1] for one in told(events)] == [one[:-1] for one in told(report)]
        assert "does not tell" in of(events, "follower").why
    finally:
        raw.made.local.variables.clear()


def test_what_is_replaced_because_of_others_names_them(raw: Raw) -> None:
    report = raw.report("moved")
    assert forcing(of(report, "group", "azure-native:resources:ResourceGroup")) == {
        "resourceGroupName": ("rg-test", "rg-moved")
    }
    assert of(report, "account", "azure-native:batch:BatchAccount").because_of == ("group",)
    assert of(report, "raw").because_of == ("account", "group")
    assert of(report, "follower").because_of == ("raw",)


def test_a_trigger_and_the_command_line_are_told_as_the_reason(raw: Raw) -> None:
    assert of(raw.report("triggered"), "follower").why == "its option replacementTrigger changed"
    urn = "urn:pulumi:test::extension-pool::azure-native:batch:Pool::raw"
    asked = of(raw.report("first", "--target-replace", urn, name="by-hand"), "raw")
    assert (asked.operation, asked.leaves) == (Fate.REPLACE, ())
    assert asked.why == "it is to be replaced by the command line (--replace or --target-replace)"


def test_a_renamed_resource_is_an_update_and_no_loss(raw: Raw) -> None:
    report = raw.report("renamed")
    assert of(report, "other-name").operation is Fate.UPDATE
    assert not [one for one in report.changes if one.operation is Fate.DELETE]


def test_a_program_that_fails_halfway_shows_what_it_came_to_and_no_secret(raw: Raw) -> None:
    report = raw.report("broken")
    assert report.standing is Standing.FAILED
    assert report.reason.endswith("AccountKey=[secret];x=y")
    assert report.changes


def test_what_was_changed_outside_is_no_change_of_ours(raw: Raw) -> None:
    from emulator import Arm

    made = raw.made
    row = next(row for row in made.store.living("Microsoft.Batch/batchAccounts/pools") if row.name == "follower")
    assert Arm(made.store).delete(row.id, "2024-07-01").ok
    made.store.clock.advance(3600)
    report = raw.report("first", "--refresh", name="deleted-outside")
    # the refresh calls it a deletion; what the update does is to make it again
    assert [(one.name, one.operation) for one in report.changes] == [("follower", Fate.CREATE)]


def test_an_old_pool_of_a_failed_replacement_is_told_beside_the_new_one(new_stack: Callable[..., EngineStack]) -> None:
    made = Rolled(new_stack("rolled.py"))
    rollout = {"strategy": "blue-green", "gate": {"timeout": "PT10S"}}
    made.up(wanted(version="1.0", rollout=rollout))
    old = made.current()
    made.want(wanted(version="1.1", rollout=rollout))
    made.break_driver(made.announced())
    made.up_fails()
    report = preview(made.stack, "stale.json", "--show-replacement-steps")
    (change,) = report.changes
    assert (change.operation, change.name, change.pool, change.stale) == (Fate.DELETE, "linux", old, True)
    assert "extension-pool rollback" in change.avoid[0]
    assert json.loads(read_golden("stale.json"))["steps"]
