"""`extension-pool images` against local Azure, as of fixed days."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("aiohttp")

from emulator import Store
from emulator.arm.batch_accounts import WELL_KNOWN_KEY
from extension_pool.ops import cli

from .local_azure import local_azure


@pytest.fixture(autouse=True)
def azure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with local_azure(Store.open(tmp_path / "azure")) as url:
        monkeypatch.setenv("AZURE_BATCH_ENDPOINT", url)
        monkeypatch.setenv("AZURE_BATCH_ACCOUNT", "extpoolprod")
        monkeypatch.setenv("AZURE_BATCH_ACCESS_KEY", WELL_KNOWN_KEY)
        yield


def test_an_image_that_ends_soon_is_a_reason_to_act(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["images", "--date", "2026-11-20"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("ending ") and "Batch's support ends on 2027-01-12" in lines[0]
    assert lines[-1].endswith("7 differences to act on")


def test_seen_from_further_away_there_is_nothing_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["images", "--date", "2026-11-20", "--within", "30", "--output", "json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["date"] == "2026-11-20"
    assert {one["kind"] for one in report["images"] if not one["matters"]} <= {"gone", "new", "changed"}
    assert not any(one["matters"] for one in report["images"])


def test_a_day_that_is_none_is_bad_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["images", "--date", "tomorrow"]) == 2
    assert "--date: must be a day" in capsys.readouterr().err


def test_without_an_endpoint_it_cannot_ask(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZURE_BATCH_ENDPOINT")
    assert cli.run(["images"]) == 2
    monkeypatch.setenv("AZURE_BATCH_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setattr("extension_pool.ops.batch.BACKOFF_SECONDS", 0)
    assert cli.run(["images"]) == 3
