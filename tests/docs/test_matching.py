"""What a page shows of a command is compared with what it printed."""

from tests.docs.matching import mismatch, settled

PRINTED = """engine: pulumi 3.255.0
local Azure: http://127.0.0.1:35371

 +  azure-native:batch:Pool linux-pool created (0.01s)
Resources:
    + 12 created
"""


def test_what_was_printed_is_found() -> None:
    shown = ["engine: pulumi ...", "local Azure: http://127.0.0.1:9", "...", "Resources:", "    + 12 created"]
    assert mismatch(shown, PRINTED) is None


def test_another_number_is_not_what_was_printed() -> None:
    assert mismatch(["Resources:", "    + 11 created"], PRINTED) == "    + 11 created"


def test_a_line_that_is_left_out_without_dots_is_noticed() -> None:
    assert mismatch(["engine: pulumi 3.255.0", "Resources:"], PRINTED) == "Resources:"


def test_lines_in_another_order_are_noticed() -> None:
    assert mismatch(["Resources:", "...", "local Azure: http://127.0.0.1:9"], PRINTED) is not None


def test_times_ports_and_ids_of_a_run_do_not_count() -> None:
    assert settled("created (0.25s) on 127.0.0.1:80") == settled("created (1m2s) on 127.0.0.1:8080")
    assert settled(f"tvmps_{'a' * 64}_d") != settled(f"tvmps_{'a' * 64}_p")
