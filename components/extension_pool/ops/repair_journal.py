"""What a repair has to put back, written down before it acts, so that the next run can finish one that was killed.

One file for each pool, `.extension-pool/repair-<account>-<pool>.json` under the working folder, readable by its owner
only. It is there exactly as long as there is something to put back. It holds no secret.
"""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from .errors import BadUsage
from .snapshot import Pool, parse_time

FOLDER = Path(".extension-pool")
_VERSION = 1


@dataclass(frozen=True)
class Scale:
    """How a pool was scaled: by its formula, or by its targets, which are those of the moment for a formula's pool."""

    dedicated: int | None = None
    spot: int | None = None
    formula: str | None = None
    interval: str = ""


@dataclass(frozen=True)
class Saved:
    """What is to be put back. `created` is the pool's, in ISO 8601, so that another one of its name is left alone.

    `scale` is None when only scheduling was touched. `taken` are the dedicated and spot nodes that a removal takes from
    the targets. `fenced` are nodes whose scheduling was switched off.
    """

    pool: str
    account: str
    created: str = ""
    scale: Scale | None = None
    taken: tuple[int, int] = (0, 0)
    fenced: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing is to be put back."""
        return self.scale is None and not self.fenced


@dataclass
class Journal:
    """The file of one pool, locked by this process while it is open. `saved` is what it says."""

    path: Path
    saved: Saved
    left: bool = field(default=False)
    """Whether an earlier run left something to put back."""

    def save(self, saved: Saved) -> None:
        """Writes `saved`, removes it if empty; a kill or a power cut leaves either the old text or the new one.

        Raises `BadUsage` if it cannot be written: then nothing may be switched off.
        """
        try:
            if saved.empty:
                self.path.unlink(missing_ok=True)
            else:
                _write(self.path, render_saved(saved))
        except OSError as error:
            raise BadUsage(f"{self.path}: must be a file that can be written ({error.strerror})") from None
        self.saved = saved


def created_of(pool: Pool) -> str:
    """The pool's creation time as the journal has it; empty when the service does not tell."""
    return pool.created.isoformat() if pool.created is not None else ""


def journal_path(account: str, pool: str, folder: Path = FOLDER) -> Path:
    """Where the journal of a pool is."""
    words = (re.sub(r"[^A-Za-z0-9._-]", "_", word).lower() for word in (account, pool))
    return folder / f"repair-{'-'.join(words)}.json"


def read_saved(path: Path) -> Saved | None:
    """What an earlier run left to put back, None for nothing. Raises `BadUsage` for a file that is no journal."""
    try:
        return parse_saved(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadUsage(f"{path}: must be a file that can be read ({error.strerror})") from None
    except ValueError:
        raise BadUsage(
            f"{path}: must be the journal of a repair, got something else; see that the pool scales as it should and "
            "that its nodes take tasks, then delete the file"
        ) from None


@contextmanager
def open_journal(account: str, pool: str, folder: Path = FOLDER) -> Iterator[Journal]:
    """The journal of a pool, for this process alone. Raises `BadUsage` while another repair of the pool has it."""
    path = journal_path(account, pool, folder)
    _make_folder(folder)
    lock = path.with_suffix(".lock")
    with _locked(lock, pool):
        try:
            saved = read_saved(path)
            yield Journal(path, saved or Saved(pool, account), left=saved is not None)
        finally:
            # Windows deletes no file that is open; an unlocked one is in nobody's way.
            with suppress(OSError):
                lock.unlink()


def render_saved(saved: Saved) -> str:
    """The text of the file."""
    scale = saved.scale
    value: dict[str, Any] = {
        "version": _VERSION,
        "pool": saved.pool,
        "account": saved.account,
        "created": saved.created,
        "scale": None
        if scale is None
        else {
            "dedicated": scale.dedicated,
            "spot": scale.spot,
            "formula": scale.formula,
            "interval": scale.interval,
        },
        "taken": list(saved.taken),
        "fenced": list(saved.fenced),
    }
    return json.dumps(value, indent=2) + "\n"


def parse_saved(text: str) -> Saved:
    """`render_saved` backwards. Raises `ValueError` for any other text."""
    try:
        value = json.loads(text)
        if value["version"] != _VERSION:
            raise ValueError("version")
        raw = value["scale"]
        scale = None
        if raw is not None:
            formula = None if raw["formula"] is None else _text(raw["formula"])
            scale = Scale(_number(raw["dedicated"]), _number(raw["spot"]), formula, _text(raw["interval"]))
        dedicated, spot = (_number(item) or 0 for item in value["taken"])
        created = _text(value["created"])
        if created and parse_time(created) is None:
            raise ValueError("created")
        fenced = tuple(_text(item) for item in value["fenced"])
        return Saved(_text(value["pool"]), _text(value["account"]), created, scale, (dedicated, spot), fenced)
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(str(error)) from None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a text")
    return value


def _number(value: object) -> int | None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
        raise ValueError("must be a number of nodes")
    return value


def _write(path: Path, text: str) -> None:
    other = path.with_suffix(".tmp")
    descriptor = os.open(other, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    other.replace(path)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise BadUsage(
            f"{folder}: must be a folder that can be written, for what a repair has to put back "
            f"({error.strerror}); run it in another folder"
        ) from None


@contextmanager
def _locked(path: Path, pool: str) -> Iterator[None]:
    """The system gives the lock back when the process ends, however it ends."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+") as file:
            try:
                _lock(file)
            except OSError:
                raise BadUsage(
                    f"--pool: must not be under repair already, and another process repairs {pool!r}; wait for it"
                ) from None
            # Whoever had it before may have deleted the file between the two calls.
            try:
                same = path.stat().st_ino == os.fstat(file.fileno()).st_ino
            except FileNotFoundError:
                same = False
            if same:
                yield
                return


def _lock(file: IO[str]) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
