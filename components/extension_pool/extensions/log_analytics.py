"""The Log Analytics agents (OMS, MMA), without support since 2024-08-31.

https://learn.microsoft.com/azure/azure-monitor/agents/log-analytics-agent
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field

from ..azure_types import Guid, LaterOr, Text
from .base import DOUBTFUL, LINUX, WINDOWS, ExtensionType, ProtectedSettings, Retirement, SettingsModel
from .typed import TypedExtension

_PUBLISHER = "Microsoft.EnterpriseCloud.Monitoring"
_END = date(2024, 8, 31)


class OmsAgentSettings(SettingsModel):
    """workspace_id: the workspace's GUID."""

    workspace_id: LaterOr[Guid]
    skip_docker_provider_install: LaterOr[bool] | None = None
    stop_on_multiple_connections: LaterOr[bool] | None = None


class MicrosoftMonitoringAgentSettings(SettingsModel):
    """workspace_id: the workspace's GUID."""

    workspace_id: LaterOr[Guid]
    stop_on_multiple_connections: Annotated[LaterOr[bool] | None, DOUBTFUL] = None


class WorkspaceKey(ProtectedSettings):
    """workspace_key: the primary or the secondary key of the workspace."""

    workspace_key: LaterOr[Text]


class OmsAgentForLinux(TypedExtension):
    """The Log Analytics agent for Linux nodes."""

    kind: ClassVar[ExtensionType] = ExtensionType(
        "Log Analytics agent for Linux",
        _PUBLISHER,
        "OmsAgentForLinux",
        LINUX,
        "1.16",
        twin="MicrosoftMonitoringAgent",
        settings={1: OmsAgentSettings},
        protected_settings={1: WorkspaceKey},
        retirement=Retirement(_END, "AzureMonitorLinuxAgent"),
        upgrades_itself=True,
        needs_settings=True,
    )
    settings: OmsAgentSettings
    protected_settings: WorkspaceKey = Field(repr=False)


class MicrosoftMonitoringAgent(TypedExtension):
    """The Log Analytics agent for Windows nodes."""

    kind: ClassVar[ExtensionType] = ExtensionType(
        "Log Analytics agent for Windows",
        _PUBLISHER,
        "MicrosoftMonitoringAgent",
        WINDOWS,
        "1.0",
        twin="OmsAgentForLinux",
        settings={1: MicrosoftMonitoringAgentSettings},
        protected_settings={1: WorkspaceKey},
        retirement=Retirement(_END, "AzureMonitorWindowsAgent"),
        upgrades_itself=True,
        needs_settings=True,
    )
    settings: MicrosoftMonitoringAgentSettings
    protected_settings: WorkspaceKey = Field(repr=False)
