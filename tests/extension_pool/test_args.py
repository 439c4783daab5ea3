"""The public arguments, their checked form, and azure-native's `Pool` say the same."""

from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import pulumi
import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from typing_extensions import NotRequired, get_type_hints, is_typeddict

import extension_pool
from extension_pool import ExtensionPoolArgs, args
from extension_pool.field_docs import read_args_docs
from extension_pool.limits import takes_later
from extension_pool.reference import LEFT_OUT
from extension_pool.spec import MACHINE_FIELDS, PoolSpec
from extension_pool.validation import find_model
from tests.support.sdk_leaves import POOL, Path, leaves, properties_of

MACHINES = ("deploymentConfiguration", "virtualMachineConfiguration")

# What the component asks for in words of its own.
OWN_WORDS = {
    ("identity", "type"): "identity: UserAssigned, or None where there is none",
    ("identity", "userAssignedIdentities"): "identity: the created one and the existing ones",
}


def pairs() -> Iterator[tuple[str, Any, type[BaseModel]]]:
    """Each argument type with its checked form, walked from the pool down."""
    seen: set[Any] = set()
    waiting: list[tuple[str, Any, type[BaseModel]]] = [("", ExtensionPoolArgs, PoolSpec)]
    while waiting:
        path, args_type, model = waiting.pop(0)
        if args_type in seen:
            continue
        seen.add(args_type)
        yield path, args_type, model
        for name, annotation in fields_of(args_type).items():
            inner = [one for one in inside(annotation) if is_typeddict(one)]
            field = model.model_fields.get(name)
            inner_model = find_model(field.annotation) if field else None
            assert len(inner) == (inner_model is not None), f"{path}.{name}"
            if inner_model is not None:
                waiting.append((f"{path}.{name}", inner[0], inner_model))


def fields_of(args_type: Any) -> dict[str, Any]:
    # Input names Output in quotes
    return get_type_hints(args_type, globalns=vars(pulumi.output), include_extras=True)


def inside(annotation: Any) -> Iterator[Any]:
    yield annotation
    for argument in get_args(annotation):
        yield from inside(argument)


PAIRS = list(pairs())
each_type = pytest.mark.parametrize(("args_type", "model"), [pair[1:] for pair in PAIRS], ids=lambda one: one.__name__)


@each_type
def test_arguments_and_their_checked_form_have_the_same_fields(args_type: Any, model: type[BaseModel]) -> None:
    assert set(fields_of(args_type)) == set(model.model_fields)


@each_type
def test_they_agree_on_what_is_required(args_type: Any, model: type[BaseModel]) -> None:
    required = {name for name, hint in fields_of(args_type).items() if get_origin(hint) is not NotRequired}
    assert required == {name for name, field in model.model_fields.items() if field.is_required()}


@each_type
def test_they_agree_on_what_may_be_an_output(args_type: Any, model: type[BaseModel]) -> None:
    outputs = {name for name, hint in fields_of(args_type).items() if pulumi.Output in map(get_origin, inside(hint))}
    assert outputs == {name for name, field in model.model_fields.items() if takes_later(field)}


@each_type
def test_they_agree_on_the_kind_of_value(args_type: Any, model: type[BaseModel]) -> None:
    def kinds(annotation: Any) -> set[type]:
        literals = (one for one in inside(annotation) if get_origin(one) is Literal)
        plain = {one for one in inside(annotation) if one in (str, int, bool)}
        return plain | {type(value) for one in literals for value in get_args(one)}

    for name, hint in fields_of(args_type).items():
        assert kinds(hint) == kinds(model.model_fields[name].annotation), name


@each_type
def test_every_argument_is_documented(args_type: Any, model: type[BaseModel]) -> None:
    docs = read_args_docs()[args_type.__name__]
    assert docs.text
    assert set(docs.fields) == set(fields_of(args_type))
    for name, field in model.model_fields.items():
        first = "Required" if field.is_required() else ("Optional", "Conditional")
        assert docs.fields[name].text.startswith(first), name


def test_every_argument_type_can_be_imported_from_the_package() -> None:
    walked = {args_type.__name__ for _, args_type, _ in PAIRS}
    assert walked == set(args.__all__)
    assert walked <= set(extension_pool.__all__)


def arm_leaves(model: type[BaseModel], at: Path = ()) -> Iterator[tuple[Path, FieldInfo]]:
    """The leaves of a model, by azure-native's names in Python."""
    for name, field in model.model_fields.items():
        inner = find_model(field.annotation)
        if inner is None:
            yield (*at, name), field
        else:
            yield from arm_leaves(inner, (*at, name))


def python_path(path: Path) -> Path:
    """A path of the provider in the SDK's Python names."""
    source, words = POOL, []
    for name in path:
        one = properties_of(source)[name]
        words.append(one.python)
        source = one.source
    return tuple(words)


def reachable() -> dict[Path, FieldInfo]:
    """The leaves of the component where they go in Azure, by azure-native's names in Python."""
    machines = {"image_reference", "node_agent_sku_id", "extensions", *MACHINE_FIELDS}
    prefix = python_path(MACHINES)
    return {(*prefix, *path) if path[0] in machines else path: field for path, field in arm_leaves(PoolSpec)}


def left_out(path: Path) -> bool:
    return any(".".join(path[: index + 1]) in LEFT_OUT for index in range(len(path)))


OFFERED = [(path, one) for path, one in leaves() if path not in OWN_WORDS and not left_out(path)]


def test_every_leaf_of_the_provider_is_reachable_or_left_out_with_a_reason() -> None:
    assert {".".join(path) for path, _ in OFFERED if python_path(path) not in reachable()} == set()
    assert all(LEFT_OUT.values())
    assert all(any(".".join(path).startswith(name) for path, _ in leaves()) for name in LEFT_OUT)


def test_every_value_of_an_enumeration_is_allowed_and_no_other() -> None:
    fields = reachable()
    enumerations = [(python_path(path), one) for path, one in OFFERED if one.values]
    assert len(enumerations) > 20
    for path, one in enumerations:
        literals = [part for part in inside(fields[path].annotation) if get_origin(part) is Literal]
        assert [set(get_args(literal)) for literal in literals] == [set(one.values)], path
