"""For tests of programs that use the component: run a program without an engine, and ask what it registered.

>>> stack = run_program("infra", stack="prod")
>>> assert stack.pool("render").replaces_on("extensions")

For pytest there are the fixtures `pulumi_program` and `azure_mocks`; nothing else here needs it. Everything is loaded
when it is first asked for: pytest imports this package in every run. See docs/testing.md.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .answers import Answer
    from .arm_types import client_id, principal_id
    from .azure import Azure
    from .comparing import Comparison, PoolChange, compare, explain_change
    from .monitor import Call, Message
    from .resource import Options, Resource
    from .running import RunProgram, run_program
    from .stack import RecordedStack
    from .values import UNKNOWN, NotRecorded, Secret
    from .views import Extension, Grant, Identity, Pool

_PLACES = {
    "Answer": "answers",
    "Azure": "azure",
    "Call": "monitor",
    "Comparison": "comparing",
    "Extension": "views",
    "Grant": "views",
    "Identity": "views",
    "Message": "monitor",
    "NotRecorded": "values",
    "Options": "resource",
    "Pool": "views",
    "PoolChange": "comparing",
    "RecordedStack": "stack",
    "Resource": "resource",
    "RunProgram": "running",
    "Secret": "values",
    "UNKNOWN": "values",
    "client_id": "arm_types",
    "compare": "comparing",
    "explain_change": "comparing",
    "principal_id": "arm_types",
    "run_program": "running",
}

__all__ = [
    "UNKNOWN",
    "Answer",
    "Azure",
    "Call",
    "Comparison",
    "Extension",
    "Grant",
    "Identity",
    "Message",
    "NotRecorded",
    "Options",
    "Pool",
    "PoolChange",
    "RecordedStack",
    "Resource",
    "RunProgram",
    "Secret",
    "client_id",
    "compare",
    "explain_change",
    "principal_id",
    "run_program",
]

if not TYPE_CHECKING:
    from importlib import import_module

    def __getattr__(name):
        if name not in _PLACES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(f".{_PLACES[name]}", __name__), name)
        return value

    def __dir__():
        return sorted({*globals(), *__all__})
