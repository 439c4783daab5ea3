"""The Log Analytics agents (OMS, MMA), without support since 2024-08-31.

https://learn.microsoft.com/azure/azure-monitor/agents/log-analytics-agent
"""

from typing import Annotated, ClassVar

from pydantic import Field

from ..azure_types import Guid, LaterOr, Text
from .base import DOUBTFUL, ProtectedSchemas, ProtectedSettings, Schemas, SettingsModel
from .kinds import MICROSOFT_MONITORING_AGENT, OMS_AGENT_FOR_LINUX, ExtensionType
from .typed import TypedExtension


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

    kind: ClassVar[ExtensionType] = OMS_AGENT_FOR_LINUX
    schemas: ClassVar[Schemas] = {1: OmsAgentSettings}
    protected_schemas: ClassVar[ProtectedSchemas] = {1: WorkspaceKey}

    settings: OmsAgentSettings
    protected_settings: WorkspaceKey = Field(repr=False)


class MicrosoftMonitoringAgent(TypedExtension):
    """The Log Analytics agent for Windows nodes."""

    kind: ClassVar[ExtensionType] = MICROSOFT_MONITORING_AGENT
    schemas: ClassVar[Schemas] = {1: MicrosoftMonitoringAgentSettings}
    protected_schemas: ClassVar[ProtectedSchemas] = {1: WorkspaceKey}

    settings: MicrosoftMonitoringAgentSettings
    protected_settings: WorkspaceKey = Field(repr=False)
