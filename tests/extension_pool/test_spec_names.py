"""The names that stack files and ARM have for our arguments."""

from hypothesis import given
from hypothesis import strategies as st
from pydantic.alias_generators import to_camel

from extension_pool.spec import arm_name

WORDS = st.text(alphabet="abxyzAZ019_é", max_size=12)
ALL_OWN = ("disk_size_gb", "ephemeral_os_disk_settings", "public_ip_address_configuration")


@given(WORDS)
def test_any_text_gets_the_name_that_pydantic_would_give_it(text: str) -> None:
    assert arm_name(text) == to_camel(text)


def test_arguments_get_the_names_of_arm_its_abbreviations_in_capitals() -> None:
    assert [arm_name(one) for one in ("vm_size", "tags", "v_tpm_enabled", "polling_interval_in_s")] == [
        "vmSize",
        "tags",
        "vTpmEnabled",
        "pollingIntervalInS",
    ]
    assert [arm_name(one) for one in ALL_OWN] == [
        "diskSizeGB",
        "ephemeralOSDiskSettings",
        "publicIPAddressConfiguration",
    ]
