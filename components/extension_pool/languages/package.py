"""The package schema: what generators of SDKs, and YAML, know about `ExtensionPool`.

Pulumi's schema reader takes the types of `args` apart. What it does not know is added here: ARM's spelling of names,
documentation in the words of other languages, and which inputs are secrets.
https://www.pulumi.com/docs/iac/guides/building-extending/packages/schema/
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import Any

from pulumi.provider.experimental.component import ComponentProvider
from pydantic.alias_generators import to_camel

from ..field_docs import docs_of_models, in_stack_words
from ..pool import ExtensionPool
from ..problems import SECRET_FIELDS
from ..spec import arm_name

PACKAGE = "extension-pool"
TOKEN = f"{PACKAGE}:index:ExtensionPool"
"""The type of the component, whichever language makes it."""

_TYPE = f"#/types/{PACKAGE}:index:"


def package_version() -> str:
    """The version of the distribution, which the package has too."""
    return version("batch-extension-pool")


def package_schema() -> dict[str, Any]:
    """The schema as JSON values."""
    read: dict[str, Any] = json.loads(ComponentProvider([ExtensionPool], PACKAGE, None, package_version()).schema or "")
    (component,) = read["resources"].values()
    return {
        **{key: read[key] for key in ("name", "version")},
        "displayName": "Extension Pool",
        "description": "Azure Batch pools with VM extensions: identity, Key Vault access, the pool, and the right "
        "replacement for every edit.",
        "keywords": ["azure", "batch", "category/cloud", "kind/component"],
        "license": "MIT",
        "resources": {
            TOKEN: {
                **component,
                "description": _words(component["description"]),
                "inputProperties": _properties(component["inputProperties"]),
                "requiredInputs": sorted(_spelled(name) for name in component["requiredInputs"]),
                "properties": _properties(component["properties"]),
            }
        },
        "types": dict(sorted(_types(read["types"]))),
        # without it, the generator for Go uses a type in a plain list that it has not made
        "language": {**read["language"], "go": {**read["language"]["go"], "generateExtraInputTypes": True}},
    }


def _types(types: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for token, described in types.items():
        required = sorted(_spelled(name) for name in described.get("required", ()))
        yield (
            _renamed(token),
            {
                **{key: value for key, value in described.items() if value is not None},
                "description": _words(described["description"]),
                "properties": _properties(described["properties"]),
                **({"required": required} if required else {}),
            },
        )


def _properties(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {_spelled(name): _property(one, _spelled(name)) for name, one in properties.items()}


def _property(described: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {
        **_shape(described),
        "description": _words(described["description"]),
        # a secret whatever the program says, and so in the SDK's type and in the program's own state
        **({"secret": True} if name in _SECRETS else {}),
    }


def _shape(described: Mapping[str, Any]) -> dict[str, Any]:
    shape = {key: value for key, value in described.items() if key != "description" and value is not None}
    for inner in ("items", "additionalProperties"):
        if inner in shape:
            shape[inner] = _shape(shape[inner])
    if shape.get("$ref", "").startswith(_TYPE):
        shape["$ref"] = _renamed(shape["$ref"])
    return shape


def _renamed(token: str) -> str:
    """SDKs put Args behind the names of inputs themselves."""
    return token.removesuffix("Args")


def _words(text: str) -> str:
    return in_stack_words(" ".join(text.split()))


def _spelled(name: str) -> str:
    """ARM's spelling of a name that the schema reader made: ``diskSizeGb`` -> ``diskSizeGB``."""
    return _ARM_SPELLING.get(name, name)


_FIELDS = {name for model in docs_of_models() for name in model.model_fields}
_ARM_SPELLING = {to_camel(name): arm_name(name) for name in _FIELDS}
_SECRETS = {arm_name(name) for name in SECRET_FIELDS}
