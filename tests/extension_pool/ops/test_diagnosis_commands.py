"""The commands of findings: the right values, whatever they are, in one line that a shell can run."""

import shlex
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extension_pool.ops.diagnosis import values
from extension_pool.ops.diagnosis.values import observed_certificates, requires_initial_sync
from extension_pool.ops.snapshot import (
    PoolExtension,
)
from extension_pool.ops.text import clean_line

from .diagnosed_pools import CLIENT, IDENTITY, KEY_VAULT, NOW, POOL, node, one, status, told


def command(message: str, **more: Any) -> list[str]:
    found = one(node(status("failed", message)), **more).command
    assert found is not None
    assert "\n" not in found
    return shlex.split(found)


ROLE = "Caller is not authorized to perform action on resource."


def test_a_grant_names_whom_and_what_the_message_names() -> None:
    scope = "/subscriptions/0b/resourceGroups/rg-data/providers/Microsoft.KeyVault/vaults/kv-orders"
    oid = "600a3bc8-7e2c-44e5-8a27-18c3eb963060"
    said = f"{ROLE}\r\nCaller: appid=x;oid={oid};iss=y\r\nResource: '{scope}/secrets/db'"
    assert command(said) == [
        *("az", "role", "assignment", "create", "--role", "Key Vault Secrets User"),
        *("--assignee-object-id", oid, "--assignee-principal-type", "ServicePrincipal", "--scope", scope),
    ]


def test_a_grant_asks_azure_for_what_the_message_does_not_name() -> None:
    words = command(ROLE)
    assert f"$(az identity show --ids {IDENTITY} --query principalId --output tsv)" in words
    assert "$(az keyvault show --name kv-one --query id --output tsv)" in words


def test_what_nobody_knows_is_a_placeholder_that_no_shell_takes_for_a_file() -> None:
    bare = replace(POOL, extensions=(), identities=())
    text = one(node(status("failed", "does not have secrets get permission on key vault")), pool=bare).command or ""
    assert "--name '<vault>' --object-id" in text
    assert "Identity not found" not in text
    assert command("Attempt to get non-existent AuthConfig") == ["pulumi", "up", "--stack", "<stack>"]


def test_the_identity_is_looked_up_by_the_client_id_of_the_settings() -> None:
    assert command("Identity not found") == [
        *("az", "identity", "list", "--query", f"[?clientId=='{CLIENT}'].{{id:id,name:name}}", "--output", "tsv")
    ]


def test_the_vault_is_that_of_the_message_else_the_first_one_observed() -> None:
    blocked = "Client address is not authorized and caller is not a trusted service."
    assert command(blocked)[-1] == "kv-one"
    assert command(f"{blocked}\r\nVault: kv-other;location=westeurope")[-1] == "kv-other"
    assert command(f"https://kv-two.vault.azure.net/secrets/api: {blocked}")[-1] == "kv-two"


def test_a_check_of_the_metadata_service_is_for_the_nodes_own_system() -> None:
    blocked = "Failed to connect to 169.254.169.254 port 80: Connection timed out"
    assert command(blocked)[0] == "curl"
    assert command(blocked, pool=replace(POOL, node_agent="batch.node.windows amd64"))[0] == "Invoke-RestMethod"


def test_a_repair_names_the_pool_and_the_cause() -> None:
    lock = "DPKG frontend (/var/lib/dpkg/lock-frontend) is locked by another process"
    assert command(lock, endpoint="https://a.b") == [
        *(
            "extension-pool",
            "repair",
            "--pool",
            "linux",
            "--endpoint",
            "https://a.b",
            "--cause",
            "package-manager-locked",
        )
    ]


HOSTILE = [
    "$(touch canary)",
    "`touch canary`",
    "'; touch canary; '",
    '"; touch canary; "',
    "a\ntouch canary",
    "&touch canary",
]
MESSAGES = ["Identity not found", ROLE, "A secret with (name/id) x was not found in this key vault", "?", ""]


def run_hostile(name: str, folder: Path) -> str:
    """What the tools get when a real shell runs the commands of findings in which every value is `name`."""
    for tool in ("az", "pulumi", "extension-pool"):
        (folder / tool).write_text('#!/bin/sh\nprintf "<%s>" "$@" >> words\n')
        (folder / tool).chmod(0o755)
    settings = {
        "secretsManagementSettings": {
            "requireInitialSync": True,
            "observedCertificates": [f"https://{name}.vault.azure.net/secrets/{name}"],
        },
        "authenticationSettings": {"msiClientId": name},
    }
    theirs = replace(POOL, id=name, extensions=(replace(KEY_VAULT, settings=settings),), identities=(name,))
    nodes = [
        node(status("failed" if said else "transitioning", said), id=name, booted=NOW - timedelta(days=1))
        for said in MESSAGES
    ]
    commands = [found.command or "" for found in told(*nodes, pool=theirs, stack=name, component=name, endpoint=name)]
    assert len(commands) == len(MESSAGES)
    for line in commands:
        assert len(line.splitlines()) == 1
        subprocess.run(
            ["/bin/sh", "-c", line], cwd=folder, env={"PATH": f"{folder}:/usr/bin:/bin"}, check=True, timeout=10
        )
    return (folder / "words").read_text()


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_of_others_becomes_a_command_of_its_own(name: str, tmp_path: Path) -> None:
    words = run_hostile(name, tmp_path)
    assert not (tmp_path / "canary").exists()
    assert f"<--stack><{clean_line(name)}>" in words


def test_a_name_would_be_a_command_of_its_own_if_it_were_not_quoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(values, "_quote", clean_line)
    run_hostile("$(touch canary)", tmp_path)
    assert (tmp_path / "canary").exists()


@given(st.text(), st.text(max_size=20))
def test_any_text_of_the_service_gives_one_line_that_a_shell_can_read(message: str, name: str) -> None:
    theirs = replace(
        POOL,
        id=name,
        extensions=(
            replace(KEY_VAULT, name="kv", settings={"secretsManagementSettings": {"observedCertificates": [name]}}),
        ),
    )
    (found,) = told(node(status("failed", message), id=name or "n"), pool=theirs)
    assert found.message == message
    assert len((found.command or "").splitlines()) == 1
    assert shlex.split(found.command or "")


def test_certificates_are_read_in_both_forms_and_any_cloud() -> None:
    observed = [
        "https://kv1.vault.azure.net/secrets/a",
        {"url": "https://kv2.vault.azure.cn:443/secrets/b/v"},
        3,
        {},
        "no url",
        {"url": "http://[bad"},
    ]
    found = observed_certificates({"secretsManagementSettings": {"observedCertificates": observed}})
    assert [(one.vault, one.secret) for one in found] == [("kv1", "a"), ("kv2", "b")]


@given(
    st.recursive(
        st.none() | st.booleans() | st.text() | st.integers(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["secretsManagementSettings", "observedCertificates", "url"]), inner)
        ),
    )
)
def test_settings_of_any_shape_are_survived(settings: object) -> None:
    assert all(one.secret for one in observed_certificates(settings))
    assert requires_initial_sync(replace(KEY_VAULT, settings=settings)) is False


def test_windows_waits_for_its_certificates_from_version_four_on() -> None:
    windows = PoolExtension("kv", "Microsoft.Azure.KeyVault", "KeyVaultForWindows", "4.0", {})
    assert requires_initial_sync(windows)
    assert not requires_initial_sync(replace(windows, version="3.5"))
    assert not requires_initial_sync(replace(windows, version=""))
    assert not requires_initial_sync(replace(windows, type="KeyVaultForLinux"))
    assert not requires_initial_sync(None)
