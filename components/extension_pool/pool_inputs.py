"""The inputs of azure-native's `Pool`: a name made of values to come, and secrets as secrets."""

from collections.abc import Callable, Mapping
from typing import Any

import pulumi

from .access import PoolIdentity
from .derived import all_extensions
from .pool_names import SECRET_MARK, blue_green_name, canary_name, digest_of, later_leaves, what_replaces
from .problems import SECRET_FIELDS, Later, open_later
from .render import render_pool_inputs
from .replace_on_changes import REPLACE_ON_CHANGES
from .spec import BLUE_GREEN, PoolSpec


def pool_inputs(
    name: str,
    spec: PoolSpec,
    identities: list[PoolIdentity],
    reading: PoolIdentity | None,
    replacing: tuple[str, ...],
) -> dict[str, Any]:
    """Those of the pool. replacing: paths whose change replaces it; they are in the name of a blue-green pool."""
    client_id = Later(reading.client_id) if reading else None
    base = spec.pool_name if spec.pool_name is not None else name
    inputs = render_pool_inputs(
        spec.model_copy(update={"pool_name": base}),
        identity_ids=[Later(one.id) for one in identities],
        client_id=client_id,
    )
    if spec.rollout.strategy == BLUE_GREEN:
        inputs["pool_name"] = _digested_name(blue_green_name, base, inputs, spec, client_id, replacing)
    return inputs


def canary_inputs(inputs: Mapping[str, Any], spec: PoolSpec, reading: PoolIdentity | None) -> dict[str, Any]:
    """Those of the pool, under a name that says what it is made with; its nodes come and go by its hooks."""
    client_id = Later(reading.client_id) if reading else None
    none = {"fixed_scale": {"target_dedicated_nodes": 0, "target_low_priority_nodes": 0}}
    name = _digested_name(canary_name, inputs["pool_name"], inputs, spec, client_id, REPLACE_ON_CHANGES)
    return {**inputs, "pool_name": name, "scale_settings": none}


def _digested_name(
    make: Callable[[str, str], str],
    base: Any,
    inputs: Mapping[str, Any],
    spec: PoolSpec,
    client_id: Any,
    replacing: tuple[str, ...],
) -> Any:
    """A name made of the base and of the digest of all that replaces the pool; known in previews where these are."""
    tree = what_replaces(inputs, replacing, all_extensions(spec, client_id))
    leaves = [_told(leaf) for leaf in later_leaves(tree)]
    if not leaves and isinstance(base, str):
        return make(base, digest_of(tree, []))
    digest = pulumi.Output.all(*leaves).apply(lambda values: digest_of(tree, values)) if leaves else digest_of(tree, [])
    return Later(pulumi.Output.all(open_later(base), digest).apply(lambda parts: make(parts[0], parts[1])))


def _told(leaf: Later) -> pulumi.Output[Any]:
    """What the name of a pool may know of a value: a secret is a secret, whatever it says."""
    output = pulumi.Output.from_input(leaf.value)
    return pulumi.Output.all(output.is_secret(), pulumi.Output.unsecret(output)).apply(
        lambda both: SECRET_MARK if both[0] else both[1]
    )


def with_secrets(tree: Any) -> Any:
    """The tree with each value of `SECRET_FIELDS` as a secret, at that place and no higher."""
    if isinstance(tree, Mapping):
        return {
            key: Later(pulumi.Output.secret(open_later(value))) if key in SECRET_FIELDS else with_secrets(value)
            for key, value in tree.items()
        }
    if isinstance(tree, list):
        return [with_secrets(value) for value in tree]
    return tree
