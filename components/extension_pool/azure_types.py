"""Names, ids, URLs, numbers and durations of Azure as annotated types, each limit stated once.

A value that is not known yet (`Later`) passes every type: it is judged when it is known.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, TypeVar

from pydantic import AfterValidator, BeforeValidator, ValidationInfo, WrapValidator
from pydantic_core import PydanticCustomError

from .problems import Later

T = TypeVar("T")

GUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
"""The pattern of a GUID, as Azure's ids are written."""

RULE = "rule"
"""The type of the pydantic errors that `broken` makes; their context holds what a Problem needs."""


def broken(rule: str, *, allowed: str = "", do: str = "") -> PydanticCustomError:
    """A broken rule, in the words of `Problem`."""
    # pydantic fills {...} in a message from the context: the rule goes there too, so that braces in it do no harm
    return PydanticCustomError(RULE, "{rule}", {"rule": rule, "allowed": allowed, "do": do})


def is_promise(value: Any) -> bool:
    """Whether a value stands for a later one: an Output of Pulumi (known by its ``apply``), or an awaitable."""
    return callable(getattr(type(value), "apply", None)) or isinstance(value, Awaitable)


def _pass_later(value: Any, handler: Callable[[Any], Any], _info: ValidationInfo) -> Any:
    if isinstance(value, Later):
        return value
    return Later(value) if is_promise(value) else handler(value)


if TYPE_CHECKING:
    LaterOr: TypeAlias = T | Later
else:
    # pydantic asks for it once for each field
    _pass_later.__signature__ = inspect.signature(_pass_later)
    _LATER = WrapValidator(_pass_later)

    class LaterOr:
        """``LaterOr[T]``: a T, or a value that is not known yet."""

        @staticmethod
        @functools.cache
        def __class_getitem__(item: Any) -> Any:
            return Annotated[item, _LATER]


def _matching(pattern: str, rule: str, do: str = "") -> AfterValidator:
    def check(value: str) -> str:
        # `re` keeps what it has compiled, and a program uses few of the patterns
        if not re.fullmatch(pattern, value):
            raise broken(rule, do=do)
        return value

    return AfterValidator(check)


def _whole_number(value: Any) -> Any:
    # other languages and the wire of Pulumi deliver 5 as 5.0
    return int(value) if isinstance(value, float) and value.is_integer() else value


def between(least: int, most: int | None = None) -> AfterValidator:
    """A whole number from ``least`` to ``most``, both included."""
    rule = f"must be a whole number of {least} or more" if most is None else f"must be from {least} to {most}"

    def check(value: int) -> int:
        if value < least or (most is not None and value > most):
            raise broken(rule)
        return value

    return AfterValidator(check)


def _seconds_as_text(value: Any) -> Any:
    # the extension's schema wants the seconds as a string; YAML and people write 3600
    value = _whole_number(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _no_number(value: Any) -> Any:
    # the extension reads a string; to say so helps more than "must be a string"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        raise broken("must be a number of seconds, as a string", do=f'write "{_whole_number(value)}"')
    return value


_ISO_DURATION = r"P(?=.)(?:(?P<days>\d+)D)?(?:T(?=\d)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?"


def duration_in_seconds(text: str) -> int | None:
    """Seconds of an ISO 8601 duration in days, hours, minutes and seconds (``PT15M``); None if it is not one."""
    match = re.fullmatch(_ISO_DURATION, text)
    if match is None:
        return None
    days, hours, minutes, seconds = (int(match[unit] or 0) for unit in ("days", "hours", "minutes", "seconds"))
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def _duration(least: int, most: int | None, words: str) -> AfterValidator:
    def check(value: str) -> str:
        seconds = duration_in_seconds(value)
        if seconds is None or seconds < least or (most is not None and seconds > most):
            raise broken(f"must be an ISO 8601 duration {words}", do='write for example "PT15M"')
        return value

    return AfterValidator(check)


def _free_of(reserved: range, words: str) -> AfterValidator:
    def check(value: int) -> int:
        if value in reserved:
            raise broken(f"must not be {words}: Batch keeps them for itself")
        return value

    return AfterValidator(check)


def _resource_id(provider_type: str, title: str, example: str) -> AfterValidator:
    provider, kind = provider_type.split("/")
    pattern = rf"(?i:/subscriptions/[^/]+/resourceGroups/[^/]+/providers/{re.escape(provider)}/{kind}/[^/]+)"
    return _matching(pattern, f"must be the resource id of {title}", f"write {example}")


def spell_identity_id(resource_id: str) -> str:
    """The id of a user-assigned identity with ARM's own words as ARM writes them; group and name stay as they are.

    Azure itself writes both ``resourceGroups`` and ``resourcegroups``. An id in another spelling is the same identity,
    and must not look like a change.
    """
    segments = resource_id.strip("/").split("/")
    if len(segments) != len(_IDENTITY_WORDS):
        return resource_id
    return "/" + "/".join(word or segment for word, segment in zip(_IDENTITY_WORDS, segments, strict=True))


_IDENTITY_WORDS = (
    *("subscriptions", "", "resourceGroups", "", "providers"),
    *("Microsoft.ManagedIdentity", "userAssignedIdentities", ""),
)


def _spell_vault_id(resource_id: str) -> str:
    # no case counts in an id: the scope of a grant is one text, whichever way its author spells it
    _, subscription, _, group, *_, name = resource_id.lower().strip("/").split("/")
    return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.KeyVault/vaults/{name}"


def _spell_url(url: str) -> str:
    # in a host no case counts, in what follows it may
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.lower()}{slash}{path}"


