"""Whether a preview says what the working tree would do now. Pure; the facts are passed in.

Only what can be relied on counts, for a preview that is called stale without being it costs a team its gate:

- The configuration in the preview is what the engine read. It holds anywhere.
- A commit that the preview was made for holds anywhere, when whoever made it says so.
- The time of a file holds where people work. A checkout gives all files the time of the checkout
  (https://github.com/actions/checkout/issues/468), a download the time of the download
  (https://github.com/actions/upload-artifact/issues/384). So a file that is newer than the preview only counts if it
  differs from HEAD, or if HEAD itself is newer than the preview too; and the time of a preview's file is taken for the
  latest that it can have been made.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import Any

from ...problems import Path, render_path
from ..text import clean_line
from .lined_yaml import NotYaml, parse_lined
from .model import Environment, Standing

BLINDED = "[secret]"
"""What the engine prints in the place of a secret value of the configuration."""

_NOTHING = ("null", "~", "")
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}")
_SHORTEST_COMMIT = 7
_MOST_KEYS = 3


@dataclass(frozen=True)
class FreshnessFacts:
    """What is known of a preview and of the working tree. None: not known, which makes nothing stale.

    config: the preview's own ``config``, texts by key; an empty one says nothing. stack_file, stack_text: name and text
    of the environment's stack file now. project: the project's name. project_keys: the keys that Pulumi.yaml gives a
    value, with their namespace. made: when the preview was made, at the latest. made_for: the commit that it was made
    for. head: the commit that is checked out; head_time: when it was made. dirty: the times of the program's files that
    differ from HEAD; checked_out: those of all of them, which a checkout may have written.
    """

    config: Mapping[str, Any] | None = None
    stack_file: str = ""
    stack_text: str | None = None
    project: str = ""
    project_keys: frozenset[str] = frozenset()
    made: datetime | None = None
    made_for: str | None = None
    head: str | None = None
    head_time: datetime | None = None
    dirty: Mapping[str, datetime] = field(default_factory=dict)
    checked_out: Mapping[str, datetime] = field(default_factory=dict)


def judge_freshness(
    environment: Environment, facts: FreshnessFacts, max_age: float | None, now: datetime
) -> Environment:
    """The environment, stale if there is a reason; one that failed or is missing stays that."""
    reason = find_staleness(facts, max_age=max_age, now=now) if environment.standing is Standing.FRESH else None
    return environment if reason is None else replace(environment, standing=Standing.STALE, reason=reason)


def find_staleness(facts: FreshnessFacts, *, max_age: float | None, now: datetime) -> str | None:
    """Why a preview is stale, as a sentence of one line; None if nothing says so.

    max_age: the seconds that it may be old; now: with a time zone.
    """
    reasons = (_other_commit(facts), _other_config(facts), _older_than_files(facts), _too_old(facts, max_age, now))
    found = next((reason for reason in reasons if reason), None)
    return clean_line(found) if found else None


def _other_commit(facts: FreshnessFacts) -> str | None:
    if facts.made_for is None:
        return None
    made_for = facts.made_for.lower()
    if facts.head is None:
        return f"it was made for commit {made_for}, and which one is checked out could not be asked"
    same = facts.head.lower().startswith(made_for) and len(made_for) >= _SHORTEST_COMMIT
    return None if same else f"it was made for commit {made_for}, and {facts.head} is checked out"


def _other_config(facts: FreshnessFacts) -> str | None:
    # without the project's name nobody can say what a key without a namespace is
    if not facts.config or facts.stack_text is None or not facts.project:
        return None
    try:
        document = parse_lined(facts.stack_text.removeprefix("\ufeff"))
    except NotYaml as error:
        return f"{facts.stack_file} cannot be read: {error}"
    tree = document.tree if isinstance(document.tree, Mapping) else {}
    config = tree.get("config")
    ours: Mapping[str, Any] = config if isinstance(config, Mapping) else {}
    names = {_full_key(key, facts.project): key for key in ours}
    wrong: list[Path] = []
    for full, key in names.items():
        if full not in facts.config:
            wrong.append((key,))
        else:
            wrong += [(key, *path) for path in _differences(ours[key], facts.config[full], outer=True)]
    if "environment" not in tree:
        # Pulumi ESC gives configuration that no file has.
        wrong += [(key,) for key in facts.config if key not in names and key not in facts.project_keys]
    if not wrong:
        return None
    places: list[Path] = [("config", *path) for path in wrong]
    line = next((document.lines[place] for place in places if place in document.lines), None)
    where = facts.stack_file if line is None else f"{facts.stack_file}:{line}"
    shown = ", ".join(render_path(path) for path in wrong[:_MOST_KEYS])
    more = f" and {len(wrong) - _MOST_KEYS} more" if len(wrong) > _MOST_KEYS else ""
    return f"its configuration is not that of {where} ({shown}{more})"


def _older_than_files(facts: FreshnessFacts) -> str | None:
    if facts.made is None:
        return None
    committed_later = facts.head_time is not None and facts.head_time > facts.made
    counting = {**facts.dirty, **(facts.checked_out if committed_later else {})}
    later = sorted((name for name, time in counting.items() if time > facts.made), key=lambda name: counting[name])
    if not later:
        return None
    name = later[-1]
    return f"{name} was written at {_shown(counting[name])}, after the preview ({_shown(facts.made)})"


def _too_old(facts: FreshnessFacts, max_age: float | None, now: datetime) -> str | None:
    if max_age is None or facts.made is None or now - facts.made <= timedelta(seconds=max_age):
        return None
    allowed = _hours(timedelta(seconds=max_age))
    return f"it is {_hours(now - facts.made)} old (made at {_shown(facts.made)}), and the rules allow {allowed}"


def _full_key(key: str, project: str) -> str:
    """The key as the engine has it: with its namespace, which is the project's where none is written."""
    if ":" not in key:
        return f"{project}:{key}"
    space, *middle, name = key.split(":")
    return f"{space}:{name}" if middle == ["config"] else key


