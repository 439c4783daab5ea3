"""Answers with one item and with many: $filter, $select and pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from emulator.batch import odata
from emulator.batch.call import Call


def listed(call: Call, kind: str, items: list[dict[str, Any]], filters: Sequence[str] = ()) -> dict[str, Any]:
    """The page of the items that is asked for; `filters`: properties that $filter may name, none without."""
    if filters:
        test = odata.filtered(call.query.get("$filter"), filters)
        items = [item for item in items if test(item)]
    shown, start = odata.page(items, call.query)
    return page(call, kind, list(shown), start)


def page(call: Call, kind: str, items: list[dict[str, Any]], start: int | None) -> dict[str, Any]:
    """`start`: where the next page begins, None when there is none."""
    answer: dict[str, Any] = {
        "odata.metadata": f"{call.base}/$metadata#{kind}",
        "value": [odata.selected(item, call.query.get("$select")) for item in items],
    }
    if start is not None:
        answer["odata.nextLink"] = odata.next_link(call.base, call.path, call.query, start)
    return answer


def single(call: Call, kind: str, item: dict[str, Any]) -> dict[str, Any]:
    chosen = odata.selected(item, call.query.get("$select"))
    return {"odata.metadata": f"{call.base}/$metadata#{kind}/@Element", **chosen}
