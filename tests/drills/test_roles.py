"""The new pool's identity may not read its certificates yet: Azure takes minutes to honour a new role assignment."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.drills.drill import DIAGNOSE, NODES, Drill, green
from tests.on_engine.config import pool, stack
from tests.on_engine.stack import EngineStack


class Certified(Drill):
    """A pool of the stack file that reads a certificate; another version has another identity, and so a new grant."""

    def want(self, *pools: dict[str, Any], **config: Any) -> None:
        if pools:
            (one,) = self.pools = pools
            identity = {"name": f"id-{one['version'].replace('.', '-')}"}
            scale = {"fixedScale": {"targetDedicatedNodes": NODES}}
            self.stack.configure(stack(linux=pool(identity=identity, scaleSettings=scale, rollout=one["rollout"])))

    def current(self, name: str = "linux") -> str:
        return str(self.stack.outputs()["pools"][name]["poolName"])


HONOURED_AFTER = 3000
"""Virtual seconds from an assignment on: half a second of ours."""


@pytest.fixture
def drill(new_stack: Callable[..., EngineStack], monkeypatch: pytest.MonkeyPatch) -> Iterator[Certified]:
    """The first grant is waited for, those that come then are not."""
    made = Certified(new_stack())
    made.stack.store.set("role_propagation_seconds", HONOURED_AFTER)
    with monkeypatch.context() as patch:
        patch.delenv("EXTENSION_POOL_GRANT_WAIT", raising=False)
        patch.setattr("engine.sealed.GRANT_WAIT", {"EXTENSION_POOL_GRANT_WAIT": "PT1S"})
        made.begin()
    made.want(green("1.1"))
    yield made
    made.stack.close()


def test_nodes_that_get_their_certificates_late_are_waited_for(drill: Certified) -> None:
    drill.stack.store.set("key_vault_retry_seconds", 100 * HONOURED_AFTER)
    drill.up()
    drill.converged()


def test_nodes_that_gave_up_before_the_role_was_honoured(drill: Certified) -> None:
    said = drill.up_fails()
    assert "KeyVaultForLinux: The initial sync of the certificates does not come to an end" in said
    drill.names_next_step(said, DIAGNOSE, "run 'pulumi up' again", "extension-pool rollback --stack test")
    (new,) = drill.there() - {drill.old}
    drill.kept(new)
    back = drill.command("rollback", "--yes")
    assert back.returncode == 0, back.stdout + back.stderr
    drill.stack.store.clock.advance(3600)
    assert drill.there() == {drill.old}
    drill.no_orphans()
    drill.work_was_not_touched()
    # what is left of the try, its identity and grant, goes with an update of the configuration that works
    drill.want(green("1.0"))
    assert set(drill.stack.changed().values()) <= {"delete"}
    drill.up()
    drill.work_was_not_touched()
    drill.want(green("1.1"))
    drill.stack.store.set("key_vault_retry_seconds", 100 * HONOURED_AFTER)
    drill.up()
    drill.converged()
