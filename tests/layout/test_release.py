"""A release is made by following CONTRIBUTING: the version is the same wherever it stands, and each place is named."""

from __future__ import annotations

import re

import pytest

from tests.support.tree import ROOT

PLACES = {
    "pyproject.toml": r'^version = "(\S+)"$',
    "CHANGELOG.md": r"^## (\S+) \(",
    "policy/PulumiPolicy.yaml": r"^version: (\S+)$",
    "policy/serving.py": r'^VERSION = "(\S+)"$',
    "policy/docs.py": r"extension-pool@v(\S+) ",
    "docs/other-languages.md": r"\.git/plugin@(\S+)",
    "examples/yaml/README.md": r"\.git/plugin@(\S+)",
    "examples/typescript/README.md": r"\.git/plugin@(\S+)",
}
"""Files that say the version, and how; of several, the first is the newest."""


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def version(text: str, pattern: str) -> str | None:
    """The version that a text says; None where it says none."""
    found = re.search(pattern, text, re.MULTILINE)
    return found[1] if found else None


@pytest.mark.parametrize("place", PLACES)
def test_every_place_says_the_version_that_is_built(place: str) -> None:
    built = version(read("pyproject.toml"), PLACES["pyproject.toml"])
    assert built is not None and version(read(place), PLACES[place]) == built


@pytest.mark.parametrize("place", PLACES)
def test_whoever_makes_a_release_is_told_of_every_place(place: str) -> None:
    chapter = read("CONTRIBUTING.md").partition("## How a release is made")[2].partition("\n## ")[0]
    assert f"`{place}`" in chapter


def test_a_place_that_was_forgotten_is_found() -> None:
    text = 'VERSION = "0.0.9"\n'
    assert (
        version(text, PLACES["policy/serving.py"])
        == "0.0.9"
        != version(read("pyproject.toml"), PLACES["pyproject.toml"])
    )
