"""The changelog says of each version whether the upgrade to it recreates pools, and says the truth."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from extension_pool.args import ExtensionPoolArgs
from extension_pool.extensions import MODELS
from extension_pool.spec import PoolSettings
from extension_pool.testing.tokens import POOL
from tests.support import upgrades
from tests.support.upgrades import BadChangelog, Release, judge_upgrade, parse_changelog

REWRITE = ".venv/bin/python -m tests.support.upgrades --write"
RELEASES = parse_changelog(upgrades.CHANGELOG.read_text(encoding="utf-8"))
NEWEST = RELEASES[0]


def next_version(recreates: str = "", version: upgrades.Version = (0, 2, 0)) -> Release:
    return Release(version, False, recreates)


@pytest.fixture
def released(tmp_path: Path) -> Path:
    """The newest version as a release of the past: a folder whose cases a test may alter."""
    return Path(shutil.copytree(upgrades.folder_of(NEWEST.version), tmp_path / "0.1.0"))


def altered(folder: Path, case: str, edit: Callable[[dict[str, Any]], None]) -> None:
    """The version of a folder made this pool, and no other, in another way than today's code does."""
    for other in set(folder.glob("*.json")) - {folder / f"{case}.json"}:
        other.unlink()
    file = folder / f"{case}.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    for one in document.get("resources", []):
        if one["type"] == POOL:
            edit(one)
    file.write_text(json.dumps(document), encoding="utf-8")


def judged(folder: Path, release: Release) -> list[str]:
    return judge_upgrade(release, (0, 1, 0), upgrades.upgrade(folder), upgrades.lost_names(folder))


