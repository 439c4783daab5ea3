"""Secrets as digests: local Azure never keeps one, in its store or in its log.

A digest proves that the right secret arrived, and tells whether one changed; nothing else can be read from it here.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

# Write-only values according to the REST specification and Terraform's own notes: batch.md 1.5.
SENSITIVE = frozenset(
    name.lower()
    for name in (
        "protectedSettings",
        "password",
        "accountKey",
        "sasKey",
        "sshPrivateKey",
        "adminPassword",
        "clientSecret",
        "connectionString",
        "storageAccountKey",
        "accessKey",
        "primaryKey",
        "secondaryKey",
    )
)


def digest(value: Any) -> str:
    """sha256 over the text itself, or over canonical JSON for anything that is not text."""
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def redact(value: Any, *, sensitive: bool = False) -> Any:
    """`value` with every leaf below a sensitive key replaced by its digest; empty objects and nulls stay."""
    if isinstance(value, dict):
        return {key: redact(item, sensitive=sensitive or str(key).lower() in SENSITIVE) for key, item in value.items()}
    if isinstance(value, list):
        return [redact(item, sensitive=sensitive) for item in value]
    return digest(value) if sensitive and value is not None else value


def without_secrets(value: Any) -> Any:
    """`value` without the sensitive keys at all: what the service returns (protectedSettings is not returned)."""
    if isinstance(value, dict):
        return {key: without_secrets(item) for key, item in value.items() if str(key).lower() not in SENSITIVE}
    if isinstance(value, list):
        return [without_secrets(item) for item in value]
    return value
