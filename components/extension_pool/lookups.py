"""Asks the provider from within hooks."""

import importlib.metadata
from collections.abc import Mapping
from functools import cache
from typing import Any

import pulumi
from pulumi.runtime.invoke import invoke_async


async def look_up(function: str, query: Mapping[str, Any], parent: pulumi.Resource | None = None) -> dict[str, Any]:
    """What a function of azure-native answers, in ARM's names; the provider is that of `parent`.

    Raises Exception, the engine has no narrower type, when Azure refuses: also for what is not there.
    """
    # Without the version the engine makes another default provider. From a hook that runs after a creation it waits
    # for that hook to end before it can (seen with 3.255).
    options = pulumi.InvokeOptions(parent=parent, version=_version())
    found = await invoke_async(f"azure-native:{function}", dict(query), options)
    return dict(found or {})


@cache
def _version() -> str:
    return importlib.metadata.version("pulumi-azure-native")
