"""Which words of a stack file stand behind a property of what the stack makes. Pure.

The component renders a pool from words of its own (`render`, `derived`); here is the way back: for a property, as the
engine names it, the places of the stack file that it can come from, the most exact first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from ...images import find_image, os_of_node_agent
from ...mutability import Fate, Ours, find_rule, words
from ...stack_config import NAMESPACE, in_vault
from .yaml_edits import Path
from .yaml_tree import Node

POOLS = f"{NAMESPACE}:pools"
FREE_ORDER = frozenset({"extensions", "keyVaultCertificates", "keyVaultAccess", "existing", "provisionAfterExtensions"})
"""Lists of a pool whose order means nothing."""

MACHINES = ("deploymentConfiguration", "virtualMachineConfiguration")

_GROUP = (
    (f"{NAMESPACE}:batchAccount", "resourceGroup"),
    (f"{NAMESPACE}:resourceGroup", "name"),
)
# Where a pool's identity is, and in which subscription: a move of either makes another of it.
_HOME = (*_GROUP, ("azure-native:location",), ("azure-native:subscriptionId",))
_IMAGE = (("image",), ("imageReference",), ("nodeAgentSkuId",))
_IDENTITY = (("identity", "readsCertificates"), ("identity", "existing"), ("identity",))
_CERTIFICATES = ("keyVaultCertificates",)
_OPTIONS = "keyVaultExtension"

# property -> words of the pool that it also comes from
_ALSO: dict[str, tuple[Path, ...]] = {
    "imageReference": (("image",),),
    "nodeAgentSkuId": (("image",), ("imageReference",)),
    "identity": _IDENTITY,
    "poolName": (("rollout", "strategy"),),
}
# property -> places of the stack that it comes from
_OF_STACK: dict[str, tuple[Path, ...]] = {
    "identity": _HOME,
    "accountName": ((f"{NAMESPACE}:batchAccount", "name"),),
    "resourceGroupName": _GROUP,
}
# beginnings of a property of the certificates' extension -> words of the pool
_CERTIFICATE_SETTINGS: dict[Path, tuple[Path, ...]] = {
    ("settings", "secretsManagementSettings", "pollingIntervalInS"): ((_OPTIONS, "pollingIntervalInS"),),
    ("settings", "secretsManagementSettings", "requireInitialSync"): ((_OPTIONS, "requireInitialSync"),),
    ("settings", "secretsManagementSettings", "linkOnRenewal"): ((_OPTIONS, "linkOnRenewal"),),
    ("settings", "secretsManagementSettings", "aclEnabled"): (_CERTIFICATES,),
    ("settings", "authenticationSettings", "msiClientId"): _IDENTITY,
    ("type",): _IMAGE,
    ("publisher",): _IMAGE,
    ("name",): ((_OPTIONS, "name"), *_IMAGE),
    ("typeHandlerVersion",): ((_OPTIONS, "typeHandlerVersion"),),
    ("autoUpgradeMinorVersion",): ((_OPTIONS, "autoUpgradeMinorVersion"),),
    ("enableAutomaticUpgrade",): ((_OPTIONS, "enableAutomaticUpgrade"),),
    ("provisionAfterExtensions",): ((_OPTIONS, "provisionAfterExtensions"),),
}
_VAULT = (f"{NAMESPACE}:keyVault", "name")
_OBSERVED = ("settings", "secretsManagementSettings", "observedCertificates")

# What else the stack program makes: logical name -> property -> places of the stack.
_OF_OTHERS: dict[str, dict[str, tuple[Path, ...]]] = {
    "resource-group": {"resourceGroupName": ((f"{NAMESPACE}:resourceGroup", "name"),)},
    "batch-account": {"accountName": ((f"{NAMESPACE}:batchAccount", "name"),), "resourceGroupName": _GROUP},
    "key-vault": {
        "vaultName": ((f"{NAMESPACE}:keyVault", "name"),),
        "resourceGroupName": ((f"{NAMESPACE}:keyVault", "resourceGroup"), (f"{NAMESPACE}:resourceGroup", "name")),
    },
}
_OF_IDENTITY: dict[str, tuple[Path, ...]] = {"tags": (("identity", "tags"),), "resourceName": (("identity", "name"),)}

_SEGMENT = re.compile(r"""\[\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<index>\d+)|[^\]]*)\s*\]|(?P<name>[^.\[\]]+)""")


def parse_property(text: str) -> Path:
    """``a.b[0]["x.y"]`` -> ``("a", "b", 0, "x.y")``, as the engine writes the paths of properties."""
    found: list[str | int] = []
    for match in _SEGMENT.finditer(text):
        if match["index"] is not None:
            found.append(int(match["index"]))
        else:
            found.append((match["quoted"] or match["name"] or "").replace('\\"', '"'))
    return tuple(found)


def words_behind(name: str, path: str, config: Node | None) -> Iterator[Path]:
    """The places of the stack file that a property of the pool `name` can come from, the most exact first.

    config: what the file has under ``config``, in the version that the places are of.
    """
    at = parse_property(path)
    at = at[2:] if at[:2] == MACHINES else at
    pool = _at(config, (POOLS, name))
    for words_of_pool in _of_pool(at, pool, _text(_at(config, _VAULT))):
        yield (POOLS, name, *words_of_pool)
    yield from _OF_STACK.get(str(at[0]) if at else "", ())
    if _is_certificates(at, pool) and at[2:5] == _OBSERVED:
        # certificates that are given by their names alone are in it
        yield _VAULT
    if _is_certificates(at, pool) and at[2:] == ("settings", "authenticationSettings", "msiClientId"):
        yield from _HOME


def words_behind_other(name: str, path: str, config: Node | None) -> Iterator[Path]:
    """The same for a resource that is no pool, by its logical name."""
    at = parse_property(path)
    head = str(at[0]) if at else ""
    yield from _OF_OTHERS.get(name, {}).get(head, ())
    pools = _at(config, (POOLS,))
    for pool in sorted((pools.keys or {}) if pools else {}, key=len, reverse=True):
        if name == f"{pool}-identity":
            for words_of_pool in _OF_IDENTITY.get(head, ()):
                yield (POOLS, pool, *words_of_pool, *at[1:])
                yield (POOLS, pool, *words_of_pool)
        elif name == f"{pool}-vault-access" or name.startswith(f"{pool}-vault-access-"):
            yield (POOLS, pool, "keyVaultAccess")
            yield (f"{NAMESPACE}:keyVault",)
        else:
            continue
        yield (POOLS, pool)
        break
    if head == "location":
        yield ("azure-native:location",)


@cache
def replaces(word: str, below: str = "") -> bool:
    """Whether an edit of this word of a pool makes the pool be replaced: what a blue-green pool has its name of."""
    path = f"{word}.{below}" if below else word
    own = [one for one in words() if _folded(path).startswith(_folded(one.path))]
    if own:
        return max(own, key=lambda one: len(one.path)).pool is not Fate.UNTOUCHED
    rule = find_rule(path) or find_rule(".".join((*MACHINES, path)))
    return rule is not None and rule.ours is Ours.REPLACE


def _of_pool(at: Path, pool: Node | None, vault: str) -> Iterator[Path]:
    if at and at[0] == "extensions":
        yield from _of_extension(at, pool, vault)
        return
    if at:
        yield from _and_above(at, 1)
    yield from _ALSO.get(str(at[0]) if at else "", ())


def _of_extension(at: Path, pool: Node | None, vault: str) -> Iterator[Path]:
    if len(at) < 2:
        yield from (("extensions",), _CERTIFICATES, (_OPTIONS,))
        return
    if not _is_certificates(at, pool):
        index = _index(at[1], pool)
        if index is not None:
            yield from _and_above(("extensions", index, *at[2:]), 3)
        return
    rest = at[2:]
    if rest[:3] == _OBSERVED:
        yield from _of_certificate(rest[3:], pool, vault)
    for beginning, found in _CERTIFICATE_SETTINGS.items():
        if rest[: len(beginning)] == beginning:
            yield from found
    if not rest:
        yield from (_CERTIFICATES, (_OPTIONS,), *_IMAGE)


def _of_certificate(at: Path, pool: Node | None, vault: str) -> Iterator[Path]:
    """The component sorts certificates: what comes first at the node may be last in the file."""
    entries = _at(pool, _CERTIFICATES)
    order = sorted(range(len(entries.items or [])) if entries else (), key=lambda index: _place(entries, index, vault))
    if at and isinstance(at[0], int) and at[0] < len(order):
        yield (*_CERTIFICATES, order[at[0]], *at[1:])
    yield _CERTIFICATES


def _place(entries: Node | None, index: int, vault: str) -> tuple[str, str, str]:
    node = (entries.items or [])[index].node if entries else None
    if node is not None and node.keys is None:
        return (str(in_vault(node.value, vault)), "", "")
    keys = ("url", "certificateStoreLocation", "certificateStoreName")
    url, location, store = (_text(_at(node, (key,))) for key in keys)
    return (in_vault(url, vault) or "~", location, store)


def _is_certificates(at: Path, pool: Node | None) -> bool:
    """Whether a property is of the extension that `keyVaultCertificates` asks for."""
    return len(at) > 1 and at[0] == "extensions" and _name(at[1], pool) == _certificates_name(pool)


def _name(which: str | int, pool: Node | None) -> str:
    """The extension at an index of the canonical order, which is by name."""
    if isinstance(which, str):
        return which
    names = sorted([*_names(pool), *filter(None, [_certificates_name(pool)])], key=str.lower)
    return names[which] if which < len(names) else ""


def _names(pool: Node | None) -> list[str]:
    extensions = _at(pool, ("extensions",))
    return [_text(_at(entry.node, ("name",))) for entry in (extensions.items or [] if extensions else [])]


def _index(which: str | int, pool: Node | None) -> int | None:
    names = _names(pool)
    name = _name(which, pool)
    return names.index(name) if name in names else None


def _certificates_name(pool: Node | None) -> str | None:
    """The name of the certificates' extension; None without certificates."""
    certificates = _at(pool, _CERTIFICATES)
    if certificates is None or not certificates.items:
        return None
    image = find_image(_text(_at(pool, ("image",))))
    agent = _text(_at(pool, ("nodeAgentSkuId",)))
    os_type = os_of_node_agent(agent) if agent else image.os_type if image else "linux"
    default = "KeyVaultForWindows" if os_type == "windows" else "KeyVaultForLinux"
    return _text(_at(pool, (_OPTIONS, "name"))) or default


def _and_above(at: Path, least: int) -> Iterator[Path]:
    """A place, and the lists that it is in: an item that comes or goes moves those behind it."""
    yield at
    for size in range(len(at) - 1, least - 1, -1):
        if isinstance(at[size], int):
            yield at[:size]


def _at(node: Node | None, path: Path) -> Node | None:
    for key in path:
        entry = (node.keys or {}).get(str(key)) if node is not None else None
        node = entry.node if entry is not None else None
    return node


def _text(node: Node | None) -> str:
    return "" if node is None or node.keys is not None or node.items is not None else str(node.value)


def _folded(name: str) -> str:
    return name.replace("_", "").lower()
