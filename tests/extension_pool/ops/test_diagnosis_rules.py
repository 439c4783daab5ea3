"""What no text tells: rules on states, times and what is missing."""

import shlex
from dataclasses import replace
from datetime import date, timedelta

import pytest

from extension_pool.ops.cells import Verdict
from extension_pool.ops.diagnosis import Finding, Remedy, diagnose
from extension_pool.ops.diagnosis.find import EXTENSION_LIMIT, SYNC_LIMIT
from extension_pool.ops.health import missing_pool
from extension_pool.ops.snapshot import (
    Answer,
    Autoscale,
    Image,
    NodeExtension,
    Problem,
    StartTask,
    Status,
)

from .diagnosed_pools import KEY_VAULT, NOW, POOL, SETTINGS, TODAY, cause, node, one, status, told


@pytest.mark.parametrize("message", ["", "Failed to download one or more certificates, retrying..."])
def test_an_initial_sync_that_takes_too_long_gets_the_pages_own_advice(message: str) -> None:
    def waiting(age: timedelta) -> list[Finding]:
        return told(
            node(status("transitioning", message), state="starting", booted=NOW - age), stack="prod", component="linux"
        )

    assert waiting(SYNC_LIMIT) == []
    (finding,) = waiting(SYNC_LIMIT + timedelta(seconds=1))
    assert (cause(finding), finding.severity) == ("initial-sync-stuck", Verdict.UNKNOWN)
    assert finding.cause is not None
    assert "requireInitialSync to false" in finding.cause.advice[0]
    assert finding.command == (
        "pulumi config set --stack prod --path extension-pool:pools.linux.keyVaultExtension.requireInitialSync false "
        "&& pulumi up --stack prod"
    )


def test_a_sync_that_is_stuck_for_a_reason_that_it_tells_has_that_cause() -> None:
    late = {"state": "starting", "booted": NOW - timedelta(hours=1)}
    assert cause(one(node(status("transitioning", "Identity not found"), **late))) == "identity-not-found"


def test_a_node_that_batch_gave_up_does_not_wait_any_more() -> None:
    finding = one(node(status("transitioning"), state="unusable"), now=None)
    assert (cause(finding), finding.severity) == ("initial-sync-stuck", Verdict.UNKNOWN)


def test_a_sync_that_has_given_up_has_the_same_cause_as_one_that_is_stuck() -> None:
    given_up = status("failed", "Failed to download one or more certificates, retrying...")
    finding = one(node(given_up, state="unusable"))
    assert (cause(finding), finding.severity) == ("initial-sync-stuck", Verdict.FAILED)
    assert finding.cause is not None
    assert finding.cause.remedy is Remedy.RECREATE


def test_without_initial_sync_the_certificates_are_what_is_missing() -> None:
    management = {**SETTINGS["secretsManagementSettings"], "requireInitialSync": False}
    polling = replace(KEY_VAULT, settings={**SETTINGS, "secretsManagementSettings": management})
    late = node(
        status("transitioning", "Failed to download one or more certificates, retrying..."),
        booted=NOW - timedelta(hours=1),
    )
    finding = one(late, pool=replace(POOL, extensions=(polling,)))
    assert cause(finding) == "certificates-not-downloaded"


def test_any_other_extension_may_take_as_long_as_azure_lets_it() -> None:
    def waiting(age: timedelta) -> list[Finding]:
        pool = replace(POOL, expected=("gpu",))
        return told(node(status("transitioning", name="gpu"), state="starting", booted=NOW - age), pool=pool)

    assert waiting(EXTENSION_LIMIT) == []
    assert [cause(finding) for finding in waiting(EXTENSION_LIMIT + timedelta(seconds=1))] == ["extension-stuck"]


