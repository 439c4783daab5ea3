"""Makes docs/troubleshooting.md: what errors say, what they mean, what to do.

.venv/bin/python -m docs.making.troubleshooting > docs/troubleshooting.md

From errors.toml beside this file, from the causes that `extension-pool diagnose` knows, and from the sentences that the
sources of this project can say. A text is split by nothing, so that a search for what a screen shows finds it.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]

from docs.making.messages import files_below, messages_of

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
LIBRARY = ROOT / "components" / "extension_pool"

_HEAD = """# Troubleshooting by error text

Search this page for a piece of the text that you see, in any case, without names and numbers: `...` stands for what
changes. `extension-pool diagnose --stack STACK` does the same for a running pool, and fills in the commands.

| you see it in | go to |
| --- | --- |
| `pulumi preview`, before anything has changed | [Refused inputs](#refused-inputs), [Warnings](#warnings) |
| `pulumi up` or `destroy` | [From Pulumi](#from-pulumi), [From Azure](#from-azure), [Gates](#gates-and-roll-outs) |
| a node, a pool, the portal, `extension-pool status` | [From nodes and pools](#from-nodes-and-pools) |
| the command `extension-pool` | [From the command](#from-the-command) |
| `make up` and the other targets | [From local Azure](#from-local-azure) |

Made by `python -m docs.making.troubleshooting > docs/troubleshooting.md`.
"""

_AREAS = {
    "extension": "the extension of a node",
    "node": "the node",
    "start task": "the start task",
    "resize": "a resize of the pool",
    "pool": "the pool",
}


def render_troubleshooting() -> str:
    """The whole page, as Markdown."""
    errors = _toml(HERE / "errors.toml")["error"]
    causes = _toml(LIBRARY / "ops" / "diagnosis" / "causes.toml")["cause"]
    inputs = [*files_below(LIBRARY / "checks"), *files_below(LIBRARY / "spec"), *files_below(LIBRARY / "extensions")]
    inputs += [LIBRARY / f"{name}.py" for name in ("pool", "access", "stack_config", "validation", "azure_types")]
    rolling = [*files_below(LIBRARY / "rolling"), LIBRARY / "hooks.py"]
    engine = files_below(ROOT / "engine")
    parts = [
        _HEAD,
        "## From Pulumi\n",
        *(_error(one) for one in errors if one["group"] == "pulumi"),
        "## From Azure\n",
        *(_error(one) for one in errors if one["group"] == "azure"),
        "## From nodes and pools\n",
        "What `extension-pool diagnose` recognises; the command that it prints has the names filled in.\n",
        *(_cause(one) for one in causes),
        "## Refused inputs\n",
        "Nothing has been changed. Each sentence begins with the place in the stack file or the program, and ends with "
        "what to do.\n",
        *_said(inputs, "problem"),
        "## Warnings\n",
        "It works today.\n",
        *_said(inputs, "notice"),
        "## Gates and roll-outs\n",
        "What it means, and the ways on: [Rolling out](rollout.md), [Ways back](ways-back.md).\n",
        *_said(rolling, "error", "problem"),
        "## From the command\n",
        "Exit code 2: asked or configured wrongly. Exit code 3: Azure could not be asked; [what it must be allowed to "
        "do](permissions.md).\n",
        *_said(files_below(LIBRARY / "ops"), "error"),
        "## From local Azure\n",
        "`make` and `python -m engine` end with exit code 2 where they would leave this machine.\n",
        *_said(engine, "error"),
    ]
    return "\n".join(parts).rstrip("\n") + "\n"


def _error(entry: Mapping[str, Any]) -> str:
    heading = f"`{entry['text']}`" + (f" ({entry['code']})" if "code" in entry else "")
    steps = "".join(f"- {step}\n" for step in entry["do"])
    return f"### {heading}\n\n{entry['means']}\n\n{steps}\n[{_site(entry['source'])}]({entry['source']})\n"


def _cause(entry: Mapping[str, Any]) -> str:
    texts = [text for one in entry.get("when", []) for text in _pattern(one)]
    told = "".join(f"- {text}\n" for text in texts)
    seen = f"What {' or '.join(_AREAS[at] for at in entry['at'])} says:\n\n{told}\n" if told else ""
    steps = "".join(f"{number}. {_safe(step)}\n" for number, step in enumerate(entry["advice"], 1))
    command = re.sub(r"\{(\w+)\}", lambda name: f"<{name[1].replace('_', ' ')}>", entry["command"])
    return (
        f"### {entry['title']}\n\n{seen}{steps}\n"
        f"`{command}`\n\n[{_site(entry['source'])}]({entry['source']}), cause `{entry['id']}`\n"
    )


def _pattern(when: Mapping[str, Any]) -> Iterator[str]:
    """What one way to tell a cause looks for, in words."""
    text = " ... ".join(f"`{part}`" for part in when.get("text", []))
    codes = ", ".join(f"`{code}`" for code in when.get("codes", []))
    exits = ", ".join(str(code) for code in when.get("exit_codes", []))
    parts = [text, f"code {codes}" if codes else "", f"exit code {exits}" if exits else ""]
    types = f" ({', '.join(when['types'])})" if "types" in when else ""
    yield " and ".join(part for part in parts if part) + types


def _said(files: Iterable[Path], *what: str) -> Iterator[str]:
    """What sources say, a list for each, under what the source is about."""
    for file in files:
        said = dict.fromkeys(one.text for one in messages_of(file) if one.what in what)
        if said:
            yield f"### {_about(file)}\n"
            yield "".join(f"- {_shown(text)}\n" for text in said)


def _about(file: Path) -> str:
    """The first sentence of a module's docstring."""
    words = " ".join((ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or file.stem).split())
    sentence = re.split(r"(?<=[.:;])\s", words)[0].rstrip(".:;")
    return f"{_safe(sentence)} (`{file.parent.name}/{file.name}`)"


def _shown(text: str) -> str:
    """As code, so that nothing in it is Markdown; text that has back ticks of its own gets two around it."""
    line = " ".join(text.split())
    return f"`` {line} ``" if "`" in line else f"`{line}`"


def _safe(text: str) -> str:
    return re.sub(r"([*_<>])", r"\\\1", text)


def _site(url: str) -> str:
    return "Microsoft" if "microsoft.com" in url else "Pulumi" if "pulumi.com" in url else url.split("/")[2]


def _toml(file: Path) -> Any:
    return tomllib.loads(file.read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.stdout.write(render_troubleshooting())
