"""A stack file in the operator's words -> what a stack asks for. Pure.

A stack file is ``stacks/Pulumi.<stack>.yaml``; its keys are `StackConfig`'s fields in camelCase under the namespace
``extension-pool``, whatever the project is called, for example ``extension-pool:pools``. A key with dots is a place in
one of these: ``extension-pool:keyVault.name``. That is how `pulumi new` writes its answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Annotated, Any

from pydantic import Field

from .azure_types import AccountName, PoolName, ResourceGroupName, VaultName
from .checks import check_pool
from .checks.rollout import check_order
from .problems import InvalidInput, Later, Notice, Path, Problem, nearest, open_later
from .spec import PoolSettings, SpecModel, arm_path, plain_tree
from .validation import parse_model, words_of

NAMESPACE = "extension-pool"

_SECRET_NAME = re.compile(r"[0-9A-Za-z-]{1,127}")


class ResourceGroup(SpecModel):
    """The stack's resource group."""

    name: ResourceGroupName
    """Required."""
    create: bool = False
    """Optional. Whether the stack makes it; left out, it is there already."""


class BatchAccount(SpecModel):
    """The Batch account of all pools."""

    name: AccountName
    """Required. 3 to 24 lower-case letters and digits, unique in its region."""
    resource_group: ResourceGroupName | None = None
    """Optional. Left out, the stack's."""
    create: bool = False
    """Optional. Whether the stack makes it; left out, it is there already."""


class KeyVault(SpecModel):
    """The vault that the pools' certificates are in."""

    name: VaultName
    """Required. Unique in all of Azure."""
    resource_group: ResourceGroupName | None = None
    """Optional. Left out, the stack's."""
    create: bool = False
    """Optional. Whether the stack makes it, in RBAC mode; left out, it is there already."""


class Pool(PoolSettings):
    """A pool of the stack: every argument of the component, and this option of the resource."""

    protect: bool = False
    """Optional. Whether Pulumi refuses to delete or to replace the pool. Left out, it does not."""


class StackConfig(SpecModel):
    """All that a stack asks for."""

    resource_group: ResourceGroup
    """Required. The stack's resource group."""
    batch_account: BatchAccount
    """Required. The Batch account of all pools."""
    key_vault: KeyVault | None = None
    """Conditional: required for pools with certificates that do not say what they may read. The vault that the
    certificates are in; pools with certificates get access to it. A certificate of it may be given by its name alone,
    in Azure's public cloud."""
    pools: Annotated[dict[PoolName, Pool], Field(min_length=1)]
    """Required. Pools by name; the name is the pool's, unless it says another."""


def parse_stack_config(values: Mapping[str, Any], today: date) -> StackConfig:
    """The checked configuration of a stack.

    values: what the configuration holds under the project's namespace, key by key, without the namespace; secrets as
    `Later`. Raises InvalidInput with every problem, paths as in the stack file.
    """
    try:
        tree = _with_vault(_put_in_place(values))
        return parse_model(StackConfig, tree, lambda config: _check(config, today), stack_words=True)
    except InvalidInput as error:
        raise InvalidInput([_in_stack_file(problem) for problem in error.problems]) from None


def pool_arguments(pool: PoolSettings) -> dict[str, Any]:
    """A pool of the stack as arguments of `ExtensionPool`, apart from the account; secrets are opened.

    Left out is what stands for options of the resource: `protect` and `rollout.after`.
    """
    arguments: dict[str, Any] = open_later(plain_tree(pool))
    arguments.pop("protect", None)
    arguments["rollout"].pop("after", None)
    return arguments


def warn_of_clear_text(config: StackConfig) -> list[Notice]:
    """Protected settings that the stack file holds in clear text: Pulumi keeps them secret, the repository does not."""
    return [
        Notice(
            (f"{NAMESPACE}:pools", name, "extensions", index, "protectedSettings"),
            "stands in the stack file in clear text; put it there with `pulumi config set --secret --path`",
        )
        for name, pool in config.pools.items()
        for index, extension in enumerate(pool.extensions or [])
        if _in_clear_text(extension.protected_settings)
    ]


def wants_stack_vault(pool: PoolSettings) -> bool:
    """Whether the pool gets access to the stack's vault: it has certificates and says nothing about access."""
    return bool(pool.key_vault_certificates) and pool.key_vault_access is None


def find_secure(document: Any, namespace: str = NAMESPACE) -> frozenset[Path]:
    """The places of a stack file's configuration that hold ``secure:`` values, as paths without the namespace."""
    config = document.get("config") if isinstance(document, Mapping) else None
    found: set[Path] = set()
    for key, value in (config or {}).items():
        space, _, name = str(key).rpartition(":")
        if space in ("", namespace):
            found.update(_secure_below(value, (name,)))
    return frozenset(found)


