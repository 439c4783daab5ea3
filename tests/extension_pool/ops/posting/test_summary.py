import re
from pathlib import Path

import pytest

from extension_pool.ops.errors import CannotAsk
from extension_pool.ops.posting import write_summary
from extension_pool.ops.posting.summary import LONGEST_SUMMARY


def test_the_summary_of_a_run_on_github_is_appended_to(tmp_path: Path) -> None:
    file = tmp_path / "summary"
    file.write_text("before\n", encoding="utf-8")
    assert write_summary("# Größe\n| a |", {"GITHUB_STEP_SUMMARY": str(file)})
    assert write_summary("again", {"GITHUB_STEP_SUMMARY": str(file), "TF_BUILD": "True"})
    assert file.read_text(encoding="utf-8") == "before\n# Größe\n| a |\n\nagain\n\n"


def test_a_long_summary_is_cut_since_github_would_show_nothing(tmp_path: Path) -> None:
    file = tmp_path / "summary"
    file.write_text("x" * 1000, encoding="utf-8")
    write_summary("é\n" * LONGEST_SUMMARY, {"GITHUB_STEP_SUMMARY": str(file)})
    text = file.read_text(encoding="utf-8")
    assert LONGEST_SUMMARY - 200 < len(text.encode()) <= LONGEST_SUMMARY
    assert text.rstrip().endswith("the service takes no longer text.")


def test_a_full_summary_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "summary"
    file.write_text("x" * (LONGEST_SUMMARY - 10), encoding="utf-8")
    write_summary("too much for what is left", {"GITHUB_STEP_SUMMARY": str(file)})
    assert file.stat().st_size == LONGEST_SUMMARY - 10


def test_the_summary_of_a_build_is_a_file_that_the_log_names(tmp_path: Path) -> None:
    folder = tmp_path / "odd;name]"
    folder.mkdir()
    lines: list[str] = []
    environ = {"TF_BUILD": "True", "AGENT_TEMPDIRECTORY": str(folder)}
    for body in ("# Größe \ud800", "other"):
        assert write_summary(body, environ, say=lines.append)
    files = []
    for line in lines:
        found = re.fullmatch(r"##vso\[task\.uploadsummary\](/[^;\]\n]+\.md)\n", line)
        assert found is not None
        files.append(Path(found[1].replace("%3B", ";").replace("%5D", "]")))
    assert [file.read_text(encoding="utf-8") for file in files] == ["# Größe ?", "other"]
    assert {file.parent for file in files} == {folder}


def test_the_line_does_not_go_into_a_report_on_stdout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_summary("x", {"TF_BUILD": "True", "AGENT_TEMPDIRECTORY": str(tmp_path)})
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n")) == ("", 1)
    assert printed.err.startswith("##vso[task.uploadsummary]/")


def test_outside_of_a_run_there_is_no_summary(capsys: pytest.CaptureFixture[str]) -> None:
    assert not write_summary("x", {})
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["GITHUB_STEP_SUMMARY", "AGENT_TEMPDIRECTORY"])
def test_a_summary_that_cannot_be_written_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(CannotAsk, match=rf"^{name}: the summary cannot be written"):
        write_summary("x", {name: str(tmp_path / "no" / "such"), "TF_BUILD": "True"})
