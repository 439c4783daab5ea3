"""The paths are worked out of the table: the fewest that cover what replaces, and nothing else."""

import pytest

from extension_pool import replace_paths as module
from extension_pool.mutability import Azure, Confidence, Ours, Rule, Source
from extension_pool.replace_on_changes import REPLACE_ON_CHANGES
from extension_pool.replace_paths import EXTENSIONS_PATH, render_replace_on_changes, replace_paths

SOURCE = Source("a page", "https://learn.microsoft.com/")


def rule(path: str, ours: Ours = Ours.REPLACE, azure: Azure = Azure.REFUSED) -> Rule:
    return Rule(path, azure, ours, "", SOURCE, Confidence.STATED)


@pytest.mark.parametrize(
    ("rules", "paths"),
    [
        ([rule("vmSize")], ("vmSize",)),
        # all of an object replaces: it as a whole is on the list
        ([rule("network.subnetId"), rule("network.publicIp.ids")], ("network",)),
        # a part of it does not: each of the others has a path of its own
        (
            [rule("network.subnetId"), rule("network.tags", Ours.UPDATE), rule("network.publicIp.ids")],
            ("network.subnetId", "network.publicIp.ids"),
        ),
        ([rule("scale", Ours.UPDATE, Azure.IN_PLACE)], ()),
        # for its address the provider replaces the pool by itself
        ([rule("poolName", azure=Azure.OTHER_POOL)], ()),
    ],
)
def test_what_replaces_is_covered_and_nothing_else(
    rules: list[Rule], paths: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "rules", lambda: tuple(rules))
    assert replace_paths() == paths


def test_the_module_that_the_component_reads_says_so() -> None:
    made: dict[str, object] = {}
    exec(compile(render_replace_on_changes(), "replace_on_changes.py", "exec"), made)
    assert made["REPLACE_ON_CHANGES"] == (EXTENSIONS_PATH, *replace_paths()) == REPLACE_ON_CHANGES
