"""The public names: what programs may build on, listed in this one place. Everything else may change in any version.

python -m extension_pool.public > docs/api.md
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from types import MappingProxyType, ModuleType
from typing import Any

from pydantic import BaseModel
from typing_extensions import is_typeddict

PACKAGE = "extension_pool"

PUBLIC: Mapping[str, tuple[str, ...] | None] = MappingProxyType(
    {
        "extension_pool": None,
        "extension_pool.extensions": None,
        "extension_pool.arm": None,
        "extension_pool.node_health": None,
        "extension_pool.testing": None,
        "extension_pool.images": ("Image", "catalogue", "find_image", "find_image_by_reference"),
        # what the stack program, `__main__.py` of this repository and of projects made from it, is written with
        "extension_pool.program": ("load_stack_config",),
        "extension_pool.stack_config": (
            "BatchAccount",
            "KeyVault",
            "Pool",
            "ResourceGroup",
            "StackConfig",
            "pool_arguments",
            "wants_stack_vault",
        ),
        "extension_pool.checks.rollout": ("in_order",),
    }
)
"""Public modules -> their public names; None for a module whose ``__all__`` says them."""

_HEAD = """# Public names

What programs may build on. These names follow [semantic versioning](https://semver.org): one goes, or gets another
meaning, only in a new major version, before 1.0 in a new minor one. So do the keys of stack files
([schema](stack-file.schema.json)), the commands, options, exit codes and JSON of `extension-pool`
([schema](status.schema.json)), the inputs and outputs of the component in other languages, and the pytest fixtures
`pulumi_program` and `azure_mocks`. Whether an upgrade recreates pools is in the [changelog](../CHANGELOG.md).

Everything that is not listed here may change in any version. All names are typed (`py.typed`).

Made from the code by `python -m extension_pool.public > docs/api.md`.
"""


def names_of(module: str) -> tuple[str, ...]:
    """The public names of a public module, sorted. Imports it."""
    listed = PUBLIC[module]
    names: list[str] = list(import_module(module).__all__) if listed is None else list(listed)
    return tuple(sorted(names, key=lambda name: (name.lower(), name)))


def public_names() -> tuple[str, ...]:
    """Every public name with what a program sees of it, a line each: a line that goes may break a program.

    ``module.Class``, ``module.Class.attribute``, ``module.Class.key?`` (one that may be left out),
    ``module.function``, ``module.function(parameter)``.
    """
    return tuple(
        line
        for module in PUBLIC
        for name in names_of(module)
        for line in _lines(f"{module}.{name}", getattr(import_module(module), name))
    )


def render_api() -> str:
    """The page, as Markdown."""
    parts = [_HEAD]
    for module in PUBLIC:
        loaded = import_module(module)
        parts += [f"## `{module}`\n", f"{_first_line(loaded)}\n", "| name | what it is |\n| --- | --- |"]
        parts += [f"| `{name}` | {_described(loaded, name)} |" for name in names_of(module)]
        parts.append("")
    return "\n".join(parts)


def _lines(path: str, value: Any) -> Iterator[str]:
    yield path
    if is_typeddict(value):
        yield from (f"{path}.{key}{'' if key in value.__required_keys__ else '?'}" for key in sorted(_keys(value)))
    elif inspect.isclass(value):
        yield from (f"{path}.{name}" for name in _members(value))
        if not issubclass(value, BaseModel):
            yield from _parameters(path, value)
    elif callable(value):
        yield from _parameters(path, value)


def _keys(value: Any) -> frozenset[str]:
    return frozenset(value.__required_keys__ | value.__optional_keys__)


def _members(kind: type) -> list[str]:
    """What a class of ours has of its own or from another one of ours; not what Pulumi and pydantic give it."""
    found: set[str] = set()
    for one in kind.__mro__:
        if one.__module__.split(".")[0] == PACKAGE:
            found |= set(vars(one)) | set(vars(one).get("__annotations__", ()))
            found |= set(vars(one).get("model_fields", ()))
    return sorted(name for name in found if not name.startswith(("_", "model_")))


def _parameters(path: str, value: Any) -> Iterator[str]:
    try:
        parameters = inspect.signature(value).parameters
    except (TypeError, ValueError):
        return
    for name, parameter in parameters.items():
        if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD) and not name.startswith("_"):
            yield f"{path}({name})"


def _described(module: ModuleType, name: str) -> str:
    value = getattr(module, name)
    told = inspect.isclass(value) or inspect.isroutine(value)
    # a constant has no documentation that can be asked for
    text = _first_line(value) if told else f"Constant, a `{type(value).__name__}`."
    return text.replace("|", "\\|")


def _first_line(value: Any) -> str:
    """The first sentence or line of its documentation."""
    paragraph = (inspect.getdoc(value) or "").partition("\n\n")[0]
    return " ".join(paragraph.split())


if __name__ == "__main__":
    sys.stdout.write(render_api())