def mark_secrets(tree: Any, places: frozenset[Path], wrap: Callable[[Any], Any], at: Path = ()) -> Any:
    """The tree with ``Later(wrap(value))`` at each of the places."""
    if at in places:
        return Later(wrap(tree))
    if isinstance(tree, Mapping):
        return {key: mark_secrets(value, places, wrap, (*at, key)) for key, value in tree.items()}
    if isinstance(tree, list):
        return [mark_secrets(value, places, wrap, (*at, index)) for index, value in enumerate(tree)]
    return tree


def settings_leaves(tree: Any, at: Path = ()) -> frozenset[Path]:
    """The places of all values in extension settings: what may be secret where the stack file itself cannot be read."""
    inside = any(segment in ("settings", "protectedSettings") for segment in at)
    if isinstance(tree, (Mapping, list)):
        items = tree.items() if isinstance(tree, Mapping) else enumerate(tree)
        return frozenset().union(*(settings_leaves(value, (*at, key)) for key, value in items))
    return frozenset({at}) if inside else frozenset()


def _put_in_place(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with those of keys with dots where these say. One that leads nowhere stays as it is."""
    tree: dict[str, Any] = {key: value for key, value in values.items() if "." not in key}
    for key, value in values.items():
        first, *rest = key.split(".")
        if rest:
            known = first in words_of(StackConfig, stack_words=True)
            placed = _placed(tree.get(first, {}), rest, value) if known else None
            tree[key if placed is None else first] = value if placed is None else placed
    return tree


def _placed(tree: Any, path: Sequence[str], value: Any) -> Any:
    """The mapping with a value at a path; None where the path leads through something else."""
    if not path:
        return value
    if not isinstance(tree, Mapping):
        return None
    inner = _placed(tree.get(path[0], {}), path[1:], value)
    return None if inner is None else {**tree, path[0]: inner}


def _with_vault(values: dict[str, Any]) -> dict[str, Any]:
    """The values with the URLs of certificates that are given by their names: secrets of the stack's vault."""
    vault, pools = values.get("keyVault"), values.get("pools")
    name = vault.get("name") if isinstance(vault, Mapping) else None
    if not isinstance(name, str) or not isinstance(pools, Mapping):
        return values
    return {**values, "pools": {key: _certificates_of(pool, name) for key, pool in pools.items()}}


def _certificates_of(pool: Any, vault: str) -> Any:
    given = pool.get("keyVaultCertificates") if isinstance(pool, Mapping) else None
    if not isinstance(given, list):
        return pool
    found = [
        {**one, "url": in_vault(one["url"], vault)} if isinstance(one, Mapping) and "url" in one else one
        for one in (in_vault(one, vault) for one in given)
    ]
    return {**pool, "keyVaultCertificates": found}


def in_vault(certificate: Any, vault: str) -> Any:
    """A certificate that is given by its name as the URL of that secret of a vault; anything else as it is.

    https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#object-identifiers
    """
    if isinstance(certificate, str) and _SECRET_NAME.fullmatch(certificate):
        return f"https://{vault}.vault.azure.net/secrets/{certificate}"
    return certificate


def _in_clear_text(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_in_clear_text(inner) for inner in value.values())
    if isinstance(value, list):
        return any(_in_clear_text(inner) for inner in value)
    return value is not None and not isinstance(value, Later)


def _secure_below(value: Any, at: Path) -> set[Path]:
    if isinstance(value, Mapping):
        if set(value) == {"secure"} and isinstance(value["secure"], str):
            return {at}
        return set().union(*(_secure_below(inner, (*at, str(key))) for key, inner in value.items()))
    if isinstance(value, list):
        return set().union(*(_secure_below(inner, (*at, index)) for index, inner in enumerate(value)))
    return set()


def _check(config: StackConfig, today: date) -> list[Problem]:
    problems: list[Problem] = []
    if config.resource_group.create and not config.batch_account.create and config.batch_account.resource_group is None:
        problems.append(
            Problem(
                ("batchAccount",),
                "cannot be there already in a resource group that the stack creates",
                config.batch_account.name,
                do="set create: true, or name its resource group",
            )
        )
    for name, pool in config.pools.items():
        for problem in check_pool(pool, today).problems:
            problems.append(problem._replace(path=("pools", name, *arm_path(problem.path))))
        if wants_stack_vault(pool) and config.key_vault is None:
            problems.append(
                Problem(
                    ("pools", name, "keyVaultCertificates"),
                    "the pool's identity has no access to a vault",
                    do=f"name the vault under {NAMESPACE}:keyVault, or give the pool keyVaultAccess ([]: no grant)",
                )
            )
    return [*problems, *check_order(config.pools)]


def _in_stack_file(problem: Problem) -> Problem:
    first, *rest = problem.path
    words = words_of(StackConfig, stack_words=True)
    do = problem.do
    if not rest and first not in words and not isinstance(first, int):
        meant = nearest(first, words)
        do = f"did you mean {NAMESPACE}:{meant}?" if meant else do
    return problem._replace(path=(f"{NAMESPACE}:{first}", *rest), do=do)
