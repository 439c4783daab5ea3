"""Microsoft Antimalware and Guest Attestation.

https://learn.microsoft.com/azure/virtual-machines/extensions/iaas-antimalware-windows
https://learn.microsoft.com/azure/virtual-machines/boot-integrity-monitoring-overview
"""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from ..azure_types import LaterOr, WholeNumber, between, broken
from .base import DOUBTFUL, Schemas, SettingsModel
from .kinds import GUEST_ATTESTATION_LINUX, GUEST_ATTESTATION_WINDOWS, IAAS_ANTIMALWARE, ExtensionType
from .typed import TypedExtension


def _switch(value: Any) -> Any:
    # the vendor's samples write true and "true"
    return {"true": True, "false": False}.get(value.lower(), value) if isinstance(value, str) else value


def _number(value: Any) -> Any:
    # and numbers in either way
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 9 else value


def _on(value: bool) -> bool:
    if not value:
        raise broken("must be true: the extension cannot switch itself off", do="set it to true, or leave it out")
    return value


Switch = Annotated[bool, BeforeValidator(_switch)]


class ScheduledScanSettings(SettingsModel):
    """day: 0 daily, 1 Sunday to 7 Saturday, 8 never. time: minutes after midnight. scan_type: left out, Quick."""

    is_enabled: LaterOr[Switch] | None = None
    day: LaterOr[Annotated[WholeNumber, BeforeValidator(_number), between(0, 8)]] | None = None
    time: LaterOr[Annotated[WholeNumber, BeforeValidator(_number), between(0, 1440)]] | None = None
    scan_type: LaterOr[Literal["Quick", "Full"]] | None = None


class Exclusions(SettingsModel):
    """Lists with semicolons between the items. Left out, exclusions that the node has are cleared."""

    extensions: LaterOr[str] | None = Field(default=None, alias="Extensions")
    paths: LaterOr[str] | None = Field(default=None, alias="Paths")
    processes: LaterOr[str] | None = Field(default=None, alias="Processes")


class AntimalwareSettings(SettingsModel):
    """antimalware_enabled: true, nothing else. realtime_protection_enabled: left out, true."""

    antimalware_enabled: LaterOr[Annotated[Switch, AfterValidator(_on)]] = Field(alias="AntimalwareEnabled")
    realtime_protection_enabled: LaterOr[Switch] | None = Field(default=None, alias="RealtimeProtectionEnabled")
    scheduled_scan_settings: LaterOr[ScheduledScanSettings] | None = Field(default=None, alias="ScheduledScanSettings")
    exclusions: LaterOr[Exclusions] | None = Field(default=None, alias="Exclusions")


class MaaSettings(SettingsModel):
    """The attestation provider; an empty endpoint is the region's shared one."""

    maa_endpoint: Annotated[LaterOr[str], DOUBTFUL] = ""
    maa_tenant_name: Annotated[LaterOr[str], DOUBTFUL] = "GuestAttestation"


class AscSettings(SettingsModel):
    """Reports to Defender for Cloud."""

    asc_reporting_endpoint: Annotated[LaterOr[str], DOUBTFUL] = ""
    asc_reporting_frequency: Annotated[LaterOr[str], DOUBTFUL] = ""


class AttestationConfig(SettingsModel):
    """use_custom_token, disable_alerts: "true" or "false", as strings."""

    maa_settings: Annotated[LaterOr[MaaSettings], DOUBTFUL] = Field(default_factory=MaaSettings, alias="MaaSettings")
    asc_settings: Annotated[LaterOr[AscSettings], DOUBTFUL] = Field(default_factory=AscSettings, alias="AscSettings")
    use_custom_token: LaterOr[Literal["true", "false"]] = "false"  # noqa: S105 - a switch, not a token
    disable_alerts: LaterOr[Literal["true", "false"]] = "false"


class GuestAttestationSettings(SettingsModel):
    """Left out, the vendor's template."""

    attestation_config: Annotated[LaterOr[AttestationConfig], DOUBTFUL] = Field(
        default_factory=AttestationConfig, alias="AttestationConfig"
    )


class IaaSAntimalware(TypedExtension):
    """Microsoft Antimalware. On Windows Server 2016 and later it sets up the built-in Defender."""

    kind: ClassVar[ExtensionType] = IAAS_ANTIMALWARE
    schemas: ClassVar[Schemas] = {1: AntimalwareSettings}

    settings: AntimalwareSettings


class _GuestAttestation(TypedExtension):
    schemas: ClassVar[Schemas] = {1: GuestAttestationSettings}

    settings: GuestAttestationSettings = Field(default_factory=GuestAttestationSettings)


class GuestAttestationLinux(_GuestAttestation):
    """Attests the boot of Linux nodes with trusted launch."""

    kind: ClassVar[ExtensionType] = GUEST_ATTESTATION_LINUX


class GuestAttestationWindows(_GuestAttestation):
    """Attests the boot of Windows nodes with trusted launch."""

    kind: ClassVar[ExtensionType] = GUEST_ATTESTATION_WINDOWS
