"""VM families that Azure Batch has announced to retire, and what to use instead.

Azure/Batch#140, 2026-05-15: D, Ds, Dv2, Dsv2, Ls, HBv2, HC and NP. The announcement gives no successors; those below
are the families of the same purpose. It says "to be retired", so a size of these families warns and is never refused.
https://learn.microsoft.com/azure/batch/batch-pool-vm-sizes
"""

from __future__ import annotations

import re
from dataclasses import dataclass

RETIREMENT_SOURCE = "https://github.com/Azure/Batch/issues/140"


@dataclass(frozen=True)
class RetiringFamily:
    """family: Azure's name of the family; pattern: the sizes in it; successor: a current size or family."""

    family: str
    pattern: re.Pattern[str]
    successor: str


def _family(family: str, pattern: str, successor: str) -> RetiringFamily:
    return RetiringFamily(family, re.compile(pattern, re.IGNORECASE), successor)


# Dv1 and Dv2 number their sizes 1-5 and 11-15; the current D sizes (D2s_v5 ...) end in _v3 or later.
RETIRING_FAMILIES = (
    _family("D", r"standard_d(1|2|3|4|11|12|13|14)", "Standard_D2s_v5 (Dsv5)"),
    _family("DS", r"standard_ds(1|2|3|4|11|12|13|14)", "Standard_D2s_v5 (Dsv5)"),
    _family("Dv2", r"standard_d(1|2|3|4|5|11|12|13|14|15i?)_v2(_promo)?", "Standard_D2s_v5 (Dsv5)"),
    _family("DSv2", r"standard_ds(1|2|3|4|5|11|12|13|14|15i?)(-\d+)?_v2(_promo)?", "Standard_D2s_v5 (Dsv5)"),
    _family("Ls", r"standard_l(4|8|16|32)s", "Standard_L8s_v3 (Lsv3)"),
    _family("HBv2", r"standard_hb120(-\d+)?rs_v2", "Standard_HB120rs_v3 (HBv3)"),
    _family("HC", r"standard_hc44(-\d+)?rs", "Standard_HB120rs_v3 (HBv3)"),
    _family("NP", r"standard_np(10|20|40)s", "a GPU family such as NVadsA10v5"),
)


def find_retiring_family(vm_size: str) -> RetiringFamily | None:
    """The retiring family that a size such as ``STANDARD_DS2_V2`` belongs to; None for every other size."""
    return next((family for family in RETIRING_FAMILIES if family.pattern.fullmatch(vm_size)), None)
