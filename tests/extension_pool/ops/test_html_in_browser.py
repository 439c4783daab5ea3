"""The status page in a real browser, where one is installed; the page as text is in test_html_page.py."""

import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from extension_pool.ops.diagnosis import Finding
from extension_pool.ops.health import Verdict

from . import pages
from .browser import NAMES, Browser, Tab, find_browser
from .pages import HOSTILE, render

BROWSER = find_browser()

pytestmark = pytest.mark.skipif(BROWSER is None, reason=f"no browser on PATH, looked for {', '.join(NAMES)}")

# What sticks out of the window, whether or not something around it clips it.
WIDE = """[...document.body.querySelectorAll('*')].filter(it => !it.matches('.cells b')).filter(it => {
  const box = it.getBoundingClientRect(); return box.width && box.right > innerWidth + 0.5;
}).map(it => it.tagName + '.' + it.className)"""

# Texts whose contrast with what is behind them is under 4.5 (WCAG 2.2, 1.4.3, level AA).
FAINT = r"""(() => {
  const parse = text => text.match(/[\d.]+/g).map(Number);
  const light = colour => colour.slice(0, 3).map(part => part / 255)
    .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
  const behind = it => {
    for (; it; it = it.parentElement) {
      const colour = parse(getComputedStyle(it).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const faint = [], seen = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const it = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim()) continue;
    const [one, two] = [light(parse(getComputedStyle(it).color)), light(behind(it))];
    const ratio = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
    seen.push(ratio);
    if (ratio < 4.5) faint.push([it.tagName, it.className, ratio.toFixed(2), walk.currentNode.data.slice(0, 30)]);
  }
  return {faint, seen: seen.length};
})()"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    assert BROWSER
    started = Browser(BROWSER, tmp_path_factory.mktemp("profile"))
    yield started
    started.close()


class Opener:
    """Opens pages that are files, as a reader does who got one by mail."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self._browser, self._folder = browser, folder
        self.tabs: list[Tab] = []

    def __call__(self, page: str, width: int = 1200) -> Tab:
        path = self._folder / f"{len(self.tabs)}.html"
        path.write_text(page, encoding="utf-8")
        self.tabs.append(Tab(self._browser, path.as_uri(), width))
        return self.tabs[-1]


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Opener]:
    opener = Opener(browser, tmp_path)
    yield opener
    for tab in opener.tabs:
        tab.close()


def mixed() -> str:
    return render(pages.mixed(), pages.many(60), pages.calm(), findings=pages.findings())


def hostile() -> str:
    def say(text: str) -> str:
        return text + "".join(HOSTILE)

    return render(pages.mixed(say), findings=pages.findings(say))


def test_the_page_asks_for_nothing_and_the_browser_has_nothing_to_say_about_it(show: Opener) -> None:
    tab = show(mixed())
    assert tab.look("document.title") == "✗ failed: linux, rendering, calm"
    assert tab.look("getComputedStyle(document.querySelector('nav ul')).display") == "flex"
    assert tab.requests() == []
    assert tab.complaints() == []


def test_hostile_texts_run_nothing_and_ask_for_nothing(show: Opener) -> None:
    tab = show(hostile())
    assert tab.look("document.title").startswith("✗ failed: linux<script>")
    assert tab.look("document.querySelectorAll('script, img, svg[onload]').length") == 0
    assert tab.requests() == []
    assert tab.complaints() == []


