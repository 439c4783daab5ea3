"""Which pools a Pulumi stack has: `pulumi stack export` runs the CLI, `read_pools` reads what it prints (pure).

Secrets stay what they are in an export, ciphertext; nothing here decrypts or prints a value that is one.
"""

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .errors import BadUsage
from .settings import normalise_endpoint
from .text import clean_block, clean_line

# The key that marks a wrapped value (secret, asset, output value) in Pulumi's wire format.
_WRAPPED = "4dabf18193072939515e22adb298388d"

_COMPONENT = "extension-pool:index:ExtensionPool"
# Also the explicit api-versions, `azure-native:batch/v20240701:Pool`, and their local packages.
_TYPE = r"azure-native[\w-]*:batch(?:/v\w+)?:{}"
_POOL, _ACCOUNT = re.compile(_TYPE.format("Pool")), re.compile(_TYPE.format("BatchAccount"))
_POOL_ID = re.compile(r"(?P<account_id>/.+/batchAccounts/(?P<account>[^/]+))/pools/(?P<pool>[^/]+)", re.IGNORECASE)

_EXTENSIONS = ("deploymentConfiguration", "virtualMachineConfiguration", "extensions")


@dataclass(frozen=True)
class StackPool:
    """A pool of a stack. `component` is the logical name of its ExtensionPool, `pool` and `account` are Azure's names.

    `expected` are the extension names that the program asks for; None when the state keeps them secret. `endpoint`
    is the account's, with its scheme; None when the state does not know it.
    """

    component: str
    pool: str
    account: str
    expected: tuple[str, ...] | None = None
    endpoint: str | None = None


def export_stack(name: str) -> object:
    """The state of stack `name` as JSON, from the `pulumi` on PATH, for the project in the working folder.

    Raises `BadUsage` when there is no CLI or when it fails, with what it says.
    """
    command = ["pulumi", "stack", "export", "--stack", name, "--non-interactive"]
    environ = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=environ,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except FileNotFoundError:
        raise BadUsage(
            "--stack: needs the Pulumi CLI, and there is no 'pulumi' on PATH; install it "
            "(https://www.pulumi.com/docs/install/), or name pools with --pool"
        ) from None
    except (OSError, ValueError) as error:
        raise BadUsage(f"--stack: 'pulumi stack export' does not start ({error}); name pools with --pool") from error
    if done.returncode != 0:
        said = " ".join(clean_block(done.stderr)[-5:]) or f"exit code {done.returncode}"
        raise BadUsage(
            f"--stack: reading the state of {name!r} failed; run it in the project's folder, with a stack that "
            f"'pulumi stack ls' shows; pulumi said: {said}"
        )
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise BadUsage(f"--stack: 'pulumi stack export --stack {name}' printed no JSON; update the CLI") from None


def read_pools(export: object) -> list[StackPool]:
    """The pools under ExtensionPool components in an exported state, by component and pool name. Pure.

    Left out: pools that a replacement has yet to delete (`delete: true`), pools of other programs' making, and pools
    without an id, which Azure does not have yet. The endpoint is that of the account if the same state has it
    (`accountEndpoint`), else the stack's output `batchAccountEndpoint`. Raises `BadUsage` for what is no state.
    """
    deployment = _mapping(_mapping(export).get("deployment"))
    listed = deployment.get("resources")
    if not isinstance(listed, list):
        # A stack that was never updated has a deployment without resources.
        if not deployment:
            raise BadUsage("--stack: must be a state as 'pulumi stack export' prints it, got something else")
        return []
    resources = [item for item in listed if isinstance(item, Mapping)]
    by_urn = {_word(item.get("urn")): item for item in resources if not item.get("delete")}
    accounts = dict(_accounts(resources))
    output = next(_endpoints(item for item in resources if item.get("type") == "pulumi:pulumi:Stack"), None)
    pools = []
    for item in resources:
        match = _POOL_ID.fullmatch(_word(item.get("id")))
        component = _component(item, by_urn)
        if not _POOL.fullmatch(_word(item.get("type"))) or item.get("delete") or component is None or match is None:
            continue
        endpoint = accounts.get(match["account_id"].lower(), output)
        pools.append(StackPool(component, match["pool"], match["account"], _expected(item), endpoint))
    return sorted(pools, key=lambda pool: (pool.component, pool.pool))


def _accounts(resources: list[Mapping[str, object]]) -> Iterator[tuple[str, str]]:
    """The endpoint of each Batch account in the state, by its id in lower case."""
    for item in resources:
        text = _word(_mapping(item.get("outputs")).get("accountEndpoint"))
        if _ACCOUNT.fullmatch(_word(item.get("type"))) and not item.get("delete") and text:
            yield _word(item.get("id")).lower(), normalise_endpoint(text, "accountEndpoint of the stack's account")


def _endpoints(stacks: Iterator[Mapping[str, object]]) -> Iterator[str]:
    for item in stacks:
        text = _word(_mapping(item.get("outputs")).get("batchAccountEndpoint"))
        if text:
            yield normalise_endpoint(text, "stack output batchAccountEndpoint")


def _component(item: Mapping[str, object], by_urn: Mapping[str, Mapping[str, object]]) -> str | None:
    """The name of the ExtensionPool that `item` is under, at any depth."""
    seen: set[str] = set()
    urn = _word(item.get("parent"))
    while urn in by_urn and urn not in seen:
        seen.add(urn)
        parent = by_urn[urn]
        if parent.get("type") == _COMPONENT:
            return clean_line(urn.rsplit("::", 1)[-1])
        urn = _word(parent.get("parent"))
    return None


def _expected(item: Mapping[str, object]) -> tuple[str, ...] | None:
    """The extension names in the pool's inputs; None where a secret or an unknown is in the way."""
    value: object = item.get("inputs")
    for key in _EXTENSIONS:
        if not isinstance(value, Mapping) or _WRAPPED in value:
            return None
        value = value.get(key)
        if value is None:
            return ()
    if not isinstance(value, list):
        return None
    names = [_word(_mapping(extension).get("name")) for extension in value]
    return tuple(names) if all(names) else None


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) and _WRAPPED not in value else {}


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""
