"""The one file behind every face of local Azure; safe with many processes at once."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from emulator import existing, settings
from emulator.clock import Clock
from emulator.tables import SCHEMA

T = TypeVar("T")

DEFAULT_SPEED = 60.0
BUSY_SECONDS = 30.0
SCHEMA_VERSION = 3


@dataclass(frozen=True)
class Operation:
    """One request that ARM received. `time` is virtual; secrets in `body` are digests; `code` is empty on success."""

    seq: int
    time: float
    pid: int
    method: str
    path: str
    api_version: str
    body: Any
    status: int
    code: str


@dataclass(frozen=True)
class Row:
    """A stored resource: `body` as it was sent (secrets as digests), `state` what the service keeps beside it."""

    seq: int
    id: str
    type: str
    body: dict[str, Any]
    state: dict[str, Any]
    created: float
    deleting: float | None
    deleted: float | None

    @property
    def name(self) -> str:
        return self.id.rsplit("/", 1)[-1]


class Store:
    """Open with `Store.open(folder)`; one object may be used by many threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "azure.db"
        self.clock = Clock(self)
        self._threads = threading.local()

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> Store:
        """The store of `folder`, created with what existing.toml lists when it is not there yet.

        LOCAL_AZURE_SPEED sets the clock of a new store, LOCAL_AZURE_EXISTING another file for its first content (empty
        for none).
        """
        store = cls(Path(folder))
        store.folder.mkdir(parents=True, exist_ok=True)
        store._initialise()
        return store

    def _initialise(self) -> None:
        with self.transaction() as db:
            if db.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION:
                return
            if db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                raise RuntimeError(f"{self.file} was made by another version of local Azure; remove the folder")
            for statement in SCHEMA.split(";"):
                db.execute(statement)
            speed = float(os.environ.get("LOCAL_AZURE_SPEED") or DEFAULT_SPEED)
            now = repr(time.time())
            self.write_values({"clock.real": now, "clock.virtual": now, "clock.speed": repr(speed)})
            existing.load(self)
            db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _connection(self) -> sqlite3.Connection:
        db: sqlite3.Connection | None = getattr(self._threads, "db", None)
        if db is None:
            db = sqlite3.connect(self.file, timeout=BUSY_SECONDS, isolation_level=None)
            db.row_factory = sqlite3.Row
            _write_ahead(db)
            self._threads.db = db
            self._threads.depth = 0
            self._threads.rollbacks = 0
            self._threads.memory = (None, {})
        return db

    def cached(self, name: Hashable, make: Callable[[], T]) -> T:
        """What `make` gave, as long as nobody has written to the file since; it is shared and must not be changed."""
        db = self._connection()
        # The first number changes with writes through other connections, the others with those through this one.
        other = db.execute("PRAGMA data_version").fetchone()[0]
        version = (other, db.total_changes, self._threads.rollbacks)
        if self._threads.memory[0] != version:
            self._threads.memory = (version, {})
        memory: dict[Hashable, T] = self._threads.memory[1]
        if name not in memory:
            memory[name] = make()
        return memory[name]

    def close(self) -> None:
        """Close this thread's connection."""
        db: sqlite3.Connection | None = getattr(self._threads, "db", None)
        if db is not None:
            db.close()
            self._threads.db = None

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, and alone among writers; nested calls join the outer one."""
        db = self._connection()
        if self._threads.depth:
            yield db
            return
        db.execute("BEGIN IMMEDIATE")
        self._threads.depth = 1
        try:
            yield db
        except BaseException:
            db.execute("ROLLBACK")
            self._threads.rollbacks += 1
            raise
        else:
            db.execute("COMMIT")
        finally:
            self._threads.depth = 0

    # Settings and other small values

    def values(self, prefix: str) -> dict[str, str]:
        """Those whose names begin with `prefix`."""
        return dict(self.cached(("values", prefix), lambda: self._values(prefix)))

    def _values(self, prefix: str) -> dict[str, str]:
        rows = self._connection().execute("SELECT name, value FROM options WHERE name GLOB ?", (prefix + "*",))
        return {row["name"]: row["value"] for row in rows}

    def write_values(self, values: dict[str, str]) -> None:
        with self.transaction() as db:
            db.executemany("INSERT OR REPLACE INTO options (name, value) VALUES (?, ?)", values.items())

    def get(self, name: str) -> str:
        """The setting `name`, or its default."""
        if name not in settings.DEFAULTS:
            raise ValueError(f"local Azure has no setting {name!r}")
        return self.values(f"setting.{name}").get(f"setting.{name}", settings.DEFAULTS[name])

    def seconds(self, name: str) -> float:
        return float(self.get(name + "_seconds"))

    def all_settings(self) -> dict[str, str]:
        stored = self.values("setting.")
        return {name: stored.get(f"setting.{name}", value) for name, value in settings.DEFAULTS.items()}

    def set(self, name: str, value: str | float) -> None:
        self.write_values({f"setting.{name}": settings.checked(name, str(value))})

    # Resources

    def find(self, resource_id: str) -> Row | None:
        """The living resource with this id, in any casing."""
        self.settle()
        rows = self._connection().execute(
            "SELECT * FROM resources WHERE id_key = ? AND deleted IS NULL", (key(resource_id),)
        )
        found = rows.fetchone()
        return _row(found) if found else None

    def living(self, resource_type: str = "", *, below: str = "") -> list[Row]:
        """Living resources, oldest first: of one type, below one id, or all."""
        return [_row(row) for row in self._living("*", resource_type, below)]

    def count(self, resource_type: str, *, below: str) -> int:
        """How many of a type live below an id."""
        return int(self._living("count(*)", resource_type, below)[0][0])

    def _living(self, columns: str, resource_type: str, below: str) -> list[sqlite3.Row]:
        self.settle()
        return self.query(
            f"SELECT {columns} FROM resources WHERE deleted IS NULL AND (? = '' OR type = ?)"  # noqa: S608 - two constants
            " AND (? = '' OR substr(id_key, 1, ?) = ?) ORDER BY seq",
            (resource_type, resource_type, below, len(below) + 1, key(below) + "/"),
        )

    def history(self, resource_type: str) -> list[Row]:
        """Every resource of the type that ever was, deleted ones included."""
        self.settle()
        rows = self._connection().execute("SELECT * FROM resources WHERE type = ? ORDER BY seq", (resource_type,))
        return [_row(row) for row in rows.fetchall()]

    def save(self, resource_id: str, resource_type: str, body: dict[str, Any], state: dict[str, Any]) -> Row:
        """Create or replace the living resource; the id keeps the casing of its first PUT."""
        with self.transaction() as db:
            found = self.find(resource_id)
            if found is None:
                db.execute(
                    "INSERT INTO resources (id_key, id, type, body, state, created) VALUES (?, ?, ?, ?, ?, ?)",
                    (key(resource_id), resource_id, resource_type, dump(body), dump(state), self.clock.now()),
                )
            else:
                db.execute(
                    "UPDATE resources SET body = ?, state = ? WHERE seq = ?", (dump(body), dump(state), found.seq)
                )
            row = self.find(resource_id)
        if row is None:
            raise RuntimeError(f"{resource_id} vanished while it was written")
        return row

    def delete(self, resource_id: str, at: float) -> None:
        """The resource and what is below it end at the virtual time `at`; until then they are being deleted."""
        with self.transaction() as db:
            db.execute(
                "UPDATE resources SET deleting = ? WHERE deleted IS NULL AND (id_key = ? OR substr(id_key, 1, ?) = ?)",
                (at, key(resource_id), len(resource_id) + 1, key(resource_id) + "/"),
            )
            self.settle()

    def settle(self) -> None:
        """Deletions whose time has come are done."""
        now = self.clock.now()
        if now >= self.cached("next deletion", self._next_deletion):
            with self.transaction() as db:
                db.execute("UPDATE resources SET deleted = deleting WHERE deleted IS NULL AND deleting <= ?", (now,))

    def _next_deletion(self) -> float:
        row = self.query("SELECT min(deleting) FROM resources WHERE deleted IS NULL")[0]
        return float("inf") if row[0] is None else float(row[0])

    def resources(self) -> list[tuple[str, str]]:
        """(type, id) of everything that exists now, sorted by id."""
        return sorted(((row.type, row.id) for row in self.living()), key=lambda item: key(item[1]))

    def is_pristine(self) -> bool:
        """True when the content of existing.toml is there, unchanged, and nothing else.

        Unchanged, because an access policy that was left behind is no resource but an entry in its vault.
        """
        stored: dict[str, Any] = json.loads(self.values("existing")["existing"])
        return {key(row.id): row.body for row in self.living()} == stored

    # The log of received operations

    def log(self, method: str, path: str, api_version: str, body: Any, status: int, code: str) -> None:
        """`body` must come without secrets (`redaction.redact`)."""
        with self.transaction() as db:
            db.execute(
                "INSERT INTO operations (time, pid, method, path, api_version, body, status, code)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (self.clock.now(), os.getpid(), method, path, api_version, dump(body), status, code),
            )

    def operations(self, since: int = 0) -> list[Operation]:
        """What ARM received after the operation number `since`, in order."""
        rows = self._connection().execute("SELECT * FROM operations WHERE seq > ? ORDER BY seq", (since,)).fetchall()
        return [Operation(**{**dict(row), "body": json.loads(row["body"])}) for row in rows]

    # Plain SQL for the tables that have a module of their own (node runs, faults)

    def query(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[sqlite3.Row]:
        return self._connection().execute(sql, parameters).fetchall()

    def execute(self, sql: str, parameters: tuple[Any, ...] = ()) -> int:
        """Rows changed."""
        with self.transaction() as db:
            return db.execute(sql, parameters).rowcount


def key(resource_id: str) -> str:
    """ARM ids compare without regard to case."""
    return resource_id.lower()


def dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _row(row: sqlite3.Row) -> Row:
    return Row(
        seq=row["seq"],
        id=row["id"],
        type=row["type"],
        body=json.loads(row["body"]),
        state=json.loads(row["state"]),
        created=row["created"],
        deleting=row["deleting"],
        deleted=row["deleted"],
    )


def _write_ahead(db: sqlite3.Connection) -> None:
    """Switch to write-ahead logging. SQLite does not wait by itself when another process is switching right now."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            # A killed process loses nothing; only a crash of the machine could lose the last commits.
            db.execute("PRAGMA synchronous = NORMAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
