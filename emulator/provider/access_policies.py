"""azure-native:keyvault:AccessPolicy, which the provider writes by hand: PAN custom_keyvault_accesspolicy.go.

One entry of a vault's access policies. It has no ARM resource, no API version, no autonaming and no metadata of its
response, so previews have no outputs at all (PAN PreviewOutputs over an empty Response).
"""

from __future__ import annotations

import http
import json
import re
from typing import Any
from urllib.parse import quote, unquote

from emulator.arm.context import Answer
from emulator.provider.azure import Azure, AzureFailure
from emulator.provider.resources import GROUP_PATH, Spec

# What armkeyvault's VaultsClient sends; which release of that module 3.29 is built with is not known, a judgement.
API_VERSION = "2023-02-01"
KINDS = ("certificates", "keys", "secrets", "storage")

_ID = re.compile(
    r"^/subscriptions/.+?/resourceGroups/(?P<group>.+?)/providers/Microsoft\.KeyVault/vaults/(?P<vault>.+?)"
    r"/accessPolicy/?(?P<object>.*)$",
    re.I,
)
_RULE = "-" * 80


def read(azure: Azure, resource_id: str, properties: dict[str, Any]) -> dict[str, Any] | None:
    """The outputs of the entry that the id names, None when it or its vault is gone.

    Ids from before pulumi-azure-native#3295 end with `/accessPolicy`; the object id is then in `properties`. The vault
    is looked for in the provider's own subscription, whatever the id says, and object ids compare with their case.
    """
    found = _ID.match(resource_id)
    if not found:
        raise ValueError(
            "unable to parse key vault access policy id in the form /subscriptions/{subscriptionId}/resourceGroups/"
            "{resourceGroupName}/providers/Microsoft.KeyVault/vaults/{vaultName}/accessPolicy/{objectId}: "
            + resource_id
        )
    object_id = found["object"] or _policy(properties).get("objectId", "")
    path = _vault_path(azure, found["group"], found["vault"])
    answer = azure.arm.get(path, API_VERSION)
    if answer.status == 404:
        return None
    vault = _body("GET", path, answer)
    for entry in vault["properties"].get("accessPolicies") or []:
        if entry["objectId"] == object_id:
            granted = entry.get("permissions") or {}
            policy = {
                "tenantId": entry["tenantId"],
                "objectId": entry["objectId"],
                "permissions": {kind: granted[kind] for kind in KINDS if granted.get(kind)},
            }
            if entry.get("applicationId"):
                policy["applicationId"] = entry["applicationId"]
            return {"resourceGroupName": found["group"], "vaultName": vault["name"], "policy": policy}
    return None


def create(azure: Azure, spec: Spec, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """(id, outputs) of a new entry.

    The provider asks before it calls the resource (PAN provider.go customCreate), so that users meet that refusal and
    not the resource's own.
    """
    object_id = _policy(inputs).get("objectId")
    if not isinstance(object_id, str):
        raise ValueError(f"{spec.token}: 'policy.objectId' must be known to name the resource, got {object_id!r}")
    path = spec.resource_id(inputs, azure.subscription)
    resource_id = path.replace("{policy.objectId}", quote(object_id, safe=""))
    if read(azure, resource_id, inputs) is not None:
        raise AzureFailure(f"cannot create already existing resource {json.dumps(resource_id)}")
    return resource_id, _written(azure, inputs, should_exist=False)


def update(azure: Azure, inputs: dict[str, Any]) -> dict[str, Any]:
    return _written(azure, inputs, should_exist=True)


def delete(azure: Azure, inputs: dict[str, Any]) -> None:
    """Takes away what the inputs grant. A vault that is gone is an error here, other than for ARM resources."""
    if not inputs:
        raise ValueError("the engine sent no inputs of the access policy to delete")
    _modify(azure, inputs, "remove")


def inputs_of_id(spec: Spec, resource_id: str) -> dict[str, str]:
    """The inputs that an import takes from the id, the path parameter `policy.objectId` among them.

    No program has that input, so that the first update after an import proposes a replacement: a defect of the real
    provider (pulumi-azure-native#3586), kept.
    """
    found = _ID.match(resource_id)
    if not found or not found["object"]:
        raise ValueError(f"'{resource_id}' does not match the path {spec.path} of {spec.token}")
    return {
        "resourceGroupName": found["group"],
        "vaultName": found["vault"],
        "policy.objectId": unquote(found["object"]),
    }


def _written(azure: Azure, inputs: dict[str, Any], *, should_exist: bool) -> dict[str, Any]:
    """A PUT that replaces this entry and no other, between two reads."""
    old_form = f"{_vault_path(azure, inputs['resourceGroupName'], inputs['vaultName'])}/accessPolicy"
    if (read(azure, old_form, inputs) is not None) is not should_exist:
        problem = "does not exist" if should_exist else "already exists"
        raise AzureFailure(f"access policy for {_policy(inputs).get('objectId', '')} {problem}")
    _modify(azure, inputs, "replace")
    state = read(azure, old_form, inputs)
    if state is None:
        raise AzureFailure("newly written access policy not found")
    return state


def _modify(azure: Azure, inputs: dict[str, Any], operation: str) -> None:
    policy = _policy(inputs)
    if not policy.get("objectId") or not policy.get("tenantId"):
        raise AzureFailure("missing required property objectId or tenantId")
    granted = policy.get("permissions") or {}
    entry = {
        "objectId": policy["objectId"],
        "tenantId": policy["tenantId"],
        "applicationId": policy.get("applicationId", ""),
        "permissions": {kind: granted[kind] for kind in KINDS if kind in granted},
    }
    path = f"{_vault_path(azure, inputs['resourceGroupName'], inputs['vaultName'])}/accessPolicies/{operation}"
    _body("PUT", path, azure.arm.put(path, {"properties": {"accessPolicies": [entry]}}, API_VERSION))


def _policy(properties: dict[str, Any]) -> dict[str, Any]:
    found = properties.get("policy")
    return found if isinstance(found, dict) else {}


def _vault_path(azure: Azure, group: str, vault: str) -> str:
    scope = GROUP_PATH.replace("{subscriptionId}", azure.subscription).replace("{resourceGroupName}", group)
    return f"{scope}/providers/Microsoft.KeyVault/vaults/{vault}"


def _body(method: str, path: str, answer: Answer) -> dict[str, Any]:
    """The answer's body. Errors come as azcore words them: PAN AzureError leaves those of other clients as they are."""
    if answer.ok:
        return answer.body or {}
    phrase = http.HTTPStatus(answer.status).phrase
    raise AzureFailure(
        f"{method} https://management.azure.com{path}\n{_RULE}\nRESPONSE {answer.status}: {answer.status} {phrase}\n"
        f"ERROR CODE: {answer.code}\n{_RULE}\n{json.dumps(answer.body, indent=2)}\n{_RULE}\n"
    )
