"""Lines of edits in whatever YAML people write, and in what is none."""

import copy
import json
from typing import Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from extension_pool.ops.review import yaml_edits
from extension_pool.ops.review.model import Place
from extension_pool.ops.review.places import Places

from .test_places import EDITS, FILE, MACHINES, SECRETS, STACK, after, at, line_of

ALIASED = """\
common: &size Standard_A
more: &poll {pollingIntervalInS: "60", requireInitialSync: true}
config:
  extension-pool:pools:
    render:
      vmSize: *size
      image: ubuntu-24.04
      keyVaultCertificates: [https://kv.vault.azure.net/secrets/a]
      keyVaultExtension:
        <<: *poll
        requireInitialSync: false
    other:
      vmSize: *size
"""


def test_an_alias_leads_to_where_its_value_was_edited() -> None:
    places = after(("&size Standard_A", "&size Standard_B"), base=ALIASED)
    assert places.find("prod", "render", "vmSize") == Place(FILE, 1)
    assert places.find("prod", "other", "vmSize") == Place(FILE, 1)


def test_an_alias_that_was_put_in_itself_is_the_edit() -> None:
    places = after(("vmSize: *size\n      image", "vmSize: Standard_Z\n      image"), base=ALIASED)
    assert places.find("prod", "render", "vmSize") == Place(FILE, 6)
    aliased = ALIASED.replace("vmSize: *size\n      image", "vmSize: Standard_Z\n      image")
    back = Places.between({FILE: aliased}, {FILE: ALIASED})
    assert back.find("prod", "render", "vmSize") == Place(FILE, 6)
    assert back.find("prod", "other", "vmSize") is None


def test_a_merge_key_brings_values_and_its_own_mapping_goes_before() -> None:
    polling = MACHINES + f"extensions[0].{SECRETS}"
    edited = after(('"60"', '"90"'), ("true", "false"), base=ALIASED)
    assert edited.find("prod", "render", polling + "pollingIntervalInS") == Place(FILE, 2)
    assert edited.find("prod", "render", polling + "requireInitialSync") is None
    unmerged = after(("        <<: *poll\n", ""), base=ALIASED)
    gone = unmerged.find("prod", "render", polling + "pollingIntervalInS")
    assert gone == Place(FILE, line_of("<<:", ALIASED), removed=True)


def test_windows_line_ends_a_byte_order_mark_and_json_have_lines_too() -> None:
    now = STACK.replace("Standard_D4s_v5", "Standard_D8s_v5").replace("\n", "\r\n")
    assert Places.between({FILE: STACK}, {FILE: "\ufeff" + now}).find("prod", "render", "vmSize") == at("_D4s_v5")
    old, new = ({"config": {"extension-pool:pools": {"render": {"vmSize": size}}}} for size in "ab")
    texts = [json.dumps(one, indent=1) for one in (old, new)]
    found = Places.between({"Pulumi.x.yaml": texts[0]}, {"Pulumi.x.yaml": texts[1]}).find("x", "render", "vmSize")
    assert found == Place("Pulumi.x.yaml", 5)


def test_a_line_end_that_only_yaml_knows_counts_no_line() -> None:
    base = STACK.replace("name: account", 'name: "acc\u2028ount\x85"')
    assert after(("_D4s", "_D8s"), base=base).find("prod", "render", "vmSize") == at("vmSize: Standard_D4s_v5")


def test_the_last_of_equal_keys_holds() -> None:
    base = STACK.replace("      vmSize: Standard_D4s_v5\n", "      vmSize: Standard_X\n      vmSize: Standard_D4s_v5\n")
    assert after(("Standard_D4s", "Standard_D8s"), base=base).find("prod", "render", "vmSize") == Place(FILE, 13)
    assert after(("Standard_X", "Standard_Y"), base=base).find("prod", "render", "vmSize") is None


def test_keys_of_the_project_need_no_namespace() -> None:
    bare = STACK.replace("extension-pool:", "")
    assert after(("_D4s", "_D8s"), base=bare).find("prod", "render", "vmSize") == at("vmSize: Standard_D4s_v5")


