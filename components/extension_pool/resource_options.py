"""What the resource options of the component mean for its pool.

The engine applies most options of a component to the component alone, where there is nothing to ignore, keep or
replace: whoever gives them means the pool. https://www.pulumi.com/docs/iac/concepts/resources/options/
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from .problems import InvalidInput, Problem, nearest
from .replace_on_changes import REPLACE_ON_CHANGES
from .spec import BLUE_GREEN, MACHINE_FIELDS, PoolSpec, arm_name

_MACHINE = "deploymentConfiguration.virtualMachineConfiguration"

_RAW = r"^deployment_?[cC]onfiguration\.virtual_?[mM]achine_?[cC]onfiguration\."

# What a pool's argument is called in azure-native's pool; the others have the same name there.
_ELSEWHERE = {
    **{name: (f"{_MACHINE}.{arm_name(name)}",) for name in (*MACHINE_FIELDS, "extensions", "node_agent_sku_id")},
    "image": (f"{_MACHINE}.imageReference", f"{_MACHINE}.nodeAgentSkuId"),
    "image_reference": (f"{_MACHINE}.imageReference",),
}
_OWN = frozenset({"key_vault_access", "key_vault_certificates", "key_vault_extension", "rollout"})
_PLACE = frozenset({"resource_group_name", "account_name", "pool_name"})
_ARGUMENTS = {spelled: name for name in PoolSpec.model_fields if name not in _OWN for spelled in (name, arm_name(name))}
# By position nothing is meant for sure: the pool has its extensions by name, and its identities by id.
_WHOLE = frozenset({"extensions", "identity", "image"})

_WITHOUT_EFFECT = {
    "delete_before_replace": "rollout.strategy says how a pool is replaced",
    "additional_secret_outputs": "mark the output where it is used: pulumi.Output.secret(...)",
    "version": "the children have the version of the pulumi-azure-native that is installed",
    "plugin_download_url": "give a provider that has it: providers=[...]",
    "hide_diffs": "give it to the pool with transformations=[...]",
}
# The engine does heed these, for a component that has no inputs and stands for nothing in Azure.
_BESIDE_THE_POOL = {
    # the children of a plugin are out of reach of the program's transformations
    "hooks": "they run when the component itself is made or deleted; a program in Python can bind them to the pool "
    "with transformations=[...]",
    "replacement_trigger": "for a pool that it replaces, put its value into metadata, with "
    'replace_on_changes=["metadata"]',
    "replace_with": "for a pool that is replaced with another resource, put that one's id into metadata, with "
    'replace_on_changes=["metadata"]',
}


class PoolOptions(NamedTuple):
    """ignore_changes, replace_on_changes: paths of azure-native's pool; the latter with those that always replace."""

    ignore_changes: tuple[str, ...]
    replace_on_changes: tuple[str, ...]


def pool_options(opts: Any, strategy: str) -> PoolOptions:
    """From the options of the component, a `pulumi.ResourceOptions` or None. Raises InvalidInput with every problem."""
    problems: list[Problem] = []
    ignored = _paths(opts, "ignore_changes", problems)
    replacing = _paths(opts, "replace_on_changes", problems)
    if strategy == BLUE_GREEN:
        problems += [
            Problem(
                ("opts", "ignore_changes"),
                "with strategy blue-green the pool's name is made of all that replaces it, and an ignored change would "
                "replace it all the same",
                given,
                do="take it away; or choose strategy delete-first",
            )
            for given, path in ignored
            if _replaces(path, (*REPLACE_ON_CHANGES, *(path for _, path in replacing), "poolName"))
        ]
    if getattr(opts, "import_", None):
        problems.append(
            Problem(
                ("opts", "import_"),
                "a component cannot be imported, only its children can",
                do="run extension-pool import",
            )
        )
    if problems:
        raise InvalidInput(problems)
    return PoolOptions(_unique(path for _, path in ignored), _unique([*REPLACE_ON_CHANGES, *(p for _, p in replacing)]))


def without_effect(opts: Any) -> list[str]:
    """A sentence for each option that does nothing on this component, or nothing to its pool."""
    return [
        *(
            f"the option {name} does nothing on an ExtensionPool: {why}"
            for name, why in _WITHOUT_EFFECT.items()
            if getattr(opts, name, None)
        ),
        *(
            f"the option {name} of an ExtensionPool does nothing to its pool: {why}"
            for name, why in _BESIDE_THE_POOL.items()
            if _says_something(name, getattr(opts, name, None))
        ),
    ]


def _says_something(name: str, option: Any) -> bool:
    if option is None:
        return False
    if name == "hooks":
        # a plugin always gets a binding
        return any(vars(option).values())
    # a trigger may be 0 or an Output
    return name == "replacement_trigger" or bool(option)


def find_pool_paths(argument: str) -> tuple[str, ...]:
    """The paths of azure-native's pool behind the path of an argument, in either spelling; nothing if it has none."""
    head, rest = _split(argument)
    name = _ARGUMENTS.get(head)
    if name is None or (rest and name in _WHOLE):
        return ()
    below = ".".join(arm_name(part) for part in rest.split(".")) if rest else ""
    if name in ("tags", "resource_tags"):
        below = rest
    roots = _ELSEWHERE.get(name, (arm_name(name),))
    joint = "" if not below or below.startswith("[") else "."
    return tuple(f"{root}{joint}{below}" for root in roots)


def _split(argument: str) -> tuple[str, str]:
    found = re.match(r"([^.\[]*)\.?(.*)$", argument)
    return (found[1], found[2]) if found else (argument, "")


def _paths(opts: Any, option: str, problems: list[Problem]) -> list[tuple[str, str]]:
    """As given -> path of the pool."""
    found: list[tuple[str, str]] = []
    for given in getattr(opts, option, None) or []:
        paths = find_pool_paths(given)
        if not paths or (option == "replace_on_changes" and _ARGUMENTS.get(_split(given)[0]) in _PLACE):
            problems.append(_unknown(option, given))
        found += [(given, path) for path in paths]
    return found


def _unknown(option: str, given: str) -> Problem:
    head, rest = _split(given)
    name = _ARGUMENTS.get(head)
    if name in _WHOLE and rest:
        return Problem(("opts", option), "can only be named whole", given, do=f"use {name}")
    if name in _PLACE:
        return Problem(("opts", option), "always replaces the pool", given, do="take it away")
    raw = re.sub(_RAW, "", given)
    close = _split(raw)[0] if raw != given and find_pool_paths(raw) else nearest(head, _ARGUMENTS)
    return Problem(
        ("opts", option),
        "must be arguments that become a property of the pool, such as scale_settings",
        given,
        do=f"did you mean {_ARGUMENTS[close]}?" if close else "use transforms for the other children",
    )


def _replaces(path: str, roots: Iterable[str]) -> bool:
    return any(_below(path, root) or _below(root, path) for root in roots)


def _below(path: str, root: str) -> bool:
    return path == root or path.startswith((f"{root}.", f"{root}["))


def _unique(paths: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(paths))
