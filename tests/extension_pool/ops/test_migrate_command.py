"""The command `migrate` against the data plane of local Azure."""

import json
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
from azure.batch import BatchClient, models
from azure.core.credentials import AzureNamedKeyCredential

from extension_pool.ops import cli, migrate_command
from extension_pool.ops.jobs import Move, Tasks, find_waiting
from extension_pool.ops.jobs_view import waiting_json, waiting_lines
from extension_pool.ops.migrating import Patience, carry_out

pytest.importorskip("aiohttp")

from emulator import Faults, Store
from emulator.arm.batch_accounts import WELL_KNOWN_KEY
from extension_pool.ops.batch import connect
from extension_pool.ops.settings import Place

from .local_azure import configured_azure, make_pool
from .stack_state import component, pool, state
from .test_batch_jobs import add_job, add_schedule

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def client(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[BatchClient]:
    """The owner's, of an account with a job of twelve tasks, a disabled one, and a schedule, on the pool `old`."""
    monkeypatch.setattr(migrate_command, "sleep", lambda seconds: store.clock.advance(5))
    with configured_azure(store, monkeypatch) as url:
        make_pool(store, "old", 2)
        make_pool(store, "new", 2)
        store.clock.advance(600)
        client = BatchClient(url, AzureNamedKeyCredential("extpoolprod", WELL_KNOWN_KEY))
        add_job(client, "render", tasks=12, seconds=500)
        add_job(client, "asleep", tasks=1)
        disable = models.BatchJobDisableOptions(disable_tasks="requeue")
        client.begin_disable_job("asleep", disable, polling_interval=0)
        add_schedule(client, "nightly")
        store.clock.advance(5)
        yield client


def run(capsys: Capture, *arguments: str) -> tuple[int, str, str]:
    code = cli.run(["migrate", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def states(client: BatchClient) -> dict[str, tuple[str, str]]:
    jobs = [job.as_dict() for job in client.list_jobs()]
    found = {job["id"]: (job["poolInfo"]["poolId"], job["state"]) for job in jobs}
    for schedule in client.list_job_schedules():
        raw = schedule.as_dict()
        found[raw["id"]] = (raw["jobSpecification"]["poolInfo"]["poolId"], raw["state"])
    return found


BEFORE = {
    "render": ("old", "active"),
    "asleep": ("old", "disabled"),
    "nightly": ("old", "active"),
    "nightly:job-1": ("old", "active"),
}
AFTER = {name: ("new", state) for name, (_, state) in BEFORE.items()}


def test_without_yes_it_says_what_it_would_do_and_changes_nothing(client: BatchClient, capsys: Capture) -> None:
    code, out, err = run(capsys, "--pool", "old", "--to", "new")
    assert (code, err, states(client)) == (1, "", BEFORE)
    lines = out.splitlines()
    assert lines[0] == (
        "pool 'old' in extpoolprod: 3 jobs and 1 job schedule: running tasks are queued again, they go to pool 'new'"
    )
    rows = {tuple(line.split("  ", 1)[0].split()): " ".join(line.split()) for line in lines[2:6]}
    assert rows["job", "render"] == "job render active 2 running, 10 queued disable, bind to 'new', enable"
    assert rows["job", "asleep"] == "job asleep disabled 0 running, 1 queued bind to 'new'; it stays disabled"
    assert rows["job", "schedule", "nightly"] == "job schedule nightly active bind to 'new'"
    assert lines[-2:] == [
        "nothing is changed yet; to do it:",
        "  extension-pool migrate --pool old --to new --yes",
    ]


def test_with_yes_everything_runs_on_the_new_pool_and_the_log_says_so(client: BatchClient, capsys: Capture) -> None:
    code, out, err = run(capsys, "--pool", "OLD", "--to", "new", "--yes")
    assert (code, states(client)) == (0, AFTER)
    assert out == "pool 'OLD' in extpoolprod: 4 jobs moved to pool 'new'\n"
    assert "3 jobs and 1 job schedule of pool 'OLD', with 2 running and 11 queued tasks" in err
    assert run(capsys, "--pool", "old", "--to", "new") == (
        0,
        "pool 'old' in extpoolprod: no job is bound to it\n",
        "",
    )


def test_the_plan_can_be_pasted_and_keeps_the_options(client: BatchClient, capsys: Capture) -> None:
    _, out, _ = run(
        capsys, "--pool", "old", "--to", "new", "--jobs", "wait", "--wait", "8h", "--account", "extpoolprod"
    )
    command = out.splitlines()[-1].strip()
    assert command == ("extension-pool migrate --pool old --to new --account extpoolprod --jobs wait --wait 8h --yes")
    assert cli.run(shlex.split(command)[1:]) == 0
    assert states(client)["render"] == ("new", "active")
    assert sum(task.as_dict()["state"] == "completed" for task in client.list_tasks("render")) == 2


def test_tasks_that_do_not_end_in_time_are_named_and_the_next_run_goes_on(client: BatchClient, capsys: Capture) -> None:
    arguments = ("--pool", "old", "--to", "new", "--jobs", "wait", "--wait")
    code, out, _ = run(capsys, *arguments, "0.001s", "--yes")
    assert code == 1
    assert "job 'render': disabling, comes next: wait" in out
    assert out.splitlines()[-1].endswith("--jobs wait --wait 0.001s --yes")
    assert run(capsys, *arguments, "8h", "--yes")[0] == 0
    assert states(client) == AFTER


def test_json_has_every_job_with_its_tasks_and_none_of_its_secrets(client: BatchClient, capsys: Capture) -> None:
    code, out, _ = run(capsys, "--pool", "old", "--to", "new", "--output", "json")
    value = json.loads(out)
    assert (code, value["executed"], value["done"], value["tasks"]) == (1, False, False, "requeue")
    jobs = {job["id"]: job for job in value["jobs"]}
    assert jobs["render"] == {
        "kind": "job",
        "id": "render",
        "state": "active",
        "pool": "old",
        "next": "mark",
        "running": 2,
        "queued": 10,
        "waitingSince": None,
        "why": None,
    }
    assert jobs["nightly"]["running"] is None
    assert "cfd" not in out and "commonEnvironmentSettings" not in out
    done = json.loads(run(capsys, "--pool", "old", "--to", "new", "--output", "json", "--yes")[1])
    assert (done["executed"], done["done"], done["left"]) == (True, True, [])
    assert "job 'render'" in done["moved"]


def hold(store: Store) -> Any:
    """What a roll-out does before it deletes the pool; the account."""
    import os

    account = connect(Place(os.environ["AZURE_BATCH_ENDPOINT"], "extpoolprod", WELL_KNOWN_KEY))
    patience = Patience(600, store.clock.now, lambda seconds: store.clock.advance(5))
    assert carry_out(account, Move("old", None, "pool old is being replaced"), patience, tasks=Tasks.REQUEUE).done
    return account


def test_jobs_that_a_roll_out_has_left_disabled_are_enabled_by_hand(
    client: BatchClient, store: Store, capsys: Capture
) -> None:
    hold(store)
    assert {state for _, state in states(client).values()} == {"disabled"}
    code, out, _ = run(capsys, "--pool", "old", "--to", "old")
    assert code == 1
    assert "2 jobs and 1 job schedule: enabled again" in out.splitlines()[0]
    code, out, _ = run(capsys, "--pool", "old", "--to", "old", "--yes")
    assert (code, out) == (0, "pool 'old' in extpoolprod: 3 jobs enabled again\n")
    assert states(client) == BEFORE
    assert run(capsys, "--pool", "old", "--to", "old")[1] == "pool 'old' in extpoolprod: no job waits to be enabled\n"


def test_status_can_list_the_jobs_that_wait_with_the_reason_and_the_command(client: BatchClient, store: Store) -> None:
    account = hold(store)
    waiting = find_waiting([*account.list_jobs(), *account.list_job_schedules()], "old")
    lines = list(waiting_lines(waiting))
    assert lines[0] == ("2 jobs and 1 job schedule of pool 'old' wait to run on 'old' (pool old is being replaced):")
    assert lines[1].startswith("  job 'render': disabled on 'old' since 20")
    assert lines[-1] == (
        "  the next 'pulumi up' goes on with it; or by hand: extension-pool migrate --pool old --to old --yes"
    )
    assert [(one["id"], one["state"], one["why"]) for one in waiting_json(waiting)] == [
        ("render", "disabled", "pool old is being replaced"),
        ("nightly:job-1", "disabled", "pool old is being replaced"),
        ("nightly", "disabled", "pool old is being replaced"),
    ]
    assert list(waiting_lines([])) == []


def test_status_lists_them_until_they_run_again(client: BatchClient, store: Store, capsys: Capture) -> None:
    hold(store)
    cli.run(["status", "--pool", "old"])
    assert "\n2 jobs and 1 job schedule of pool 'old' wait to run on 'old'" in capsys.readouterr().out
    cli.run(["status", "--pool", "old", "--output", "json"])
    shown = json.loads(capsys.readouterr().out)["waitingJobs"]
    assert {(one["id"], one["to"]) for one in shown} == {(id_, "old") for id_ in ("render", "nightly:job-1", "nightly")}
    assert run(capsys, "--pool", "old", "--to", "old", "--yes")[0] == 0
    cli.run(["status", "--pool", "old"])
    assert "wait to run on" not in capsys.readouterr().out


def test_a_stack_that_has_one_of_the_pools_knows_the_account(
    client: BatchClient, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AZURE_BATCH_ACCOUNT")
    exported = json.loads(json.dumps(state(component("new"), pool("new", []))).replace("acct", "extpoolprod"))
    monkeypatch.setattr("extension_pool.ops.stack.export_stack", lambda name: exported)
    assert run(capsys, "--stack", "prod", "--pool", "old", "--to", "new", "--yes")[0] == 0
    assert states(client) == AFTER
    code, _, err = run(capsys, "--stack", "prod", "--pool", "a", "--to", "b")
    assert (code, "it has new" in err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--pool", "old", "--to", "nowhere"), 2, "--to: must be a pool of account 'extpoolprod', got 'nowhere'"),
        (("--pool", "old", "--to", ""), 2, "--to: "),
        (("--pool", "a/b", "--to", "new"), 2, "--pool: "),
        (("--pool", "old"), 2, "--to"),
        (("--pool", "old", "--to", "new", "--jobs", "drop"), 2, "'drop'"),
    ],
)
def test_what_is_asked_wrongly_is_told(
    client: BatchClient, capsys: Capture, arguments: tuple[str, ...], code: int, message: str
) -> None:
    found, _, err = run(capsys, *arguments)
    assert (found, message in err) == (code, True), err
    assert states(client) == BEFORE


def test_jobs_of_a_pool_that_is_gone_can_still_be_moved(client: BatchClient, store: Store, capsys: Capture) -> None:
    from .local_azure import delete_pool

    delete_pool(store, "old")
    assert run(capsys, "--pool", "old", "--to", "new", "--yes")[0] == 0
    assert states(client)["render"] == ("new", "active")


def test_azure_that_does_not_answer_is_no_verdict(client: BatchClient, store: Store, capsys: Capture) -> None:
    Faults(store).http("GET /jobs", 403, code="InsufficientAccountPermissions")
    code, _, err = run(capsys, "--pool", "old", "--to", "new")
    assert code == 3
    assert "permission" in err or "not allowed" in err
