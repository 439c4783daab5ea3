"""What a type is stands in one list, and the models of its settings are loaded when they are asked for."""

import subprocess
import sys
from importlib import import_module

import pytest

from extension_pool import extensions
from extension_pool.extensions import REGISTRY, ExtensionType, TypedExtension

each_kind = pytest.mark.parametrize("kind", REGISTRY, ids=lambda kind: kind.model_path)
FAMILIES = sorted({kind.model_path.partition(".")[0] for kind in REGISTRY})
# A pool with certificates and without other extensions, judged by all rules.
POOL = """
import sys
from datetime import date
from extension_pool.checks import check_pool
from extension_pool.spec import PoolSettings
more = {more}
pool = {{
    "vm_size": "Standard_D2s_v5",
    "image": "ubuntu-24.04",
    "key_vault_certificates": [{{"url": "https://kv-of-mine.vault.azure.net/secrets/tls"}}],
    **more,
}}
check_pool(PoolSettings.model_validate(pool, by_name=True), date(2026, 1, 1))
loaded = [name for name in {families} if "extension_pool.extensions." + name in sys.modules]
print(*loaded)
"""
DRIVER = {
    "name": "driver",
    "publisher": "Microsoft.HpcCompute",
    "type": "NvidiaGpuDriverLinux",
    "type_handler_version": "1.6",
}


def loaded_by(**more: object) -> list[str]:
    program = POOL.format(more=more, families=FAMILIES)
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return ran.stdout.split()


@each_kind
def test_a_kind_and_its_model_name_each_other(kind: ExtensionType) -> None:
    module, _, name = kind.model_path.partition(".")
    assert issubclass(kind.model, TypedExtension)
    assert kind.model.kind is kind
    assert kind.model is getattr(import_module(f"extension_pool.extensions.{module}"), name)
    assert kind.model is getattr(extensions, name)
    assert name in dir(extensions)


def test_a_name_that_is_none_says_so() -> None:
    with pytest.raises(AttributeError, match=r"'extension_pool\.extensions' has no attribute 'KeyVaultForSolaris'"):
        extensions.KeyVaultForSolaris  # noqa: B018
    # the end of a path is not the whole of a name
    assert not hasattr(extensions, "Linux")


def test_a_pool_loads_the_models_that_it_needs_and_no_others() -> None:
    assert loaded_by() == []
    assert loaded_by(extensions=[DRIVER]) == ["gpu_drivers"]
