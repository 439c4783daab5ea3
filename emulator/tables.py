"""The tables of azure.db. No comment in here may hold a semicolon: it ends a statement."""

from __future__ import annotations

SCHEMA = """
CREATE TABLE options (name TEXT PRIMARY KEY, value TEXT NOT NULL);
-- Deleted resources stay as rows with their end time, because whether a grant was there when a node asked is history.
CREATE TABLE resources (
    seq INTEGER PRIMARY KEY, id_key TEXT NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL,
    body TEXT NOT NULL, state TEXT NOT NULL, created REAL NOT NULL, deleting REAL, deleted REAL
);
CREATE UNIQUE INDEX living ON resources (id_key) WHERE deleted IS NULL;
CREATE INDEX by_type ON resources (type);
CREATE TABLE operations (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, time REAL NOT NULL, pid INTEGER NOT NULL, method TEXT NOT NULL,
    path TEXT NOT NULL, api_version TEXT NOT NULL, body TEXT NOT NULL, status INTEGER NOT NULL, code TEXT NOT NULL
);
-- The nodes of a pool as runs of equal nodes: thousands of nodes are one row. `born` stays when a run is split, and
-- nodes that leave the pool do so since `leaving` and are no more at `gone`.
CREATE TABLE node_runs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, pool INTEGER NOT NULL, dedicated INTEGER NOT NULL, first INTEGER NOT NULL,
    count INTEGER NOT NULL, created REAL NOT NULL, identities TEXT NOT NULL, start_task TEXT NOT NULL,
    born INTEGER NOT NULL, leaving REAL, gone REAL
);
CREATE INDEX runs_of_pool ON node_runs (pool);
-- The first number that no node of the pool ever had.
CREATE TABLE node_numbers (
    pool INTEGER NOT NULL, dedicated INTEGER NOT NULL, next INTEGER NOT NULL, PRIMARY KEY (pool, dedicated)
);
-- What was done to single nodes. `time` is when it takes effect, NULL for never.
CREATE TABLE node_events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, pool INTEGER NOT NULL, dedicated INTEGER NOT NULL, number INTEGER NOT NULL,
    kind TEXT NOT NULL, time REAL, options TEXT NOT NULL
);
CREATE INDEX events_of_pool ON node_events (pool);
-- Jobs and job schedules of an account, tasks of a job. `node` is where a task runs or ran.
CREATE TABLE work (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, parent INTEGER NOT NULL, id_key TEXT NOT NULL,
    id TEXT NOT NULL, phase TEXT NOT NULL, node TEXT NOT NULL, body TEXT NOT NULL, state TEXT NOT NULL
);
CREATE UNIQUE INDEX work_by_name ON work (kind, parent, id_key);
CREATE INDEX work_by_phase ON work (kind, phase, node);
CREATE TABLE faults (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, target TEXT NOT NULL, remaining INTEGER
);
"""
