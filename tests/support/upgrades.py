"""What an upgrade of the library does to pools that an earlier version made.

    python -m tests.support.upgrades           which pools today's code would recreate, against the last release
    python -m tests.support.upgrades --write   records today's pools and names for the version that is being made

Each version has a folder in `tests/goldens/rendered/`: for each case of `cases/` its arguments and what the version
registered for them, inputs and options; what each typed model of an extension becomes; and the public names. The
arguments are kept with it: an upgrade is today's code with yesterday's arguments.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from extension_pool import ExtensionPool, extensions
from extension_pool.public import public_names
from extension_pool.spec import arm_name
from extension_pool.testing import Comparison, Options, PoolChange, RecordedStack, Secret, compare, run_program
from extension_pool.testing.monitor import Registration
from extension_pool.testing.stack import build_stack
from tests.extension_pool.extensions.examples import EXAMPLES

ROOT = Path(__file__).parents[2]
RENDERED = ROOT / "tests" / "goldens" / "rendered"
CASES = RENDERED / "cases"
CHANGELOG = ROOT / "CHANGELOG.md"
NAMES = "public_names.txt"
TYPED = "typed_extensions.json"

Version = tuple[int, int, int]

_HEADING = re.compile(r"^## (\d+)\.(\d+)\.(\d+) \((unreleased|\d{4}-\d{2}-\d{2})\)$")
_LINE = re.compile(r"^Recreates pools: (no|yes: (?P<why>\S.*))$")
_SECRET = "(secret)"


@dataclasses.dataclass(frozen=True)
class Release:
    """A version of the changelog. recreates: empty for no, else what it says after ``yes:``."""

    version: Version
    released: bool
    recreates: str


class BadChangelog(Exception):
    """The changelog is not as it must be; the text says where and how."""


def parse_changelog(text: str) -> tuple[Release, ...]:
    """Its versions, newest first. Raises BadChangelog."""
    found: list[Release] = []
    for part in re.split(r"^(?=## )", text, flags=re.MULTILINE)[1:]:
        first, *rest = part.splitlines()
        heading = _HEADING.match(first)
        if heading is None:
            raise BadChangelog(f"CHANGELOG.md: {first!r} must be `## 1.2.3 (unreleased)` or `## 1.2.3 (2026-12-31)`")
        lines = [line for line in rest if line.startswith("Recreates pools:")]
        told = _LINE.match(lines[0]) if len(lines) == 1 else None
        if told is None:
            raise BadChangelog(
                f"CHANGELOG.md: {first[3:]} must have one line `Recreates pools: no` or `Recreates pools: yes: WHY`, "
                f"got {lines}"
            )
        version = (int(heading[1]), int(heading[2]), int(heading[3]))
        found.append(Release(version, heading[4] != "unreleased", told["why"] or ""))
    if found != sorted(found, key=lambda one: one.version, reverse=True):
        raise BadChangelog("CHANGELOG.md: the newest version comes first")
    return tuple(found)


def judge_upgrade(release: Release, before: Version, changes: Mapping[str, Comparison], lost: list[str]) -> list[str]:
    """What the changelog and the number of a version must still say; empty when it is right.

    changes: of each case; lost: public names that went.
    """
    problems: list[str] = []
    recreated = {case: one for case, made in changes.items() for one in recreations(made)}
    called = ".".join(map(str, release.version))
    if recreated and not release.recreates:
        shown = "; ".join(f"{case}: {change}" for case, change in recreated.items())
        problems.append(f"CHANGELOG.md: {called} recreates pools ({shown}), and says `Recreates pools: no`")
    if release.recreates:
        wanted = sorted({_property(path) for change in recreated.values() for path in change.because})
        missing = [name for name in wanted if not re.search(rf"\b{re.escape(name)}\b", release.recreates)]
        if missing:
            problems.append(f"CHANGELOG.md: {called}: its line `Recreates pools: yes: ...` must name {missing}")
        if not recreated:
            problems.append(f"CHANGELOG.md: {called} says that it recreates pools, and no case shows one; add it")
    kind = _kind(before, release.version)
    if (recreated or release.recreates) and kind == "patch":
        problems.append(f"version: {called} recreates pools; that is no patch of {'.'.join(map(str, before))}")
    if lost and kind != "breaking":
        problems.append(f"version: {called} loses public names, which is a major version (minor before 1.0): {lost}")
    return problems


def recreations(made: Comparison) -> list[PoolChange]:
    """The pools that an upgrade replaces or deletes."""
    # not by name: a pool that has another logical name goes and comes under one
    return [one for one in made.changes if one.operation in ("replace", "delete")]


def _kind(before: Version, after: Version) -> str:
    """``breaking``, ``feature`` or ``patch``, by semantic versioning. https://semver.org/#spec-item-4"""
    if after[0] != before[0]:
        return "breaking"
    if after[1] != before[1]:
        return "breaking" if after[0] == 0 else "feature"
    return "patch"


