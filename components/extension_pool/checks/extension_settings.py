"""The settings of plain extensions against the schemas of their types."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import date

from ..extensions.kinds import AZURE_MONITOR
from ..extensions.schema import judge_protected_settings, judge_settings
from ..problems import Findings, Later, Notice, Path, Problem
from ..spec import PoolSettings
from .extensions import known_extensions


def check_settings(pool: PoolSettings, today: date) -> Findings:
    """Public settings hold what their type needs, in its form."""
    findings = Findings()
    for at, extension, kind in known_extensions(pool):
        settings = extension.settings_object
        if settings is None and not kind.needs_settings:
            continue
        if settings is None:
            rule = f"required by {kind.type}, but missing"
            findings += Findings.of(Problem((*at, "settings"), rule, do="add them"))
            continue
        findings += judge_settings(kind, extension.type_handler_version, settings, (*at, "settings"))
    return findings


def check_protected_settings(pool: PoolSettings, today: date) -> Findings:
    """Protected settings hold what their type needs. No value of theirs is shown."""
    findings = Findings()
    for at, extension, kind in known_extensions(pool):
        if not kind.protected_settings:
            continue
        needed = any(
            info.is_required() for model in kind.protected_settings.values() for info in model.model_fields.values()
        )
        given = extension.protected_settings
        if given is None and not needed:
            continue
        at = (*at, "protected_settings")
        if given is None:
            findings += Findings.of(Problem(at, f"required by {kind.type}, but missing", do="add them"))
            continue
        findings += judge_protected_settings(kind, extension.type_handler_version, given, at)
    return findings


def check_proxy_credentials(pool: PoolSettings, today: date) -> Findings:
    """A proxy of Azure Monitor Agent that asks who is there gets name and password, as protected settings."""
    problems = []
    for at, extension, kind in known_extensions(pool):
        settings, protected = extension.settings_object, extension.protected_settings
        proxy = settings.get("proxy") if isinstance(settings, Mapping) else None
        if kind not in AZURE_MONITOR or not isinstance(proxy, Mapping) or proxy.get("auth") != "true":
            continue
        if protected is None or (isinstance(protected, Mapping) and "proxy" not in protected):
            rule = 'required with proxy.auth "true", but missing'
            problems.append(Problem((*at, "protected_settings", "proxy"), rule, do="add username and password"))
    return Findings(tuple(problems))


def check_dsc_arguments(pool: PoolSettings, today: date) -> Findings:
    """The extension refuses an argument that is public and protected at once."""
    problems = []
    for at, extension, kind in known_extensions(pool):
        public = _arguments(extension.settings_object)
        protected = _arguments(extension.protected_settings)
        if kind.type != "DSC":
            continue
        for name in public:
            if name in protected:
                path = (*at, "settings", "configurationArguments", str(name))
                problems.append(Problem(path, "is among the protected arguments too", do="keep one of the two"))
    return Findings(tuple(problems))


def check_plain_data(pool: PoolSettings, today: date) -> Findings:
    """What stands in settings is what JSON has: the engine would take other things for data, or fail on them."""
    found: list[Problem] = []
    for index, extension in enumerate(pool.extensions or []):
        at: Path = ("extensions", index)
        found += _no_data(extension.settings_object, (*at, "settings"))
        found += _no_data(extension.protected_settings, (*at, "protected_settings"))
    return Findings(tuple(found))


def _no_data(value: object, at: Path) -> Iterator[Problem]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if isinstance(key, str):
                yield from _no_data(inner, (*at, key))
            else:
                yield Problem(at, "must have strings for keys", key, do="write it in quotes")
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            yield from _no_data(inner, (*at, index))
    elif isinstance(value, float) and not math.isfinite(value):
        yield Problem(at, "must be a number that JSON has", str(value), do="leave it out, or give another")
    elif value is not None and not isinstance(value, (str, bool, int, float, Later)):
        do = "give texts, numbers, true or false, and lists and mappings of them"
        yield Problem(at, f"must be plain data, not of Python's type {type(value).__name__}", do=do)


def warn_of_settings_as_text(pool: PoolSettings, today: date) -> Findings:
    """Azure stores a JSON text as text, and nodes then fail to start: it is sent as the object that it holds."""
    return Findings(
        notices=tuple(
            Notice(
                ("extensions", index, "settings"),
                "is a JSON string; it is sent to Azure as the object that it holds. Write it as a mapping",
            )
            for index, extension in enumerate(pool.extensions or [])
            if isinstance(extension.settings, str)
        )
    )


def _arguments(settings: object) -> Mapping[object, object]:
    found = settings.get("configurationArguments") if isinstance(settings, Mapping) else None
    return found if isinstance(found, Mapping) and not isinstance(found, Later) else {}
