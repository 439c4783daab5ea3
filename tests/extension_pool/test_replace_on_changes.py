"""Which paths the component gives to the engine: what they cover is replaced, and nothing else is."""

import pytest

from extension_pool.mutability import Azure, Ours, find_rule
from extension_pool.replace_on_changes import REPLACE_ON_CHANGES
from extension_pool.replace_paths import EXTENSIONS_PATH
from tests.support.sdk_leaves import leaves

LEAVES = [".".join(path) for path, _ in leaves()]


def covers(path: str, leaf: str) -> bool:
    return leaf == path or leaf.startswith(f"{path}.")


@pytest.mark.parametrize("leaf", LEAVES)
def test_a_leaf_is_on_a_path_exactly_if_its_change_replaces(leaf: str) -> None:
    rule = find_rule(leaf)
    assert rule is not None
    # for a change of the address the provider replaces by itself
    wanted = rule.ours is Ours.REPLACE and rule.azure is not Azure.OTHER_POOL
    assert any(covers(path, leaf) for path in REPLACE_ON_CHANGES) is wanted


def test_no_path_stands_below_another_but_that_of_the_extensions() -> None:
    below = [
        path for path in REPLACE_ON_CHANGES for other in REPLACE_ON_CHANGES if path != other and covers(other, path)
    ]
    assert below == [EXTENSIONS_PATH]


def test_every_path_leads_to_a_leaf() -> None:
    assert [path for path in REPLACE_ON_CHANGES if not any(covers(path, leaf) for leaf in LEAVES)] == []


@pytest.mark.parametrize("path", ["scaleSettings", "metadata", "tags", "startTask", "applicationPackages"])
def test_what_stays_in_place_is_on_no_path(path: str) -> None:
    assert not any(covers(one, path) or covers(path, one) for one in REPLACE_ON_CHANGES)


def test_the_identity_reaches_only_new_nodes_and_so_replaces() -> None:
    assert "identity" in REPLACE_ON_CHANGES