@pytest.fixture
def visitors() -> Iterator[tuple[str, list[str]]]:
    """A server on this machine, and the paths it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("policy", [True, False], ids=["with the policy", "without it"])
def test_even_markup_that_came_through_runs_and_fetches_nothing(
    show: Opener, visitors: tuple[str, list[str]], policy: bool
) -> None:
    place, asked = visitors
    hole = (
        "<script>document.title = 'owned'</script><style>h1 { display: none }</style>"
        f"<img src='{place}/picture' onerror=\"document.body.id = 'owned'\">"
    )
    page = render(pages.calm()).replace("<main>", f"<main>{hole}")
    if not policy:
        page = re.sub(r'<meta http-equiv="Content-Security-Policy".*?>', "", page)
    tab = show(page)
    done = [
        tab.look("document.title") == "owned",
        tab.look("getComputedStyle(document.querySelector('h1')).display") == "none",
        tab.look("document.body.id") == "owned",
        asked == ["/picture"],
    ]
    assert done == [not policy] * 4


@pytest.mark.parametrize("width", [320, 360, 768])
def test_nothing_sticks_out_of_a_narrow_window(show: Opener, width: int) -> None:
    for page in (mixed(), hostile()):
        tab = show(page, width)
        tab.look("document.querySelectorAll('details').forEach(it => it.open = true)")
        tab.look("document.querySelectorAll('.show').forEach(it => it.checked = true)")
        assert tab.look("innerWidth") == width
        assert tab.look("document.documentElement.scrollWidth") <= width
        assert tab.look(WIDE) == []


def test_without_the_style_sheet_things_would_stick_out(show: Opener) -> None:
    tab = show(re.sub("<style>.*</style>", "", hostile(), flags=re.DOTALL), 360)
    assert tab.look("document.documentElement.scrollWidth") > 360
    assert tab.look(WIDE) != []


def test_ten_thousand_nodes_are_ten_thousand_cells_on_a_phone(show: Opener) -> None:
    tab = show(render(pages.many()), 360)
    places = """[...document.querySelectorAll('.cells li')].map(it => it.getBoundingClientRect())
      .filter(box => box.width > 5 && box.height > 5).map(box => box.x + ' ' + box.y)"""
    seen = tab.look(f"(places => [places.length, new Set(places).size])({places})")
    few = tab.look("document.querySelectorAll('.listed li').length")
    assert seen == [10_000, 10_000] and few == 0
    assert tab.look("document.documentElement.scrollWidth") == 360


def test_a_tap_on_a_cell_shows_its_node_and_what_failed(show: Opener) -> None:
    tab = show(render(pages.many(300)))
    cell = "document.querySelector('.failed:not(.listed) .cells li')"
    shown = f"getComputedStyle({cell}.firstChild)"
    assert tab.look(f"{shown}.position") == "static"
    box = tab.look(f"({cell}.scrollIntoView(), {cell}.getBoundingClientRect().toJSON())")
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for kind in ("mousePressed", "mouseReleased"):
        tab.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
    # away again: a tap leaves no pointer behind
    tab.call("Input.dispatchMouseEvent", type="mouseMoved", x=1, y=1)
    assert tab.look(f"{shown}.position") == "fixed"
    assert tab.look(f"Math.abs({cell}.firstChild.getBoundingClientRect().bottom - innerHeight) < 1")
    assert "secretext failed/1009" in tab.look(f"getComputedStyle({cell}.firstChild, '::after').content")


def test_the_box_turns_cells_into_a_list_of_ids(show: Opener) -> None:
    tab = show(render(pages.many(300)))
    widths = "[...document.querySelectorAll('.healthy .cells li')].map(it => it.offsetWidth)"
    before = tab.look(widths)
    tab.look("document.querySelectorAll('.healthy label').forEach(it => it.click())")
    after = tab.look(widths)
    assert max(before) < 20 and min(after) > 200


def test_kinds_of_cells_differ_in_shape_and_not_in_colour_alone(show: Opener) -> None:
    tab = show(render(pages.mixed()))
    images = tab.look(
        """['failed', 'unknown', 'waiting', 'healthy', 'away'].map(kind =>
          getComputedStyle(document.querySelector('.' + kind + ' .cells li')).backgroundImage)"""
    )
    shapes = {re.sub(r"rgba?\([^)]*\)", "colour", image) for image in images}
    assert "none" not in shapes and len(shapes) == 5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_the_contrast_of_level_aa(show: Opener, scheme: str) -> None:
    tab = show(mixed())
    tab.prefer(scheme=scheme)
    tab.look("document.querySelectorAll('details').forEach(it => it.open = true)")
    found = tab.look(FAINT)
    assert found["faint"] == [] and found["seen"] > 100
    page = tab.look("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", page))) < 300) is (scheme == "dark")


def test_on_paper_the_failed_nodes_are_listed_in_black_on_white(show: Opener) -> None:
    tab = show(render(pages.many(300)))
    tab.prefer(scheme="dark")
    tab.call("Emulation.setEmulatedMedia", media="print")
    assert tab.look("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert tab.look("getComputedStyle(document.querySelector('.show')).display") == "none"
    assert tab.look("Math.min(...[...document.querySelectorAll('.failed .cells li')].map(it => it.offsetWidth))") > 200
    assert tab.look("Math.max(...[...document.querySelectorAll('.healthy .cells li')].map(it => it.offsetWidth))") < 20


def test_readers_who_do_not_see_get_landmarks_headings_tables_and_names(show: Opener) -> None:
    tab = show(render(pages.mixed(), pages.many(300), findings=pages.findings()))
    tree = tab.call("Accessibility.getFullAXTree")["nodes"]
    parts = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in tree if not node["ignored"]]
    roles = [role for role, _ in parts]
    assert {"banner", "main", "navigation", "contentinfo", "table", "columnheader", "rowheader"} <= set(roles)
    assert ("region", "linux in acct ✗ failed") in parts
    assert ("image", "5 failed, 1 unknown, 1 waiting, 1 healthy, 1 not counted") in parts
    assert ("list", "✗ 1 node failed: idle; monitoring absent") in parts
    assert ("checkbox", "list the ids") in parts
    assert any(role == "StaticText" and name == "tvmps_0a_4_d" for role, name in parts)


def test_a_command_is_selected_whole_by_one_click(show: Opener) -> None:
    tab = show(render(pages.mixed(), findings=pages.findings()))
    box = tab.look("(it => (it.scrollIntoView(), it.getBoundingClientRect().toJSON()))(document.querySelector('code'))")
    for kind in ("mousePressed", "mouseReleased"):
        place = {"x": box["x"] + 20, "y": box["y"] + 5}
        tab.call("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **place)
    assert tab.look("getSelection().toString()").strip() == pages.ROLE


def test_every_severity_has_its_colour_and_its_line(show: Opener) -> None:
    kinds = (Verdict.FAILED, Verdict.UNKNOWN, Verdict.WAITING)
    tab = show(
        render(pages.calm(), findings=[Finding("calm", "acct", "a", None, "", (), None, kind) for kind in kinds])
    )
    lines = tab.look(
        """[...document.querySelectorAll('.cause')].map(it =>
          getComputedStyle(it).borderLeftStyle + getComputedStyle(it).borderLeftColor)"""
    )
    assert len(set(lines)) == 3
