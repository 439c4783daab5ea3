"""Application Health on Batch nodes.

https://learn.microsoft.com/azure/batch/create-pool-extensions#considerations-for-application-health-extension
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from ..extensions.kinds import APPLICATION_HEALTH, major_of
from ..problems import Findings
from ..spec import PoolSettings
from .extensions import known_extensions

AGENT_PORT = 29879
"""Where the Batch node agent answers for its own health, on 127.0.0.1, always with status 200."""


def warn_of_agent_port(pool: PoolSettings, today: date) -> Findings:
    """Port 29879 is taken: a server of one's own cannot listen there, and a probe of it sees the agent alone."""
    findings = Findings()
    for at, extension, kind in known_extensions(pool):
        settings = extension.settings_object
        # the port may be 29879.0 on Pulumi's wire
        if kind not in APPLICATION_HEALTH or not isinstance(settings, Mapping) or settings.get("port") != AGENT_PORT:
            continue
        text = f"port {AGENT_PORT} is taken by the Batch node agent"
        major = major_of(extension.type_handler_version or kind.type_handler_version)
        if settings.get("protocol") == "tcp" or major == 1:
            text += ", which always answers with status 200: this probe says healthy whatever happens"
        else:
            text += ": this probe sees the agent's health and not your application's"
        do = (
            "let your health server listen on another port, ask the agent too, and probe your server with version 2.0, "
            "or take the server of extension_pool.node_health (docs/application-health.md)"
        )
        findings += Findings.warning((*at, "settings", "port"), f"{text}; {do}")
    return findings
