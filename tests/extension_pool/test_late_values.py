"""What is known only later is checked as soon as it is known, in the same words, and a secret is never shown."""

from typing import Any

import pulumi
import pytest

from extension_pool import ExtensionPool, InvalidPoolError
from extension_pool.extensions import ApplicationHealthLinux, KeyVaultForLinux
from extension_pool.extensions.health import RichHealthSettings
from extension_pool.extensions.key_vault_settings import (
    AuthenticationSettings,
    KeyVaultForLinuxSettings,
    LinuxCertificate,
    LinuxSecrets,
)
from extension_pool.problems import InvalidInput, Later, Problem, without_value
from extension_pool.spec import PoolSettings
from extension_pool.testing import Secret, run_program
from extension_pool.testing.tokens import POOL
from extension_pool.validation import became_known, replace_at
from tests.extension_pool.test_pool import arguments, build, extensions_of

URL = "https://kv1.vault.azure.net/secrets/tls"
HEALTH = {"name": "health", "publisher": "Microsoft.ManagedServices", "type": "ApplicationHealthLinux"}

CLIENT_ID = "11111111-1111-1111-1111-111111111111"

known = pulumi.Output.from_input
each_run = pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])


def refused(preview: bool = False, **changes: Any) -> str:
    """What an update or a preview dies of."""
    with pytest.raises(InvalidPoolError) as caught:
        run_program(lambda: ExtensionPool("render", arguments(**changes)), preview=preview)
    return str(caught.value)


@each_run
@pytest.mark.parametrize(
    ("changes", "value"),
    [
        (lambda value: {"key_vault_certificates": [{"url": value}]}, "http://kv1/tls"),
        (lambda value: {"pool_name": value}, "a b"),
        (lambda value: {"task_slots_per_node": value}, 257),
        (lambda value: {"scale_settings": {"auto_scale": {"formula": "x", "evaluation_interval": value}}}, "PT1M"),
        (
            lambda value: {
                "extensions": [{**HEALTH, "settings": {"protocol": "http", "requestPath": "/", "port": value}}]
            },
            70000,
        ),
        (lambda value: {"extensions": [{**HEALTH, "settings": value}]}, {"protocol": "http", "port": 80}),
    ],
    ids=["certificate", "pool name", "slots", "interval", "setting", "all settings"],
)
def test_a_bad_value_ends_the_run_with_the_sentence_that_it_has_when_it_is_plain(
    changes: Any, value: Any, preview: bool
) -> None:
    plain: list[str] = []

    def program() -> None:
        with pytest.raises(InvalidPoolError) as caught:
            ExtensionPool("render", arguments(**changes(value)))
        plain.append(str(caught.value))

    run_program(program)
    assert refused(preview, **changes(known(value))) == plain[0]


def test_rules_over_several_values_judge_it_too() -> None:
    disks = [{"lun": 0, "disk_size_gb": 1}, {"lun": known(0), "disk_size_gb": 1}]
    assert "data_disks[0].lun: used by another entry too" in refused(data_disks=disks)


def test_a_good_value_passes_in_the_form_of_its_type() -> None:
    stack = build(
        key_vault_extension={"polling_interval_in_s": known(300.0)},
        scale_settings={"fixed_scale": {"target_dedicated_nodes": known(2.0)}},
    )
    management = extensions_of(stack)[0]["settings"]["secretsManagementSettings"]
    assert management["pollingIntervalInS"] == "300"
    assert stack.only(POOL).inputs["scaleSettings"]["fixedScale"]["targetDedicatedNodes"] == 2


def test_a_secret_stays_secret_at_its_leaf_and_is_not_shown_when_it_is_bad() -> None:
    good = extensions_of(build(key_vault_certificates=[{"url": pulumi.Output.secret(URL)}]))[0]
    (certificate,) = good["settings"]["secretsManagementSettings"]["observedCertificates"]
    assert isinstance(certificate["url"], Secret) and not isinstance(certificate, Secret)

    text = refused(key_vault_certificates=[{"url": pulumi.Output.secret("hunter2")}])
    assert "hunter2" not in text
    assert "key_vault_certificates[0].url: must be the URL of a secret in a key vault" in text


