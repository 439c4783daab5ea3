"""What it takes to check and to run the example in TypeScript: npm's packages, the generated SDK, a language host."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engine import get, go_tools
from engine.get import ENGINE, Engine, EngineError
from engine.local import Local
from tests.on_engine.plugins import PLUGIN
from tests.on_engine.stack import ROOT

EXAMPLE = ROOT / "examples" / "typescript"
KEPT = ROOT / ".local" / "typescript"
SDK = "@pulumi/extension-pool"


def make_project(folder: Path) -> Path:
    """The example with its SDK, as `pulumi package add ../../plugin && npm install` leaves it.

    Skips where there is no Node, or where npm's packages or the generator of SDKs cannot be had.
    """
    modules = _packages()
    project = folder / "project"
    shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns("node_modules", "sdks", "bin"))
    file = project / "Pulumi.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("../../plugin", str(ROOT / "plugin")), encoding="utf-8")
    shutil.copytree(modules, project / "node_modules", symlinks=True, copy_function=os.link)
    sdk = project / "sdks" / "extension-pool"
    sdk.parent.mkdir()
    local = Local(folder / "work", project, say=lambda line: None)
    local.__dict__["engine"] = engine_for_node(folder)
    generate_sdk(local, sdk)
    (project / "node_modules" / SDK).symlink_to(sdk)
    # what npm does with a package's script
    path = os.pathsep.join([str(project / "node_modules" / ".bin"), os.environ.get("PATH", os.defpath)])
    subprocess.run(["node", "scripts/postinstall.js"], cwd=sdk, env={**os.environ, "PATH": path}, check=True)
    return project


def generate_sdk(local: Local, folder: Path) -> None:
    """The SDK by `pulumi package gen-sdk`."""
    out = folder.with_name("generated")
    command = [local.engine.path, "package", "gen-sdk", PLUGIN, "--language", "nodejs", "--out", out]
    done = subprocess.run(command, env=local.environment(), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (out / "nodejs").rename(folder)


def tsc(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """The compiler of TypeScript on the tsconfig.json of a folder."""
    project = next(one for one in (folder, *folder.parents) if (one / "node_modules" / ".bin").exists())
    command = ["node", project / "node_modules" / "typescript" / "bin" / "tsc", "--project", folder, *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def engine_for_node(folder: Path) -> Engine:
    """An engine with a language host for programs in TypeScript beside it."""
    engine = get.get(say=lambda line: None)
    if ENGINE not in engine.path.parents:
        return engine
    try:
        go_tools.get_tool(go_tools.SDKGEN, say=lambda line: None)
    except EngineError as error:
        pytest.skip(f"no SDK can be generated: {error}")
    beside = folder / "engine"
    beside.mkdir(exist_ok=True)
    if (beside / "pulumi").exists():
        return Engine(beside / "pulumi", engine.version, engine.how)
    os.link(engine.path, beside / "pulumi")
    shutil.copy(engine.path.with_name("pulumi-language-python"), beside)
    host = beside / "pulumi-language-nodejs"
    command = f'PYTHONPATH="{ROOT}" exec "{sys.executable}" -m tests.on_engine.nodejs_host "$@"'
    host.write_text(f"#!/bin/sh\n{command}\n", encoding="utf-8")
    host.chmod(0o755)
    return Engine(beside / "pulumi", engine.version, engine.how)


def _packages() -> Path:
    """`node_modules` with what the example needs from npm, got once."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("TypeScript is checked and run where node and npm are on PATH")
    wanted = json.loads((EXAMPLE / "package.json").read_text(encoding="utf-8"))
    del wanted["dependencies"][SDK]
    text = json.dumps(wanted)
    kept = KEPT / hashlib.sha256(text.encode()).hexdigest()[:12]
    if not (kept / "node_modules").exists():
        fresh = KEPT / f"fresh-{os.getpid()}"
        fresh.mkdir(parents=True)
        (fresh / "package.json").write_text(text, encoding="utf-8")
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", f"--cache={fresh / 'cache'}"]
        try:
            done = subprocess.run(
                ["npm", "install", *options], cwd=fresh, capture_output=True, text=True, timeout=240, check=False
            )
        except subprocess.TimeoutExpired:
            done = None
        if done is None or done.returncode != 0:
            shutil.rmtree(fresh)
            pytest.skip(f"npm cannot install what TypeScript needs: {done.stderr[-300:] if done else 'it takes long'}")
        shutil.rmtree(fresh / "cache", ignore_errors=True)
        shutil.rmtree(kept, ignore_errors=True)
        fresh.rename(kept)
    return kept / "node_modules"
