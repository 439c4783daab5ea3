"""What `extension_pool` takes to import, against Pulumi and the same classes of azure-native."""

import resource
import subprocess
import sys
from collections.abc import Iterator

from bench.rows import Row, middle

RUNS = 9
MOST = 1.15

OURS = "from extension_pool import ExtensionPool"
# The services and functions that the component is made of.
RAW = """
import pulumi
from pulumi_azure_native import authorization, batch, keyvault, managedidentity
batch.Pool, managedidentity.UserAssignedIdentity, managedidentity.get_user_assigned_identity_output
authorization.RoleAssignment, authorization.get_client_config_output, keyvault.AccessPolicy, keyvault.get_vault
"""


def run() -> Iterator[Row]:
    seconds: dict[str, list[float]] = {OURS: [], RAW: []}
    # The first round writes the byte code.
    for number in range(RUNS + 1):
        for program, times in seconds.items():
            took = import_seconds(program)
            if number:
                times.append(took)
    yield row(seconds[OURS], seconds[RAW])


def row(ours: list[float], raw: list[float]) -> Row:
    """From seconds that were measured in turns."""
    note = (
        f"a fresh Python each, seconds of the processor; the middle of {len(ours)} runs in turns; "
        "the rules are loaded with the first pool, which the next lines have"
    )
    return Row(
        "import ExtensionPool / Pulumi and the same classes", middle(ours), middle(raw), "s", target=MOST, note=note
    )


def import_seconds(program: str) -> float:
    """Seconds of the processor that a fresh Python takes for a program, start and end included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", program], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
