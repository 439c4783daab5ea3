"""Stacks of `programs/rolled.py`: pools whose edits are rolled out, on a local Azure that can be broken."""

from __future__ import annotations

from typing import Any

from emulator import Faults
from tests.on_engine.stack import EngineStack

DRIVER = "driver"
TEXT = "Non-zero exit code: 1, failed to build the kernel module"
POOLS = "Microsoft.Batch/batchAccounts/pools"


def wanted(name: str = "linux", version: str = "1.0", **more: Any) -> dict[str, Any]:
    """A pool of the program; another version replaces it."""
    return {"name": name, "version": version, **more}


class Rolled:
    """A stack with the Batch service of its local Azure running."""

    def __init__(self, stack: EngineStack, **config: Any) -> None:
        self.stack = stack
        self._config = config
        self._unfinished = False
        stack.local.start_azure()

    @property
    def faults(self) -> Faults:
        return Faults(self.stack.store)

    def want(self, *pools: dict[str, Any], **config: Any) -> None:
        """From now on the program has these pools."""
        self.stack.configure({**self._config, **config, "pools": list(pools)})

    def up(self, *pools: dict[str, Any], **config: Any) -> str:
        """Brings the stack there."""
        if pools or config:
            self.want(*pools, **config)
        said = self.stack.up()
        self._unfinished = False
        return said

    def up_fails(self, *pools: dict[str, Any], **config: Any) -> str:
        if pools or config:
            self.want(*pools, **config)
        self._unfinished = True
        return self.stack.up_fails()

    def settle(self, *first: dict[str, Any]) -> None:
        """Azure works again and what was begun is done; a stack without pools gets the `first`."""
        self.faults.lift()
        if not self.there():
            self.up(*first)
        elif self._unfinished:
            self.up()

    def current(self, name: str = "linux") -> str:
        return str(self.stack.outputs()[name])

    def announced(self, name: str = "linux") -> str:
        """The name that the preview has for the pool."""
        found: str = self.stack.preview()[f"{name}-pool"]["newState"]["inputs"]["poolName"]
        return found

    def there(self) -> set[str]:
        """The pools that Azure has and does not delete."""
        return {row.name for row in self.stack.store.living(POOLS) if row.deleting is None}

    def born(self, pool: str) -> str:
        """Tells a pool from one made anew under its name."""
        (row,) = [row for row in self.stack.store.living(POOLS) if row.name == pool and row.deleting is None]
        return str(row.seq)

    def break_driver(self, pool: str, **how: Any) -> int:
        """The driver fails on nodes of a pool, which may be one to come; the fault's number."""
        return self.faults.fail_extension(pool, DRIVER, message=TEXT, **how)

    def destroy(self) -> None:
        self.stack.pulumi("destroy", "--yes", "--skip-preview", "--run-program")
        self._unfinished = False
