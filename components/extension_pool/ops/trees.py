"""Settings of an extension as trees of JSON: how two of them differ, and what in them must not be shown. Pure."""

import re
from collections.abc import Iterator, Mapping

from .secret_names import HIDDEN, hide_credentials, is_secret_key
from .snapshot import parse_settings

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
# In the settings of an extension any key is one of those that open something. The last word of a name says what its
# value is: storageAccountKey is a key, secretsManagementSettings are settings.
_OPENING = frozenset({"key", "keys", "pat", "sas", "tokens", "passwords"})
_OPENING_TEXTS = (
    re.compile(r"(?i)([?&;]sig=|(?:password|pwd|secret|token)\s*=\s*)[^&;\s\"']+"),
    re.compile(r"(?i)(key\s*=\s*)[^;\s\"']+"),
)


def mask(tree: object, name: str = "") -> object:
    """`tree` with `HIDDEN` for each value under a name that looks like a secret's, and for secrets within texts.

    A guess by names and shapes, for what people put into plain settings by mistake; no promise.
    """
    if isinstance(tree, Mapping):
        inner = name if _secret(name) else ""
        return {str(key): mask(value, inner or str(key)) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return [mask(value, name) for value in tree]
    if _secret(name) and tree not in (None, "", True, False):
        return HIDDEN
    return _without_secrets(tree) if isinstance(tree, str) else tree


def find_differences(
    mine: object, theirs: object, *, hidden: object = None, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Where two settings mean different things: the path, and `differs`, `was added` or `was removed`.

    Numbers and truths are the same as texts of them, null is the same as nothing, JSON text as what it says; resource
    ids are the same in any case. What is `hidden` in `mine` equals everything. No value is told.
    """
    if mine is not None and mine == hidden:
        return
    mine, theirs = _plain(mine), _plain(theirs)
    if isinstance(mine, Mapping) and theirs is None:
        theirs = {}
    elif isinstance(theirs, Mapping) and mine is None:
        mine = {}
    if isinstance(mine, Mapping) and isinstance(theirs, Mapping):
        for key in sorted({*mine, *theirs}):
            yield from find_differences(mine.get(key), theirs.get(key), hidden=hidden, path=(*path, key))
    elif isinstance(mine, list) and isinstance(theirs, list) and len(mine) == len(theirs):
        for number, (one, other) in enumerate(zip(mine, theirs, strict=True)):
            yield from find_differences(one, other, hidden=hidden, path=(*path, str(number)))
    elif mine is None or theirs is None:
        if mine is not theirs:
            yield path, "was added" if mine is None else "was removed"
    elif _text(mine) != _text(theirs):
        yield path, "differs"


def _plain(value: object) -> object:
    """The tree behind `value`; None for what is empty or only holds what is."""
    value = parse_settings(value)
    if isinstance(value, Mapping):
        kept = {str(key): item for key, item in value.items() if _plain(item) is not None}
        return kept or None
    if isinstance(value, list):
        return value or None
    return value


def _text(value: object) -> object:
    """A scalar as the service's texts have it; a structure stays itself, and equals no text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, str):
        return value.lower() if value.lower() in {"true", "false"} or value.startswith("/subscriptions/") else value
    return value


def _secret(name: str) -> bool:
    words = [word.lower() for word in _WORD.findall(name)]
    return any(map(is_secret_key, (name, "".join(words)))) or (bool(words) and words[-1] in _OPENING)


def _without_secrets(text: str) -> str:
    for pattern in _OPENING_TEXTS:
        text = pattern.sub(rf"\g<1>{HIDDEN}", text)
    return hide_credentials(text)
