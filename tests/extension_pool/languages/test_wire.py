"""Values as programs in other languages send them, and the arguments that they become."""

import asyncio
from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from google.protobuf import json_format, struct_pb2
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime import rpc

from extension_pool.languages.package import TOKEN, package_schema
from extension_pool.languages.wire import Arrived, arguments_tree, find_no_data, may_be_shown, read_value
from extension_pool.problems import Later

SCHEMA = package_schema()
UNKNOWN = rpc.UNKNOWN


def arrived(value: Any) -> Arrived:
    """A value through protobuf, where every number is a float."""
    return read_value(json_format.ParseDict(value, struct_pb2.Value()))


def secret(value: Any) -> Any:
    return {rpc._special_sig_key: rpc._special_secret_sig, "value": value}


def output(*value: Any, urns: tuple[str, ...] = (), secret: bool = False) -> Any:
    """An output; without a value it is not known yet."""
    known = {"value": value[0]} if value else {}
    return {rpc._special_sig_key: rpc._special_output_value_sig, **known, "dependencies": [*urns], "secret": secret}


def run(check: Callable[[], Any]) -> Any:
    """Outputs live in an event loop."""

    async def inside() -> Any:
        made = check()
        return await made if asyncio.iscoroutine(made) else made

    return asyncio.run(inside())


def tree(**inputs: Any) -> Any:
    return run(lambda: tree_in_loop(inputs))


def tree_in_loop(inputs: dict[str, Any]) -> Any:
    arriving = {name: arrived(value) for name, value in inputs.items()}
    return arguments_tree(arriving, SCHEMA["resources"][TOKEN], SCHEMA["types"])


async def facts(later: Any) -> dict[str, Any]:
    """What an Output in a tree is."""
    assert isinstance(later, Later)
    one: pulumi.Output[Any] = later.value
    resources = await one.resources()
    urns = {await resource.urn.future() for resource in resources}
    return {"value": await one.future(), "known": await one.is_known(), "secret": await one.is_secret(), "urns": urns}


def facts_of(find: Callable[[Any], Any], **inputs: Any) -> Any:
    return run(lambda: facts(find(tree_in_loop(inputs))))


@pytest.mark.parametrize(("given", "wanted"), [(5, 5), (5.0, 5), ("5", 5), ("-1", -1), (5.5, 5.5), ("five", "five")])
def test_a_whole_number_is_an_integer_however_it_is_sent(given: Any, wanted: Any) -> None:
    got = tree(taskSlotsPerNode=given)["taskSlotsPerNode"]
    assert got == wanted and type(got) is type(wanted)


@pytest.mark.parametrize(("given", "wanted"), [("true", True), ("false", False), (True, True), ("yes", "yes"), (1, 1)])
def test_a_boolean_of_a_configuration_is_one(given: Any, wanted: Any) -> None:
    got = tree(startTask={"waitForSuccess": given})["startTask"]["waitForSuccess"]
    assert got == wanted and type(got) is type(wanted)


@pytest.mark.parametrize(("given", "wanted"), [(3600, "3600"), (1e5, "100000"), (True, "true"), ("007", "007")])
def test_what_yaml_took_for_a_number_is_text_again_where_text_belongs(given: Any, wanted: str) -> None:
    assert tree(displayName=given)["displayName"] == wanted
    assert tree(metadata=[{"name": "a", "value": given}])["metadata"][0]["value"] == wanted
    assert tree(tags={"a": given})["tags"]["a"] == wanted
    assert tree(applicationLicenses=[given])["applicationLicenses"] == [wanted]


def test_a_number_is_no_version_and_a_lost_digit_is_not_made_up() -> None:
    assert tree(extensions=[{"typeHandlerVersion": 1.0}])["extensions"][0]["typeHandlerVersion"] == 1
    assert tree(displayName=12345678901234567890)["displayName"] == 12345678901234567168
    assert tree(displayName=0.5)["displayName"] == 0.5


def test_settings_stay_as_their_author_typed_them() -> None:
    settings = {"whole": 5, "part": 5.5, "text": "5", "yes": True, "list": [1, {"deep": 2}], "snake_case": None}
    got = tree(extensions=[{"name": "a", "settings": settings}])["extensions"][0]["settings"]
    assert got == {"whole": 5, "part": 5.5, "text": "5", "yes": True, "list": [1, {"deep": 2}]}
    assert [type(got["whole"]), type(got["list"][0]), type(got["list"][1]["deep"])] == [int, int, int]


def test_null_is_left_out_at_every_depth() -> None:
    assert tree(displayName=None, scaleSettings={"fixedScale": {"resizeTimeout": None}}) == {
        "scaleSettings": {"fixedScale": {}}
    }


