"""The command against the data plane of local Azure, which shares no code with it, through the real azure-batch SDK."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from extension_pool.ops import cli, repair_command
from extension_pool.ops.health import Verdict
from extension_pool.ops.repair_journal import Saved, Scale, journal_path, open_journal
from extension_pool.ops.repair_keeper import Patience

pytest.importorskip("aiohttp")

from emulator import Faults, Store
from emulator.arm.batch_accounts import WELL_KNOWN_KEY

from .local_azure import configured_azure
from .repair_on_azure import FORMULA, interrupted, pool_now, put_pool, verdict

BROKEN = "The agent does not start."

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """Local Azure, its time standing still except while the command sleeps; the command works in an empty folder."""
    store = Store.open(tmp_path / "azure")
    store.clock.set_speed(0)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    with configured_azure(store, monkeypatch):
        monkeypatch.setattr(repair_command, "Patience", partial(Patience, clock=store.clock.now, sleep=advance(store)))
        yield store


def advance(store: Store) -> Callable[[float], None]:
    return lambda seconds: store.clock.advance(seconds) and None


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: str) -> tuple[int, str, str]:
        code = cli.run(["repair", "--pool", "linux", *arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def outcome(out: str) -> dict[str, Any]:
    (pool,) = json.loads(out)["pools"]
    return dict(pool["outcome"])


def test_a_healthy_pool_needs_nothing(store: Store, run: Run) -> None:
    put_pool(store)
    code, out, _ = run()
    assert (code, out) == (0, "pool linux in extpoolprod: nothing to repair\n")
    assert run("--yes")[0] == 0


def test_without_yes_nothing_is_changed_and_the_command_to_copy_is_told(store: Store, run: Run) -> None:
    put_pool(store)
    Faults(store).fail_extension("linux", "monitoring", message=BROKEN, nodes=[0], cured_by="reboot")
    before = pool_now()

    code, out, _ = run("--max-unavailable", "1")

    assert code == 1
    assert out.splitlines()[-1] == "  extension-pool repair --pool linux --max-unavailable 1 --yes"
    assert pool_now() == before
    assert not Path(".extension-pool").exists()


def test_the_command_that_is_told_carries_the_plan_out(store: Store, run: Run) -> None:
    put_pool(store)
    Faults(store).fail_extension("linux", "monitoring", message=BROKEN, nodes=[0], cured_by="reboot")
    told = run("--node", pool_now()["nodes"][0]["id"], "--cause", "unknown")[1].splitlines()[-1]
    assert cli.run(told.split()[1:]) == 0


def test_a_reboot_cures_a_failed_extension(store: Store, run: Run) -> None:
    put_pool(store)
    Faults(store).fail_extension("linux", "monitoring", message=BROKEN, nodes=[0, 1], cured_by="reboot")
    before = {node["id"]: node["lastBootTime"] for node in pool_now()["nodes"]}

    code, out, err = run("--yes", "--output", "json")

    assert code == 0, out + err
    assert [node["result"] for node in outcome(out)["nodes"]] == ["repaired", "repaired"]
    after = pool_now()["nodes"]
    assert sorted(node["lastBootTime"] != before[node["id"]] for node in after) == [False, False, True, True]
    assert {node["schedulingState"] for node in after} == {"enabled"}
    assert "wave 1 of 2: 1 of 1 node healthy" in err and "wave 2 of 2: 1 of 1 node healthy" in err
    assert verdict() is Verdict.HEALTHY
    assert not journal_path("extpoolprod", "linux").exists()


def test_a_repair_that_does_not_cure_stops_after_its_first_wave(store: Store, run: Run) -> None:
    put_pool(store)
    Faults(store).fail_extension("linux", "monitoring", message=BROKEN, nodes=[0, 1, 2])

    code, out, _ = run("--yes", "--output", "json")

    assert code == 1
    assert [node["result"] for node in outcome(out)["nodes"]] == ["failed", "left", "left"]
    assert outcome(out)["stopped"] == "wave 1 of 3: 1 of 1 node not healthy: monitoring failed"
    assert {node["schedulingState"] for node in pool_now()["nodes"]} == {"enabled"}


def test_repeating_it_goes_on_to_a_new_machine_where_the_reboot_did_not_help(store: Store, run: Run) -> None:
    put_pool(store)
    Faults(store).fail_extension("linux", "monitoring", message=BROKEN, nodes=[0], cured_by="removal")

    assert run("--yes")[0] == 1
    code, out, err = run("--yes", "--output", "json")

    assert code == 0, out + err
    (wave,) = json.loads(out)["pools"][0]["waves"]
    assert wave["remedy"] == "remove" and "fails all the same" in wave["nodes"][0]["reason"]
    assert (pool_now()["targetDedicatedNodes"], len(pool_now()["nodes"])) == (4, 4)


def test_an_unusable_node_is_replaced_by_a_new_one(store: Store, run: Run) -> None:
    put_pool(store)
    Faults(store).node_unusable("linux", nodes=[1], cured_by="removal")
    bad = next(node["id"] for node in pool_now()["nodes"] if node["state"] == "unusable")

    code, out, err = run("--yes", "--output", "json")

    assert code == 0, out + err
    assert bad not in [node["id"] for node in pool_now()["nodes"]]
    assert verdict() is Verdict.HEALTHY


def test_autoscale_is_off_while_nodes_are_removed_and_the_same_afterwards(store: Store, run: Run) -> None:
    put_pool(store, formula=FORMULA)
    Faults(store).node_unusable("linux", nodes=[0, 2], cured_by="removal")

    code, out, err = run("--yes", "--max-unavailable", "2")

    pool = pool_now()
    assert code == 0, out + err
    assert (pool["autoScaleFormula"], pool["autoScaleEvaluationInterval"]) == (FORMULA, "PT5M")
    assert sorted(node["state"] for node in pool["nodes"]) == ["idle"] * 4
    assert "autoscale is switched off" in err and f"--auto-scale-formula '{FORMULA}'" in err
    assert err.index("autoscale is switched off") < err.index("removed;") < err.index("autoscale is on again")


@pytest.mark.parametrize("formula", [FORMULA, None])
def test_new_nodes_that_fail_as_well_stop_it_and_the_scale_is_put_back(
    store: Store, run: Run, formula: str | None
) -> None:
    put_pool(store, formula=formula)
    Faults(store).node_unusable("linux")

    code, out, _ = run("--yes", "--max-unavailable", "2")

    pool = pool_now()
    assert (code, pool.get("autoScaleFormula")) == (1, formula)
    assert "new nodes fail as well" in out and "left (remove)" in out
    assert len(pool["nodes"]) == 4
    assert not journal_path("extpoolprod", "linux").exists()


def test_a_node_with_running_tasks_is_left_alone(store: Store, run: Run) -> None:
    put_pool(store)
    Faults(store).fail_extension("linux", "monitoring", message=BROKEN, nodes=[0], cured_by="reboot")
    Faults(store).busy("linux", nodes=[0])
    before = pool_now()["nodes"]

    code, out, _ = run("--yes")

    assert code == 1
    assert "tasks run on it; --include-busy takes it as well" in out
    assert pool_now()["nodes"] == before


def test_a_node_with_running_tasks_is_taken_when_told_to(store: Store, run: Run) -> None:
    put_pool(store)
    Faults(store).fail_extension("linux", "monitoring", message=BROKEN, nodes=[0], cured_by="reboot")
    Faults(store).busy("linux", nodes=[0])
    assert run("--yes", "--include-busy")[0] == 0


def test_what_needs_a_fix_elsewhere_is_not_touched_and_its_command_is_told(store: Store, run: Run) -> None:
    put_pool(store)
    # MicrosoftDocs/SupportArticles-docs, AKS: access to a key vault
    message = (
        'Status=403 Code="Forbidden" Message="The user, group or application \'appid=<appid>;oid=<oid>\' does '
        "not have secrets get permission on key vault 'MyAzureKeyVault;location=eastus'.\""
    )
    Faults(store).fail_extension("linux", "monitoring", message=message, nodes=[0], cured_by="reboot")
    before = pool_now()

    code, out, _ = run("--yes")

    assert code == 1
    assert "vault-refuses-policy: something outside the pool must be mended first" in out
    assert "az keyvault set-policy --name MyAzureKeyVault" in out
    assert pool_now() == before
    assert run("--yes", "--cause", "vault-refuses-policy", "--action", "reboot")[0] == 0


def test_a_service_that_throttles_does_not_end_a_repair(store: Store, run: Run) -> None:
    put_pool(store)
    Faults(store).node_unusable("linux", nodes=[0], cured_by="removal")
    for route in ("GET /pools/{pool}", "POST /pools/{pool}/removenodes", "POST /pools/{pool}/resize"):
        Faults(store).http(route, 429, times=1, retry_after=0.05)
    assert run("--yes")[0] == 0


@pytest.mark.parametrize("formula", [FORMULA, None])
def test_an_answer_that_is_lost_after_the_removal_was_made_loses_no_node(
    store: Store, run: Run, formula: str | None
) -> None:
    put_pool(store, formula=formula)
    Faults(store).node_unusable("linux", nodes=[0], cured_by="removal")
    Faults(store).drop("POST /pools/{pool}/removenodes", times=1)

    code, _, err = run("--yes")

    assert (code, "the change may have been made all the same" in err) == (3, True)
    assert pool_now().get("autoScaleFormula") == formula
    store.clock.advance(3600)
    assert (len(pool_now()["nodes"]), run("--yes")[0]) == (4, 0)


def test_a_failed_pool_that_is_being_deleted_is_no_healthy_one(store: Store, run: Run) -> None:
    put_pool(store)
    Faults(store).node_unusable("linux", nodes=[0])
    from azure.batch import BatchClient
    from azure.core.credentials import AzureNamedKeyCredential

    credential = AzureNamedKeyCredential("extpoolprod", WELL_KNOWN_KEY)
    with BatchClient(os.environ["AZURE_BATCH_ENDPOINT"], credential) as client:
        client.begin_delete_pool("linux", polling_interval=0)
        code, out, _ = run("--yes")
    assert code == 1 and "the pool is being deleted" in out


def test_a_slip_in_the_name_of_a_cause_is_no_healthy_pool(store: Store, run: Run) -> None:
    put_pool(store)
    code, _, err = run("--cause", "unknwon")
    assert code == 2 and "did you mean 'unknown'?" in err


def test_a_node_that_the_pool_does_not_have_is_no_healthy_pool(store: Store, run: Run) -> None:
    put_pool(store)
    code, _, err = run("--node", "tvm-nowhere")
    assert code == 2 and "--node: must be a node of pool 'linux'" in err


def test_a_journal_that_a_killed_run_left_is_told_and_put_back_by_the_next(store: Store, run: Run) -> None:
    put_pool(store)
    with open_journal("extpoolprod", "linux") as journal:
        journal.save(Saved("linux", "extpoolprod", scale=Scale(4, 0, FORMULA, "PT5M"), fenced=()))

    code, out, _ = run()
    assert (code, "an interrupted repair left to put back: autoscale" in out) == (1, True)
    assert pool_now().get("autoScaleFormula") is None

    code, _, err = run("--yes")
    assert (code, pool_now()["autoScaleFormula"]) == (0, FORMULA), err
    assert run()[0] == 0


def test_two_repairs_of_one_pool_do_not_run_at_once(store: Store, run: Run) -> None:
    put_pool(store)
    with open_journal("extpoolprod", "linux"):
        code, _, err = run("--yes")
    assert code == 2 and "another process repairs 'linux'" in err
    assert run("--yes")[0] == 0


def test_after_a_pool_that_is_not_healthy_the_others_are_not_begun(store: Store, run: Run) -> None:
    put_pool(store)
    put_pool(store, "windows")
    for name in ("linux", "windows"):
        Faults(store).fail_extension(name, "monitoring", message=BROKEN, nodes=[0])
    code, out, err = run("--pool", "windows", "--yes", "--output", "json")
    assert (code, [pool["pool"] for pool in json.loads(out)["pools"]]) == (1, ["linux"])
    assert "not reached: windows" in err


def test_with_nohup_it_outlives_its_terminal() -> None:
    hangup, terminate = signal.getsignal(signal.SIGHUP), signal.getsignal(signal.SIGTERM)
    try:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        with repair_command.ended_as_interrupted():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGTERM)
        assert signal.getsignal(signal.SIGTERM) is terminate
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        with repair_command.ended_as_interrupted(), pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, hangup)


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_whoever_interrupts_a_removal_gets_autoscale_back(store: Store, sign: int) -> None:
    put_pool(store, formula=FORMULA)
    Faults(store).node_unusable("linux", nodes=[0], cured_by="removal")
    store.clock.set_speed(200)

    code, err = interrupted("--pool", "linux", "--yes", sign=sign, when="removed;")

    assert code == 130, err
    assert "putting back autoscale; Ctrl-C leaves that to the next run" in err
    assert pool_now()["autoScaleFormula"] == FORMULA
    assert not journal_path("extpoolprod", "linux").exists()


def test_a_killed_removal_is_put_back_by_the_next_run(store: Store, run: Run) -> None:
    put_pool(store, formula=FORMULA)
    Faults(store).node_unusable("linux", nodes=[0], cured_by="removal")
    store.clock.set_speed(200)

    code, _ = interrupted("--pool", "linux", "--yes", sign=signal.SIGKILL, when="removed;")
    # The twin of the test above: nothing puts it back here, so that test can fail.
    assert (code, pool_now().get("autoScaleFormula")) == (-signal.SIGKILL, None)
    store.clock.set_speed(0)
    store.clock.advance(3600)

    code, _, err = run("--yes")
    assert (code, pool_now()["autoScaleFormula"]) == (0, FORMULA), err
