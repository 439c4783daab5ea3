"""Pulumi's resource hooks, each registered once in a run under a fixed name.

Two hooks of one name crash the engine, and a program may hold any number of pools.
"""

import asyncio

import pulumi

from .runs import once_in_a_run

WAIT_FOR_GRANT = "extension-pool:wait-for-grant"

_waits: dict[str, int] = {}


def wait_after_create(resource_name: str, seconds: int) -> pulumi.ResourceHookBinding:
    """Holds up whatever depends on a resource for so long after its creation, and only then. Previews do not wait."""
    _waits[resource_name] = max(seconds, _waits.get(resource_name, 0))
    hook = once_in_a_run(WAIT_FOR_GRANT, lambda: pulumi.ResourceHook(WAIT_FOR_GRANT, _wait))
    return pulumi.ResourceHookBinding(after_create=[hook])


async def _wait(args: pulumi.ResourceHookArgs) -> None:
    seconds = _waits.get(args.name, 0)
    pulumi.log.info(
        f"{args.name}: created; waiting {_words(seconds)} until Azure honours it everywhere, before the pool is made "
        "(key_vault_access wait)"
    )
    await asyncio.sleep(seconds)


def _words(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    parts = [f"{minutes} min"] if minutes else []
    return " ".join([*parts, *([f"{rest} s"] if rest or not parts else [])])
