"""The program of `rolled.py`, where `pause: create` makes the run wait for ever before Azure has the new pool.

The run that waits there says so in the file `paused`, in the project.
"""

import asyncio
import os
import runpy
from pathlib import Path

import pulumi

from extension_pool.rolling import hooks


async def pause(args: pulumi.ResourceHookArgs) -> None:
    """Instead of what comes before a creation."""
    if not pulumi.runtime.is_dry_run():
        Path(__file__).with_name("paused").write_text("create", encoding="utf-8")
        await asyncio.sleep(600)


if pulumi.Config().get("pause") == "create":
    vars(hooks)["_before_create"] = pause

runpy.run_path(str(Path(os.environ["LOCAL_AZURE_ROOT"]) / "tests" / "on_engine" / "programs" / "rolled.py"))
