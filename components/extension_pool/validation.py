"""From a plain tree to a checked model, or to every problem at once in the words of `Problem`. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from .api_versions import foreign_at, refuse_foreign
from .azure_types import RULE
from .problems import ABSENT, InvalidInput, Later, Path, Problem, nearest, render_path
from .spec import PLACEHOLDERS, STACK_WORDS, SpecModel, arm_path, part_in, plain_tree

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
# Of what has values inside it.
_HOLDING = frozenset({"dict_type", "model_type", "model_attributes_type", "list_type"})


class Fault(NamedTuple):
    """One thing that is wrong with a tree. unknown_key: nothing but a key that the model does not have."""

    path: Path
    problem: Problem
    unknown_key: bool


def parse_model(model: type[M], tree: Any, check: Callable[[M], Iterable[Problem]], *, stack_words: bool) -> M:
    """The checked model of a plain tree.

    check: the rules that need more than one value, with paths in the tree's own words. stack_words: whether the keys
    are a stack file's (camelCase) or the component's (snake_case); the other spelling is an unknown key.
    Raises InvalidInput with all problems: where values are wrong by themselves, the rules still judge all the others.
    """
    parsed, faults = examine(model, tree, stack_words=stack_words)
    problems = [fault.problem for fault in faults]
    if parsed is not None:
        problems += [one for one in check(parsed) if not any(_touch(one.path, fault.path) for fault in faults)]
    if problems or parsed is None:
        raise InvalidInput(problems)
    return parsed


def examine(model: type[M], tree: Any, *, stack_words: bool) -> tuple[M | None, list[Fault]]:
    """What is wrong with a tree, and the model of what is left of it; None where nothing can stand for what is wrong.

    A value that is wrong is a `Later` in the model, a mapping that is wrong a placeholder.
    """
    faults: list[Fault] = []
    broken: list[Path] = []
    # Each round takes out what the last one found wrong; a required value that is taken out may need a second round.
    for _ in range(_MOST_ROUNDS):
        try:
            context = {PLACEHOLDERS: bool(broken), STACK_WORDS: stack_words}
            parsed = model.model_validate(tree, by_alias=stack_words, by_name=not stack_words, context=context)
            return parsed, faults
        except ValidationError as error:
            details = error.errors(include_url=False, include_input=False)
        if not broken:
            misspelt = _misspelt(details, model, stack_words)
            faults = [
                Fault(one["loc"], problem_of(one, model, tree, stack_words=stack_words), one["type"] in _UNKNOWN)
                for one in details
                # who is asked whether the key was meant need not be told that it is missing
                if one["type"] != "missing" or one["loc"] not in misspelt
            ]
        for detail in details:
            place = detail["loc"]
            # what nothing can stand for takes with it the mapping that it is in
            cut = place[:-1] if len(place) > 1 and broken.count(place) > 1 else place
            broken.append(place)
            tree = _without(tree, cut, detail["type"])
    return None, faults


def became_known(
    model: type[M], tree: Any, path: Path, value: Any, check: Callable[[M], Iterable[Problem]]
) -> tuple[Any, list[Problem]]:
    """What a value that was a `Later` at ``path`` of a tree breaks, now that it is known; and the value as it is passed
    on, in the form that its type gives it (seconds as text, 5.0 as 5)."""
    known = replace_at(tree, path, value)
    try:
        parsed = parse_model(model, known, check, stack_words=False)
    except InvalidInput as error:
        return value, list(error.problems)
    formed = value_at(plain_tree(parsed), path)
    return (value if formed is ABSENT else formed), []


def replace_at(tree: Any, path: Path, value: Any) -> Any:
    """The tree with a value at a path."""
    if not path:
        return value
    head, rest = path[0], path[1:]
    if isinstance(tree, Mapping):
        return {**tree, head: replace_at(tree[head], rest, value)}
    return [replace_at(one, rest, value) if index == head else one for index, one in enumerate(tree)]


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


_MOST_ROUNDS = 6
_UNKNOWN = ("extra_forbidden", "invalid_key")


def _without(tree: Any, path: Path, kind: str) -> Any:
    """The tree with the wrong value at a path made `Later`, which most types accept, or gone if it is that already."""
    if not path:
        return Later(None)
    head, *rest = path
    if isinstance(tree, str):
        # the short form of a mapping: what is wrong with it is wrong with all of it
        return Later(tree)
    if isinstance(tree, Mapping):
        copy: dict[Any, Any] = dict(tree)
        if rest and isinstance(copy.get(head), (Mapping, list, str)):
            copy[head] = _without(copy[head], tuple(rest), kind)
        elif kind in _UNKNOWN or isinstance(copy.get(head), Later):
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


def problem_of(detail: ErrorDetails, model: type[BaseModel], tree: Any, *, stack_words: bool) -> Problem:
    """An error of pydantic in the words of `Problem`."""
    path: Path = detail["loc"]
    kind = detail["type"]
    context = detail.get("ctx", {})
    if path[-1:] == ("[key]",) and len(path) > 1 and kind not in _UNKNOWN:
        # pydantic's way to say that the key itself is wrong
        return Problem(path[:-1], f"as a name {context.get('rule', 'is not usable')}", path[-2], do="rename it")
    whole: Path = path
    if kind == "missing":
        return Problem(whole, "required, but missing", do="add it")
    if kind in _UNKNOWN:
        return _unknown_key(path, model, stack_words)
    value = value_at(tree, path)
    if value is ABSENT and isinstance(value_at(tree, path[:-1]), str):
        # a short form, such as the bare URL of a certificate: its author typed no key
        value, whole = value_at(tree, path[:-1]), whole[:-1]
    if isinstance(value, Later):
        return Problem(
            whole,
            f"{_RULES.get(kind, 'must be given')} of its own, not an Output as a whole",
            do="give Outputs for the values inside it" if kind in _HOLDING else "give a value that is known at once",
        )
    if kind == RULE:
        return Problem(whole, context["rule"], value, context["allowed"], context["do"])
    if kind == "literal_error":
        return Problem(whole, "must be one of the allowed values", value, context["expected"])
    rule = _RULES.get(kind, detail["msg"][:1].lower() + detail["msg"][1:])
    return Problem(whole, rule, value)


def _misspelt(details: Iterable[ErrorDetails], model: type[BaseModel], stack_words: bool) -> set[Path]:
    """Where the keys would stand that unknown ones were most likely meant to be."""
    unknown = [one["loc"] for one in details if one["type"] in _UNKNOWN]
    meant = {path: _meant(path, model, stack_words)[0] for path in unknown if foreign_at(arm_path(path)) is None}
    return {(*path[:-1], key) for path, key in meant.items() if key is not None}


def _meant(path: Path, model: type[BaseModel], stack_words: bool) -> tuple[str | None, list[str]]:
    """What an unknown key was most likely meant to be, and the keys that are known there."""
    owner = model_at(model, path[:-1], stack_words)
    known = words_of(owner, stack_words) if owner else []
    return nearest(str(path[-1]), known), known


def _unknown_key(path: Path, model: type[BaseModel], stack_words: bool) -> Problem:
    foreign = refuse_foreign(path, arm_path(path))
    if foreign is not None:
        return foreign
    meant, known = _meant(path, model, stack_words)
    return Problem(
        path,
        f"unknown key{f' of {render_path(path[:-1])}' if len(path) > 1 else ''}",
        allowed="" if meant else ", ".join(sorted(known)),
        do=f"did you mean {meant}?" if meant else "remove it",
    )


def model_at(model: type[BaseModel], path: Path, stack_words: bool) -> type[BaseModel] | None:
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
        here = find_model(here.model_fields[names[segment]].annotation)
    return here


def find_model(annotation: Any) -> type[BaseModel] | None:
    """The model in an annotation, however it is wrapped."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    part = part_in(annotation)
    return part or next((found for one in get_args(annotation) if (found := find_model(one)) is not None), None)
