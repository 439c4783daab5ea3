"""`extension-pool report` by its options: what it reads, prints, writes and posts, and what its exit code says."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from extension_pool.ops import report_command
from extension_pool.ops.review.documents import decode
from tests.support.previews import read_golden

from .fake_service import Service, error
from .report_runs import Forge, as_json, gone, jobs, run
from .review.stepped import ACCOUNT, digest, state, step

EDITS = read_golden("edits.json")
NOTHING = read_golden("nothing.json")
FAILED = read_golden("failed.json")
RULES = "environments:\n  prod: {}\n"
LABEL = "{replace: {needsLabel: ok}}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's folder, the working one; the run is on no build server."""
    for name in ("GITHUB_ACTIONS", "TF_BUILD", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Pulumi.yaml").write_text("name: extension-pool\nruntime: python\n", encoding="utf-8")
    for name, text in (("edits", EDITS), ("nothing", NOTHING), ("failed", FAILED)):
        (tmp_path / f"{name}.json").write_text(text, encoding="utf-8")
    return tmp_path


# --- what it says ----------------------------------------------------------------------------------------------------


def test_the_first_line_says_what_is_recreated(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--preview", "prod=edits.json") == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert "prod" in first and "1 pool deleted (2 nodes)" in first and "recreated" in first


@pytest.mark.parametrize(
    ("previews", "code"),
    [
        (["prod=nothing.json"], 0),
        (["dev=nothing.json", "prod=edits.json"], 0),
        (["dev=nothing.json", "prod=failed.json"], 1),
        (["dev=nothing.json", "prod=nobody-made-it.json"], 1),
    ],
)
def test_the_exit_code_says_whether_the_previews_can_be_believed(folder: Path, previews: list[str], code: int) -> None:
    assert run(*(word for one in previews for word in ("--preview", one))) == code


def test_all_environments_are_in_one_report(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = as_json(
        capsys, "--preview", "dev=nothing.json", "--preview", "prod=failed.json", "--preview", "test=missing.json"
    )
    assert code == 1 and told["passes"] is False
    standings = [(one["name"], one["standing"]) for one in told["environments"]]
    assert standings == [("dev", "fresh"), ("prod", "failed"), ("test", "missing")]
    assert told["environments"][2]["reason"] == "there is no file missing.json"


def test_a_preview_whose_exit_code_was_not_0_is_failed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "prod.err").write_text("error: a policy forbids it\n", encoding="utf-8")
    code, told = as_json(capsys, "--preview", "prod=edits.json", "--failed", "prod", "--said", "prod=prod.err")
    assert (code, told["environments"][0]["reason"]) == (1, "the preview failed: a policy forbids it")
    assert told["environments"][0]["changes"]


def test_a_file_of_powershell_is_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "edits.json").write_bytes(EDITS.replace("\n", "\r\n").encode("utf-16"))
    assert decode((folder / "edits.json").read_bytes()).startswith("{")
    assert as_json(capsys, "--preview", "prod=edits.json")[1]["environments"][0]["standing"] == "fresh"


def test_the_files_are_written_and_the_short_one_is_short(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steps = [step("delete", f"pool-{index}", old=state(id=f"{ACCOUNT}/pools/p{index}")) for index in range(200)]
    (folder / "many.json").write_text(digest(*steps), encoding="utf-8")
    assert run("--preview", "prod=many.json", "--markdown", "short.md", "--full", "full.md") == 0
    short, full = (folder / "short.md").read_bytes(), (folder / "full.md").read_bytes()
    assert len(short) <= 10_000 < len(full)
    assert b"pool-199" in full or b"p199" in full
    assert short.splitlines()[0] == full.splitlines()[0]


def test_markdown_goes_to_stdout_when_it_is_asked_for(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("--preview", "prod=edits.json", "--output", "markdown", "--full", "full.md")
    assert capsys.readouterr().out == (folder / "full.md").read_text(encoding="utf-8")


def test_the_same_previews_give_the_same_bytes(folder: Path) -> None:
    for name in ("one.md", "two.md"):
        run("--preview", "prod=edits.json", "--full", name)
    assert (folder / "one.md").read_bytes() == (folder / "two.md").read_bytes()


def test_what_a_preview_says_gives_no_orders_to_the_build(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    evil = "##vso[task.setvariable variable=x]y"
    told = digest(diagnostics=[{"severity": "error", "message": f"error: it broke\n{evil}\n::error::z"}])
    (folder / "evil.json").write_text(told, encoding="utf-8")
    monkeypatch.setenv("TF_BUILD", "True")
    for output in ("table", "markdown", "json"):
        run("--preview", "prod=evil.json", "--output", output)
        printed = capsys.readouterr().out
        assert "it broke" in printed
        assert "##vso" not in printed and not [line for line in printed.splitlines() if line.strip().startswith("::")]


# --- lines and rules -------------------------------------------------------------------------------------------------


def git(folder: Path, *words: str) -> None:
    names = ("-c", "user.name=a", "-c", "user.email=a@b")
    subprocess.run(["git", *names, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(folder: Path) -> Path:
    """The folder as a repository whose branch `main` has the stack file before the edit, and rules."""
    git(folder, "init", "-b", "main")
    write_stack(folder, "3600")
    (folder / "review.yaml").write_text(RULES.format(LABEL), encoding="utf-8")
    git(folder, "add", "Pulumi.yaml", "Pulumi.prod.yaml", "review.yaml")
    git(folder, "commit", "-m", "before")
    git(folder, "checkout", "-b", "change")
    write_stack(folder, "60")
    return folder


def write_stack(folder: Path, polling: str) -> None:
    lines = [
        "config:",
        "  extension-pool:pools:",
        "    linux:",
        "      image: ubuntu-24.04",
        "      keyVaultCertificates: [https://kv-test.vault.azure.net/secrets/tls]",
        "      keyVaultExtension:",
        f"        pollingIntervalInS: '{polling}'",
    ]
    text = "\n".join(lines) + "\n"
    (folder / "Pulumi.prod.yaml").write_text(text, encoding="utf-8")


def linux_only(folder: Path) -> None:
    document = json.loads(EDITS)
    document["config"] = {}
    document["steps"] = [one for one in document["steps"] if one["urn"].endswith(("::linux-pool", "-test"))]
    (folder / "linux.json").write_text(json.dumps(document), encoding="utf-8")


def test_the_line_of_the_edit_is_told(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    linux_only(repository)
    _, told = as_json(capsys, "--preview", "prod=linux.json", "--base", "main", "--label", "ok")
    (change,) = told["environments"][0]["changes"]
    forcing = [leaf for leaf in change["leaves"] if leaf["forces"]]
    assert [leaf["place"] for leaf in forcing] == [{"file": "Pulumi.prod.yaml", "line": 7, "removed": False}]


def test_a_base_that_nobody_knows_is_bad_usage(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--preview", "prod=edits.json", "--base", "nowhere") == 2
    assert "--base: must be a revision that git knows, got 'nowhere'" in capsys.readouterr().err


@pytest.mark.parametrize(("labels", "code"), [([], 1), (["--label", "other"], 1), (["--label", "OK"], 0)])
def test_the_rules_let_a_change_pass_with_their_label(repository: Path, labels: list[str], code: int) -> None:
    linux_only(repository)
    assert run("--preview", "prod=linux.json", "--base", "main", *labels) == code


def test_of_some_environments_no_other_is_missed(repository: Path) -> None:
    linux_only(repository)
    (repository / "some.yaml").write_text(RULES.format(LABEL) + "  staging: free\n", encoding="utf-8")
    arguments = ["--preview", "prod=linux.json", "--rules", "some.yaml", "--label", "ok"]
    assert (run(*arguments), run(*arguments, "--partial")) == (1, 0)


def test_where_there_is_nothing_to_approve_no_rule_is_asked_but_a_failed_preview_does_not_pass(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    linux_only(repository)
    assert (run("--preview", "prod=linux.json"), run("--preview", "prod=linux.json", "--no-rules")) == (1, 0)
    assert run("--preview", "prod=failed.json", "--no-rules") == 1
    assert run("--preview", "prod=linux.json", "--no-rules", "--rules", "review.yaml") == 2
    assert "--no-rules: cannot be with --rules" in capsys.readouterr().err


def test_a_change_does_not_judge_itself(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    linux_only(repository)
    (repository / "review.yaml").write_text(RULES.format("free"), encoding="utf-8")
    code, told = as_json(capsys, "--preview", "prod=linux.json", "--base", "main", "--label", "other")
    assert code == 1
    assert any(one["sentence"].startswith("review.yaml") for one in told["findings"]), told["findings"]


def test_no_label_lets_a_failed_preview_pass(repository: Path) -> None:
    assert run("--preview", "prod=failed.json", "--base", "main", "--label", "ok") == 1


def test_a_preview_for_another_commit_is_stale(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    linux_only(repository)
    code, told = as_json(capsys, "--preview", "prod=linux.json", "--label", "ok", "--made-for", f"prod={'a' * 40}")
    assert (code, told["environments"][0]["standing"]) == (1, "stale")


# --- bad usage -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--preview", "edits.json"], "--preview: must be ENV=FILE, got 'edits.json'"),
        (["--preview", "=edits.json"], "--preview: must be ENV=FILE"),
        (
            ["--preview", "a=edits.json", "--preview", "a=b.json"],
            "--preview: must come once for each environment, got 'a'",
        ),
        (["--preview", "a=edits.json", "--failed", "b"], "--failed: must name an environment of --preview, got 'b'; a"),
        (["--preview", "a=edits.json", "--said", "b=x"], "--said: must name an environment of --preview, got 'b'; a"),
        (["--preview", "a=edits.json", "--made-at", "b=2026-01-01T00:00:00Z"], "--made-at: must name an environment"),
        (["--preview", "a=edits.json", "--rules", "none.yaml"], "--rules: must be a file under the folder"),
        (["--preview", "a=."], "--preview a: must be a file that can be read"),
        (["--preview", "a=edits.json", "--full", "none/report.md"], "--full: must be a file that can be written"),
        (["--preview", "a=edits.json", "--post", "github"], "--post github: needs"),
        ([], "usage: Missing option '--preview'"),
    ],
)
def test_bad_usage_is_one_line(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    for name in ("GITHUB_TOKEN", "GH_TOKEN", "GITHUB_REPOSITORY", "GITHUB_EVENT_PATH", "GITHUB_REF"):
        monkeypatch.delenv(name, raising=False)
    assert run(*arguments) == 2
    out, err = capsys.readouterr()
    assert err.startswith(f"extension-pool: {message}")
    assert (err.count("\n"), out) == (1, "")


# --- live ------------------------------------------------------------------------------------------------------------


def test_live_tells_the_tasks_that_run_on_what_goes(
    folder: Path, service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    gone(folder, "linux", "quiet")
    jobs(service, {"linux": 7, "other": 3})
    code, told = as_json(capsys, "--preview", "prod=gone.json", "--live")
    costs = {one["pool"]: one["cost"] for one in told["environments"][0]["changes"]}
    assert code == 0
    assert (costs["linux"]["runningTasks"], costs["quiet"]["runningTasks"]) == (7, 0)
    assert service.changes == []


def test_without_live_azure_is_not_asked(folder: Path, service: Service) -> None:
    gone(folder, "linux")
    assert run("--preview", "prod=gone.json") == 0
    assert service.asked == []


@pytest.mark.parametrize("answer", [error(403, "AuthorizationFailed", "no right"), None])
def test_what_could_not_be_asked_is_said_and_the_report_still_comes(
    folder: Path, service: Service, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    gone(folder, "linux")
    if answer is None:
        monkeypatch.delenv("AZURE_BATCH_ENDPOINT")
    else:
        service.answers["/jobs"] = service.answers["/jobschedules"] = answer
    code, told = as_json(capsys, "--preview", "prod=gone.json", "--live")
    cost = told["environments"][0]["changes"][0]["cost"]
    assert (code, cost["runningTasks"]) == (0, None)
    run("--preview", "prod=gone.json", "--live")
    assert "running tasks not known" in capsys.readouterr().out


# --- posting ---------------------------------------------------------------------------------------------------------


def with_forge(monkeypatch: pytest.MonkeyPatch, forge: Forge) -> Forge:
    monkeypatch.setattr(report_command, "open_forge", lambda kind, environ: forge)
    return forge


@pytest.mark.parametrize(("preview", "passes"), [("edits", True), ("nothing", True), ("failed", False)])
def test_success_failure_and_no_change_are_posted_alike(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], preview: str, passes: bool
) -> None:
    forge = with_forge(monkeypatch, Forge())
    summary = folder / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    code = run("--preview", f"prod={preview}.json", "--post", "github", "--markdown", "report.md")
    assert code == (0 if passes else 1)
    assert forge.posted == [((folder / "report.md").read_text(encoding="utf-8"), "extension-pool", passes)]
    assert summary.read_text(encoding="utf-8").splitlines()[0] == forge.posted[0][0].splitlines()[0]
    assert "comment created: https://example.test/1" in capsys.readouterr().err


def test_the_key_and_the_labels_of_the_pull_request_count(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    linux_only(repository)
    forge = with_forge(monkeypatch, Forge(frozenset({"ok"})))
    assert run("--preview", "prod=linux.json", "--base", "main", "--post", "github", "--key", "mine") == 0
    assert forge.posted[0][1] == "mine"


@pytest.mark.parametrize("forge", [Forge(None), Forge(fails=True)])
def test_a_service_that_does_not_answer_is_told_after_the_report(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], forge: Forge
) -> None:
    linux_only(repository)
    with_forge(monkeypatch, forge)
    assert run("--preview", "prod=linux.json", "--base", "main", "--post", "github", "--full", "full.md") == 3
    out, err = capsys.readouterr()
    assert "recreated" in out and "github: no answer" in err
    assert (repository / "full.md").exists()
