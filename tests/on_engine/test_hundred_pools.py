"""A hundred pools in one program, on the real engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from tests.on_engine.stack import EngineStack

pytestmark = pytest.mark.drill

COUNT = 100
EDITED = "pool-042"


@pytest.fixture(scope="module")
def hundred(new_stack: Callable[..., EngineStack]) -> Iterator[EngineStack]:
    made = new_stack("hundred.py")
    made.up()
    yield made


def lookups(stack: EngineStack, since: int) -> Counter[str]:
    """GETs of identities by their names, since an operation."""
    paths = [one.path for one in stack.store.operations(since) if one.method == "GET"]
    return Counter(path.rsplit("/", 1)[1] for path in paths if "/userAssignedIdentities/" in path)


def test_all_pools_are_made_under_names_of_their_own(hundred: EngineStack) -> None:
    names = hundred.outputs()["names"]
    assert len(set(names)) == COUNT
    assert {row.name for row in hundred.store.living("Microsoft.Batch/batchAccounts/pools")} == set(names)


def test_a_preview_of_one_edit_shows_one_replacement_and_asks_for_each_identity_once(hundred: EngineStack) -> None:
    hundred.configure({"edited": EDITED})
    since = hundred.last_operation()
    assert hundred.changed() == {f"{EDITED}-pool": "replace"}
    asked = lookups(hundred, since)
    assert len(asked) == len([n for n in range(COUNT) if n % 3]) + 1
    assert set(asked.values()) == {1}
    hundred.up()
    pools = {one.path.rsplit("/", 1)[1] for one in hundred.changes(since)}
    assert pools == {EDITED}
