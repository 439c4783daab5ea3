"""Application Health.

https://learn.microsoft.com/azure/virtual-machine-scale-sets/virtual-machine-scale-sets-health-extension
"""

from typing import Annotated, ClassVar, Literal

from ..azure_types import LaterOr, Port, Text, WholeNumber, between
from ..problems import Later, Problem
from .base import Schemas, SettingsModel
from .kinds import APPLICATION_HEALTH_LINUX, APPLICATION_HEALTH_WINDOWS, ExtensionType
from .typed import TypedExtension


class ApplicationHealthSettings(SettingsModel):
    """The probe of version 1: status 200 is healthy, everything else is not.

    interval_in_seconds: 5 to 60, left out 5. number_of_probes: equal answers that count as one, 1 to 24, left out 1.
    """

    protocol: LaterOr[Literal["http", "https", "tcp"]]
    port: LaterOr[Port] | None = None
    request_path: LaterOr[Text] | None = None
    interval_in_seconds: LaterOr[Annotated[WholeNumber, between(5, 60)]] | None = None
    number_of_probes: LaterOr[Annotated[WholeNumber, between(1, 24)]] | None = None

    def conditions(self) -> list[Problem]:
        if isinstance(self.protocol, Later):
            return []
        if self.protocol == "tcp":
            problems = (
                [] if self.port is not None else [Problem(("port",), "required with tcp, but missing", do="add it")]
            )
            if self.request_path is not None:
                problems.append(Problem(("requestPath",), "is not for tcp", self.request_path, do="remove it"))
            return problems
        if self.request_path is None:
            return [Problem(("requestPath",), f"required with {self.protocol}, but missing", do="add it")]
        return []


class RichHealthSettings(ApplicationHealthSettings):
    """The probe of version 2: the answer's body says ``{"ApplicationHealthState": "Healthy"}`` or "Unhealthy".

    grace_period: seconds until the first answer must be there, at most 14400; left out, interval x probes. The node
    is prepared and its start task runs in this time.
    """

    grace_period: LaterOr[Annotated[WholeNumber, between(0, 14400)]] | None = None


class _ApplicationHealth(TypedExtension):
    schemas: ClassVar[Schemas] = {1: ApplicationHealthSettings, 2: RichHealthSettings}

    settings: RichHealthSettings | ApplicationHealthSettings


class ApplicationHealthLinux(_ApplicationHealth):
    """Application Health for Linux nodes."""

    kind: ClassVar[ExtensionType] = APPLICATION_HEALTH_LINUX


class ApplicationHealthWindows(_ApplicationHealth):
    """Application Health for Windows nodes."""

    kind: ClassVar[ExtensionType] = APPLICATION_HEALTH_WINDOWS
