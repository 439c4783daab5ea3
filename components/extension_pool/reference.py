"""The reference of every input, every rule and every output, made from what the code itself says. Pure.

python -m extension_pool.reference > docs/reference.md
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from . import stack_config
from .checks import RULES
from .extensions import REGISTRY, ExtensionType
from .field_docs import PACKAGE, ClassDoc, docs_of_models, read_class_docs
from .limits import limits_of, takes_later
from .problems import SECRET_FIELDS
from .spec import PoolSettings, PoolSpec, part_in
from .stack_config import NAMESPACE, StackConfig
from .validation import find_model

LEFT_OUT: Mapping[str, str] = MappingProxyType(
    {
        "certificates": "Batch's own certificates are gone in API version 2025-06-01. Certificates come from a key "
        "vault: `key_vault_certificates`.",
    }
)
"""Properties of azure-native's `Pool` (in its words) that the component does not offer, each with its reason."""

_HEAD = """# Reference

Every input, every rule and every output of `ExtensionPool`.

Names are `snake_case` in Python and `camelCase` in stack files; where a stack file has another name, it stands below
Python's. Other languages have Python's names in `camelCase` too. Values may be Outputs of other resources, unless
*known* says that the component must know them; a mapping or a list as a whole must be known, what is in it need not.

Made from the code by `python -m extension_pool.reference > docs/reference.md`.
"""

_TABLE = "| name | type | required | default | limits | what it is |\n| --- | --- | --- | --- | --- | --- |"


def render_reference() -> str:
    """The whole page, as Markdown."""
    docs = docs_of_models()
    parts = [_HEAD, "## The pool\n", _section(PoolSpec, docs[PoolSpec])]
    parts.append("## What stands inside\n")
    for model in sorted(set(docs) - {PoolSpec, PoolSettings}, key=lambda one: one.__name__.lower()):
        parts += [f"### {model.__name__}\n", f"In Python `{docs[model].name}`.\n", _section(model, docs[model])]
    parts += [
        "## Known extensions\n",
        *_extensions(),
        "## Stack files\n",
        *_stack_file(),
        "## Outputs\n",
        _outputs(),
        "## Rules\n",
        _rules(),
    ]
    parts += ["## What is left out\n", _left_out()]
    return "\n".join(parts)


def _stack_file() -> Iterator[str]:
    yield (
        f"`stacks/Pulumi.STACK.yaml`, under `config:`; the keys begin with `{NAMESPACE}:`, for example "
        f"`{NAMESPACE}:pools`. In a pool of a stack file `resource_group_name` and `account_name` are the stack's. "
        "A secret is put there with `pulumi config set --secret --path`.\n"
    )
    known = read_class_docs(Path(stack_config.__file__))
    for model in (StackConfig, *(find_model(field.annotation) for field in StackConfig.model_fields.values())):
        if model is not None and model.__name__ in known:
            yield f"### {model.__name__}\n"
            yield _section(model, known[model.__name__], stack_words=True)


def _extensions() -> Iterator[str]:
    yield (
        "What stands in `settings` of these types is checked, by the major version of `type_handler_version`. Keys are "
        "the extension's own. In Python each has a typed model in `extension_pool.extensions` as well.\n"
    )
    heads = "| extension | publisher | type | system | version | support ends |"
    yield "\n".join([heads, "| --- | --- | --- | --- | --- | --- |", *(_extension_row(kind) for kind in REGISTRY), ""])
    seen: dict[type[BaseModel], None] = {}
    for kind in REGISTRY:
        for schema in (*kind.settings.values(), *kind.protected_settings.values()):
            seen.update(dict.fromkeys(_models_in(schema)))
    for model in seen:
        if model.model_fields:
            yield f"### {model.__name__}\n"
            yield f"{_text(' '.join((model.__doc__ or '').split()))}\n"
            rows = (_setting_row(name, field) for name, field in model.model_fields.items())
            yield "\n".join(
                ["| key | type | required | default | limits |", "| --- | --- | --- | --- | --- |", *rows, ""]
            )


def _extension_row(kind: ExtensionType) -> str:
    end = f"{kind.retirement.on}; use {kind.retirement.successor}" if kind.retirement else ""
    # an extension without settings has no table to lead to
    schemas = [(major, schema.__name__.lower()) for major, schema in kind.settings.items() if schema.model_fields]
    majors = ", ".join(f"[{major}](#{heading})" for major, heading in schemas)
    version = f"{kind.type_handler_version}{f' (settings of {majors})' if majors else ''}"
    return f"| {kind.title} | {kind.publisher} | {kind.type} | {kind.os_type} | {version} | {end} |"


