"""What a program's run does once, however many pools it has."""

import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

import pulumi
from pulumi.runtime import settings

T = TypeVar("T")

# A run is known by the engine that it talks to. A plugin has a connection of its own for each component that it makes;
# what they share is the address.
_by_address: "OrderedDict[str, dict[Hashable, Any]]" = OrderedDict()
_by_monitor: "weakref.WeakKeyDictionary[Any, dict[Hashable, Any]]" = weakref.WeakKeyDictionary()

# One process can do many runs (the Automation API), hardly more than this at a time.
_MOST_RUNS = 64


def once_in_a_run(key: Hashable, make: Callable[[], T]) -> T:
    """What ``make`` gave at the first call with this key in this run. An exception is not kept.

    Raises RunError where no program is running.
    """
    kept = _of_this_run()
    if key not in kept:
        kept[key] = make()
    return cast(T, kept[key])


def forget_run(monitor: Any) -> None:
    """Drops what a run with this monitor kept. For monitors that are no connection: what is kept may hold them."""
    _by_monitor.pop(monitor, None)


def _of_this_run() -> dict[Hashable, Any]:
    monitor = settings.get_monitor()
    if monitor is None:
        raise pulumi.RunError(
            "no Pulumi program is running; start it with pulumi preview or pulumi up, or in a test with "
            "extension_pool.testing.run_program"
        )
    address = _address(monitor)
    if address is None:
        return _by_monitor.setdefault(monitor, {})
    kept = _by_address.setdefault(address, {})
    _by_address.move_to_end(address)
    while len(_by_address) > _MOST_RUNS:
        _by_address.popitem(last=False)
    return kept


def _address(monitor: Any) -> str | None:
    """Where the engine of a run listens; None for a monitor that is no connection, as in tests with mocks."""
    # gRPC tells it nowhere else.
    target = getattr(getattr(monitor, "RegisterResource", None), "_target", None)
    return target.decode() if isinstance(target, bytes) else target if isinstance(target, str) else None
