"""Who signs in as the pool's identity."""

from typing import Any

import pytest

from extension_pool.problems import Later

from .pools import CLIENT, EXISTING, IDENTITIES, MONITOR, OTHER, extension, findings, key_vault, notices, problems

CLIENT_AT = "extensions[0].settings.authenticationSettings.msiClientId"
NONE = {"create": False}


def agent(name: str, value: Any) -> dict[str, Any]:
    identity = {"identifier-name": name, "identifier-value": value}
    settings = {"authentication": {"managedIdentity": identity}}
    return extension("AzureMonitorLinuxAgent", MONITOR, settings=settings)


def existing(**ids: Any) -> dict[str, Any]:
    return {"existing": [{"id": f"{IDENTITIES}/it", **ids}]}


def reference(resource_id: Any) -> dict[str, Any]:
    return {"resource_id": resource_id}


def test_a_client_id_of_another_identity_is_refused() -> None:
    rule = "is not the client id of an identity of the pool, and nodes have no other identity"
    assert problems(extensions=[key_vault()], identity=existing(client_id=OTHER)) == [
        f'{CLIENT_AT}: {rule}, got "{CLIENT}"; allowed {OTHER}; use it, or add the identity'
    ]


@pytest.mark.parametrize("ids", [{"client_id": CLIENT.upper()}, {"client_id": Later("later")}, {}])
def test_the_client_id_of_the_pools_identity_passes_and_so_does_what_cannot_be_told(ids: dict[str, Any]) -> None:
    assert problems(extensions=[key_vault()], identity=existing(**ids)) == []


def test_one_of_several_identities_is_enough() -> None:
    both = {
        "existing": [
            {"id": f"{IDENTITIES}/a", "client_id": OTHER},
            {"id": f"{IDENTITIES}/b", "client_id": CLIENT},
        ]
    }
    assert problems(extensions=[key_vault()], identity=both) == []


def test_a_client_id_beside_an_identity_that_is_about_to_be_made_warns() -> None:
    found = findings(extensions=[key_vault()])
    assert found.problems == ()
    assert found.notices[0].sentence().startswith(f"{CLIENT_AT}: names no identity of identity.existing")


@pytest.mark.parametrize("plain", [key_vault(), agent("client_id", CLIENT)])
def test_an_extension_that_signs_in_needs_an_identity(plain: dict[str, Any]) -> None:
    assert any(
        "signs in as an identity of the pool, which has none" in text
        for text in problems(extensions=[plain], identity=NONE)
    )


def test_a_pool_without_identity_may_have_the_other_extensions() -> None:
    plain = extension("NvidiaGpuDriverLinux", "Microsoft.HpcCompute")
    assert problems(extensions=[plain], identity=NONE) == []


@pytest.mark.parametrize(
    ("name", "value", "fits"),
    [
        ("mi_res_id", f"{IDENTITIES}/IT", True),
        ("mi_res_id", f"{IDENTITIES}/other", False),
        ("client_id", CLIENT, True),
        ("client_id", OTHER, False),
        ("object_id", OTHER, True),
        ("object_id", CLIENT, False),
    ],
)
def test_the_monitor_agent_signs_in_as_the_pools_identity(name: str, value: str, fits: bool) -> None:
    identity = existing(client_id=CLIENT, principal_id=OTHER)
    assert (problems(extensions=[agent(name, value)], identity=identity) == []) == fits


def test_a_monitor_agent_that_is_told_no_identity_warns() -> None:
    for plain in (
        extension("AzureMonitorLinuxAgent", MONITOR),
        extension("AzureMonitorLinuxAgent", MONITOR, settings={}),
    ):
        found = findings(extensions=[plain])
        assert found.problems == ()
        assert "says not as whom the agent signs in" in found.notices[0].sentence()
    assert notices(extensions=[agent("client_id", CLIENT)], identity=EXISTING) == []


@pytest.mark.parametrize(
    "holder",
    [
        lambda identity: {
            "mount_configuration": [
                {
                    "azure_blob_file_system_configuration": {
                        "account_name": "a",
                        "container_name": "c",
                        "relative_mount_path": "m",
                        "identity_reference": identity,
                    }
                }
            ]
        },
        lambda identity: {
            "container_configuration": {
                "type": "DockerCompatible",
                "container_registries": [{"identity_reference": identity}],
            }
        },
        lambda identity: {
            "start_task": {
                "command_line": "x",
                "resource_files": [{"http_url": "https://a/b", "file_path": "b", "identity_reference": identity}],
            }
        },
    ],
)
def test_whatever_signs_in_is_an_identity_of_the_pool(holder: Any) -> None:
    (sentence,) = problems(**holder(reference(f"{IDENTITIES}/other")), identity=EXISTING)
    assert "identity_reference.resource_id: is no identity of the pool, and nodes have no other" in sentence
    assert problems(**holder(reference(f"{IDENTITIES}/IT")), identity=EXISTING) == []
    assert problems(**holder(reference(f"{IDENTITIES}/other"))) == []