def _differences(written: Any, previewed: Any, at: Path = (), *, outer: bool = False) -> Iterator[Path]:
    """The places at which a value of the stack file (texts as typed) is not the preview's. Secrets are equal to all."""
    if _is_secret(written) or previewed == BLINDED:
        return
    if outer and isinstance(written, (Mapping, list)) and isinstance(previewed, str):
        # objects and lists of the configuration come as JSON
        previewed = _parsed(previewed)
    if isinstance(written, Mapping) and isinstance(previewed, Mapping):
        for key in dict.fromkeys([*written, *previewed]):
            if key not in written or key not in previewed:
                yield (*at, key)
            else:
                yield from _differences(written[key], previewed[key], (*at, key))
    elif isinstance(written, list) and isinstance(previewed, list) and len(written) == len(previewed):
        for index, (one, other) in enumerate(zip(written, previewed, strict=True)):
            yield from _differences(one, other, (*at, index))
    else:
        nested = isinstance(written, (Mapping, list)) or isinstance(previewed, (Mapping, list))
        if nested or not _same_scalar(written, previewed):
            yield at


def _is_secret(written: Any) -> bool:
    return isinstance(written, Mapping) and set(written) == {"secure"}


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _same_scalar(written: str | None, previewed: Any) -> bool:
    """Whether a text of the stack file and a value of the preview have a reading in common: which of them YAML meant
    (the number 15 in `017`, `0xf` and `15.0`) is the engine's business."""
    if previewed is None:
        return (written or "").casefold() in _NOTHING
    if written is None:
        return previewed in ("", "null")
    # as Go prints the dates that YAML finds
    if _DATE.match(written) and isinstance(previewed, str) and previewed.endswith(" UTC"):
        return True
    other = json.dumps(previewed) if isinstance(previewed, (bool, int, float)) else str(previewed)
    return not _readings(written).isdisjoint(_readings(other))


def _readings(text: str) -> set[str | float]:
    found: set[str | float] = {text, text.casefold()} if text.casefold() in ("true", "false") else {text}
    for read in (float, lambda digits: float(int(digits, 0)), lambda digits: float(int(digits, 8))):
        try:
            found.add(read(text))
        except (ValueError, OverflowError):
            continue
    return found


def _shown(time: datetime) -> str:
    return f"{time.astimezone(timezone.utc):%Y-%m-%d %H:%M:%S} UTC"


def _hours(age: timedelta) -> str:
    minutes = int(age.total_seconds() // 60)
    days, hours = divmod(minutes // 60, 24)
    parts = [(days, "d"), (hours, "h"), (minutes % 60, "min")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "less than a minute"
