"""Settings of plain extensions: refused where the vendor documents it, warned where in doubt, never a crash."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extension_pool.checks import check_pool
from extension_pool.extensions import REGISTRY
from extension_pool.problems import Findings, Later
from extension_pool.spec import PoolSettings

from .pools import EXISTING, HEALTH, MONITOR, TODAY, extension, findings, key_vault, notices, problems

WINDOWS = "windows-server-2022"
PROBE = {"protocol": "http", "port": 8080, "requestPath": "/health"}
GUID = "11111111-1111-1111-1111-111111111111"
LOG_ANALYTICS = "Microsoft.EnterpriseCloud.Monitoring"


def health(version: str = "2.0", **settings: Any) -> dict[str, Any]:
    merged = {key: value for key, value in {**PROBE, **settings}.items() if value is not None}
    return extension("ApplicationHealthLinux", HEALTH, type_handler_version=version, settings=merged)


def antimalware(**settings: Any) -> dict[str, Any]:
    whole = {"AntimalwareEnabled": True, **settings}
    return extension("IaaSAntimalware", "Microsoft.Azure.Security", settings=whole)


def monitor(**settings: Any) -> dict[str, Any]:
    identity = {"identifier-name": "client_id", "identifier-value": GUID}
    whole = {"authentication": {"managedIdentity": identity}, **settings}
    return extension("AzureMonitorLinuxAgent", MONITOR, settings=whole)


def dsc(settings: Any, protected: Any = None) -> dict[str, Any]:
    plain = extension("DSC", "Microsoft.Powershell", type_handler_version="2.77", settings=settings)
    return plain if protected is None else {**plain, "protected_settings": protected}


def oms(**protected: Any) -> dict[str, Any]:
    return extension("OmsAgentForLinux", LOG_ANALYTICS, settings={"workspaceId": GUID}, protected_settings=protected)


@pytest.mark.parametrize(
    ("image", "plain", "sentence"),
    [
        ("ubuntu-24.04", health(protocol="udp"), "settings.protocol: must be one of the allowed values"),
        ("ubuntu-24.04", health(port=70000), "settings.port: must be from 1 to 65535, got 70000"),
        ("ubuntu-24.04", health(port="8080"), 'settings.port: must be a whole number, got "8080"'),
        ("ubuntu-24.04", health(requestPath=None), "settings.requestPath: required with http, but missing"),
        ("ubuntu-24.04", health(protocol="tcp"), "settings.requestPath: is not for tcp"),
        (
            "ubuntu-24.04",
            health(protocol="tcp", requestPath=None, port=None),
            "settings.port: required with tcp, but missing",
        ),
        ("ubuntu-24.04", health(intervalInSeconds=4), "settings.intervalInSeconds: must be from 5 to 60, got 4"),
        ("ubuntu-24.04", health(numberOfProbes=25), "settings.numberOfProbes: must be from 1 to 24, got 25"),
        ("ubuntu-24.04", health(gracePeriod=14401), "settings.gracePeriod: must be from 0 to 14400, got 14401"),
        (WINDOWS, antimalware(AntimalwareEnabled=False), "settings.AntimalwareEnabled: must be true"),
        (
            WINDOWS,
            antimalware(ScheduledScanSettings={"day": 9}),
            "settings.ScheduledScanSettings.day: must be from 0 to 8, got 9",
        ),
        (
            "ubuntu-24.04",
            monitor(proxy={"mode": "application", "auth": True, "address": "http://p:1"}),
            "settings.proxy.auth: must be one of the allowed values",
        ),
        (
            "ubuntu-24.04",
            monitor(proxy={"mode": "application", "auth": "false"}),
            "settings.proxy.address: required with mode application, but missing",
        ),
        (
            "ubuntu-24.04",
            monitor(
                authentication={"managedIdentity": {"identifier-name": "mi_res_id", "identifier-value": GUID}},
            ),
            "settings.authentication.managedIdentity.identifier-value: must be the resource id of a user-assigned",
        ),
        ("ubuntu-24.04", oms(), "protected_settings.workspaceKey: required, but missing"),
        (
            "ubuntu-24.04",
            {**oms(workspaceKey="k"), "settings": {"workspaceId": "mine"}},
            'settings.workspaceId: must be a GUID, got "mine"',
        ),
        (WINDOWS, dsc({"wmfVersion": "6.0"}), "settings.wmfVersion: must be one of the allowed values"),
        (
            WINDOWS,
            dsc({"configuration": {"url": "https://a/b.zip", "script": "Main.ps1"}}),
            "settings.configuration.function: required with configuration.url, but missing",
        ),
        (
            WINDOWS,
            dsc({"configurationArguments": {"who": 1}}, {"configurationArguments": {"who": "hunter2"}}),
            "settings.configurationArguments.who: is among the protected arguments too",
        ),
        (
            WINDOWS,
            extension(
                "IaaSDiagnostics",
                "Microsoft.Azure.Diagnostics",
                settings={"StorageAccount": "a"},
                protected_settings={"storageAccountName": "a", "storageAccountKey": "k"},
            ),
            "settings.WadCfg: required unless there is xmlCfg, but missing",
        ),
        (
            WINDOWS,
            extension(
                "IaaSDiagnostics",
                "Microsoft.Azure.Diagnostics",
                settings={"StorageAccount": "a", "xmlCfg": "PD94"},
                protected_settings={"storageAccountName": "a"},
            ),
            "protected_settings.storageAccountKey: required unless there is storageAccountSasToken",
        ),
    ],
)
def test_what_is_refused(image: str, plain: dict[str, Any], sentence: str) -> None:
    found = problems(image=image, extensions=[plain])
    assert len(found) == 1 and found[0].startswith(f"extensions[0].{sentence}"), found


@pytest.mark.parametrize(
    ("image", "plain"),
    [
        ("ubuntu-24.04", health(gracePeriod=600, intervalInSeconds=5, numberOfProbes=24)),
        ("ubuntu-24.04", health(port=8080.0)),
        ("ubuntu-24.04", health(protocol="tcp", requestPath=None)),
        ("ubuntu-24.04", health(protocol=Later("known in the update"), requestPath=None)),
        ("ubuntu-24.04", health("1.0")),
        (WINDOWS, antimalware(AntimalwareEnabled="true", RealtimeProtectionEnabled="false")),
        (WINDOWS, antimalware(ScheduledScanSettings={"isEnabled": "true", "day": "7", "time": "120"})),
    ],
)
def test_what_passes(image: str, plain: dict[str, Any]) -> None:
    assert findings(image=image, extensions=[plain]) == Findings()


def test_a_proxy_that_asks_who_is_there_needs_credentials() -> None:
    asking = monitor(proxy={"mode": "application", "address": "http://p:1", "auth": "true"})
    credentials = {"proxy": {"username": "u", "password": "p"}}
    assert problems(extensions=[asking]) == [
        'extensions[0].protected_settings.proxy: required with proxy.auth "true", but missing; '
        "add username and password"
    ]
    assert len(problems(extensions=[{**asking, "protected_settings": {}}])) == 1
    assert problems(extensions=[{**asking, "protected_settings": credentials}]) == []
    assert problems(extensions=[{**asking, "protected_settings": {"proxy": Later("secret")}}]) == []
    assert problems(extensions=[{**asking, "protected_settings": {"proxy": {"username": "u"}}}]) == [
        "extensions[0].protected_settings.proxy.password: required, but missing; add it"
    ]


def test_what_is_in_doubt_warns_and_is_not_refused() -> None:
    attestation = extension(
        "GuestAttestation",
        "Microsoft.Azure.Security.LinuxAttestation",
        settings={"AttestationConfig": {"MaaSettings": {"maaEndpoint": 5}}},
    )
    found = findings(extensions=[attestation])
    assert found.problems == ()
    assert any(
        notice.sentence() == "extensions[0].settings.AttestationConfig.MaaSettings.maaEndpoint: must be a string, got 5"
        for notice in found.notices
    )


def test_a_grace_period_under_version_1_is_an_unknown_key() -> None:
    found = findings(extensions=[health("1.0", gracePeriod=5)])
    assert found.problems == ()
    assert [notice.path[-1] for notice in found.notices] == ["gracePeriod"]


def test_no_protected_value_is_shown() -> None:
    for protected in ({"workspaceKey": 12345}, {"workspaceKey": "", "hunter2": "12345"}):
        found = findings(extensions=[oms(**protected)])
        text = " ".join(one.sentence() for one in (*found.problems, *found.notices))
        assert "12345" not in text


def test_settings_as_a_json_string_are_taken_as_their_object_with_a_warning() -> None:
    text = json.dumps(PROBE)
    found = findings(extensions=[{**health(), "settings": text}])
    assert found.problems == ()
    (notice,) = found.notices
    assert notice.sentence().startswith("extensions[0].settings: is a JSON string; it is sent to Azure as the object")
    assert problems(extensions=[{**health(), "settings": json.dumps({**PROBE, "port": 0})}]) == [
        "extensions[0].settings.port: must be from 1 to 65535, got 0"
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(Later("later")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = sorted(
    {
        info.alias or name
        for kind in REGISTRY
        for model in kind.settings.values()
        for name, info in model.model_fields.items()
    }
    | {
        "observedCertificates",
        "acls",
        "msiClientId",
        "url",
        "configurationArguments",
        "managedIdentity",
        "proxy",
        "port",
    }
)
TREES = st.recursive(
    JSON,
    lambda inner: st.dictionaries(st.sampled_from(KEYS), inner, max_size=5) | st.lists(inner, max_size=3),
    max_leaves=20,
)


@pytest.mark.parametrize("kind", REGISTRY, ids=lambda kind: f"{kind.type}-{kind.os_type}")
@settings(max_examples=25)
@given(
    public=st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=8), TREES, max_size=5),
    protected=st.none() | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=8), JSON, max_size=3),
    version=st.sampled_from([None, "1.0", "2.0", "3.0", "4.0", "77.1"]),
)
def test_settings_of_any_shape_make_findings_and_nothing_else(
    kind: Any, public: Any, protected: Any, version: str | None
) -> None:
    plain = extension(kind.type, kind.publisher, settings=public)
    plain |= {"protected_settings": protected} if protected is not None else {}
    plain |= {"type_handler_version": version} if version else {}
    image = "ubuntu-24.04" if kind.os_type == "linux" else WINDOWS
    whole = {"vm_size": "Standard_D2s_v5", "image": image, "extensions": [plain], "identity": EXISTING}
    found = check_pool(PoolSettings.model_validate(whole, by_name=True), TODAY)
    for one in (*found.problems, *found.notices):
        assert one.sentence()


@given(where=st.sampled_from(["secretsManagementSettings", "authenticationSettings"]), tree=TREES)
def test_trees_inside_known_settings_make_findings_and_nothing_else(where: str, tree: Any) -> None:
    plain = key_vault()
    plain["settings"] = {**plain["settings"], where: tree}
    for one in notices(extensions=[plain], identity=EXISTING) + problems(extensions=[plain], identity=EXISTING):
        assert one


class Asset:
    """What a program may have at hand and Azure has no value for."""

    def __repr__(self) -> str:
        return "hunter2"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (Asset(), "must be plain data, not of Python's type Asset; give texts, numbers, true or false"),
        ({"a"}, "must be plain data, not of Python's type set"),
        (b"hunter2", "must be plain data, not of Python's type bytes"),
        (float("nan"), 'must be a number that JSON has, got "nan"; leave it out, or give another'),
        (float("inf"), 'must be a number that JSON has, got "inf"'),
        ({8080: "x"}, "must have strings for keys, got 8080; write it in quotes"),
    ],
)
@pytest.mark.parametrize("place", ["settings", "protected_settings"])
def test_what_is_no_data_is_refused_where_it_stands(place: str, value: Any, said: str) -> None:
    unlisted = extension("Agent", "Contoso", type_handler_version="1.0", allow_unlisted=True)
    found = problems(extensions=[{**unlisted, place: {"probes": [{"port": 1}, {"of": value}]}}])
    (one,) = found
    assert one.startswith(f"extensions[0].{place}.probes[1].of: ")
    assert said.split(", got")[0] in one
    assert place == "protected_settings" or said in one
    assert "hunter2" not in one


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=8,
    )
)
def test_what_json_has_is_data(value: Any) -> None:
    unlisted = extension("Agent", "Contoso", type_handler_version="1.0", allow_unlisted=True)
    assert problems(extensions=[{**unlisted, "settings": {"of": value}}]) == []
