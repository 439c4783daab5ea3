"""PowerShell Desired State Configuration, announced to end on 2028-03-31.

https://learn.microsoft.com/azure/virtual-machines/extensions/dsc-overview
https://learn.microsoft.com/azure/virtual-machines/extensions/dsc-windows
"""

from typing import Any, ClassVar, Literal

from pydantic import Field

from ..azure_types import HttpUrl, LaterOr, Text
from ..problems import Problem
from .base import ProtectedSchemas, ProtectedSettings, Schemas, SettingsModel
from .kinds import DSC, ExtensionType
from .typed import TypedExtension


class DscModule(SettingsModel):
    """``configuration.module``."""

    name: LaterOr[Text] | None = None
    version: LaterOr[Text] | None = None


class DscConfiguration(SettingsModel):
    """url: a zip package; script: the ps1 file in its root; function: the configuration's name."""

    url: LaterOr[HttpUrl] | None = None
    script: LaterOr[Text] | None = None
    function: LaterOr[Text] | None = None
    module: LaterOr[DscModule] | None = None


class DscConfigurationData(SettingsModel):
    """url: a psd1 file."""

    url: LaterOr[HttpUrl] | None = None


class DscPrivacy(SettingsModel):
    """data_collection: left out or blank, Enable."""

    data_collection: LaterOr[Literal["Enable", "Disable", ""]] | None = None


class DscAdvancedOptions(SettingsModel):
    """force_pull_and_apply: reports only after the first pulled run."""

    force_pull_and_apply: LaterOr[bool] | None = None
    reboot_node_if_needed: LaterOr[bool] | None = None
    download_mappings: LaterOr[dict[str, Any]] | None = None


class DscSettings(SettingsModel):
    """configuration_arguments: in clear text; none of its keys may stand in the protected ones as well."""

    wmf_version: LaterOr[Literal["4.0", "5.0", "5.1", "latest"]] | None = None
    configuration: LaterOr[DscConfiguration] | None = None
    configuration_arguments: LaterOr[dict[str, Any]] | None = None
    configuration_data: LaterOr[DscConfigurationData] | None = None
    privacy: LaterOr[DscPrivacy] | None = None
    advanced_options: LaterOr[DscAdvancedOptions] | None = None

    def conditions(self) -> list[Problem]:
        configuration = self.configuration
        if not isinstance(configuration, DscConfiguration) or configuration.url is None:
            return []
        return [
            Problem(("configuration", name), "required with configuration.url, but missing", do="add it")
            for name in ("script", "function")
            if getattr(configuration, name) is None
        ]


class DscProtectedSettings(ProtectedSettings):
    """configuration_arguments: credentials are ``{userName, password}``. The tokens are SAS of the package and data."""

    configuration_arguments: LaterOr[dict[str, Any]] | None = None
    configuration_url_sas_token: LaterOr[Text] | None = None
    configuration_data_url_sas_token: LaterOr[Text] | None = None


class Dsc(TypedExtension):
    """PowerShell DSC for Windows nodes."""

    kind: ClassVar[ExtensionType] = DSC
    schemas: ClassVar[Schemas] = {2: DscSettings}
    protected_schemas: ClassVar[ProtectedSchemas] = {2: DscProtectedSettings}

    settings: DscSettings = Field(default_factory=DscSettings)
    protected_settings: DscProtectedSettings | None = Field(default=None, repr=False)
