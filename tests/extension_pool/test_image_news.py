"""What an account offers against the catalogue, judged on fixed days."""

from datetime import date
from typing import Any

from extension_pool.image_news import Offered, compare, parse_offered
from extension_pool.images import Image, catalogue, expected, find_image

TODAY = date(2026, 11, 20)
OLD = Image(
    "p", "o", "old", "linux", "batch.node.x 1", aliases=("old",), end_of_support=date(2026, 6, 1), successor="new"
)
NEW = Image("p", "o", "new", "linux", "batch.node.x 2", aliases=("new",))
DOUBT = Image("p", "o", "doubt", "linux", "batch.node.x 3", confirmed=False)


def offered(sku: str, **changes: Any) -> Offered:
    return Offered(**{"publisher": "P", "offer": "o", "sku": sku, "node_agent_sku_id": "batch.node.x 2", **changes})


def told(*seen: Offered, within: int = 90, known: tuple[Image, ...] = (NEW,)) -> list[tuple[str, str, bool]]:
    return [(one.kind, one.text, one.matters) for one in compare(known, seen, TODAY, within)]


def test_nothing_new_is_nothing_to_say() -> None:
    assert told(offered("NEW")) == []


def test_an_image_that_is_not_in_the_catalogue_is_new_and_does_not_matter() -> None:
    assert told(offered("new"), offered("newer")) == [
        ("new", "offered with node agent batch.node.x 2, and not in the catalogue", False)
    ]


def test_an_image_that_is_gone_matters() -> None:
    assert told() == [("gone", "in the catalogue, not offered", True)]


def test_an_image_that_is_gone_as_announced_does_not_matter() -> None:
    assert told(known=(OLD,)) == [("gone", "no longer offered, as announced for 2026-06-01; use new", False)]


def test_an_image_in_doubt_is_never_gone() -> None:
    assert told(known=(DOUBT,)) == []


def test_an_end_matters_from_the_given_number_of_days_on() -> None:
    ends = offered("new", end_of_support=date(2027, 1, 12))
    changed = ("changed", "end of support 2027-01-12, in the catalogue none", False)
    assert told(ends, within=52) == [changed]
    assert told(ends, within=53) == [("ending", "Batch's support ends on 2027-01-12", True), changed]


def test_an_end_that_is_past_says_so_and_names_the_successor() -> None:
    ended = offered("old", node_agent_sku_id="batch.node.x 1", end_of_support=date(2026, 6, 1))
    assert told(ended, known=(OLD,)) == [("ending", "Batch's support ended on 2026-06-01; use new", True)]


def test_another_node_agent_is_told() -> None:
    assert told(offered("new", node_agent_sku_id="batch.node.y 1")) == [
        ("changed", "node agent batch.node.y 1, in the catalogue batch.node.x 2", False)
    ]


def test_what_matters_comes_first() -> None:
    news = compare((NEW, OLD), [offered("a")], TODAY, 90)
    assert [(one.kind, one.matters) for one in news] == [("gone", True), ("gone", False), ("new", False)]


def test_an_awaited_image_is_recognised() -> None:
    windows = Offered("MicrosoftWindowsServer", "WindowsServer", "2025-Datacenter-g2", "batch.node.windows amd64")
    (one,) = [news for news in compare(catalogue(), [windows], TODAY, 90, expected()) if news.kind == "new"]
    assert one.text.endswith("which waits for 2025-datacenter*")


def test_the_unconfirmed_image_is_held_apart_from_the_catalogue() -> None:
    assert [image.sku for image in expected()] == ["2025-datacenter*"]
    assert len(catalogue()) + len(expected()) == 67
    assert not any("*" in image.sku for image in catalogue())
    assert find_image("windows-server-2025") is None


def test_an_item_of_the_service_is_read() -> None:
    item = {
        "nodeAgentSKUId": "batch.node.ubuntu 22.04",
        "imageReference": {"publisher": "canonical", "offer": "jammy", "sku": "22_04-lts", "version": "latest"},
        "osType": "Linux",
        "verificationType": "verified",
        "batchSupportEndOfLife": "2027-06-30T00:00:00Z",
    }
    assert parse_offered(item) == Offered(
        "canonical", "jammy", "22_04-lts", "batch.node.ubuntu 22.04", "linux", date(2027, 6, 30), "verified"
    )
    assert parse_offered({**item, "batchSupportEndOfLife": "soon"}) is not None
    assert parse_offered({"imageReference": {"virtualMachineImageId": "/x"}, "nodeAgentSKUId": "x"}) is None
    assert parse_offered({}) is None
