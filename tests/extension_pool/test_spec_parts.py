"""Models that are loaded with the first value for them judge as if they stood in the pool."""

import subprocess
import sys
from typing import Any

import pytest
from pydantic import ValidationError

from extension_pool.problems import InvalidInput, Later
from extension_pool.spec import PoolSettings, part_in
from extension_pool.spec.base import Part, parts_of
from extension_pool.spec.tasks import StartTask
from extension_pool.validation import examine, find_model, parse_model

POOL = {"vm_size": "Standard_D2s_v5", "image": "ubuntu-24.04"}
IN_STACK = {"vmSize": "Standard_D2s_v5", "image": "ubuntu-24.04"}
LOADED = """
import sys
from extension_pool.spec import PoolSettings
PoolSettings.model_validate({pool}, by_name=True)
print(*(name for name in ("image", "machines", "network", "scale", "storage", "tasks")
        if f"extension_pool.spec.{{name}}" in sys.modules))
"""


def parsed(tree: dict[str, Any], *, stack_words: bool = False) -> PoolSettings:
    return parse_model(PoolSettings, tree, lambda _: (), stack_words=stack_words)


def problems(tree: dict[str, Any], *, stack_words: bool = False) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        parsed(tree, stack_words=stack_words)
    return [str(problem.sentence()) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("more", "loaded"),
    [
        ({}, ""),
        ({"scale_settings": {"fixed_scale": {"target_dedicated_nodes": 1}}}, "scale"),
        (
            {"start_task": {"command_line": "true"}, "data_disks": [{"lun": 0, "disk_size_gb": 8}]},
            "machines storage tasks",
        ),
    ],
)
def test_a_pool_loads_the_models_of_what_it_has(more: dict[str, Any], loaded: str) -> None:
    program = LOADED.format(pool={**POOL, **more})
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    # a start task has models of storage
    assert ran.stdout.split() == loaded.split()


def test_values_become_their_models() -> None:
    pool = parsed({**POOL, "start_task": {"command_line": "true", "wait_for_success": True}})
    assert isinstance(pool.start_task, StartTask) and pool.start_task.command_line == "true"
    again = PoolSettings.model_validate({**POOL, "start_task": pool.start_task}, by_name=True)
    assert again.start_task is pool.start_task


def test_what_is_wrong_deep_inside_has_its_whole_path_beside_all_else() -> None:
    tree = {
        **POOL,
        "vm_size": "",
        "data_disks": [{"lun": 0, "disk_size_gb": 8}, {"lun": 64, "disk_size_gb": 0}],
        "start_task": {"command_line": "true", "user_identity": {"user_nam": "x"}},
        "network_configuration": [],
    }
    assert problems(tree) == [
        'vm_size: must not be empty, got ""',
        "data_disks[1].lun: must be from 0 to 63, got 64",
        "data_disks[1].disk_size_gb: must be a whole number of 1 or more, got 0",
        "network_configuration: must be a mapping, got []",
        "start_task.user_identity.user_nam: unknown key of start_task.user_identity; did you mean user_name?",
    ]


@pytest.mark.parametrize("stack_words", [True, False])
def test_the_words_of_the_pool_hold_inside_as_well(stack_words: bool) -> None:
    ours, others = ("commandLine", "command_line") if stack_words else ("command_line", "commandLine")
    key = "startTask" if stack_words else "start_task"
    whole = IN_STACK if stack_words else POOL
    assert parsed({**whole, key: {ours: "true"}}, stack_words=stack_words).start_task is not None
    said = problems({**whole, key: {others: "true"}}, stack_words=stack_words)
    assert any(one.startswith(f"{key}.{others}: unknown key of {key}; did you mean {ours}?") for one in said)


def test_rules_still_judge_around_one_that_is_wrong_or_comes_later() -> None:
    pool, faults = examine(PoolSettings, {**POOL, "start_task": 5}, stack_words=False)
    assert pool is not None and isinstance(pool.start_task, StartTask)
    assert isinstance(pool.start_task.command_line, Later)
    assert [fault.path for fault in faults] == [("start_task",)]


def test_no_value_shows_in_the_errors() -> None:
    with pytest.raises(ValidationError) as caught:
        PoolSettings.model_validate({**POOL, "start_task": {"command_line": ["hunter2"]}}, by_name=True)
    assert "hunter2" not in str(caught.value)


def test_whoever_looks_for_the_model_of_an_annotation_finds_it() -> None:
    annotation = parts_of("tasks", "StartTask")["StartTask"]
    assert part_in(annotation) is StartTask
    assert find_model(list[annotation] | None) is StartTask
    assert part_in(str) is None
    assert Part("tasks", "StartTask").model is StartTask
