"""Where a stack's own file is, by the project's Pulumi.yaml."""

from pathlib import Path

import pytest

from extension_pool.stack_files import read_stack_file, stack_file


@pytest.mark.parametrize(
    ("project", "place"),
    [
        ("stackConfigDir: stacks", "stacks/Pulumi.dev.yaml"),
        ("name: x", "Pulumi.dev.yaml"),
        ("config: {a: 1}", "Pulumi.dev.yaml"),
        ("config: old-style-folder", "old-style-folder/Pulumi.dev.yaml"),
        ("[broken", "Pulumi.dev.yaml"),
    ],
)
def test_the_stack_file_is_where_pulumi_looks_for_it(tmp_path: Path, project: str, place: str) -> None:
    (tmp_path / "Pulumi.yaml").write_text(project)
    assert stack_file(tmp_path, "dev") == tmp_path / place


def test_a_stack_without_a_file_reads_as_none(tmp_path: Path) -> None:
    assert read_stack_file(tmp_path, "dev") is None
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {a: {secure: x}}")
    assert read_stack_file(tmp_path, "dev") == {"config": {"a": {"secure": "x"}}}