Text = Annotated[str, _matching(r"(?s).+", "must not be empty")]

DisplayName = Annotated[str, _matching(r"(?s).{1,1024}", "must be 1 to 1024 characters")]
UserName = Annotated[str, _matching(r"(?s).{1,20}", "must be 1 to 20 characters")]
NatPoolName = Annotated[
    str,
    # Microsoft.Batch/batchAccounts/pools, inboundNatPools.name
    _matching(
        r"(?=.{1,77}$)[A-Za-z0-9]([\w.-]*\w)?",
        "must be 1 to 77 letters, digits, underscores, full stops or hyphens, "
        "the first a letter or digit, the last a letter, digit or underscore",
    ),
]
SourcePorts = Annotated[
    str, _matching(r"\*|\d{1,5}(-\d{1,5})?", "must be * or a port or a range of ports", 'write for example "100-200"')
]
HandlerVersion = Annotated[
    str, _matching(r"\d+(\.\d+){0,3}", "must be a version", 'write for example "3.0", as a string')
]

PoolName = Annotated[
    str,
    # Microsoft.Batch/batchAccounts/pools, path parameter poolName
    _matching(r"[A-Za-z0-9_-]{1,64}", "must be 1 to 64 letters, digits, hyphens or underscores"),
]
AccountName = Annotated[
    str,
    # Microsoft.Batch/batchAccounts, path parameter accountName
    _matching(r"[a-z0-9]{3,24}", "must be 3 to 24 lower-case letters or digits"),
]
ResourceGroupName = Annotated[
    str,
    # Microsoft.Resources/resourceGroups, path parameter resourceGroupName; ARM refuses a full stop at the end
    _matching(
        r"[-\w._()]{0,89}[-\w_()]",
        "must be 1 to 90 letters, digits, hyphens, underscores, parentheses or full stops, the last no full stop",
    ),
]
VaultName = Annotated[
    str,
    # Microsoft.KeyVault/vaults, path parameter vaultName
    _matching(
        r"(?=.{3,24}$)[A-Za-z](?:-?[A-Za-z0-9])+",
        "must be 3 to 24 letters, digits or single hyphens, starting with a letter",
    ),
]
Guid = Annotated[
    str,
    _matching(GUID, "must be a GUID"),
]
UserAssignedIdentityId = Annotated[
    str,
    _resource_id(
        "Microsoft.ManagedIdentity/userAssignedIdentities",
        "a user-assigned identity",
        "/subscriptions/SUBSCRIPTION/resourceGroups/GROUP/providers/"
        "Microsoft.ManagedIdentity/userAssignedIdentities/NAME",
    ),
]
VaultId = Annotated[
    str,
    _resource_id(
        "Microsoft.KeyVault/vaults",
        "a key vault",
        "/subscriptions/SUBSCRIPTION/resourceGroups/GROUP/providers/Microsoft.KeyVault/vaults/NAME",
    ),
    AfterValidator(_spell_vault_id),
]
ImageId = Annotated[
    str,
    _matching(
        r"(?i:/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Compute/(images|galleries)/.+"
        r"|/(sharedGalleries|communityGalleries)/.+)",
        "must be the resource id of an image or of a gallery image version",
    ),
]
ResourceId = Annotated[
    str, _matching(r"/[^/]+(/[^/]+)+/?", "must be a resource id", "write it whole, from /subscriptions/ on")
]
SecretUrl = Annotated[
    str,
    # The vault's DNS suffix differs by cloud (azure.net, azure.cn, usgovcloudapi.net, sovereign clouds), so it is not
    # enumerated. https://learn.microsoft.com/azure/virtual-machines/extensions/key-vault-linux
    _matching(
        r"https://[A-Za-z0-9-]{3,24}\.vault\.[a-z0-9.-]+\.[a-z]+(:443)?/secrets/[A-Za-z0-9-]{1,127}(/[0-9A-Za-z]+)?/?",
        "must be the URL of a secret in a key vault",
        "write https://VAULT.vault.azure.net/secrets/NAME (a certificate's secret has the certificate's name)",
    ),
    AfterValidator(_spell_url),
]

