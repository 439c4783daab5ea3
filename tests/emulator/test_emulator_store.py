from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from emulator import Arm, Store

from .conftest import GROUP, POOL, SUBSCRIPTION, Identity, key_vault_extension, pool_body

ROOT = Path(__file__).resolve().parents[2]
MANY = """
import sys
from emulator import Arm, Store
folder, who = sys.argv[1:]
arm = Arm(Store.open(folder))
for number in range(10):
    path = f"/subscriptions/s/resourceGroups/rg-{who}-{number}"
    assert arm.put(path, {"location": "westeurope"}).status == 201
"""


def test_a_new_store_holds_what_existing_toml_lists(store: Store) -> None:
    names = [item.rsplit("/", 1)[-1] for _, item in store.resources()]
    assert sorted(names) == sorted(
        [
            "rg-batch-prod",
            "extpoolprod",
            "rg-batch-staging",
            "extpoolstaging",
            "rg-platform-prod",
            "kv-extpool-prod",
            "rg-platform-staging",
            "kv-extpool-staging",
        ]
    )
    assert store.is_pristine()
    assert store.operations() == []


def test_existing_can_be_turned_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCAL_AZURE_EXISTING", "")
    assert Store.open(tmp_path / "empty").resources() == []


def test_many_processes_open_and_write_a_new_store_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "azure"
    processes = [
        subprocess.Popen([sys.executable, "-c", MANY, str(folder), str(who)], cwd=ROOT, stderr=subprocess.PIPE)
        for who in range(5)
    ]
    for process in processes:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors.decode()
    store = Store.open(folder)
    assert len(store.resources()) == 8 + 50
    operations = store.operations()
    assert [item.seq for item in operations] == list(range(1, 51))
    assert len({item.pid for item in operations}) == 5


def test_an_error_in_a_transaction_takes_everything_back(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.transaction():
        store.save(f"{GROUP}/x", "t", {}, {})
        _ = 1 / 0
    assert store.is_pristine()


def test_ids_compare_without_case_and_keep_the_first_casing(arm: Arm, store: Store) -> None:
    arm.put(f"{SUBSCRIPTION}/resourceGroups/RG-Mixed", {"location": "westeurope"})
    assert arm.put(f"{SUBSCRIPTION}/resourcegroups/rg-mixed", {"location": "West Europe"}).status == 200
    answer = arm.get(f"{SUBSCRIPTION}/RESOURCEGROUPS/rg-mixed")
    assert answer.body and answer.body["id"] == f"{SUBSCRIPTION}/resourceGroups/RG-Mixed"
    assert not store.is_pristine()


def test_operations_are_logged_with_status_and_code(arm: Arm, store: Store) -> None:
    arm.get(POOL, "2024-07-01")
    last = store.operations()[-1]
    assert (last.method, last.path, last.api_version, last.status, last.code) == (
        "GET",
        POOL,
        "2024-07-01",
        404,
        "ResourceNotFound",
    )
    assert store.operations(since=last.seq) == []


def test_secrets_are_never_on_disk(arm: Arm, store: Store, identity: Identity) -> None:
    extension = key_vault_extension(
        identity.client, protectedSettings={"token": "hunter2-protected", "deep": [{"x": "hunter2-deep"}], "none": {}}
    )
    accounts = [
        {"name": "me", "password": "hunter2-password", "linuxUserConfiguration": {"sshPrivateKey": "hunter2-ssh"}}
    ]
    mounts = [{"azureBlobFileSystemConfiguration": {"accountName": "a", "accountKey": "hunter2-key"}}]
    body = pool_body(extension, identities=(identity.id,), userAccounts=accounts, mountConfiguration=mounts)
    answer = arm.put(POOL, body, "2024-07-01")
    assert answer.ok
    assert "hunter2" not in str(answer.body) and "sha256" not in str(answer.body)
    logged = store.operations()[-1].body["properties"]
    protected = logged["deploymentConfiguration"]["virtualMachineConfiguration"]["extensions"][0]["protectedSettings"]
    assert protected["none"] == {}
    assert protected["token"].startswith("sha256:")
    files = list(store.folder.iterdir())
    assert any(file.name == "azure.db-wal" for file in files)
    assert not [file.name for file in files if b"hunter2" in file.read_bytes()]


def test_unknown_settings_are_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="no setting 'pool_update'"):
        store.set("pool_update", "strict")
    with pytest.raises(ValueError, match="allowed are strict, zero-nodes-allowed"):
        store.set("pool_updates", "lax")
    store.set("pool_updates", "zero-nodes-allowed")
    assert Store.open(store.folder).get("pool_updates") == "zero-nodes-allowed"


def test_what_is_kept_is_dropped_by_any_write(store: Store) -> None:
    made: list[int] = []

    def number() -> int:
        return store.cached("number", lambda: made.append(len(made)) or len(made))

    assert (number(), number()) == (1, 1)
    store.set("pool_quota", 5)
    assert (number(), number()) == (2, 2)
    other = Store.open(store.folder)
    thread = threading.Thread(target=lambda: other.set("pool_quota", 6))
    thread.start()
    thread.join()
    assert (number(), number()) == (3, 3)
    with pytest.raises(KeyError), store.transaction():
        store.set("pool_quota", 7)
        assert store.get("pool_quota") == "7"
        raise KeyError
    assert store.get("pool_quota") == "6"
    assert number() == number()
