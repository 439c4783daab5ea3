"""The images that local Azure offers, through the real azure-batch SDK."""

from collections.abc import Iterator
from datetime import datetime, timezone

import pytest
from azure.core.exceptions import HttpResponseError

from emulator import Store

from .test_emulator_data_plane import Server, client_of


@pytest.fixture
def server(store: Store) -> Iterator[Server]:
    running = Server(store)
    yield running
    running.stop()


def test_the_sdk_reads_every_image(server: Server) -> None:
    images = list(client_of(server).list_supported_images())
    assert len(images) > 30
    jammy = next(one for one in images if one.image_reference.sku == "22_04-lts")
    assert jammy.node_agent_sku_id == "batch.node.ubuntu 22.04"
    assert jammy.os_type == "linux" and jammy.verification_type == "verified"
    assert jammy.batch_support_end_of_life == datetime(2027, 6, 30, tzinfo=timezone.utc)
    assert {one.os_type for one in images} == {"linux", "windows"}


def test_pages_and_filters_are_honoured(server: Server) -> None:
    client = client_of(server)
    every = list(client.list_supported_images())
    assert len(list(client.list_supported_images(max_results=5))) == len(every)
    windows = list(client.list_supported_images(filter="osType eq 'windows'"))
    assert 0 < len(windows) < len(every)
    with pytest.raises(HttpResponseError):
        list(client.list_supported_images(filter="sku eq 'x'"))
