"""Secrets stand where they are kept secret, and are marked so. No value is ever shown.

The engine tells a policy pack which values are secret; what is not marked lies in the state of the stack in plain text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from extension_pool.problems import PROTECTED_KEYS, Path

from ..model import MANDATORY, UNKNOWN, Resource, Rule, Settings, Violation
from ..reading import at, extensions_of, leaves, plain

# Keys that extensions and Azure give secrets, by their endings: storageAccountKey, workspaceKey, sasToken, ...
# `keyExportable`, `secretsManagementSettings`, `publicKey` are none.
_SECRET_KEY = re.compile(
    r"(?i)(password|passphrase|credentials?|connection_?string|sas_?(key|token|url|uri)"
    r"|(account|access|workspace|shared|primary|secondary|private|api|encryption)_?key|(client|access)_?(secret|token))$"
)
# What a secret looks like, whatever its key: a SAS, an account's connection string, a private key.
_SECRET_VALUE = re.compile(
    r"(?i)[?&]sig=[^&\s]{8}|(AccountKey|SharedAccessKey|SharedAccessSignature)=\S{8}|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)


def find_plain_secrets(pool: Resource, settings: Settings) -> Iterator[Violation]:
    """Values in a place for secrets that the program does not mark as such."""
    for path, value, secret in leaves(pool.props):
        # A null leaves nothing to hide; one that is not known yet may still turn out to be secret.
        if secret or value is None or value is UNKNOWN or not _is_place_of_secrets(path):
            continue
        yield Violation(path, "is a secret, and stands in the state of the stack in plain text")


def _is_place_of_secrets(path: Path) -> bool:
    # What an extension's own settings call `password` is for the other rule.
    return any(key in PROTECTED_KEYS for key in path) and not ("settings" in path and "protectedSettings" not in path)


def find_secrets_in_settings(pool: Resource, settings: Settings) -> Iterator[Violation]:
    """Secrets in `settings`, which Azure gives to everybody who may read the pool."""
    for extension in extensions_of(pool):
        for path, value, _ in leaves(_parsed(at(extension.tree, "settings")), (*extension.path, "settings")):
            key = next((one for one in reversed(path) if isinstance(one, str)), "")
            if isinstance(value, str) and value and (_SECRET_KEY.search(key) or _SECRET_VALUE.search(value)):
                what = f"looks like a secret of {extension.name}, and Azure shows settings to whoever reads the pool"
                yield Violation(path, what)


def _parsed(settings: Any) -> Any:
    """Settings; as text they are JSON."""
    value = plain(settings)
    if not isinstance(value, str):
        return settings
    try:
        return json.loads(value)
    except ValueError:
        return settings


RULES = (
    Rule(
        "protected-values-secret",
        "Protected settings, passwords and keys of a pool are marked as secret.",
        MANDATORY,
        "what is not marked is in the state of the stack, and in every diff, in plain text",
        "Use `pulumi.Output.secret(...)`, `config.require_secret(...)`, or a `secure:` value of the stack file.",
        find_plain_secrets,
        source="https://www.pulumi.com/docs/iac/concepts/secrets/",
    ),
    Rule(
        "settings-without-secrets",
        "The settings of an extension hold no secrets.",
        MANDATORY,
        "Azure returns settings in plain text, and never protected settings",
        "Move the value to the extension's protectedSettings, and renew it: it has been readable.",
        find_secrets_in_settings,
        source="https://learn.microsoft.com/azure/batch/create-pool-extensions",
    ),
)
