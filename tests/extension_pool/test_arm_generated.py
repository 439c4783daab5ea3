"""What must hold for all arguments and all documents."""

import copy
import json
from pathlib import Path
from typing import Any, get_args, get_origin

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extension_pool.arm import parse_pool, render_pool
from extension_pool.problems import InvalidInput
from extension_pool.spec import EXTENSION_WORDS, PoolSettings, PoolSpec, SpecModel, part_in
from extension_pool.validation import parse_model

from .arm_documents import PLACE, pool, template

GOLDENS = Path(__file__).parents[1] / "goldens" / "arm"

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
LEAF = st.booleans() | st.integers() | st.text(max_size=8)
NOT_ARM = {
    "image",
    "identity",
    "key_vault_access",
    "key_vault_certificates",
    "key_vault_extension",
    "pool_name",
    "rollout",
}


def tree_of(annotation: Any) -> st.SearchStrategy[Any]:
    """Values of the shape of an annotation; what they say is any JSON."""
    annotation = part_in(annotation) or annotation
    if isinstance(annotation, type) and issubclass(annotation, SpecModel):
        ours = EXTENSION_WORDS
        fields = {
            name: tree_of(field.annotation) for name, field in annotation.model_fields.items() if name not in ours
        }
        return st.fixed_dictionaries({}, optional=fields)
    if get_origin(annotation) is list:
        return st.lists(tree_of(get_args(annotation)[0]), max_size=2)
    if get_origin(annotation) is dict:
        return st.dictionaries(st.text(max_size=8), JSON, max_size=3)
    inner = [one for one in get_args(annotation) if one is not type(None)]
    return tree_of(inner[0]) if inner and not isinstance(inner[0], str) else LEAF


PROPERTIES = {
    name: tree_of(field.annotation) for name, field in PoolSettings.model_fields.items() if name not in NOT_ARM
}
IDENTITIES = st.just({"create": False}) | st.lists(st.text(min_size=1, max_size=20), min_size=1, unique=True).map(
    lambda ids: {"existing": [{"id": one} for one in ids]}
)
ARGUMENTS = st.fixed_dictionaries(
    {"resource_group_name": st.just("rg-batch"), "account_name": st.just("contosobatch"), "identity": IDENTITIES},
    optional={**PROPERTIES, "pool_name": st.from_regex(r"[A-Za-z0-9_-]{1,9}", fullmatch=True)},
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(ARGUMENTS)
def test_arguments_survive_render_and_parse(arguments: dict[str, Any]) -> None:
    rendered = render_pool(arguments)
    json.dumps(rendered)
    assert parse_pool(rendered, **PLACE) == arguments


BODIES = [
    one["value"][0] if "value" in one else one
    for path in sorted(GOLDENS.rglob("*.json"))
    for one in [json.loads(path.read_text(encoding="utf-8"))["responses"]["200"]["body"]]
]
DOCUMENTS = [*BODIES, {"value": BODIES[:2]}, template(pool(), pool("a/b")), template(pool())]


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(place for key, inner in items for place in places(inner, (*at, key)))]


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    document = copy.deepcopy(draw(st.sampled_from(DOCUMENTS)))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.sampled_from(places(document)))
        if not place:
            document = draw(JSON | st.just(document))
            continue
        owner = document
        for key in place[:-1]:
            owner = owner[key]
        how = draw(st.sampled_from(["replace", "remove", "rename", "expression"]))
        if how == "remove" or (how == "rename" and not isinstance(owner, dict)):
            del owner[place[-1]]
        elif how == "rename":
            owner[draw(st.text(max_size=6) | st.sampled_from(["id", "copy", "resources"]))] = owner.pop(place[-1])
        elif how == "expression":
            owner[place[-1]] = draw(st.sampled_from(["[parameters('x')]", "[x()]", "[[x]", "["]))
        else:
            owner[place[-1]] = draw(JSON)
    return document


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(mutated(), st.booleans(), st.none() | JSON)
def test_a_mutated_document_gives_arguments_or_problems(document: Any, keep: bool, parameters: Any) -> None:
    try:
        arguments = parse_pool(document, **PLACE, keep_unknown=keep, parameters=parameters)
    except InvalidInput as error:
        assert error.problems
        return
    render_pool(arguments, keep_unknown=True)
    try:
        parse_model(PoolSpec, dict(arguments), lambda _: [], stack_words=False)
    except InvalidInput as error:
        assert error.problems
