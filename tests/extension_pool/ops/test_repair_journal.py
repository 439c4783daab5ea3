"""What a repair writes down before it switches something off."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extension_pool.ops.errors import BadUsage
from extension_pool.ops.repair_journal import (
    Saved,
    Scale,
    journal_path,
    open_journal,
    parse_saved,
    read_saved,
    render_saved,
)

NODES = st.none() | st.integers(0, 10_000)
SCALES = st.builds(Scale, NODES, NODES, st.none() | st.text(), st.text(max_size=8))
CREATED = st.sampled_from(["", "2026-11-20T08:00:00+00:00", "2026-11-20T08:00:00.123456+00:00"])
TAKEN = st.tuples(st.integers(0, 100), st.integers(0, 100))
ALL = st.builds(Saved, st.text(), st.text(), CREATED, st.none() | SCALES, TAKEN, st.lists(st.text()).map(tuple))


@given(ALL)
def test_what_was_written_is_read_again(saved: Saved) -> None:
    assert parse_saved(render_saved(saved)) == saved


@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(str))
def test_no_other_text_is_taken_for_a_journal(text: str) -> None:
    with pytest.raises(ValueError):
        parse_saved(text)


@pytest.mark.parametrize(
    "change",
    [
        ('"version": 1', '"version": 2'),
        ('"taken": [', '"taken": [1,'),
        ('"created": ""', '"created": "yesterday"'),
        ('"dedicated": 4', '"dedicated": "4"'),
        ('"dedicated": 4', '"dedicated": -4'),
        ('"dedicated": 4', '"dedicated": true'),
        ('"fenced": []', '"fenced": [1]'),
    ],
)
def test_a_journal_that_somebody_edited_is_refused(change: tuple[str, str]) -> None:
    text = render_saved(Saved("linux", "acct", scale=Scale(4, 0)))
    assert change[0] in text
    with pytest.raises(ValueError):
        parse_saved(text.replace(*change))


def test_a_broken_journal_says_what_to_do(tmp_path: Path) -> None:
    path = journal_path("acct", "linux", tmp_path)
    path.write_text("{")
    with pytest.raises(BadUsage, match=r"see that the pool scales as it should .* then delete the file"):
        read_saved(path)


def test_the_file_is_there_as_long_as_there_is_something_to_put_back(tmp_path: Path) -> None:
    folder = tmp_path / ".extension-pool"
    path = journal_path("acct", "linux", folder)
    something = Saved("linux", "acct", fenced=("n1",))
    with open_journal("acct", "linux", folder) as journal:
        assert not journal.left and not path.exists()
        journal.save(something)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with open_journal("acct", "linux", folder) as journal:
        assert journal.left and journal.saved == something
        journal.save(Saved("linux", "acct"))
    assert [file.name for file in folder.iterdir()] == [".gitignore"]


def test_the_folder_keeps_itself_out_of_version_control(tmp_path: Path) -> None:
    with open_journal("acct", "linux", tmp_path / "new"):
        assert (tmp_path / "new" / ".gitignore").read_text() == "*\n"


def test_a_journal_that_cannot_be_written_is_an_error_before_anything_is_switched_off(tmp_path: Path) -> None:
    with open_journal("acct", "linux", tmp_path) as journal:
        journal.path.with_suffix(".tmp").mkdir()
        with pytest.raises(BadUsage, match="must be a file that can be written"):
            journal.save(Saved("linux", "acct", fenced=("n1",)))
        assert journal.saved.empty


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadUsage, match="run it in another folder"), open_journal("acct", "linux", tmp_path / "file"):
        pass


def test_only_one_process_has_the_journal_of_a_pool(tmp_path: Path) -> None:
    with open_journal("acct", "linux", tmp_path):
        with pytest.raises(BadUsage, match="another process repairs 'linux'"), open_journal("acct", "linux", tmp_path):
            pass
        with open_journal("acct", "windows", tmp_path):
            pass
    with open_journal("acct", "linux", tmp_path):
        pass


def test_names_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    assert journal_path("../x:1", "Linux", tmp_path) == tmp_path / "repair-.._x_1-linux.json"
