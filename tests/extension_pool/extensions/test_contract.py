"""What every registered extension type keeps to."""

from typing import Any

import pulumi
import pytest

from emulator.arm.extensions import ALLOWED
from extension_pool.checks import check_pool
from extension_pool.extensions import MODELS, REGISTRY, TypedExtension, find_extension_type, is_reserved, major_of
from extension_pool.extensions import __all__ as exported
from extension_pool.extensions.base import ProtectedSettings, SettingsModel
from extension_pool.extensions.typed import arm_tree
from extension_pool.problems import InvalidInput, Later
from extension_pool.spec import Extension, PoolSettings, plain_tree
from tests.extension_pool.checks.pools import CLIENT, EXISTING, TODAY
from tests.extension_pool.extensions.examples import EXAMPLES

each_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)


def example(model: type[TypedExtension], **changes: Any) -> TypedExtension:
    return model(**{**EXAMPLES[model], **changes})


def test_the_registry_has_each_type_once_with_an_example() -> None:
    assert len({(kind.publisher.lower(), kind.type.lower()) for kind in REGISTRY}) == len(REGISTRY) == len(MODELS)
    assert set(EXAMPLES) == set(MODELS)


def test_the_registry_has_what_local_azure_lets_into_a_pool() -> None:
    # two lists, each from the vendor's page: neither is made from the other
    assert {(kind.publisher, kind.type) for kind in REGISTRY} == ALLOWED


@each_model
def test_a_type_is_found_whatever_its_case_and_its_model_is_exported(model: type[TypedExtension]) -> None:
    kind = model.kind
    assert find_extension_type(kind.publisher.upper(), kind.type.lower()) is kind
    assert model.__name__ in exported
    assert not is_reserved(kind.type)


@each_model
def test_a_type_documents_itself(model: type[TypedExtension]) -> None:
    assert model.__doc__ and model.__doc__ != TypedExtension.__doc__
    assert all(schema.__doc__ for schema in (*model.kind.settings.values(), *model.kind.protected_settings.values()))


@each_model
def test_its_version_has_a_schema_and_schemas_read_what_their_name_says(model: type[TypedExtension]) -> None:
    kind = model.kind
    assert major_of(kind.type_handler_version) in kind.settings
    assert all(issubclass(schema, SettingsModel) for schema in kind.settings.values())
    assert all(issubclass(schema, ProtectedSettings) for schema in kind.protected_settings.values())


@each_model
def test_a_twin_is_of_the_other_system_and_points_back(model: type[TypedExtension]) -> None:
    if model.kind.twin is not None:
        (twin,) = [kind for kind in REGISTRY if kind.type == model.kind.twin]
        assert twin.os_type != model.kind.os_type and twin.twin == model.kind.type


@each_model
def test_the_form_for_arm_is_whole(model: type[TypedExtension]) -> None:
    arm = example(model).to_arm()
    kind = model.kind
    assert (arm["name"], arm["publisher"], arm["type"]) == (kind.type, kind.publisher, kind.type)
    assert arm["typeHandlerVersion"] == kind.type_handler_version
    assert arm["autoUpgradeMinorVersion"] is True
    assert isinstance(arm["settings"], dict)
    assert "allowUnlisted" not in arm and None not in arm.values()
    assert ("protectedSettings" in arm) == bool(kind.protected_settings and EXAMPLES[model].get("protected_settings"))


@each_model
def test_its_own_options_reach_arm(model: type[TypedExtension]) -> None:
    options = {
        "name": "own",
        "auto_upgrade_minor_version": False,
        "enable_automatic_upgrade": False,
        "provision_after_extensions": ["first"],
    }
    arm = example(model, **options).to_arm()
    assert arm["name"] == "own"
    assert (arm["autoUpgradeMinorVersion"], arm["enableAutomaticUpgrade"]) == (False, False)
    assert arm["provisionAfterExtensions"] == ["first"]


@each_model
def test_it_becomes_the_plain_extension_that_the_pool_renders(model: type[TypedExtension]) -> None:
    typed = example(model)
    plain = typed.to_extension()
    assert isinstance(plain, Extension)
    assert plain_tree(plain) == typed.arguments()


@each_model
def test_a_pool_takes_it_without_problems(model: type[TypedExtension]) -> None:
    image = "ubuntu-24.04" if model.kind.os_type == "linux" else "windows-server-2022"
    whole = {
        "vm_size": "Standard_D2s_v5",
        "image": image,
        "identity": EXISTING,
        "extensions": [example(model).arguments()],
    }
    found = check_pool(PoolSettings.model_validate(whole, by_name=True), TODAY)
    assert found.problems == ()
    assert not any("no key of" in notice.text for notice in found.notices)


@each_model
def test_settings_read_back_from_arm_are_the_same(model: type[TypedExtension]) -> None:
    typed = example(model)
    again = type(typed.settings).model_validate(arm_tree(typed.settings), by_alias=True, by_name=False)
    assert again == typed.settings


@each_model
def test_settings_may_be_given_with_the_keys_of_arm(model: type[TypedExtension]) -> None:
    typed = example(model)
    assert example(model, settings=arm_tree(typed.settings)).to_arm() == typed.to_arm()


@each_model
def test_unknown_arguments_are_refused_with_the_nearest_known_one(model: type[TypedExtension]) -> None:
    with pytest.raises(InvalidInput, match=r"nam: unknown key; did you mean name\?"):
        example(model, nam="x")


@each_model
def test_no_protected_value_is_shown(model: type[TypedExtension]) -> None:
    assert "hunter2" not in repr(example(model)) + str(example(model))
    if model.kind.protected_settings:
        with pytest.raises(InvalidInput) as caught:
            example(model, protected_settings={"workspaceKey": 5, "hunter2": ["hunter2"], "proxy": "hunter2"})
        assert '"hunter2"' not in str(caught.value)


@each_model
def test_outputs_stay_at_their_leaves(model: type[TypedExtension]) -> None:
    version: pulumi.Output[str] = pulumi.Output.from_input("1.0")
    typed = example(model, type_handler_version=version)
    assert isinstance(typed.arguments()["type_handler_version"], Later)
    assert typed.to_arm()["typeHandlerVersion"] is version


def test_the_examples_name_the_identity_of_the_pool() -> None:
    assert EXISTING["existing"][0]["client_id"] == CLIENT
