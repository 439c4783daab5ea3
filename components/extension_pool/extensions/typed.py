"""Extensions as typed models: what a program writes instead of a mapping with ARM's names."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from ..azure_types import HandlerVersion, LaterOr, Text
from ..problems import Findings, InvalidInput, open_later
from ..spec import EXTENSION_WORDS, Extension, SpecModel, arm_name, plain_tree, present
from ..validation import problem_of
from .base import OlderForm, ProtectedSchemas, ProtectedSettings, Schemas, SettingsModel
from .kinds import ExtensionType
from .schema import judge_protected_settings, judge_settings


class TypedExtension(SpecModel):
    """One extension of a known type. Values may be Outputs of Pulumi wherever they are not the name of something.

    name: left out, the type. type_handler_version: left out, the version of `kind`. auto_upgrade_minor_version: whether
    new nodes get the newest minor version, left out true. enable_automatic_upgrade: whether Azure upgrades running
    nodes; left out, Azure decides. protected_settings_version: stands for the protected settings in the name of a
    blue-green pool. provision_after_extensions: names of extensions that must finish first.
    Raises InvalidInput with all that is wrong.
    """

    # arguments of Python; inside the settings ARM's keys do as well
    model_config = ConfigDict(validate_by_alias=False)

    kind: ClassVar[ExtensionType]
    schemas: ClassVar[Schemas]
    protected_schemas: ClassVar[ProtectedSchemas] = {}

    # `_from_kind` puts the kind's own in place of these two
    name: Text = ""
    type_handler_version: LaterOr[HandlerVersion] = ""
    auto_upgrade_minor_version: LaterOr[bool] = True
    enable_automatic_upgrade: LaterOr[bool] | None = None
    settings: SettingsModel
    protected_settings: ProtectedSettings | None = Field(default=None, repr=False)
    protected_settings_version: Text | None = None
    provision_after_extensions: list[Text] | None = None

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise InvalidInput(_problems(type(self), values, error)) from None
        found = _judge(self.kind, self.type_handler_version, self._arm_settings(), self._arm_protected_settings())
        if found.problems:
            raise InvalidInput(found.problems)

    @model_validator(mode="before")
    @classmethod
    def _from_kind(cls, values: Any) -> Any:
        if not isinstance(values, Mapping):
            return values
        return {"name": cls.kind.type, "type_handler_version": cls.kind.type_handler_version, **values}

    @classmethod
    def older_form(cls, major: int, settings: Any) -> OlderForm | None:
        """The schema and the warning for settings that are of an older form and still work; None where there is none.

        major: the major version that they are given with.
        """
        return None

    def arguments(self) -> dict[str, Any]:
        """This extension as a plain argument of `ExtensionPool`: what comes later stays a `Later`, at its leaf."""
        return present(
            {
                "name": self.name,
                "publisher": self.kind.publisher,
                "type": self.kind.type,
                "type_handler_version": self.type_handler_version,
                "auto_upgrade_minor_version": self.auto_upgrade_minor_version,
                "enable_automatic_upgrade": self.enable_automatic_upgrade,
                "settings": self._arm_settings(),
                "protected_settings": self._arm_protected_settings(),
                "protected_settings_version": self.protected_settings_version,
                "provision_after_extensions": self.provision_after_extensions,
            }
        )

    def to_extension(self) -> Extension:
        """The same, checked."""
        return Extension.model_validate(self.arguments(), by_name=True, by_alias=False)

    def to_arm(self) -> dict[str, Any]:
        """This extension as ARM has it: camelCase, settings as an object. Outputs stand where they were given."""
        arm: dict[str, Any] = open_later(
            {arm_name(key): value for key, value in self.arguments().items() if key not in EXTENSION_WORDS}
        )
        return arm

    def _arm_settings(self) -> Any:
        return arm_tree(self.settings)

    def _arm_protected_settings(self) -> Any:
        return None if self.protected_settings is None else arm_tree(self.protected_settings)


def arm_tree(value: Any) -> Any:
    """A model with the keys of ARM, without what was left out; free mappings in it stay as they were typed."""
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        return present({info.alias or name: arm_tree(getattr(value, name)) for name, info in fields.items()})
    if isinstance(value, list):
        return [arm_tree(item) for item in value]
    return value


def fits(kind: Any, value: Any) -> bool:
    """Whether a value is of an annotated type."""
    try:
        TypeAdapter(kind, config=ConfigDict(strict=True, arbitrary_types_allowed=True)).validate_python(value)
    except ValidationError:
        return False
    return True


def _judge(kind: ExtensionType, version: Any, settings: Any, protected: Any) -> Findings:
    found = judge_settings(kind, version, settings, ("settings",))
    if protected is not None:
        found += judge_protected_settings(kind, version, protected, ("protected_settings",))
    return found


def _problems(model: type[TypedExtension], values: dict[str, Any], error: ValidationError) -> list[Any]:
    """The problems of an extension that could not be made; settings given as a mapping are judged by their schema."""
    tree = plain_tree(values)
    problems = [
        problem_of(detail, model, tree, stack_words=False)
        for detail in error.errors(include_url=False, include_input=False)
    ]
    given = values.get("settings")
    if not isinstance(given, Mapping):
        return problems
    others = [one for one in problems if one.path[:1] != ("settings",)]
    judged = judge_settings(model.kind, values.get("type_handler_version"), dict(given), ("settings",))
    return [*others, *judged.problems] or problems
