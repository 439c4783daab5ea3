"""The repository as a template: `pulumi new` with its address, its questions answered, then `pulumi up`."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from emulator import Store
from engine.local import Local
from tests.distribution.built import Builder, install_beside
from tests.on_engine.stack import ROOT, SPEED
from tests.support.git_server import serve_git

pytestmark = pytest.mark.drill

PAGE = ROOT / "docs" / "new-project.md"
NOT_OURS = shutil.ignore_patterns(
    *(".git", ".venv", ".local", ".*_cache", ".hypothesis", "__pycache__", "*.pyc", "*.egg-info", "dist", "build"),
    *("node_modules", "venv", "run", ".coverage", "htmlcov", ".extension-pool"),
)


@dataclass
class NewProject:
    """A project made by `pulumi new` in `folder`, on a local Azure of its own."""

    folder: Path
    local: Local
    said: str = ""

    def pulumi(self, *args: str, check: bool = True, **environment: str) -> str:
        """A pulumi command in the project itself: what a user does who has just made it."""
        command = [str(self.local.engine.path), *args, "--non-interactive"]
        env = {**self.local.environment(), **environment}
        done = subprocess.run(
            command, cwd=self.folder, env=env, capture_output=True, text=True, timeout=120, check=False
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    @property
    def store(self) -> Store:
        return Store.open(self.local.azure_dir)

    def answers(self, stack: str = "dev") -> dict[str, object]:
        """The configuration of a stack as its file has it."""
        text = (self.folder / "stacks" / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8")
        config: dict[str, object] = yaml.safe_load(text)["config"]
        return config


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the repository, as a clone has them."""
    return Path(shutil.copytree(ROOT, tmp_path_factory.mktemp("template") / "extension-pool", ignore=NOT_OURS))


@pytest.fixture
def project(tmp_path: Path) -> Iterator[NewProject]:
    """Where a project will be. Its environment is this one, which has its requirements."""
    folder = tmp_path / "render-farm"
    folder.mkdir()
    local = Local(tmp_path / "work", ROOT, speed=SPEED, say=lambda line: None)
    local.install_plugin()
    (local.work / "state").mkdir(parents=True)
    yield NewProject(folder, local)
    local.stop_azure()


def with_environment(project: NewProject) -> NewProject:
    (project.folder / ".venv").symlink_to(sys.prefix)
    return project


def made(project: NewProject, template: str | Path, *answers: str, stack: str = "dev") -> NewProject:
    words = ["new", str(template), "--yes", "--offline", "--name", "render-farm", "--stack", stack]
    project.said = project.pulumi(*words, *answers)
    return with_environment(project)


def test_the_defaults_lead_to_a_dev_stack_that_works(project: NewProject, template: Path) -> None:
    made(project, template)
    assert "Created project 'render-farm'" in project.said and "make up" in project.said
    # nothing in the repository looks like a placeholder of templates
    same = {path.relative_to(template) for path in template.rglob("*") if path.is_file()}
    changed = [str(one) for one in same if (template / one).read_bytes() != (project.folder / one).read_bytes()]
    assert sorted(changed) == ["Pulumi.yaml", "stacks/Pulumi.dev.yaml"]
    assert "template" not in yaml.safe_load((project.folder / "Pulumi.yaml").read_text(encoding="utf-8"))

    project.pulumi("up", "--yes", "--skip-preview")
    names = {path.rsplit("/", 1)[1] for _, path in project.store.resources()}
    assert {"linux", "windows", "extpooldev", "kv-extpool-dev"} <= names
    project.pulumi("preview", "--expect-no-changes")


