"""Extensions, and certificates as the high-level way to one."""

from __future__ import annotations

from typing import Any

from pydantic import model_validator
from typing_extensions import Self

from ..azure_types import LaterOr, PollingInterval, SecretUrl, Text
from .base import SpecModel

DEFAULT_POLLING_INTERVAL = "3600"
"""Seconds between two looks at the vault: the value of the vendor's examples; the extension has no default."""

DEFAULT_MSI_ENDPOINT = "http://169.254.169.254/metadata/identity"
"""The metadata service as the Batch samples write it, for both operating systems."""


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
    type_handler_version: Text = "3.0"
    auto_upgrade_minor_version: LaterOr[bool] = True
    enable_automatic_upgrade: LaterOr[bool] | None = None
    provision_after_extensions: list[Text] | None = None


class Extension(SpecModel):
    """One plain, ARM-shaped extension."""

    name: Text
    publisher: Text
    type: Text
    type_handler_version: LaterOr[Text] | None = None
    auto_upgrade_minor_version: LaterOr[bool] | None = None
    enable_automatic_upgrade: LaterOr[bool] | None = None
    settings: LaterOr[dict[str, Any]] | None = None
    protected_settings: LaterOr[dict[str, Any]] | None = None
    provision_after_extensions: list[Text] | None = None

    @classmethod
    def placeholder(cls) -> Self:
        return cls.model_construct(name="", publisher="", type="")
