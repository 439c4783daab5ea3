"""Names that the program does not give: PAN AutoNamer and provider.go getDefaultName."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from typing import Any

from emulator.provider.resources import CREATE_BEFORE_DELETE, Spec

# CheckRequest.AutonamingOptions.Mode
PROPOSE, ENFORCE, DISABLE = 0, 1, 2


def apply_name(
    spec: Spec, urn: str, seed: bytes, mode: int | None, proposed: str, olds: dict[str, Any], news: dict[str, Any]
) -> None:
    """Put a name into `news` when it has none: the old one, what the engine proposes, or by the type's own rule.

    A name that a replacement would not get again sets the internal flag, so that Diff may answer create-before-delete.
    `mode` is None when the engine sent no options.
    """
    parameter = spec.name_parameter
    if parameter in news or not spec.naming:
        return
    if parameter in olds:
        news[parameter] = olds[parameter]
        if olds.get(CREATE_BEFORE_DELETE) is True:
            news[CREATE_BEFORE_DELETE] = True
        return
    name, unique = urn.rsplit("::", 1)[-1], True
    if mode == DISABLE:
        return
    if mode == ENFORCE or (mode == PROPOSE and spec.naming in ("random", "copy")):
        news[parameter] = proposed
    elif spec.naming == "random":
        news[parameter] = name + _hex(seed, 8)
    elif spec.naming == "uuid":
        news[parameter] = str(uuid.UUID(_hex(seed, 32)))
    else:
        news[parameter], unique = name, False
    if unique:
        news[CREATE_BEFORE_DELETE] = True


def _hex(seed: bytes, digits: int) -> str:
    """Random digits, the same ones for the same seed of the engine."""
    return hashlib.sha256(seed).hexdigest()[:digits] if seed else secrets.token_hex(digits // 2)
