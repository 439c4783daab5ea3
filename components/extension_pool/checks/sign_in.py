"""Those who sign in as the pool's identity: extensions, mounts, registries, downloads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from ..azure_types import ClientId, Guid, UserAssignedIdentityId
from ..extensions.kinds import AZURE_MONITOR, KEY_VAULT
from ..extensions.typed import fits
from ..problems import Findings, Path, Problem
from ..spec import PoolSettings
from .extensions import known_extensions


def check_identity_is_there(pool: PoolSettings, today: date) -> Findings:
    """Extensions that sign in need a pool with an identity."""
    if pool.identity.creates or pool.identity.existing:
        return Findings()
    rule = "signs in as an identity of the pool, which has none"
    return Findings(
        tuple(
            Problem((*at, "type"), rule, kind.type, do="let the component create one, or name one (identity.existing)")
            for at, _, kind in known_extensions(pool)
            if kind in (*KEY_VAULT, *AZURE_MONITOR)
        )
    )


def check_signed_in_identity(pool: PoolSettings, today: date) -> Findings:
    """Extensions sign in as an identity of the pool: nodes have no other."""
    findings = Findings()
    existing = pool.identity.existing or []
    for path, field, value in _sign_ins(pool):
        own = [getattr(one, field) for one in existing]
        if any(isinstance(one, str) and one.lower() == value.lower() for one in own):
            continue
        if pool.identity.creates:
            # the ids of an identity that is about to be made cannot be known beforehand
            text = (
                "names no identity of identity.existing, and that of one which the component creates is not known here"
            )
            findings += Findings.warning(path, f"{text}; name an existing one, or use key_vault_certificates")
        elif own and all(isinstance(one, str) for one in own):
            rule = f"is not the {_WORDS[field]} of an identity of the pool, and nodes have no other identity"
            findings += Findings.of(Problem(path, rule, value, ", ".join(own), "use it, or add the identity"))
    return findings


def warn_of_missing_authentication(pool: PoolSettings, today: date) -> Findings:
    """Azure Monitor Agent is told its identity where machines have user-assigned ones: nodes have no other."""
    findings = Findings()
    for at, extension, kind in known_extensions(pool):
        settings = extension.settings_object
        if kind in AZURE_MONITOR and (
            settings is None or (isinstance(settings, Mapping) and "authentication" not in settings)
        ):
            text = "says not as whom the agent signs in, so it sends nothing; add authentication.managedIdentity with"
            text += " identifier-name mi_res_id and the resource id of the pool's identity"
            findings += Findings.warning((*at, "settings"), text)
    return findings


def check_identity_references(pool: PoolSettings, today: date) -> Findings:
    """Mounts, registries and downloads sign in as the pool's identity."""
    own = [one.id for one in pool.identity.existing or []]
    known = [one.lower() for one in own if isinstance(one, str)]
    if pool.identity.creates or len(known) < len(own):
        return Findings()
    rule = "is no identity of the pool, and nodes have no other"
    return Findings(
        tuple(
            Problem((*path, "identity_reference", "resource_id"), rule, value, do="add it to identity.existing")
            for path, holder in _holders(pool)
            if isinstance(value := getattr(holder.identity_reference, "resource_id", None), str)
            and value.lower() not in known
        )
    )


_WORDS = {"client_id": "client id", "principal_id": "principal id", "id": "resource id"}
_IDENTIFIERS: dict[Any, tuple[str, Any]] = {
    "mi_res_id": ("id", UserAssignedIdentityId),
    "client_id": ("client_id", Guid),
    "object_id": ("principal_id", Guid),
}


def _sign_ins(pool: PoolSettings) -> Iterator[tuple[Path, str, str]]:
    """Where extensions name an identity, by which of its ids, and the id; ids of a wrong shape are judged elsewhere."""
    for at, extension, kind in known_extensions(pool):
        settings = extension.settings_object
        if kind in KEY_VAULT:
            value = _inside(settings, "authenticationSettings", "msiClientId")
            if fits(ClientId, value):
                yield (*at, "settings", "authenticationSettings", "msiClientId"), "client_id", value
        if kind in AZURE_MONITOR:
            name = _inside(settings, "authentication", "managedIdentity", "identifier-name")
            value = _inside(settings, "authentication", "managedIdentity", "identifier-value")
            field, shape = _IDENTIFIERS.get(name, (None, None)) if isinstance(name, str) else (None, None)
            if field is not None and fits(shape, value):
                yield (*at, "settings", "authentication", "managedIdentity", "identifier-value"), field, value


def _inside(tree: Any, *path: str) -> Any:
    for key in path:
        tree = tree.get(key) if isinstance(tree, Mapping) else None
    return tree


def _holders(pool: PoolSettings) -> Iterator[tuple[Path, Any]]:
    """Everything of a pool that has an ``identity_reference``."""
    for index, mount in enumerate(pool.mount_configuration or []):
        if mount.azure_blob_file_system_configuration is not None:
            path: Path = ("mount_configuration", index, "azure_blob_file_system_configuration")
            yield path, mount.azure_blob_file_system_configuration
    if pool.container_configuration is not None:
        for index, registry in enumerate(pool.container_configuration.container_registries or []):
            yield ("container_configuration", "container_registries", index), registry
    if pool.start_task is not None:
        for index, file in enumerate(pool.start_task.resource_files or []):
            yield ("start_task", "resource_files", index), file
        if pool.start_task.container_settings is not None and pool.start_task.container_settings.registry is not None:
            yield ("start_task", "container_settings", "registry"), pool.start_task.container_settings.registry
