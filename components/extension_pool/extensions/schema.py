"""Settings of extensions against their schemas: what the vendor documents as wrong is refused, what is new or in
doubt warns, since vendors add keys before pages say so."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from ..problems import Findings, Later, Notice, Path, Problem, nearest
from ..validation import Fault, examine, model_at, words_of
from .base import DOUBTFUL, SettingsModel
from .kinds import ExtensionType, major_of


def judge_settings(kind: ExtensionType, version: Any, settings: Any, at: Path) -> Findings:
    """What is wrong with the public settings of a known type. version: ``typeHandlerVersion``, or None if left out."""
    if isinstance(settings, Later):
        return Findings()
    major = _major(kind, version)
    model = kind.settings.get(major)
    if model is None:
        known = ", ".join(str(one) for one in kind.settings)
        text = f"major version {major} of {kind.type} is not known here (known: {known}): its settings are not checked"
        return Findings(notices=(Notice((*at[:-1], "type_handler_version"), text),))
    older = kind.model.older_form(major, settings)
    if older is None:
        return _judge(model, settings, at)
    notice = Notice((*at, "secretsManagementSettings", "observedCertificates"), older[1])
    return Findings(notices=(notice,)) + _judge(older[0], settings, at)


def judge_protected_settings(kind: ExtensionType, version: Any, settings: Any, at: Path) -> Findings:
    """The same for protected settings; their values show in no text."""
    model = kind.protected_settings.get(_major(kind, version))
    if model is None or isinstance(settings, Later):
        return Findings()
    return _judge(model, settings, at)


def _major(kind: ExtensionType, version: Any) -> int:
    known = major_of(version if isinstance(version, str) else kind.type_handler_version)
    return -1 if known is None else known


def _judge(model: type[SettingsModel], settings: Any, at: Path) -> Findings:
    parsed, faults = examine(model, settings, stack_words=True)
    findings = Findings()
    for fault in faults:
        findings += _weigh(fault, model, at)
    if parsed is not None:
        wrong = [fault.path for fault in faults if not fault.unknown_key]
        for problem in parsed.conditions():
            if not any(_inside(problem.path, path) for path in wrong):
                findings += Findings.of(_moved(problem, at))
    return findings


def _weigh(fault: Fault, model: type[SettingsModel], at: Path) -> Findings:
    path = (*at, *fault.path)
    if fault.unknown_key:
        owner = model_at(model, fault.path[:-1], stack_words=True)
        meant = nearest(str(fault.path[-1]), words_of(owner, stack_words=True)) if owner else None
        hint = f"; did you mean {meant}?" if meant else ""
        return Findings(notices=(Notice(path, f"is no key of the extension's documentation{hint}"),))
    problem = _moved(fault.problem, at)
    if _in_doubt(model, fault.path):
        return Findings(notices=(Notice(path, problem.sentence("")[2:]),))
    return Findings.of(problem)


def _moved(problem: Problem, at: Path) -> Problem:
    return Problem((*at, *problem.path), problem.rule, problem.value, problem.allowed, problem.do)


def _inside(path: Path, other: Path) -> bool:
    return path[: len(other)] == other


def _in_doubt(model: type[BaseModel], path: Path) -> bool:
    """Whether a field on the way to a place is marked as doubtful."""
    for index, segment in enumerate(path):
        owner = model_at(model, path[:index], stack_words=True)
        if owner is None or not isinstance(segment, str):
            continue
        for name, info in owner.model_fields.items():
            if segment in (info.alias, name) and DOUBTFUL in info.metadata:
                return True
    return False
