"""Tags, by which costs are told apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..model import MANDATORY, UNKNOWN, Parameter, Resource, Rule, Settings, Violation
from ..reading import at, plain

_PLACES = ("tags", "resourceTags")


def find_missing_tags(pool: Resource, settings: Settings) -> Iterator[Violation]:
    """Tags that are missing or empty. Azure compares their names without regard to case."""
    for place in _PLACES:
        tags = plain(at(pool.props, place))
        if tags is UNKNOWN:
            continue
        there = {str(key).lower(): plain(value) for key, value in tags.items()} if isinstance(tags, Mapping) else {}
        missing = [name for name in settings.words(place) if there.get(name.lower()) in (None, "")]
        if missing:
            yield Violation((place,), f"must have {', '.join(missing)}")


RULES = (
    Rule(
        "required-tags",
        "Pools have the tags that the configuration asks for.",
        MANDATORY,
        "whoever asks for tags counts on them; without configuration nothing is asked for",
        "Add them: `tags` are the pool's own, `resourceTags` go to the machines and disks that Batch makes for it.",
        find_missing_tags,
        own=(
            Parameter("tags", "names", [], "names that the pool's `tags` must have"),
            Parameter("resourceTags", "names", [], "names that its `resourceTags` must have"),
        ),
        source="https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources",
    ),
)
