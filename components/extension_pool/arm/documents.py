"""Where the pool is in a document: a body, an answer, a list of pools, a template with its parameters. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from ..problems import Path
from .body import parse_body, split_pool_id
from .expressions import EXPRESSION, Parameters
from .tree import Report, free_copy, mapping_at

if TYPE_CHECKING:
    from ..args import ExtensionPoolArgs

_ACCOUNT_TYPE = "microsoft.batch/batchaccounts"
_POOL_TYPE = f"{_ACCOUNT_TYPE}/pools"


@dataclass(frozen=True)
class _Found:
    """A pool in a document. account: the one that it is nested under, as far as the document says."""

    pool: Mapping[str, Any]
    path: Path
    account: Any = None


def parse_pool(
    document: Mapping[str, Any],
    *,
    resource_group_name: str | None = None,
    account_name: str | None = None,
    pool_name: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    keep_unknown: bool = False,
) -> ExtensionPoolArgs:
    """The arguments that make the pool of a document.

    document: the body of a PUT, the answer to a GET, a list of pools, or an ARM template with a pool among its
    ``resources``, in whichever form of them, or nested under its account.
    resource_group_name, account_name, pool_name: needed where the document does not say them by ``id`` or ``name``;
    pool_name also chooses, where there are several.
    parameters: a template's parameter file, or its ``parameters``; their values and the template's default values take
    the places of ``[parameters('...')]``. Other expressions are problems.
    keep_unknown: keeps unknown properties (see the package's text) instead of refusing them.
    Raises InvalidInput with every problem, paths as in the document.
    """
    report = Report(keep_unknown)
    found, resolve = _find(document, pool_name, parameters, report)
    pool = dict(found.pool)
    # the name may well be an expression, and given in its stead
    names = {"resource_group_name": resource_group_name, "account_name": account_name, "pool_name": pool_name}
    told = _names(pool.pop("name", None), found, names, resolve, report)
    body = {
        key: (resolve.resolved if resolve else free_copy)(value, (*found.path, key), report)
        for key, value in pool.items()
        if key != "dependsOn"
    }
    agreed = _agreed(names, told, body.get("id"), found.path, report)
    if resolve:
        for word in sorted(body.keys() & {"condition", "copy"}):
            report.add((*found.path, word), "makes another pool, or none, from case to case", do="write the pool out")
            del body[word]
    arguments = parse_body(body, found.path, report)
    report.done()
    return cast("ExtensionPoolArgs", {**agreed, **arguments})


def pool_of(document: Mapping[str, Any], pool_name: str | None = None) -> Mapping[str, Any]:
    """The pool of a document as it stands there, which `parse_pool` would read. Raises InvalidInput as that does."""
    return _find(document, pool_name, None, Report())[0].pool


def _find(document: Any, pool_name: str | None, parameters: Any, report: Report) -> tuple[_Found, Parameters | None]:
    tree = mapping_at(document, (), report)
    report.done()
    resolve = Parameters.of(tree, parameters, report) if "resources" in tree or "$schema" in tree else None
    found = _choose(list(_pools(tree)), pool_name, resolve, report)
    report.done()
    assert found is not None
    return found, resolve


def _pools(tree: Mapping[str, Any]) -> Iterator[_Found]:
    if "resources" in tree and "properties" not in tree:
        yield from _resources(tree["resources"], ("resources",))
    elif isinstance(tree.get("value"), list) and "properties" not in tree:
        for index, one in enumerate(tree["value"]):
            if isinstance(one, Mapping):
                yield _Found(one, ("value", index))
    else:
        yield _Found(tree, ())


def _resources(resources: Any, path: Path, account: Any = None, parent: str = "") -> Iterator[_Found]:
    """The pools of a template: resources are a list, or an object by symbolic names; children follow their parents."""
    if isinstance(resources, Mapping):
        items: list[tuple[str | int, Any]] = [(str(key), one) for key, one in resources.items()]
    else:
        items = list(enumerate(resources)) if isinstance(resources, list) else []
    for key, one in items:
        kind = one.get("type") if isinstance(one, Mapping) else None
        if not isinstance(kind, str) or len(path) > 10:
            continue
        whole = kind.lower() if "/" in kind or not parent else f"{parent}/{kind.lower()}"
        if whole == _POOL_TYPE:
            yield _Found(one, (*path, key), account)
        name = one.get("name") if whole == _ACCOUNT_TYPE else None
        yield from _resources(one.get("resources"), (*path, key, "resources"), name, whole)


def _choose(pools: list[_Found], wanted: str | None, resolve: Parameters | None, report: Report) -> _Found | None:
    if not pools:
        report.add((), "must have a pool, of type Microsoft.Batch/batchAccounts/pools", do="give a document with one")
        return None
    if len(pools) == 1:
        return pools[0]
    names = [_last(one.pool.get("name"), (*one.path, "name"), resolve) for one in pools]
    chosen = [one for one, name in zip(pools, names, strict=True) if wanted and name.lower() == wanted.lower()]
    if len(chosen) != 1:
        report.add(pools[0].path, f"one of {len(pools)} pools", do=f"choose one by pool_name: {', '.join(names)}")
        return None
    return chosen[0]


def _last(name: Any, path: Path, resolve: Parameters | None) -> str:
    known = resolve.resolved(name, path, Report()) if resolve else name
    return known.rsplit("/", 1)[-1] if isinstance(known, str) else "?"


def _names(
    name: Any, found: _Found, given: Mapping[str, str | None], resolve: Parameters | None, report: Report
) -> dict[str, str]:
    """What the name of the resource says: the pool's, and before a slash the account's."""
    where = (*found.path, "name")
    if isinstance(name, str) and resolve and EXPRESSION.fullmatch(name) and given["pool_name"]:
        probe = Report()
        name = resolve.resolved(name, where, probe)
        name = None if probe.problems else name
    elif resolve:
        name = resolve.resolved(name, where, report)
    if name is not None and not isinstance(name, str):
        report.add(where, "must be a string", name)
        name = None
    account = found.account
    if account is not None and not given["account_name"]:
        account = resolve.resolved(account, (*found.path[:-2], "name"), report) if resolve else account
    told: dict[str, str] = {}
    if isinstance(account, str) and not given["account_name"]:
        told["account_name"] = account
    if name:
        *before, told["pool_name"] = name.split("/")
        if before and before[-1]:
            told["account_name"] = before[-1]
    return told


def _agreed(
    given: Mapping[str, str | None], told: Mapping[str, str], pool_id: Any, path: Path, report: Report
) -> dict[str, str]:
    """Resource group, account and pool: the id's, else the name's, else those given; at odds they are a problem."""
    parts = split_pool_id(pool_id) if isinstance(pool_id, str) else None
    if pool_id is not None and parts is None:
        report.add((*path, "id"), "must be the resource id of a pool", pool_id)
        return {}
    by_id = dict(zip(("resource_group_name", "account_name", "pool_name"), parts or (), strict=False))
    agreed: dict[str, str] = {}
    for word, meant in given.items():
        known = by_id.get(word) or told.get(word)
        if known and meant and known.lower() != meant.lower():
            report.add((*path, "id" if parts else "name"), f"must agree with {word} {meant!r}", known, "correct one")
        value = known or meant
        if value:
            agreed[word] = value
        elif word != "pool_name":
            report.add((*path, "id"), f"required to know {word}, but missing", do=f"give {word}")
    return agreed
