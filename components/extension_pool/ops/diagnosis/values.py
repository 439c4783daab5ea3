"""What is known of a pool and of one of its failures, ready for a command line. Pure.

Each value is quoted for a POSIX shell; what is not known is a quoted placeholder such as `'<vault>'`, which does no
harm when it is run. Protected settings are never here: the service does not tell them.
"""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..snapshot import Pool, PoolExtension
from ..text import clean_line

_FIELD = re.compile(r"\{([a-z_]+)\}")
_GUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"

# "Caller: appid=...;oid=...;iss=...", also "application 'appid=...;oid=...'"
_CALLER = re.compile(rf"\boid=({_GUID})")
_VAULT_ID = re.compile(
    r"(/subscriptions/[\w-]+/resourceGroups/[\w.()-]+/providers/Microsoft\.KeyVault/vaults/([\w-]+))", re.IGNORECASE
)
_VAULT = re.compile(r"(?:key vault '|\bVault: )([A-Za-z][A-Za-z0-9-]{1,23})\b")
_SECRET = re.compile(r"a secret with \(name/id\) ([A-Za-z0-9-]+)(?:/\w+)? was not found", re.IGNORECASE)
# Compute's names, as in the pool: https://learn.microsoft.com/cli/azure/batch/account
_QUOTAS = "{dedicated:dedicatedCoreQuota,spot:lowPriorityCoreQuota,families:dedicatedCoreQuotaPerVmFamily}"


@dataclass(frozen=True)
class Surroundings:
    """What the caller knows beside the pool: its account and endpoint, its stack and its component there."""

    account: str = ""
    endpoint: str = ""
    stack: str | None = None
    component: str | None = None


@dataclass(frozen=True)
class Certificate:
    """Where an observed certificate is."""

    vault: str
    secret: str


def fill(template: str, values: Mapping[str, str]) -> str:
    """The template's fields replaced. Raises KeyError for a field that there is not."""
    return _FIELD.sub(lambda match: values[match[1]], template)


def find_extension(pool: Pool, name: str) -> PoolExtension | None:
    """The pool's extension of this name."""
    return next((one for one in pool.extensions if one.name.casefold() == name.casefold()), None)


def key_values(message: str, extension: PoolExtension | None) -> tuple[str, str]:
    """The vault and the secret that a message is about, where it or the settings tell; else empty."""
    secret = _SECRET.search(message)
    certificate = _certificate(message, extension, secret[1] if secret else "")
    vault_id, vault = _VAULT_ID.search(message), _VAULT.search(message)
    name = vault_id[2] if vault_id else vault[1] if vault else certificate.vault
    return name, secret[1] if secret else certificate.secret


def fill_values(
    around: Surroundings,
    pool: Pool,
    extension: PoolExtension | None,
    message: str,
    nodes: tuple[str, ...] = (),
    cause: str = "",
) -> dict[str, str]:
    """Every field that a template may have."""
    batch = f"--account-name {_or(around.account, 'account')} --account-endpoint {_or(around.endpoint, 'endpoint')}"
    account = _word(around.account or "<account>")
    values = {
        "pool": _quote(pool.id),
        "node": _quote(nodes[0]) if nodes else _unknown("node"),
        "cause": _or(cause, "cause"),
        "batch": batch,
        "stack": _or(around.stack or "", "stack"),
        "selection": _selection(around, pool.id),
        "urn": _quote(f"**::{around.component}-pool") if around.component else _unknown(f"URN of pool {pool.id}"),
        "sync_path": _quote(_sync_path(around.component)),
        "targets": _targets(pool),
        # A formula has many lines, and comments that end with them.
        "formula": f'"$(az batch pool show --pool-id {_quote(pool.id)} --query autoScaleFormula --output tsv {batch})"',
        "image_urn": _quote(_image_urn(pool)),
        "imds": _imds(pool),
        "quota_query": _quote(f"[?name=={account}].{_QUOTAS}"),
        "storage_query": _quote(f"[?name=={account}].autoStorage"),
        "vault_query": _quote(f"[?name=={account}].keyVaultReference.id"),
    }
    return {**values, **_key_vault(pool, extension, message)}


def observed_certificates(settings: object) -> Iterator[Certificate]:
    """The certificates in settings of a Key Vault extension, in both of their forms: URLs, and objects with a url."""
    management = _below(settings, "secretsManagementSettings")
    observed = _below(management, "observedCertificates")
    for item in observed if isinstance(observed, (list, tuple)) else ():
        url = item if isinstance(item, str) else _below(item, "url")
        if isinstance(url, str) and (found := _parse_secret_url(url)) is not None:
            yield found


