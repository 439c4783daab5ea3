"""What an edit of an extension costs on the engine: `ExtensionPool` against the same children in a component that does
nothing else, and beside it against resources without any component.

Each has a project, a state and a local Azure of its own. One round edits a setting of the Key Vault extension, previews
it, and replaces the pool; the three take turns, so that whatever else the machine does meets all of them.
"""

import json
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bench.rows import Row, middle
from bench.through_mocks import COMPONENT, CONFIG, EMPTY, RAW, no_waiting
from emulator import Arm, Store
from engine.local import Local
from extension_pool.replace_on_changes import REPLACE_ON_CHANGES

RUNS = 16
MOST = 1.1
# A pool that takes two minutes to go is gone in 20 ms: what is measured is the program and the engine.
SPEED = 6000
STACK = "bench"
IDENTITY = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-batch-prod"
    "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/nodes"
)
PROGRAMS = Path(__file__).parent / "programs"
POOL = "/pools/render"


@dataclass(frozen=True)
class Round:
    """One edit: seconds of its preview and of the update, what the preview would change (resource -> operation), and
    what Azure was asked to change then: method, path and body, in order."""

    preview_seconds: float
    up_seconds: float
    previewed: Mapping[str, str]
    asked: tuple[tuple[str, str, Any], ...]

    @property
    def replaced(self) -> bool:
        """Whether the preview said that the pool is replaced, and just this was done: it was deleted and made anew."""
        done = [(method, path.endswith(POOL)) for method, path, _ in self.asked]
        return self.previewed == {"render-pool": "replace"} and done == [("DELETE", True), ("PUT", True)]


class Deployment:
    """A stack of one program of `programs/`, deployed on a local Azure of its own in `folder`.

    Raises `engine.local.CommandFailed` with what pulumi printed.
    """

    def __init__(self, folder: Path, program: str) -> None:
        project = folder / "project"
        project.mkdir(parents=True)
        settings = {"name": "extension-pool", "runtime": "python"}
        (project / "Pulumi.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
        source = (PROGRAMS / program).read_text(encoding="utf-8")
        (project / "__main__.py").write_text(source, encoding="utf-8")
        self._stack_file = project / f"Pulumi.{STACK}.yaml"
        self._local = Local(folder / "work", project, say=lambda line: None)
        self._store = Store.open(self._local.azure_dir)
        self._store.clock.set_speed(SPEED)
        self._polling = 3600
        self._configure()
        self._local.install_plugin()
        self._local.pulumi("stack", "select", "--create", STACK)
        self._up()

    def edit(self) -> Round:
        """Edits a setting of the extension; previews it, then replaces the pool."""
        self._polling += 1
        self._configure()
        start = time.perf_counter()
        printed = self._local.pulumi("preview", "--json", "--stack", STACK).stdout
        previewed = time.perf_counter()
        since = max(one.seq for one in self._store.operations())
        up_start = time.perf_counter()
        self._up()
        end = time.perf_counter()
        return Round(previewed - start, end - up_start, previewed_changes(printed), _asked(self._store, since))

    def _up(self) -> None:
        self._local.pulumi("up", "--yes", "--skip-preview", "--stack", STACK)

    def _configure(self) -> None:
        values = {**CONFIG, "polling": str(self._polling), "replaceOnChanges": list(REPLACE_ON_CHANGES)}
        config = {
            "azure-native:location": "westeurope",
            **{f"extension-pool:{key}": value for key, value in values.items()},
        }
        self._stack_file.write_text(yaml.safe_dump({"config": config}), encoding="utf-8")


def run() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder, no_waiting():
        component, empty, raw = (Deployment(Path(folder) / Path(name).stem, name) for name in (COMPONENT, EMPTY, RAW))
        rounds = [(component.edit(), empty.edit(), raw.edit()) for _ in range(RUNS)]
    yield from compare(rounds)


def compare(rounds: Sequence[tuple[Round, Round, Round]]) -> tuple[Row, Row]:
    """The rows of preview and replacement, from rounds of the component, the empty one and the raw resources, made in
    turns.

    They hold only where each round replaced the pool, and Azure was asked for the same pool by all.
    """
    holds = all(one.replaced and one.asked == turn[0].asked for turn in rounds for one in turn)
    return (
        _row("engine: preview of an edited extension", [[x.preview_seconds for x in turn] for turn in rounds], holds),
        _row("engine: replacement of the pool", [[x.up_seconds for x in turn] for turn in rounds], holds),
    )


def _row(what: str, turns: Sequence[Sequence[float]], holds: bool) -> Row:
    ours, empty, raw = (middle(column) for column in zip(*turns, strict=True))
    slowest = [f"{max(column):.2f} s" for column in zip(*turns, strict=True)]
    note = (
        f"identity, grant and pool with one extension; the middle of {len(turns)} runs in turns, "
        f"the slowest {slowest[0]}, {slowest[1]} and {slowest[2]}"
    )
    if not holds:
        note += "; they did not replace the same pool"
    return Row(what, ours, empty, "s", target=MOST, holds=holds, note=note, bare=raw)


def previewed_changes(printed: str) -> dict[str, str]:
    """What `preview --json` would change: resource -> operation, a replacement as one.

    A preview lists the two halves of a replacement as well.
    """
    steps: list[Mapping[str, Any]] = json.loads(printed)["steps"]
    aside = ("same", "read", "create-replacement", "delete-replaced")
    return {step["urn"].rsplit("::", 1)[1]: step["op"] for step in steps if step["op"] not in aside}


def _asked(store: Store, since: int) -> tuple[tuple[str, str, Any], ...]:
    identity = Arm(store).get(IDENTITY, "2023-01-31").body or {}
    # Each local Azure gives its identity a client id of its own, and the extension signs in with it.
    client_id = str(identity["properties"]["clientId"])
    return tuple(
        (one.method, one.path, json.loads(json.dumps(one.body).replace(client_id, "CLIENT-ID")))
        for one in store.operations(since)
        if one.method != "GET"
    )
