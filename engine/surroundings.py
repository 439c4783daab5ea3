"""What a stack file names as there already: local Azure, which begins empty, gets it before the stack is built.

Read as plain YAML: the resource group, the Batch account and the vault by the keys of this project's stack files; and
whatever is named by an id of ARM, wherever it stands, of the types that local Azure looks up.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from emulator import Arm, Store
from emulator.arm.context import ACCOUNT, GROUP, IDENTITY, SUBSCRIPTION, TENANT, VAULT, ArmId, parse

_LOOKED_UP = {one.lower(): one for one in (IDENTITY, VAULT, ACCOUNT)}


@dataclass(frozen=True)
class Surroundings:
    """subscription: the provider's; None leaves it to the stack file or to local Azure. resources: ARM path -> body, in
    the order in which they are made. allowed: extensions beyond Batch's list, `publisher/type`, as a support request
    allows them.
    """

    subscription: str | None
    resources: Mapping[str, dict[str, Any]]
    allowed: frozenset[str]


def parse_surroundings(text: str) -> Surroundings:
    """What a stack file names as there already. What is no stack file names nothing: pulumi says what is wrong."""
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError:
        document = None
    config = document.get("config") if isinstance(document, Mapping) else None
    return _Reading(config if isinstance(config, Mapping) else {}).surroundings()


def put_surroundings(folder: Path, wanted: Surroundings) -> list[str]:
    """Makes what is not there yet in the local Azure of `folder`; returns what it refused, a line each.

    It begins with what it has when it is not there yet: `Store.open`. Room is made for as many pools as there may be.
    """
    store = Store.open(folder)
    try:
        store.set("pool_quota", "100000")
        allowed = {one for one in store.get("also_allowed_extensions").split(", ") if one}
        store.set("also_allowed_extensions", ", ".join(sorted(allowed | wanted.allowed)))
        arm = Arm(store, logged=False)
        refused = []
        for path, body in wanted.resources.items():
            answer = None if store.find(path) else arm.put(path, body)
            if answer is not None and not answer.ok:
                message = (answer.body or {}).get("error", {}).get("message")
                refused.append(f"local Azure cannot have {path}, which the stack file names: {message}")
        return refused
    finally:
        store.close()


class _Reading:
    def __init__(self, config: Mapping[str, Any]) -> None:
        self.config = config
        self.words = {
            key.rpartition(":")[2]: value
            for key, value in ((str(key), value) for key, value in config.items())
            if not key.startswith("azure-native:")
        }
        self.location = str(config.get("azure-native:location") or "westeurope")

    def surroundings(self) -> Surroundings:
        found = [one for one in map(parse, _texts(self.config)) if one is not None]
        configured = self.config.get("azure-native:subscriptionId")
        # Nothing else tells which subscription is meant: most likely the one that most ids are of.
        guessed = Counter(one.subscription for one in found).most_common(1)
        subscription = None if configured or not guessed else guessed[0][0]
        home = f"/subscriptions/{configured or subscription or SUBSCRIPTION}/resourceGroups/"
        ids = {self._whole(one) for one in found if _kind(one)} | set(self._named(home))
        created = set(self._created())
        wanted = [one for one in map(parse, sorted(ids)) if one and (one.type, one.name.lower()) not in created]
        groups = [one.group_id for one in wanted if (GROUP.lower(), one.group.lower()) not in created]
        paths = [*groups, *(one.text for one in wanted)]
        return Surroundings(subscription, {path: self._body(path) for path in paths}, frozenset(self._allowed()))

    def _named(self, home: str) -> Iterator[str]:
        """The ids of what the stack's own keys name."""
        own = self._word("resourceGroup").get("name")
        if own:
            yield f"{home}{own}"
        for key, kind in (("batchAccount", ACCOUNT), ("keyVault", VAULT)):
            word = self._word(key)
            group = word.get("resourceGroup") or own
            if group and word.get("name"):
                yield f"{home}{group}"
                yield f"{home}{group}/providers/{kind}/{word['name']}"

    def _created(self) -> Iterator[tuple[str, str]]:
        """Type and name of what the stack itself makes, in small letters."""
        for key, kind in (("resourceGroup", GROUP), ("batchAccount", ACCOUNT), ("keyVault", VAULT)):
            word = self._word(key)
            if word.get("create") is True:
                yield kind.lower(), str(word.get("name")).lower()

    def _word(self, key: str) -> Mapping[str, Any]:
        value = self.words.get(key)
        return value if isinstance(value, Mapping) else {}

    def _whole(self, one: ArmId) -> str:
        """The id of the resource that one of a part of it is in: a secret is in its vault."""
        return "/".join(one.text.split("/")[:9])

    def _body(self, path: str) -> dict[str, Any]:
        one = parse(path)
        body: dict[str, Any] = {"location": self.location}
        if one is not None and one.type == VAULT.lower():
            # How a vault decides is what nothing here tells, unless a grant says it: roles, as Azure advises.
            roles = path.lower() not in self._by_policy()
            sku = {"family": "A", "name": "standard"}
            properties = {"tenantId": TENANT, "sku": sku, "enableRbacAuthorization": roles, "accessPolicies": []}
            body["properties"] = properties
        return body

    def _by_policy(self) -> set[str]:
        grants = (one for one in _mappings(self.config) if one.get("mode") == "access-policy")
        return {str(one.get("vaultId")).lower() for one in grants}

    def _allowed(self) -> Iterator[str]:
        for one in _mappings(self.config):
            if one.get("allowUnlisted") is True:
                yield f"{one.get('publisher')}/{one.get('type')}"


def _kind(one: ArmId) -> str | None:
    """The type, of those that local Azure looks up, that an id or a part of it is of."""
    return _LOOKED_UP.get("/".join(one.type.split("/")[:2]))


def _mappings(tree: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(tree, Mapping):
        yield tree
    for item in tree.values() if isinstance(tree, Mapping) else tree if isinstance(tree, list) else ():
        yield from _mappings(item)


def _texts(tree: Any) -> Iterator[str]:
    """Every text in a tree that may be an id of ARM."""
    if isinstance(tree, str):
        if tree.lower().startswith("/subscriptions/"):
            yield tree
        return
    for item in tree.values() if isinstance(tree, Mapping) else tree if isinstance(tree, list) else ():
        yield from _texts(item)
