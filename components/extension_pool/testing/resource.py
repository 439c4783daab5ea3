"""What a program registered: a resource with its inputs and its options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..problems import Path, render_path
from .answers import Answer, name_some
from .values import NotRecorded, Secret, at, covers, parse_path, places, reveal, secret_places

if TYPE_CHECKING:
    from .stack import RecordedStack


@dataclass(frozen=True)
class Options:
    """The resource options as the engine receives them. Resources are URNs, properties are the provider's paths.

    ``protect``, ``delete_before_replace`` and ``retain_on_delete`` are None where nothing says so; ``provider``:
    ``URN::id``, empty for the default provider; ``dependencies``: by ``depends_on`` and by the inputs together;
    ``hooks``: when -> names; ``timeouts``: operation -> text; ``aliases``: former URNs, those of the parents not among
    them.
    """

    parent: str = ""
    dependencies: tuple[str, ...] = ()
    property_dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    provider: str = ""
    providers: Mapping[str, str] = field(default_factory=dict)
    protect: bool | None = None
    replace_on_changes: tuple[str, ...] = ()
    delete_before_replace: bool | None = None
    ignore_changes: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    additional_secret_outputs: tuple[str, ...] = ()
    retain_on_delete: bool | None = None
    deleted_with: str = ""
    replace_with: tuple[str, ...] = ()
    replacement_trigger: Any = None
    timeouts: Mapping[str, str] = field(default_factory=dict)
    hooks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    import_id: str = ""
    version: str = ""
    hide_diffs: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
class Resource:
    """A resource, as the engine would have received it.

    ``logical_name``: the name in the program. ``inputs`` and ``outputs``: the provider's names (camelCase), plain data
    with `Secret` and `UNKNOWN`; outputs are what `Azure` answered, those of a component what it registered. ``id``:
    None for components, and in previews. ``is_read``: with ``.get()`` and not made.
    """

    type: str
    logical_name: str
    urn: str
    id: str | None
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    options: Options
    custom: bool
    stack: RecordedStack
    is_read: bool = False

    def __repr__(self) -> str:
        return f"<{self.type} {self.logical_name!r}>"

    def input(self, path: str) -> Any:
        """The input at a path such as ``scaleSettings.fixedScale.targetDedicatedNodes``; NotRecorded where none is."""
        return at(self.inputs, parse_path(path))

    @property
    def parent(self) -> Resource | None:
        """The component that it is a child of; None for what the program made by itself."""
        return self.stack.find_urn(self.options.parent)

    @property
    def children(self) -> tuple[Resource, ...]:
        return tuple(one for one in self.stack.resources() if one.options.parent == self.urn)

    @property
    def is_protected(self) -> Answer:
        """Whether the engine refuses to delete or replace it (``protect``, its own or its parents')."""
        yes = self.options.protect is True
        return Answer(yes, f"{self._called} is {'' if yes else 'not '}protected")

    @property
    def deletes_first(self) -> Answer:
        """Whether the old one is deleted before the new one is made, as its options say (``deleteBeforeReplace``)."""
        said = self.options.delete_before_replace
        words = {True: "is true", False: "is false", None: "is not set, so that the provider decides"}[said]
        return Answer(said is True, f"deleteBeforeReplace of {self._called} {words}")

    def has_hook(self, name: str) -> Answer:
        """Whether a resource hook of this name is bound to it, whenever it runs."""
        bound = [f"{one} ({when})" for when, names in self.options.hooks.items() for one in names]
        yes = any(name in names for names in self.options.hooks.values())
        return Answer(yes, f"{self._called} has the hooks: {name_some(bound)}")

    def depends_on(self, other: Resource | str) -> Answer:
        """Whether it is made after another one, by ``depends_on``, its own or its parents', or through its inputs.

        Directly or over others. other: a resource, or its logical name; of a component all that is in it comes first.
        """
        wanted = self.stack.resource(other) if isinstance(other, str) else other
        before = self._before()
        inside = [one for one in wanted.stack.below(wanted) if one.custom and not one.is_read]
        missing = [one for one in (inside or [wanted]) if one.urn not in before]
        direct = name_some(self.stack.name_of(urn) for urn in self.options.dependencies)
        if not missing:
            return Answer(True, f"{self._called} waits for {wanted.logical_name!r}; directly for {direct}")
        lacking = name_some(one.logical_name for one in missing)
        return Answer(False, f"{self._called} does not wait for {lacking}; it waits for {direct}")

    def _before(self) -> set[str]:
        found: set[str] = set()
        todo = [self.urn]
        while todo:
            one = self.stack.find_urn(todo.pop())
            # a child is registered after its parent, and that after all that it depends on
            above = {*one.options.dependencies, one.options.parent} if one else set()
            fresh = above - found - {self.urn}
            found |= fresh
            todo += fresh
        return found

    def replaces_on(self, path: str) -> Answer:
        """Whether its options have it replaced when this property changes (``replaceOnChanges``).

        path: in the provider's names. For an object all of it must replace. What the provider replaces for by itself,
        as for another name, is not in the options.
        """
        return self._replaces_on(parse_path(path))

    def _replaces_on(self, place: Path) -> Answer:
        patterns = [parse_path(one) for one in self.options.replace_on_changes]
        name = self._shown(place)
        by = next((self._shown(pattern) for pattern in patterns if covers(pattern, place)), None)
        if by is not None:
            return Answer(True, f"{self._called} is replaced for {name} (replaceOnChanges {by})")
        below = [self._shown(pattern) for pattern in patterns if covers(place, pattern)]
        if below:
            return Answer(False, f"{self._called} is replaced for parts of {name} only: {name_some(below)}")
        others = name_some(map(self._shown, patterns))
        return Answer(False, f"{self._called} is not replaced for {name}; it is for {others}")

    @property
    def secrets(self) -> tuple[str, ...]:
        """Where in its inputs a secret stands, each as a path."""
        return tuple(render_path(place) for place in secret_places(self.inputs))

    def has_secret(self, path: str) -> Answer:
        """Whether the value at this place is marked secret itself: at its own place and no higher.

        A secret higher up hides more than it must: the diff of a preview ends there, and with it what is replaced for.
        ``...name`` means every place whose path ends so. Raises NotRecorded where there is no such place.
        """
        if path.startswith("..."):
            return self._every_secret(parse_path(path[3:]))
        return self._has_secret(parse_path(path))

    def _has_secret(self, place: Path) -> Answer:
        for size in range(1, len(place)):
            if isinstance(at(self.inputs, place[:size]), Secret):
                above, name = self._shown(place[:size]), self._shown(place)
                return Answer(False, f"{above} of {self._called} is secret as a whole, and not {name} at its own place")
        name = self._shown(place)
        if isinstance(at(self.inputs, place), Secret):
            return Answer(True, f"{name} of {self._called} is secret")
        return Answer(False, f"{name} of {self._called} is in the clear; secret are {self._secrets_shown()}")

    def _every_secret(self, ending: Path) -> Answer:
        name = render_path(ending)
        found = [place for place in places(self.inputs) if place[-len(ending) :] == ending]
        if not found:
            hidden = any(place[-len(ending) :] == ending for place in places(reveal(self.inputs)))
            said = f"{self._called} has no {name}{' that can be seen' * hidden}; secret are {name_some(self.secrets)}"
            if not hidden:
                raise NotRecorded(said)
            return Answer(False, said)
        return next((one for one in map(self._has_secret, found) if not one), self._has_secret(found[0]))

    def _secrets_shown(self) -> str:
        return name_some(map(self._shown, secret_places(self.inputs)))

    def _shown(self, place: Path) -> str:
        """A path as messages have it."""
        return render_path(place)

    @property
    def _called(self) -> str:
        return repr(self.logical_name)