def test_nothing_is_too_long_without_a_clock_or_a_time() -> None:
    late = node(status("transitioning"), state="starting", booted=NOW - timedelta(days=1))
    assert told(late, now=None) == []
    timeless = NodeExtension(
        "kv", KEY_VAULT.publisher, KEY_VAULT.type, "3.0", statuses=(Status("ProvisioningState/transitioning"),)
    )
    assert told(node(timeless, state="starting", booted=None)) == []


def test_an_extension_that_an_up_node_does_not_report_is_absent() -> None:
    finding = one(node())
    assert (cause(finding), finding.subject) == ("extension-absent", "kv")
    assert finding.cause is not None
    assert finding.cause.remedy is Remedy.REMOVE


def test_an_extension_that_only_the_stack_has_needs_a_new_pool() -> None:
    finding = one(node(status("succeeded")), expected=("kv", "later"), stack="prod", component="render")
    assert (cause(finding), finding.subject) == ("extension-not-in-pool", "later")
    assert finding.command == "pulumi up --stack prod --replace '**::render-pool'"


def test_an_extension_without_a_status_is_unknown() -> None:
    finding = one(node(NodeExtension("kv")))
    assert (cause(finding), finding.severity) == ("extension-without-status", Verdict.UNKNOWN)


def test_an_unusable_node_without_errors_cannot_be_reached() -> None:
    finding = one(
        node(state="unusable", answer=Answer.REFUSED, problem=Problem("NodeStateUnusable", "The node is unusable."))
    )
    assert (cause(finding), finding.subject, finding.severity) == ("node-unreachable", "node", Verdict.FAILED)
    assert finding.message == "NodeStateUnusable: The node is unusable."


def test_an_unusable_node_is_told_by_its_errors_or_its_extensions_where_they_tell() -> None:
    disk = Problem("DiskFull", "There is not enough disk space on the node")
    assert cause(one(node(status("succeeded"), state="unusable", errors=(disk,)))) == "disk-full"
    assert cause(one(node(status("failed", "Identity not found"), state="unusable"))) == "identity-not-found"


def test_an_unknown_node_error_is_told_whole() -> None:
    finding = one(node(status("succeeded"), state="unusable", errors=(Problem("Strange", "A strange thing."),)))
    assert (finding.cause, finding.code, finding.message) == (None, "Strange", "A strange thing.")


def test_a_start_task_that_failed_leads_to_what_it_printed() -> None:
    failure = Problem("FailureExitCode", "The task exited with an exit code representing a failure")
    failed = node(status("succeeded"), state="starttaskfailed", start_task=StartTask("completed", 3, failure))
    finding = one(failed, endpoint="https://acct.westeurope.batch.azure.com")
    assert (cause(finding), finding.subject, finding.severity) == ("start-task-failed", "start task", Verdict.FAILED)
    assert "exit code 3" in finding.message
    assert finding.command == (
        "az batch node file download --pool-id linux --node-id n1 --file-path startup/stderr.txt "
        "--destination ./stderr.txt --account-name acct --account-endpoint https://acct.westeurope.batch.azure.com"
    )


@pytest.mark.parametrize(
    "task", [None, StartTask("completed", 1), StartTask("completed", 1, Problem("BlobAccessDenied", "No."))]
)
def test_a_start_task_that_failed_in_another_way_is_one_too(task: StartTask | None) -> None:
    assert cause(one(node(status("succeeded"), state="starttaskfailed", start_task=task))) == "start-task-failed"


def test_a_failed_start_task_that_nobody_waits_for_leaves_the_node_usable() -> None:
    task = StartTask(
        "completed", 1, Problem("FailureExitCode", "The task exited with an exit code representing a failure")
    )
    assert one(node(status("succeeded"), start_task=task)).severity is Verdict.UNKNOWN
    assert told(node(status("succeeded"), start_task=StartTask("completed", 0))) == []


def test_contact_that_is_lost_and_a_state_that_nobody_knows_are_unknown() -> None:
    lost, strange = told(node(state="unknown"), node(state="hibernating", id="n2"))
    assert (cause(lost), lost.severity, lost.nodes) == ("contact-lost", Verdict.UNKNOWN, ("n1",))
    assert (strange.cause, strange.message) == (None, "the node's state is 'hibernating'")


