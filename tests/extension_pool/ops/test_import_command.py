"""`extension-pool import`, from files and live from local Azure."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

pytest.importorskip("aiohttp")

from emulator import Arm, Store
from extension_pool.ops import cli
from extension_pool.ops.arm_reader import ENDPOINT

from .local_azure import local_azure
from .test_importing import ID, SECRET, answer

GROUP = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-batch-prod"
POOL = f"{GROUP}/providers/Microsoft.Batch/batchAccounts/extpoolprod/pools/render"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/nodes"


@pytest.fixture
def azure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    store = Store.open(tmp_path / "azure")
    store.clock.set_speed(0)
    with local_azure(store) as url:
        monkeypatch.setenv(ENDPOINT, url)
        yield store


def saved(folder: Path, document: Any, name: str = "pool.json") -> str:
    path = folder / name
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return str(path)


def test_a_live_pool_gives_its_configuration_with_the_services_defaults(
    azure: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    arm = Arm(azure)
    identity = arm.put(IDENTITY, {"location": "westeurope"}, "2023-01-31").body or {}
    document = answer(machine={"extensions": []})
    document["identity"]["userAssignedIdentities"] = {IDENTITY: {}}
    document["properties"] = {
        key: value
        for key, value in document["properties"].items()
        if key not in ("provisioningState", "taskSlotsPerNode")
    }
    assert arm.put(POOL, document, "2024-07-01").ok
    assert cli.run(["import", "--pool", POOL]) == 0
    captured = capsys.readouterr()
    stack_file, import_file = yaml.safe_load_all(captured.out)
    pool = stack_file["config"]["extension-pool:pools"]["render"]
    assert pool["taskSlotsPerNode"] == 1
    assert pool["interNodeCommunication"] == "Disabled"
    assert pool["identity"]["existing"] == [
        {
            "id": IDENTITY,
            "clientId": identity["properties"]["clientId"],
            "principalId": identity["properties"]["principalId"],
        }
    ]
    assert import_file["resources"][1]["id"] == POOL


def test_a_pool_that_is_not_there_is_bad_usage(azure: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["import", "--pool", POOL]) == 2
    assert "--pool: must be a pool that there is" in capsys.readouterr().err


def test_the_import_file_can_be_written_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written = tmp_path / "import.json"
    assert cli.run(["import", saved(tmp_path, answer()), "--import-file", str(written)]) == 0
    assert "---" not in capsys.readouterr().out
    assert json.loads(written.read_text(encoding="utf-8"))["resources"][1]["id"] == ID


def test_json_has_the_whole_plan_and_stderr_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = answer(userAccounts=[{"name": "u", "password": SECRET}], certificates=[{"id": "/x"}])
    assert cli.run(["import", saved(tmp_path, document), "--output", "json"]) == 1
    captured = capsys.readouterr()
    plan = json.loads(captured.out)
    assert plan["adoptable"] is False and plan["obstacles"][0].startswith("certificates: has no place")
    assert plan["writeOnly"] == [
        {"path": "extension-pool:pools.render.userAccounts[0].password", "required": True, "known": True}
    ]
    assert captured.err == ""
    assert SECRET not in captured.out


def test_a_template_takes_its_parameters_and_the_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pool = {key: value for key, value in answer().items() if key not in ("id", "name")}
    pool = {**pool, "apiVersion": "2024-07-01", "name": "[format('{0}/x', parameters('account'))]"}
    pool["properties"]["vmSize"] = "[parameters('size')]"
    del pool["properties"]["provisioningState"]
    template = saved(tmp_path, {"$schema": "x", "resources": [pool]}, "template.json")
    parameters = saved(tmp_path, {"parameters": {"size": {"value": "Standard_D8s_v5"}}}, "parameters.json")
    options = ["--parameters", parameters, "--resource-group", "rg", "--account", "acct", "--pool-name", "render"]
    assert cli.run(["import", template, *options, "--subscription", "s"]) == 0
    stack_file = next(yaml.safe_load_all(capsys.readouterr().out))
    assert stack_file["config"]["extension-pool:pools"]["render"]["vmSize"] == "Standard_D8s_v5"


def test_problems_of_the_document_are_one_line_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = saved(tmp_path, answer(vmSizes=1, startTask=[]))
    assert cli.run(["import", path]) == 2
    assert capsys.readouterr().err.splitlines() == [
        f"{path}: properties.vmSizes: unknown property; did you mean vmSize?",
        f"{path}: properties.startTask: must be an object, got []",
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "import: needs FILE or --pool, and not both"),
        (["a.json", "--pool", POOL], "import: needs FILE or --pool, and not both"),
        (["absent.json"], "FILE: must be a file that can be read, got 'absent.json'"),
        (["--pool", "/subscriptions/x"], "--pool: must be the resource id of a pool"),
        (["--pool", POOL, "--complete-state", "-"], "--complete-state: needs FILE"),
    ],
)
def test_bad_usage_says_what_to_do(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli.run(["import", *arguments]) == 2
    assert sentence in capsys.readouterr().err


def test_what_is_no_json_is_not_quoted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["import", saved(tmp_path, f"{{'password': '{SECRET}'")]) == 2
    captured = capsys.readouterr().err
    assert "FILE: must be JSON" in captured and SECRET not in captured


def test_a_state_is_completed_and_says_where_not_what(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    urn = "urn:pulumi:s::p::extension-pool:index:ExtensionPool$azure-native:batch:Pool::render-pool"
    export = {"deployment": {"resources": [{"urn": urn, "inputs": {"userAccounts": [{"name": "u"}]}}]}}
    document = saved(tmp_path, answer(userAccounts=[{"name": "u", "password": SECRET}]))
    assert cli.run(["import", document, "--complete-state", saved(tmp_path, export, "state.json")]) == 0
    captured = capsys.readouterr()
    assert captured.err == "in the state now: userAccounts[0].password\n"
    resource = json.loads(captured.out)["deployment"]["resources"][0]
    assert json.loads(resource["inputs"]["userAccounts"][0]["password"]["plaintext"]) == SECRET
