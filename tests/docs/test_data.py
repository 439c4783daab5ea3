"""Every block of YAML or JSON on a page is data that its reader takes: Pulumi, the component, a pipeline, Azure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest
import yaml

from extension_pool.ops.review.rules import parse_rules
from extension_pool.problems import InvalidInput
from extension_pool.stack_config import NAMESPACE, parse_stack_config
from policy.configuration import parse_configuration
from tests.docs.commands import PROGRAMS, judge
from tests.docs.console import simple_commands, steps_of
from tests.docs.pages import Block, all_blocks

DATA = all_blocks("yaml", "yml", "json")
POOL = {
    "image": "ubuntu-24.04",
    "vmSize": "Standard_D4s_v5",
    "scaleSettings": {"fixedScale": {"targetDedicatedNodes": 1}},
}
STACK = {
    "resourceGroup": {"name": "rg-batch"},
    "batchAccount": {"name": "mybatchaccount"},
    "keyVault": {"name": "kv-certificates"},
}


def problems_of(block: Block) -> list[str]:
    """What is wrong with a block, by whoever reads it."""
    tree = json.loads(block.text) if block.language == "json" else yaml.safe_load(block.text)
    if isinstance(tree, list):
        return _steps(block, tree)
    if not isinstance(tree, Mapping):
        return [f"{block.place}: neither a mapping nor a list"]
    for key, read in READERS.items():
        if key in tree:
            return [f"{block.place}: {problem}" for problem in read(block, dict(tree))]
    if all(isinstance(one, Mapping) and set(one) <= _pool_keys() for one in tree.values()):
        return [f"{block.place}: {problem}" for problem in _stack(block, {f"{NAMESPACE}:pools": tree})]
    if block.language == "json" and block.page == "docs/policy.md":
        return [f"{block.place}: {problem}" for problem in _policy(block, dict(tree))]
    return [f"{block.place}: nobody knows who reads this; is there a reader in tests/docs/test_data.py?"]


def _stack(block: Block, keys: dict[str, Any]) -> list[str]:
    """A stack file, or an excerpt: what an excerpt leaves out is filled in."""
    values = {key.partition(":")[2]: value for key, value in keys.items() if key.startswith(f"{NAMESPACE}:")}
    others = [key for key in keys if ":" not in key]
    pools = {name: {**POOL, **(pool or {})} for name, pool in (values.get("pools") or {"render": {}}).items()}
    for pool in pools.values():
        for other in (pool.get("rollout") or {}).get("after") or []:
            if other not in pools:
                pools = {**pools, other: POOL}
    try:
        parse_stack_config({**STACK, **values, "pools": pools}, date(2026, 11, 1))
    except InvalidInput as error:
        return [problem.sentence() for problem in error.problems]
    return [f"{key}: a key of a stack file has a namespace" for key in others]


def _stack_file(block: Block, tree: dict[str, Any]) -> list[str]:
    if "name" in tree:  # a Pulumi.yaml with configuration of its own
        return _project(block, tree)
    if any(key.startswith(f"{NAMESPACE}:") for key in tree["config"]):
        return _stack(block, tree["config"])
    return [f"{key}: a key of a stack file has a namespace" for key in tree["config"] if ":" not in key]


# https://www.pulumi.com/docs/iac/concepts/projects/project-file/
PROJECT = frozenset(
    (
        *("name", "runtime", "description", "main", "stackConfigDir", "config", "packages", "plugins", "template"),
        *("backend", "options", "resources", "variables", "outputs"),
    )
)


def _project(block: Block, tree: dict[str, Any]) -> list[str]:
    return [f"{key}: no key of Pulumi.yaml" for key in tree if key not in PROJECT]


def _rules(block: Block, tree: dict[str, Any]) -> list[str]:
    try:
        parse_rules(block.text, "review.yaml")
    except Exception as error:
        return [str(error)]
    return []


def _policy(block: Block, tree: dict[str, Any]) -> list[str]:
    try:
        parse_configuration(tree)
    except InvalidInput as error:
        return [problem.sentence() for problem in error.problems]
    return []


# https://learn.microsoft.com/azure/role-based-access-control/custom-roles
ROLE = frozenset(
    (
        *("Name", "Id", "IsCustom", "Description", "AssignableScopes"),
        *("Actions", "NotActions", "DataActions", "NotDataActions"),
    )
)
ACTIONS = {
    *(f"Microsoft.Batch/batchAccounts/pools/{verb}" for verb in ("read", "write", "delete")),
    "Microsoft.Batch/batchAccounts/pools/disableAutoscale/action",
    "Microsoft.Batch/batchAccounts/pools/stopResize/action",
    "Microsoft.Batch/batchAccounts/read",
}
"""https://learn.microsoft.com/azure/role-based-access-control/permissions/compute#microsoftbatch"""


