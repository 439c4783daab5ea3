"""The node agent SKU ids that Azure Batch has had, and when those that go have gone.

The authority is the service itself (``az batch pool supported-images list``): an id that is not here warns only.
Announcements: https://github.com/Azure/Batch/issues/200 (Ubuntu 22.04), /188 (Mariner 2.0), /174 (Ubuntu 20.04),
/180 (the others, no new pools after 2024-12-31).
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

_NO_NEW_POOLS = date(2024, 12, 31)


class NodeAgent(NamedTuple):
    """end_of_support: None while none is announced. successor: the agent to use instead, set where an end is."""

    id: str
    end_of_support: date | None = None
    successor: str | None = None


NODE_AGENTS = (
    NodeAgent("batch.node.ubuntu 24.04"),
    NodeAgent("batch.node.ubuntu 24.04-arm64"),
    NodeAgent("batch.node.ubuntu 22.04", date(2027, 6, 30), "batch.node.ubuntu 24.04"),
    NodeAgent("batch.node.el 9"),
    NodeAgent("batch.node.el 8"),
    NodeAgent("batch.node.windows amd64"),
    NodeAgent("batch.node.mariner 2.0", date(2025, 7, 30), "batch.node.ubuntu 24.04"),
    NodeAgent("batch.node.ubuntu 20.04", date(2025, 4, 23), "batch.node.ubuntu 24.04"),
    NodeAgent("batch.node.ubuntu 18.04", _NO_NEW_POOLS, "batch.node.ubuntu 24.04"),
    NodeAgent("batch.node.ubuntu 16.04", _NO_NEW_POOLS, "batch.node.ubuntu 24.04"),
    NodeAgent("batch.node.ubuntu 14.04", _NO_NEW_POOLS, "batch.node.ubuntu 24.04"),
    NodeAgent("batch.node.debian 8", _NO_NEW_POOLS, "batch.node.ubuntu 24.04"),
    NodeAgent("batch.node.debian 9", _NO_NEW_POOLS, "batch.node.ubuntu 24.04"),
    NodeAgent("batch.node.debian 10", _NO_NEW_POOLS, "batch.node.ubuntu 24.04"),
    NodeAgent("batch.node.centos 7", _NO_NEW_POOLS, "batch.node.el 8"),
    NodeAgent("batch.node.centos 8", _NO_NEW_POOLS, "batch.node.el 8"),
)


def find_node_agent(sku_id: str) -> NodeAgent | None:
    """The agent of an id, without regard to case; None where it is not known here."""
    return next((agent for agent in NODE_AGENTS if agent.id == sku_id.lower()), None)
