"""What the variables of a run say. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import BadUsage

PULL_REQUEST = "EXTENSION_POOL_PULL_REQUEST"
"""The pull request's number, for runs that do not know it. Never from what an untrusted job left behind: whoever writes
the number decides which pull request gets the comment and whose labels count."""


def read(environ: Mapping[str, str], *names: str) -> str | None:
    """The value of the first variable that has one. Azure Pipelines leaves ``$(Name)`` where it knows no such name."""
    for name in names:
        value = (environ.get(name) or "").strip()
        if value and not (value.startswith("$(") and value.endswith(")")):
            return value
    return None


def read_number(environ: Mapping[str, str], *names: str) -> int | None:
    """The first that has a value, as a number. Raises `BadUsage` for any other text."""
    for name in names:
        value = read(environ, name)
        if value is None:
            continue
        if not value.isascii() or not value.isdigit() or int(value) < 1:
            raise BadUsage(f"{name}: must be the number of a pull request, got {value[:40]!r}")
        return int(value)
    return None


def missing(kind: str, lacks: Mapping[str, str]) -> BadUsage:
    """All that has to be set, each with where it comes from."""
    each = "; ".join(f"{name}: {hint}" for name, hint in lacks.items())
    return BadUsage(f"--post {kind}: needs {len(lacks)} more of the environment: {each}")
