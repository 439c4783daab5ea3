"""What one run of a program registered, and how a test finds it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from .answers import name_some
from .monitor import Call, Message, Registration
from .resource import Resource
from .tokens import ACCESS_POLICY, EXTENSION_POOL, IDENTITY, POOL, ROLE_ASSIGNMENT, STACK
from .values import NotRecorded
from .views import Grant, Identity, Pool

_VIEWS: Mapping[str, type[Resource]] = {POOL: Pool, IDENTITY: Identity, ROLE_ASSIGNMENT: Grant, ACCESS_POLICY: Grant}

R = TypeVar("R", bound=Resource)


@dataclass(frozen=True, eq=False, repr=False)
class RecordedStack:
    """All that a run registered, asked and exported.

    ``name``, ``project``: of the stack; ``preview``: whether values of new resources stayed unknown; ``exports``: what
    the program exported, resolved, with `Secret` and `UNKNOWN`; ``calls``: lookups in the order in which they came;
    ``hooks``: names of the resource hooks that the program registered; ``messages``: what it logged.
    """

    name: str
    project: str
    preview: bool
    exports: Mapping[str, Any]
    calls: tuple[Call, ...]
    hooks: tuple[str, ...]
    messages: tuple[Message, ...]
    _resources: tuple[Resource, ...]

    def __repr__(self) -> str:
        return f"<{self.project}/{self.name}: {name_some(one.logical_name for one in self._resources)}>"

    def resources(self, type: str | None = None) -> tuple[Resource, ...]:
        """Every resource, or those of a type such as ``azure-native:batch:Pool``, in the order of their logical names.

        The stack itself is not among them.
        """
        return tuple(one for one in self._resources if type is None or one.type == type)

    def resource(self, logical_name: str, type: str | None = None) -> Resource:
        """The resource of this name, of this type where two of different types share a name."""
        found = [one for one in self.resources(type) if one.logical_name == logical_name]
        if len(found) == 1:
            return found[0]
        if found:
            raise NotRecorded(f"{logical_name!r} are several: {', '.join(one.type for one in found)}; give the type")
        raise NotRecorded(f"no resource {logical_name!r}{f' of {type}' if type else ''}; {_list(self.resources(type))}")

    def only(self, type: str) -> Resource:
        """The one resource of a type; NotRecorded where there is another number of them."""
        found = self.resources(type)
        if len(found) == 1:
            return found[0]
        if found:
            raise NotRecorded(f"{len(found)} resources of {type}, not one: {_names(found)}")
        raise NotRecorded(f"no resource of {type}; {_list(self._resources)}")

    @property
    def pools(self) -> tuple[Pool, ...]:
        """All Batch pools, those made by hand as well; canaries are at their pools."""
        return tuple(one for one in self._of(Pool) if not one.is_canary)

    def pool(self, name: str) -> Pool:
        """A pool by the name of its ExtensionPool, by its logical name, or by its name in Azure, in this order."""
        every = self.pools
        made = [one for one in every if one.component is not None and one.component.logical_name == name]
        found = made or [one for one in every if one.logical_name == name] or [one for one in every if one.name == name]
        if len(found) == 1:
            return found[0]
        there = name_some((str(one.component.logical_name if one.component else one.logical_name) for one in every), 20)
        raise NotRecorded(f"{'several pools' if found else 'no pool'} {name!r}; there are: {there}")

    @property
    def identities(self) -> tuple[Identity, ...]:
        """The user-assigned identities that the program makes or reads."""
        return self._of(Identity)

    def identity(self, name: str) -> Identity:
        """An identity by the name of its ExtensionPool, by its logical name, or by its name in Azure."""
        every = self.identities
        logical = {name, f"{name}-identity"} if self._has_component(name) else {name}
        found = [one for one in every if one.logical_name in logical] or [one for one in every if one.name == name]
        if len(found) == 1:
            return found[0]
        raise NotRecorded(f"{'several identities' if found else 'no identity'} {name!r}; there are: {_names(every)}")

    @property
    def grants(self) -> tuple[Grant, ...]:
        """Role assignments, and entries in the access policies of vaults."""
        return self._of(Grant)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the program warned of (``pulumi.log.warn``), the notices of the component among it."""
        return tuple(one.text for one in self.messages if one.severity == "warning")

    def find_urn(self, urn: str) -> Resource | None:
        """The resource of a URN; None for the stack's own."""
        return next((one for one in self._resources if one.urn == urn), None)

    def name_of(self, urn: str) -> str:
        """The logical name in a URN."""
        return urn.rsplit("::", 1)[-1]

    def below(self, resource: Resource) -> tuple[Resource, ...]:
        """The resource and all that is in it, at any depth."""
        return (resource, *(inner for child in resource.children for inner in self.below(child)))

    def _of(self, kind: type[R]) -> tuple[R, ...]:
        return tuple(one for one in self._resources if isinstance(one, kind))

    def _has_component(self, name: str) -> bool:
        return any(one.logical_name == name for one in self.resources(EXTENSION_POOL))


def build_stack(registrations: Iterable[Registration], *, exports: Mapping[str, Any], **about: Any) -> RecordedStack:
    """The stack of what a monitor recorded. about: the other fields of `RecordedStack`."""
    kept = sorted((one for one in registrations if one.type != STACK), key=lambda one: (one.name, one.type, one.urn))
    made: list[Resource] = []
    stack = RecordedStack(_resources=(), exports=_Exports(exports), **about)
    for one in kept:
        view = _VIEWS.get(one.type, Resource)
        made.append(
            view(
                type=one.type,
                logical_name=one.name,
                urn=one.urn,
                id=one.id,
                inputs=one.inputs,
                outputs=one.outputs,
                options=one.options,
                custom=one.custom,
                stack=stack,
                is_read=one.is_read,
            )
        )
    object.__setattr__(stack, "_resources", tuple(made))
    return stack


class _Exports(dict[str, Any]):
    """A name that is not there is told with those that are."""

    def __missing__(self, name: str) -> Any:
        raise NotRecorded(f"no export {name!r}; there are: {name_some(self, 20)}")


def _names(resources: Iterable[Resource]) -> str:
    return name_some((one.logical_name for one in resources), 20)


def _list(resources: Iterable[Resource]) -> str:
    return f"there are: {name_some((f'{one.logical_name} ({one.type})' for one in resources), 20)}"
