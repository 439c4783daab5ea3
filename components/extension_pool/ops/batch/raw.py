"""Lists in the service's own JSON: through the SDK's client, its login and its errors, but not through its models.

The parsers want JSON, and for thousands of nodes making models of it and JSON of those again costs as much processor
time as all the rest of a call.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from .client import API_VERSION

if TYPE_CHECKING:
    from azure.batch import BatchClient


def url(*segments: str, **query: str) -> str:
    """The path of a call with its query, below the endpoint; `select` is written as `$select`."""
    path = "".join(f"/{quote(segment, safe='')}" for segment in segments)
    options = {"api-version": API_VERSION, **{f"${name}": value for name, value in query.items()}}
    return f"{path}?{urlencode(options, safe='$,', quote_via=quote)}"


def read_page(client: BatchClient, address: str) -> tuple[list[Mapping[str, Any]], str | None]:
    """One page of a list, and where the next one is. Raises what the SDK raises, and `UNREADABLE` errors.

    The next page is asked for at the same endpoint, wherever the link points: a signed request goes nowhere else.
    """
    from azure.core.rest import HttpRequest

    response = client.send_request(HttpRequest("GET", address, headers={"Accept": "application/json"}))
    answer = response.json()
    link = answer.get("odata.nextLink")
    if not link:
        return list(answer["value"]), None
    parts = urlsplit(link)
    return list(answer["value"]), f"{parts.path}?{parts.query}"


def read_all(client: BatchClient, address: str) -> list[Mapping[str, Any]]:
    """All pages of a list that seldom has more than one."""
    items, following = read_page(client, address)
    while following is not None:
        more, following = read_page(client, following)
        items += more
    return items
