"""`make review`: what the working tree would do to the stacks that the base branch gives."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.review import Review, report
from tests.on_engine.reviewing import Repository, Reviewing, built, pool, secret_pool, steps
from tests.on_engine.stack import ROOT

pytestmark = pytest.mark.drill


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return Repository(tmp_path_factory.mktemp("repository"))


@pytest.fixture(scope="module")
def kept_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("review")


@pytest.fixture
def reviewing(repository: Repository, kept_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reviewing]:
    for name in ("GITHUB_TOKEN", "ACTIONS_RUNTIME_TOKEN", "SYSTEM_ACCESSTOKEN", "ARM_CLIENT_SECRET"):
        monkeypatch.setenv(name, "hush")
    # Without these a base that waited for its grants would be noticed.
    monkeypatch.delenv("EXTENSION_POOL_GRANT_WAIT", raising=False)
    yield Reviewing(repository, kept_folder)
    repository.git("reset", "--quiet", "--hard", "main")
    repository.git("clean", "--quiet", "--force", "-d")


def test_a_tree_like_its_base_changes_nothing_and_waits_for_no_gate_or_grant(reviewing):
    before = time.monotonic()
    assert reviewing.changes("dev", "prod") == {"dev": {}, "prod": {}}
    # its gate alone would take 50 minutes, and its grant 10
    assert time.monotonic() - before < 60
    assert "base: main" in " ".join(reviewing.notices)


def test_an_edit_of_one_stack_file_recreates_there_and_nowhere_else(reviewing, repository):
    text = repository.file("prod").read_text()
    repository.file("prod").write_text(text.replace("Standard_D2s_v5", "Standard_D4s_v5"))
    reviewed = reviewing.review("dev", "prod")
    assert steps(reviewed.previews["dev"]) == {}
    step = steps(reviewed.previews["prod"])["render-pool"]
    assert (step["op"], step["detailedDiff"]["vmSize"]["kind"]) == ("replace", "update-replace")

    code, environments = reviewing.report(reviewed)
    assert (code, environments["dev"]["changes"]) == (0, [])
    (change,) = environments["prod"]["changes"]
    (leaf,) = change["leaves"]
    line = 1 + [one.strip() for one in text.splitlines()].index("vmSize: Standard_D2s_v5")
    assert leaf["place"] == {"file": "stacks/Pulumi.prod.yaml", "line": line, "removed": False}


def test_old_and_new_are_what_the_library_of_each_side_says_and_not_the_installed_one(reviewing, repository):
    repository.set_default("1800")
    reviewed = reviewing.review("dev")
    step = steps(reviewed.previews["dev"])["linux-pool"]
    assert step["op"] == "replace"
    old, new = (
        step[state]["inputs"]["deploymentConfiguration"]["virtualMachineConfiguration"]["extensions"][0]["settings"]
        for state in ("oldState", "newState")
    )
    assert old["secretsManagementSettings"]["pollingIntervalInS"] == "7200"
    assert new["secretsManagementSettings"]["pollingIntervalInS"] == "1800"
    ((change,),) = (one["changes"] for one in reviewing.report(reviewed)[1].values())
    assert [(leaf["old"], leaf["new"], leaf["place"]) for leaf in change["leaves"]] == [('"7200"', '"1800"', None)]


def test_a_new_stack_is_all_created_and_a_removed_one_is_told(reviewing, repository):
    repository.stack("qa", {"linux": pool()})
    repository.file("dev").unlink()
    (repository.folder / ".gitignore").write_text("Pulumi.mine.yaml\n")
    repository.stack("mine", {"linux": pool()})
    repository.file("wrong").unlink()
    changes = reviewing.changes()
    assert changes.pop("prod") == {}
    assert changes == {"qa": dict.fromkeys(("extension-pool-qa", "linux", "linux-identity", "linux-pool"), "create")}
    assert any(line.startswith("qa: is new") for line in reviewing.notices)
    assert any(line.startswith("dev: its file is removed") for line in reviewing.notices)

    removed = reviewing.review("dev")
    assert removed.previews == {}
    assert report(Review(repository.folder, reviewing.folder, say=reviewing.notices.append), removed) == 0
    assert reviewing.notices[-1] == "no stack is left to preview"


def test_a_base_that_cannot_be_built_is_told_with_its_error_and_the_others_go_on(reviewing):
    reviewed = reviewing.review("wrong", "dev")
    text = reviewed.previews["wrong"].read_text()
    assert text.startswith("error: the base, main (")
    assert "cannot be built on local Azure" in text
    assert "did you mean vmSize?" in text
    assert steps(reviewed.previews["dev"]) == {}
    code, environments = reviewing.report(reviewed)
    assert (code, environments["wrong"]["standing"], environments["dev"]["standing"]) == (1, "failed", "fresh")
    assert any("did you mean vmSize?" in message for message in environments["wrong"]["messages"])


def test_a_program_that_breaks_is_a_failed_preview_and_no_empty_one(reviewing, repository):
    with (repository.folder / "__main__.py").open("a") as file:
        file.write("raise ValueError('broken now')\n")
    reviewed = reviewing.review("dev")
    document = json.loads(reviewed.previews["dev"].read_text())
    errors = [one["message"] for one in document["diagnostics"] if one["severity"] == "error"]
    assert any("broken now" in message for message in errors)
    code, environments = reviewing.report(reviewed)
    assert (code, environments["dev"]["standing"]) == (1, "failed")


def test_what_a_pipeline_hands_to_its_steps_would_be_seen_without_the_seal(reviewing, monkeypatch):
    assert reviewing.changes("dev") == {"dev": {}}
    monkeypatch.setattr("engine.sealed.without_credentials", dict)
    text = reviewing.review("dev").previews["dev"].read_text()
    assert "the program sees ['ACTIONS_RUNTIME_TOKEN'" in text or "the program sees ['GITHUB_TOKEN'" in text


@pytest.mark.parametrize("quiet", [True, False])
def test_hooks_of_a_base_are_registered_and_do_nothing(reviewing, repository, tmp_path, monkeypatch, quiet):
    with (repository.folder / "__main__.py").open("a") as file:
        file.write(
            "\ndef refuse(args):\n    raise RuntimeError('the hook refuses')\n"
            "hook = pulumi.ResourceHook('refuse', refuse)\n"
            "bound = pulumi.ResourceHookBinding(after_create=[hook])\n"
            "resources.ResourceGroup('beside', opts=pulumi.ResourceOptions(hooks=bound))\n"
        )
    repository.commit("with a hook")
    if not quiet:
        monkeypatch.setattr("engine.base_states._wrap", lambda program: None)
    mine = Reviewing(repository, tmp_path / "review")
    text = mine.review("dev", base="work").previews["dev"].read_text()
    if quiet:
        assert json.loads(text)["changeSummary"] == {"same": 9}
    else:
        assert text.startswith("error: the base")
        assert "the hook refuses" in text


def test_a_rotated_secret_that_nobody_here_can_read_is_a_change(reviewing, repository):
    repository.stack("prod", {"render": secret_pool("v1:two:second")}, secretsprovider="azurekeyvault://v/keys/k")
    reviewed = reviewing.review("prod")
    step = steps(reviewed.previews["prod"])["render-pool"]
    assert step["op"] == "replace"
    assert any("protectedSettings" in path for path in step["detailedDiff"])
    code, environments = reviewing.report(reviewed)
    assert code == 0
    (change,) = environments["prod"]["changes"]
    assert [leaf["place"]["file"] for leaf in change["leaves"]] == ["stacks/Pulumi.prod.yaml"]
    for text in (reviewed.previews["prod"].read_text(), json.dumps(environments)):
        assert "second" not in text
        assert "placeholder" not in text


def test_another_key_for_the_secrets_is_told_since_nobody_can_compare(reviewing, repository):
    repository.stack("prod", {"render": secret_pool("v1:two:again")}, secretsprovider="azurekeyvault://other/keys/k")
    reviewing.review("prod")
    assert any("encrypted anew" in line for line in reviewing.notices)


def test_a_base_is_built_once_and_another_base_anew(reviewing, repository):
    assert reviewing.changes("dev") == {"dev": {}}
    before = reviewing.kept()
    repository.set_default("1800")
    assert reviewing.changes("dev") == {"dev": {"linux-pool": "replace"}}
    assert reviewing.kept() == before

    repository.commit("a new base")
    assert reviewing.changes("dev", base="work") == {"dev": {}}
    added = set(reviewing.kept()) - set(before)
    assert [name.split("/")[1] for name in added] == ["dev"]
    # what was kept for the other base is as it was
    assert reviewing.changes("dev", base="main") == {"dev": {"linux-pool": "replace"}}
    assert set(reviewing.kept()) == set(before) | added


def test_nothing_is_written_into_the_repository(reviewing, repository):
    (repository.folder / "notes").write_text("not added\n")
    asked = [("status", "--porcelain"), ("branch", "--all"), ("worktree", "list"), ("stash", "list")]
    before = [repository.git(*one) for one in asked]
    index = (repository.folder / ".git" / "index").read_bytes()
    reviewing.review("dev")
    assert [repository.git(*one) for one in asked] == before
    assert (repository.folder / ".git" / "index").read_bytes() == index
    assert list((reviewing.folder / "runs").iterdir()) == []


def test_two_reviews_at_once_do_not_hurt_each_other(repository, tmp_path, reviewing):
    both = [Reviewing(repository, tmp_path / "shared") for _ in range(2)]
    found: list[Any] = [None, None]

    def work(number: int) -> None:
        found[number] = both[number].review("dev").previews["dev"]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [steps(file) for file in found] == [{}, {}]
    # each has its own, and one of them waited for what the other built
    assert found[0] != found[1]
    assert len(both[0].kept()) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_nothing_running_and_nothing_half_made(repository, tmp_path, reviewing, number):
    marker, folder = tmp_path / "runs-now", tmp_path / "review"
    with (repository.folder / "__main__.py").open("a") as file:
        file.write(f"\nfrom time import sleep\nPath({str(marker)!r}).touch()\nsleep(100)\n")
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from engine.processes import leave_on_termination\n"
        "from engine.review import Review\n"
        "leave_on_termination()\n"
        "try:\n"
        "    Review(Path(sys.argv[1]), Path(sys.argv[2]), environ={}).preview(None, ['dev', 'prod'])\n"
        "except KeyboardInterrupt:\n"
        "    sys.exit(130)\n"
    )
    command = [sys.executable, "-c", code, str(repository.folder), str(folder)]
    parent = subprocess.Popen(command, cwd=ROOT, start_new_session=True, stderr=subprocess.DEVNULL)
    while not marker.exists():
        assert parent.poll() is None
        time.sleep(0.05)
    assert processes_of(folder)
    if number == signal.SIGINT:
        os.killpg(parent.pid, number)  # as a terminal does
    else:
        parent.send_signal(number)
    assert parent.wait(60) == 130
    assert list((folder / "runs").iterdir()) == []
    assert processes_of(folder) == []
    # what was built is whole, and serves the next one
    assert all((path / "state").is_dir() and (path / "azure").is_dir() for path in built(folder))


def processes_of(folder: Path) -> list[str]:
    """Those that say the folder in their arguments or their environment."""
    listed = subprocess.run(["ps", "axeww"], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if str(folder) in line]