def _setting_row(name: str, field: FieldInfo) -> str:
    required = "required" if field.is_required() else "optional"
    cells = [f"`{field.alias or name}`", _type(field.annotation), required, _default(field), _limits(name, field)]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _models_in(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """A model and those inside it."""
    yield model
    for field in model.model_fields.values():
        inner = find_model(field.annotation)
        if inner is not None:
            yield from _models_in(inner)


def _section(model: type[BaseModel], doc: ClassDoc, *, stack_words: bool = False) -> str:
    # of a pool of a stack file only what the component's arguments do not have
    fields = ((name, field) for name, field in model.model_fields.items() if name in doc.fields)
    rows = "\n".join(_row(name, field, doc, stack_words) for name, field in fields)
    return f"{_text(doc.text)}\n\n{_TABLE}\n{rows}\n"


def _row(name: str, field: FieldInfo, doc: ClassDoc, stack_words: bool) -> str:
    stack_name = field.alias or name
    names = f"`{stack_name}`" if stack_words else f"`{name}`"
    if stack_name != name and not stack_words:
        names += f"<br>`{stack_name}`"
    text = doc.fields[name].text
    required, _, what = text.partition(" ")
    cells = [names, _type(field.annotation), required.strip(".:,").lower(), _default(field), _limits(name, field)]
    cells.append(_text(what))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _type(annotation: Any) -> str:
    """The type in words; a mapping of ours as a link to its table."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"[{annotation.__name__}](#{annotation.__name__.lower()})"
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in arguments)
    if origin is list:
        return f"list of {_type(arguments[0])}"
    if origin is dict:
        return "mapping" if arguments[1] is Any else f"mapping of {_type(arguments[1])}"
    if hasattr(annotation, "__metadata__"):
        return _type(part_in(annotation) or annotation.__origin__)
    if arguments:
        return " or ".join(_type(one) for one in arguments if one is not type(None))
    return {str: "text", int: "whole number", bool: "true or false"}[annotation]


def _default(field: FieldInfo) -> str:
    if field.is_required() or field.default is None or field.default_factory is not None:
        return ""
    return f"`{str(field.default).lower() if isinstance(field.default, bool) else repr(field.default)}`"


def _limits(name: str, field: FieldInfo) -> str:
    if find_model(field.annotation) is not None:
        return ""
    found = [rule.removeprefix("must ").replace("be ", "", 1) for rule in limits_of(field)]
    if name in SECRET_FIELDS:
        found.append("secret")
    if not takes_later(field):
        found.append("known")
    return "; ".join(found)


def _outputs() -> str:
    doc = read_class_docs(PACKAGE / "pool.py")["ExtensionPool"]
    rows = (f"| `{name}` | {_text(field.text)} |" for name, field in doc.fields.items())
    return "\n".join(["| output | what it is |", "| --- | --- |", *rows]) + "\n"


def _rules() -> str:
    lines = [
        "Each is judged before anything is made, and all that is wrong with a pool is reported at once. A rule that",
        "begins with *warns* lets the pool pass.\n",
    ]
    return "\n".join([*lines, *(_rule(rule) for rule in RULES)]) + "\n"


def _rule(rule: Callable[..., Any]) -> str:
    family = rule.__module__.rpartition(".")[2].replace("_", " ")
    warns = "*warns*: " if rule.__name__.startswith("warn") else ""
    first_line = (rule.__doc__ or "").strip().partition("\n")[0]
    return f"- **{family}** (`{rule.__name__}`): {warns}{_text(first_line)}"


def _left_out() -> str:
    lines: Iterable[str] = (f"- `{name}`: {reason}" for name, reason in LEFT_OUT.items())
    return "\n".join(["Properties of azure-native's `Pool` that the component does not offer:\n", *lines]) + "\n"


_SNAKE = re.compile(r"(?<![`\w])[a-z]+(?:_[a-z]+)+(?![`\w])")


def _text(text: str) -> str:
    return _SNAKE.sub(lambda match: f"`{match[0]}`", text.replace("``", "`"))


if __name__ == "__main__":
    sys.stdout.write(render_reference())
