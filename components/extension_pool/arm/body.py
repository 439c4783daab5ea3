"""One pool as ARM has it, envelope and properties, and the arguments that make it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..derived import os_type_of
from ..extensions.certificates import render_key_vault_extension
from ..images import find_image
from ..problems import InvalidInput, Path
from ..spec import MACHINE_FIELDS, KeyVaultCertificate, KeyVaultExtension, PoolSettings, PoolSpec, plain_tree, present
from ..validation import parse_model
from .identity import identity_arguments, identity_body
from .tree import Report, in_arm_case, mapping_at, to_arguments, to_arm

READ_ONLY = frozenset(
    {
        "lastModified",
        "creationTime",
        "provisioningState",
        "provisioningStateTransitionTime",
        "allocationState",
        "allocationStateTransitionTime",
        "currentDedicatedNodes",
        "currentLowPriorityNodes",
        "currentNodeCommunicationMode",
        "autoScaleRun",
        "resizeOperationStatus",
    }
)
"""The properties of a pool that Azure alone writes."""

_TYPES = ("microsoft.batch/batchaccounts/pools", "pools")  # the second: nested under its account in a template
_ENVELOPE_READ_ONLY = frozenset({"id", "type", "etag", "systemData"})
# What a template says about the resource and not about the pool.
_TEMPLATE_WORDS = frozenset({"apiVersion", "dependsOn", "comments", "metadata"})

_MACHINE = frozenset({*MACHINE_FIELDS, "image_reference", "node_agent_sku_id", "extensions"})
_OUR_WORDS = frozenset(
    {"image", "key_vault_access", "key_vault_certificates", "key_vault_extension", "identity", "tags", "rollout"}
    | {"pool_name", "resource_group_name", "account_name"}
)
_PROPERTIES = frozenset(PoolSettings.model_fields) - _MACHINE - _OUR_WORDS

_POOL_ID = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)/providers/Microsoft\.Batch"
    r"/batchAccounts/(?P<account>[^/]+)/pools/(?P<pool>[^/]+)/?",
    re.IGNORECASE,
)


def split_pool_id(pool_id: str) -> tuple[str, str, str] | None:
    """Resource group, account and name of a pool's resource id; None if it is not one."""
    match = _POOL_ID.fullmatch(pool_id)
    return (match["group"], match["account"], match["pool"]) if match else None


def parse_body(body: Mapping[str, Any], path: Path, report: Report) -> dict[str, Any]:
    """The arguments of one pool, apart from account and resource group, which may not be in it.

    path: where the pool stands in its document.
    """
    arguments: dict[str, Any] = {}
    if body.get("properties") is None:
        report.add((*path, "properties"), "required, but missing", do="give the pool as ARM has it, not an excerpt")
    kind = body.get("type")
    if kind is not None and (not isinstance(kind, str) or kind.lower() not in _TYPES):
        report.add((*path, "type"), "must be Microsoft.Batch/batchAccounts/pools", kind, "give the pool itself")
    rest: dict[str, Any] = {}
    for key, value in body.items():
        if key in _ENVELOPE_READ_ONLY | _TEMPLATE_WORDS | {"name", "properties", "identity", "tags"} or value is None:
            continue
        if report.keeps((*path, key), (*path, key), ["name", "properties", "identity", "tags"]):
            rest[key] = value
    arguments["identity"] = identity_arguments(body.get("identity"), (*path, "identity"), report)
    arguments.update(to_arguments(PoolSettings, present({"tags": body.get("tags")}), path, report))

    where = (*path, "properties")
    properties = in_arm_case(
        mapping_at(body.get("properties"), where, report), ["deploymentConfiguration"], where, report
    )
    skip = READ_ONLY | {"deploymentConfiguration"}
    arguments.update(to_arguments(PoolSettings, properties, where, report, only=_PROPERTIES, skip=skip))

    where = (*where, "deploymentConfiguration")
    deployment = in_arm_case(
        mapping_at(properties.get("deploymentConfiguration"), where, report),
        ["virtualMachineConfiguration"],
        where,
        report,
    )
    skip = frozenset({"virtualMachineConfiguration"})
    kept = to_arguments(PoolSettings, deployment, where, report, only=frozenset(), skip=skip)

    where = (*where, "virtualMachineConfiguration")
    machine = to_arguments(PoolSettings, deployment.get("virtualMachineConfiguration"), where, report, only=_MACHINE)
    arguments.update({key: value for key, value in machine.items() if key in _MACHINE})
    kept_here = {key: value for key, value in machine.items() if key not in _MACHINE}
    if kept_here:
        kept["virtualMachineConfiguration"] = kept_here
    return {
        **arguments,
        **({"deploymentConfiguration": kept} if kept else {}),
        **({"resource": rest} if rest else {}),
    }


