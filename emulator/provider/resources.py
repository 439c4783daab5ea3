"""The resource types of local Azure by Pulumi token: where each lives in ARM, and how its inputs become a body."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from typing import Any

from emulator.provider import schema
from emulator.provider.schema import Shape

GROUP_PATH = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
CREATE_BEFORE_DELETE = "__createBeforeDelete"


@dataclass(frozen=True)
class Limit:
    """Length and pattern of a path parameter in the REST specification."""

    shortest: int = 0
    longest: int = 0
    pattern: str = ""


@dataclass(frozen=True)
class Spec:
    """One resource type of the provider.

    `envelope`: inputs beside `properties` in the body. `lifted`: the provider flattens `properties` into the inputs.
    `also_replaces`: inputs besides path parameters whose change replaces. `defaults`: of the schema. `custom`: written
    by hand in the provider; no API version and no autonaming.
    """

    token: str
    module: str
    cls: str
    path: str
    api_version: str
    envelope: tuple[str, ...]
    lifted: bool = True
    located: bool = False
    also_replaces: frozenset[str] = frozenset()
    defaults: dict[str, Any] = field(default_factory=dict)
    limits: dict[str, Limit] = field(default_factory=dict)
    custom: bool = False
    # Sub-resources that an update leaves alone where the inputs do not name them: where in the body they are.
    maintained: tuple[str, ...] = ()
    # Its part of the SDK is so large, or so seldom used, that it is imported only when it is asked for.
    rare: bool = False

    def __hash__(self) -> int:
        return hash(self.token)

    @functools.cached_property
    def inputs(self) -> Shape:
        return schema.inputs_of(self.module, self.cls)

    @functools.cached_property
    def outputs(self) -> dict[str, Shape]:
        return schema.outputs_of(self.module, self.cls)

    @property
    def path_parameters(self) -> tuple[str, ...]:
        return tuple(name for name in re.findall(r"\{(\w+)\}", self.path) if name != "subscriptionId")

    @property
    def name_parameter(self) -> str:
        return self.path_parameters[-1]

    @property
    def naming(self) -> str:
        """uuid, random, copy or nothing: PAN AutoNamer. Random when one parameter follows the last `Microsoft.`."""
        if self.custom:
            return ""
        if self.name_parameter == "roleAssignmentName":
            return "uuid"
        if "microsoft." not in self.path.lower():
            return "random"
        tail = self.path[self.path.lower().rindex("microsoft.") :]
        return "random" if tail.count("{") == 1 else "copy"

    @property
    def replaces(self) -> frozenset[str]:
        return frozenset(self.path_parameters) | self.also_replaces

    def resource_id(self, inputs: dict[str, Any], subscription: str) -> str:
        """The ARM id that these inputs name; ValueError when a part is missing or not known."""
        path = self.path.replace("{subscriptionId}", subscription)
        for name in self.path_parameters:
            value = inputs.get(name)
            if not isinstance(value, str):
                raise ValueError(f"{self.token}: '{name}' must be known to name the resource, got {value!r}")
            # `scope` begins with a slash of its own.
            path = path.replace("{" + name + "}", value.strip("/") if name == "scope" else value)
        return path

    def inputs_of_id(self, resource_id: str) -> dict[str, str]:
        """The path parameters in an id; ValueError when it is an id of something else."""
        pattern = re.escape(self.path).replace(r"\{", "{").replace(r"\}", "}").replace("{subscriptionId}", "[^/]+")
        for name in self.path_parameters:
            pattern = pattern.replace("{" + name + "}", f"(?P<{name}>{'.+' if name == 'scope' else '[^/]+'})")
        found = re.match(f"^{pattern}$", resource_id, re.I)
        if not found:
            raise ValueError(f"'{resource_id}' does not match the path {self.path} of {self.token}")
        return found.groupdict()


_GROUP_LIMIT = Limit(1, 90)
_ACCOUNT_LIMIT = Limit(3, 24, "^[a-zA-Z0-9]+$")


def _network(cls: str, path: str, *, located: bool = True, maintained: tuple[str, ...] = ()) -> Spec:
    return Spec(
        token=f"azure-native:network:{cls}",
        module="network",
        cls=cls,
        path=f"{GROUP_PATH}/providers/Microsoft.Network/{path}",
        api_version="2024-05-01",
        envelope=(*(("extendedLocation", "location", "sku", "tags", "zones") if located else ("name", "type")), "id"),
        located=located,
        limits={"resourceGroupName": _GROUP_LIMIT},
        maintained=maintained,
        rare=True,
    )


SPECS: dict[str, Spec] = {
    spec.token: spec
    for spec in (
        Spec(
            token="azure-native:resources:ResourceGroup",  # noqa: S106 - a Pulumi type token
            module="resources",
            cls="ResourceGroup",
            path=GROUP_PATH,
            api_version="2024-03-01",
            envelope=("location", "tags", "managedBy"),
            lifted=False,
            located=True,
            also_replaces=frozenset({"location"}),  # PAN gen/replacement.go
            limits={"resourceGroupName": Limit(1, 90, r"^[-\w\._\(\)]+$")},
        ),
        Spec(
            token="azure-native:managedidentity:UserAssignedIdentity",  # noqa: S106
            module="managedidentity",
            cls="UserAssignedIdentity",
            path=GROUP_PATH + "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}",
            api_version="2023-01-31",
            envelope=("location", "tags"),
            located=True,
            limits={"resourceGroupName": _GROUP_LIMIT},
        ),
        Spec(
            token="azure-native:keyvault:Vault",  # noqa: S106
            module="keyvault",
            cls="Vault",
            path=GROUP_PATH + "/providers/Microsoft.KeyVault/vaults/{vaultName}",
            api_version="2024-11-01",
            envelope=("location", "tags", "properties"),
            lifted=False,
            located=True,
            limits={"resourceGroupName": _GROUP_LIMIT, "vaultName": Limit(pattern="^[a-zA-Z0-9-]{3,24}$")},
            maintained=("accessPolicies",),
        ),
        Spec(
            token="azure-native:keyvault:Secret",  # noqa: S106
            module="keyvault",
            cls="Secret",
            path=GROUP_PATH + "/providers/Microsoft.KeyVault/vaults/{vaultName}/secrets/{secretName}",
            api_version="2024-11-01",
            envelope=("tags", "properties"),
            lifted=False,
            limits={
                "resourceGroupName": _GROUP_LIMIT,
                "vaultName": Limit(pattern="^[a-zA-Z0-9-]{3,24}$"),
                "secretName": Limit(pattern="^[a-zA-Z0-9-]{1,127}$"),
            },
        ),
        Spec(
            token="azure-native:keyvault:AccessPolicy",  # noqa: S106
            module="keyvault",
            cls="AccessPolicy",
            path=GROUP_PATH + "/providers/Microsoft.KeyVault/vaults/{vaultName}/accessPolicy/{policy.objectId}",
            api_version="",
            envelope=(),
            lifted=False,
            # A path parameter that is inside an input (PAN custom_keyvault_accesspolicy.go, PutParameters).
            also_replaces=frozenset({"policy.objectId"}),
            custom=True,
        ),
        Spec(
            token="azure-native:authorization:RoleAssignment",  # noqa: S106
            module="authorization",
            cls="RoleAssignment",
            path="/{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}",
            api_version="2022-04-01",
            envelope=(),
            also_replaces=frozenset({"principalId", "scope"}),  # PAN gen/replacement.go
        ),
        Spec(
            token="azure-native:batch:BatchAccount",  # noqa: S106
            module="batch",
            cls="BatchAccount",
            path=GROUP_PATH + "/providers/Microsoft.Batch/batchAccounts/{accountName}",
            api_version="2024-07-01",
            envelope=("identity", "location", "tags"),
            located=True,
            limits={"resourceGroupName": _GROUP_LIMIT, "accountName": Limit(3, 24, "^[a-z0-9]+$")},
        ),
        Spec(
            token="azure-native:batch:Pool",  # noqa: S106
            module="batch",
            cls="Pool",
            path=GROUP_PATH + "/providers/Microsoft.Batch/batchAccounts/{accountName}/pools/{poolName}",
            api_version="2024-07-01",
            envelope=("identity", "tags"),
            defaults={"taskSlotsPerNode": 1},
            limits={
                "resourceGroupName": _GROUP_LIMIT,
                "accountName": _ACCOUNT_LIMIT,
                "poolName": Limit(1, 64, "^[a-zA-Z0-9_-]+$"),
            },
        ),
        _network("VirtualNetwork", "virtualNetworks/{virtualNetworkName}", maintained=("subnets",)),
        _network("Subnet", "virtualNetworks/{virtualNetworkName}/subnets/{subnetName}", located=False),
        _network("NetworkSecurityGroup", "networkSecurityGroups/{networkSecurityGroupName}"),
        _network("PublicIPAddress", "publicIPAddresses/{publicIpAddressName}"),
        Spec(
            token="azure-native:storage:StorageAccount",  # noqa: S106
            module="storage",
            cls="StorageAccount",
            path=GROUP_PATH + "/providers/Microsoft.Storage/storageAccounts/{accountName}",
            api_version="2024-01-01",
            envelope=("extendedLocation", "identity", "kind", "location", "sku", "tags"),
            located=True,
            limits={"resourceGroupName": _GROUP_LIMIT, "accountName": Limit(3, 24)},
            rare=True,
        ),
        Spec(
            token="azure-native:storage:FileShare",  # noqa: S106
            module="storage",
            cls="FileShare",
            path=GROUP_PATH
            + "/providers/Microsoft.Storage/storageAccounts/{accountName}/fileServices/default/shares/{shareName}",
            api_version="2024-01-01",
            envelope=(),
            limits={"resourceGroupName": _GROUP_LIMIT, "accountName": Limit(3, 24), "shareName": Limit(3, 63)},
            rare=True,
        ),
    )
}


def spec_of(urn: str) -> Spec:
    """The spec of a resource's type; ValueError with what there is."""
    token = urn.split("::")[2].split("$")[-1]
    if token not in SPECS:
        raise ValueError(f"local Azure does not have the type {token}; it has: {', '.join(sorted(SPECS))}")
    return SPECS[token]
