"""What `report` reads: the previews that its options name, and the folder of the project. Reads files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import yaml

from .errors import BadUsage
from .review.documents import decode
from .review.freshness_facts import parse_made_at, parse_made_for
from .review.preview import Preview, missing_preview, parse_preview
from .text import clean_line


@dataclass(frozen=True)
class Given:
    """What the options say of each environment, by its name: the file of its preview, what was printed beside it,
    whether it failed, for which commit and when it was made."""

    files: Mapping[str, Path]
    said: Mapping[str, Path]
    failed: frozenset[str]
    made_for: Mapping[str, str]
    made_at: Mapping[str, datetime]

    def read(self, name: str) -> Preview:
        """The preview of an environment, missing where there is no such file. Raises BadUsage for one that cannot be
        read."""
        file, said = self.files[name], self.said.get(name)
        data = _read(file, f"--preview {name}")
        if data is None:
            return missing_preview(name, f"there is no file {clean_line(str(file))}")
        words = _read(said, f"--said {name}") if said is not None else None
        return parse_preview(name, decode(data), said=decode(words or b""), failed=name in self.failed)


def parse_given(
    preview: Sequence[str],
    said: Sequence[str] | None,
    failed: Sequence[str] | None,
    made_for: Sequence[str] | None,
    made_at: Sequence[str] | None,
) -> Given:
    """From the options' texts. Raises BadUsage, also for an environment that has no --preview."""
    given = Given(
        parse_files(preview, "--preview"),
        parse_files(said or (), "--said"),
        frozenset(failed or ()),
        parse_made_for(made_for or ()),
        parse_made_at(made_at or ()),
    )
    named = {"--said": given.said, "--failed": failed or (), "--made-for": given.made_for, "--made-at": given.made_at}
    for option, names in named.items():
        for name in names:
            if name not in given.files:
                known = ", ".join(given.files)
                raise BadUsage(f"{option}: must name an environment of --preview, got {name[:80]!r}; {known}")
    return given


def parse_files(texts: Sequence[str], option: str) -> dict[str, Path]:
    """`ENV=FILE` by environment. Raises BadUsage."""
    found: dict[str, Path] = {}
    for text in texts:
        name, equals, file = text.partition("=")
        if not equals or not name.strip() or not file:
            raise BadUsage(f"{option}: must be ENV=FILE, got {text[:80]!r}; write for example {option} prod=prod.json")
        if name.strip() in found:
            raise BadUsage(f"{option}: must come once for each environment, got {name.strip()!r} twice")
        found[name.strip()] = Path(file)
    return found


def find_project(folder: Path) -> Path:
    """The folder of Pulumi.yaml: this one or the nearest above that has it, as pulumi looks for it; else this one."""
    for one in (folder, *folder.parents):
        if any((one / name).is_file() for name in ("Pulumi.yaml", "Pulumi.yml")):
            return one
    return folder


def name_of_project(folder: Path) -> str:
    """What Pulumi.yaml calls the project; the folder's name where it says nothing."""
    try:
        content = yaml.safe_load((folder / "Pulumi.yaml").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        content = None
    name = content.get("name") if isinstance(content, dict) else None
    return name if isinstance(name, str) and name else folder.name


def _read(file: Path, option: str) -> bytes | None:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        shown = clean_line(str(file))
        raise BadUsage(f"{option}: must be a file that can be read, got {shown!r}: {error.strerror}") from None
