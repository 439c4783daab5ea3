"""Endpoints and public addresses.

https://learn.microsoft.com/azure/batch/pool-endpoint-configuration
"""

from __future__ import annotations

from datetime import date

from ..problems import Findings, Path, Problem
from ..spec import PoolSettings
from .repeats import repeated

_AT: Path = ("network_configuration", "endpoint_configuration", "inbound_nat_pools")
_MOST_NAT_POOLS = 5
_MOST_RULES = 25


def check_nat_pools(pool: PoolSettings, today: date) -> Findings:
    """Endpoints: at most 5, told apart by name and by backend port."""
    network = pool.network_configuration
    if network is None or network.endpoint_configuration is None:
        return Findings()
    pools = network.endpoint_configuration.inbound_nat_pools
    problems = repeated(_AT, "name", [one.name for one in pools])
    problems += repeated(_AT, "backend_port", [one.backend_port for one in pools])
    if len(pools) > _MOST_NAT_POOLS:
        problems.append(Problem(_AT, f"must be at most {_MOST_NAT_POOLS}", len(pools)))
    addresses = network.public_ip_address_configuration
    if addresses is not None and addresses.provision == "NoPublicIPAddresses":
        rule = "cannot be given with public_ip_address_configuration.provision NoPublicIPAddresses"
        problems.append(Problem(_AT[:-1], rule, do="remove it"))
    return Findings(tuple(problems))


def check_frontend_ports(pool: PoolSettings, today: date) -> Findings:
    """Ranges of ports outside run upwards, stay clear of Batch's own and of each other."""
    network = pool.network_configuration
    endpoints = network.endpoint_configuration if network else None
    problems: list[Problem] = []
    ranges: list[tuple[int, int, int]] = []
    for index, one in enumerate(endpoints.inbound_nat_pools if endpoints else []):
        start, end = one.frontend_port_range_start, one.frontend_port_range_end
        if not isinstance(start, int) or not isinstance(end, int):
            continue
        at = (*_AT, index, "frontend_port_range_end")
        if end < start:
            problems.append(Problem(at, "must not be less than frontend_port_range_start", end, f"from {start}"))
            continue
        if start < 50000 and end > 55000:
            problems.append(Problem(at, "takes in 50000 to 55000: Batch keeps them for itself", end, do="end earlier"))
        for other, other_start, other_end in ranges:
            if start <= other_end and other_start <= end:
                rule = f"overlaps the range of inbound_nat_pools[{other}]"
                problems.append(Problem(at, rule, end, do="give each its own range"))
        ranges.append((index, start, end))
    return Findings(tuple(problems))


def check_security_rules(pool: PoolSettings, today: date) -> Findings:
    """Rules of all endpoints together: at most 25, each with a priority of its own."""
    network = pool.network_configuration
    endpoints = network.endpoint_configuration if network else None
    rules = [
        ((*_AT, index, "network_security_group_rules", place), rule)
        for index, one in enumerate(endpoints.inbound_nat_pools if endpoints else [])
        for place, rule in enumerate(one.network_security_group_rules or [])
    ]
    problems = [] if len(rules) <= _MOST_RULES else [Problem(_AT, f"must have at most {_MOST_RULES} rules", len(rules))]
    seen: set[int] = set()
    for path, rule in rules:
        if not isinstance(rule.priority, int):
            continue
        if rule.priority in seen:
            text = "used by another rule of this pool too"
            problems.append(Problem((*path, "priority"), text, rule.priority, do="give each its own"))
        seen.add(rule.priority)
    return Findings(tuple(problems))


def check_public_addresses(pool: PoolSettings, today: date) -> Findings:
    """Addresses of one's own go with UserManaged, and it with them."""
    network = pool.network_configuration
    addresses = network.public_ip_address_configuration if network else None
    if addresses is None:
        return Findings()
    at: Path = ("network_configuration", "public_ip_address_configuration")
    if addresses.provision == "UserManaged" and not addresses.ip_address_ids:
        rule = "required with provision UserManaged, but missing"
        return Findings.of(Problem((*at, "ip_address_ids"), rule, do="add them"))
    if addresses.ip_address_ids and addresses.provision in (None, "BatchManaged", "NoPublicIPAddresses"):
        return Findings.warning((*at, "ip_address_ids"), "is meant for provision UserManaged")
    return Findings()
