"""ARM over HTTP: GET by resource id, as ARM answers it."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from emulator import Arm, Store

from .conftest import GROUP, POOL, pool_body
from .test_emulator_data_plane import Server


@pytest.fixture
def server(store: Store) -> Iterator[Server]:
    running = Server(store)
    yield running
    running.stop()


def get(server: Server, path: str, **headers: str) -> tuple[int, Any, Any]:
    request = urllib.request.Request(server.endpoint + path, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, json.load(error), error.headers


def test_a_pool_is_what_the_put_made_of_it_with_its_etag(server: Server, arm: Arm) -> None:
    arm.put(POOL, pool_body(), "2024-07-01")
    status, body, headers = get(server, f"{POOL}?api-version=2024-07-01")
    assert (status, body) == (200, arm.get(POOL, "2024-07-01").body)
    assert headers["ETag"] == body["etag"]


@pytest.mark.parametrize("login", [{}, {"Authorization": "Bearer whatever"}])
def test_any_login_and_none_will_do(server: Server, login: dict[str, str]) -> None:
    assert get(server, f"{GROUP}?api-version=2024-03-01", **login)[0] == 200


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"{POOL}?api-version=2024-07-01", 404, "ResourceNotFound"),
        (POOL, 400, "MissingApiVersionParameter"),
        (f"{POOL}?api-version=1999-01-01", 400, "InvalidApiVersionParameter"),
        ("/subscriptions/x/providers/y?api-version=2024-07-01", 404, "InvalidResourceType"),
    ],
)
def test_errors_are_arms(server: Server, path: str, status: int, code: str) -> None:
    answered, body, _ = get(server, path)
    assert (answered, body["error"]["code"]) == (status, code)


def test_nothing_but_get_is_answered(server: Server) -> None:
    request = urllib.request.Request(f"{server.endpoint}{POOL}?api-version=2024-07-01", data=b"{}", method="PUT")
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(request, timeout=10)
    assert raised.value.code >= 400
