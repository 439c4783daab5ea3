"""How many nodes, and how many tasks on each.

https://learn.microsoft.com/azure/batch/batch-quota-limit
"""

from __future__ import annotations

from datetime import date

from ..problems import Findings, Problem
from ..spec import PoolSettings
from ..vm_sizes import parse_vm_size

_TARGETS = ("target_dedicated_nodes", "target_low_priority_nodes")
_INTER_NODE_LIMIT = 100
_NODES_OF_AN_ADDRESS = 100


def check_scale(pool: PoolSettings, today: date) -> Findings:
    """A pool scales in one way, and a fixed scale says to how many nodes."""
    scale = pool.scale_settings
    if scale is None:
        return Findings()
    if (scale.fixed_scale is None) == (scale.auto_scale is None):
        rule = "must hold exactly one scale, fixed or automatic"
        return Findings.of(Problem(("scale_settings",), rule, do="keep one of the two"))
    fixed = scale.fixed_scale
    if fixed is not None and fixed.target_dedicated_nodes is None and fixed.target_low_priority_nodes is None:
        rule = "must say how many nodes: target_dedicated_nodes, target_low_priority_nodes or both"
        return Findings.of(Problem(("scale_settings", "fixed_scale"), rule, do="add one; 0 is a number too"))
    return Findings()


def warn_of_formula_without_target(pool: PoolSettings, today: date) -> Findings:
    """A formula sets a number of nodes, or it changes nothing."""
    auto = pool.scale_settings.auto_scale if pool.scale_settings else None
    if auto is None or not isinstance(auto.formula, str):
        return Findings()
    formula = auto.formula.lower()
    if any(word in formula for word in ("$targetdedicated", "$targetlowpriority")):
        return Findings()
    text = "sets neither $TargetDedicatedNodes nor $TargetLowPriorityNodes: it changes nothing"
    return Findings.warning(("scale_settings", "auto_scale", "formula"), text)


def warn_of_task_slots(pool: PoolSettings, today: date) -> Findings:
    """At most 4 slots for each core. How many cores a size has is read off its name, so it warns."""
    size = parse_vm_size(pool.vm_size) if isinstance(pool.vm_size, str) else None
    slots = pool.task_slots_per_node
    if size is None or size.cores is None or not isinstance(slots, int) or slots <= 4 * size.cores:
        return Findings()
    text = f"Batch allows 4 slots for each core, and {pool.vm_size} has {size.cores}, as its name says"
    return Findings.warning(("task_slots_per_node",), f"{text}; use at most {min(256, 4 * size.cores)}")


def warn_of_inter_node_limit(pool: PoolSettings, today: date) -> Findings:
    """Nodes that talk to each other are together in one scale set."""
    if pool.inter_node_communication != "Enabled":
        return Findings()
    findings = Findings()
    for name, count in _targets(pool):
        if count > _INTER_NODE_LIMIT:
            text = f"with inter_node_communication Batch gives at most {_INTER_NODE_LIMIT} nodes"
            findings += Findings.warning(("scale_settings", "fixed_scale", name), text)
    return findings


def warn_of_few_addresses(pool: PoolSettings, today: date) -> Findings:
    """Each public IP address of one's own carries 100 dedicated and 100 low-priority nodes."""
    addresses = pool.network_configuration and pool.network_configuration.public_ip_address_configuration
    ids = addresses.ip_address_ids if addresses else None
    if not ids:
        return Findings()
    findings = Findings()
    for name, count in _targets(pool):
        if count > _NODES_OF_AN_ADDRESS * len(ids):
            text = f"{len(ids)} public IP addresses carry {_NODES_OF_AN_ADDRESS * len(ids)} nodes of a kind"
            findings += Findings.warning(("scale_settings", "fixed_scale", name), f"{text}; add addresses")
    return findings


def _targets(pool: PoolSettings) -> list[tuple[str, int]]:
    fixed = pool.scale_settings.fixed_scale if pool.scale_settings else None
    counts = [(name, getattr(fixed, name, None)) for name in _TARGETS]
    return [(name, count) for name, count in counts if isinstance(count, int)]
