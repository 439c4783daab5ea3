"""What `pulumi preview --json` printed, as steps. Pure; nothing here raises, whatever was printed.

A preview that failed is a preview too: it has what it came to and the reason. Fields of a step are those of the CLI's
`PreviewStep` (https://github.com/pulumi/pulumi/blob/master/sdk/go/common/apitype/preview.go); with
`PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true` it prints the engine's events instead, one in a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..text import clean_block, clean_line
from .documents import Documents, find_documents
from .model import Standing

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_TROUBLE = re.compile(r"(?:error|panic|fatal error|fatal)\s*:", re.IGNORECASE)
_EVENT = re.compile(r"[a-zA-Z]+Event")
_JSON = frozenset('{}[]",')
_DIGEST = frozenset({"steps", "changeSummary", "diagnostics", "config", "duration"})
_SEVERITIES = {"error": 0, "warning": 1}
_EXIT_CODE = "the preview ended with another exit code than 0"
_MOST_LINES = 200
"""A judgement: of a text around the JSON more lines are no messages but a log."""


@dataclass(frozen=True)
class Message:
    """What the preview said, as it said it. rank: 0 an error, 1 a warning, 2 anything else."""

    text: str
    rank: int = 2


@dataclass(frozen=True)
class Step:
    """A step of the engine's. old, new: the resource's states, empty where there is none. detailed: path -> (kind,
    whether inputs were compared), None where the provider does not tell. diffs, reasons: properties that differ, and
    those that make the resource be replaced, as far as the provider says."""

    op: str
    urn: str
    old: Mapping[str, Any] = field(repr=False)
    new: Mapping[str, Any] = field(repr=False)
    detailed: Mapping[str, tuple[str, bool]] | None = None
    diffs: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Preview:
    """One stack's preview, secrets and all: not to be shown before it was judged.

    reason: why it cannot be believed; "" for one that can. unchanged: resources that stay, as the engine counts them;
    None where it does not. streamed: made of events, which tell no dependencies and no hooks.
    """

    name: str
    standing: Standing
    steps: tuple[Step, ...] = field(default=(), repr=False)
    messages: tuple[Message, ...] = field(default=(), repr=False)
    config: Mapping[str, Any] = field(default_factory=dict, repr=False)
    reason: str = field(default="", repr=False)
    unchanged: int | None = None
    streamed: bool = False


def parse_preview(name: str, text: str, *, said: str = "", failed: bool = False) -> Preview:
    """name: of the environment. text: what the preview printed. said: what it printed on standard error, if that was
    kept. failed: whether its exit code was another than 0; the CLI's JSON does not tell, for one, of a policy that
    forbids it."""
    found = find_documents(text.removeprefix("\ufeff"))
    spoken = [*_lines(found.rest), *_lines(said)]
    events = [one for one in found.objects if _kind(one)]
    digests = [one for one in found.objects if not _kind(one) and _DIGEST & set(one)]
    if events:
        return _from_events(name, found, events, spoken, failed)
    if digests:
        return _from_digests(name, found, digests, spoken, failed)
    if found.objects:
        why = "the file has JSON that is no preview; write what `pulumi preview --json` prints into it"
    elif text.strip():
        why = "the preview printed no JSON"
    else:
        why = "the preview printed nothing"
    return Preview(name, Standing.FAILED, messages=_in_order(spoken), reason=_reason(spoken, why))


def missing_preview(name: str, reason: str) -> Preview:
    """Where there is no file of a preview."""
    return Preview(name, Standing.MISSING, reason=reason)


def _from_digests(
    name: str, found: Documents, digests: Sequence[Mapping[str, Any]], spoken: list[Message], failed: bool
) -> Preview:
    digest = digests[-1]
    messages = [
        Message(_text(one.get("message")), _SEVERITIES.get(_text(one.get("severity")), 2))
        for one in _mappings(digest.get("diagnostics"))
    ]
    why = ""
    if found.cut:
        why = "the preview's output is cut off"
    elif len(digests) > 1:
        why = f"the file has {len(digests)} previews; write each into a file of its own"
    elif digest.get("maybeCorrupt"):
        why = "the engine says that the state may be corrupt"
    elif "changeSummary" not in digest and "duration" not in digest:
        why = "the preview did not come to its end"
    return _built(
        name,
        steps=tuple(_step(one) for one in _mappings(digest.get("steps"))),
        messages=[*messages, *spoken],
        config=_mapping(digest.get("config")),
        why=why,
        failed=failed,
        summary=digest.get("changeSummary"),
    )


def _from_events(
    name: str, found: Documents, events: Sequence[Mapping[str, Any]], spoken: list[Message], failed: bool
) -> Preview:
    steps: list[Step] = []
    messages: list[Message] = []
    config: Mapping[str, Any] = {}
    summary: Mapping[str, Any] | None = None
    for event in events:
        kind = _kind(event)
        payload = _mapping(event.get(kind))
        if kind == "preludeEvent":
            config = _mapping(payload.get("config"))
        elif kind == "resourcePreEvent":
            steps.append(_step(_mapping(payload.get("metadata"))))
        elif kind == "summaryEvent":
            summary = payload
        else:
            messages += _said_by(kind, payload)
    why = ""
    if summary is None:
        why = "the preview did not come to its end"
    elif _text(summary.get("result")) in ("failed", "error"):
        why = "the preview failed"
    elif summary.get("maybeCorrupt"):
        why = "the engine says that the state may be corrupt"
    elif sum("preludeEvent" in one for one in events) > 1:
        why = "the file has several previews; write each into a file of its own"
    elif found.cut:
        why = "the preview's output is cut off"
    return _built(
        name,
        steps=tuple(steps),
        messages=[*messages, *spoken],
        config=config,
        why=why,
        failed=failed,
        summary=(summary or {}).get("resourceChanges"),
        streamed=True,
    )


def _said_by(kind: str, payload: Mapping[str, Any]) -> Iterator[Message]:
    text = _text(payload.get("message"))
    if kind == "diagnosticEvent" and payload.get("severity") != "debug" and not payload.get("ephemeral"):
        severity = _text(payload.get("severity"))
        yield Message(_text(payload.get("prefix")) + text, _SEVERITIES.get(severity, 2))
    elif kind == "stdoutEvent" and text:
        yield Message(text)
    elif kind == "errorEvent":
        yield Message(_text(payload.get("error")) or text, 0)
    elif kind == "policyEvent":
        rank = 0 if payload.get("enforcementLevel") == "mandatory" else 1
        yield Message(f"policy {_text(payload.get('policyName'))}: {text}", rank)


def _built(
    name: str,
    *,
    steps: tuple[Step, ...],
    messages: list[Message],
    config: Mapping[str, Any],
    why: str,
    failed: bool,
    summary: Any,
    streamed: bool = False,
) -> Preview:
    cleaned = _in_order(messages)
    errors = any(one.rank == 0 for one in cleaned)
    why = why or (_EXIT_CODE if failed and not errors else "")
    broken = bool(why) or errors
    unchanged = _mapping(summary).get("same", 0) if isinstance(summary, dict) else None
    return Preview(
        name,
        Standing.FAILED if broken else Standing.FRESH,
        steps,
        cleaned,
        config,
        _reason(cleaned, why or "the preview failed") if broken else "",
        unchanged if isinstance(unchanged, int) and not isinstance(unchanged, bool) else None,
        streamed,
    )


def _reason(messages: Sequence[Message], why: str) -> str:
    """What went wrong, and the first line of the first error."""
    first = next((one.text for one in messages if one.rank == 0), "")
    lines = clean_block(first)
    if not lines:
        return why
    # Python's program ends with a traceback, whose last line says what went wrong
    line = lines[-1] if len(lines) > 1 and any(one.startswith("Traceback ") for one in lines) else lines[0]
    return f"{why}: {line.removeprefix('error: ')}"


def _in_order(messages: Sequence[Message]) -> tuple[Message, ...]:
    """Errors first, each text once, without what only a terminal understands."""
    cleaned = [Message("\n".join(_block(one.text)), one.rank) for one in messages]
    return tuple(dict.fromkeys(sorted((one for one in cleaned if one.text), key=lambda one: one.rank)))


def _block(text: str) -> list[str]:
    """The lines, indented as they were: a list of problems stays one."""
    lines = _ESCAPES.sub("", text).splitlines()
    return [" " * (len(line) - len(line.lstrip(" "))) + clean_line(line) for line in lines if clean_line(line)]


def _lines(text: str) -> list[Message]:
    """Lines outside the JSON: an error goes on in lines that are indented. Pieces of JSON are no messages, and what is
    secret in them could not be told."""
    messages: list[Message] = []
    for line in _ESCAPES.sub("", text).splitlines()[:_MOST_LINES]:
        if line.lstrip()[:1] in _JSON:
            continue
        if line[:1] in (" ", "\t") and messages and line.strip():
            messages[-1] = Message(f"{messages[-1].text}\n{line}", messages[-1].rank)
        elif line.strip():
            bare = line.strip()
            rank = 0 if _TROUBLE.match(bare) else 1 if bare.lower().startswith("warning:") else 2
            messages.append(Message(line, rank))
    return messages


def _step(raw: Mapping[str, Any]) -> Step:
    detailed = raw.get("detailedDiff")
    # a digest writes oldState, newState, diffReasons, replaceReasons and kind; an event old, new, diffs, keys, diffKind
    return Step(
        op=_text(raw.get("op")),
        urn=_text(raw.get("urn")),
        old=_mapping(raw.get("oldState") or raw.get("old")),
        new=_mapping(raw.get("newState") or raw.get("new")),
        detailed={
            str(path): (_text(_mapping(one).get("kind") or _mapping(one).get("diffKind")), _by_inputs(one))
            for path, one in detailed.items()
        }
        if isinstance(detailed, dict) and detailed
        else None,
        diffs=_texts(raw.get("diffReasons") or raw.get("diffs")),
        reasons=_texts(raw.get("replaceReasons") or raw.get("keys")),
    )


def _by_inputs(one: Any) -> bool:
    return _mapping(one).get("inputDiff") is True


def _kind(one: Mapping[str, Any]) -> str:
    """The name of an event's payload; "" for what is no event."""
    if "steps" in one or len(one) > 4:
        return ""
    return next((key for key in one if isinstance(key, str) and _EVENT.fullmatch(key)), "")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
