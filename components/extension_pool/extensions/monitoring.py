"""Azure Monitor Agent, and the agents that came before it.

https://learn.microsoft.com/azure/azure-monitor/agents/azure-monitor-agent-manage
"""

from .base import LINUX, WINDOWS, ExtensionType

_MONITOR = "Microsoft.Azure.Monitor"
_LOG_ANALYTICS = "Microsoft.EnterpriseCloud.Monitoring"

AZURE_MONITOR_LINUX_AGENT = ExtensionType(
    "Azure Monitor Agent for Linux", _MONITOR, "AzureMonitorLinuxAgent", LINUX, "1.21", twin="AzureMonitorWindowsAgent"
)
AZURE_MONITOR_WINDOWS_AGENT = ExtensionType(
    "Azure Monitor Agent for Windows",
    _MONITOR,
    "AzureMonitorWindowsAgent",
    WINDOWS,
    "1.0",
    twin="AzureMonitorLinuxAgent",
)
OMS_AGENT_FOR_LINUX = ExtensionType(
    "Log Analytics agent for Linux", _LOG_ANALYTICS, "OmsAgentForLinux", LINUX, "1.16", twin="MicrosoftMonitoringAgent"
)
MICROSOFT_MONITORING_AGENT = ExtensionType(
    "Log Analytics agent for Windows",
    _LOG_ANALYTICS,
    "MicrosoftMonitoringAgent",
    WINDOWS,
    "1.0",
    twin="OmsAgentForLinux",
)
IAAS_DIAGNOSTICS = ExtensionType(
    "Azure Diagnostics for Windows", "Microsoft.Azure.Diagnostics", "IaaSDiagnostics", WINDOWS, "1.5"
)
