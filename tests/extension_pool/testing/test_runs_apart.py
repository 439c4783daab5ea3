"""Runs of programs, one after the other in one process: each gets what it was given, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_azure_native import resources

from extension_pool import InvalidPoolError
from extension_pool.testing import Azure, run_program
from extension_pool.testing.monitor import RecordingMonitor
from extension_pool.testing.tokens import RESOURCE_GROUP
from tests.extension_pool.testing.programs import render


def test_nothing_of_a_run_is_left_for_the_next() -> None:
    before = [pulumi.get_stack(), pulumi.get_project(), pulumi.runtime.is_dry_run(), pulumi.Config("x").get("y")]

    def program() -> dict[str, Any]:
        return {"y": pulumi.Config("x").get("y")}

    assert run_program(program, config={"x:y": "z"}, stack="s", project="p", preview=True).exports == {"y": "z"}
    assert run_program(program).exports == {}
    after = [pulumi.get_stack(), pulumi.get_project(), pulumi.runtime.is_dry_run(), pulumi.Config("x").get("y")]
    assert after == before


def test_a_failed_run_leaves_nothing_either() -> None:
    for _ in range(3):
        with pytest.raises(InvalidPoolError):
            run_program(lambda: render(vm_size=5))
    first, second = run_program(render), run_program(render)
    assert len(first.hooks) == len(set(first.hooks)) and first.hooks == second.hooks
    assert [one.inputs for one in first.resources()] == [one.inputs for one in second.resources()]
    assert [one.options for one in first.resources()] == [one.options for one in second.resources()]


def test_two_threads_take_turns() -> None:
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(len(run_program(render).resources()))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [4, 4, 4]


def test_mocks_of_ones_own_before_a_run_are_there_after_it() -> None:
    class Mine(pulumi.runtime.Mocks):
        def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
            return "mine", args.inputs

        def call(self, args: pulumi.runtime.MockCallArgs) -> Any:
            return {}

    def within() -> tuple[Any, Any]:
        pulumi.runtime.set_mocks(Mine(), project="own", stack="own")
        monitor = pulumi.runtime.settings.get_monitor()
        run_program(render)
        return pulumi.get_project(), pulumi.runtime.settings.get_monitor() is monitor

    assert contextvars.copy_context().run(within) == ("own", True)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3),
    max_leaves=8,
)


@given(value=JSON)
def test_every_configuration_value_comes_out_as_it_went_in(value: Any) -> None:
    def program() -> dict[str, Any]:
        text = pulumi.Config().require("value")
        return {"value": text if isinstance(value, str) else json.loads(text)}

    found = run_program(program, config={"value": value}).exports
    # the engine knows no exports without a value
    assert found.get("value") == value


def test_what_a_program_says_is_kept_with_its_severity() -> None:
    def program() -> None:
        pulumi.log.info("for your information")
        pulumi.log.error("bad", render())

    stack = run_program(program)
    assert [(one.severity, one.text) for one in stack.messages if one.severity != "warning"] == [
        ("info", "for your information"),
        ("error", "bad"),
    ]
    assert [one.urn.rsplit("::", 1)[-1] for one in stack.messages if one.severity == "error"] == ["render"]
    # the component's own notices: the agent says not as whom it signs in
    assert any("signs in" in text for text in stack.warnings)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files are counted in /proc")
def test_many_runs_keep_no_files_open() -> None:
    def opened() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    for _ in range(5):
        run_program(render)
    before = opened()
    for _ in range(15):
        run_program(render)
    # a worker thread more opens three
    assert opened() - before < 15


def fail() -> None:
    with pytest.raises(InvalidPoolError):
        run_program(lambda: render(pool_name=pulumi.Output.from_input("a b")))


def test_runs_do_not_pile_up_in_memory() -> None:
    def left_after(runs: int) -> int:
        for _ in range(runs):
            run_program(render)
            fail()
        gc.collect()
        return sum(isinstance(one, RecordingMonitor) for one in gc.get_objects())

    # the SDK and grpc keep a few of the last ones
    assert left_after(6) - left_after(2) <= 2


def test_a_failed_program_is_told_once_and_not_again_when_its_futures_are_collected(
    caplog: pytest.LogCaptureFixture,
) -> None:
    fail()
    gc.collect()
    assert [one for one in caplog.records if one.name == "asyncio"] == []


def test_what_azure_refuses_besides_is_not_told_again_either(caplog: pytest.LogCaptureFixture) -> None:
    def refuse(inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        raise RuntimeError("QuotaReached")

    def program() -> None:
        for name in ("a", "b", "c"):
            resources.ResourceGroup(name)

    with pytest.raises(RuntimeError, match="QuotaReached"):
        run_program(program, azure=Azure(states={RESOURCE_GROUP: refuse}))
    run_program(render)
    gc.collect()
    assert [one.getMessage() for one in caplog.records if one.name == "asyncio"] == []


def test_what_other_code_leaves_unawaited_is_still_told(caplog: pytest.LogCaptureFixture) -> None:
    run_program(render)
    lost = asyncio.get_event_loop().create_future()
    lost.set_exception(ValueError("of someone else"))
    del lost
    gc.collect()
    assert [one.name for one in caplog.records] == ["asyncio"]
