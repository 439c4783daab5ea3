"""From a plain tree to a checked model, or to every problem at once in the words of `Problem`. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from .azure_types import RULE
from .problems import ABSENT, InvalidInput, Later, Path, Problem, nearest, render_path
from .spec import PLACEHOLDERS, SpecModel

M = TypeVar("M", bound=SpecModel)

_RULES = {
    "string_type": "must be a string",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "model_attributes_type": "must be a mapping",
    "list_type": "must be a list",
    "too_short": "must not be empty",
}


def parse_model(model: type[M], tree: Any, check: Callable[[M], Iterable[Problem]], *, stack_words: bool) -> M:
    """The checked model of a plain tree.

    check: the rules that need more than one value, with paths in the tree's own words. stack_words: whether the keys
    are a stack file's (camelCase) or the component's (snake_case); the other spelling is an unknown key.
    Raises InvalidInput with all problems: where values are wrong by themselves, the rules still judge all the others.
    """
    problems: list[Problem] = []
    broken: list[Path] = []
    parsed: M | None = None
    # Each round takes out what the last one found wrong; a required value that is taken out may need a second round.
    for _ in range(_MOST_ROUNDS):
        try:
            parsed = model.model_validate(
                tree, by_alias=stack_words, by_name=not stack_words, context={PLACEHOLDERS: bool(broken)}
            )
            break
        except ValidationError as error:
            details = error.errors(include_url=False, include_input=False)
        if not broken:
            problems = [_problem(detail, model, tree, stack_words) for detail in details]
        for detail in details:
            broken.append(detail["loc"])
            tree = _without(tree, detail["loc"], detail["type"])
    if parsed is not None:
        problems += [one for one in check(parsed) if not any(_touch(one.path, path) for path in broken)]
    if problems or parsed is None:
        raise InvalidInput(problems)
    return parsed


def words_of(model: type[BaseModel], stack_words: bool) -> list[str]:
    """The keys that a model knows, in the given spelling."""
    return [(field.alias or name) if stack_words else name for name, field in model.model_fields.items()]


def value_at(tree: Any, path: Path) -> Any:
    """What stands at a path of the plain tree; ABSENT if nothing does."""
    for segment in path:
        if isinstance(tree, Mapping):
            tree = tree.get(segment, ABSENT)
        elif isinstance(tree, list) and isinstance(segment, int) and segment < len(tree):
            tree = tree[segment]
        else:
            return ABSENT
    return tree


_MOST_ROUNDS = 4


def _without(tree: Any, path: Path, kind: str) -> Any:
    """The tree with the wrong value at a path made `Later`, which most types accept, or gone if it is that already."""
    head, *rest = path
    if isinstance(tree, str):
        # the short form of a mapping: what is wrong with it is wrong with all of it
        return Later(tree)
    if isinstance(tree, Mapping):
        copy: dict[Any, Any] = dict(tree)
        if rest and isinstance(copy.get(head), (Mapping, list, str)):
            copy[head] = _without(copy[head], tuple(rest), kind)
        elif kind == "extra_forbidden" or isinstance(copy.get(head), Later):
            copy.pop(head, None)
        else:
            copy[head] = Later(None)
        return copy
    if isinstance(tree, list) and isinstance(head, int) and head < len(tree):
        if rest and isinstance(tree[head], (Mapping, list, str)):
            middle = [_without(tree[head], tuple(rest), kind)]
            middle = [] if isinstance(middle[0], Later) else middle
        else:
            middle = [] if isinstance(tree[head], Later) else [Later(None)]
        return [*tree[:head], *middle, *tree[head + 1 :]]
    return tree


def _touch(one: Path, other: Path) -> bool:
    """Whether one of two places is inside the other."""
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _problem(detail: ErrorDetails, model: type[BaseModel], tree: Any, stack_words: bool) -> Problem:
    path: Path = detail["loc"]
    kind = detail["type"]
    context = detail.get("ctx", {})
    if path[-1:] == ("[key]",):
        # pydantic's way to say that the key itself is wrong
        return Problem(path[:-1], f"as a name {context.get('rule', 'is not usable')}", path[-2], do="rename it")
    whole: Path = path
    if kind == "missing":
        return Problem(whole, "required, but missing", do="add it")
    if kind == "extra_forbidden":
        return _unknown_key(path, model, stack_words)
    value = value_at(tree, path)
    if value is ABSENT and isinstance(value_at(tree, path[:-1]), str):
        # a short form, such as the bare URL of a certificate: its author typed no key
        value, whole = value_at(tree, path[:-1]), whole[:-1]
    if isinstance(value, Later):
        return Problem(
            whole,
            f"{_RULES.get(kind, 'must be given')} of its own, not an Output as a whole",
            do="give Outputs for the values inside it",
        )
    if kind == RULE:
        return Problem(whole, context["rule"], value, context["allowed"], context["do"])
    if kind == "literal_error":
        return Problem(whole, "must be one of the allowed values", value, context["expected"])
    rule = _RULES.get(kind, detail["msg"][:1].lower() + detail["msg"][1:])
    return Problem(whole, rule, value)


def _unknown_key(path: Path, model: type[BaseModel], stack_words: bool) -> Problem:
    owner = _model_at(model, path[:-1], stack_words)
    known = words_of(owner, stack_words) if owner else []
    meant = nearest(str(path[-1]), known)
    return Problem(
        path,
        f"unknown key{f' of {render_path(path[:-1])}' if len(path) > 1 else ''}",
        allowed="" if meant else ", ".join(sorted(known)),
        do=f"did you mean {meant}?" if meant else "remove it",
    )


def _model_at(model: type[BaseModel], path: Path, stack_words: bool) -> type[BaseModel] | None:
    """The model that describes the mapping at a path."""
    here: type[BaseModel] | None = model
    for segment in path:
        if here is None:
            return None
        if isinstance(segment, int):
            continue
        names = dict(zip(words_of(here, stack_words), here.model_fields, strict=True))
        if segment not in names:
            # a key of a free mapping, such as the name of a pool: the model of its values stays in force
            continue
        here = _find_model(here.model_fields[names[segment]].annotation)
    return here


def _find_model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in get_args(annotation):
        found = _find_model(argument)
        if found is not None:
            return found
    return None
