"""The environment in which `pulumi` cannot reach real Azure, and what is refused before it starts."""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PASSPHRASE = "local-azure"  # noqa: S105
"""What encrypts secrets of local Azure. Public on purpose: nothing real is ever encrypted with it."""

DROPPED = (
    *("PULUMI_", "ARM_", "AZURE_", "MSI_", "IDENTITY_"),
    *("GITHUB_", "GH_", "ACTIONS_", "INPUT_", "SSH_AUTH_SOCK"),
    *("SYSTEM_", "ENDPOINT_", "SECUREFILE_", "SECRET_", "VSS_", "VSTS_"),
)
"""Variables with these beginnings are not passed on: they choose backends, providers and credentials, and are how a
pipeline hands its tokens, its files of commands and its services to what it runs. A program under review, which may be
a stranger's, sees none of them.

https://docs.github.com/actions/reference/workflows-and-actions/variables, ACTIONS_ID_TOKEN_REQUEST_TOKEN and
ACTIONS_RUNTIME_TOKEN beside them; https://learn.microsoft.com/azure/devops/pipelines/build/variables
"""

_HARMLESS = frozenset({"GITHUB_ACTIONS"})
"""Kept all the same: it says that a run's log is read for commands, and what prints strangers' texts must know."""

_TOLD_SECRET = re.compile(
    r"(^|_)(ACCESSTOKEN|TOKEN|PAT|PASSWORD|PASSWD|SECRETS?|CREDENTIALS?|(API|ACCESS|PRIVATE)_?KEY)$"
)
"""Ends of names that say that the value is a secret, whoever's it is."""

PLUGIN = "azure-native"

GRANT_WAIT = {"EXTENSION_POOL_GRANT_WAIT": "PT1S"}
"""How long pools wait for a new grant: a minute of local Azure, in which its role assignments come to work."""


class Refused(Exception):
    """A sealed run cannot be had with this environment, project or command. The text says what to do."""


def environment(
    environ: Mapping[str, str],
    *,
    engine: Path,
    home: Path,
    work: Path,
    root: Path,
    python: Path,
    speed: float | None = None,
    batch: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The variables of a sealed run, from those of the caller.

    engine: folder of the `pulumi` to use. home: PULUMI_HOME, where the local plugin is the only one. work: folder of
    this run's state (`state/`) and local Azure (`azure/`). root: this project. python: runs the plugin. speed: how
    fast time runs in local Azure, 1 when None. batch: where the Batch service of local Azure answers.
    """
    kept = without_credentials(environ)
    # The engine's folder may be one like /usr/bin, whose python must not come before that of the project.
    path = [str(python.parent), str(engine), kept.get("PATH", os.defpath)]
    sealed = {
        **GRANT_WAIT,
        **kept,
        "PATH": os.pathsep.join(path),
        "PULUMI_HOME": str(home),
        "PULUMI_BACKEND_URL": (work / "state").as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        # A plugin that is not in `home` is an error, never a download, and one on PATH is not looked at.
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
        # No login of this machine is found: not that of `az`, and by azure-identity none at all.
        "AZURE_CONFIG_DIR": str(work / "az"),
        "AZURE_TOKEN_CREDENTIALS": "EnvironmentCredential",
        "LOCAL_AZURE_PYTHON": str(python),
        "LOCAL_AZURE_ROOT": str(root),
        "LOCAL_AZURE_DIR": str(work / "azure"),
        **(batch or {}),
    }
    sealed.update(past_proxies(kept))
    if speed is not None:
        sealed["LOCAL_AZURE_SPEED"] = str(speed)
    return sealed


def without_credentials(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that a sealed run may see."""
    return {
        name: value
        for name, value in environ.items()
        # Windows and some pipelines have names in lower case
        if name in _HARMLESS or not (name.upper().startswith(DROPPED) or _TOLD_SECRET.search(name.upper()))
    }


def past_proxies(environ: Mapping[str, str]) -> dict[str, str]:
    """What to set so that local Azure is not asked for through a proxy, which would look for it on its own machine."""
    return {
        name: ",".join([*filter(None, [environ.get(name)]), "127.0.0.1", "localhost"])
        for name in ("NO_PROXY", "no_proxy")
    }


def refuse_foreign_backend(environ: Mapping[str, str], project: Mapping[str, Any], where: str = "Pulumi.yaml") -> None:
    """Raises Refused when the caller or the project has chosen a backend that is not a folder of this machine.

    Whoever has one chosen expects the command to act on it; a sealed run would silently do something else.
    """
    backend = project.get("backend")
    named = {
        "PULUMI_BACKEND_URL": environ.get("PULUMI_BACKEND_URL") or "",
        f"backend: url: in {where}": (backend.get("url") or "") if isinstance(backend, Mapping) else "",
    }
    for source, url in named.items():
        if url and not url.startswith("file://"):
            shown = re.sub(r"//[^/@]*@", "//...@", url)  # a URL can hold a password
            raise Refused(
                f"{source} is {shown}, and this command runs on local Azure only; "
                "use `pulumi` itself for that backend, or take the setting away"
            )


def refuse_providers(project: Mapping[str, Any], program: Path, where: str = "Pulumi.yaml") -> None:
    """Raises Refused when the project brings provider programs of its own: they would run in place of local Azure.

    Component plugins, folders with a PulumiPlugin.yaml, are fine: they create resources through the engine.
    """
    plugins = project.get("plugins")
    providers = plugins.get("providers") if isinstance(plugins, Mapping) else None
    for entry in providers or ():
        folder = program / str(entry.get("path", ""))
        if entry.get("name") == PLUGIN or not (folder / "PulumiPlugin.yaml").is_file():
            raise Refused(
                f"{where}: plugins.providers names the provider {entry.get('name')!r} at {entry.get('path')}; on local "
                "Azure only component plugins (a folder with PulumiPlugin.yaml) can be added; take it away"
            )


_UNSEALED = {
    "login": "chooses another backend",
    "logout": "leaves the backend",
    "new": "makes a project of its own",
    "install": "downloads plugins",
    "plugin install": "downloads plugins",
    "plugin run": "downloads plugins",
    "package add": "downloads plugins",
    "package publish": "writes to a registry",
}


def refuse_command(arguments: Sequence[str]) -> None:
    """Raises Refused for pulumi commands that would leave the seal: other backends, and downloads of plugins."""
    words = [word for word in arguments if not word.startswith("-")]
    for command, why in _UNSEALED.items():
        if words[: len(command.split())] == command.split():
            raise Refused(f"`pulumi {command}` is not for local Azure: it {why}; use `pulumi` itself")
    for option in ("--cwd", "-C", "--config-file"):
        if any(word == option or word.startswith(f"{option}=") for word in arguments):
            raise Refused(f"{option} leaves the local copy of the project; run this in the project, without {option}")


def foreign_plugins(home: Path, ours: Path) -> list[Path]:
    """What lies in the plugin folder of `home` beside `ours`: nothing else may, for it could be a real provider."""
    folder = home / "plugins"
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.is_dir() and path != ours)