SecretName = Annotated[
    str,
    # Microsoft.KeyVault/vaults/secrets, path parameter secretName
    _matching(r"[A-Za-z0-9-]{1,127}", "must be 1 to 127 letters, digits or hyphens"),
]
SecretUrlWithoutVersion = Annotated[
    SecretUrl,
    _matching(
        r"https://[^/]+/secrets/[^/]+/?",
        "must carry no version: major 4 takes none",
        "remove what stands behind the secret's name",
    ),
]
ClientId = Annotated[
    str,
    _matching(
        GUID,
        "must be the client id of the pool's identity, a GUID",
        "give neither its resource id nor its principal (object) id",
    ),
]
AbsolutePath = Annotated[str, _matching(r"/.*", "must be a directory of a Linux node", "write it from / on")]
WindowsStoreLocation = Literal["LocalMachine", "CurrentUser"]
HttpUrl = Annotated[str, _matching(r"(?i:https?)://\S+", "must be a URL", "write it from https:// on")]

WholeNumber = Annotated[int, BeforeValidator(_whole_number)]
NodeCount = Annotated[WholeNumber, between(0)]
Port = Annotated[WholeNumber, between(1, 65535)]
BackendPort = Annotated[Port, _free_of(range(29876, 29878), "29876 or 29877")]
FrontendPort = Annotated[WholeNumber, between(1, 65534), _free_of(range(50000, 55001), "from 50000 to 55000")]
RulePriority = Annotated[WholeNumber, between(150, 4096)]
Lun = Annotated[WholeNumber, between(0, 63)]
DiskSize = Annotated[WholeNumber, between(1)]
RetryCount = Annotated[WholeNumber, between(-1)]  # -1: without limit
Percent = Annotated[WholeNumber, between(0, 100)]
BatchPercent = Annotated[WholeNumber, between(5, 100)]
TaskSlots = Annotated[WholeNumber, between(1, 256)]  # at most 4 x cores of the size, never more than 256

PollingInterval = Annotated[
    str,
    BeforeValidator(_seconds_as_text),
    _matching(r"[1-9]\d*", "must be a number of seconds", 'write for example "3600"'),
]
PollingSeconds = Annotated[
    str,
    BeforeValidator(_no_number),
    _matching(r"[1-9]\d*", "must be a number of seconds, as a string", 'write for example "3600"'),
]
IsoDuration = Annotated[str, _duration(0, None, "in days, hours, minutes and seconds")]
ResizeTimeout = Annotated[str, _duration(5 * 60, None, "of at least PT5M")]  # Batch answers 400 below
EvaluationInterval = Annotated[str, _duration(5 * 60, 168 * 3600, "from PT5M to PT168H")]


def has_version(secret_url: str) -> bool:
    """Whether the URL of a secret names one version of it."""
    return re.fullmatch(r"https://[^/]+/secrets/[^/]+/[^/]+/?", secret_url) is not None


def parse_vault_id(vault_id: str) -> tuple[str, str, str]:
    """Subscription, resource group and name of a vault's resource id."""
    return _parse_resource_id(vault_id)


def parse_identity_id(identity_id: str) -> tuple[str, str, str]:
    """Subscription, resource group and name of a user-assigned identity's resource id."""
    return _parse_resource_id(identity_id)


def _parse_resource_id(resource_id: str) -> tuple[str, str, str]:
    segments = resource_id.strip("/").split("/")
    if len(segments) < 8:
        raise ValueError(f"{resource_id!r} is not the id of a resource in a resource group")
    return segments[1], segments[3], segments[-1]
