"""The `__main__.py` of a base that a review builds: runs the base's program with hooks that do nothing.

Hooks wait, for grants, gates and soaks, and ask whether nodes are well: a base is what has long passed them. They stay
registered, so that the state remembers them as a real one does. What the program is, the file `program` beside this one
says: a folder or a file.
"""

import os
import runpy
from pathlib import Path
from typing import Any

import pulumi


def _without_effect(kind: Any, answer: Any) -> None:
    made = kind.__init__

    def make(self: Any, name: str, func: Any, *rest: Any, **options: Any) -> None:
        def hook(args: Any) -> Any:
            return answer

        made(self, name, hook, *rest, **options)

    kind.__init__ = make


def main() -> None:
    _without_effect(pulumi.ResourceHook, None)
    if hasattr(pulumi, "ErrorHook"):
        _without_effect(pulumi.ErrorHook, False)
    program = Path(__file__).with_name("program").read_text(encoding="utf-8")
    os.chdir(program if Path(program).is_dir() else Path(program).parent)
    runpy.run_path(program, run_name="__main__")


main()
