"""From a checked pool to the inputs of azure-native's `Pool`. Pure.

Everything comes out as plain mappings and lists with Pulumi's snake_case keys; what stands inside ``settings`` stays
as it was typed. `Later` values stay where they are, at the leaves: were an Output to wrap ``deployment_configuration``
as a whole, the provider's diff would end there and a replacement would be missed.
"""

from __future__ import annotations

from typing import Any

from .derived import all_extensions, image_of, node_agent_of
from .spec import EXTENSION_WORDS, MACHINE_FIELDS, Extension, PoolSettings, PoolSpec, plain_tree, present

# What the component asks for in its own words; everything else bears ARM's names, and goes where ARM has it.
_OWN_WORDS = frozenset(
    {"image", "image_reference", "node_agent_sku_id", "identity", "key_vault_access", "key_vault_certificates"}
    | {"key_vault_extension", "extensions", "rollout"}
)
_POOL_FIELDS = tuple(name for name in PoolSpec.model_fields if name not in _OWN_WORDS | set(MACHINE_FIELDS))


def render_pool_inputs(pool: PoolSpec, *, identity_ids: list[Any], client_id: Any) -> dict[str, Any]:
    """The inputs of ``azure_native.batch.Pool``.

    identity_ids: resource ids of the pool's user-assigned identities; client_id: that of the one that reads
    certificates. Strings or `Later`.
    """
    same_name = {name: plain_tree(getattr(pool, name)) for name in _POOL_FIELDS}
    machines = {
        "image_reference": _render_image_reference(pool),
        "node_agent_sku_id": node_agent_of(pool),
        "extensions": [_render_extension(one) for one in all_extensions(pool, client_id)] or None,
        **{name: plain_tree(getattr(pool, name)) for name in MACHINE_FIELDS},
    }
    return present(
        {
            **same_name,
            "deployment_configuration": {"virtual_machine_configuration": present(machines)},
            "identity": {"type": "UserAssigned", "user_assigned_identities": identity_ids} if identity_ids else None,
        }
    )


def _render_extension(extension: Extension) -> dict[str, Any]:
    rendered = {**plain_tree(extension), "settings": extension.settings_object}
    return present({key: value for key, value in rendered.items() if key not in EXTENSION_WORDS})


def _render_image_reference(pool: PoolSettings) -> Any:
    image = image_of(pool)
    if pool.image_reference is not None:
        return plain_tree(pool.image_reference)
    return image.reference if image else None
