"""The copy of a Pulumi project that sealed runs use, so that they write nothing into the repository.

`pulumi` writes into stack files (a salt when a stack is created), and a file of a real environment has secrets that
only that environment can decrypt. So each command gets the stack files afresh, with the salt of local Azure.
"""

import base64
import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from engine.sealed import PASSPHRASE, Refused

SALT = "v1:QfUSmhQf7eE=:v1:MmZ6Sylr1Xrt+549:o7+VIkh5nrKyhHR/pCapdqogoV4G/g=="
"""The `encryptionsalt` of every local stack: made once by the engine for `engine.sealed.PASSPHRASE`."""

STAND_IN = "placeholder-in-local-azure"
"""How the values begin that are in place of secrets that only a real environment can read."""

_KEYS_OF_ELSEWHERE = ("secretsprovider", "encryptedkey", "encryptionsalt")

Say = Callable[[str], None]


@dataclass
class Project:
    """The project in `program` (the folder of Pulumi.yaml) and its copy in `copy`.

    virtualenv: what the copy's programs run in, whatever the project says; None keeps the project's. only: the one
    stack whose file is copied, so that another's cannot be in the way; all when None.
    """

    program: Path
    copy: Path
    virtualenv: Path | None = None
    only: str | None = None
    _written: dict[Path, str] = field(default_factory=dict)
    _told: set[str] = field(default_factory=set)

    def settings(self) -> dict[str, Any]:
        """The project's Pulumi.yaml. Raises Refused when there is none or it is no mapping."""
        file = self.program / "Pulumi.yaml"
        if not file.is_file():
            raise Refused(f"{file}: there is no such file; a Pulumi project has one")
        try:
            settings = yaml.safe_load(file.read_text(encoding="utf-8"))
        except yaml.YAMLError as error:
            raise Refused(f"{file}: not YAML: {' '.join(str(error).split())}") from None
        if not isinstance(settings, dict) or not isinstance(settings.get("name"), str):
            raise Refused(f"{file}: a project has a name and a runtime")
        return settings

    def name(self) -> str:
        return str(self.settings()["name"])

    def stacks_folder(self) -> Path:
        """Where the project keeps its stack files."""
        return self.program / str(self.settings().get("stackConfigDir") or ".")

    def stacks(self) -> list[str]:
        """The names of the stacks that have a file."""
        return sorted(_stack(path) for path in self.stacks_folder().glob("Pulumi.*.yaml"))

    def write(self, say: Say) -> None:
        """Brings the copy up to date. Tells once of each secret-bearing file that local Azure cannot decrypt."""
        settings = self.settings()
        _replace(self.copy / "Pulumi.yaml", yaml.safe_dump(self._copied(settings), sort_keys=False, allow_unicode=True))
        folder = self.copy / "stacks"
        files = self.stacks_folder().glob("Pulumi.*.yaml")
        wanted = {folder / path.name: path for path in files if self.only in (None, _stack(path))}
        for stale in set(folder.glob("Pulumi.*.yaml")) - set(wanted):
            stale.unlink(missing_ok=True)
        for target, source in wanted.items():
            text, notice = localised(source.read_text(encoding="utf-8"), str(source))
            if notice and notice not in self._told:
                self._told.add(notice)
                say(f"{source.name}: {notice}")
            self._written[target] = text
            _replace(target, text)

    def _copied(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        copied = {key: value for key, value in settings.items() if key not in ("backend", "template")}
        copied["main"] = str(self.program / str(settings.get("main") or "."))
        copied["stackConfigDir"] = "stacks"
        runtime = settings.get("runtime")
        runtime = {"name": runtime} if isinstance(runtime, str) else dict(runtime or {})
        if runtime.get("name") == "python":
            options = dict(runtime.get("options") or {})
            chosen = self.virtualenv or (options.get("virtualenv") and self.program / options["virtualenv"])
            if chosen:
                # Another tool chain (uv, poetry) would look for its files in the copy and make its own environment.
                options = {key: value for key, value in options.items() if key != "toolchain"}
                options["virtualenv"] = str(chosen)
            copied["runtime"] = {**runtime, "options": options}
        packages = settings.get("packages")
        if isinstance(packages, Mapping):
            copied["packages"] = {name: self._absolute(source) for name, source in packages.items()}
        plugins = settings.get("plugins")
        if isinstance(plugins, Mapping):
            copied["plugins"] = {
                kind: [{**entry, "path": str(self.program / str(entry.get("path", "")))} for entry in entries or ()]
                for kind, entries in plugins.items()
            }
        return copied

    def _absolute(self, source: Any) -> Any:
        """A package's source with its path, if it is one, seen from the copy."""
        if isinstance(source, str):
            return str(self.program / source) if source.startswith(".") else source
        if isinstance(source, Mapping) and "source" in source:
            return {**source, "source": self._absolute(source["source"])}
        return source

    def take_back(self) -> None:
        """Carries what a `pulumi config` command wrote into the copy over to the project's own stack files.

        Raises Refused for a file that is encrypted for a real environment: its secrets are placeholders in the copy.
        """
        for target in sorted((self.copy / "stacks").glob("Pulumi.*.yaml")):
            after = target.read_text(encoding="utf-8")
            if after == self._written.get(target):
                continue
            source = self.stacks_folder() / target.name
            if source.exists() and _elsewhere(parse_stack_text(source.read_text(encoding="utf-8"), str(source))):
                raise Refused(
                    f"{source}: unchanged: it is encrypted for a real environment; log in to its backend and use "
                    f"`pulumi config` itself, with --stack {_stack(source)}"
                )
            if "secure:" not in after:
                after = _without_salt(after)
            _replace(source, after)


_PATH_OPTIONS = frozenset(
    {
        "--event-log",
        "--file",
        "--import-file",
        "--out",
        "--plan",
        "--policy-pack",
        "--policy-pack-config",
        "--save-plan",
    }
)


def with_absolute_paths(arguments: Sequence[str], folder: Path) -> list[str]:
    """Arguments of `pulumi` in which paths mean what they mean in `folder`: the copy is run in another."""
    result: list[str] = []
    for argument in arguments:
        option, equals, value = argument.partition("=")
        if option in _PATH_OPTIONS and equals:
            argument = f"{option}={folder / value}"
        elif result and result[-1] in _PATH_OPTIONS:
            argument = str(folder / argument)
        result.append(argument)
    return result


def localised(text: str, where: str = "the stack file") -> tuple[str, str | None]:
    """A stack file's text for local Azure, and one line on what had to be changed, or None.

    A file without secrets, or with those of local Azure, stays as it is typed, comments included, and gets the salt.
    """
    content = parse_stack_text(text, where)
    cloud = content.get("environment") is not None
    if not _elsewhere(content) and not cloud:
        return (text, None) if content.get("encryptionsalt") == SALT else (f"encryptionsalt: {SALT}\n{text}", None)
    counted = [0]
    config = _placeheld(content.get("config"), counted) if _elsewhere(content) else content.get("config")
    rest = {key: value for key, value in content.items() if key not in (*_KEYS_OF_ELSEWHERE, "environment", "config")}
    notices = []
    if counted[0]:
        notices.append(f"{counted[0]} secret(s) of a real environment are placeholders in local Azure")
    if cloud:
        notices.append("`environment:` of Pulumi Cloud is left out in local Azure")
    fresh = {"encryptionsalt": SALT, **rest, **({"config": config} if config is not None else {})}
    return yaml.safe_dump(fresh, sort_keys=False, allow_unicode=True), "; ".join(notices) or None


def _elsewhere(content: Mapping[str, Any]) -> bool:
    """Whether the file's secrets, if any, are encrypted with something else than local Azure's salt."""
    if content.get("secretsprovider") not in (None, "passphrase") or content.get("encryptedkey"):
        return True
    return content.get("encryptionsalt") not in (None, SALT)


def _placeheld(value: Any, counted: list[int]) -> Any:
    if isinstance(value, Mapping):
        if set(value) == {"secure"}:
            counted[0] += 1
            return {"secure": stand_in(str(value["secure"]))}
        return {key: _placeheld(item, counted) for key, item in value.items()}
    if isinstance(value, list):
        return [_placeheld(item, counted) for item in value]
    return value


def stand_in(ciphertext: str) -> str:
    """What stands for a secret of elsewhere: equal for the same ciphertext, so that a rotated secret is a change.

    A secret of local Azure: `v1:NONCE:TEXT`, AES-256-GCM, as the engine writes it. Its value says nothing of the
    secret, which is not known here, and as much of the ciphertext as its digest does.
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    digest = hashlib.sha256(ciphertext.encode()).digest()
    # A nonce that depends on the one text that is ever encrypted with it is used once.
    text = AESGCM(_key()).encrypt(digest[:12], f"{STAND_IN}-{digest.hex()[:12]}".encode(), None)
    return ":".join(["v1", base64.b64encode(digest[:12]).decode(), base64.b64encode(text).decode()])


@cache
def _key() -> bytes:
    """As pulumi makes it of a passphrase: sdk/go/common/resource/config/crypt.go, NewSymmetricCrypterFromPassphrase."""
    return hashlib.pbkdf2_hmac("sha256", PASSPHRASE.encode(), base64.b64decode(SALT.split(":")[1]), 1_000_000, 32)


def _without_salt(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("encryptionsalt:"))


def parse_stack_text(text: str, where: str) -> dict[str, Any]:
    """A stack file as plain data, empty for an empty one. Raises Refused, with `where`, for what is none."""
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise Refused(f"{where}: not YAML: {' '.join(str(error).split())}") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise Refused(f"{where}: a stack file is a mapping with the key `config`, got {type(content).__name__}")
    return content


def _stack(path: Path) -> str:
    return path.name.removeprefix("Pulumi.").removesuffix(".yaml")


def _replace(path: Path, text: str) -> None:
    """Writes a file in one step, and not at all when it has this text: others may be reading it."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(text, encoding="utf-8")
    if path.exists():
        fresh.chmod(path.stat().st_mode & 0o777)
    fresh.replace(path)
