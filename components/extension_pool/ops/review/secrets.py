"""Secrets of a preview: which there are, and texts without them. Pure.

The engine blinds what it knows to be secret. What it does not know is found by where it stands: the fields that the
component keeps secret, and keys of any resource that are named as a secret. What is secret at one place is hidden at
all: a message may quote it, and another field may hold it in another form.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

from ...wire_marks import OUTPUT, SECRET, SIGNATURE, UNKNOWNS
from ..secret_names import HIDDEN, hide_credentials, is_protected, is_secret, is_secret_key, is_secret_pair
from ..text import clean_line
from .preview import Preview
from .values import LATER, LONGEST_TEXT, Path, opened, plain, render_scalar

_SHORTEST = 4
"""A shorter secret is hidden where it stands and nowhere else: `1` would blank the report."""
_FEW = 200
"""Up to so many texts one pattern looks for all; beyond, a table by their beginnings is faster."""
_WORDS = frozenset({"true", "false", "null", "none"})
_DEEPER = frozenset({dict, list})
_FLAGS: dict[str, bool] = {}
"""Of keys that were seen, whether they name secrets: there are few, and they come by the million."""
_JSON = frozenset("{[")


class Secrets:
    """The secrets of a preview, and how texts are rid of them."""

    def __init__(self, values: Iterable[str]) -> None:
        forms = sorted({form for value in values for form in _forms(value)}, key=lambda form: (-len(form), form))
        self._few = re.compile("|".join(map(re.escape, forms))) if 0 < len(forms) <= _FEW else None
        self._by_start: dict[str, list[str]] = {}
        if self._few is None:
            for form in forms:
                self._by_start.setdefault(form[:_SHORTEST], []).append(form)

    def scrub(self, text: str) -> str:
        """The text with `HIDDEN` in the place of every secret, and of what reads like a credential."""
        return hide_credentials(self._without_known(text))

    def show(self, value: Any, *, limit: int = LONGEST_TEXT) -> str:
        """A value in one line, without a secret, at most `limit` letters."""
        value = redact(value)
        if value in (HIDDEN, LATER):
            return str(value)
        text = " ".join(_printable(self.scrub(render_scalar(value))).split())
        # once more: a letter that cannot be printed may have stood in a secret
        text = self._without_known(text)
        return text if len(text) <= limit else f"{text[:limit]}… ({len(text) - limit} more letters)"

    def _without_known(self, text: str) -> str:
        if self._few is not None:
            return self._few.sub(HIDDEN, text)
        if not self._by_start:
            return text
        parts: list[str] = []
        at = begin = 0
        while at < len(text):
            starting = self._by_start.get(text[at : at + _SHORTEST])
            form = next((one for one in starting if text.startswith(one, at)), None) if starting else None
            if form is None:
                at += 1
                continue
            parts += [text[begin:at], HIDDEN]
            at = begin = at + len(form)
        return "".join([*parts, text[begin:]])


def find_secrets(preview: Preview) -> Secrets:
    """Every secret whose value the preview holds, at whatever place."""
    found: set[str] = set()
    for step in preview.steps:
        seen: Mapping[str, Any] = {}
        for state in (step.old, step.new):
            for part in ("inputs", "outputs"):
                tree = state.get(part)
                if isinstance(tree, dict):
                    _collect(_unseen(tree, seen), found)
                    seen = tree
            for name in state.get("additionalSecretOutputs") or ():
                for part in ("inputs", "outputs"):
                    tree = state.get(part)
                    if isinstance(tree, dict) and name in tree:
                        _take_all(tree[name], found)
    for key, text in preview.config.items():
        _collect({str(key).rpartition(":")[2]: text}, found)
    return Secrets(found)


def _unseen(tree: Mapping[str, Any], seen: Mapping[str, Any]) -> Mapping[str, Any]:
    """What differs from a tree that was looked at: most of a state is in it twice or four times."""
    if "value" in tree or SIGNATURE in tree:
        return tree
    return {key: value for key, value in tree.items() if seen.get(key) != value}


def redact(value: Any, key: str = "") -> Any:
    """A value with `HIDDEN` for each secret in it, and words for what is not known."""
    value = opened(value)
    if key and is_secret(key, value):
        return HIDDEN
    if isinstance(value, dict):
        if set(value) == {"secure"}:
            return HIDDEN
        paired = is_secret_pair(value)
        return {
            str(name): HIDDEN if paired and name == "value" else redact(inner, str(name))
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [redact(inner) for inner in value]
    if isinstance(value, str):
        if value in UNKNOWNS:
            return LATER
        tree = _tree_in(value)
        if tree is not None:
            shown = redact(tree)
            return value if shown == tree else json.dumps(plain(shown), ensure_ascii=False)
    return value


def stands_in_secret(path: Path, tree: Any) -> bool:
    """Whether a path leads to a secret by the names on it. tree: what it leads into."""
    for segment in path:
        if isinstance(tree, dict) and segment == "value" and is_secret_pair(tree):
            return True
        if isinstance(tree, dict):
            tree = opened(tree.get(segment))
        elif isinstance(tree, list) and isinstance(segment, int) and segment < len(tree):
            tree = opened(tree[segment])
        else:
            tree = None
        if isinstance(segment, str) and is_secret(segment, tree):
            return True
    return False


def _collect(tree: Any, found: set[str]) -> None:
    """Puts in `found` every secret below: by hand and not by recursion, since states are large."""
    todo = [tree]
    while todo:
        one = todo.pop()
        kind = one.__class__
        if kind is list:
            todo += one
        elif kind is str:
            if one[:1] in _JSON:
                inside = _tree_in(one)
                if inside is not None:
                    todo.append(inside)
        elif kind is dict:
            if SIGNATURE in one:
                _collect_wrapped(one, found, todo)
                continue
            if "value" in one and is_secret_pair(one):
                _take_all(one["value"], found)
            for key, inner in one.items():
                flagged = _FLAGS.get(key)
                if flagged is None:
                    flagged = _FLAGS[key] = is_secret_key(key)
                if flagged and is_secret(key, inner):
                    _take_all(inner, found, names=is_protected(key))
                elif inner.__class__ in _DEEPER or (inner.__class__ is str and inner[:1] in _JSON):
                    todo.append(inner)


def _collect_wrapped(one: Mapping[str, Any], found: set[str], todo: list[Any]) -> None:
    if one[SIGNATURE] == SECRET or (one[SIGNATURE] == OUTPUT and one.get("secret")):
        if isinstance(one.get("plaintext"), str):
            # JSON, as the engine writes it
            _take_all(_read(one["plaintext"], one["plaintext"]), found)
            _take_all(one["plaintext"], found)
        _take_all(one.get("value"), found)
    elif "value" in one:
        todo.append(one["value"])


def _take_all(value: Any, found: set[str], *, names: bool = True) -> None:
    """Every text and number below is a secret. names: those under `name` and `type` too."""
    for text in _texts(value, names):
        if text in UNKNOWNS or text == HIDDEN or text.lower() in _WORDS:
            continue
        for one in (text, text.strip(), *(line.strip() for line in text.splitlines() if len(line.strip()) >= 16)):
            if len(one) >= _SHORTEST:
                found.add(one)


def _texts(value: Any, names: bool) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in ("ciphertext", SIGNATURE) and (names or key not in ("name", "type")):
                yield from _texts(inner, names)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, names)
    elif isinstance(value, str):
        yield value
        tree = _tree_in(value)
        if tree is not None:
            yield from _texts(tree, names)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield str(plain(value))


def _tree_in(text: str) -> Any:
    """What a JSON text holds; None for any other text."""
    if text[:1] not in _JSON or text == HIDDEN:
        return None
    tree = _read(text, None)
    return tree if isinstance(tree, (dict, list)) else None


def _read(text: str, default: Any) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return default


def _forms(secret: str) -> set[str]:
    """A secret as it may stand in other texts: escaped, encoded."""
    escaped = [json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]]
    web: list[Callable[[str], str]] = [quote, quote_plus, lambda text: quote(text, safe="")]
    encoded = [encode(secret) for encode in web if not _has_surrogates(secret)]
    forms = {
        secret,
        *escaped,
        *(json.dumps(one)[1:-1] for one in escaped),
        *encoded,
        *(re.sub(r"%..", lambda match: match[0].lower(), one) for one in encoded),
        html.escape(secret),
        repr(secret)[1:-1],
        " ".join(secret.split()),
        # as messages and values are cleaned
        clean_line(secret),
        " ".join(_printable(secret).split()),
        *_in_base64(secret),
    }
    return {form for form in forms if len(form) >= _SHORTEST}


def _in_base64(secret: str) -> Iterator[str]:
    """In base64, alone and inside a longer text, where it begins at any of three letters; and in hexadecimal."""
    data = secret.encode("utf-8", errors="surrogatepass")
    for offset, first in ((0, 0), (1, 2), (2, 3)):
        encoded = base64.b64encode(bytes(offset) + data).decode()
        core = encoded[first : (offset + len(data)) * 8 // 6]
        if len(core) > _SHORTEST + 1:
            yield core
            yield core.replace("+", "-").replace("/", "_")
    whole = base64.b64encode(data).decode()
    if len(data) >= _SHORTEST:
        yield whole
        yield data.hex()


def _has_surrogates(text: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in text)


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " if letter.isspace() else "" for letter in text)
