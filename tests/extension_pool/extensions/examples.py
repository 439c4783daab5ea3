"""The smallest extension of each type that is right."""

from typing import Any

from extension_pool.extensions import (
    AmdGpuDriverWindows,
    ApplicationHealthLinux,
    ApplicationHealthWindows,
    AzureMonitorLinuxAgent,
    AzureMonitorWindowsAgent,
    Dsc,
    GuestAttestationLinux,
    GuestAttestationWindows,
    IaaSAntimalware,
    IaaSDiagnostics,
    KeyVaultForLinux,
    KeyVaultForWindows,
    MicrosoftMonitoringAgent,
    NvidiaGpuDriverLinux,
    NvidiaGpuDriverWindows,
    OmsAgentForLinux,
    TypedExtension,
)
from extension_pool.extensions.diagnostics import IaaSDiagnosticsProtectedSettings, IaaSDiagnosticsSettings, WadCfg
from extension_pool.extensions.dsc import DscProtectedSettings, DscSettings
from extension_pool.extensions.gpu_drivers import NvidiaGpuDriverLinuxSettings
from extension_pool.extensions.health import RichHealthSettings
from extension_pool.extensions.key_vault_settings import (
    AuthenticationSettings,
    KeyVaultForLinuxSettings,
    KeyVaultForWindowsSettings,
    LinuxCertificate,
    LinuxSecrets,
    WindowsCertificate,
    WindowsSecrets,
)
from extension_pool.extensions.log_analytics import (
    MicrosoftMonitoringAgentSettings,
    OmsAgentSettings,
    WorkspaceKey,
)
from extension_pool.extensions.monitoring import (
    AzureMonitorProtectedSettings,
    AzureMonitorSettings,
    ManagedIdentity,
    MonitorAuthentication,
    ProxyCredentials,
)
from extension_pool.extensions.security import AntimalwareSettings, ScheduledScanSettings
from tests.extension_pool.checks.pools import CERTIFICATE, CLIENT, OTHER

URL = CERTIFICATE["url"]
MONITOR: dict[str, Any] = {
    "settings": AzureMonitorSettings(
        authentication=MonitorAuthentication(
            managed_identity=ManagedIdentity(identifier_name="client_id", identifier_value=CLIENT)
        )
    ),
    "protected_settings": AzureMonitorProtectedSettings(proxy=ProxyCredentials(username="u", password="hunter2")),
}
HEALTH: dict[str, Any] = {
    "settings": RichHealthSettings(protocol="http", port=8099, request_path="/health", grace_period=600)
}

EXAMPLES: dict[type[TypedExtension], dict[str, Any]] = {
    KeyVaultForLinux: {
        "settings": KeyVaultForLinuxSettings(
            secrets_management_settings=LinuxSecrets(
                polling_interval_in_s="3600", observed_certificates=[LinuxCertificate(url=URL)]
            ),
            authentication_settings=AuthenticationSettings(msi_client_id=CLIENT),
        )
    },
    KeyVaultForWindows: {
        "settings": KeyVaultForWindowsSettings(
            secrets_management_settings=WindowsSecrets(
                polling_interval_in_s="3600",
                observed_certificates=[
                    WindowsCertificate(url=URL, certificate_store_name="MY", certificate_store_location="LocalMachine")
                ],
            ),
            authentication_settings=AuthenticationSettings(msi_client_id=CLIENT),
        )
    },
    AzureMonitorLinuxAgent: MONITOR,
    AzureMonitorWindowsAgent: MONITOR,
    OmsAgentForLinux: {
        "settings": OmsAgentSettings(workspace_id=OTHER, skip_docker_provider_install=True),
        "protected_settings": WorkspaceKey(workspace_key="hunter2"),
    },
    MicrosoftMonitoringAgent: {
        "settings": MicrosoftMonitoringAgentSettings(workspace_id=OTHER),
        "protected_settings": WorkspaceKey(workspace_key="hunter2"),
    },
    IaaSDiagnostics: {
        "settings": IaaSDiagnosticsSettings(storage_account="account", wad_cfg=WadCfg()),
        "protected_settings": IaaSDiagnosticsProtectedSettings(
            storage_account_name="account", storage_account_key="hunter2"
        ),
    },
    NvidiaGpuDriverLinux: {"settings": NvidiaGpuDriverLinuxSettings(install_cuda=True, update_os=False)},
    NvidiaGpuDriverWindows: {},
    AmdGpuDriverWindows: {},
    IaaSAntimalware: {
        "settings": AntimalwareSettings(
            antimalware_enabled=True, scheduled_scan_settings=ScheduledScanSettings(is_enabled=True, day=7, time=120)
        )
    },
    GuestAttestationLinux: {},
    GuestAttestationWindows: {},
    ApplicationHealthLinux: HEALTH,
    ApplicationHealthWindows: HEALTH,
    Dsc: {
        "settings": DscSettings(configuration_arguments={"who": "you"}),
        "protected_settings": DscProtectedSettings(configuration_url_sas_token="hunter2"),
    },
}
