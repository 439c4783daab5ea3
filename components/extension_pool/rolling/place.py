"""Where a pool's Batch account is asked from a Pulumi program: its endpoint and its login."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pulumi

from ..lookups import look_up
from .plans import PoolId

if TYPE_CHECKING:
    from ..ops.settings import Place, Settings


async def find_place(pool: PoolId, component: pulumi.Resource, environ: Mapping[str, str] = os.environ) -> "Place":
    """The account of a pool.

    The environment (`AZURE_BATCH_ENDPOINT`, `AZURE_BATCH_ACCESS_KEY`) is about one account: it counts where that is
    this one. Else ARM is asked for the endpoint, and the login is azure-identity's. Raises `OpsError`.
    """
    from ..ops.errors import CannotAsk
    from ..ops.settings import Place, normalise_endpoint, read_settings

    settings = read_settings(environ)
    ours = is_about(settings, pool.account)
    if ours and settings.endpoint is not None:
        return Place(settings.endpoint, pool.account, settings.access_key)
    query = {"accountName": pool.account, "resourceGroupName": pool.group}
    try:
        found = await look_up("batch:getBatchAccount", query, component)
    except Exception as error:
        # The engine raises no narrower type; what it says names the cause.
        raise CannotAsk(
            f"account: the endpoint of {pool.account!r} could not be looked up ({error}); set AZURE_BATCH_ENDPOINT and "
            "AZURE_BATCH_ACCOUNT, or let the login read Batch accounts"
        ) from error
    endpoint = found.get("accountEndpoint")
    if not isinstance(endpoint, str) or not endpoint:
        raise CannotAsk(
            f"account: Azure does not tell the endpoint of {pool.account!r}; set AZURE_BATCH_ENDPOINT and "
            "AZURE_BATCH_ACCOUNT"
        )
    key = settings.access_key if ours and settings.account else None
    return Place(normalise_endpoint(endpoint, "accountEndpoint"), pool.account, key)


def is_about(settings: "Settings", account: str) -> bool:
    """Whether the environment is about this account: by `AZURE_BATCH_ACCOUNT`, else by the host of the endpoint.

    A host that names no account, such as that of local Azure, is taken for the right one, as `extension-pool` does.
    """
    from ..ops.settings import account_of

    named = settings.account or (account_of(settings.endpoint) if settings.endpoint else None)
    return named is None or named.lower() == account.lower()
