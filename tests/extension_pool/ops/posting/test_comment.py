from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from extension_pool.ops.errors import BadUsage
from extension_pool.ops.posting.comment import (
    Comment,
    Draft,
    Stamp,
    check_key,
    fit,
    octets,
    parse_comment,
    plan,
    render_comment,
    render_marker,
    said,
    stamp,
    units,
)

NOW = datetime(2026, 11, 20, 10, 0, 0, tzinfo=timezone.utc)
LONGEST = 65_536

keys = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=100).filter(lambda key: key.strip())
stamps = st.builds(
    Stamp,
    st.integers(0, 10**17),
    st.integers(0, 10**8),
    st.sampled_from(["", "a" * 40, "0123456789abcdef" * 4]),
    st.integers(0, 10**9).map(lambda seconds: NOW + timedelta(seconds=seconds)),
)


def made(number: int, body: str, mark: Stamp, **more: str) -> Comment:
    return Comment(number, render_comment(body, "render", mark, LONGEST), mark, f"#{number}", 1, more.get("status"))


def draft(body: str, mark: Stamp) -> Draft:
    return Draft("render", render_comment(body, "render", mark, LONGEST), mark, True)


def run(number: int, attempt: int = 1, commit: str = "a" * 40, seconds: int = 0) -> Stamp:
    return Stamp(number, attempt, commit, NOW + timedelta(seconds=seconds))


@settings(deadline=None)
@given(keys, stamps, st.text())
def test_a_comment_is_found_again_by_any_key_with_its_stamp(key: str, mark: Stamp, body: str) -> None:
    word = check_key(key)
    text = render_comment(body, word, mark, LONGEST)
    assert parse_comment(text, word) == mark
    # services change line ends
    assert parse_comment(text.replace("\n", "\r\n"), word) == mark
    assert said(text.replace("\n", "\r\n")) == said(text)


@settings(deadline=None)
@given(keys)
@example("a--b")
@example("--->")
def test_no_key_ends_the_hidden_comment_that_it_is_in(key: str) -> None:
    marker = render_marker(check_key(key))
    assert marker.startswith("<!-- ") and marker.endswith(" -->")
    inner = marker[4:-3]
    assert "--" not in inner and ">" not in inner and "\n" not in inner and inner.isascii()


@settings(deadline=None)
@given(keys, keys, stamps, st.text())
def test_no_body_has_a_second_marker_that_counts(key: str, other: str, mark: Stamp, body: str) -> None:
    key, other = check_key(key), check_key(other)
    for inner in (body, render_comment(body, other, mark, LONGEST), f"{render_marker(other)}\n{body}"):
        text = render_comment(inner, key, mark, LONGEST)
        assert parse_comment(text, key) == mark
        assert other == key or parse_comment(text, other) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Looks good",
        f"> {render_marker('render')}\n> <!-- run 1.1 commit none at 2026-11-20T10:00:00Z -->",
        f"see\n{render_marker('render')}",
        f" {render_marker('render')}",
        render_marker("render2"),
        "<!-- extension-pool report: render --> and more",
    ],
)
def test_who_quotes_the_comment_does_not_become_it(text: str) -> None:
    assert parse_comment(text, "render") is None


@pytest.mark.parametrize(
    "second",
    [
        "",
        "Replace 1 pool",
        "<!-- run x.1 commit none at 2026-11-20T10:00:00Z -->",
        "<!-- run 1.1 commit none at now -->",
    ],
)
def test_a_comment_whose_stamp_somebody_broke_is_still_ours_and_older_than_any(second: str) -> None:
    found = parse_comment(f"{render_marker('render')}\n{second}\nbody", "render")
    assert found is not None and run(1).newer_than(found)


@pytest.mark.parametrize("key", ["", "  ", "x" * 101, "\ud800"])
def test_a_key_that_names_nothing_is_refused(key: str) -> None:
    with pytest.raises(BadUsage, match=r"^--key: must have 1 to 100 characters"):
        check_key(key)


