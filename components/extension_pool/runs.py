"""What a program's run does once, however many pools it has."""

import weakref
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

from pulumi.runtime import settings

T = TypeVar("T")

# a run is known by its connection to the engine
_runs: "weakref.WeakKeyDictionary[Any, dict[Hashable, Any]]" = weakref.WeakKeyDictionary()


def once_in_a_run(key: Hashable, make: Callable[[], T]) -> T:
    """What ``make`` gave at the first call with this key in this run. An exception is not kept."""
    kept = _runs.setdefault(settings.get_monitor(), {})
    if key not in kept:
        kept[key] = make()
    return cast(T, kept[key])