@pytest.mark.parametrize(
    "text",
    [
        "config:\n\tpools: 1",
        "config: [1",
        "",
        "- 1",
        "config: &a [*a]",
        "config: *nothing",
        "[" * 5000,
        "a: " * 3000,
        "config:\n" + "".join(f"{' ' * depth}a:\n" for depth in range(1, 900)),
        "\x00",
        "config: {extension-pool:pools: [x]}",
        "config: 5",
        "? [a]\n: b",
        "config: !!python/object:os.system x",
    ],
)
def test_what_is_no_stack_file_tells_nothing_and_breaks_nothing(text: str) -> None:
    assert Places.between({FILE: text}, {FILE: STACK + "\n# more"}).find("prod", "render", "vmSize") in (
        None,
        at("vmSize: Standard_D4s_v5"),
    )
    assert Places.between({FILE: STACK}, {FILE: text}).find("prod", "nobody", "vmSize") is None


def test_aliases_that_stand_for_more_than_memory_holds_are_given_up() -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))
    base = bomb + "config: {extension-pool:pools: {render: *a39}}\n"
    assert after(("[x, x]", "[x, y]"), base=base).find("prod", "render", "vmSize") is None


def test_the_bound_is_what_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_edits, "_MOST_PLACES", 10)
    assert after(("_D4s", "_D8s")).find("prod", "render", "vmSize") is None


def test_a_file_of_very_many_equal_lines_is_compared_in_no_time() -> None:
    many = STACK + "      mountConfiguration:\n" + "      - a\n" * 6000
    assert after(("_D4s", "_D8s"), base=many).find("prod", "render", "vmSize") == at("vmSize: Standard_D4s_v5")
    shorter = STACK + "      mountConfiguration:\n" + "      - a\n" * 4000 + "      - b\n" * 1000
    assert Places.between({FILE: many}, {FILE: shorter}).find("prod", "other", "mountConfiguration") is not None


@pytest.mark.parametrize("case", EDITS)
def test_lines_are_found_without_libyaml_too(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    path, edit, line = EDITS[case]
    assert after(edit).find("prod", "render", path) == at(line)


_KEYS = st.text("abcdefgh.-: ", min_size=1, max_size=6)
_SCALARS = st.one_of(st.integers(), st.booleans(), st.none(), st.text("ab: #'\"\n-{[&*!|>%@`", max_size=12))
_TREES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(st.dictionaries(_KEYS, inner, max_size=4), st.lists(inner, max_size=4)),
    max_leaves=12,
)


def _leaves(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(tree, dict):
        return [leaf for key, value in tree.items() for leaf in _leaves(value, (*path, key))]
    if isinstance(tree, list):
        return [leaf for index, value in enumerate(tree) for leaf in _leaves(value, (*path, index))]
    return [path]


def _replaced(tree: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    changed = copy.copy(tree)
    changed[path[0]] = _replaced(tree[path[0]], path[1:], value)
    return changed


def _property(path: tuple[Any, ...]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f'["{part}"]' for part in path)


def _dump(tree: Any, style: bool | None) -> str:
    document = {"config": {"extension-pool:pools": {"p": {"mountConfiguration": tree, "vmSize": "S"}}}}
    return yaml.safe_dump(document, default_flow_style=style, width=1000, allow_unicode=True)


@settings(max_examples=150, deadline=None)
@given(tree=_TREES, data=st.data(), flow=st.sampled_from([False, None]))
def test_the_line_found_is_the_line_edited(tree: Any, data: st.DataObject, flow: bool | None) -> None:
    leaves = _leaves(tree)
    assume(leaves)
    path = data.draw(st.sampled_from(leaves))
    edited = _replaced(tree, path, "EDITED")
    base, now = _dump(tree, flow), _dump(edited, flow)
    found = Places.between({"Pulumi.s.yaml": base}, {"Pulumi.s.yaml": now}).find(
        "s", "p", f"mountConfiguration{_property(path)}"
    )
    assert found is not None
    assert not found.removed
    assert "EDITED" in now.splitlines()[found.line - 1]


@settings(max_examples=150, deadline=None)
@given(base=st.text(max_size=80), now=st.text(max_size=80), path=st.text(max_size=20))
def test_no_text_breaks_it(base: str, now: str, path: str) -> None:
    place = Places.between({FILE: base}, {FILE: now}).find("prod", path, path)
    assert place is None or place.line >= 1