def test_what_is_no_run_or_commit_counts_as_unknown() -> None:
    assert stamp("17", 2, "ABCDEF0", NOW) == Stamp(17, 2, "abcdef0", NOW)
    for text in (None, "", "x", "²", "9" * 30, "-1"):
        assert stamp(text, 0, "no -->", NOW.replace(microsecond=5)) == Stamp(0, 0, "", NOW)


def test_the_first_report_is_written() -> None:
    assert plan([], draft("new", run(1))).text == draft("new", run(1)).text


def test_the_oldest_stays_and_says_the_newest() -> None:
    there = [made(3, "b", run(2)), made(1, "a", run(1)), made(2, "c", run(3))]
    todo = plan(there, draft("new", run(4)))
    assert todo.keep is not None
    assert (todo.keep.number, said(todo.text or ""), todo.outdated) == (1, "new", False)
    assert [comment.number for comment in todo.drop] == [2, 3]


@pytest.mark.parametrize(
    "newer",
    [run(6), run(5, attempt=2), run(5, seconds=1), run(9, commit="b" * 40)],
    ids=["run", "attempt", "later in the run", "another commit"],
)
def test_an_older_run_does_not_write_over_a_newer_one(newer: Stamp) -> None:
    todo = plan([made(1, "newer", newer)], draft("older", run(5)))
    assert (todo.text, todo.outdated, todo.drop) == (None, True, ())
    assert plan([made(1, "older", run(5))], draft("newer", newer)).text == draft("newer", newer).text


def test_an_older_run_moves_the_newer_text_to_the_comment_that_stays() -> None:
    there = [made(1, "old", run(1), status="closed"), made(2, "newer", run(9), status="active")]
    todo = plan(there, draft("older", run(5)))
    assert todo.keep is not None
    assert (todo.keep.number, todo.text, todo.status) == (1, there[1].text, "active")


def test_the_same_text_for_the_same_commit_is_not_written_again() -> None:
    there = [made(1, "same", run(1))]
    assert plan(there, draft("same", run(2))).text is None
    assert plan(there, draft("other", run(2))).text is not None
    # the reader is told for which commit it holds
    assert plan(there, draft("same", run(2, commit="b" * 40))).text is not None


@settings(deadline=None)
@given(
    st.lists(
        st.one_of(
            st.text(max_size=30),
            st.sampled_from(["```json", "````", "~~~", "<details>", "</details>", "```", "| a | b |", "😀" * 9]),
        ),
        max_size=60,
    ),
    st.integers(150, 600),
    st.sampled_from([units, octets]),
)
def test_what_is_too_long_is_cut_between_lines_and_says_so(lines: list[str], longest: int, size: object) -> None:
    measure = units if size is units else octets
    text = "\n".join(lines)
    short = fit(text, longest, measure)
    assert measure(short) <= longest
    if measure(text) <= longest:
        assert short == text
    else:
        assert short.rstrip().endswith("it was cut because the service takes no longer text.")
        assert short.count("<details>") <= short.count("</details>") or "```" in text or "~~~" in text


def test_a_code_block_and_a_fold_that_are_cut_open_are_closed() -> None:
    text = "\n".join(["<details><summary>prod</summary>", "", "````diff", *["- x" * 20] * 50])
    short = fit(text, 700)
    assert short.index("\n````\n") < short.index("</details>") < short.index("not the whole report")


def test_a_long_report_fits_in_a_moment_whatever_it_is_made_of() -> None:
    for line in ("x", "```", "<details>", "a" * 5000):
        whole = f"{line}\n" * (500_000 // len(line))
        short = fit(whole, LONGEST)
        assert "not the whole report" in short and units(short) <= LONGEST


def test_characters_outside_the_basic_plane_count_twice_as_the_services_count_them() -> None:
    text = render_comment("😀" * LONGEST, "render", run(1), LONGEST)
    assert len(text.encode("utf-16-le")) // 2 <= LONGEST