def _property(path: str) -> str:
    """The property of the pool that a path is in: the last name that is no index, as in ``dataDisks[0]``."""
    return re.findall(r"[A-Za-z_][A-Za-z0-9_]*", path)[-1]


def cases() -> dict[str, dict[str, Any]]:
    """The arguments of each case."""
    return {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(CASES.glob("*.yaml"))}


def render(arguments: Mapping[str, Any]) -> RecordedStack:
    """What today's code registers for a pool with these arguments."""

    def program() -> None:
        ExtensionPool("pool", _opened(arguments))  # type: ignore[arg-type]

    return run_program(program, stack="release", project="released")


def dump(arguments: Mapping[str, Any], stack: RecordedStack) -> str:
    """A case as the text of its file.

    Not kept are hooks, which recreate nothing, and what comes of the SDK's version. Aliases among it: those of the new
    version count, and they are asked of today's code.
    """
    resources = [
        {
            "type": one.type,
            "name": one.logical_name,
            "urn": one.urn,
            "custom": one.custom,
            "inputs": _closed(one.inputs),
            "options": _options(one.options),
        }
        for one in stack.resources()
    ]
    document = {"arguments": arguments, "resources": resources}
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def load(text: str) -> tuple[dict[str, Any], RecordedStack]:
    """The arguments of a case's file, and what was registered for them."""
    document = json.loads(text)
    registrations = [
        Registration(
            type=one["type"],
            name=one["name"],
            urn=one["urn"],
            id=None,
            inputs=_opened(one["inputs"]),
            outputs={},
            options=Options(**{key: _tuples(value) for key, value in one["options"].items()}),
            custom=one["custom"],
        )
        for one in document["resources"]
    ]
    about = {"exports": {}, "calls": (), "hooks": (), "messages": ()}
    stack = build_stack(registrations, name="release", project="released", preview=False, **about)
    return document["arguments"], stack


def upgrade(folder: Path) -> dict[str, Comparison]:
    """What today's code does to the pools that the version of a folder made."""
    made = {}
    for path in sorted(set(folder.glob("*.json")) - {folder / TYPED}):
        arguments, before = load(path.read_text(encoding="utf-8"))
        made[path.stem] = compare(before, render(arguments))
    return {**made, **_upgrade_typed(folder / TYPED)}


def _upgrade_typed(file: Path) -> dict[str, Comparison]:
    """The same for a pool with a typed extension. A model that went is a public name that went."""
    if not file.exists():
        return {}
    made = {}
    for name, one in json.loads(file.read_text(encoding="utf-8")).items():
        model = getattr(extensions, name, None)
        now = dict(_leaves(model(**one["given"]).arguments())) if model else {}
        before = dict(_leaves(one["makes"]))
        edited = tuple(path for path in {**before, **now} if before.get(path) != now.get(path))
        operation = "replace" if edited else "same"
        made[f"typed {name}"] = Comparison((PoolChange("pool", operation, edited, edited),))
    return made