def requires_initial_sync(extension: PoolExtension | None) -> bool:
    """Whether the node waits for the first download: `requireInitialSync`; always so from Windows 4.0 on."""
    if extension is None or extension.publisher.lower() != "microsoft.azure.keyvault":
        return False
    major = extension.version.split(".")[0]
    if extension.type.lower() == "keyvaultforwindows" and major.isdecimal() and int(major) >= 4:
        return True
    wanted = _below(_below(extension.settings, "secretsManagementSettings"), "requireInitialSync")
    return wanted is True or str(wanted).lower() == "true"


def _key_vault(pool: Pool, extension: PoolExtension | None, message: str) -> dict[str, str]:
    vault, secret = key_values(message, extension)
    vault_id, caller = _VAULT_ID.search(message), _CALLER.search(message)
    identity = _quote(pool.identities[0]) if pool.identities else _unknown("id of the pool's identity")
    client = _below(_below(extension.settings if extension else None, "authenticationSettings"), "msiClientId")
    client_id = client if isinstance(client, str) else "<client id>"
    return {
        "vault": _or(vault, "vault"),
        "secret": _or(secret, "secret"),
        "vault_id": _quote(vault_id[1])
        if vault_id
        else f'"$(az keyvault show --name {_or(vault, "vault")} --query id --output tsv)"',
        "principal": _quote(caller[1])
        if caller
        else f'"$(az identity show --ids {identity} --query principalId --output tsv)"',
        "client_query": _quote(f"[?clientId=={_word(client_id)}].{{id:id,name:name}}"),
    }


def _certificate(message: str, extension: PoolExtension | None, secret: str) -> Certificate:
    """The observed certificate that the message names; the first one where it names none."""
    observed = tuple(observed_certificates(extension.settings if extension else None))
    named = (
        one
        for one in observed
        if one.secret.lower() == secret.lower() or (one.vault and f"{one.vault}.vault.".lower() in message.lower())
    )
    return next(named, observed[0] if observed else Certificate("", ""))


def _parse_secret_url(url: str) -> Certificate | None:
    """The vault and the secret of `https://VAULT.vault.azure.net/secrets/NAME[/VERSION]`, in any cloud."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return None
    path = [part for part in parts.path.split("/") if part]
    if not host or len(path) < 2 or path[0].lower() != "secrets":
        return None
    return Certificate(host.split(".")[0], path[1])


def _selection(around: Surroundings, pool: str) -> str:
    """The options that make our own command find the pool again."""
    if around.stack:
        return f"--stack {_quote(around.stack)} --pool {_quote(pool)}"
    return f"--pool {_quote(pool)}" + (f" --endpoint {_quote(around.endpoint)}" if around.endpoint else "")


def _sync_path(component: str | None) -> str:
    """Where a stack file has the option, as `pulumi config set --path` takes it."""
    name = component or "<pool>"
    key = f".{name}" if re.fullmatch(r"\w+", name) else f'["{name}"]'
    return f"extension-pool:pools{key}.keyVaultExtension.requireInitialSync"


def _targets(pool: Pool) -> str:
    if pool.target_dedicated is None and pool.target_spot is None:
        return f"--target-dedicated-nodes {_unknown('number')}"
    dedicated = () if pool.target_dedicated is None else (f"--target-dedicated-nodes {pool.target_dedicated}",)
    spot = () if not pool.target_spot else (f"--target-low-priority-nodes {pool.target_spot}",)
    return " ".join((*dedicated, *spot))


def _image_urn(pool: Pool) -> str:
    image = pool.image
    if image is None or not image.publisher:
        return "<publisher:offer:sku:version>"
    return f"{image.publisher}:{image.offer}:{image.sku}:{image.version or 'latest'}"


def _imds(pool: Pool) -> str:
    """To be run on the node; the vendor's own examples of both systems."""
    url = "http://169.254.169.254/metadata/instance?api-version=2021-02-01"
    if pool.node_agent.lower().startswith("batch.node.windows"):
        return f'Invoke-RestMethod -NoProxy -Headers @{{"Metadata"="true"}} -Uri "{url}"'
    return f'curl --silent --show-error --max-time 10 --noproxy "*" -H Metadata:true "{url}"'


def _below(value: object, key: str) -> object:
    return value.get(key) if isinstance(value, Mapping) else None


def _word(text: str) -> str:
    """A string of JMESPath."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _or(text: str, what: str) -> str:
    return _quote(text) if text else _unknown(what)


def _unknown(what: str) -> str:
    return _quote(f"<{what}>")


def _quote(text: str) -> str:
    line = clean_line(text)
    # Between double quotes a query is readable; what a shell would still replace there does not go with them.
    return f'"{line}"' if "'" in line and not set(line) & set('"$`\\!') else shlex.quote(line)
