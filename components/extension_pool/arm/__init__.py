"""ARM JSON of a pool <-> arguments of `ExtensionPool`. Pure.

`parse_pool` takes what ARM has of a pool and gives the arguments that make it; `render_pool` gives the body of a PUT.
Values are kept exactly, whatever they are: `ExtensionPool` judges them, with its own messages, when it gets them.

What Azure alone writes is dropped: `READ_ONLY`, and what stands beside it around the properties. The client and
principal ids that it reports of the identities become those of ``identity.existing``; a pool without an identity gets
``{"create": False}``, as the component would create one otherwise. Null means "left out" to ARM, and is.
Below ``properties``, names are read in whatever case, as Azure reads them, and rendered as its specification has them.

The arguments have the component's names (``vm_size``), and the component's place:
``properties.deploymentConfiguration.virtualMachineConfiguration`` is flattened. A property that the component has no
argument for stays where ARM has it, under ARM's own name, its value untouched: a reader sees at a glance that it is no
argument, `render_pool` puts it back, and `ExtensionPool` refuses it by its path. So are kept

- what only another API version knows (`extension_pool.api_versions`), always;
- with ``keep_unknown=True``, whatever else is unknown. Without it that is a problem, with its path in the document.

The levels that are flattened keep their names for such properties: one of ``properties`` is a key of the arguments,
one of ``deploymentConfiguration`` is in ``arguments["deploymentConfiguration"]``, one of
``virtualMachineConfiguration`` in that one's ``["virtualMachineConfiguration"]``, and one beside ``properties`` is in
``arguments["resource"]``.

https://learn.microsoft.com/azure/templates/microsoft.batch/batchaccounts/pools
"""

from .body import READ_ONLY, render_pool
from .documents import parse_pool, pool_of

__all__ = ["READ_ONLY", "parse_pool", "pool_of", "render_pool"]
