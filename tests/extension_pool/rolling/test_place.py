"""Which account a gate asks, and with which login."""

import asyncio
from typing import Any

import pytest

from extension_pool.ops.errors import CannotAsk
from extension_pool.ops.settings import Place
from extension_pool.rolling import place as module
from extension_pool.rolling.place import find_place
from extension_pool.rolling.plans import PoolId, parse_pool_id

POOL = PoolId("rg", "myaccount", "linux")
KEY = "c2VjcmV0"
ARM = "myaccount.westeurope.batch.azure.com"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    seen: list[str] = []

    async def look_up(function: str, query: dict[str, str], parent: Any = None) -> dict[str, Any]:
        seen.append(f"{function} {query['resourceGroupName']}/{query['accountName']}")
        return {"accountEndpoint": ARM}

    monkeypatch.setattr(module, "look_up", look_up)
    return seen


def found(**environ: str) -> Place:
    return asyncio.run(find_place(POOL, None, environ))  # type: ignore[arg-type]


def test_without_an_environment_arm_says_the_endpoint(asked: list[str]) -> None:
    assert found() == Place(f"https://{ARM}", "myaccount", None)
    assert asked == ["batch:getBatchAccount rg/myaccount"]


def test_the_environment_counts_for_its_own_account(asked: list[str]) -> None:
    environ = {"AZURE_BATCH_ENDPOINT": "http://127.0.0.1:1", "AZURE_BATCH_ACCESS_KEY": KEY}
    assert found(**environ, AZURE_BATCH_ACCOUNT="MyAccount") == Place("http://127.0.0.1:1", "myaccount", KEY)
    assert found(**environ) == Place("http://127.0.0.1:1", "myaccount", KEY)
    assert asked == []


def test_the_environment_of_another_account_does_not(asked: list[str]) -> None:
    """Its key would be refused, and its endpoint knows no such pool: the gate would fail for no reason."""
    named = {"AZURE_BATCH_ENDPOINT": "http://127.0.0.1:1", "AZURE_BATCH_ACCOUNT": "other"}
    assert found(**named, AZURE_BATCH_ACCESS_KEY=KEY) == Place(f"https://{ARM}", "myaccount", None)
    hosted = {"AZURE_BATCH_ENDPOINT": "https://other.westeurope.batch.azure.com"}
    assert found(**hosted, AZURE_BATCH_ACCESS_KEY=KEY) == Place(f"https://{ARM}", "myaccount", None)
    assert len(asked) == 2


def test_a_key_without_an_endpoint_goes_with_its_account(asked: list[str]) -> None:
    assert found(AZURE_BATCH_ACCESS_KEY=KEY, AZURE_BATCH_ACCOUNT="myaccount").access_key == KEY
    assert found(AZURE_BATCH_ACCESS_KEY=KEY).access_key is None


def test_an_account_that_cannot_be_looked_up_could_not_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refused(*_: Any) -> dict[str, Any]:
        raise Exception("invoke failed: AuthorizationFailed")

    monkeypatch.setattr(module, "look_up", refused)
    with pytest.raises(CannotAsk, match="AuthorizationFailed"):
        found()


def test_the_parts_of_a_pool_are_read_off_its_id() -> None:
    subscription = "/subscriptions/s/resourceGroups/rg/providers"
    assert parse_pool_id(f"{subscription}/Microsoft.Batch/batchAccounts/myaccount/pools/linux") == POOL
    assert parse_pool_id(f"{subscription}/microsoft.batch/BATCHACCOUNTS/myaccount/Pools/linux") == POOL
    with pytest.raises(ValueError, match="must be the resource id of a Batch pool"):
        parse_pool_id(f"{subscription}/Microsoft.Batch/batchAccounts/myaccount")
