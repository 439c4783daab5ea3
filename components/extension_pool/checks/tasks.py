"""The start task and the users that tasks run as."""

from __future__ import annotations

from datetime import date

from ..derived import os_type_of
from ..images import LINUX, WINDOWS
from ..problems import Findings, Later, Path, Problem
from ..spec import PoolSettings
from .repeats import repeated, warn_of_repeated


def check_user_accounts(pool: PoolSettings, today: date) -> Findings:
    """Users are told apart by their names and have what the image's system knows."""
    users = pool.user_accounts or []
    problems = repeated(("user_accounts",), "name", [user.name for user in users], fold=True)
    findings = Findings()
    os_type = os_type_of(pool)
    for index, user in enumerate(users):
        at: Path = ("user_accounts", index)
        linux = user.linux_user_configuration
        if linux is not None and (linux.uid is None) != (linux.gid is None):
            missing = "uid" if linux.uid is None else "gid"
            rule = "uid and gid go together, and this one is missing"
            problems.append(Problem((*at, "linux_user_configuration", missing), rule, do="add it, or remove the other"))
        if user.windows_user_configuration is not None and os_type == LINUX:
            rule = "is for Windows, but the image is linux"
            problems.append(Problem((*at, "windows_user_configuration"), rule, do="remove it"))
        if linux is not None and os_type == WINDOWS:
            findings += Findings.warning((*at, "linux_user_configuration"), "has no effect on a Windows image")
    return Findings(tuple(problems)) + findings


def warn_of_repeated_environment_settings(pool: PoolSettings, today: date) -> Findings:
    """Each environment variable of the start task is set once."""
    settings = (pool.start_task.environment_settings if pool.start_task else None) or []
    return warn_of_repeated(("start_task", "environment_settings"), "name", [one.name for one in settings])


def check_user_identity(pool: PoolSettings, today: date) -> Findings:
    """The start task runs as one user; a named one is a user of the pool."""
    identity = pool.start_task.user_identity if pool.start_task else None
    if identity is None:
        return Findings()
    at: Path = ("start_task", "user_identity")
    if (identity.user_name is None) == (identity.auto_user is None):
        return Findings.of(Problem(at, "must have exactly one of user_name, auto_user", do="keep one of the two"))
    names = [user.name for user in pool.user_accounts or []]
    name = identity.user_name
    if isinstance(name, str) and not any(isinstance(one, Later) or one.lower() == name.lower() for one in names):
        text = f"is no user of user_accounts: {name}"
        return Findings.warning((*at, "user_name"), text)
    return Findings()
