import pytest

from bench.profile import Share, main, owner_of, parse_import_times, render_shares

WRITTEN = """import time: self [us] | cumulative | imported package
import time:      1500 |       1500 |     pydantic._internal._fields
import time:       500 |       2000 |   extension_pool.spec.base
import time:      2000 |       4000 | extension_pool.pool
"""


def test_the_time_of_each_module_is_its_own_without_what_it_imports() -> None:
    assert parse_import_times(WRITTEN) == [
        Share("pydantic._internal._fields", "pydantic", 0.0015),
        Share("extension_pool.spec.base", "ours", 0.0005),
        Share("extension_pool.pool", "ours", 0.002),
    ]


def test_owners_come_with_their_part_of_the_whole_and_ours_in_detail_the_largest_first() -> None:
    lines = render_shares(parse_import_times(WRITTEN)).splitlines()
    assert lines[0].split() == ["2", "ms", "62%", "ours"]
    assert lines[1].split() == ["2", "ms", "38%", "pydantic"]
    assert [line.split()[-1] for line in lines[-2:]] == ["extension_pool.pool", "extension_pool.spec.base"]


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        ("pulumi_azure_native.batch.pool", "azure-native"),
        ("pulumi.runtime.stack", "pulumi"),
        ("pydantic_core._pydantic_core", "pydantic"),
        ("_pytest.compat", "python"),
        ("google.protobuf.struct_pb2", "gRPC"),
        ("asyncio.tasks", "python"),
    ],
)
def test_each_module_has_an_owner(name: str, owner: str) -> None:
    assert owner_of(name.split(".")) == owner


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["mocks", "many"], ["import", "1"]])
def test_an_unknown_profile_is_bad_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "python -m bench.profile import" in capsys.readouterr().err
