"""VM families that Azure Batch has announced to retire, and what to use instead.

Azure/Batch#140, 2026-05-15: D, Ds, Dv2, Dsv2, Ls, HBv2, HC and NP. The announcement gives no successors; those below
are the families of the same purpose. It says "to be retired", so a size of these families warns and is never refused.
https://learn.microsoft.com/azure/batch/batch-pool-vm-sizes
"""

from __future__ import annotations

import re
from typing import NamedTuple

RETIREMENT_SOURCE = "https://github.com/Azure/Batch/issues/140"


class RetiringFamily(NamedTuple):
    """family: Azure's name of the family; successor: a current size or family."""

    family: str
    successor: str


_DSV5 = "Standard_D2s_v5 (Dsv5)"
_HBV3 = "Standard_HB120rs_v3 (HBv3)"
# What a size's name has before its number and behind it, and its version: the current D sizes (D2s_v5 ...) are of
# version 3 or later.
_RETIRING = {
    ("d", "", 1): RetiringFamily("D", _DSV5),
    ("ds", "", 1): RetiringFamily("DS", _DSV5),
    ("d", "", 2): RetiringFamily("Dv2", _DSV5),
    ("d", "i", 2): RetiringFamily("Dv2", _DSV5),
    ("ds", "", 2): RetiringFamily("DSv2", _DSV5),
    ("ds", "i", 2): RetiringFamily("DSv2", _DSV5),
    ("l", "s", 1): RetiringFamily("Ls", "Standard_L8s_v3 (Lsv3)"),
    ("hb", "rs", 2): RetiringFamily("HBv2", _HBV3),
    ("hc", "rs", 1): RetiringFamily("HC", _HBV3),
    ("np", "s", 1): RetiringFamily("NP", "a GPU family such as NVadsA10v5"),
}


def find_retiring_family(vm_size: str) -> RetiringFamily | None:
    """The retiring family that a size such as ``STANDARD_DS2_V2`` belongs to; None for every other size."""
    match = _NAME.fullmatch(vm_size)
    if match is None or match["accelerator"] or match["tier"].lower() == "basic":
        return None
    return _RETIRING.get((match["family"].lower(), match["features"].lower(), int(match["version"] or 1)))


class VmSize(NamedTuple):
    """What the name of a size says. cores: vCPUs; None where the name of an old size does not say it. arm: the
    processor is Arm. generations: the generations of images that it runs, as far as they are known.

    https://learn.microsoft.com/azure/virtual-machines/vm-naming-conventions
    https://learn.microsoft.com/azure/virtual-machines/generation-2
    """

    cores: int | None
    arm: bool
    generations: frozenset[int]
    gpu: str | None


# FAMILY, vCPUs, constrained vCPUs, features, accelerator, version: Standard_NC24ads_A100_v4
_NAME = re.compile(
    r"(?P<tier>standard|basic)_(?P<family>[a-z]+?)(?P<cores>\d+)(?:-(?P<fewer>\d+))?(?P<features>[a-z]*)"
    r"(?P<accelerator>(?:_(?!v\d{1,2}(?:_|$)|promo)[a-z0-9]+)*)(?:_v(?P<version>\d{1,2}))?(?:_promo)?",
    re.IGNORECASE,
)
_BOTH = frozenset({1, 2})
_FIRST_ONLY = frozenset({1})
_SECOND_ONLY = frozenset({2})


def parse_vm_size(vm_size: str) -> VmSize | None:
    """What is known of a size by its name; None for a name of another form."""
    match = _NAME.fullmatch(vm_size)
    if match is None:
        return None
    family, features = match["family"].lower(), match["features"].lower()
    version = int(match["version"] or 1)
    # Dv2 and older families number their sizes; later ones count vCPUs
    counts = version >= 3 or family not in ("a", "d", "ds", "f", "fs", "g", "gs", "h")
    cores = int(match["fewer"] or match["cores"]) if counts else None
    arm = "p" in features and family in ("b", "d", "e")
    return VmSize(cores, arm, _generations(family, features, version, arm), _gpu(family, version, match["accelerator"]))


def _generations(family: str, features: str, version: int, arm: bool) -> frozenset[int]:
    if arm or (family in ("d", "e", "f", "l") and version >= 6) or (family in ("dc", "ec") and version >= 5):
        return _SECOND_ONLY
    if family == "a" or (family in ("d", "e") and version in (1, 2, 3) and "s" not in features):
        return _FIRST_ONLY
    return _BOTH


def _gpu(family: str, version: int, accelerator: str) -> str | None:
    """``nvidia``, ``amd`` or None: NVv4, V710 and MI300X are AMD's, the other N families but NP NVIDIA's."""
    if not family.startswith("n") or family == "np":
        return None
    amd = (family == "nv" and version == 4) or any(word in accelerator.lower() for word in ("v710", "mi300"))
    return "amd" if amd else "nvidia"
