"""A project under git with a change at work, and what a review finds in it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

from engine.review import Review, Reviewed, report
from tests.on_engine.stack import ROOT

SUBSCRIPTION = "12345678-aaaa-bbbb-cccc-123456789012"
PLATFORM = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-platform/providers"
IDENTITY = f"{PLATFORM}/Microsoft.ManagedIdentity/userAssignedIdentities/nodes"
VAULT = f"{PLATFORM}/Microsoft.KeyVault/vaults/kv-of-platform"
DEFAULT = 'DEFAULT_POLLING_INTERVAL = "{}"'
# The program refuses to run where it could see what a pipeline hands to its own steps.
CHECK = """\
import os
if seen := [name for name in os.environ if name.startswith(("GITHUB_", "ACTIONS_", "SYSTEM_", "ARM_CLIENT"))]:
    raise RuntimeError(f"the program sees {seen}")
"""


def pool(**more: Any) -> dict[str, Any]:
    scale = {"fixedScale": {"targetDedicatedNodes": 2}}
    return {"image": "ubuntu-24.04", "vmSize": "Standard_D2s_v5", "scaleSettings": scale, **more}


def secret_pool(ciphertext: str) -> dict[str, Any]:
    """A pool that finds all it needs in place, has a secret, and would hold up who makes it."""
    return pool(
        identity={"existing": [{"id": IDENTITY}]},
        keyVaultAccess=[{"vaultId": VAULT}],
        keyVaultCertificates=["https://kv-of-platform.vault.azure.net/secrets/tls"],
        rollout={"gate": {"require": "100%", "soak": "PT50M", "timeout": "PT1H"}},
        extensions=[
            {
                "name": "agent",
                "publisher": "Contoso",
                "type": "Agent",
                "typeHandlerVersion": "1.0",
                "allowUnlisted": True,
                "protectedSettings": {"key": {"secure": ciphertext}},
            }
        ],
    )


class Repository:
    """A project under git: `main` has its base, and the working tree is on a branch of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(ROOT / "components", folder / "components", ignore=shutil.ignore_patterns("__pycache__"))
        for name in (".gitignore", "Pulumi.yaml", "requirements.txt", "constraints.txt"):
            shutil.copy(ROOT / name, folder / name)
        program = (ROOT / "__main__.py").read_text(encoding="utf-8")
        (folder / "__main__.py").write_text(program.replace("\nfrom datetime", f"\n{CHECK}\nfrom datetime", 1))
        # what a base has of these is not what runs
        for name in ("emulator", "engine"):
            (folder / name).mkdir()
            (folder / name / "__init__.py").write_text("raise RuntimeError('the one of the base')\n")
        (folder / "stacks").mkdir()
        certificate = {"keyVaultCertificates": ["https://kv-made.vault.azure.net/secrets/tls"]}
        self.stack("dev", {"linux": pool(**certificate)}, create=True)
        self.stack("prod", {"render": secret_pool("v1:one:first")}, secretsprovider="azurekeyvault://v/keys/k")
        self.stack("wrong", {"render": pool(vmSiz="Standard_D2s_v5")})
        self.set_default("7200")
        self.git("init", "--quiet", "--initial-branch", "main")
        self.commit("the base")
        self.git("switch", "--quiet", "--create", "work")

    def git(self, *arguments: str) -> str:
        identity = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com"]
        command = ["git", *identity, *arguments]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=True).stdout

    def commit(self, message: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)

    def stack(self, name: str, pools: dict[str, Any], *, create: bool = False, **more: Any) -> None:
        names = {"resourceGroup": f"rg-{name}", "batchAccount": f"account{name}"}
        config: dict[str, Any] = {f"extension-pool:{key}": {"name": value} for key, value in names.items()}
        if create:
            config["extension-pool:keyVault"] = {"name": "kv-made"}
            for key in config:
                config[key] = {**config[key], "create": True}
        config |= {"azure-native:location": "westeurope", "extension-pool:pools": pools}
        self.file(name).write_text(yaml.safe_dump({**more, "config": config}, sort_keys=False), encoding="utf-8")

    def file(self, stack: str) -> Path:
        return self.folder / "stacks" / f"Pulumi.{stack}.yaml"

    def set_default(self, seconds: str) -> None:
        """What the library polls with when nobody says it."""
        file = self.folder / "components" / "extension_pool" / "spec" / "extensions.py"
        text = file.read_text(encoding="utf-8")
        at = text.index("DEFAULT_POLLING_INTERVAL =")
        file.write_text(text[:at] + DEFAULT.format(seconds) + text[text.index("\n", at) :], encoding="utf-8")


class Reviewing:
    def __init__(self, repository: Repository, folder: Path) -> None:
        self.repository = repository
        self.folder = folder
        self.notices: list[str] = []

    def review(self, *stacks: str, base: str | None = None) -> Reviewed:
        self.notices.clear()
        made = Review(self.repository.folder, self.folder, say=self.notices.append, environ={})
        return made.preview(base, stacks)

    def changes(self, *stacks: str, base: str | None = None) -> dict[str, dict[str, str]]:
        """For each stack what changes, name -> operation."""
        previews = self.review(*stacks, base=base).previews
        return {stack: {name: step["op"] for name, step in steps(file).items()} for stack, file in previews.items()}

    def report(self, reviewed: Reviewed) -> tuple[int, dict[str, Any]]:
        """The exit code of the report, and its environments by name."""
        file = self.folder / "report.json"
        code = report(Review(self.repository.folder, self.folder, environ={}), reviewed, [str(file)])
        return code, {one["name"]: one for one in json.loads(file.read_text(encoding="utf-8"))["environments"]}

    def kept(self) -> dict[str, int]:
        """The bases that are kept: stack's folder -> a number that no other one made later has."""
        folders = built(self.folder)
        return {f"{path.parent.name}/{path.name}": path.stat().st_ino for path in folders}


def built(folder: Path) -> list[Path]:
    return [path for path in folder.glob("base/*/*") if path.is_dir()]


def steps(file: Path) -> dict[str, dict[str, Any]]:
    found = json.loads(file.read_text(encoding="utf-8"))["steps"]
    unwanted = ("same", "read", "create-replacement", "delete-replaced")
    return {step["urn"].rsplit("::", 1)[1]: step for step in found if step["op"] not in unwanted}
