"""The resource options of the component, on the real engine: what they do to its pool in Azure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.on_engine.stack import EngineStack

pytestmark = pytest.mark.drill


def wanted(name: str, options: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"name": name, "options": options or {}, **more}


@pytest.fixture(scope="module")
def made(new_stack: Callable[..., EngineStack]) -> EngineStack:
    """Pools, each with an option or two that no other has."""
    stack = new_stack("options.py")
    stack.configure({"pools": POOLS})
    stack.up()
    return stack


POOLS = [
    wanted("scaled", {"ignore_changes": ["scale_settings"]}),
    wanted("started", {"replace_on_changes": ["start_task"]}),
    wanted("plain"),
    wanted("tagged", {"transforms": True}),
    wanted("last", {"after": "plain"}),
    wanted("kept", {"retain_on_delete": True}),
    wanted("with-account", {"deletedWithAccount": True}),
]


def change(stack: EngineStack, **changes: dict[str, Any]) -> dict[str, str]:
    """What a preview says when pools have other arguments or options."""
    stack.configure({"pools": [{**one, **changes.get(one["name"].replace("-", "_"), {})} for one in POOLS]})
    return stack.changed()


def living(stack: EngineStack, kind: str) -> set[str]:
    return {row.name for row in stack.store.living(kind) if row.deleting is None}


def test_ignored_arguments_change_nothing_and_the_others_do(made: EngineStack) -> None:
    assert change(made, scaled={"nodes": 5}) == {}
    assert change(made, plain={"nodes": 5}) == {"plain-pool": "update"}
    assert change(made, scaled={"size": "Standard_D4s_v5"}) == {"scaled-pool": "replace"}


def test_further_arguments_replace_the_pool(made: EngineStack) -> None:
    assert change(made, started={"start": "/bin/false"}) == {"started-pool": "replace"}
    assert change(made, plain={"start": "/bin/false"}) == {"plain-pool": "update"}


def test_a_pool_whose_tags_come_of_a_transform_is_replaced_as_ever(made: EngineStack) -> None:
    assert made.body("pools/tagged")["tags"] == {"by": "transform"}
    since = made.last_operation()
    assert change(made, tagged={"size": "Standard_D4s_v5"}) == {"tagged-pool": "replace"}
    made.up()
    assert made.verbs(since, "pools/tagged") == ["DELETE", "PUT"]
    change(made)
    made.up()


def test_a_pool_is_made_after_what_it_depends_on(made: EngineStack) -> None:
    pools = [one.path.rsplit("/", 1)[1] for one in made.changes() if one.method == "PUT" and "/pools/" in one.path]
    assert pools.index("plain") < pools.index("last")


def test_an_option_that_does_nothing_is_told_and_a_wrong_one_refused(made: EngineStack) -> None:
    change(made, plain={"options": {"delete_before_replace": True}})
    assert "the option delete_before_replace does nothing on an ExtensionPool" in made.pulumi("preview")
    # the engine replaces the component alone, which is nothing in Azure
    changed = change(made, plain={"options": {"replacement_trigger": "v2", "replace_with": []}})
    assert "plain-pool" not in changed
    assert "the option replacement_trigger of an ExtensionPool does nothing to its pool" in made.pulumi("preview")
    change_fails = {"pools": [wanted("plain", {"ignore_changes": ["scale_setings"]})]}
    made.configure(change_fails)
    said = made.pulumi("preview", check=False)
    assert 'got "scale_setings"; did you mean scale_settings?' in said and "Traceback" not in said


def test_a_kept_pool_keeps_its_identity_and_its_grant_and_one_goes_with_its_account(made: EngineStack) -> None:
    """Last: the account goes, and with it whatever is in it; only what Pulumi asked for is looked at."""
    grants = "Microsoft.Authorization/roleAssignments"
    before = len(living(made, grants))
    since = made.last_operation()
    made.configure({"pools": [one for one in POOLS if one["name"] not in ("kept", "last")]})
    made.up()
    assert "kept" in living(made, "Microsoft.Batch/batchAccounts/pools")
    assert "last" not in living(made, "Microsoft.Batch/batchAccounts/pools")
    identities = living(made, "Microsoft.ManagedIdentity/userAssignedIdentities")
    assert any(one.startswith("kept-identity") for one in identities)
    assert not any(one.startswith("last-identity") for one in identities)
    assert len(living(made, grants)) == before - 1
    made.configure({"closed": True})
    made.up()
    gone = {
        one.path.rsplit("/", 1)[1] for one in made.changes(since) if one.method == "DELETE" and "/pools/" in one.path
    }
    assert gone == {"last", "scaled", "started", "plain", "tagged"}
