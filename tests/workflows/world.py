"""A team's repository with two stacks on local Azure, a change to them, and the service that its pull request is on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

from emulator import Arm, Store
from engine.local import Local
from tests.on_engine.config import pool
from tests.on_engine.stack import ROOT, SPEED

from .scripts import StandIns

STACKS = ("dev", "prod")
RULES = """\
maxAge: 24h
environments:
  prod:
    preview: optional
    delete: never
    replace: {needsLabel: recreate-ok}
  dev: free
"""


OWN_STACK = """\
config:
  azure-native:location: westeurope
  extension-pool:resourceGroup: {name: rg-dev, create: true}
  extension-pool:batchAccount: {name: accountdev, create: true}
  extension-pool:keyVault: {name: kv-dev, create: true}
  extension-pool:pools:
    linux:
      image: ubuntu-24.04
      vmSize: Standard_D2s_v5
      scaleSettings: {fixedScale: {targetDedicatedNodes: 3}}
      keyVaultCertificates:
        - https://kv-dev.vault.azure.net/secrets/web-tls
      keyVaultExtension:
        pollingIntervalInS: "3600"
"""


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", *identity, *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(folder: Path, message: str) -> str:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", message)
    return git(folder, "rev-parse", "HEAD")


class World:
    """folder: of all of it. The branch `main` is deployed; `change` makes commits that a pull request could have."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = folder / "origin"
        (self.project / "stacks").mkdir(parents=True)
        settings = {"name": "extension-pool", "stackConfigDir": "stacks", "runtime": "python", "main": str(ROOT)}
        (self.project / "Pulumi.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
        (self.project / "review.yaml").write_text(RULES, encoding="utf-8")
        for stack in STACKS:
            self._write(stack, {"render": pool()})
        self.local = Local(folder / "work", self.project, say=lambda line: None)
        self.store.clock.set_speed(SPEED)
        self.local.install_plugin()
        self.local.start_azure()
        for stack in STACKS:
            self.local.pulumi("stack", "select", "--create", stack)
            self.local.pulumi("up", "--yes", "--skip-preview", "--stack", stack, timeout=120)
            # with the salt of its secrets, as people keep it in git
            copied = self.local.project.copy / "stacks" / f"Pulumi.{stack}.yaml"
            shutil.copy(copied, self.project / "stacks" / copied.name)
        self.git("init", "--quiet", "--initial-branch", "main")
        self.main = self.commit("as deployed")

    def close(self) -> None:
        self.local.stop_azure()

    def git(self, *arguments: str) -> str:
        return git(self.project, *arguments)

    def commit(self, message: str) -> str:
        return commit(self.project, message)

    def change(self, **pools: dict[str, Any]) -> str:
        """A commit of a change: for each stack that is named, what its pool is to be."""
        self.git("checkout", "--quiet", "-B", "work", "main")
        for stack, wanted in pools.items():
            self._write(stack, {"render": wanted})
        made = self.commit("a change")
        self.git("checkout", "--quiet", "main")
        return made

    @contextmanager
    def drifted(self, how: str | None) -> Iterator[None]:
        """Azure and `main` differ in the stack `dev`, or, with None, do not."""
        puts = [one for one in self.store.operations() if one.method == "PUT" and one.path.endswith("pools/render")]
        made = next(one for one in puts if "/rg-dev/" in one.path)
        if how in ("merged", "broken"):
            self._write("dev", {"render": pool(vmSiz="x") if how == "broken" else pool(vmSize="Standard_D4s_v5")})
            self.commit("merged")
        elif how == "by hand":
            more = {"scaleSettings": {"fixedScale": {"targetDedicatedNodes": 5}}}
            body = {**made.body, "properties": {**made.body["properties"], **more}}
            assert Arm(self.store).put(made.path, body).ok
            self.store.clock.advance(3600)
        try:
            yield
        finally:
            self.git("reset", "--quiet", "--hard", self.main)
            if how == "by hand":
                assert Arm(self.store).put(made.path, made.body).ok
                self.store.clock.advance(3600)

    @property
    def store(self) -> Store:
        return Store.open(self.local.azure_dir)

    def _write(self, stack: str, pools: dict[str, Any]) -> None:
        file = self.project / "stacks" / f"Pulumi.{stack}.yaml"
        before = yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else {}
        words = {"resourceGroup": f"rg-{stack}", "batchAccount": f"account{stack}", "keyVault": f"kv-{stack}"}
        config: dict[str, Any] = {"azure-native:location": "westeurope"}
        config |= {f"extension-pool:{key}": {"name": value, "create": True} for key, value in words.items()}
        config["extension-pool:pools"] = pools
        file.write_text(yaml.safe_dump({**before, "config": config}, sort_keys=False), encoding="utf-8")

    def environment(self, stand_ins: StandIns) -> dict[str, str]:
        """What scripts find around them: sealed, so that a preview is one of local Azure."""
        stand_ins.write()
        sealed = self.local.environment()
        return {**sealed, "PATH": f"{stand_ins.folder}{os.pathsep}{sealed['PATH']}"}


class OwnProject:
    """A clone of this project with the stack `dev` alone, where `make review` has nothing left to install."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "origin"
        self.kept = folder / "kept"
        self.folder.mkdir(parents=True)
        for name in ("components", "emulator", "engine", "plugin"):
            shutil.copytree(ROOT / name, self.folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in (
            "Pulumi.yaml",
            "__main__.py",
            "pyproject.toml",
            "requirements.txt",
            "constraints.txt",
            ".gitignore",
        ):
            shutil.copy(ROOT / name, self.folder / name)
        (self.folder / "stacks").mkdir()
        (self.folder / "stacks" / "Pulumi.dev.yaml").write_text(OWN_STACK, encoding="utf-8")
        rules = "environments:\n  dev: {replace: {needsLabel: recreate-ok}}\n"
        (self.folder / "review.yaml").write_text(rules, encoding="utf-8")
        git(self.folder, "init", "--quiet", "--initial-branch", "main")
        self.main = commit(self.folder, "as merged")

    def change(self, old: str, new: str) -> str:
        """A commit with another text in the stack file."""
        git(self.folder, "checkout", "--quiet", "-B", "work", "main")
        file = self.folder / "stacks" / "Pulumi.dev.yaml"
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), encoding="utf-8")
        made = commit(self.folder, "a change")
        git(self.folder, "checkout", "--quiet", "main")
        return made

    def fill(self, workspace: Path, engine: Path) -> None:
        """What caches and `make .venv/.up` give: packages and engine. The engine's host says where it belongs to, so
        its folder is a copy; what a review keeps stays from run to run."""
        (workspace / ".venv").symlink_to(ROOT / ".venv")
        tools = workspace / ".local" / "engine" / "bin"
        tools.mkdir(parents=True)
        os.link(engine, tools / "pulumi")
        self.kept.mkdir(exist_ok=True)
        (workspace / ".local" / "review").symlink_to(self.kept)


@contextmanager
def token_service() -> Iterator[str]:
    """GitHub's service for tokens, as a job reaches it: the URL of ACTIONS_ID_TOKEN_REQUEST_URL.

    https://docs.github.com/actions/concepts/security/openid-connect
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.headers["Authorization"] == "bearer a-request-token"
            right = self.path.endswith("&audience=api%3A%2F%2FAzureADTokenExchange")
            body = json.dumps({"value": "a-federated-token"}).encode()
            self.send_response(200 if known and right else 403)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/token?api-version=2"
    finally:
        server.shutdown()
        server.server_close()
