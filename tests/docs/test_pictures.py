"""The pictures of the pages show what the commands print today."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docs.making.pictures import FOLDER, PICTURES, make_pictures
from docs.making.terminal_svg import plain, render_svg, text_of
from tests.docs.pages import links_of, pages, read

COMMAND = ".venv/bin/python -m docs.making.pictures"


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return make_pictures()


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_what_its_command_prints_on_local_azure(made: dict[str, str], name: str) -> None:
    if (FOLDER / name).read_text(encoding="utf-8") != made[name]:
        pytest.fail(f"docs/pictures/{name} is not what the command prints; run: {COMMAND}")


def test_the_status_shows_failures_in_words_and_in_colour(made: dict[str, str]) -> None:
    shown = text_of(made["status.svg"])
    assert shown.startswith("$ extension-pool status --pool render\npool render in extpoolprod: ✗ failed\n")
    assert "✗ monitoring: ProvisioningState/failed on 2 nodes" in shown
    assert 'fill="#f85149"' in made["status.svg"]


def test_every_picture_is_on_a_page() -> None:
    shown = {
        target.rsplit("/", 1)[-1] for page in pages() for target in links_of(read(page)) if target.endswith(".svg")
    }
    assert {path.name for path in FOLDER.iterdir()} == set(PICTURES) == shown


def test_a_picture_is_xml_that_loads_and_runs_nothing(made: dict[str, str]) -> None:
    for picture in made.values():
        tree = ElementTree.fromstring(picture)
        assert {node.tag.rpartition("}")[2] for node in tree.iter()} == {"svg", "title", "rect", "g", "text", "tspan"}
        assert not any("href" in name or name.startswith("on") for node in tree.iter() for name in node.attrib)


def test_what_a_service_says_cannot_become_markup() -> None:
    picture = render_svg("\x1b[31m<script>&\x1b[0m  b", "status")
    assert text_of(picture) == "$ status\n<script>& b"
    assert "<script>" not in picture
    assert plain("\x1b[31mred\x1b[0m") == "red"


@given(lines=st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1), min_size=1))
def test_whatever_is_printed_is_in_the_picture(lines: list[str]) -> None:
    picture = render_svg("\n".join(lines), "command")
    assert ElementTree.fromstring(picture).tag.endswith("svg")
    shown = ["".join(node.itertext()) for node in ElementTree.fromstring(picture).iter() if node.tag.endswith("}text")]
    assert shown[1:] == lines


def test_columns_stand_where_the_terminal_has_them() -> None:
    first, second = (render_svg(f"{word}   x", "c").split("<text ")[2] for word in ("ab", "\x1b[1mab\x1b[0m"))
    assert first.split("x=")[-1][:6] == second.split("x=")[-1][:6]
