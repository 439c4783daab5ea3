from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from bench.on_mocks import PROGRAMS, Ran
from bench.through_mocks import (
    COMPONENT,
    CONFIG,
    EMPTY,
    MANY,
    MOST,
    RAW,
    Measured,
    compare,
    compare_first,
    growth,
    no_waiting,
    run_program,
)
from extension_pool.testing import RecordedStack
from extension_pool.testing import run_program as record

CHILDREN = {"azure-native:batch:Pool": 2, "azure-native:authorization:RoleAssignment": 2, "pulumi:pulumi:Stack": 1}
RAN = Ran(first=1.0, first_peak=80.0, more=2.0, more_peak=100.0, registered=CHILDREN)


def measured(**changes: Mapping[str, Any]) -> Measured:
    """Three runs of each program, one much faster and one much slower than the middle one; changes are those of the
    component, of the empty one, of the raw."""
    programs = {COMPONENT: "ours", EMPTY: "empty", RAW: "raw"}
    middle = {program: replace(RAN, **changes.get(key, {})) for program, key in programs.items()}
    around = ({"first": 0.1, "more": 0.1}, {"first": 99.0, "more": 99.0})
    return {program: [one, *(replace(one, **other) for other in around)] for program, one in middle.items()}


def test_the_middle_run_of_the_component_is_compared_with_its_children_and_beside_it_with_bare_resources() -> None:
    time, memory = compare(2, measured(ours={"more": 2.1}, raw={"more": 1.0}))
    assert (time.measured, time.baseline, time.bare) == (2.1, 2.0, 1.0)
    assert (memory.measured, memory.baseline) == (100.0, 100.0)
    assert time.met
    assert memory.met


def test_pools_that_take_a_fifth_more_time_or_memory_than_their_children_miss_the_target() -> None:
    time, memory = compare(MANY, measured(ours={"more": 2.4, "more_peak": 104.0}))
    assert (memory.measured, memory.baseline) == (24.0, 20.0)
    assert not time.met
    assert not memory.met


def test_what_a_process_loads_once_is_not_memory_of_many_pools() -> None:
    _, memory = compare(MANY, measured(ours={"first_peak": 100.0, "more_peak": 121.0}))
    assert (memory.measured, memory.baseline) == (21.0, 20.0)
    assert memory.met


def test_the_first_pool_is_measured_from_the_start_of_python() -> None:
    time, memory = compare_first(measured(ours={"first": 1.2, "first_peak": 90.0}))
    assert (time.measured, time.baseline) == (1.2, 1.0)
    assert (memory.measured, memory.baseline) == (90.0, 80.0)


@pytest.mark.parametrize("which", ["ours", "empty", "raw"])
@pytest.mark.parametrize("made", [{}, {**CHILDREN, "azure-native:batch:Pool": 1}])
def test_times_of_programs_that_made_other_resources_count_for_nothing(which: str, made: Mapping[str, int]) -> None:
    wrong = measured(**{which: {"registered": made}})
    for row in (*compare(2, wrong), *compare(MANY, wrong), *compare_first(wrong), growth({2: measured(), 4: wrong})):
        assert not row.met
    assert "did not make the same resources" in next(compare(2, wrong)).note


def test_growth_is_how_much_more_a_pool_takes_among_many_than_that_of_its_children() -> None:
    few = measured()
    fair = growth({1: few, 100: few, 400: measured(ours={"more": 12.0}, empty={"more": 12.0})})
    assert (fair.measured, fair.baseline) == (1.5, 1.5)
    assert fair.met
    assert not growth({100: few, 400: measured(ours={"more": 12.0 * (MOST + 0.1)}, empty={"more": 12.0})}).met


@pytest.mark.parametrize("program", [COMPONENT, EMPTY, RAW])
def test_each_program_makes_as_many_pools_as_it_is_asked_for(program: str) -> None:
    ran = run_program(program, 2)
    assert ran.registered["azure-native:batch:Pool"] == 2
    assert ran.registered["azure-native:authorization:RoleAssignment"] == 2
    assert ran.registered["azure-native:managedidentity:UserAssignedIdentity"] == 2
    assert 0 < ran.more < ran.first
    assert 0 < ran.first_peak <= ran.more_peak


def test_a_program_that_fails_says_why() -> None:
    with pytest.raises(RuntimeError, match="no_such_program"):
        run_program("no_such_program.py", 1)


def test_the_baseline_has_the_same_children_with_the_same_inputs_options_and_look_ups() -> None:
    config = {**CONFIG, "pools": 2}
    with no_waiting():
        ours = record(PROGRAMS / COMPONENT, config=config, project="bench")
        empty = record(PROGRAMS / EMPTY, config=config, project="bench")
    assert len(ours.resources()) == 8
    assert {one.urn: said(one) for one in ours.resources()} == {one.urn: said(one) for one in empty.resources()}
    assert looked_up(ours) == looked_up(empty) != []


def said(resource: Any) -> tuple[Any, ...]:
    return (resource.type, resource.inputs, resource.outputs, resource.options)


def looked_up(stack: RecordedStack) -> list[str]:
    # in which order the answers are asked for is chance
    return sorted(f"{call.token} {call.arguments}" for call in stack.calls)
