"""What follows from a pool's arguments: its image, its operating system, all of its extensions. Pure."""

from __future__ import annotations

from typing import Any

from .azure_types import duration_in_seconds
from .extensions.certificates import extension_type_for, render_key_vault_extension
from .extensions.kinds import KEY_VAULT, ExtensionType
from .images import Image, find_image, find_image_by_reference, os_of_node_agent
from .spec import RBAC, ExistingIdentity, Extension, KeyVaultAccess, KeyVaultExtension, PoolSettings

ROLE_PROPAGATION = 10 * 60
"""Seconds in which a new role assignment works everywhere, as its page says."""


def image_of(pool: PoolSettings) -> Image | None:
    """The catalogue's image of a pool, by alias or by reference; None where the catalogue does not know it."""
    if pool.image is not None:
        return find_image(pool.image)
    reference = pool.image_reference
    if reference is None:
        return None
    parts = (reference.publisher, reference.offer, reference.sku)
    known = [part for part in parts if isinstance(part, str)]
    return find_image_by_reference(*known) if len(known) == len(parts) else None


def node_agent_of(pool: PoolSettings) -> str | None:
    """The node agent SKU id: the one given, else the image's."""
    if pool.node_agent_sku_id is not None:
        return pool.node_agent_sku_id
    image = image_of(pool)
    return image.node_agent_sku_id if image else None


def os_type_of(pool: PoolSettings) -> str | None:
    """``linux`` or ``windows``: what the node agent runs on; None where neither agent nor image is known."""
    agent = node_agent_of(pool)
    if agent is not None:
        return os_of_node_agent(agent)
    image = image_of(pool)
    return image.os_type if image else None


def key_vault_extension_type(pool: PoolSettings) -> ExtensionType | None:
    """The type of the extension that brings the certificates; None where there are none, or the image is unknown."""
    os_type = os_type_of(pool)
    return extension_type_for(os_type) if pool.key_vault_certificates and os_type is not None else None


def key_vault_extension_name(pool: PoolSettings) -> str | None:
    """The name of this extension."""
    kind = key_vault_extension_type(pool)
    chosen = pool.key_vault_extension.name if pool.key_vault_extension else None
    return (chosen or kind.type) if kind is not None else None


def all_extensions(pool: PoolSettings, client_id: Any) -> list[Extension]:
    """The pool's extensions, the one of its certificates included, in canonical order: by name.

    Their order means nothing to Batch (``provisionAfterExtensions`` orders them), so it must not look like a change.
    """
    extensions = list(pool.extensions or [])
    os_type = os_type_of(pool)
    if pool.key_vault_certificates and os_type is not None:
        options = pool.key_vault_extension or KeyVaultExtension()
        extensions.append(render_key_vault_extension(pool.key_vault_certificates, options, os_type, client_id))
    return sorted(extensions, key=lambda extension: extension.name.lower())


def extension_names(pool: PoolSettings) -> list[str]:
    """The names that nodes report, in canonical order."""
    return [extension.name for extension in all_extensions(pool, None)]


def requires_initial_sync(pool: PoolSettings) -> bool:
    """Whether nodes come up only when their certificates are there: in any Key Vault extension of the pool."""
    options = pool.key_vault_extension or KeyVaultExtension()
    if pool.key_vault_certificates and options.require_initial_sync is not False:
        return True
    return any(
        any(kind.matches(extension.publisher, extension.type) for kind in KEY_VAULT)
        and _syncs_first(extension.settings_object)
        for extension in pool.extensions or []
    )


def grant_wait(pool: PoolSettings, access: KeyVaultAccess, mode: str) -> int:
    """Seconds that a new grant gets before the pool is made.

    Where nodes wait for their certificates they ask at most 25 times, so a node that boots before the role works may
    end unusable. https://learn.microsoft.com/azure/role-based-access-control/troubleshooting
    """
    if access.wait is not None:
        return duration_in_seconds(access.wait) or 0
    return ROLE_PROPAGATION if mode == RBAC and requires_initial_sync(pool) else 0


def _syncs_first(settings: Any) -> bool:
    management = settings.get("secretsManagementSettings") if isinstance(settings, dict) else None
    return isinstance(management, dict) and management.get("requireInitialSync") not in (None, False)


def in_canonical_order(identities: list[ExistingIdentity]) -> list[ExistingIdentity]:
    """Identities by id, those not known yet last. Their order means nothing, and must not look like a change."""
    return sorted(identities, key=lambda one: one.id.lower() if isinstance(one.id, str) else "~")
