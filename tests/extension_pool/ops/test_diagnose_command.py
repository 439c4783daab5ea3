"""`extension-pool diagnose` from its options to its exit code: through the real SDK, and on local Azure."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from extension_pool.ops import cli, diagnose_command

from .fake_service import Answer, Service, error, extension
from .stack_state import KEY_VAULT, component, pool, state

pytest.importorskip("aiohttp")

from emulator import Arm, Faults, Store

from .local_azure import ACCOUNT, API_VERSION, configured_azure, make_pool

GROUP = ACCOUNT.split("/providers/")[0]
VAULT = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-platform-prod"
    "/providers/Microsoft.KeyVault/vaults/kv-extpool-prod"
)
SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"

Run = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def diagnose(capsys: pytest.CaptureFixture[str]) -> Run:
    """The exit code, and the first pool of the JSON."""

    def run(*arguments: str) -> tuple[int, dict[str, Any]]:
        code = cli.run(["diagnose", *(arguments or ("--pool", "linux")), "--output", "json"])
        out, err = capsys.readouterr()
        assert err == ""
        return code, json.loads(out)["pools"][0]

    return run


def causes(pool: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(one["subject"], one["cause"]["id"] if one["cause"] else None) for one in pool["findings"]]


# --- options, output, exit codes ------------------------------------------------------------


@pytest.fixture
def linux(service: Service) -> Service:
    service.pool(target=2)
    service.nodes({"a": "idle", "b": "idle"})
    service.extensions("a", extension())
    service.extensions("b", extension(word="failed", message="Identity not found"))
    return service


def test_a_failure_is_explained_for_people(linux: Service, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["diagnose", "--pool", "linux"]) == 1
    out, err = capsys.readouterr()
    assert err == ""
    assert "secretext: The node does not have the identity that the extension asks for\n" in out
    assert "  ProvisioningState/failed:\n    Identity not found\n" in out
    assert '\n\naz identity list --query "[?clientId==' in out
    assert "\n  1 of 2 nodes: b\n" in out


def test_a_healthy_pool_has_nothing_to_tell(
    service: Service, diagnose: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    service.pool()
    service.nodes({"a": "idle"})
    service.extensions("a", extension())
    code, found = diagnose()
    assert (code, found["verdict"], found["findings"]) == (0, "healthy", [])
    assert cli.run(["diagnose", "--pool", "linux"]) == 0
    assert capsys.readouterr().out.endswith("nothing to tell\n")


def test_advice_alone_stops_no_script(service: Service, diagnose: Run) -> None:
    old = {"publisher": "canonical", "offer": "0001-com-ubuntu-server-focal", "sku": "20_04-lts"}
    service.pool(virtualMachineConfiguration={"imageReference": old, "extensions": []})
    service.nodes({"a": "idle"})
    service.extensions("a")
    code, found = diagnose()
    assert (code, causes(found)) == (0, [("pool", "image-past-support")])


def test_all_nodes_are_named_on_demand(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    names = [f"n{number}" for number in range(7)]
    service.pool(target=7)
    service.nodes(dict.fromkeys(names, "idle"))
    for name in names:
        service.extensions(name, extension(word="failed", message="Identity not found"))
    cli.run(["diagnose", "--pool", "linux"])
    assert "7 of 7 nodes: n0, n1, n2, n3, n4 and 2 more\n" in capsys.readouterr().out
    cli.run(["diagnose", "--pool", "linux", "--all"])
    assert "7 of 7 nodes: n0, n1, n2, n3, n4, n5, n6\n" in capsys.readouterr().out


def test_commands_name_the_stack_or_the_endpoint_that_was_asked(
    linux: Service, diagnose: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    linux.extensions("b", extension(word="failed", message="VM status blob not found."))
    assert diagnose()[1]["findings"][0]["command"] == (
        f"extension-pool repair --pool linux --endpoint {linux.url} --cause agent-not-ready"
    )
    exported = state(component("linux"), pool("linux", [KEY_VAULT, {"name": "later"}]))
    monkeypatch.setattr("extension_pool.ops.stack.export_stack", lambda name: exported)
    _, found = diagnose("--stack", "prod", "--endpoint", linux.url)
    commands = {one["subject"]: one["command"] for one in found["findings"]}
    assert commands["secretext"] == "extension-pool repair --stack prod --pool linux --cause agent-not-ready"
    assert commands["later"] == "pulumi up --stack prod --replace '**::linux-pool'"


def test_a_pool_of_the_stack_that_azure_does_not_have_is_a_finding(
    service: Service, diagnose: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported = state(component("linux"), pool("linux", [KEY_VAULT]))
    monkeypatch.setattr("extension_pool.ops.stack.export_stack", lambda name: exported)
    service.answers["/pools/linux"] = error(404, "PoolNotFound", "The specified pool does not exist.")
    service.answers["/pools"] = Answer({"value": []})
    code, found = diagnose("--stack", "prod", "--endpoint", service.url)
    assert (code, causes(found)) == (1, [("pool", "pool-missing")])


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 2, "pools: needs --pool or --stack"),
        (["--pool", "linux", "--output", "html"], 2, "usage: "),
    ],
)
def test_bad_usage_is_told(
    service: Service, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, message: str
) -> None:
    assert cli.run(["diagnose", *arguments]) == code
    assert message in capsys.readouterr().err


def test_azure_without_an_answer_is_no_diagnosis(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    service.answers["/pools/linux"] = error(403, "AuthenticationFailed", "No.")
    assert cli.run(["diagnose", "--pool", "linux"]) == 3
    assert capsys.readouterr().out == ""


# --- on local Azure -------------------------------------------------------------------------


@pytest.fixture
def azure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """Local Azure at a standstill; the command judges waiting against its clock."""
    store = Store.open(tmp_path / "azure")
    store.clock.set_speed(0)
    monkeypatch.setattr(diagnose_command, "now", lambda: datetime.fromtimestamp(store.clock.now(), timezone.utc))
    with configured_azure(store, monkeypatch):
        yield store


def certificates(store: Store, *, sync: bool = True, granted: bool = False) -> str:
    """A pool with the Key Vault extension and its own identity, whose client id comes back."""
    arm = Arm(store)
    made = arm.put(
        f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-linux", {"location": "westeurope"}
    )
    assert made.body
    identity = made.body["properties"]
    if granted:
        role = f"{VAULT}/providers/Microsoft.Authorization/roleAssignments/00000000-0000-4000-8000-000000000001"
        definition = f"/providers/Microsoft.Authorization/roleDefinitions/{SECRETS_USER}"
        properties = {"principalId": identity["principalId"], "roleDefinitionId": definition}
        granted_by = arm.put(role, {"properties": {**properties, "principalType": "ServicePrincipal"}})
        assert granted_by.status == 201, granted_by.body
    settings = {
        "secretsManagementSettings": {
            "pollingIntervalInS": "300",
            "requireInitialSync": sync,
            "observedCertificates": [{"url": "https://kv-extpool-prod.vault.azure.net/secrets/web-tls"}],
        },
        "authenticationSettings": {
            "msiEndpoint": "http://169.254.169.254/metadata/identity",
            "msiClientId": identity["clientId"],
        },
    }
    key_vault = {
        "name": "secretext",
        "publisher": "Microsoft.Azure.KeyVault",
        "type": "KeyVaultForLinux",
        "typeHandlerVersion": "3.0",
        "settings": settings,
    }
    machine = {
        "imageReference": {"publisher": "canonical", "offer": "ubuntu-24_04-lts", "sku": "server"},
        "nodeAgentSkuId": "batch.node.ubuntu 24.04",
        "extensions": [key_vault],
    }
    body = {
        "properties": {
            "vmSize": "STANDARD_D2S_V3",
            "deploymentConfiguration": {"virtualMachineConfiguration": machine},
            "scaleSettings": {"fixedScale": {"targetDedicatedNodes": 3}},
        },
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {made.body["id"]: {}}},
    }
    answer = arm.put(f"{ACCOUNT}/pools/linux", body, API_VERSION)
    assert answer.status == 200, answer.body
    return str(identity["clientId"])


def test_a_missing_grant_is_an_initial_sync_that_does_not_end(azure: Store, diagnose: Run) -> None:
    azure.set("key_vault_retry_seconds", 7200)
    certificates(azure)
    azure.clock.advance(600)
    assert diagnose() == (0, {**diagnose()[1], "verdict": "waiting", "findings": []})

    azure.clock.advance(3600)
    code, found = diagnose()
    assert (code, causes(found)) == (1, [("secretext", "initial-sync-stuck")])
    (stuck,) = found["findings"]
    assert (stuck["severity"], len(stuck["nodes"])) == ("unknown", 3)
    assert stuck["command"].startswith("pulumi config set --stack '<stack>' --path ")

    azure.clock.advance(7200)
    code, found = diagnose()
    assert (code, causes(found)) == (1, [("secretext", "initial-sync-stuck")])
    assert found["findings"][0]["severity"] == "failed"


def test_with_the_grant_there_is_nothing_to_tell(azure: Store, diagnose: Run) -> None:
    certificates(azure, granted=True)
    azure.clock.advance(7200)
    assert (diagnose()[0], diagnose()[1]["findings"]) == (0, [])


def test_a_missing_grant_without_initial_sync_leads_to_the_roles(azure: Store, diagnose: Run) -> None:
    certificates(azure, sync=False)
    azure.clock.advance(7200)
    code, found = diagnose()
    assert (code, causes(found)) == (1, [("secretext", "certificates-not-downloaded")])
    assert "userAssignedIdentities/id-linux --query principalId" in found["findings"][0]["command"]
    assert "az keyvault show --name kv-extpool-prod" in found["findings"][0]["command"]


@pytest.mark.parametrize("shape", ["spec", "documented"])
def test_published_texts_are_told_through_the_sdk_in_both_shapes(azure: Store, diagnose: Run, shape: str) -> None:
    azure.set("status_shape", shape)
    client = certificates(azure, granted=True)
    texts = [
        "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role "
        "definitions were changed recently, please observe propagation time.",
        '{"error":"invalid_request","error_description":"Identity not found"}',
        "The frobnicator is out of cheese.",
    ]
    for number, text in enumerate(texts):
        Faults(azure).fail_extension("linux", "secretext", message=text, nodes=[number])
    azure.clock.advance(3600)

    code, found = diagnose()

    assert code == 1
    told = {one["message"]: one for one in found["findings"]}
    assert list(told) != []
    assert {text: (one["cause"] or {}).get("id") for text, one in told.items()} == dict(
        zip(texts, ("vault-refuses-role", "identity-not-found", None), strict=True)
    )
    assert f"clientId=='{client}'" in told[texts[1]]["command"]


def test_nodes_resizes_and_start_tasks_are_told_through_the_sdk(azure: Store, diagnose: Run) -> None:
    start_task = {"commandLine": "/bin/false", "waitForSuccess": True}
    make_pool(azure, nodes=4, startTask=start_task)
    faults = Faults(azure)
    faults.start_task_fails("linux", exit_code=3, nodes=[0])
    faults.node_unusable("linux", nodes=[1], code="DiskFull", message="There is not enough disk space on the node")
    faults.node_unusable("linux", nodes=[2])
    faults.node_state("linux", "unknown", nodes=[3])
    azure.clock.advance(3600)

    code, found = diagnose()

    assert code == 1
    assert set(causes(found)) - {("pool", "image-past-support")} == {
        ("start task", "start-task-failed"),
        ("node", "disk-full"),
        ("node", "node-unreachable"),
        ("node", "contact-lost"),
    }
    (task,) = [one for one in found["findings"] if one["subject"] == "start task"]
    assert "exit code 3" in task["message"]


def test_a_quota_is_told_with_its_values(azure: Store, diagnose: Run) -> None:
    details = {"Limit": "8"}
    Faults(azure).resize_error(
        "linux", "AccountCoreQuotaReached", "The specified account has reached core quota", details, allocated=1
    )
    make_pool(azure, nodes=4)
    azure.clock.advance(3600)
    code, found = diagnose()
    (quota,) = [one for one in found["findings"] if one["subject"] == "resize"]
    assert (code, quota["cause"]["id"]) == (1, "core-quota")
    assert quota["message"].startswith("The specified account has reached core quota")
    assert "Limit: 8" in quota["message"]


def test_a_large_pool_has_one_finding_for_one_cause(azure: Store, diagnose: Run) -> None:
    make_pool(azure, nodes=300)
    Faults(azure).fail_extension("linux", "monitoring", message="VM status blob not found.", nodes=200)
    azure.clock.advance(3600)
    _, found = diagnose()
    assert [len(one["nodes"]) for one in found["findings"] if one["subject"] == "monitoring"] == [200]


def test_the_clock_of_the_command_is_the_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    assert abs(diagnose_command.now() - datetime.now(timezone.utc)) < timedelta(minutes=1)
