"""Azure Monitor Agent. Without a data collection rule for the nodes' virtual machines it collects nothing.

https://learn.microsoft.com/azure/azure-monitor/agents/azure-monitor-agent-manage
https://learn.microsoft.com/azure/azure-monitor/agents/azure-monitor-agent-requirements
"""

from typing import ClassVar, Literal

from pydantic import Field

from ..azure_types import Guid, LaterOr, Text, UserAssignedIdentityId
from ..problems import Later, Problem
from .base import ProtectedSchemas, ProtectedSettings, Schemas, SettingsModel
from .kinds import AZURE_MONITOR_LINUX_AGENT, AZURE_MONITOR_WINDOWS_AGENT, ExtensionType
from .typed import TypedExtension, fits


class ManagedIdentity(SettingsModel):
    """The identity that the agent signs in with: its resource id (mi_res_id), its client id or its object id."""

    identifier_name: LaterOr[Literal["mi_res_id", "client_id", "object_id"]] = Field(alias="identifier-name")
    identifier_value: LaterOr[Text] = Field(alias="identifier-value")


class MonitorAuthentication(SettingsModel):
    """``authentication``."""

    managed_identity: LaterOr[ManagedIdentity]


class MonitorProxy(SettingsModel):
    """address, auth ("true" or "false", a string): needed with mode application."""

    mode: LaterOr[Literal["none", "application"]] | None = None
    address: LaterOr[Text] | None = None
    auth: LaterOr[Literal["true", "false"]] | None = None


class AzureMonitorSettings(SettingsModel):
    """authentication: always needed on Batch, whose nodes only have user-assigned identities."""

    authentication: LaterOr[MonitorAuthentication] | None = None
    proxy: LaterOr[MonitorProxy] | None = None

    def conditions(self) -> list[Problem]:
        problems: list[Problem] = []
        proxy = self.proxy
        if isinstance(proxy, MonitorProxy) and proxy.mode == "application":
            problems += [
                Problem(("proxy", name), "required with mode application, but missing", do="add it")
                for name in ("address", "auth")
                if getattr(proxy, name) is None
            ]
        identity = getattr(self.authentication, "managed_identity", None)
        if isinstance(identity, ManagedIdentity) and not isinstance(identity.identifier_value, Later):
            at = ("authentication", "managedIdentity", "identifier-value")
            if identity.identifier_name == "mi_res_id" and not fits(UserAssignedIdentityId, identity.identifier_value):
                rule = "must be the resource id of a user-assigned identity, as identifier-name says"
                problems.append(Problem(at, rule, identity.identifier_value))
            if identity.identifier_name in ("client_id", "object_id") and not fits(Guid, identity.identifier_value):
                problems.append(Problem(at, "must be a GUID, as identifier-name says", identity.identifier_value))
        return problems


class ProxyCredentials(ProtectedSettings):
    """Needed with proxy.auth "true"."""

    username: LaterOr[Text]
    password: LaterOr[Text]


class AzureMonitorProtectedSettings(ProtectedSettings):
    """``protectedSettings``."""

    proxy: LaterOr[ProxyCredentials] | None = None


class _AzureMonitorAgent(TypedExtension):
    schemas: ClassVar[Schemas] = {1: AzureMonitorSettings}
    protected_schemas: ClassVar[ProtectedSchemas] = {1: AzureMonitorProtectedSettings}

    # the vendor supports the versions of the last year only
    enable_automatic_upgrade: LaterOr[bool] | None = True
    settings: AzureMonitorSettings = Field(default_factory=AzureMonitorSettings)
    protected_settings: AzureMonitorProtectedSettings | None = Field(default=None, repr=False)


class AzureMonitorLinuxAgent(_AzureMonitorAgent):
    """Azure Monitor Agent for Linux nodes."""

    kind: ClassVar[ExtensionType] = AZURE_MONITOR_LINUX_AGENT


class AzureMonitorWindowsAgent(_AzureMonitorAgent):
    """Azure Monitor Agent for Windows nodes."""

    kind: ClassVar[ExtensionType] = AZURE_MONITOR_WINDOWS_AGENT