def render_pool(arguments: Mapping[str, Any], *, keep_unknown: bool = False) -> dict[str, Any]:
    """The body of the PUT that makes the pool: ``identity``, ``tags``, ``properties``, and ``name`` if there is one.

    The account is the URL's and not in it; a grant (`key_vault_access`) is another resource. `image` and
    `key_vault_certificates` come out as what they stand for: image reference, node agent, extension. An identity that
    the component would create has no id yet and is left out.
    keep_unknown: as in `parse_pool`.
    Raises InvalidInput for what is neither an argument nor kept by `parse_pool`, with its path in the arguments.
    """
    report = Report(keep_unknown)
    tree = mapping_at(arguments, (), report)
    kept = mapping_at(tree.get("deploymentConfiguration"), ("deploymentConfiguration",), report)
    rest = mapping_at(tree.get("resource"), ("resource",), report)
    known = frozenset(PoolSpec.model_fields)
    outer = frozenset({"deploymentConfiguration", "resource"})
    flat = {key: value for key, value in tree.items() if key not in known - _PROPERTIES - outer}
    properties = to_arm(PoolSettings, flat, (), report, only=_PROPERTIES, skip=outer)
    machine_tree = {**{key: value for key, value in tree.items() if key in _MACHINE}, **_image(tree, report)}
    machine = to_arm(PoolSettings, machine_tree, (), report, only=_MACHINE)
    machine.update(mapping_at(kept.get("virtualMachineConfiguration"), ("deploymentConfiguration",), report))
    extensions = [*machine.get("extensions", []), *_certificates(tree, report)]
    if extensions or "extensions" in machine:
        machine["extensions"] = extensions
    deployment = {
        **({"virtualMachineConfiguration": machine} if machine else {}),
        **{key: value for key, value in kept.items() if key != "virtualMachineConfiguration"},
    }
    if deployment:
        properties["deploymentConfiguration"] = deployment
    body = present(
        {
            "name": tree.get("pool_name"),
            "identity": identity_body(tree.get("identity"), ("identity",), report),
            **to_arm(PoolSettings, present({"tags": tree.get("tags")}), (), report),
            "properties": properties,
            **rest,
        }
    )
    report.done()
    return body


def _image(tree: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """What `image` stands for; the node agent that is given goes first."""
    alias = tree.get("image")
    if alias is None:
        return {}
    image = find_image(alias) if isinstance(alias, str) else None
    if image is None:
        report.add(("image",), "unknown image", alias, "give image_reference and node_agent_sku_id")
        return {}
    agent = tree.get("node_agent_sku_id") or image.node_agent_sku_id
    return present({"image_reference": image.reference, "node_agent_sku_id": agent})


def _certificates(tree: Mapping[str, Any], report: Report) -> list[dict[str, Any]]:
    """The extension that `key_vault_certificates` stands for, in ARM's names."""
    if not tree.get("key_vault_certificates"):
        return []
    words = ("image", "image_reference", "node_agent_sku_id", "key_vault_certificates", "key_vault_extension")
    part = {"vm_size": "-", **{word: tree[word] for word in words if tree.get(word) is not None}}
    client_id = _reader(tree.get("identity"))
    try:
        pool = parse_model(PoolSettings, part, lambda _: [], stack_words=False)
    except InvalidInput as error:
        report.problems.extend(error.problems)
        return []
    if client_id is None or os_type_of(pool) is None:
        missing = "the client_id of the identity that reads them" if client_id is None else "image or node_agent_sku_id"
        report.add(("key_vault_certificates",), f"cannot be rendered without {missing}", do="give it")
        return []
    certificates: list[KeyVaultCertificate] = pool.key_vault_certificates or []
    options = pool.key_vault_extension or KeyVaultExtension()
    extension = render_key_vault_extension(certificates, options, str(os_type_of(pool)), client_id)
    return [to_arm(type(extension), plain_tree(extension), ("key_vault_certificates",), report)]


def _reader(identity: Any) -> Any:
    """The client id of the identity that reads certificates: the one that is marked, or the only one."""
    existing = identity.get("existing") if isinstance(identity, Mapping) else None
    known = [one for one in existing if isinstance(one, Mapping)] if isinstance(existing, (list, tuple)) else []
    marked = [one for one in known if one.get("reads_certificates")] or known
    return marked[0].get("client_id") if len(marked) == 1 else None
