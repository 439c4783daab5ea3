"""Which line of a stack file a change comes from."""

import pytest

from extension_pool.ops.review.model import Place
from extension_pool.ops.review.places import Places

FILE = "stacks/Pulumi.prod.yaml"
MACHINES = "deploymentConfiguration.virtualMachineConfiguration."
SECRETS = "settings.secretsManagementSettings."
STACK = """\
# a comment
config:
  azure-native:location: westeurope
  extension-pool:resourceGroup: {name: rg}
  extension-pool:batchAccount:
    name: account
  extension-pool:keyVault:
    name: kv
  extension-pool:pools:
    render:
      image: ubuntu-24.04
      vmSize: Standard_D4s_v5
      scaleSettings:
        autoScale:
          formula: |
            $a = 1;

            $b = 2;
            $TargetDedicatedNodes = $a;
          evaluationInterval: PT5M
      keyVaultCertificates:
        - https://kv.vault.azure.net/secrets/zebra
        - url: https://kv.vault.azure.net/secrets/ant
          certificateStoreLocation: /etc/certs
      keyVaultExtension:
        pollingIntervalInS: "3600"
      extensions:
        - name: monitor
          publisher: Microsoft.Azure.Monitor
          type: AzureMonitorLinuxAgent
          typeHandlerVersion: "1.21"
        - name: Driver
          publisher: Microsoft.HpcCompute
          type: NvidiaGpuDriverLinux
          settings:
            "odd.key": 1
            updateOS: true
          protectedSettings:
            key:
              secure: v1:one
      metadata:
        - {name: a, value: one}
        - {name: b, value: two}
      tags: {team: x, "cost.center": "7"}
    other:
      image: windows-server-2022
      vmSize: Standard_D2s_v5
"""


def after(*edits: tuple[str, str], base: str = STACK) -> Places:
    now = base
    for old, new in edits:
        assert now.count(old) >= 1, old
        now = now.replace(old, new, 1)
    return Places.between({FILE: base}, {FILE: now})


def line_of(text: str, within: str = STACK) -> int:
    (found,) = [number for number, line in enumerate(within.splitlines(), 1) if text in line]
    return found


def at(text: str, *, removed: bool = False, within: str = STACK) -> Place:
    return Place(FILE, line_of(text, within), removed)


# property -> edit -> what stands on the line
EDITS: dict[str, tuple[str, tuple[str, str], str]] = {
    "a word with the property's name": ("vmSize", ("Standard_D4s_v5", "Standard_D8s_v5"), "vmSize: Standard_D4s_v5"),
    "an image": (MACHINES + "imageReference.sku", ("ubuntu-24.04", "ubuntu-22.04"), "image: ubuntu"),
    "its node agent": (MACHINES + "nodeAgentSkuId", ("ubuntu-24.04", "ubuntu-22.04"), "image: ubuntu"),
    "a setting of the certificates' extension, by its name": (
        MACHINES + f'extensions["KeyVaultForLinux"].{SECRETS}pollingIntervalInS',
        ('"3600"', '"60"'),
        "pollingIntervalInS",
    ),
    # in canonical order: Driver, KeyVaultForLinux, monitor
    "the same by its index": (
        MACHINES + f"extensions[1].{SECRETS}pollingIntervalInS",
        ('"3600"', '"60"'),
        "pollingIntervalInS",
    ),
    "an extension by its index": (MACHINES + "extensions[2].typeHandlerVersion", ('"1.21"', '"1.22"'), '"1.21"'),
    "a free setting": (MACHINES + "extensions[0].settings.updateOS", ("updateOS: true", "updateOS: false"), "updateOS"),
    "a key with a dot": (MACHINES + 'extensions[0].settings["odd.key"]', ('key": 1', 'key": 2'), "odd.key"),
    "a secret": (MACHINES + "extensions[0].protectedSettings.key", ("v1:one", "v1:two"), "secure"),
    # sorted by URL at the node
    "the certificate that is sorted first": (
        MACHINES + f"extensions[1].{SECRETS}observedCertificates[0].url",
        ("secrets/ant", "secrets/ape"),
        "secrets/ant",
    ),
    "a bare certificate": (
        MACHINES + f"extensions[1].{SECRETS}observedCertificates[1].url",
        ("secrets/zebra", "secrets/zoo"),
        "secrets/zebra",
    ),
    "a store": (
        MACHINES + f"extensions[1].{SECRETS}observedCertificates[0].certificateStoreLocation",
        ("/etc/certs", "/srv/certs"),
        "/etc/certs",
    ),
    "a line in a block": ("scaleSettings.autoScale.formula", ("$b = 2", "$b = 3"), "$b = 2"),
    "an item of a list": ("metadata[1].value", ("two", "three"), "value: two"),
    "a quoted key": ('tags["cost.center"]', ('"7"', '"8"'), "cost.center"),
    "the account": ("accountName", ("name: account", "name: account2"), "name: account"),
    "the resource group": ("resourceGroupName", ("{name: rg}", "{name: rg2}"), "name: rg"),
    "the identity that the resource group moves": (
        "identity.userAssignedIdentities[0]",
        ("{name: rg}", "{name: rg2}"),
        "name: rg",
    ),
    "the name that a blue-green pool gets of what replaces it": ("poolName", ('"1.21"', '"1.22"'), '"1.21"'),
}


