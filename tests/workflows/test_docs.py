"""docs/review.md says what the workflows do and need."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .azure_jobs import PIPELINES, read_pipeline
from .github_jobs import WORKFLOWS, read_workflow

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "review.md").read_text(encoding="utf-8")
FILES = [*sorted(WORKFLOWS.glob("*.yml")), *sorted(PIPELINES.glob("*.yml"))]


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_every_variable_that_a_workflow_reads_is_explained(file: Path) -> None:
    read = set(re.findall(r"\bvars\.([A-Z_]+)", file.read_text(encoding="utf-8")))
    assert {name for name in read if f"`{name}`" not in PAGE} == set()


def test_the_shown_comment_is_one_that_the_command_wrote() -> None:
    golden = (ROOT / "tests" / "goldens" / "report" / "refused.md").read_text(encoding="utf-8").splitlines()
    (shown,) = re.findall(r"```markdown\n(.*?)```", PAGE, re.DOTALL)
    parts = [line.removesuffix(" ...") for line in shown.splitlines() if line != "..."]
    assert len(parts) > 10
    assert [part for part in parts if not any(line.startswith(part) for line in golden)] == []


def test_its_links_lead_to_files() -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", PAGE)
    assert {link for link in links if not (ROOT / "docs" / link).exists()} == set()
    assert len(links) > 5


def test_the_names_of_the_checks_are_those_of_the_jobs() -> None:
    assert "previews" in read_workflow("pull-request.yml")["jobs"]
    assert read_workflow("preview.yml")["jobs"]["report"]["name"] == "report"
    assert read_workflow("pull-request.yml")["jobs"]["approvals"]["name"] == "approvals"
    assert "`previews / report` and `approvals`" in PAGE


def test_the_environments_of_previews_and_drift_are_those_that_the_page_names() -> None:
    assert read_workflow("drift.yml")["jobs"]["drift"]["environment"] == "${{ matrix.environment }}-drift"
    assert "`prod-drift`" in PAGE and "`prod-preview`" in PAGE
    stages = read_pipeline("previews.yml")["stages"]
    assert "${{ environment.name }}-preview" in str(stages)