def test_a_key_that_nobody_knows_stays_for_the_checks() -> None:
    assert tree(vmSiz="x", osDisk={"size": 1}) == {"vmSiz": "x", "osDisk": {"size": 1}}


def test_a_secret_is_one_at_its_leaf_wherever_it_was_marked() -> None:
    wanted = {"value": "hush", "known": True, "secret": True, "urns": set()}
    at_leaf = {"startTask": {"commandLine": secret("hush")}}
    at_top = {"startTask": secret({"commandLine": "hush"})}
    as_output = {"startTask": {"commandLine": output("hush", secret=True)}}
    for inputs in (at_leaf, at_top, as_output):
        assert facts_of(lambda got: got["startTask"]["commandLine"], **inputs) == wanted


def test_what_only_the_update_tells_is_unknown_with_its_dependencies() -> None:
    wanted = {"value": None, "known": False, "secret": False, "urns": {"urn:a"}}
    assert facts_of(lambda got: got["vmSize"], vmSize=output(urns=("urn:a",))) == wanted
    assert facts_of(lambda got: got["vmSize"], vmSize=UNKNOWN) == {**wanted, "urns": set()}


def test_an_output_around_a_whole_property_goes_to_its_leaves() -> None:
    """Else the diff of a preview ends there, and a replacement is missed."""
    whole = output({"fixedScale": {"targetDedicatedNodes": "2"}}, urns=("urn:a",))
    got = facts_of(lambda got: got["scaleSettings"]["fixedScale"]["targetDedicatedNodes"], scaleSettings=whole)
    assert got == {"value": 2, "known": True, "secret": False, "urns": {"urn:a"}}


def test_a_known_output_that_depends_on_nothing_is_its_value() -> None:
    assert tree(image=output("ubuntu-24.04"), rollout=output({"strategy": "blue-green"})) == {
        "image": "ubuntu-24.04",
        "rollout": {"strategy": "blue-green"},
    }


def test_what_is_no_value_is_found_wherever_it_stands_and_is_not_passed_on() -> None:
    resource = {rpc._special_sig_key: rpc._special_resource_sig, "urn": "urn:vault", "id": "x"}
    text = {rpc._special_sig_key: rpc._special_asset_sig, "text": "echo", "hash": "h"}
    archive = {rpc._special_sig_key: rpc._special_archive_sig, "assets": {"a": text}}
    got = tree(
        keyVaultAccess=[{"vaultId": resource}],
        scaleSettings=text,
        extensions=[{"settings": {"script": output(text), "all": secret([archive])}}],
    )
    assert {path: one.name for path, one in find_no_data(got)} == {
        ("keyVaultAccess", 0, "vaultId"): "a resource",
        ("scaleSettings",): "an asset or an archive",
        ("extensions", 0, "settings", "script"): "an asset or an archive",
        ("extensions", 0, "settings", "all", 0): "an asset or an archive",
    }


def test_the_engine_may_show_a_value_and_never_a_secret() -> None:
    inputs = {
        "vmSize": arrived("x"),
        "startTask": arrived({"commandLine": secret("hush")}),
        "userAccounts": arrived([{"name": "a", "password": "hush"}]),
        "osDisk": arrived(secret({"caching": "hush"})),
        "image": arrived({rpc._special_sig_key: rpc._special_asset_sig, "text": "hush"}),
    }
    shown = {
        ("vmSize",): True,
        ("vmSiz",): True,
        ("userAccounts", 0, "name"): True,
        ("userAccounts", 3): True,
        ("osDisk", "caching"): True,  # the engine does not find what is inside a secret
        ("userAccounts", 0, "password"): False,
        ("userAccounts", 0): False,
        ("startTask", "commandLine"): False,
        ("startTask",): False,
        ("osDisk",): False,
        ("image",): False,
    }
    assert {path: may_be_shown(inputs, path) for path in shown} == shown


JSON = st.recursive(
    st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@given(settings=st.dictionaries(st.text(), JSON))
def test_any_settings_arrive_as_they_were_sent(settings: dict[str, Any]) -> None:
    sent = {name: value for name, value in settings.items() if value != UNKNOWN}
    got = tree(extensions=[{"settings": sent}])["extensions"][0]["settings"]
    assert got == sent
    assert whole_floats(got) == []


@given(settings=st.dictionaries(st.text(), JSON, min_size=1))
def test_nothing_of_a_secret_is_in_the_open(settings: dict[str, Any]) -> None:
    got = tree(extensions=secret([{"settings": settings}]))["extensions"][0]["settings"]
    assert all(isinstance(leaf, Later) for leaf in leaves(got))


def leaves(value: Any) -> list[Any]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return [value] if inner is None else [leaf for one in inner for leaf in leaves(one)]


def whole_floats(value: Any) -> list[Any]:
    return [leaf for leaf in leaves(value) if isinstance(leaf, float) and leaf.is_integer()]
