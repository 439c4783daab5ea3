"""The farm of `examples/larger-program/` as it was a version ago: two pools at the top of the program.

Its tests put it in the place of `farm.py`.
"""

from typing import Any

import farm_now
import pulumi

from extension_pool import ExtensionPool


class Farm(farm_now.Farm):
    """Makes what the farm makes, where and under the names that it had then."""

    def __init__(self, name: str, args: Any, opts: pulumi.ResourceOptions) -> None:
        provider = opts.providers[0] if isinstance(opts.providers, list) else None

        def pool(name: str, args: Any, opts: pulumi.ResourceOptions) -> ExtensionPool:
            top = pulumi.ResourceOptions(providers=[provider] if provider else None)
            return ExtensionPool({"farm-cpu": "workers"}.get(name, name), args, top)

        vars(farm_now)["ExtensionPool"] = pool
        super().__init__(name, args, opts)