def test_what_a_program_awaits_is_checked_as_well() -> None:
    async def wait() -> str:
        return "a b"

    with pytest.raises(InvalidPoolError, match="pool_name: must be 1 to 64"):
        run_program(lambda: ExtensionPool("render", arguments(pool_name=wait())))


def test_typed_extensions_stand_wherever_plain_ones_do() -> None:
    def program() -> None:
        typed = KeyVaultForLinux(
            name="typed",
            settings=KeyVaultForLinuxSettings(
                secrets_management_settings=LinuxSecrets(
                    polling_interval_in_s="3600",
                    observed_certificates=[LinuxCertificate(url=known(URL))],  # type: ignore[arg-type]
                ),
                authentication_settings=AuthenticationSettings(msi_client_id=known(CLIENT_ID)),  # type: ignore[arg-type]
            ),
        )
        health = ApplicationHealthLinux(settings=RichHealthSettings(protocol="tcp", port=8099))
        ExtensionPool(
            "render", arguments(extensions=[typed, health], key_vault_access=None, key_vault_certificates=None)
        )

    health, typed = extensions_of(run_program(program))
    assert (health["type"], health["settings"]) == ("ApplicationHealthLinux", {"protocol": "tcp", "port": 8099})
    assert typed["settings"] == {
        "secretsManagementSettings": {"pollingIntervalInS": "3600", "observedCertificates": [{"url": URL}]},
        "authenticationSettings": {
            "msiEndpoint": "http://169.254.169.254/metadata/identity",
            "msiClientId": CLIENT_ID,
        },
    }


def test_an_output_inside_a_typed_extension_is_checked_when_it_is_known() -> None:
    def program() -> None:
        settings = RichHealthSettings(protocol="tcp", port=known(0))  # type: ignore[arg-type]
        ExtensionPool("render", arguments(extensions=[ApplicationHealthLinux(settings=settings)]))

    with pytest.raises(InvalidPoolError, match=r"extensions\[0\].settings.port: must be from 1 to 65535, got 0"):
        run_program(program)


def test_settings_as_a_json_string_reach_azure_as_an_object_and_no_word_of_ours_does() -> None:
    plain = {**HEALTH, "settings": '{"protocol": "tcp", "port": 8099}', "allow_unlisted": True}
    (extension,) = extensions_of(build(extensions=[plain], key_vault_certificates=None))
    assert extension["settings"] == {"protocol": "tcp", "port": 8099}
    assert set(extension) == {"name", "publisher", "type", "settings"}


def test_a_json_string_that_is_no_object_is_refused() -> None:
    for text in ("", "hello", "[1]", "null", '{"a": 1', "[" * 100_000):

        def program(text: str = text) -> None:
            with pytest.raises(InvalidPoolError, match=r"settings: must be a mapping, not a string"):
                ExtensionPool("render", arguments(extensions=[{**HEALTH, "settings": text}]))

        run_program(program)


def test_a_tree_is_judged_again_with_what_became_known() -> None:
    tree = {"vm_size": Later("output"), "image": "ubuntu-24.04", "pool_name": Later("output")}
    assert became_known(PoolSettings, tree, ("pool_name",), "good", lambda _: []) == ("good", [])
    _, problems = became_known(PoolSettings, tree, ("pool_name",), "a b", lambda _: [])
    assert [problem.path for problem in problems] == [("pool_name",)]
    assert isinstance(tree["pool_name"], Later)


def test_a_value_is_put_at_its_path_and_nowhere_else() -> None:
    tree = {"a": [{"b": 1}, {"b": 2}], "c": 3}
    assert replace_at(tree, ("a", 1, "b"), 9) == {"a": [{"b": 1}, {"b": 9}], "c": 3}
    assert replace_at(tree, (), 9) == 9


def test_nothing_of_a_secret_is_left_in_the_words_of_its_problems() -> None:
    problem = Problem(("a",), "required with hunter2, but missing", "hunter2", "hunter2", "use hunter2")
    assert [one.sentence() for one in without_value([problem], {"x": ["hunter2"]})] == ["a: breaks a rule"]
    other = Problem(("a",), "must be a string", 5)
    assert str(InvalidInput(without_value([other], "hunter2"))) == "a: must be a string"
