"""The pool's network."""

from typing import Literal

from ..azure_types import BackendPort, FrontendPort, LaterOr, NatPoolName, ResourceId, RulePriority, SourcePorts, Text
from .base import SpecModel


class NetworkSecurityGroupRule(SpecModel):
    """One rule of an inbound NAT pool."""

    priority: LaterOr[RulePriority]
    access: LaterOr[Literal["Allow", "Deny"]]
    source_address_prefix: LaterOr[Text]
    source_port_ranges: list[LaterOr[SourcePorts]] | None = None


class InboundNatPool(SpecModel):
    """One entry of ``endpointConfiguration.inboundNatPools``."""

    name: LaterOr[NatPoolName]
    protocol: LaterOr[Literal["TCP", "UDP"]]
    backend_port: LaterOr[BackendPort]
    frontend_port_range_start: LaterOr[FrontendPort]
    frontend_port_range_end: LaterOr[FrontendPort]
    network_security_group_rules: list[NetworkSecurityGroupRule] | None = None


class EndpointConfiguration(SpecModel):
    """``endpointConfiguration``."""

    inbound_nat_pools: list[InboundNatPool]


class PublicIPAddressConfiguration(SpecModel):
    """``publicIPAddressConfiguration``."""

    provision: LaterOr[Literal["BatchManaged", "UserManaged", "NoPublicIPAddresses"]] | None = None
    ip_address_ids: list[LaterOr[ResourceId]] | None = None


class NetworkConfiguration(SpecModel):
    """``networkConfiguration``."""

    subnet_id: LaterOr[ResourceId] | None = None
    dynamic_vnet_assignment_scope: LaterOr[Literal["none", "job"]] | None = None
    enable_accelerated_networking: LaterOr[bool] | None = None
    endpoint_configuration: EndpointConfiguration | None = None
    public_ip_address_configuration: PublicIPAddressConfiguration | None = None