def test_a_node_without_an_answer_is_told_once_and_not_for_each_extension() -> None:
    silent = node(answer=Answer.NO_ANSWER, problem=Problem("ServerBusy", "The server is busy."))
    finding = one(silent, pool=replace(POOL, expected=("kv", "gpu")))
    assert (cause(finding), finding.subject, finding.severity) == ("no-answer", "node", Verdict.UNKNOWN)


def test_a_quota_is_told_while_nodes_are_missing() -> None:
    short = replace(
        POOL,
        target_nodes=3,
        target_dedicated=3,
        resize_errors=(Problem("AccountCoreQuotaReached", "The specified account has reached core quota"),),
    )
    finding = one(node(status("succeeded")), pool=short)
    assert (cause(finding), finding.subject, finding.nodes) == ("core-quota", "resize", ())
    assert finding.command is not None
    assert shlex.split(finding.command)[:4] == ["az", "batch", "account", "list"]
    assert "[?name=='acct'].{dedicated:dedicatedCoreQuota," in shlex.split(finding.command)[5]


def test_errors_of_a_resize_that_got_there_are_history() -> None:
    got_there = replace(POOL, resize_errors=(Problem("AllocationFailed", "No room."),))
    assert told(node(status("succeeded")), pool=got_there) == []


def test_resize_errors_of_a_pool_that_scales_itself_are_advice() -> None:
    scaling = replace(
        POOL,
        target_nodes=None,
        autoscale=Autoscale("$TargetDedicatedNodes=2"),
        resize_errors=(Problem("ResizeStopped", ""),),
    )
    assert [(cause(one), one.severity) for one in told(node(status("succeeded")), pool=scaling)] == [
        ("resize-stopped", Verdict.WAITING)
    ]


def test_a_resize_is_repeated_with_the_pools_own_targets() -> None:
    short = replace(
        POOL,
        target_nodes=5,
        target_dedicated=3,
        target_spot=2,
        resize_errors=(Problem("AllocationTimedout", "As the timeout was reached"),),
    )
    command = one(node(status("succeeded")), pool=short).command or ""
    assert "--pool-id linux --target-dedicated-nodes 3 --target-low-priority-nodes 2 --resize-timeout PT30M" in command


def test_a_formula_that_azure_cannot_evaluate_is_advice() -> None:
    error = Problem("AutoScalingFormulaEvaluationError", "$Missing is not defined")
    scaling = replace(POOL, target_nodes=None, autoscale=Autoscale("$Missing", "PT5M", error))
    finding = one(node(status("succeeded")), pool=scaling)
    assert (cause(finding), finding.subject, finding.severity) == ("autoscale-failed", "pool", Verdict.WAITING)
    assert finding.message == "$Missing is not defined"


def test_an_image_past_its_support_is_advice_from_the_day_after() -> None:
    old = replace(POOL, image=Image("Canonical", "0001-com-ubuntu-server-focal", "20_04-lts"))
    day = next(iter(told(node(status("succeeded")), pool=old, today=date(2099, 1, 1))), None)
    assert day is not None
    assert (cause(day), day.severity) == ("image-past-support", Verdict.WAITING)
    ended = date.fromisoformat(day.message.split(" ended on ")[1][:10])
    assert told(node(status("succeeded")), pool=old, today=ended) == []
    assert told(node(status("succeeded")), pool=old, today=ended + timedelta(days=1)) != []


def test_a_pool_that_azure_does_not_have_any_more_is_one_finding() -> None:
    (finding,) = diagnose(missing_pool("linux", "acct", ("kv",)), stack="prod", today=TODAY, now=NOW)
    assert (cause(finding), finding.command) == ("pool-missing", "pulumi up --stack prod --refresh")
