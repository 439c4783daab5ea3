"""How a pool that is already there comes under a stack: its document in, configuration and import file out. Pure.

Pulumi compares inputs with inputs: after ``pulumi import`` the state holds what Azure gave back, defaults included, so
the configuration spells out every one of those values and a preview finds nothing to do. What Azure never gives back,
write-only values, cannot be in the state then; `WriteOnly` says where they are and what follows.
https://www.pulumi.com/docs/iac/adopting-pulumi/import/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from ..api_versions import NEWEST, SAME_AS_NOTHING, foreign_at
from ..arm import READ_ONLY, parse_pool, pool_of
from ..arm.tree import Report, to_arm
from ..azure_types import spell_identity_id
from ..checks import check_pool
from ..extensions import find_extension_type, is_reserved
from ..problems import SECRET_FIELDS, InvalidInput, Later, Path, Problem, render_path
from ..spec import PoolSettings, PoolSpec, arm_path
from ..stack_config import NAMESPACE
from ..validation import parse_model

_FREE = ("settings", "tags", "resource_tags")  # what is in them is the user's, whatever it is called

COMPONENT = "extension-pool:index:ExtensionPool"
POOL = "azure-native:batch:Pool"


@dataclass(frozen=True)
class WriteOnly:
    """A place whose value Azure never gives back.

    path: in the stack's configuration. required: whether Azure wants it in every request. known: whether the document
    has the value, which is shown nowhere.
    """

    path: str
    required: bool
    known: bool

    def sentence(self) -> str:
        """What follows for the adoption, and what to do."""
        key = f"{self.path}.KEY" if self.path.endswith(".protectedSettings") else self.path
        both = (
            f"into the configuration (pulumi config set --secret --path '{key}') and into the state "
            "(extension-pool import FILE --complete-state)"
        )
        if self.required:
            return (
                f"{self.path}: write-only, and the pool has one; put it {both}, else the preview shows a replacement, "
                "as nothing says that the value is the pool's own"
            )
        has = "left out here" if self.known else "not given back by Azure"
        return (
            f"{self.path}: write-only, {has}; if the pool has one, put it {both}: in the configuration alone the "
            "preview shows a replacement, in neither Azure refuses the next update in place"
        )


@dataclass(frozen=True)
class Plan:
    """What to do to adopt a pool. obstacles: why it cannot be adopted as it is; then the rest shows how far it goes.

    configuration: what goes under ``config`` of the stack file. import_file: for ``pulumi import --file``.
    """

    name: str
    pool_id: str
    configuration: dict[str, Any]
    import_file: dict[str, Any]
    write_only: tuple[WriteOnly, ...]
    obstacles: tuple[Problem, ...]
    notes: tuple[str, ...]


def plan_import(
    document: Mapping[str, Any],
    today: date,
    *,
    subscription: str | None = None,
    name: str | None = None,
    **options: Any,
) -> Plan:
    """The plan for the pool of a document, whatever `parse_pool` takes; options are those of `parse_pool`.

    name: the component's; the pool's, if None. subscription: needed where the document has no ``id``.
    Raises InvalidInput for a document that is none, and when the pool's id cannot be known.
    """
    arguments: dict[str, Any] = dict(parse_pool(document, **options))
    pool_name = arguments.get("pool_name")
    pool = pool_of(document, options.get("pool_name"))
    pool_id = _pool_id(pool, arguments, subscription)
    component = name or str(pool_name)
    known, needed = list(_secrets(arguments, ())), list(_needed(arguments))
    settings = _allowed(_without(arguments))
    possible = [("extensions", index, "protected_settings") for index, _ in enumerate(_list(settings, "extensions"))]
    places: list[Path] = list(dict.fromkeys([*needed, *known, *possible]))
    obstacles = tuple(_obstacles(settings, [*needed, *known], today))
    at = f"{NAMESPACE}:pools.{component}" if "." not in component else f'{NAMESPACE}:pools["{component}"]'
    write_only = tuple(
        WriteOnly(f"{at}.{render_path(arm_path(place))}", place in needed, place in known) for place in places
    )
    notes = []
    properties = pool.get("properties")
    # as a whole from a parameter of a template, it is a text
    if not isinstance(properties, Mapping) or not READ_ONLY & properties.keys():
        notes.append(
            "the document is not what Azure answers: values that Azure fills in are not in it and would show as "
            "updates; give --pool instead, or the answer of: az resource show --ids ID --api-version 2024-07-01"
        )
    ids = [str(one.get("id")) for one in (arguments.get("identity") or {}).get("existing") or []]
    if ids != canonical(ids):
        notes.append(
            "Azure gives the pool's identities in another order, or their ids in another spelling, than the component: "
            "after the import bring the state in order (extension-pool import --complete-state), else the preview "
            "shows a replacement"
        )
    return Plan(
        component,
        pool_id,
        _configuration(component, settings),
        _import_file(component, pool_id),
        write_only,
        obstacles,
        tuple(notes),
    )


def unseen(newest: Mapping[str, Any]) -> list[str]:
    """What a newer API version says of a pool and the spoken one cannot: an update by the component would lose it.

    newest: the pool as `api_versions.NEWEST` answers it.
    """
    return [
        f"API version {NEWEST} also shows {'.'.join(str(one) for one in path)}, which the component does not send: an "
        "update may take it away"
        for path in _foreign(pool_of(newest), ())
    ]


def _foreign(tree: Any, at: Path) -> Iterator[Path]:
    items = tree.items() if isinstance(tree, Mapping) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in items:
        where = (*at, key)
        disk_kind = key == "managedDisk" and "dataDisks" in at and isinstance(value, Mapping)
        if key in _FREE or (disk_kind and value.keys() == {"storageAccountType"}):
            continue
        if foreign_at(where) is None:
            yield from _foreign(value, where)
        elif SAME_AS_NOTHING.get(str(key)) != value:
            yield where


def canonical(ids: list[str]) -> list[str]:
    """Identities in the order (`derived.in_canonical_order`) and spelling in which the component sends them."""
    return sorted(map(spell_identity_id, ids), key=str.lower)


def _configuration(component: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    outer = ("resource_group_name", "account_name")
    words = {key: value for key, value in settings.items() if key not in outer}
    if words.get("pool_name") == component:
        del words["pool_name"]
    pool = to_arm(PoolSettings, words, (), Report(keep_unknown=True))
    for index, extension in enumerate(_list(words, "extensions")):
        if extension.get("allow_unlisted"):
            pool["extensions"][index]["allowUnlisted"] = True
    # the grants, if there are any, are somebody else's
    pool["keyVaultAccess"] = []
    return {
        f"{NAMESPACE}:resourceGroup": {"name": settings["resource_group_name"]},
        f"{NAMESPACE}:batchAccount": {"name": settings["account_name"]},
        f"{NAMESPACE}:pools": {component: pool},
    }


def _import_file(component: str, pool_id: str) -> dict[str, Any]:
    return {
        "resources": [
            {"type": COMPONENT, "name": component, "component": True},
            {"type": POOL, "name": f"{component}-pool", "id": pool_id, "parent": component},
        ]
    }


def _obstacles(settings: Mapping[str, Any], write_only: list[Path], today: date) -> Iterator[Problem]:
    for index, extension in enumerate(_list(settings, "extensions")):
        if isinstance(extension.get("settings"), str):
            yield Problem(
                ("extensions", index, "settings"),
                "are a JSON text in Azure, and the component sends the object that it holds: adopting would replace",
                do="make a new pool beside it; with settings as a text, Azure allocates no nodes",
            )
    judged: Any = settings
    for place in write_only:
        # the values will be there when the pool is built; the rules need not look into them
        judged = _with_later(judged, place)
    try:
        parse_model(PoolSpec, dict(judged), lambda spec: check_pool(spec, today).problems, stack_words=False)
    except InvalidInput as error:
        yield from error.problems


def _needed(arguments: Mapping[str, Any]) -> Iterator[Path]:
    """The places of the write-only values that the pool must have, as Azure would not have taken it without."""
    for index, _ in enumerate(_list(arguments, "user_accounts")):
        yield ("user_accounts", index, "password")
    for index, mount in enumerate(_list(arguments, "mount_configuration")):
        at = ("mount_configuration", index)
        if "azure_file_share_configuration" in mount:
            yield (*at, "azure_file_share_configuration", "account_key")
        if "cifs_mount_configuration" in mount:
            yield (*at, "cifs_mount_configuration", "password")
        blob = mount.get("azure_blob_file_system_configuration")
        if blob is not None and "identity_reference" not in blob:
            yield (*at, "azure_blob_file_system_configuration", "sas_key" if "sas_key" in blob else "account_key")
    containers = arguments.get("container_configuration") or {}
    for index, registry in enumerate(_list(containers, "container_registries")):
        if "user_name" in registry:
            yield ("container_configuration", "container_registries", index, "password")
    registry = ((arguments.get("start_task") or {}).get("container_settings") or {}).get("registry") or {}
    if "user_name" in registry:
        yield ("start_task", "container_settings", "registry", "password")


def _allowed(settings: dict[str, Any]) -> dict[str, Any]:
    """With the leave to have extensions that Batch does not list for everybody: Azure has taken them for this pool."""
    listed = [
        one
        if find_extension_type(str(one.get("publisher")), str(one.get("type"))) or is_reserved(str(one.get("type")))
        else {**one, "allow_unlisted": True}
        for one in _list(settings, "extensions")
    ]
    return {**settings, "extensions": listed} if listed else settings


def _list(tree: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    found = tree.get(key)
    return found if isinstance(found, list) else []


def _secrets(tree: Any, at: Path) -> Iterator[Path]:
    """The places of the write-only values that the arguments have."""
    items = tree.items() if isinstance(tree, Mapping) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in items:
        if key in SECRET_FIELDS:
            yield (*at, key)
        elif key not in _FREE:
            yield from _secrets(value, (*at, key))


def _without(tree: Any) -> Any:
    """The arguments without their write-only values."""
    if isinstance(tree, Mapping):
        return {
            key: value if key in _FREE else _without(value) for key, value in tree.items() if key not in SECRET_FIELDS
        }
    return [_without(one) for one in tree] if isinstance(tree, list) else tree


def _with_later(tree: Any, place: Path) -> Any:
    if not place:
        return Later(None)
    head, rest = place[0], place[1:]
    if isinstance(tree, list):
        return [_with_later(one, rest) if index == head else one for index, one in enumerate(tree)]
    return {**tree, head: _with_later(tree.get(head, {}), rest)}


def _pool_id(pool: Mapping[str, Any], arguments: Mapping[str, Any], subscription: str | None) -> str:
    found = pool.get("id")
    if isinstance(found, str):
        return found
    problems = []
    if not subscription:
        problems.append(Problem(("id",), "required to know the subscription, but missing", do="give it"))
    if not arguments.get("pool_name"):
        problems.append(Problem(("name",), "required, but missing", do="give the pool's name"))
    if problems:
        raise InvalidInput(problems)
    return (
        f"/subscriptions/{subscription}/resourceGroups/{arguments['resource_group_name']}"
        f"/providers/Microsoft.Batch/batchAccounts/{arguments['account_name']}/pools/{arguments['pool_name']}"
    )
