"""Secrets of a stack file reach Azure and are found nowhere else."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.on_engine.config import MONITOR, pool, stack
from tests.on_engine.stack import EngineStack

FIRST, SECOND, SETTING = "hunter-two-protected", "correct-horse-protected", "battery-staple-setting"
AT = "extension-pool:pools.linux.extensions[0]"


@pytest.fixture(scope="module")
def rotated(new_stack: Callable[..., EngineStack]) -> EngineStack:
    """A stack with two secrets, one of them rotated after the first update."""
    made = new_stack()
    made.configure(stack(linux=pool(extensions=[{**MONITOR, "settings": {"plain": "in-the-clear"}}])))
    made.keep_secret(f"{AT}.protectedSettings.proxyPassword", FIRST)
    made.keep_secret(f"{AT}.settings.secretSetting", SETTING)
    made.up()
    made.keep_secret(f"{AT}.protectedSettings.proxyPassword", SECOND)
    return made


def files_with(folder: Path, text: str) -> list[str]:
    return [str(path) for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


def test_a_rotated_protected_setting_replaces_the_pool_and_shows_nowhere(rotated: EngineStack) -> None:
    since = rotated.last_operation()
    step = rotated.preview()["linux-pool"]
    assert step["op"] == "replace"
    (place,) = step["detailedDiff"]
    assert place.startswith("deploymentConfiguration.virtualMachineConfiguration.extensions[0].protectedSettings")
    assert "[secret]" in rotated.pulumi("preview", "--diff")
    rotated.up()
    assert rotated.verbs(since, "pools/linux") == ["DELETE", "PUT"]

    extensions = rotated.body("pools/linux")["properties"]["deploymentConfiguration"]["virtualMachineConfiguration"]
    arrived = extensions["extensions"][0]["protectedSettings"]["proxyPassword"]
    assert arrived == "sha256:" + hashlib.sha256(SECOND.encode()).hexdigest()

    rotated.export()
    rotated.outputs()
    rotated.pulumi("stack", "history", "--json")
    rotated.pulumi("refresh", "--yes", "--diff")
    for secret in (FIRST, SECOND):
        assert secret not in rotated.printed
        assert files_with(rotated.file.parents[2], secret) == []


def test_a_secure_value_among_plain_settings_stays_secret_in_the_state(rotated: EngineStack) -> None:
    rotated.up()
    assert SETTING not in rotated.printed + rotated.export()
    assert files_with(rotated.local.work / "state", SETTING) == []
    resources = json.loads(rotated.export())["deployment"]["resources"]
    inputs = next(one for one in resources if one["type"] == "azure-native:batch:Pool")["inputs"]
    # the engine encrypts a list as a whole when something in it is secret
    assert inputs["deploymentConfiguration"]["virtualMachineConfiguration"]["extensions"]["ciphertext"]


def test_the_twin_without_secure_stands_in_the_clear(new_stack: Callable[..., EngineStack]) -> None:
    made = new_stack()
    made.configure(stack(linux=pool(extensions=[{**MONITOR, "settings": {"secretSetting": SETTING}}])))
    made.up()
    assert files_with(made.local.work / "state", SETTING) != []
