"""Mistakes in a stack file: all named at once, by their places in the file, and nothing is made."""

from collections.abc import Callable

import pytest

from tests.on_engine.config import pool, stack
from tests.on_engine.stack import EngineStack

WRONG = {
    **stack(
        linux=pool(
            vmSize=5,
            image="ubuntu-24.4",
            imgae="x",
            keyVaultCertificates=["http://kv-test/tls"],
            extensions=[{"name": "script", "publisher": "Microsoft.Azure.Extensions", "type": "CustomScript"}],
        ),
        windows=pool(
            vmSize=None,
            image="windows-server-2022",
            extensions=[{"name": "kv", "publisher": "Microsoft.Azure.KeyVault", "type": "KeyVaultForLinux"}],
        ),
    ),
    "pols": {},
}

SENTENCES = """\
stacks/Pulumi.test.yaml has 8 problems; nothing has been changed:
extension-pool:pools.linux.vmSize: must be a string, got 5
extension-pool:pools.linux.image: unknown image, got "ubuntu-24.4"; did you mean ubuntu-24.04?
extension-pool:pools.linux.imgae: unknown key of pools.linux; did you mean image?
extension-pool:pools.linux.keyVaultCertificates[0]: must be the URL of a secret in a key vault, got "http://kv-test/tls"
extension-pool:pools.linux.extensions[0].type: custom script extensions are reserved for Azure Batch itself, got "Custom
extension-pool:pools.windows.vmSize: required, but missing; add it
extension-pool:pools.windows.extensions[0].type: is an extension for linux, but the image is windows, got "KeyVaultForLi
extension-pool:pols: unknown key; did you mean extension-pool:pools?
"""


@pytest.mark.parametrize("command", [("preview",), ("up", "--yes", "--skip-preview"), ("up", "--yes")])
def test_all_mistakes_are_named_and_nothing_is_made(
    new_stack: Callable[..., EngineStack], command: tuple[str, ...]
) -> None:
    made = new_stack()
    made.configure(WRONG)
    printed = made.pulumi(*command, check=False)
    for sentence in SENTENCES.splitlines():
        assert sentence in printed
    assert "Traceback" not in printed
    assert made.store.operations() == []
    assert "azure-native" not in made.export()


def test_the_right_file_after_the_wrong_one_goes_through(new_stack: Callable[..., EngineStack]) -> None:
    made = new_stack()
    made.configure(WRONG)
    made.up_fails()
    made.configure(stack(linux=pool()))
    made.up()
    assert made.verbs(0, "pools/linux") == ["PUT"]


def test_an_account_that_is_not_there_is_named(new_stack: Callable[..., EngineStack]) -> None:
    made = new_stack()
    made.configure({**stack(linux=pool()), "batchAccount": {"name": "absent", "resourceGroup": "rg-batch-prod"}})
    printed = made.up_fails()
    assert "ResourceNotFound" in printed and "absent" in printed
    assert made.verbs(0, "pools/linux") == []