def _role(block: Block, tree: dict[str, Any]) -> list[str]:
    unknown = [f"{key}: no field of a role" for key in tree if key not in ROLE]
    strange = [one for one in tree["Actions"] if one not in ACTIONS]
    return unknown + [f"{action}: no action of Batch that is known here" for action in strange]


def _workflow(block: Block, tree: dict[str, Any]) -> list[str]:
    """Every command that a pipeline's steps run is one that its program takes."""
    found: list[str] = []

    def look(node: Any) -> None:
        if isinstance(node, Mapping):
            for key in ("run", "script", "bash", "inlineScript"):
                if isinstance(node.get(key), str):
                    found.extend(_script(block, node[key]))
            for value in node.values():
                look(value)
        elif isinstance(node, list):
            for value in node:
                look(value)

    look(tree)
    return found


def _steps(block: Block, tree: list[Any]) -> list[str]:
    known = {"run", "uses", "script", "bash", "task", "checkout", "template", "job"}
    strange = [f"{block.place}: {one}: no step of a pipeline" for one in tree if not set(one) & known]
    return strange + _workflow(block, {"steps": tree})


def _script(block: Block, text: str) -> list[str]:
    lines = Block(block.page, block.line, "console", "\n".join(f"$ {line}" for line in text.strip().splitlines()))
    simples = [simple for step in steps_of(lines, PROGRAMS) for simple in simple_commands(step.command)]
    return [problem for simple in simples if simple.words[:1] != ("if",) and (problem := judge(simple))]


def _pool_keys() -> set[str]:
    from extension_pool.stack_config import Pool

    return {str(field.alias or name) for name, field in Pool.model_fields.items()}


READERS: Mapping[str, Callable[[Block, dict[str, Any]], list[str]]] = {
    "config": _stack_file,
    f"{NAMESPACE}:pools": _stack,
    "environments": _rules,
    "runtime": _project,
    "jobs": _workflow,
    "steps": _workflow,
    "stages": _workflow,
    "DataActions": _role,
}


@pytest.mark.parametrize("block", DATA, ids=lambda block: block.place)
def test_a_reader_who_copies_data_is_understood(block: Block) -> None:
    problems = problems_of(block)
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        ("yaml", "render: {rollout: {strategy: green}}", "strategy"),
        ("yaml", "config: {extension-pool:pools: {render: {vmSiz: a}}}", "did you mean vmSize"),
        ("yaml", "render: {colour: green}", "nobody knows"),
        ("yaml", "environments: {prod: {replace: sometimes}}", "replace"),
        ("yaml", "- run: extension-pool gat", "no command"),
        ("json", '{"DataActions": [], "Actions": ["Microsoft.Batch/fly"]}', "no action"),
        ("yaml", "name: a\nruntime: python\nstack: b", "no key of Pulumi.yaml"),
    ],
)
def test_data_with_a_mistake_is_found(language: str, text: str, said: str) -> None:
    assert said in "\n".join(problems_of(Block("docs/made-up.md", 1, language, text)))


def test_no_block_is_in_a_language_that_nobody_checks() -> None:
    checked = {"console", "bash", "sh", "", "text", "markdown", "diff", "python", "yaml", "yml", "json"}
    assert [block.place for block in all_blocks() if block.language not in checked] == []
