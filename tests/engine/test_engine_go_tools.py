"""What other languages than Python need beside an engine that was built from its Go module."""

from pathlib import Path

import pytest

from engine import get, go_module, go_tools
from engine.get import Engine, EngineError
from engine.go_tools import SDKGEN, YAML_HOST, Tool
from engine.processes import Stalled


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An engine folder with an engine that was built here, and no tools."""
    engine = tmp_path / "engine"
    (engine / "bin").mkdir(parents=True)
    (engine / "bin" / "pulumi").write_text("", encoding="utf-8")
    monkeypatch.setattr(go_tools, "ENGINE", engine)
    monkeypatch.setattr(get, "get", lambda say=print: Engine(engine / "bin" / "pulumi", (3, 255, 0), "built"))
    monkeypatch.setattr(go_module, "check", lambda environ, go_mod: None)
    return engine


def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Instead of Go; what was built."""
    names: list[str] = []

    def build(module: Path, version: str, output: Path, work: Path, **options: object) -> None:
        names.append(output.name)
        output.write_text("a program", encoding="utf-8")

    monkeypatch.setattr(go_module, "build", build)
    return names


def test_a_tool_is_built_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = built(monkeypatch)
    said: list[str] = []
    assert go_tools.get_tool(SDKGEN, said.append) == go_tools.get_tool(SDKGEN, said.append) == SDKGEN.built
    assert names == ["sdkgen"] and len(said) == 1 and not (folder / "building-sdkgen").exists()


def test_a_tool_is_built_anew_when_its_module_changes(tmp_path: Path) -> None:
    module = tmp_path / "module"
    module.mkdir()
    (module / "go.mod").write_text("module a", encoding="utf-8")
    tool = Tool("tool", module, ".")
    before = tool.built
    (module / "go.mod").write_text("module b", encoding="utf-8")
    assert tool.built != before


def test_the_host_for_yaml_lies_beside_the_engine_and_is_no_link_to_elsewhere(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looks for the host of the plugin's language where it is itself."""
    built(monkeypatch)
    host = go_tools.get_yaml_host(lambda line: None)
    assert host == folder / "bin" / YAML_HOST.name and not host.is_symlink()
    assert host.samefile(YAML_HOST.built)
    host.unlink()
    host.write_text("of another version", encoding="utf-8")
    assert go_tools.get_yaml_host(lambda line: None).read_text(encoding="utf-8") == "a program"


def test_an_engine_of_the_user_brings_its_own_host(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "usr" / "pulumi"
    elsewhere.parent.mkdir()
    monkeypatch.setattr(get, "get", lambda say=print: Engine(elsewhere, (3, 260, 0), "on PATH"))
    with pytest.raises(EngineError, match="has no pulumi-language-yaml beside it; the official command line brings it"):
        go_tools.get_yaml_host()
    elsewhere.with_name(YAML_HOST.name).write_text("", encoding="utf-8")
    assert go_tools.get_yaml_host() == elsewhere.with_name(YAML_HOST.name)


@pytest.mark.parametrize(
    ("error", "told"),
    [(go_module.GoError("there is no go on PATH"), "there is no go"), (Stalled(), "nothing came from the Go module")],
)
def test_whoever_cannot_build_it_is_told_why(
    error: Exception, told: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*args: object, **options: object) -> None:
        raise error

    monkeypatch.setattr(go_module, "build", fails)
    with pytest.raises(EngineError, match=f"sdkgen: {told}"):
        go_tools.get_tool(SDKGEN, lambda line: None)


def test_what_is_built_is_pinned() -> None:
    for tool in (YAML_HOST, SDKGEN):
        assert (tool.module / "go.sum").is_file()
        assert go_module.directive(tool.module / "go.mod").startswith("1.25")
    pinned = (SDKGEN.module / "go.mod").read_text(encoding="utf-8")
    assert f"github.com/pulumi/pulumi/pkg/v3 v{get.wanted_version()}\n" in pinned, "of the same version as the engine"
