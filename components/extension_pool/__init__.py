"""Azure Batch pools with VM extensions, as one Pulumi component.

Everything named here is loaded when it is first asked for: the command `extension-pool` and the checks live in this
package too, and do not need Pulumi.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import args
    from .args import *  # noqa: F403 - its __all__ is its list of public names
    from .pool import ExtensionPool, InvalidPoolError
    from .rolling.hooks import register_hooks

    __all__ = ["ExtensionPool", "InvalidPoolError", "register_hooks"]
    __all__ += args.__all__
else:
    from importlib import import_module

    _HOMES = {"ExtensionPool": ".pool", "InvalidPoolError": ".pool", "register_hooks": ".rolling.hooks"}

    def __getattr__(name):
        # `from extension_pool import *` asks for __all__ here as well.
        if name in _HOMES:
            value = getattr(import_module(_HOMES[name], __name__), name)
        elif name.startswith("_") and name != "__all__":
            # What Python and its tools look for, and no name of ours.
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        else:
            arguments = import_module(".args", __name__)
            if name == "args":
                return arguments
            names = arguments.__all__
            if name != "__all__" and name not in names:
                raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
            value = [*_HOMES, *names] if name == "__all__" else getattr(arguments, name)
        globals()[name] = value
        return value

    def __dir__():
        return sorted({*globals(), *__getattr__("__all__"), "args"})
