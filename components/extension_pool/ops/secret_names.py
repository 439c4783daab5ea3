"""What is a secret by its name, and what reads like one in any text. Pure.

A judgement of ours, on the generous side: one value too many that is hidden does less harm than one too few.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from ..problems import PROTECTED_KEYS

HIDDEN = "[secret]"
"""How the engine blinds a secret in what it prints, and how it is shown by us."""

_PROTECTED = frozenset(key.replace("_", "").lower() for key in PROTECTED_KEYS)
# A judgement of ours: names of keys whose values are secrets. Endings, so that what is about a secret (its name, its
# policy, secretsManagementSettings) stays.
_NAMED = re.compile(
    r"(?:password|passwd|passphrase|pwd|secret|secrets|token|apikey|accesskey|accountkey|saskey|sharedkey|privatekey"
    r"|signingkey|encryptionkey|masterkey|storagekey|workspacekey|primarykey|secondarykey|subscriptionkey|functionkey|hostkey"
    r"|connectionstrings?|credentials?|secretvalue|secrettext|passwordvalue|sasurl|sasuri|certdata|pfx"
    r"|sharedaccesssignature)$|^(?:sas|secure|key1|key2|authorization)$"
)
_SQUEEZED = re.compile(r"[_\-.\s]")

# What every match has in it, for a quick look; the pattern; what stands for it.
_PATTERNS: tuple[tuple[tuple[str, ...], re.Pattern[str], str], ...] = (
    (
        ("-----BEGIN ",),
        re.compile(r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.*?(?:-----END \1-----|\Z)", re.DOTALL),
        HIDDEN,
    ),
    (("=",), re.compile(r"([?&;\s\"']sig=|^sig=)[^&\s\"'<>]+", re.IGNORECASE), rf"\1{HIDDEN}"),
    (
        ("=",),
        re.compile(
            r"\b((?:account|sharedaccess|access|primary|secondary|api|shared|instrumentation)_?key|sharedaccesssignature"
            r"|\w*password|pwd|\w*passwd|\w*token|\w*secret)( ?= ?)(?!\[secret\])[^;&\s\"'<>]+",
            re.IGNORECASE,
        ),
        rf"\1\2{HIDDEN}",
    ),
    (
        ('":', '" :'),
        re.compile(
            r"(\"[\w\-.]*(?:password|secret|token|(?:account|access|api|shared|private|sas|storage|workspace)_?key)\"\s*:\s*)"
            r"\"(?!\[secret\])[^\"\n]+\"",
            re.IGNORECASE,
        ),
        rf'\1"{HIDDEN}"',
    ),
    (
        ("Bearer", "SharedKey", "Basic"),
        re.compile(r"\b(Bearer|SharedKey|Basic)\s+[A-Za-z0-9+/=._~:\-]{12,}"),
        rf"\1 {HIDDEN}",
    ),
    (("eyJ",), re.compile(r"\beyJ[\w\-]{8,4096}\.[\w\-]{8,}\.[\w\-]*"), HIDDEN),
    (("://",), re.compile(r"(://[^/\s:@]*:)[^/\s@]+@"), rf"\1{HIDDEN}@"),
    (("v1:",), re.compile(r"\bv1:[A-Za-z0-9+/=]{12,}:[A-Za-z0-9+/=]{12,}"), HIDDEN),
)


def hide_credentials(text: str) -> str:
    """The text with `HIDDEN` in the place of what reads like a credential, wherever it stands."""
    for hints, pattern, shown in _PATTERNS:
        if any(hint in text for hint in hints):
            text = pattern.sub(shown, text)
    return text


@lru_cache(maxsize=8192)
def is_secret_key(key: str) -> bool:
    """Whether what stands under a key is secret, by its name."""
    squeezed = _SQUEEZED.sub("", key).lower()
    return squeezed in _PROTECTED or _NAMED.search(squeezed) is not None


def is_secret(key: str, value: Any) -> bool:
    """Whether a value is secret by its key: a guess, unless the key is one that the component knows as secret."""
    if not is_secret_key(key):
        return False
    if is_protected(key):
        return True
    if isinstance(value, list) and _squeezed(key) == "secrets":
        # names or permissions, as in a vault's `secrets: [get, list]`
        return not all(isinstance(one, str) and one.isalpha() and len(one) < 12 for one in value)
    return not isinstance(value, bool)


def is_protected(key: str) -> bool:
    return _squeezed(key) in _PROTECTED


def is_secret_pair(one: Mapping[str, Any]) -> bool:
    """A pair such as an environment setting, whose name says that its value is secret."""
    name = one.get("name")
    return isinstance(name, str) and "value" in one and is_secret_key(name)


def _squeezed(key: object) -> str:
    return _SQUEEZED.sub("", str(key)).lower()
