"""Extensions, and certificates as the high-level way to one."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from pydantic import Field, ValidationInfo, WrapValidator, model_validator
from typing_extensions import Self

from ..azure_types import HandlerVersion, LaterOr, PollingInterval, SecretUrl, Text, broken
from .base import SpecModel

DEFAULT_POLLING_INTERVAL = "3600"
"""Seconds between two looks at the vault: the value of the vendor's examples; the extension has no default."""

DEFAULT_MSI_ENDPOINT = "http://169.254.169.254/metadata/identity"
"""The metadata service as the Batch samples write it, for both operating systems."""


def parse_object(text: str) -> dict[str, Any] | None:
    """The object that a JSON text holds; None if it holds something else."""
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def _object_or_text(value: Any, handler: Callable[[Any], Any], _info: ValidationInfo) -> Any:
    if not isinstance(value, str):
        return handler(value)
    if parse_object(value) is None:
        raise broken("must be a mapping, not a string", do="write the settings as a mapping")
    return value


if TYPE_CHECKING:
    ObjectOrText: TypeAlias = dict[str, Any] | str
else:
    # a JSON text stays as it was typed: what warns of it needs to see it
    ObjectOrText = Annotated[dict[str, Any], WrapValidator(_object_or_text)]


EXTENSION_WORDS = frozenset({"allow_unlisted", "protected_settings_version"})
"""Fields of an extension that are words of ours: Azure does not know them."""


class Acl(SpecModel):
    """Read access to a certificate's private key for a local account of a Linux node."""

    user: LaterOr[Text]
    group: LaterOr[Text] | None = None


class KeyVaultCertificate(SpecModel):
    """One entry of ``observedCertificates``; a bare URL stands for ``{"url": URL}``."""

    url: LaterOr[SecretUrl]
    certificate_store_location: LaterOr[Text] | None = None
    certificate_store_name: LaterOr[Text] | None = None
    key_exportable: LaterOr[bool] | None = None
    accounts: list[LaterOr[Text]] | None = None
    custom_symbolic_link_name: LaterOr[Text] | None = None
    acls: list[Acl] | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_url(cls, value: Any) -> Any:
        return {"url": value} if isinstance(value, str) else value


class KeyVaultExtension(SpecModel):
    """How the Key Vault extension that `key_vault_certificates` asks for is set up."""

    name: Text | None = None
    polling_interval_in_s: LaterOr[PollingInterval] = DEFAULT_POLLING_INTERVAL
    require_initial_sync: LaterOr[bool] = True
    link_on_renewal: LaterOr[bool] | None = None
    type_handler_version: HandlerVersion = "3.0"
    auto_upgrade_minor_version: LaterOr[bool] = True
    enable_automatic_upgrade: LaterOr[bool] | None = None
    provision_after_extensions: list[Text] | None = None


class Extension(SpecModel):
    """One plain, ARM-shaped extension.

    settings: an object; a JSON text of one is taken as the object, since Azure would store the text and the nodes would
    fail. No properties of Azure's are allow_unlisted, which takes a type that Batch does not list, and
    protected_settings_version, which stands for the protected settings in the name of a blue-green pool.
    """

    name: Text
    publisher: Text
    type: Text
    type_handler_version: LaterOr[HandlerVersion] | None = None
    auto_upgrade_minor_version: LaterOr[bool] | None = None
    enable_automatic_upgrade: LaterOr[bool] | None = None
    settings: LaterOr[ObjectOrText] | None = None
    protected_settings: LaterOr[dict[str, Any]] | None = Field(default=None, repr=False)
    protected_settings_version: Text | None = None
    provision_after_extensions: list[Text] | None = None
    allow_unlisted: bool | None = None

    @property
    def settings_object(self) -> Any:
        """The settings as an object, whichever way they were given; a `Later` while they are not known."""
        return parse_object(self.settings) if isinstance(self.settings, str) else self.settings

    @classmethod
    def placeholder(cls) -> Self:
        return cls.model_construct(name="", publisher="", type="")