def test_answers_reach_the_stack_from_a_git_repository(project: NewProject, template: Path, tmp_path: Path) -> None:
    served = tmp_path / "served" / "team" / "extension-pool.git"
    source = Path(shutil.copytree(template, tmp_path / "source"))
    git = ["git", "-c", "user.name=release", "-c", "user.email=release@example.com", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", "a template"]):
        subprocess.run([*git, *words], cwd=source, check=True, capture_output=True)
    subprocess.run(["git", "clone", "-q", "--bare", str(source), str(served)], check=True, capture_output=True)
    certificate = tmp_path / "certificate.pem"
    answers = {
        "azure-native:location": "northeurope",
        "extension-pool:batchAccount.name": "renderfarm7",
        "extension-pool:keyVault.name": "kv-render-farm",
    }
    words = [word for key, value in answers.items() for word in ("--config", f"{key}={value}")]
    with serve_git(tmp_path / "served", certificate) as host:
        url = f"https://{host}/team/extension-pool.git"
        project.pulumi("new", url, "--yes", "--name", "farm", "--stack", "dev", *words, SSL_CERT_FILE=str(certificate))
    with_environment(project)
    assert answers.items() <= project.answers().items()

    project.pulumi("up", "--yes", "--skip-preview")
    paths = [path for _, path in project.store.resources()]
    assert {"renderfarm7", "kv-render-farm"} <= {path.rsplit("/", 1)[1] for path in paths}
    (linux,) = (path for path in paths if path.endswith("/batchAccounts/renderfarm7/pools/linux"))
    # the certificates are those of the vault that was named
    sent = [one.body for one in project.store.operations() if one.method == "PUT" and one.path == linux]
    assert "https://kv-render-farm.vault.azure.net/secrets/web-tls" in str(sent[-1])
    assert "kv-extpool-dev" not in str(sent)
    account = [one.body for one in project.store.operations() if one.method == "PUT" and one.path.endswith("farm7")]
    assert account[-1]["location"] == "northeurope"


def test_what_may_be_deleted_is_not_missed(project: NewProject, template: Path, tmp_path: Path) -> None:
    made(project, template)
    keep(project, 2)
    assert not (project.folder / "engine").exists()
    project.pulumi("up", "--yes", "--skip-preview")
    assert set(json.loads(project.pulumi("stack", "output", "--json"))) == {"batchAccountEndpoint", "pools"}
    # `-e .` of requirements.txt
    builder = Builder(install_beside(tmp_path / "backend", "hatchling"))
    assert builder.wheel(project.folder, tmp_path / "dist").is_file()


def test_make_up_works_in_the_new_project(project: NewProject, template: Path) -> None:
    made(project, template)
    keep(project, 3)
    # its own `engine/`, which finds the engine on PATH and writes into its own `.local`
    path = os.pathsep.join([str(project.local.engine.path.parent), os.environ["PATH"]])
    env = {**os.environ, "PATH": path, "LOCAL_AZURE_SPEED": str(SPEED)}
    engine = [str(project.folder / ".venv" / "bin" / "python"), "-m", "engine"]

    def run(*words: str) -> str:
        done = subprocess.run(
            [*engine, *words], cwd=project.folder, env=env, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    files = [project.folder / "Pulumi.yaml", *sorted((project.folder / "stacks").iterdir())]
    before = [path.read_bytes() for path in files]
    try:
        told = run("up", "--stack", "dev")
        assert "pool linux in extpooldev: ✓ healthy" in told and "pool windows in extpooldev: ✓ healthy" in told
        assert "render-farm" in told
        run("down", "--stack", "dev")
    finally:
        subprocess.run([*engine, "down", "--force"], cwd=project.folder, env=env, capture_output=True, check=True)
    assert [path.read_bytes() for path in files] == before


def keep(project: NewProject, rows: int) -> None:
    """Deletes what the page does not name in the first rows of its table."""
    table = PAGE.read_text(encoding="utf-8").partition("## What you got")[2]
    found = re.findall(r"^\| (`.+?`) \| ", table, re.M)
    needed = {name.strip("`/") for row in found[:rows] for name in row.split(", ")}
    assert {"Pulumi.yaml", "components", "pyproject.toml", "stacks"} <= needed
    for path in project.folder.iterdir():
        if path.name not in needed | {".venv"}:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def test_each_file_of_the_repository_is_told_of(template: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    told = {name.strip("`").rstrip("/").split("/")[0] for name in re.findall(r"`[^`\s]+`", page)}
    assert sorted(path.name for path in template.iterdir() if path.name[0] != "." and path.name not in told) == []


def test_a_stack_of_another_name_says_what_it_still_needs(project: NewProject, template: Path) -> None:
    made(project, template, stack="test")
    told = project.pulumi("preview", check=False)
    assert "stacks/Pulumi.test.yaml has " in told
    assert "extension-pool:pools: required, but missing" in told
    assert "a stack of another name needs a copy of it" in project.said


def test_the_page_has_the_questions_of_the_template() -> None:
    asked = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))["template"]["config"]
    page = PAGE.read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| .+? \| `(.+?)` \| `(.+?)` \|$", page, re.M))
    assert rows == {key: one["default"] for key, one in asked.items()}
    # and what they are for when nothing else is answered
    dev = yaml.safe_load((ROOT / "stacks" / "Pulumi.dev.yaml").read_text(encoding="utf-8"))["config"]
    assert dev["azure-native:location"] == asked["azure-native:location"]["default"]
    for key in ("extension-pool:batchAccount", "extension-pool:keyVault"):
        assert dev[key] == {"name": asked[f"{key}.name"]["default"], "create": True}
