"""Azure Diagnostics for Windows, without support since 2026-03-31.

https://learn.microsoft.com/azure/azure-monitor/agents/diagnostics-extension-schema-windows
"""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from ..azure_types import LaterOr, Text, WholeNumber
from ..problems import Problem
from .base import DOUBTFUL, ProtectedSchemas, ProtectedSettings, Schemas, SettingsModel
from .kinds import IAAS_DIAGNOSTICS, ExtensionType
from .typed import TypedExtension


class DiagnosticMonitorConfiguration(SettingsModel):
    """What is collected. overall_quota_in_mb: left out, 4096."""

    overall_quota_in_mb: LaterOr[WholeNumber] | None = Field(default=None, alias="overallQuotaInMB")
    use_proxy_server: LaterOr[bool] | None = None
    sinks: LaterOr[str] | None = None
    diagnostic_infrastructure_logs: LaterOr[dict[str, Any]] | None = Field(
        default=None, alias="DiagnosticInfrastructureLogs"
    )
    performance_counters: LaterOr[dict[str, Any]] | None = Field(default=None, alias="PerformanceCounters")
    windows_event_log: LaterOr[dict[str, Any]] | None = Field(default=None, alias="WindowsEventLog")
    directories: LaterOr[dict[str, Any]] | None = Field(default=None, alias="Directories")
    etw_providers: LaterOr[dict[str, Any]] | None = Field(default=None, alias="EtwProviders")
    logs: LaterOr[dict[str, Any]] | None = Field(default=None, alias="Logs")
    crash_dumps: LaterOr[dict[str, Any]] | None = Field(default=None, alias="CrashDumps")
    metrics: LaterOr[dict[str, Any]] | None = Field(default=None, alias="Metrics")


class WadCfg(SettingsModel):
    """``WadCfg``."""

    diagnostic_monitor_configuration: LaterOr[DiagnosticMonitorConfiguration] | None = Field(
        default=None, alias="DiagnosticMonitorConfiguration"
    )
    sinks_config: LaterOr[dict[str, Any]] | None = Field(default=None, alias="SinksConfig")


class IaaSDiagnosticsSettings(SettingsModel):
    """wad_cfg or xml_cfg (base64): one of them. storage_type: left out, Table."""

    wad_cfg: LaterOr[WadCfg] | None = Field(default=None, alias="WadCfg")
    xml_cfg: LaterOr[Text] | None = None
    storage_account: Annotated[LaterOr[Text], DOUBTFUL] = Field(alias="StorageAccount")
    storage_type: LaterOr[Literal["Table", "Blob", "TableAndBlob"]] | None = Field(default=None, alias="StorageType")

    def conditions(self) -> list[Problem]:
        if self.wad_cfg is None and self.xml_cfg is None:
            return [Problem(("WadCfg",), "required unless there is xmlCfg, but missing", do="add it")]
        return []


class IaaSDiagnosticsProtectedSettings(ProtectedSettings):
    """storage_account_key or storage_account_sas_token: one of them."""

    storage_account_name: LaterOr[Text]
    storage_account_key: LaterOr[Text] | None = None
    storage_account_sas_token: LaterOr[Text] | None = None
    storage_account_end_point: LaterOr[Text] = "https://core.windows.net"
    event_hub: LaterOr[dict[str, Any]] | None = Field(default=None, alias="EventHub")
    secondary_storage_accounts: LaterOr[dict[str, Any]] | None = Field(default=None, alias="SecondaryStorageAccounts")
    secondary_event_hubs: LaterOr[dict[str, Any]] | None = Field(default=None, alias="SecondaryEventHubs")

    def conditions(self) -> list[Problem]:
        if self.storage_account_key is None and self.storage_account_sas_token is None:
            rule = "required unless there is storageAccountSasToken, but missing"
            return [Problem(("storageAccountKey",), rule, do="add it")]
        return []


class IaaSDiagnostics(TypedExtension):
    """Azure Diagnostics for Windows nodes."""

    kind: ClassVar[ExtensionType] = IAAS_DIAGNOSTICS
    schemas: ClassVar[Schemas] = {1: IaaSDiagnosticsSettings}
    protected_schemas: ClassVar[ProtectedSchemas] = {1: IaaSDiagnosticsProtectedSettings}

    settings: IaaSDiagnosticsSettings
    protected_settings: IaaSDiagnosticsProtectedSettings = Field(repr=False)
