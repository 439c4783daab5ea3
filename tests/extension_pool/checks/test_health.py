"""Application Health and the node agent's own port."""

from typing import Any

import pytest

from .pools import HEALTH, extension, findings


def probe(version: str, **settings: Any) -> dict[str, Any]:
    return extension("ApplicationHealthLinux", HEALTH, type_handler_version=version, settings=settings)


@pytest.mark.parametrize(
    ("plain", "warning"),
    [
        (probe("1.0", protocol="http", port=29879, requestPath="/"), "this probe says healthy whatever happens"),
        (probe("2.0", protocol="tcp", port=29879), "this probe says healthy whatever happens"),
        (probe("2.0", protocol="http", port=29879, requestPath="/"), "sees the agent's health and not your applicat"),
        (probe("2.0", protocol="tcp", port=29879.0), "is taken by the Batch node agent"),
    ],
)
def test_the_port_of_the_node_agent_warns(plain: dict[str, Any], warning: str) -> None:
    found = findings(extensions=[plain])
    assert found.problems == ()
    (notice,) = found.notices
    assert notice.path == ("extensions", 0, "settings", "port")
    assert warning in notice.text
    assert notice.text.endswith(
        "let your health server listen on another port, ask the agent too, and probe your server with version 2.0, or "
        "take the server of extension_pool.node_health (docs/application-health.md)"
    )


def test_another_port_says_nothing() -> None:
    assert findings(extensions=[probe("2.0", protocol="tcp", port=8099)]).notices == ()
