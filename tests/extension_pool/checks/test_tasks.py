"""Users and the start task."""

from typing import Any

import pytest

from extension_pool.problems import Findings, Later

from .pools import findings, notices, problems


def user(name: Any = "app", **more: Any) -> dict[str, Any]:
    return {"name": name, "password": Later("secret"), **more}


def runs_as(**identity: Any) -> dict[str, Any]:
    return {"start_task": {"command_line": "x", "user_identity": identity}}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"user_accounts": [user("app"), user("App")]}, 'user_accounts[0].name: used by another entry too, got "app"'),
        (
            {"user_accounts": [user(linux_user_configuration={"uid": 1000})]},
            "user_accounts[0].linux_user_configuration.gid: uid and gid go together",
        ),
        (
            {"user_accounts": [user(windows_user_configuration={"login_mode": "Batch"})]},
            "user_accounts[0].windows_user_configuration: is for Windows, but the image is linux",
        ),
        (runs_as(), "start_task.user_identity: must have exactly one of user_name, auto_user"),
        (runs_as(user_name="app", auto_user={}), "start_task.user_identity: must have exactly one of"),
    ],
)
def test_what_is_refused(changes: dict[str, Any], sentence: str) -> None:
    found = problems(**changes)
    assert found and found[0].startswith(sentence), found


@pytest.mark.parametrize(
    "changes",
    [
        {"user_accounts": [user(linux_user_configuration={"uid": 1, "gid": 1}), user("b")]},
        {
            "image": "windows-server-2022",
            "user_accounts": [user(windows_user_configuration={"login_mode": "Batch"})],
        },
        {"user_accounts": [user()], **runs_as(user_name="App")},
        {"user_accounts": [user(Later("later"))], **runs_as(user_name="app")},
        runs_as(auto_user={"elevation_level": "Admin"}),
    ],
)
def test_what_passes(changes: dict[str, Any]) -> None:
    assert findings(**changes) == Findings()


def test_what_has_no_effect_warns() -> None:
    linux = {"image": "windows-server-2022", "user_accounts": [user(linux_user_configuration={})]}
    assert notices(**linux) == ["user_accounts[0].linux_user_configuration: has no effect on a Windows image"]


def test_a_user_that_is_not_there_warns() -> None:
    assert notices(**runs_as(user_name="app")) == [
        "start_task.user_identity.user_name: is no user of user_accounts: app"
    ]


def test_an_environment_setting_that_is_given_twice_warns() -> None:
    def start(*names: str) -> dict[str, Any]:
        settings = [{"name": name, "value": "1"} for name in names]
        return {"start_task": {"command_line": "true", "environment_settings": settings}}

    assert len(notices(**start("A", "B", "A"))) == 2
    # Linux tells case apart
    assert notices(**start("A", "a")) == []
