"""Which module may import which: the pure core stays pure, the library knows no emulator, the emulator no library."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "components" / "extension_pool"

# the rim: what may touch Pulumi
RIM = {"__init__", "pool", "pool_inputs", "access", "hooks", "lookups", "program", "runs", "wiring"}
ROLLING = ["asking", "canary", "declaring", "hooks", "moving", "place", "plans", "protecting", "rollout"]
RIM |= {f"rolling.{name}" for name in ROLLING}
RIM |= {f"languages.{name}" for name in ("host", "package", "wire")}
# the rim of the command: what speaks to the terminal, and what asks Azure
OPS_RIM = ("ops.batch", "ops.arm_reader", "ops.asking", "ops.cli", "ops.commands", "ops.follow", "ops.options")

# the rim of the test kit: what stands in for the engine and for Azure
TESTING_RIM = ("testing.azure", "testing.monitor", "testing.running")


def imports_of(path: Path) -> set[str]:
    """Absolute names of everything a module imports, at any level."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module)
    return found


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(LIBRARY).with_suffix("").parts)


def top_levels(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports_of(path)}


def is_rim(name: str) -> bool:
    return name in RIM or name.startswith(("args.", *OPS_RIM, *TESTING_RIM)) or name.endswith("_command")


MODULES = sorted(LIBRARY.rglob("*.py"))
PURE = [path for path in MODULES if not is_rim(module_name(path))]


@pytest.mark.parametrize("path", PURE, ids=module_name)
def test_the_core_imports_neither_pulumi_nor_azure(path: Path) -> None:
    assert top_levels(path) & {"pulumi", "pulumi_azure_native", "azure", "grpc", "typer", "rich"} == set()


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_the_library_knows_no_emulator_engine_policy_or_plugin(path: Path) -> None:
    assert top_levels(path) & {"emulator", "engine", "policy", "plugin"} == set()


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_only_the_fixtures_need_pytest(path: Path) -> None:
    assert "pytest" not in top_levels(path) or module_name(path) == "testing.plugin"


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_only_one_package_imports_azure_batch(path: Path) -> None:
    azure = {name for name in imports_of(path) if name == "azure" or name.startswith("azure.")}
    if module_name(path) == "ops.arm_reader":
        # no management SDK: one GET, with the login and the pipeline that azure-batch brings anyway
        azure = {name for name in azure if not name.startswith(("azure.core", "azure.identity"))}
    assert azure == set() or module_name(path).startswith("ops.batch.")


@pytest.mark.parametrize("path", sorted((ROOT / "emulator").rglob("*.py")), ids=lambda path: path.stem)
def test_the_emulator_knows_nothing_of_ours(path: Path) -> None:
    assert top_levels(path) & {"extension_pool", "engine", "policy", "plugin"} == set()


@pytest.mark.parametrize("path", [LIBRARY / "pool.py", *sorted((LIBRARY / "args").glob("*.py"))], ids=module_name)
def test_pulumi_can_read_the_types_of_the_arguments(path: Path) -> None:
    # its schema reader takes annotations as they stand; as strings it cannot
    assert "__future__" not in imports_of(path)


def test_importing_the_component_loads_no_operating_tools_and_no_service_that_it_does_not_use() -> None:
    # azure-native puts a lazy stand-in for each service into sys.modules; a loaded service has modules of its own
    program = """
import sys
from extension_pool import ExtensionPool
print([name for name in sys.modules if name.startswith(("extension_pool.ops", "azure.", "typer", "rich", "aiohttp"))])
parts = [name.split(".") for name in sys.modules]
services = {part[1] for part in parts if part[0] == "pulumi_azure_native" and len(part) > 2}
print(services - {"authorization", "batch", "keyvault", "managedidentity"} or "none")
"""
    seen = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert seen.stdout.split() == ["[]", "none"]


def test_pulumi_reads_the_component_as_a_package() -> None:
    from pulumi.provider.experimental.component import ComponentProvider

    from extension_pool import ExtensionPool

    schema = json.loads(ComponentProvider([ExtensionPool], "extension-pool", None, "0.0.0").schema)
    component = schema["resources"]["extension-pool:index:ExtensionPool"]
    assert set(component["requiredInputs"]) == {"resourceGroupName", "accountName", "vmSize"}
    assert all(described["description"] for described in component["inputProperties"].values())
    assert all(described["description"] for described in component["properties"].values())
