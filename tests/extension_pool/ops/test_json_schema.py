import json
import sys
from enum import Enum
from typing import Annotated

from typing_extensions import TypedDict

from extension_pool.ops.json_schema import TIME, one_of, render_schema


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Thing(TypedDict):
    """What stands somewhere."""

    made: Annotated[str, TIME]
    """When it was made."""


class House(Thing):
    """A thing to live in."""

    colour: Annotated[str, one_of(Colour)]
    """What it is painted with."""
    rooms: list[Thing]
    """What is in it."""


def schema(document, **head):
    return json.loads(render_schema(document, sys.modules[__name__], head))


def test_each_type_and_key_is_described_also_what_a_type_has_from_another():
    found = schema(House, title="Houses")
    assert found["title"] == "Houses"
    assert found["description"] == "A thing to live in."
    assert found["properties"] == {
        "made": {"type": "string", "format": "date-time", "description": "When it was made."},
        "colour": {"type": "string", "enum": ["red", "blue"], "description": "What it is painted with."},
        "rooms": {"type": "array", "items": {"$ref": "#/$defs/Thing"}, "description": "What is in it."},
    }
    assert found["$defs"]["Thing"]["description"] == "What stands somewhere."


def test_several_documents_share_one_schema():
    found = schema(House | Thing)
    assert [one["$ref"] for one in found["anyOf"]] == ["#/$defs/House", "#/$defs/Thing"]
    assert list(found["$defs"]) == ["House", "Thing"]
