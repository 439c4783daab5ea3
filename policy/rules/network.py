"""What reaches the nodes of a pool from outside, and how they speak with Batch.

https://learn.microsoft.com/azure/batch/pool-endpoint-configuration
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from extension_pool.problems import Path

from ..model import ADVISORY, MANDATORY, PRODUCTION, UNKNOWN, Parameter, Resource, Rule, Settings, Violation
from ..reading import NETWORK, at, known_items, known_text, plain

_NAT_POOLS: Path = (*NETWORK, "endpointConfiguration", "inboundNatPools")
_ADDRESSES: Path = (*NETWORK, "publicIPAddressConfiguration")
_ANYBODY = ("*", "internet", "any")
_PORTS = {22: "SSH", 3389: "RDP"}
_BATCH_MANAGED = "BatchManaged"


def find_open_endpoints(pool: Resource, settings: Settings) -> Iterator[Violation]:
    """Endpoints that everybody reaches."""
    for index, endpoint in known_items(at(pool.props, *map(str, _NAT_POOLS))):
        port = plain(at(endpoint, "backendPort"))
        rules = at(endpoint, "networkSecurityGroupRules")
        if port in settings.values["openPorts"] or not isinstance(plain(rules), (list, tuple, type(None))):
            continue
        path = (*_NAT_POOLS, index, "networkSecurityGroupRules")
        name = known_text(endpoint, "name") or f"endpoint {index}"
        # A port that is not known yet may be one of `openPorts`, and nobody is told otherwise before it is.
        meant = f"{name} ({_PORTS[port]})" if isinstance(port, int) and port in _PORTS else name
        if not plain(rules):
            # https://learn.microsoft.com/dotnet/api/azure.resourcemanager.batch.models.batchinboundnatpool
            what = f"without rules everybody reaches {meant}: Batch makes one that allows it"
            yield Violation(path, what, do="allow the addresses that need it, or remove the endpoint")
        else:
            yield from _judge_rules(rules, path, meant)


def _judge_rules(rules: Any, path: Path, meant: str) -> Iterator[Violation]:
    """The rule with the lowest number that is about everybody decides; without one only those named get through."""
    known = list(known_items(rules))
    if len(known) < len(plain(rules)):
        return
    found = []
    for place, rule in known:
        prefix, access, number = (plain(at(rule, key)) for key in ("sourceAddressPrefix", "access", "priority"))
        if UNKNOWN in (prefix, access, number):
            return
        if _is_anybody(prefix) and isinstance(number, int):
            found.append((number, place, prefix, access))
    if found:
        _, place, prefix, access = min(found)
        if str(access).lower() == "allow":
            do = "name the addresses that need it"
            yield Violation((*path, place, "sourceAddressPrefix"), f"lets everybody reach {meant}", prefix, do)


def _is_anybody(prefix: Any) -> bool:
    return isinstance(prefix, str) and (prefix.lower() in _ANYBODY or prefix.strip().endswith("/0"))


def find_batch_managed_addresses(pool: Resource, settings: Settings) -> Iterator[Violation]:
    """Public addresses that come and go with the nodes."""
    value = plain(at(pool.props, *map(str, (*_ADDRESSES, "provision"))))
    if value is UNKNOWN:
        return
    allowed = settings.words("allowed")
    wanted = " or ".join(allowed)
    if str(_BATCH_MANAGED if value is None else value).lower() in {one.lower() for one in allowed}:
        return
    path = (*_ADDRESSES, "provision")
    if value is None:
        yield Violation(path, f"is {_BATCH_MANAGED} where it is left out", do=f"write {wanted}")
    else:
        yield Violation(path, "is not what production asks for", value, f"write {wanted}")


def find_classic_communication(pool: Resource, settings: Settings) -> Iterator[Violation]:
    """Nodes that wait for Batch to call them."""
    mode = known_text(pool.props, "targetNodeCommunicationMode")
    if mode is not None and mode.lower() == "classic":
        what = "is a mode that Batch has announced to retire on 2026-03-31"
        yield Violation(("targetNodeCommunicationMode",), what, mode, "leave it out")


RULES = (
    Rule(
        "inbound-endpoints",
        "No endpoint of a pool is open to everybody.",
        MANDATORY,
        "anybody on the internet can try what everybody reaches",
        "Name the addresses that need the endpoint in its networkSecurityGroupRules, or remove the endpoint.",
        find_open_endpoints,
        own=(Parameter("openPorts", "ports", [], "backend ports that may be open to everybody"),),
        source="https://learn.microsoft.com/azure/batch/pool-endpoint-configuration",
    ),
    Rule(
        "public-addresses",
        "Production pools have no public addresses, or addresses of one's own.",
        MANDATORY,
        "what a firewall or a licence server allows changes with addresses that Batch manages",
        "Set networkConfiguration.publicIPAddressConfiguration.provision.",
        find_batch_managed_addresses,
        own=(Parameter("allowed", "provisions", ["NoPublicIPAddresses", "UserManaged"], "what `provision` may be"),),
        stacks=PRODUCTION,
        source="https://learn.microsoft.com/azure/batch/create-pool-public-ip",
    ),
    Rule(
        "node-communication",
        "Nodes speak with Batch in the simplified mode.",
        ADVISORY,
        "it only ages: the announcement names a day, and nothing that fails from then on",
        "Leave targetNodeCommunicationMode out, and let the network allow outbound calls to BatchNodeManagement.",
        find_classic_communication,
        source="https://learn.microsoft.com/azure/batch/simplified-compute-node-communication",
    ),
)
