"""Microsoft Antimalware and Guest Attestation.

https://learn.microsoft.com/azure/virtual-machines/extensions/iaas-antimalware-windows
https://learn.microsoft.com/azure/virtual-machines/boot-integrity-monitoring-overview
"""

from .base import LINUX, WINDOWS, ExtensionType

IAAS_ANTIMALWARE = ExtensionType(
    "Microsoft Antimalware for Windows", "Microsoft.Azure.Security", "IaaSAntimalware", WINDOWS, "1.3"
)
GUEST_ATTESTATION_LINUX = ExtensionType(
    "Guest Attestation for Linux", "Microsoft.Azure.Security.LinuxAttestation", "GuestAttestation", LINUX, "1.0"
)
GUEST_ATTESTATION_WINDOWS = ExtensionType(
    "Guest Attestation for Windows", "Microsoft.Azure.Security.WindowsAttestation", "GuestAttestation", WINDOWS, "1.0"
)
