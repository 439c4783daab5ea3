"""Sizes of families that Batch has announced to retire warn; their current namesakes do not."""

import pytest

from extension_pool.vm_sizes import find_retiring_family


@pytest.mark.parametrize(
    ("size", "family"),
    [
        ("STANDARD_DS2_V2", "DSv2"),
        ("Standard_D3_v2", "Dv2"),
        ("Standard_DS11-1_v2", "DSv2"),
        ("Standard_D4", "D"),
        ("Standard_DS14", "DS"),
        ("Standard_L8s", "Ls"),
        ("Standard_HB120rs_v2", "HBv2"),
        ("Standard_HB120-32rs_v2", "HBv2"),
        ("Standard_HC44rs", "HC"),
        ("Standard_NP20s", "NP"),
    ],
)
def test_a_size_of_a_retiring_family_names_the_family(size: str, family: str) -> None:
    found = find_retiring_family(size)
    assert found is not None and found.family == family and found.successor


@pytest.mark.parametrize(
    "size",
    ["Standard_D2s_v5", "Standard_D2_v3", "Standard_L8s_v3", "Standard_HB120rs_v3", "Standard_NC24ads_A100_v4", "x"],
)
def test_a_current_size_does_not_warn(size: str) -> None:
    assert find_retiring_family(size) is None
