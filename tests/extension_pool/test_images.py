"""The catalogue of images is whole, and finds images as Azure would: without regard to case."""

import json
from pathlib import Path

from extension_pool import images as module
from extension_pool.images import (
    aliases,
    catalogue,
    find_image,
    find_image_by_reference,
    nearest_alias,
    os_of_node_agent,
)


def test_an_alias_gives_reference_and_node_agent() -> None:
    image = find_image("Ubuntu-24.04")
    assert image is not None
    assert image.reference == {
        "publisher": "canonical",
        "offer": "ubuntu-24_04-lts",
        "sku": "server",
        "version": "latest",
    }
    assert image.node_agent_sku_id == "batch.node.ubuntu 24.04"


def test_a_reference_is_found_whatever_its_case() -> None:
    image = find_image_by_reference("MicrosoftWindowsServer", "WindowsServer", "2022-Datacenter")
    assert image is not None and image.os_type == "windows"
    assert find_image_by_reference("contoso", "os", "1") is None


def test_every_alias_is_one_image_with_a_known_agent() -> None:
    assert len(set(aliases())) == len(aliases())
    for alias in aliases():
        image = find_image(alias)
        assert image is not None and image.node_agent_sku_id is not None
        assert alias == alias.lower()


def test_no_image_is_listed_twice() -> None:
    keys = [(image.publisher, image.offer, image.sku) for image in catalogue()]
    assert len(set(keys)) == len(keys)


def test_an_image_with_an_end_has_a_successor_and_a_source() -> None:
    for image in catalogue():
        assert image.sources
        assert (image.end_of_support is None) == (image.successor is None)
        if image.node_agent_sku_id is not None:
            assert os_of_node_agent(image.node_agent_sku_id) == image.os_type


def test_where_an_image_was_read_is_told() -> None:
    document = json.loads(Path(module.__file__).with_name("images.json").read_text(encoding="utf-8"))
    assert {source for image in catalogue() for source in image.sources} <= set(document["sources"])


def test_successors_that_are_aliases_are_themselves_supported() -> None:
    for image in catalogue():
        successor = find_image(image.successor) if image.successor else None
        if successor is not None:
            assert successor.end_of_support is None


def test_a_misspelt_alias_finds_the_right_one() -> None:
    assert nearest_alias("ubuntu-24.4") == "ubuntu-24.04"
    assert nearest_alias("windows2022") == "windows-server-2022"
