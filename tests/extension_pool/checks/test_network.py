"""Endpoints and public addresses."""

from typing import Any

import pytest

from extension_pool.problems import Findings, Later

from .pools import findings, notices, problems

AT = "network_configuration.endpoint_configuration.inbound_nat_pools"
ADDRESS = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/publicIPAddresses/ip"


def nat(name: str = "ssh", backend: Any = 22, start: Any = 15000, end: Any = 15100, rules: Any = ()) -> dict[str, Any]:
    return {
        "name": name,
        "protocol": "TCP",
        "backend_port": backend,
        "frontend_port_range_start": start,
        "frontend_port_range_end": end,
        "network_security_group_rules": [
            {"priority": priority, "access": "Allow", "source_address_prefix": "*"} for priority in rules
        ],
    }


def network(*pools: dict[str, Any], **addresses: Any) -> dict[str, Any]:
    whole: dict[str, Any] = {"endpoint_configuration": {"inbound_nat_pools": list(pools)}} if pools else {}
    if addresses:
        whole["public_ip_address_configuration"] = addresses
    return {"network_configuration": whole}


def apart(count: int) -> list[dict[str, Any]]:
    return [nat(f"p{one}", 100 + one, 1000 * (one + 1), 1000 * (one + 1) + 99) for one in range(count)]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (network(nat(), nat(backend=23, start=1, end=2)), f'{AT}[0].name: used by another entry too, got "ssh"'),
        (network(nat(), nat("b", start=1, end=2)), f"{AT}[0].backend_port: used by another entry too, got 22"),
        (network(*apart(6)), f"{AT}: must be at most 5, got 6"),
        (
            network(nat(), provision="NoPublicIPAddresses"),
            "network_configuration.endpoint_configuration: cannot be given",
        ),
        (
            network(nat(start=15100, end=15000)),
            f"{AT}[0].frontend_port_range_end: must not be less than frontend_port_range_start, got 15000",
        ),
        (network(nat(start=40000, end=60000)), f"{AT}[0].frontend_port_range_end: takes in 50000 to 55000"),
        (
            network(nat(), nat("b", 23, 15100, 15200)),
            f"{AT}[1].frontend_port_range_end: overlaps the range of inbound_nat_pools[0]",
        ),
        (
            network(nat(rules=[150]), nat("b", 23, 1, 2, rules=[150])),
            f"{AT}[1].network_security_group_rules[0].priority: used by another rule of this pool too, got 150",
        ),
        (network(nat(rules=range(150, 176))), f"{AT}: must have at most 25 rules, got 26"),
        (
            network(provision="UserManaged"),
            "network_configuration.public_ip_address_configuration.ip_address_ids: required with provision UserManaged",
        ),
    ],
)
def test_what_is_refused(changes: dict[str, Any], sentence: str) -> None:
    found = problems(**changes)
    assert found and found[0].startswith(sentence), found


@pytest.mark.parametrize(
    "changes",
    [
        network(*apart(5)),
        network(nat(rules=range(150, 175))),
        network(nat(), nat("b", 23, 15101, 15200)),
        network(nat(backend=Later("later"), start=Later("later"))),
        network(provision="UserManaged", ip_address_ids=[ADDRESS]),
        network(provision="NoPublicIPAddresses"),
    ],
)
def test_what_passes(changes: dict[str, Any]) -> None:
    assert findings(**changes) == Findings()


def test_addresses_that_batch_does_not_use_warn() -> None:
    (warning,) = notices(**network(provision="BatchManaged", ip_address_ids=[ADDRESS]))
    assert warning.endswith("ip_address_ids: is meant for provision UserManaged")
