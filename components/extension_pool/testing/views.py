"""Pools, extensions, identities and grants, in the words of whoever builds them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..mutability import Azure as AzureDoes
from ..mutability import find_rule
from ..problems import Path, render_path
from ..roles import find_role
from ..spec import arm_name
from .answers import Answer, name_some
from .resource import Resource
from .tokens import ACCESS_POLICY, EXTENSION_POOL
from .values import UNKNOWN, NotRecorded, Secret, at, parse_path, reveal

FREE = ("settings", "protectedSettings", "tags", "resourceTags")
"""Objects whose content is the user's own."""

MACHINES: Path = ("deploymentConfiguration", "virtualMachineConfiguration")
_SECRET_SCOPE = re.compile(r"^(?P<vault>.+)/secrets/(?P<secret>[^/]+)$", re.IGNORECASE)


class Pool(Resource):
    """A Batch pool (azure-native's ``Pool``), made by an ExtensionPool or by hand.

    Paths may leave out ``deploymentConfiguration.virtualMachineConfiguration``: ``extensions``, ``imageReference``.
    """

    @property
    def name(self) -> Any:
        """The pool's name in the Batch account; `UNKNOWN` where a preview does not know it."""
        return self.inputs.get("poolName")

    @property
    def component(self) -> Resource | None:
        """The ExtensionPool that made it; None for a pool made by hand."""
        above = self.parent
        return above if above is not None and above.type == EXTENSION_POOL else None

    @property
    def is_canary(self) -> bool:
        """Whether it is the canary of an ExtensionPool, which is tried before the pool."""
        component = self.component
        return component is not None and self.logical_name == f"{component.logical_name}-canary"

    @property
    def canary(self) -> Pool | None:
        """The canary that is tried before it; None without one."""
        siblings = self.component.children if self.component else ()
        return next((one for one in siblings if isinstance(one, Pool) and one.is_canary and one is not self), None)

    @property
    def machines(self) -> Any:
        """``virtualMachineConfiguration`` of the inputs."""
        return at(self.inputs, MACHINES)

    @property
    def extensions(self) -> tuple[Extension, ...]:
        """Its extensions in the order in which Azure receives them; NotRecorded where they are hidden in a secret."""
        found = self.machines
        listed = found.get("extensions", []) if isinstance(found, Mapping) else found
        if not isinstance(listed, list):
            raise NotRecorded(f"the extensions of {self._called} cannot be seen: they are within {listed!r}")
        return tuple(Extension(self, index, one) for index, one in enumerate(listed))

    def extension(self, name: str) -> Extension:
        """The extension of this name, or the only one of this type. Raises NotRecorded with those that are there."""
        every = self.extensions
        named = [one for one in every if one.name == name] or [one for one in every if one.type == name]
        if len(named) == 1:
            return named[0]
        there = name_some((f"{one.name} ({one.type})" for one in every), most=20)
        count = "several extensions" if named else "no extension"
        raise NotRecorded(f"{self._called} has {count} {name!r}; it has {there}")

    @property
    def identity_ids(self) -> tuple[Any, ...]:
        """Resource ids of its user-assigned identities."""
        return tuple(self.inputs.get("identity", {}).get("userAssignedIdentities", ()))

    def input(self, path: str) -> Any:
        return at(self.inputs, self._place(path))

    def has_secret(self, path: str) -> Answer:
        return super().has_secret(path) if path.startswith("...") else self._has_secret(self._place(path))

    def replaces_on(self, path: str) -> Answer:
        """Whether the pool is replaced when this property changes: by its options, or by the provider for its address.

        Raises NotRecorded for what is no property of a pool, and for Python's names: no option has those.
        """
        place = self._place(path)
        _refuse_python_names(path)
        rule = find_rule(".".join(str(part) for part in place))
        if rule is None:
            raise NotRecorded(
                f"{path}: no property of a pool; give the provider's name, such as vmSize, extensions or imageReference"
            )
        if rule.azure is AzureDoes.OTHER_POOL:
            return Answer(True, f"{self._called} is replaced for {path} by the provider: it is its address")
        return self._replaces_on(place)

    def _place(self, path: str) -> Path:
        place = parse_path(path)
        if find_rule(path) is None and find_rule(".".join([*map(str, MACHINES), path])) is not None:
            return (*MACHINES, *place)
        return place

    def _shown(self, place: Path) -> str:
        if place[:2] != MACHINES:
            return render_path(place)
        return render_path(place[2:] or place[1:])

    @property
    def _called(self) -> str:
        return f"pool {self.component.logical_name if self.component else self.logical_name!r}"


