"""What all tests of roll-outs share."""

import asyncio
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def a_loop_for_the_next_test() -> Iterator[None]:
    """`asyncio.run` leaves the thread without the event loop that Pulumi's mocks look for."""
    yield
    asyncio.set_event_loop(asyncio.new_event_loop())
