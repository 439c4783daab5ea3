"""How changes are rolled out."""

from .pools import extension, notices, problems


def test_a_blue_green_pool_needs_room_in_its_name() -> None:
    green = {"strategy": "blue-green"}
    assert problems(pool_name="a" * 56, rollout=green) == [
        f'pool_name: must be at most 55 characters with the strategy blue-green, which adds nine, got "{"a" * 56}"; '
        "shorten it"
    ]
    assert problems(pool_name="a" * 55, rollout=green) == []
    assert problems(pool_name="a" * 56, rollout={"strategy": "delete-first"}) == []
    assert problems(pool_name="a" * 56) == []


def test_a_version_of_nothing_deserves_a_warning() -> None:
    versioned = extension("AzureMonitorLinuxAgent", protected_settings_version="1")
    assert notices(extensions=[versioned])[0] == (
        "extensions[0].protected_settings_version: has no effect: the extension has no protected_settings"
    )
    assert not [
        one
        for one in notices(extensions=[{**versioned, "protected_settings": {"proxy": {}}}])
        if "has no effect" in one
    ]
