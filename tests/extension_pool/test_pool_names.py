"""Names of blue-green pools: stable while nothing that replaces has changed, another as soon as something has."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extension_pool.pool_names import (
    LONGEST_BASE,
    base_of,
    blue_green_name,
    digest_of,
    later_leaves,
    what_replaces,
)
from extension_pool.problems import Later
from extension_pool.spec import Extension

PATHS = ("deploymentConfiguration.virtualMachineConfiguration", "vmSize", "identity")
IDENTITIES = [f"/subscriptions/0/resourceGroups/rg/x/{name}" for name in ("one", "two")]


def extension(**changes: Any) -> dict[str, Any]:
    return {"name": "certs", "publisher": "p", "type": "t", "settings": {"pollingIntervalInS": "3600"}, **changes}


def inputs(**changes: Any) -> dict[str, Any]:
    return {
        "pool_name": "render",
        "vm_size": "Standard_D2s_v5",
        "identity": {"type": "UserAssigned", "user_assigned_identities": IDENTITIES},
        "scale_settings": {"fixed_scale": {"target_dedicated_nodes": 2}},
        "deployment_configuration": {"virtual_machine_configuration": {"extensions": [extension()]}},
        **changes,
    }


def with_extension(**changes: Any) -> dict[str, Any]:
    return inputs(deployment_configuration={"virtual_machine_configuration": {"extensions": [extension(**changes)]}})


def digest(tree: dict[str, Any], extensions: tuple[Extension, ...] = ()) -> str:
    chosen = what_replaces(tree, PATHS, extensions)
    return digest_of(chosen, [leaf.value for leaf in later_leaves(chosen)])


def versioned(version: str) -> Extension:
    return Extension.model_validate(
        {"name": "certs", "publisher": "p", "type": "t", "protected_settings_version": version}, by_name=True
    )


def test_the_digest_of_a_configuration_never_changes_with_a_version_of_the_library() -> None:
    # another digest here is another name: an upgrade would recreate every blue-green pool
    assert digest(inputs()) == "093df417"


@pytest.mark.parametrize(
    "changed",
    [
        inputs(vm_size="Standard_D4s_v5"),
        # the provider sees a change in these spellings, and a replacement needs a new name
        inputs(vm_size="STANDARD_d2s_v5"),
        with_extension(settings={"pollingIntervalInS": "60"}),
        with_extension(name="other"),
        with_extension(protected_settings={"key": "k"}),
        inputs(identity={"type": "UserAssigned", "user_assigned_identities": IDENTITIES[:1]}),
    ],
)
def test_what_replaces_changes_the_name(changed: dict[str, Any]) -> None:
    assert digest(changed) != digest(inputs())


@pytest.mark.parametrize(
    "changed",
    [
        inputs(scale_settings={"fixed_scale": {"target_dedicated_nodes": 9}}),
        inputs(metadata=[{"name": "a", "value": "b"}]),
        inputs(pool_name="other"),
        inputs(identity={"type": "UserAssigned", "user_assigned_identities": [one.upper() for one in IDENTITIES[::-1]]})
        | {"display_name": None},
        with_extension(protected_settings=None),
    ],
)
def test_everything_else_does_not(changed: dict[str, Any]) -> None:
    assert digest(changed) == digest(inputs())


def test_a_number_is_the_same_number_in_another_language() -> None:
    assert digest(with_extension(settings={"port": 5})) == digest(with_extension(settings={"port": 5.0}))
    assert digest(with_extension(settings={"port": 5})) != digest(with_extension(settings={"port": 5.5}))


@given(st.text(), st.text())
def test_a_protected_value_is_not_in_the_name(one: str, other: str) -> None:
    digests = {digest(with_extension(protected_settings={"key": value})) for value in (one, other)}
    nested = {digest(with_extension(settings={"protectedSettings": value})) for value in (one, other)}
    assert (len(digests), len(nested)) == (1, 1)


def test_the_version_of_protected_settings_is_in_the_name() -> None:
    digests = {digest(inputs(), extensions) for extensions in ((), (versioned("1"),), (versioned("2"),))}
    assert len(digests) == 3


def test_values_that_come_later_count_as_if_they_had_been_known() -> None:
    later = with_extension(settings={"pollingIntervalInS": Later("3600")}) | {"vm_size": Later("Standard_D2s_v5")}
    assert digest(later) == digest(inputs())
    assert len(later_leaves(what_replaces(later, PATHS, ()))) == 2


@given(st.from_regex(rf"[A-Za-z0-9_-]{{1,{LONGEST_BASE}}}", fullmatch=True))
def test_a_name_is_readable_fits_and_gives_its_base_back(base: str) -> None:
    name = blue_green_name(base, digest(inputs()))
    assert (len(name) <= 64, base_of(name), name.startswith(base)) == (True, base, True)


@pytest.mark.parametrize("name", ["render", "render-1", "-12345678", "render-1234567g", "render-123456789", ""])
def test_another_name_has_no_base(name: str) -> None:
    assert base_of(name) is None