@pytest.mark.parametrize("case", EDITS)
def test_the_line_of_a_changed_property(case: str) -> None:
    path, edit, line = EDITS[case]
    assert after(edit).find("prod", "render", path) == at(line)


@pytest.mark.parametrize("case", EDITS)
def test_a_change_that_nobody_wrote_into_the_stack_file_is_from_code(case: str) -> None:
    path, _, _ = EDITS[case]
    assert after().find("prod", "render", path) is None
    assert after(("# a comment", "# another")).find("prod", "render", path) is None
    assert after(("Standard_D2s_v5", "Standard_D3s_v5")).find("prod", "render", path) is None


def test_the_environment_may_be_a_whole_stack_name_and_another_stack_has_no_lines() -> None:
    places = after(("Standard_D4s_v5", "Standard_D8s_v5"))
    assert places.find("org/project/prod", "render", "vmSize") == at("vmSize: Standard_D4s_v5")
    assert places.find("dev", "render", "vmSize") is None
    assert places.find("prod", "other", "vmSize") is None


def test_of_several_edits_the_most_exact_one_is_named() -> None:
    both = after(('"3600"', '"60"'), ("ubuntu-24.04", "ubuntu-22.04"))
    polling = MACHINES + f'extensions["KeyVaultForLinux"].{SECRETS}pollingIntervalInS'
    assert both.find("prod", "render", polling) == at("pollingIntervalInS")
    assert both.find("prod", "render", MACHINES + "imageReference.sku") == at("image: ubuntu")


def test_of_two_edited_certificates_each_has_its_own_line() -> None:
    both = after(("secrets/zebra", "secrets/zoo"), ("secrets/ant", "secrets/ape"))
    observed = MACHINES + f"extensions[1].{SECRETS}observedCertificates"
    assert both.find("prod", "render", f"{observed}[0].url") == at("secrets/ant")
    assert both.find("prod", "render", f"{observed}[1].url") == at("secrets/zebra")


def test_certificates_that_are_given_by_their_names_are_found_and_so_is_another_vault() -> None:
    # by URL the first of the two is the last
    base = STACK.replace("https://kv.vault.azure.net/secrets/zebra", "zebra").replace("kv.vault", "zz.vault")
    observed = MACHINES + f'extensions["KeyVaultForLinux"].{SECRETS}observedCertificates'
    renamed = after(("- zebra", "- zoo"), ("secrets/ant", "secrets/ape"), base=base)
    assert renamed.find("prod", "render", f"{observed}[0].url") == at("- zebra", within=base)
    assert renamed.find("prod", "render", f"{observed}[1].url") == at("secrets/ant", within=base)
    moved = after(("name: kv", "name: kv2"), base=base)
    assert moved.find("prod", "render", f"{observed}[0].url") == at("name: kv", within=base)


def test_a_key_with_dots_is_the_place_that_it_says() -> None:
    base = STACK + "  extension-pool:pools.other.displayName: Farm\n  extension-pool:keyVault.resourceGroup: rg-keys\n"
    both = after(("displayName: Farm", "displayName: House"), ("vmSize: Standard_D2s_v5", "vmSize: B"), base=base)
    assert both.find("prod", "other", "displayName") == at("pools.other.displayName", within=base)
    assert both.find("prod", "other", "vmSize") == at("Standard_D2s_v5", within=base)
    assert both.find("prod", "render", "displayName") is None


