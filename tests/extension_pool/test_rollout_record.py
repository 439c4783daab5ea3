"""The state of a pool says how it is rolled out, in the name of a hook."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extension_pool.rollout_record import Record, find_record, render_record
from extension_pool.spec import Rollout


@pytest.mark.parametrize(
    ("rollout", "record"),
    [
        ({}, Record(None, 0, None)),
        ({"strategy": "blue-green"}, Record("100%", 0, "migrate")),
        ({"strategy": "blue-green", "gate": {"enabled": False}}, Record(None, 0, None)),
        ({"gate": {"require": "95.5%"}, "drain": {"jobs": "wait"}}, Record("95.5%", 0, "wait")),
        ({"canary": {"nodes": 3}, "drain": {"enabled": False}}, Record(None, 3, None)),
    ],
)
def test_what_is_written_is_read(rollout: dict[str, Any], record: Record) -> None:
    assert find_record(["extension-pool:before-create", render_record(Rollout.model_validate(rollout))]) == record


@given(st.lists(st.text() | st.none() | st.integers()))
def test_other_hooks_are_no_record(hooks: list[object]) -> None:
    assert find_record(hooks) is None


def test_the_form_stays_since_states_keep_it() -> None:
    rollout = Rollout.model_validate({"strategy": "blue-green", "gate": {"require": "95%"}, "canary": {"nodes": 2}})
    assert render_record(rollout) == "extension-pool:rollout gate=95% canary=2 jobs=migrate"
