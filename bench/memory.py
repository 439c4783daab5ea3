"""How much memory this process has had."""

import resource
import sys
from pathlib import Path


def peak_memory() -> float:
    """The most that has been resident, in MB."""
    status = Path("/proc/self/status")
    if status.exists():
        # What getrusage says begins, on Linux, with what the parent had when it started this process.
        found = next((line for line in status.read_text().splitlines() if line.startswith("VmHWM:")), None)
        if found is not None:
            return int(found.split()[1]) * 1024 / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # macOS counts in bytes, others in kilobytes.
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6
