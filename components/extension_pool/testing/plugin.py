"""Fixtures for pytest, found by themselves where this distribution is installed: `pulumi_program` and `azure_mocks`.

Loaded by every run of pytest in such an environment, so that it imports nothing but pytest until a fixture is used.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from . import Azure, RecordedStack, RunProgram


@pytest.fixture
def azure_mocks() -> Azure:
    """The Azure that answers programs of this test: override it in a conftest.py for other answers."""
    from . import Azure

    return Azure()


@pytest.fixture
def pulumi_program(request: pytest.FixtureRequest) -> RunProgram:
    """Runs a Pulumi program, a function or a path, and gives what it registered: `extension_pool.testing.run_program`.

    A relative path is one from pytest's root folder.
    """
    from . import run_program

    def run(program: Any, *, azure: Azure | None = None, **options: Any) -> RecordedStack:
        answers = azure if azure is not None else request.getfixturevalue("azure_mocks")
        if isinstance(program, (str, Path)):
            program = request.config.rootpath / program
        return run_program(program, azure=answers, **options)

    return run
