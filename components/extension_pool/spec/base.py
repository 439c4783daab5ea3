"""What all models of inputs share."""

from collections.abc import Mapping
from functools import cached_property
from importlib import import_module
from typing import Annotated, Any, get_origin

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ModelWrapValidatorHandler,
    ValidationInfo,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import core_schema
from typing_extensions import Self

from ..problems import Later, Path

# ARM writes some abbreviations in capitals.
_ARM_NAMES = {
    "disk_size_gb": "diskSizeGB",
    "ephemeral_os_disk_settings": "ephemeralOSDiskSettings",
    "public_ip_address_configuration": "publicIPAddressConfiguration",
    "automatic_os_upgrade_policy": "automaticOSUpgradePolicy",
    "enable_automatic_os_upgrade": "enableAutomaticOSUpgrade",
}


def arm_name(field: str) -> str:
    """The name that ARM, and so a stack file, has for a field: ``vm_size`` -> ``vmSize``."""
    known = _ARM_NAMES.get(field)
    if known is not None:
        return known
    first, *others = field.split("_")
    if all(word.isascii() and word.isalpha() and word.islower() for word in (first, *others)):
        # what all our own fields are: pydantic's way, for any text, is a tenth of what the models take to load
        return first + "".join(word.capitalize() for word in others)
    return to_camel(field)


# What stands under these arguments are names of the user, not words of ours.
_FREE_FIELDS = frozenset({"settings", "protected_settings", "tags", "resource_tags"})


def arm_path(path: Path) -> Path:
    """A path of arguments in ARM's names, and so in a stack file's; what the user named stays as it is."""
    return tuple(
        arm_name(segment) if isinstance(segment, str) and not _FREE_FIELDS.intersection(path[:index]) else segment
        for index, segment in enumerate(path)
    )


PLACEHOLDERS = "placeholders"
"""Key of the validation context: whether a `Later` may stand for a whole mapping."""
STACK_WORDS = "stack words"
"""Key of the validation context: whether keys are a stack file's (camelCase) or the component's (snake_case). Without
it both do."""


class SpecModel(BaseModel):
    """What all models of inputs share: strict types, no unknown keys, no values in error texts."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        frozen=True,
        alias_generator=arm_name,
        validate_by_name=True,
        hide_input_in_errors=True,
        arbitrary_types_allowed=True,
        # most programs use few of the models, and a model that is inside another is built with it
        defer_build=True,
    )

    @model_validator(mode="wrap")
    @classmethod
    def _placeholder_for_later(cls, value: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        if isinstance(value, Later) and info.context and info.context.get(PLACEHOLDERS):
            return cls.placeholder()
        return handler(value)

    @classmethod
    def placeholder(cls) -> Self:
        """Stands for a mapping that is wrong or missing, so that the rules can still judge what is around it."""
        required = {name: field.annotation for name, field in cls.model_fields.items() if field.is_required()}
        # rules go through lists; what is in one nobody knows
        stand_ins: dict[str, Any] = {
            name: [] if get_origin(kind) is list else Later(None) for name, kind in required.items()
        }
        return cls.model_construct(None, **stand_ins)


class Part:
    """Stands in an annotation for a model of another module, which is loaded when a value for it comes.

    A pool has few of all the properties that it may have, and to load the models of the others takes as long as to load
    those that it has.
    """

    def __init__(self, module: str, name: str) -> None:
        self._module = module
        self._name = name

    @cached_property
    def model(self) -> type[SpecModel]:
        """The model, loaded when it is first asked for."""
        found: type[SpecModel] = getattr(import_module(f".{self._module}", __package__), self._name)
        return found

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.with_info_plain_validator_function(self._validate)

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        self.model.model_rebuild()
        # inside a schema of definitions it becomes one of them
        return handler(core_schema.definitions_schema(self.model.__pydantic_core_schema__, []))

    def _validate(self, value: Any, info: core_schema.ValidationInfo) -> SpecModel:
        # a nested call does not hear of the words of the outer one
        stack_words = (info.context or {}).get(STACK_WORDS)
        words = {} if stack_words is None else {"by_alias": stack_words, "by_name": not stack_words}
        return self.model.model_validate(value, context=info.context, **words)


def parts_of(module: str, *names: str) -> dict[str, Any]:
    """Annotations for models of a module of this package, by their names; see `Part`."""
    return {name: Annotated[Any, Part(module, name)] for name in names}


def part_in(annotation: Any) -> type[SpecModel] | None:
    """The model that an annotation of `parts_of` stands for; None for any other."""
    parts = (one for one in getattr(annotation, "__metadata__", ()) if isinstance(one, Part))
    return next((part.model for part in parts), None)


def plain_tree(value: Any) -> Any:
    """A model (or a list of models) as plain mappings without what was left out; free mappings in it stay as typed."""
    if isinstance(value, BaseModel):
        return present({name: plain_tree(getattr(value, name)) for name in type(value).model_fields})
    if isinstance(value, list):
        return [plain_tree(item) for item in value]
    return value


def present(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """The mapping without its None values."""
    return {key: value for key, value in mapping.items() if value is not None}
