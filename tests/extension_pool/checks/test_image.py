"""Image, node agent, VM size."""

from datetime import date
from typing import Any

import pytest

from extension_pool.derived import node_agent_of, os_type_of
from extension_pool.problems import Findings

from .pools import MARINER, OWN_IMAGE, findings, notices, pool, problems

JAMMY = {"publisher": "canonical", "offer": "0001-com-ubuntu-server-jammy", "sku": "22_04-lts"}
ARM = {"publisher": "canonical", "offer": "ubuntu-24_04-lts", "sku": "server-arm64"}


def test_a_plain_pool_is_fine() -> None:
    assert findings() == Findings()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"image": "ubuntu-24.4"}, 'image: unknown image, got "ubuntu-24.4"; did you mean ubuntu-24.04?'),
        ({"image": "solaris-11"}, 'image: unknown image, got "solaris-11"; allowed ubuntu-24.04'),
        ({"image": None}, "image: required, but missing"),
        ({"image_reference": MARINER}, "image: a catalogue image and an image reference exclude each other"),
        ({"image": None, "image_reference": {"publisher": "x"}}, "image_reference: must name publisher, offer and sku"),
        ({"image": None, "image_reference": OWN_IMAGE}, "node_agent_sku_id: required for this image"),
        (
            {"image": None, "image_reference": {**OWN_IMAGE, "sku": "x"}, "node_agent_sku_id": "batch.node.el 9"},
            "image_reference.id: excludes sku; keep one way",
        ),
        (
            {"image": None, "image_reference": MARINER, "node_agent_sku_id": "batch.node.windows amd64"},
            "node_agent_sku_id: does not fit the image microsoftcblmariner cbl-mariner cbl-mariner-2, got "
            '"batch.node.windows amd64"; use batch.node.mariner 2.0',
        ),
        ({"node_agent_sku_id": "batch.node.ubuntu 22.04"}, "node_agent_sku_id: does not fit the image ubuntu-24.04"),
    ],
)
def test_what_is_refused(changes: dict[str, Any], sentence: str) -> None:
    assert any(text.startswith(sentence) for text in problems(**changes)), problems(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"image": None, "image_reference": OWN_IMAGE, "node_agent_sku_id": "batch.node.ubuntu 24.04"},
        {
            "image": None,
            "image_reference": {"shared_gallery_image_id": "/sharedGalleries/g/images/i/versions/1.0.0"},
            "node_agent_sku_id": "batch.node.ubuntu 24.04",
        },
        {"node_agent_sku_id": "Batch.node.ubuntu 24.04"},
        {"image": "windows-server-2022", "node_agent_sku_id": "batch.node.windows amd64"},
    ],
)
def test_what_passes(changes: dict[str, Any]) -> None:
    assert findings(**changes) == Findings()


def test_a_known_reference_brings_its_node_agent() -> None:
    mariner = pool(image=None, image_reference=MARINER)
    assert node_agent_of(mariner) == "batch.node.mariner 2.0"
    assert os_type_of(mariner) == "linux"


def test_the_node_agent_tells_the_operating_system_of_an_own_image() -> None:
    windows = pool(image=None, image_reference=OWN_IMAGE, node_agent_sku_id="batch.node.windows amd64")
    assert os_type_of(windows) == "windows"


def test_image_and_size_of_the_vendor_page_warn_and_name_successors() -> None:
    found = findings(
        image=None, image_reference=MARINER, node_agent_sku_id="batch.node.mariner 2.0", vm_size="STANDARD_DS2_V2"
    )
    assert found.problems == ()
    image, size = [notice.sentence() for notice in found.notices]
    assert image.startswith("image_reference: Batch's support of the image")
    assert "ended on 2025-07-30; use azure-linux-3" in image
    assert size.startswith("vm_size: Batch has announced to retire the DSv2 family of STANDARD_DS2_V2")
    assert size.endswith("use Standard_D2s_v5 (Dsv5)")


def test_before_its_last_day_the_node_agent_warns_and_from_then_on_the_image() -> None:
    (before,) = notices(date(2027, 6, 29), image="ubuntu-22.04")
    assert before.startswith("image: Batch's support of the node agent batch.node.ubuntu 22.04 ends on 2027-06-30")
    (after,) = notices(date(2027, 6, 30), image="ubuntu-22.04")
    assert after.startswith("image: Batch's support of the image ubuntu-22.04 ended on 2027-06-30")


def test_a_retired_node_agent_of_an_own_image_warns() -> None:
    (warning,) = notices(image=None, image_reference=OWN_IMAGE, node_agent_sku_id="batch.node.centos 7")
    assert warning.startswith("node_agent_sku_id: Batch's support of the node agent batch.node.centos 7 ended on 2024-")
    assert "use batch.node.el 8" in warning


def test_a_node_agent_that_is_not_known_warns_and_is_not_refused() -> None:
    found = findings(image=None, image_reference=OWN_IMAGE, node_agent_sku_id="batch.node.ubunto 24.04")
    assert found.problems == ()
    assert "did you mean batch.node.ubuntu 24.04?" in found.notices[0].sentence()


@pytest.mark.parametrize(
    ("changes", "warning"),
    [
        ({"vm_size": "Standard_A2_v2"}, "does not run images of generation 2"),
        ({"vm_size": "Standard_D2s_v6", "image": "ubuntu-24.04-gen1"}, "does not run images of generation 1"),
        ({"vm_size": "Standard_D2ps_v5"}, "is an Arm size, but the image ubuntu-24.04 is for x64"),
        ({"image": "ubuntu-24.04-arm64"}, "is an x64 size, but the image ubuntu-24.04-arm64 is for Arm"),
    ],
)
def test_a_size_that_does_not_run_the_image_warns(changes: dict[str, Any], warning: str) -> None:
    found = findings(**changes)
    assert found.problems == ()
    assert any(notice.path == ("vm_size",) and warning in notice.text for notice in found.notices)


@pytest.mark.parametrize(
    "changes",
    [
        {"vm_size": "Standard_D2ps_v5", "image": "ubuntu-24.04-arm64"},
        {"vm_size": "Standard_D2s_v5", "image": "ubuntu-24.04-gen1"},
        {"vm_size": "Standard_D2s_v6", "image": "ubuntu-hpc-24.04"},
        {"vm_size": "a size of the future"},
    ],
)
def test_sizes_that_run_the_image_or_are_not_known_say_nothing(changes: dict[str, Any]) -> None:
    assert findings(**changes) == Findings()