def test_the_newest_version_is_the_one_that_is_built() -> None:
    # by eye, since Python 3.10 has no tomllib
    built = re.search(r'^version = "(.+)"$', (upgrades.ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.M)
    assert built is not None and built[1] == ".".join(map(str, NEWEST.version))


def test_its_pools_are_recorded_as_todays_code_makes_them() -> None:
    folder = upgrades.folder_of(NEWEST.version)
    found = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    differing = [name for name, text in upgrades.record().items() if found.pop(name, None) != text] + sorted(found)
    do = "it is released: begin the next version in CHANGELOG.md and pyproject.toml, then" if NEWEST.released else "run"
    assert not differing, f"pools or names are not those of {folder.name}: {differing}; {do} {REWRITE}"


def test_the_changelog_says_what_todays_code_does_to_the_pools_of_the_version_before() -> None:
    earlier = [one for one in upgrades.folders() if one < NEWEST.version]
    for before in earlier[:1]:
        folder = upgrades.folder_of(before)
        problems = judge_upgrade(NEWEST, before, upgrades.upgrade(folder), upgrades.lost_names(folder))
        assert not problems, "\n".join(problems)
    # a first version has nothing that it could recreate
    assert earlier or (len(RELEASES) == 1 and not NEWEST.recreates)


def test_each_released_version_is_recorded() -> None:
    missing = [one.version for one in RELEASES if one.version not in upgrades.folders()]
    assert not missing, f"no folder in {upgrades.RENDERED} for {missing}"


def test_the_same_code_recreates_nothing(released: Path) -> None:
    made = upgrades.upgrade(released)
    assert set(made) == {*upgrades.cases(), *(f"typed {model.__name__}" for model in MODELS)}
    assert all(one.unchanged == ("pool",) or case == "canary" for case, one in made.items())
    assert not [one for each in made.values() for one in upgrades.recreations(each)]
    assert judged(released, next_version()) == []


def test_a_changed_default_that_recreates_pools_must_be_told(released: Path) -> None:
    def other_default(pool: dict[str, Any]) -> None:
        machines = pool["inputs"]["deploymentConfiguration"]["virtualMachineConfiguration"]
        management = machines["extensions"][0]["settings"]["secretsManagementSettings"]
        management["requireInitialSync"] = False

    altered(released, "linux-certificate", other_default)
    (problem,) = judged(released, next_version())
    assert problem.startswith("CHANGELOG.md: 0.2.0 recreates pools (linux-certificate: pool: replace for ")
    assert problem.endswith("requireInitialSync), and says `Recreates pools: no`")

    # a line that says why, but not which property
    (problem,) = judged(released, next_version("those with certificates"))
    assert problem == "CHANGELOG.md: 0.2.0: its line `Recreates pools: yes: ...` must name ['requireInitialSync']"

    assert judged(released, next_version("those with certificates: the default of requireInitialSync is true")) == []
    (problem,) = judged(released, next_version("requireInitialSync", (0, 1, 1)))
    assert problem == "version: 0.1.1 recreates pools; that is no patch of 0.1.0"


def test_a_changed_default_of_a_typed_model_must_be_told(released: Path) -> None:
    altered(released, upgrades.TYPED.removesuffix(".json"), lambda pool: None)
    file = released / upgrades.TYPED
    document = json.loads(file.read_text(encoding="utf-8"))
    assert judged(released, next_version()) == []
    document["NvidiaGpuDriverLinux"]["makes"]["type_handler_version"] = "1.2"
    file.write_text(json.dumps(document), encoding="utf-8")
    (problem,) = judged(released, next_version())
    assert "(typed NvidiaGpuDriverLinux: pool: replace for extensions[0].typeHandlerVersion)" in problem
    assert judged(released, next_version("those with an Nvidia driver: its typeHandlerVersion")) == []


def test_another_digest_recreates_blue_green_pools(released: Path) -> None:
    def other_name(pool: dict[str, Any]) -> None:
        pool["inputs"]["poolName"] = "pool-00000000"

    altered(released, "blue-green", other_name)
    (problem,) = judged(released, next_version())
    assert "blue-green: pool: replace for poolName" in problem


def test_a_new_name_in_the_program_without_an_alias_recreates_the_pool(released: Path) -> None:
    def other_urn(pool: dict[str, Any]) -> None:
        pool["name"] = "pool-batch"
        pool["urn"] = pool["urn"].replace("::pool-pool", "::pool-batch")

    altered(released, "smallest", other_urn)
    assert "smallest: pool: delete" in judged(released, next_version())[0]


def test_a_changed_default_that_azure_takes_in_place_recreates_nothing(released: Path) -> None:
    def other_scale(pool: dict[str, Any]) -> None:
        pool["inputs"]["scaleSettings"]["fixedScale"]["targetDedicatedNodes"] = 1

    altered(released, "linux-certificate", other_scale)
    assert upgrades.upgrade(released)["linux-certificate"].updated == ("pool",)
    assert judged(released, next_version()) == []


def test_a_recreation_that_is_told_must_be_shown_by_a_case(released: Path) -> None:
    altered(released, "smallest", lambda pool: None)
    assert judged(released, next_version("those with vmSize")) == [
        "CHANGELOG.md: 0.2.0 says that it recreates pools, and no case shows one; add it"
    ]


def test_a_public_name_goes_with_a_new_major_version_only(released: Path) -> None:
    altered(released, "smallest", lambda pool: None)
    names = released / upgrades.NAMES
    names.write_text(names.read_text(encoding="utf-8") + "extension_pool.OldArgs\n", encoding="utf-8")
    assert judged(released, next_version(version=(0, 1, 1))) == [
        "version: 0.1.1 loses public names, which is a major version (minor before 1.0): ['extension_pool.OldArgs']"
    ]
    assert judged(released, next_version(version=(0, 2, 0))) == []
    lost = ["extension_pool.OldArgs"]
    assert judge_upgrade(next_version(version=(1, 1, 0)), (1, 0, 0), {}, lost) != []
    assert judge_upgrade(next_version(version=(2, 0, 0)), (1, 0, 0), {}, lost) == []


def test_yesterdays_arguments_are_what_is_upgraded(released: Path) -> None:
    # and not those that the case has today
    altered(released, "smallest", lambda pool: None)
    (released / "smallest.json").write_text(
        (released / "smallest.json").read_text(encoding="utf-8").replace("Standard_D2s_v5", "Standard_D8s_v5"),
        encoding="utf-8",
    )
    assert upgrades.upgrade(released)["smallest"].unchanged == ("pool",)


def test_what_a_case_keeps_is_what_was_registered() -> None:
    arguments = upgrades.cases()["everything-else"]
    stack = upgrades.render(arguments)
    again, loaded = upgrades.load(upgrades.dump(arguments, stack))
    assert again == arguments
    assert loaded.pool("pool").inputs == stack.pool("pool").inputs
    assert loaded.pool("pool").secrets == stack.pool("pool").secrets != ()
    assert loaded.pool("pool").deletes_first == stack.pool("pool").deletes_first


def test_the_cases_have_every_argument_of_a_pool() -> None:
    used = {key for arguments in upgrades.cases().values() for key in arguments}
    every = set(ExtensionPoolArgs.__required_keys__ | ExtensionPoolArgs.__optional_keys__)
    assert used <= every
    assert set(PoolSettings.model_fields) - used <= NOT_IN_CASES


NOT_IN_CASES = {
    # passed on as they are: no default of ours, nothing that a version could render otherwise
    *("display_name", "license_type", "application_licenses", "application_packages", "upgrade_policy"),
    *("container_configuration", "disk_encryption_configuration", "os_disk", "service_artifact_reference"),
    "windows_configuration",
}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("## next\n", "'## next' must be `## 1.2.3"),
        ("## 1.0.0 (soon)\nRecreates pools: no\n", "must be `## 1.2.3"),
        ("## 1.0.0 (unreleased)\n", "1.0.0 (unreleased) must have one line `Recreates pools: no`"),
        ("## 1.0.0 (unreleased)\nRecreates pools: maybe\n", "got ['Recreates pools: maybe']"),
        ("## 1.0.0 (unreleased)\nRecreates pools: yes\n", "got ['Recreates pools: yes']"),
        ("## 1.0.0 (unreleased)\nRecreates pools: no\nRecreates pools: no\n", "must have one line"),
        (
            "## 1.0.0 (2026-01-01)\nRecreates pools: no\n## 1.1.0 (unreleased)\nRecreates pools: no\n",
            "the newest version comes first",
        ),
    ],
)
def test_a_changelog_that_leaves_it_open_is_refused(text: str, problem: str) -> None:
    with pytest.raises(BadChangelog, match=re.escape(problem)):
        parse_changelog(f"# Changelog\n\n{text}")


def test_a_changelog_is_read_newest_first() -> None:
    text = (
        "# Changelog\n\n## 1.1.0 (unreleased)\n\nRecreates pools: yes: those with a canary, for poolName\n\n- ...\n\n"
        "## 1.0.0 (2026-01-01)\n\nRecreates pools: no\n"
    )
    assert parse_changelog(text) == (
        Release((1, 1, 0), False, "those with a canary, for poolName"),
        Release((1, 0, 0), True, ""),
    )


def test_a_released_version_is_not_recorded_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert upgrades._write(Release((0, 1, 0), True, "")) == 2
    assert "is released, and stays as it is; begin the next one" in capsys.readouterr().err
