"""Sizes of families that Batch has announced to retire warn; their current namesakes do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extension_pool.vm_sizes import find_retiring_family, parse_vm_size


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


@pytest.mark.parametrize(
    ("name", "cores", "arm", "generations", "gpu"),
    [
        ("Standard_D2s_v5", 2, False, {1, 2}, None),
        ("standard_d16s_v5", 16, False, {1, 2}, None),
        ("Standard_E4-2s_v5", 2, False, {1, 2}, None),
        ("STANDARD_DS2_V2", None, False, {1, 2}, None),
        ("Standard_D3_v2", None, False, {1}, None),
        ("Standard_A2_v2", None, False, {1}, None),
        ("Standard_D2_v3", 2, False, {1}, None),
        ("Standard_D8ads_v6", 8, False, {2}, None),
        ("Standard_D2ps_v5", 2, True, {2}, None),
        ("Standard_DC4as_v5", 4, False, {2}, None),
        ("Standard_HB120rs_v3", 120, False, {1, 2}, None),
        ("Standard_NC24ads_A100_v4", 24, False, {1, 2}, "nvidia"),
        ("Standard_NV4as_v4", 4, False, {1, 2}, "amd"),
        ("Standard_NV4ads_V710_v5", 4, False, {1, 2}, "amd"),
        ("Standard_NP10s", 10, False, {1, 2}, None),
    ],
)
def test_what_the_name_of_a_size_says(
    name: str, cores: int | None, arm: bool, generations: set[int], gpu: str | None
) -> None:
    size = parse_vm_size(name)
    assert size is not None
    assert (size.cores, size.arm, set(size.generations), size.gpu) == (cores, arm, generations, gpu)


@given(st.text(max_size=30))
def test_any_text_is_a_size_or_none(text: str) -> None:
    for size in (parse_vm_size(text), parse_vm_size(f"Standard_{text}")):
        assert size is None or size.cores > 0
