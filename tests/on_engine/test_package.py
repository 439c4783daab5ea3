"""The package for programs in other languages, as `pulumi package` sees it."""

import compileall
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from engine import go_tools
from engine.get import EngineError
from engine.local import Local
from extension_pool.languages.package import TOKEN, package_schema, package_version
from tests.on_engine.stack import ROOT
from tests.on_engine.yaml_stack import needs_yaml_host
from tests.support.git_server import serve_git

pytestmark = pytest.mark.drill

PLUGIN = ROOT / "plugin"


@pytest.fixture
def consumer(tmp_path: Path) -> Local:
    """A project in YAML without packages."""
    needs_yaml_host()
    project = tmp_path / "consumer"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: consumer\nruntime: yaml\n", encoding="utf-8")
    return Local(tmp_path / "work", project, say=lambda line: None)


def pulumi(consumer: Local, *args: str, **environment: str) -> str:
    """A command of `pulumi package`, which sealed runs refuse for the downloads that it may do; here it does none."""
    env = {**consumer.environment(), "PULUMI_HOME": str(consumer.work / "home"), **environment}
    command = [consumer.engine.path, *args]
    done = subprocess.run(
        command, cwd=consumer.program, env=env, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_schema_is_the_one_that_was_looked_at(consumer: Local) -> None:
    told = json.loads(pulumi(consumer, "package", "get-schema", str(PLUGIN)))
    wanted = package_schema()
    assert told["version"] == package_version()
    assert told["types"] == wanted["types"]
    for part in ("inputProperties", "requiredInputs", "properties"):
        assert told["resources"][TOKEN][part] == wanted["resources"][TOKEN][part]


def test_it_is_added_from_a_folder(consumer: Local) -> None:
    pulumi(consumer, "package", "add", str(PLUGIN))
    added = (consumer.program / "Pulumi.yaml").read_text(encoding="utf-8")
    assert f"extension-pool: {PLUGIN}" in added


@pytest.mark.parametrize(("language", "file"), [("go", "extensionPool.go"), ("python", "extension_pool.py")])
def test_an_sdk_is_generated(language: str, file: str, tmp_path: Path) -> None:
    try:
        generator = go_tools.get_tool(go_tools.SDKGEN, say=lambda line: None)
    except EngineError as error:
        pytest.skip(f"no SDK can be generated: {error}")
    given = json.dumps(package_schema())
    done = subprocess.run([generator, language, tmp_path], input=given, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    (made,) = tmp_path.rglob(file)
    text = made.read_text(encoding="utf-8")
    assert "keyVaultCertificates" in text
    if language == "python":
        assert compileall.compile_dir(tmp_path, quiet=1)
    else:
        types = made.with_name("pulumiTypes.go").read_text(encoding="utf-8")
        used = set(re.findall(r"^\t\w+ +(?:\[\]|\*)?(\w+Args)$", text, re.MULTILINE))
        assert len(used) > 20 and [one for one in used if f"type {one} struct" not in types] == []


def test_it_comes_from_the_folder_of_a_git_repository(consumer: Local, tmp_path: Path) -> None:
    """The whole repository is checked out, so that the plugin finds the library beside it."""
    served = tmp_path / "served" / "team"
    tag(tmp_path / "source", served / "extension-pool.git")
    certificate = tmp_path / "certificate.pem"
    with serve_git(tmp_path / "served", certificate) as host:
        # not `add`, which ends with a panic where the repository's host has a port
        told = pulumi(
            consumer,
            *("package", "get-schema", f"https://{host}/team/extension-pool.git/plugin@0.1.0"),
            SSL_CERT_FILE=str(certificate),
            PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION="false",
        )
    assert json.loads(told)["types"] == package_schema()["types"]
    (checked_out,) = (consumer.work / "home" / "plugins").glob("resource-*[!.lock]")
    assert list(checked_out.rglob("components/extension_pool/languages/host.py"))


def tag(source: Path, bare: Path) -> None:
    """A repository with what the plugin needs of this project, tagged as a release is."""
    source.mkdir()
    for folder in ("plugin", "components"):
        shutil.copytree(
            ROOT / folder, source / folder, ignore=shutil.ignore_patterns("__pycache__", "venv", "*.egg-info")
        )
    for name in ("pyproject.toml", "constraints.txt", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    git = ["git", "-c", "user.name=release", "-c", "user.email=release@example.com", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", "0.1.0"], ["tag", "v0.1.0"]):
        subprocess.run([*git, *words], cwd=source, check=True, capture_output=True)
    subprocess.run(["git", "clone", "-q", "--bare", str(source), str(bare)], check=True, capture_output=True)
