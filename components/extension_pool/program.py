"""A stack program's way to its checked configuration: Pulumi's configuration in, `StackConfig` out."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env, is_config_secret

from .problems import InvalidInput
from .stack_config import (
    NAMESPACE,
    StackConfig,
    find_secure,
    mark_secrets,
    parse_stack_config,
    settings_leaves,
    warn_of_clear_text,
)
from .stack_files import read_stack_file, stack_file


def load_stack_config(root: Path, today: date) -> StackConfig:
    """The configuration of the running stack, with its secrets as secret Outputs.

    root: the folder of Pulumi.yaml. Raises pulumi.RunError with one line for each problem, each naming its place in the
    stack file: the program ends before it has registered anything.
    """
    stack = pulumi.get_stack()
    values = {name: _parse(text) for name, text in _texts().items()}
    places = _secret_places(values, find_secure(read_stack_file(root, stack)))
    values = mark_secrets(values, places, pulumi.Output.secret)
    try:
        config = parse_stack_config(values, today)
    except InvalidInput as error:
        count = len(error.problems)
        file = stack_file(root, stack)
        name = file.relative_to(root) if file.is_relative_to(root) else file
        heading = f"{name} has {count} problem{'' if count == 1 else 's'}; nothing has been changed:"
        raise pulumi.RunError("\n".join([heading, *(f"  {one.sentence()}" for one in error.problems)])) from None
    for notice in warn_of_clear_text(config):
        pulumi.log.warn(notice.sentence())
    return config


def _texts() -> dict[str, str]:
    """The stack's configuration under the project's namespace: names without it -> texts as the engine hands them."""
    every = {**get_config_env(), **CONFIG.get()}
    prefix = f"{NAMESPACE}:"
    return {key[len(prefix) :]: text for key, text in every.items() if key.startswith(prefix)}


def _parse(text: Any) -> Any:
    """Objects and lists arrive as JSON; everything else is text."""
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return text


def _secret_places(values: dict[str, Any], in_file: frozenset[Any]) -> frozenset[Any]:
    """Where secrets are: as the stack file says; where it is not at hand, every extension setting of a secret key."""
    secret_keys = {name for name in values if is_config_secret(f"{NAMESPACE}:{name}")}
    told = {place[0] for place in in_file}
    guessed = (settings_leaves(values[name], (name,)) for name in secret_keys - told)
    return in_file.union(*guessed)