def _refuse_python_names(path: str) -> None:
    """The tables of edits know arguments too, so that nothing else would tell them from properties."""
    place = parse_path(path)
    own = next((index for index, part in enumerate(place) if part in FREE), len(place))
    wanted = tuple(
        arm_name(part) if isinstance(part, str) and "_" in part and index < own else part
        for index, part in enumerate(place)
    )
    if wanted != place:
        raise NotRecorded(f"{path}: is a name of Python; give the provider's: {render_path(wanted)}")


@dataclass(frozen=True, eq=False, repr=False)
class Extension:
    """A VM extension of a pool. body: as Azure receives it, in ARM's names."""

    pool: Pool
    index: int
    body: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"<extension {self.name!r} of {self.pool!r}>"

    @property
    def name(self) -> Any:
        return self.body.get("name")

    @property
    def type(self) -> Any:
        return self.body.get("type")

    @property
    def publisher(self) -> Any:
        return self.body.get("publisher")

    @property
    def version(self) -> Any:
        """``typeHandlerVersion``: major and minor version."""
        return self.body.get("typeHandlerVersion")

    @property
    def settings(self) -> Any:
        """Its settings as the program gave them, secrets in them as `Secret`; empty without."""
        return self.body.get("settings", {})

    @property
    def protected_settings(self) -> Secret | None:
        """Its protected settings, ``.value`` has them; None without. Raises NotRecorded where they are not secret."""
        found = self.body.get("protectedSettings")
        if found is None or isinstance(found, Secret):
            return found
        raise NotRecorded(
            f"protectedSettings of the extension {self.name!r} of {self.pool!r} are not secret as a whole"
        )

    def has_secret(self, path: str) -> Answer:
        """Whether the value at a path in it, such as ``protectedSettings``, is secret at its own place."""
        return self.pool._has_secret((*MACHINES, "extensions", self.index, *parse_path(path)))


class Identity(Resource):
    """A user-assigned identity."""

    @property
    def name(self) -> Any:
        return self.outputs.get("name")

    @property
    def client_id(self) -> Any:
        """What extensions and tasks sign in with."""
        return self.outputs.get("clientId")

    @property
    def principal_id(self) -> Any:
        """What roles are assigned to."""
        return self.outputs.get("principalId")


class Grant(Resource):
    """A role assignment, or an entry in a vault's access policies."""

    @property
    def principal_id(self) -> Any:
        """Who may."""
        if self.type == ACCESS_POLICY:
            return self.inputs["policy"].get("objectId")
        return self.inputs.get("principalId")

    @property
    def scope(self) -> Any:
        """Resource id of what is granted; for an access policy group and name of the vault: ``group/vault``."""
        if self.type == ACCESS_POLICY:
            return f"{self.inputs.get('resourceGroupName')}/{self.inputs.get('vaultName')}"
        return self.inputs.get("scope")

    @property
    def role(self) -> Any:
        """The role's name where it is one for vaults, else its id; ``access policy`` for an entry in them."""
        if self.type == ACCESS_POLICY:
            return "access policy"
        definition = self.inputs.get("roleDefinitionId")
        if not isinstance(definition, str):
            return definition
        known = find_role(definition.rsplit("/", 1)[-1])
        return known.name if known else definition.rsplit("/", 1)[-1]

    @property
    def secret_name(self) -> str | None:
        """The one secret of a vault that is granted; None for the whole of the scope."""
        found = _SECRET_SCOPE.match(str(reveal(self.scope)))
        return found["secret"] if found else None

    def lets(self, who: Identity | str) -> Answer:
        """Whether it grants to an identity, or to a principal id.

        In a preview, which knows no principal of a new identity, it is the identity that the grant's input comes of;
        NotRecorded for a principal id there.
        """
        name = who.logical_name if isinstance(who, Identity) else who
        if self.principal_id is not UNKNOWN:
            yes = self.principal_id == (who.principal_id if isinstance(who, Identity) else who)
        elif isinstance(who, Identity):
            given = "policy" if self.type == ACCESS_POLICY else "principalId"
            yes = who.urn in self.options.property_dependencies.get(given, ())
        else:
            raise NotRecorded(f"a preview does not know whom {self.logical_name!r} lets; ask with an identity")
        return Answer(yes, f"{self.role} on {self.scope} is {'' if yes else 'not '}granted to {name}")
