"""Pulumi's resource hooks, each registered once in a run under a fixed name.

Two hooks of one name crash the engine, and a program may hold any number of pools.
"""

import asyncio
from typing import Any

import pulumi

from .lookups import look_up
from .runs import once_in_a_run

WAIT_FOR_GRANT = "extension-pool:wait-for-grant"
REFUSE_TAKEN_NAME = "extension-pool:refuse-taken-name"

# Nodes leave first, which takes Azure minutes. Its own advice is to ask every 15 seconds; a look costs one GET.
LONGEST_DELETE = 30 * 60
DELETE_POLL = 5


def wait_after_create(resource_name: str, seconds: int) -> pulumi.ResourceHookBinding:
    """Holds up whatever depends on a resource for so long after its creation, and only then. Previews do not wait."""
    waits, hook = once_in_a_run(WAIT_FOR_GRANT, _waiting)
    waits[resource_name] = max(seconds, waits.get(resource_name, 0))
    return pulumi.ResourceHookBinding(after_create=[hook])


def _waiting() -> tuple[dict[str, int], pulumi.ResourceHook]:
    """The seconds of this run by resource name, and the hook that waits for them."""
    waits: dict[str, int] = {}

    async def wait(args: pulumi.ResourceHookArgs) -> None:
        seconds = waits.get(args.name, 0)
        pulumi.log.info(
            f"{args.name}: created; waiting {_words(seconds)} until Azure honours it everywhere, before the pool is "
            "made (key_vault_access wait)"
        )
        await asyncio.sleep(seconds)

    return waits, pulumi.ResourceHook(WAIT_FOR_GRANT, wait)


def refuse_a_taken_name(resource_name: str) -> pulumi.ResourceHookBinding:
    """Refuses, in previews already, to make a blue-green pool whose name is taken.

    It is where a change replaces the pool and is not in its name: that of a secret. Without this the preview promises a
    replacement, and the update fails.
    """
    hook = once_in_a_run(
        REFUSE_TAKEN_NAME,
        lambda: pulumi.ResourceHook(
            REFUSE_TAKEN_NAME, _refuse_taken_name, opts=pulumi.ResourceHookOptions(on_dry_run=True)
        ),
    )
    return pulumi.ResourceHookBinding(before_create=[hook])


async def _refuse_taken_name(args: pulumi.ResourceHookArgs) -> None:
    wanted = dict(args.new_inputs or {})
    place = [wanted.get(key) for key in ("resourceGroupName", "accountName", "poolName")]
    if not all(isinstance(part, str) for part in place):
        # not known yet: then it is new
        return
    group, account, name = place
    query = {"resourceGroupName": group, "accountName": account, "poolName": name}
    from .rolling.plans import plans

    # The pool's own provider is asked: another one may be of another subscription.
    plan = await plans().find(args.urn, args.name)
    if await _is_taken(args.name, str(name), query, plan.component if plan else None):
        raise pulumi.RunError(
            f"{args.name}: a pool named {name!r} is there already in account {account!r}. If it is this one, what has "
            "changed is a secret, which is not in the name of a blue-green pool: change protected_settings_version of "
            "the extension whose protected settings have changed. If it is the one from before a gate that failed, "
            "return to it with extension-pool rollback. Else give the pool another pool_name."
        )


async def _is_taken(resource_name: str, pool: str, query: dict[str, Any], component: pulumi.Resource | None) -> bool:
    """Whether the name belongs to a pool that stays. One that Azure is deleting is waited for."""
    for waited in range(0, LONGEST_DELETE + DELETE_POLL, DELETE_POLL):
        try:
            found = await look_up("batch:getPool", query, component)
        except Exception:
            # The engine raises no narrower type; whatever else it is, the creation itself will tell.
            return False
        if not found or str(found.get("provisioningState", "")).lower() != "deleting":
            return bool(found)
        if pulumi.runtime.is_dry_run():
            return False
        if waited == 0:
            pulumi.log.info(
                f"{resource_name}: Azure is still deleting a pool of the name {pool!r}; waiting until it is gone, at "
                f"most {_words(LONGEST_DELETE)}"
            )
        await asyncio.sleep(DELETE_POLL)
    raise pulumi.RunError(
        f"{resource_name}: Azure has been deleting the old pool of the name {pool!r} for more than "
        f"{_words(LONGEST_DELETE)}; nothing else is touched; run 'pulumi up' again when it is gone"
    )


def _words(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    parts = [f"{minutes} min"] if minutes else []
    return " ".join([*parts, *([f"{rest} s"] if rest or not parts else [])])
