"""The copy of the project: paths, salts, placeholders, and what `config set` carries back."""

from pathlib import Path

import pytest
import yaml

from engine.local import Local
from engine.project import SALT, Project, localised, stand_in, with_absolute_paths
from engine.sealed import Refused

REAL = """\
secretsprovider: azurekeyvault://vault.vault.azure.net/keys/k
encryptedkey: abc
environment: [prod]
config:
  tiny:a: {nested: [{secure: v1:real:one}]}
  tiny:b: {secure: v1:real:two}
  tiny:c: plain
"""


def copied(folder: Path, tmp_path: Path) -> tuple[Project, list[str]]:
    notices: list[str] = []
    project = Project(folder, tmp_path / "copy", tmp_path / "venv")
    project.write(notices.append)
    return project, notices


def test_the_copy_runs_the_programs_folder_with_the_right_environment_and_no_backend(program, tmp_path):
    project = "name: tiny\nruntime: {name: python, options: {virtualenv: venv, toolchain: uv, typechecker: mypy}}\n"
    folder = program(
        "", project=project + "backend: {url: file://x}\nmain: infra\npackages: {p: ../plugin, q: 1.0.0}\n"
    )
    copied(folder, tmp_path)
    settings = yaml.safe_load((tmp_path / "copy" / "Pulumi.yaml").read_text())
    assert settings["main"] == str(folder / "infra")
    assert settings["runtime"]["options"] == {"virtualenv": str(tmp_path / "venv"), "typechecker": "mypy"}
    assert settings["stackConfigDir"] == "stacks"
    assert settings["packages"] == {"p": str(folder / "../plugin"), "q": "1.0.0"}
    assert "backend" not in settings


def test_a_file_without_secrets_stays_as_it_is_typed_and_gets_the_salt(program, tmp_path):
    text = "# why\nconfig:\n  tiny:a: 1 # because\n"
    folder = program("", stack=text)
    _, notices = copied(folder, tmp_path)
    assert (tmp_path / "copy/stacks/Pulumi.dev.yaml").read_text() == f"encryptionsalt: {SALT}\n{text}"
    assert (folder / "stacks/Pulumi.dev.yaml").read_text() == text
    assert notices == []


def test_secrets_of_local_azure_are_kept():
    text = f"encryptionsalt: {SALT}\nconfig:\n  tiny:a:\n    secure: v1:local:x\n"
    assert localised(text) == (text, None)


def test_secrets_of_a_real_environment_become_placeholders_and_one_line_says_so():
    text, notice = localised(REAL)
    assert yaml.safe_load(text) == {
        "encryptionsalt": SALT,
        "config": {
            "tiny:a": {"nested": [{"secure": stand_in("v1:real:one")}]},
            "tiny:b": {"secure": stand_in("v1:real:two")},
            "tiny:c": "plain",
        },
    }
    assert notice is not None
    assert "2 secret(s)" in notice
    assert "`environment:`" in notice


def test_another_salt_is_a_real_environment_too():
    text, notice = localised("encryptionsalt: v1:other:v1:x:y\nconfig:\n  a: {secure: v1:x:y}\n")
    assert stand_in("v1:x:y") in text
    assert notice == "1 secret(s) of a real environment are placeholders in local Azure"


def test_stand_ins_are_equal_for_the_same_secret_only_and_say_nothing_of_it():
    assert stand_in("v1:real:one") == stand_in("v1:real:one")
    assert stand_in("v1:real:one") != stand_in("v1:real:two")
    assert "real" not in stand_in("v1:real:one")


def test_only_the_stack_that_was_asked_for_is_copied_and_another_may_be_broken(program, tmp_path):
    folder = program("")
    (folder / "stacks/Pulumi.broken.yaml").write_text("a: [\n")
    Project(folder, tmp_path / "one", only="dev").write(lambda line: None)
    assert [path.name for path in (tmp_path / "one/stacks").iterdir()] == ["Pulumi.dev.yaml"]
    with pytest.raises(Refused, match=r"Pulumi\.broken\.yaml"):
        Project(folder, tmp_path / "all").write(lambda line: None)


@pytest.mark.parametrize("text", ["", "# only a comment\n", "config:\n"])
def test_an_empty_file_is_fine(text):
    assert yaml.safe_load(localised(text)[0])["encryptionsalt"] == SALT


@pytest.mark.parametrize("text", ["- a\n", "a: [\n"])
def test_a_file_that_is_no_stack_file_is_refused_with_its_name(text):
    with pytest.raises(Refused, match="here"):
        localised(text, "here")


def test_what_config_set_wrote_is_carried_back_without_a_salt_that_nothing_needs(program, tmp_path):
    folder = program("", stack="# why\nconfig: {}\n")
    project, _ = copied(folder, tmp_path)
    copy, source = tmp_path / "copy/stacks/Pulumi.dev.yaml", folder / "stacks/Pulumi.dev.yaml"
    copy.write_text(f"encryptionsalt: {SALT}\n# why\nconfig:\n  tiny:a: 1\n")
    project.take_back()
    assert source.read_text() == "# why\nconfig:\n  tiny:a: 1\n"
    secret = f"encryptionsalt: {SALT}\n# why\nconfig:\n  tiny:a:\n    secure: v1:x:y\n"
    copy.write_text(secret)
    project.take_back()
    assert source.read_text() == secret


def test_a_file_of_a_real_environment_is_never_written(program, tmp_path):
    folder = program("", stack=REAL)
    project, notices = copied(folder, tmp_path)
    assert len(notices) == 1
    (tmp_path / "copy/stacks/Pulumi.dev.yaml").write_text("config:\n  tiny:a: 1\n")
    with pytest.raises(Refused, match="encrypted for a real environment"):
        project.take_back()
    assert (folder / "stacks/Pulumi.dev.yaml").read_text() == REAL


def test_the_copy_follows_the_project(program, tmp_path):
    folder = program("")
    project, _ = copied(folder, tmp_path)
    (folder / "stacks/Pulumi.dev.yaml").rename(folder / "stacks/Pulumi.prod.yaml")
    project.write(lambda line: None)
    assert [path.name for path in (tmp_path / "copy/stacks").iterdir()] == ["Pulumi.prod.yaml"]


def test_paths_among_the_arguments_are_those_of_the_caller():
    typed = ["preview", "--policy-pack", "policy", "--save-plan=out/plan.json", "--stack", "dev", "--file", "/x"]
    assert with_absolute_paths(typed, Path("/here")) == [
        "preview", "--policy-pack", "/here/policy", "--save-plan=/here/out/plan.json", "--stack", "dev", "--file", "/x",
    ]  # fmt: skip


def test_a_stack_without_a_file_is_refused_with_those_that_there_are(program, tmp_path):
    local = Local(tmp_path / "work", program(""))
    with pytest.raises(Refused, match=r"Pulumi\.prod\.yaml: there is no such stack file; there are: dev"):
        local.check_stack("prod")
    with pytest.raises(Refused, match="a name has letters"):
        local.check_stack("org/tiny/dev")


def test_a_folder_without_a_project_is_refused(tmp_path):
    with pytest.raises(Refused, match="there is no such file"):
        Local(tmp_path / "work", tmp_path).refuse()
