import html
import json
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extension_pool.ops import cli, output
from extension_pool.ops.log_commands import defuse, defuse_json, defuse_page, obeys_log
from extension_pool.ops.progress import to_stderr

from .fake_service import Answer, Service, extension

PARTS = ["##vso[", "##[", "::", "#", ":", " ", "\n", "\r", "\t", "add-mask", "]", "é", "##", "\u200b", "\xad", "\ufe0f"]
texts = st.lists(st.sampled_from(PARTS), max_size=12).map("".join)


def obeyed(text: str) -> bool:
    """Whether an agent may find a command, by the rules of their sources: Command.cs and ActionCommand.cs."""
    for line in text.splitlines():
        seen = "".join(char for char in line if unicodedata.category(char) not in ("Cf", "Mn"))
        for form in (line, seen):
            if "##vso[" in form.lower() or "##[" in form or form.lstrip().startswith("::"):
                return True
    return False


@given(texts)
def test_no_text_is_obeyed_by_the_agent_that_reads_the_log(text: str) -> None:
    assert not obeyed(defuse(text))
    # nothing but blanks is added
    assert "".join(defuse(text).split()) == "".join(text.split())
    assert obeyed(text) or defuse(text) == text


@settings(max_examples=50)
@given(st.recursive(texts, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=5))
def test_json_is_not_obeyed_and_means_the_same(value: object) -> None:
    for indent in (None, 2):
        text = defuse_json(json.dumps(value, indent=indent, ensure_ascii=False))
        assert not obeyed(text)
        assert json.loads(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "pool ##vso[task.setvariable variable=PATH]x",
        "  ::add-path::/tmp",
        "a ##[error]b",
        "ok\n::set-env::",
        "ok\r::set-env::",
        "#\u200b#v\xadso[task.complete]",
    ],
)
def test_without_it_they_would_be(text: str) -> None:
    assert obeyed(text)
    assert not obeyed(defuse(text))


def test_other_text_stays_as_it_is() -> None:
    text = "## Title\n# one\nextension-pool:index:ExtensionPool::render\na :: b\n| # |"
    assert defuse(text) == text and defuse_json('{"a": "# b"}') == '{"a": "# b"}'


def test_only_a_pipeline_reads_the_log() -> None:
    assert obeys_log({"TF_BUILD": "True"}) and obeys_log({"GITHUB_ACTIONS": "true"})
    assert not obeys_log({"TF_BUILD": ""})


ORDER = "##vso[task.setvariable variable=PATH]x"


@pytest.fixture
def hostile(service: Service) -> Service:
    """A pool with an extension whose name and message an agent would obey."""
    wanted = {"name": ORDER, "publisher": "p", "type": "t", "settings": "{}"}
    machines = {"nodeAgentSKUId": "batch.node.mariner 2.0", "extensions": [wanted]}
    service.pool(target=1, virtualMachineConfiguration=machines)
    service.nodes({"a": "idle"})
    service.answers["/pools/linux/nodes/a"] = Answer({"id": "a", "state": "idle"})
    service.extensions("a", extension(ORDER, "failed", f"{ORDER}\n::add-path::/tmp"))
    return service


READING = [
    ["status", "--pool", "linux"],
    ["status", "--pool", "linux", "--output", "json"],
    ["status", "--pool", "linux", "--output", "html"],
    ["status", "--pool", "linux", "--node", "a"],
    ["status", "--pool", "linux", "--node", "a", "--output", "json"],
    ["diagnose", "--pool", "linux"],
    ["diagnose", "--pool", "linux", "--output", "json"],
    ["gate", "--pool", "linux"],
]


@pytest.mark.parametrize("agent", ["TF_BUILD", "GITHUB_ACTIONS", None])
@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_what_a_node_says_is_no_order_to_the_run_that_shows_it(
    command: list[str],
    agent: str | None,
    hostile: Service,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("TF_BUILD", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)
    if agent is not None:
        monkeypatch.setenv(agent, "true")
    cli.run(command)
    printed = capsys.readouterr()
    said = printed.out + printed.err
    assert "task.setvariable" in said
    assert not (agent and obeyed(said))
    # nobody reads the log: the text stays as it is, and would be obeyed
    assert agent or "##vso[" in said
    if "json" in command:
        assert "##vso[" in str(json.loads(printed.out))


@pytest.mark.parametrize("agent", [True, False])
def test_errors_and_notices_are_no_orders_either(
    agent: bool, service: Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.delenv("TF_BUILD", raising=False)
    if agent:
        monkeypatch.setenv("TF_BUILD", "True")

    def said() -> bool:
        return obeyed(capsys.readouterr().err)

    assert cli.run(["status", "--pool", ORDER, f"--{ORDER}"]) == 2
    assert said() is not agent
    output.tell([ORDER])
    assert said() is not agent
    to_stderr(f"{ORDER}\n")
    assert said() is not agent
    assert cli._unexpected(RuntimeError(ORDER)) == 3
    assert said() is not agent


def test_a_page_shows_the_same_and_keeps_its_style() -> None:
    page = f"<style>a::after {{}}\n#one {{}}</style>\n<p>{ORDER}\n::add-path::</p>"
    safe = defuse_page(page)
    assert not obeyed(safe)
    assert html.unescape(safe) == page and safe.startswith("<style>a::after {}\n#one {}</style>")