def _leaves(tree: Any, at: str = "extensions[0]") -> Iterator[tuple[str, Any]]:
    inner = (
        [(f"{at}.{arm_name(str(key))}", value) for key, value in tree.items()]
        if isinstance(tree, Mapping)
        else [(f"{at}[{index}]", value) for index, value in enumerate(tree)]
        if isinstance(tree, list)
        else []
    )
    if not inner:
        yield at, tree
    for path, value in inner:
        yield from _leaves(value, path)


def typed_extensions() -> str:
    """What today's models become when they are given what their examples give: the text of the file."""
    found = {}
    for model, example in EXAMPLES.items():
        given = {
            name: value.model_dump(by_alias=True, exclude_unset=True) if isinstance(value, BaseModel) else value
            for name, value in example.items()
        }
        found[model.__name__] = {"given": given, "makes": model(**given).arguments()}
    return json.dumps(found, indent=2, sort_keys=True) + "\n"


def lost_names(folder: Path) -> list[str]:
    """The public names that the version of a folder had and today's code has not."""
    return sorted(set((folder / NAMES).read_text(encoding="utf-8").splitlines()) - set(public_names()))


def record() -> dict[str, str]:
    """The files of a version's folder, by name, as today's code makes them."""
    files = {f"{case}.json": dump(arguments, render(arguments)) for case, arguments in cases().items()}
    return {**files, TYPED: typed_extensions(), NAMES: "\n".join(public_names()) + "\n"}


def folder_of(version: Version) -> Path:
    return RENDERED / ".".join(map(str, version))


def folders() -> list[Version]:
    """The versions that were recorded, newest first."""
    found = [re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", path.name) for path in RENDERED.iterdir()]
    return sorted(((int(one[1]), int(one[2]), int(one[3])) for one in found if one), reverse=True)


def main(arguments: list[str]) -> int:
    """Exit codes: 0 nothing is recreated, or written; 1 something is; 2 a released version is not written again."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.support.upgrades", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--write", action="store_true", help="record today's pools for the version that is being made")
    newest = parse_changelog(CHANGELOG.read_text(encoding="utf-8"))[0]
    if parser.parse_args(arguments).write:
        return _write(newest)
    before = [one for one in folders() if one < newest.version]
    if not before:
        print("there is no earlier version to upgrade from")
        return 0
    code = 0
    for case, made in upgrade(folder_of(before[0])).items():
        for change in made.changes:
            print(f"{case}: {change}")
        code = 1 if recreations(made) else code
    return code


def _write(newest: Release) -> int:
    if newest.released:
        print("CHANGELOG.md: its newest version is released, and stays as it is; begin the next one", file=sys.stderr)
        return 2
    folder = folder_of(newest.version)
    folder.mkdir(exist_ok=True)
    files = record()
    for path in folder.iterdir():
        if path.name not in files:
            path.unlink()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    print(f"{folder.relative_to(ROOT)}: {len(files)} files")
    return 0


def _options(options: Options) -> dict[str, Any]:
    default = Options()
    found = {one.name: getattr(options, one.name) for one in dataclasses.fields(options)}
    left_out = ("version", "aliases", "hooks", "property_dependencies")
    return {
        name: sorted(value) if name == "replace_on_changes" else value
        for name, value in found.items()
        if value != getattr(default, name) and name not in left_out
    }


def _closed(tree: Any) -> Any:
    """A tree for JSON: what is secret is marked. The secrets of cases are made up."""
    if isinstance(tree, Secret):
        return {_SECRET: tree.value}
    if isinstance(tree, Mapping):
        return {key: _closed(value) for key, value in tree.items()}
    return [_closed(one) for one in tree] if isinstance(tree, (list, tuple)) else tree


def _opened(tree: Any) -> Any:
    if isinstance(tree, Mapping):
        return Secret(tree[_SECRET]) if set(tree) == {_SECRET} else {key: _opened(one) for key, one in tree.items()}
    return [_opened(one) for one in tree] if isinstance(tree, list) else tree


def _tuples(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
