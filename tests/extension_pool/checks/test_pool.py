"""The pool itself, and all rules together."""

from .pools import extension, problems


def test_metadata_is_keyed_by_name() -> None:
    twice = [{"name": "a", "value": "1"}, {"name": "a", "value": "2"}]
    assert problems(metadata=twice)[1].startswith("metadata[1].name: used by another entry too")
    assert problems(metadata=[twice[0], {"name": "b", "value": "1"}]) == []


def test_all_problems_of_a_pool_come_together() -> None:
    found = problems(
        image="solaris-11",
        extensions=[extension("CustomScript"), extension("NotOfTheList", provision_after_extensions=["z"])],
        scale_settings={},
        data_disks=[{"lun": 0, "disk_size_gb": 1}] * 2,
    )
    assert [sentence.split(":")[0] for sentence in found] == [
        "image",
        "scale_settings",
        "extensions[0].type",
        "extensions[1].type",
        "extensions[0].name",
        "extensions[1].name",
        "extensions[1].provision_after_extensions[0]",
        "data_disks[0].lun",
        "data_disks[1].lun",
    ]
