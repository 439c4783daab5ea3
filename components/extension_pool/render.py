"""From a checked pool to the inputs of azure-native's `Pool`. Pure.

Everything comes out as plain mappings and lists with Pulumi's snake_case keys; what stands inside ``settings`` stays
as it was typed. `Later` values stay where they are, at the leaves: were an Output to wrap ``deployment_configuration``
as a whole, the provider's diff would end there and a replacement would be missed.
"""

from __future__ import annotations

from typing import Any

from .derived import all_extensions, image_of, node_agent_of
from .spec import Extension, PoolSettings, PoolSpec, plain_tree, present


def render_pool_inputs(pool: PoolSpec, *, identity_id: Any, client_id: Any) -> dict[str, Any]:
    """The inputs of ``azure_native.batch.Pool``.

    identity_id: resource id of the pool's user-assigned identity; client_id: its client id, for extensions that sign in
    with it. Both are strings or `Later`.
    """
    return present(
        {
            "resource_group_name": pool.resource_group_name,
            "account_name": pool.account_name,
            "pool_name": pool.pool_name,
            "display_name": pool.display_name,
            "vm_size": pool.vm_size,
            "deployment_configuration": {
                "virtual_machine_configuration": present(
                    {
                        "image_reference": _render_image_reference(pool),
                        "node_agent_sku_id": node_agent_of(pool),
                        "extensions": [_render_extension(one) for one in all_extensions(pool, client_id)] or None,
                    }
                )
            },
            "scale_settings": plain_tree(pool.scale_settings),
            "identity": {"type": "UserAssigned", "user_assigned_identities": [identity_id]},
            "task_slots_per_node": pool.task_slots_per_node,
            "task_scheduling_policy": plain_tree(pool.task_scheduling_policy),
            "inter_node_communication": pool.inter_node_communication,
            "metadata": plain_tree(pool.metadata),
            "tags": pool.tags,
        }
    )


def _render_image_reference(pool: PoolSettings) -> Any:
    image = image_of(pool)
    if pool.image_reference is not None:
        return plain_tree(pool.image_reference)
    return image.reference if image else None


def _render_extension(extension: Extension) -> dict[str, Any]:
    rendered: dict[str, Any] = plain_tree(extension)
    return rendered
