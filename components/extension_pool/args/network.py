"""The pool's network."""

from pulumi import Input
from typing_extensions import NotRequired, TypedDict


class NetworkSecurityGroupRuleArgs(TypedDict):
    """Who may use an inbound endpoint."""

    priority: Input[int]
    """Required. 150 to 4096, each once in the pool; the lowest number decides first."""
    access: Input[str]
    """Required. Allow or Deny."""
    source_address_prefix: Input[str]
    """Required. An IP address, a subnet (192.168.1.0/24), a service tag, or * for all."""
    source_port_ranges: NotRequired[list[Input[str]]]
    """Optional. Ports (22) and ranges (100-200) from 0 to 65535 that do not overlap. Left out, * for all."""


class InboundNatPoolArgs(TypedDict):
    """Makes a port of every node reachable from outside, each node at a port of its own."""

    name: Input[str]
    """Required. Unique in the pool. Letters, digits, underscores, full stops, hyphens; at most 77 characters; starts
    with a letter or digit and ends with a letter, digit or underscore."""
    protocol: Input[str]
    """Required. TCP or UDP."""
    backend_port: Input[int]
    """Required. The port on the node, unique in the pool: 1 to 65535, but 29876 and 29877 are Batch's own."""
    frontend_port_range_start: Input[int]
    """Required. First port outside: 1 to 65534, but 50000 to 55000 are Batch's own. Ranges must not overlap."""
    frontend_port_range_end: Input[int]
    """Required. Last port outside, with the bounds of frontend_port_range_start."""
    network_security_group_rules: NotRequired[list[NetworkSecurityGroupRuleArgs]]
    """Optional. At most 25 over all endpoints of the pool. Left out, everyone may use the endpoint."""


class EndpointConfigurationArgs(TypedDict):
    """Endpoints that are reachable from outside."""

    inbound_nat_pools: list[InboundNatPoolArgs]
    """Required. At most 5. Not possible without public IP addresses."""


class PublicIPAddressConfigurationArgs(TypedDict):
    """Public IP addresses of the nodes."""

    provision: NotRequired[Input[str]]
    """Optional. BatchManaged (left out, this), UserManaged (static addresses of one's own: ip_address_ids), or
    NoPublicIPAddresses (needs a subnet)."""
    ip_address_ids: NotRequired[list[Input[str]]]
    """Conditional: required with UserManaged. Resource ids of public IP addresses; each serves at most 100 dedicated
    and 100 Spot or low-priority nodes."""


class NetworkConfigurationArgs(TypedDict):
    """The pool's network."""

    subnet_id: NotRequired[Input[str]]
    """Optional. Resource id of a subnet in the account's region and subscription, with a free address for each node.
    Batch's service principal needs rights on the network. Left out, Batch's own network."""
    dynamic_vnet_assignment_scope: NotRequired[Input[str]]
    """Optional. none (left out, this) or job: jobs choose the network."""
    enable_accelerated_networking: NotRequired[Input[bool]]
    """Optional. Network cards without the host's switch in between (SR-IOV). The VM size must have it."""
    endpoint_configuration: NotRequired[EndpointConfigurationArgs]
    """Optional. Left out, Batch opens only its own ports."""
    public_ip_address_configuration: NotRequired[PublicIPAddressConfigurationArgs]
    """Optional. Left out, Batch manages public addresses."""
