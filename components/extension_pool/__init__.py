"""Azure Batch pools with VM extensions, as one Pulumi component."""

from . import args
from .args import *  # noqa: F403 - its __all__ is its list of public names
from .pool import ExtensionPool, InvalidPoolError

__all__ = ["ExtensionPool", "InvalidPoolError"]
__all__ += args.__all__