def test_an_edit_that_does_not_replace_is_not_behind_the_name_of_a_blue_green_pool() -> None:
    scaled = after(("PT5M", "PT9M"), ("value: two", "value: three"))
    assert scaled.find("prod", "render", "poolName") is None
    assert scaled.find("prod", "render", "scaleSettings.autoScale.evaluationInterval") == at("PT5M")


def test_what_is_taken_out_has_the_line_that_it_stood_on() -> None:
    certificate = "        - https://kv.vault.azure.net/secrets/zebra\n"
    places = after((certificate, ""))
    path = MACHINES + f"extensions[1].{SECRETS}observedCertificates[1]"
    assert places.find("prod", "render", path) == at("secrets/zebra", removed=True)
    whole = after((STACK[STACK.index("    other:") :], ""))
    assert whole.find("prod", "other", "") == at("    other:", removed=True)
    assert whole.find("prod", "render", "") is None


def test_an_extension_that_comes_or_goes_is_found_by_its_name_or_index() -> None:
    monitor = STACK[STACK.index("        - name: monitor") : STACK.index("        - name: Driver")]
    gone = after((monitor, ""))
    assert gone.find("prod", "render", MACHINES + 'extensions["monitor"]') == at("name: monitor", removed=True)
    assert gone.find("prod", "render", MACHINES + "extensions[2]") == at("name: monitor", removed=True)
    shorter = STACK.replace(monitor, "")
    come = Places.between({FILE: shorter}, {FILE: STACK})
    assert come.find("prod", "render", MACHINES + "extensions[2]") == at("name: monitor")


def test_the_order_of_extensions_is_no_edit_and_that_of_metadata_is_one() -> None:
    monitor = STACK[STACK.index("        - name: monitor") : STACK.index("        - name: Driver")]
    moved = STACK.replace(monitor, "").replace("      metadata:", f"{monitor}      metadata:")
    places = Places.between({FILE: STACK}, {FILE: moved})
    for index in range(3):
        assert places.find("prod", "render", MACHINES + f"extensions[{index}].typeHandlerVersion") is None
    a, b = "        - {name: a, value: one}\n", "        - {name: b, value: two}\n"
    swapped = after((a + b, b + a))
    found = swapped.find("prod", "render", "metadata[0].name")
    assert found is not None
    assert found.line in (line_of("value: one"), line_of("value: two"))


def test_a_new_pool_or_a_new_stack_file_has_lines_of_its_own() -> None:
    more = STACK + "    third:\n      vmSize: Standard_D1\n"
    places = Places.between({FILE: STACK}, {FILE: more})
    assert places.find("prod", "third", "") == at("    third:", within=more)
    assert places.find("prod", "third", "vmSize") == at("Standard_D1", within=more)
    fresh = Places.between({}, {FILE: STACK})
    assert fresh.find("prod", "render", "vmSize") == at("vmSize: Standard_D4s_v5")
    # none of its lines names the pool anew: it came with all of them
    assert fresh.find("prod", "other", "") == at("    other:")
    assert Places.between({FILE: STACK}, {}).find("prod", "other", "") == at("    other:", removed=True)


OTHERS = [
    ("resource-group", "resourceGroupName", ("{name: rg}", "{name: rg2}"), "name: rg"),
    ("batch-account", "accountName", ("name: account", "name: account2"), "name: account"),
    ("key-vault", "location", ("westeurope", "northeurope"), "westeurope"),
    ("render-vault-access", "scope", ("name: kv", "name: kv2"), "name: kv"),
]


@pytest.mark.parametrize(("name", "path", "edit", "line"), OTHERS)
def test_other_resources_of_the_stack_have_lines_as_well(
    name: str, path: str, edit: tuple[str, str], line: str
) -> None:
    assert after(edit).find_other("prod", name, path) == at(line)
    assert after().find_other("prod", name, path) is None


def test_tags_of_an_identity_are_found() -> None:
    base = STACK.replace("      tags:", "      identity:\n        tags:\n          team: a\n      tags:")
    places = after(("team: a", "team: b"), base=base)
    assert places.find_other("prod", "render-identity", "tags.team") == at("team: a", within=base)
    assert places.find_other("prod", "other-identity", "tags.team") is None


def test_no_value_of_a_secret_is_in_a_place() -> None:
    place = after(("v1:one", "v1:two")).find("prod", "render", MACHINES + "extensions[0].protectedSettings.key")
    assert place is not None
    assert "v1" not in repr(place)
