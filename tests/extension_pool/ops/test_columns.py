from hypothesis import given
from hypothesis import strategies as st

from extension_pool.ops.columns import Cell, Column, Style, lay_out, measure, wrap

words = st.lists(st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), min_size=1, max_size=30), max_size=8)


@given(words, st.integers(2, 40))
def test_wrapped_lines_fit_and_lose_nothing(parts: list[str], width: int) -> None:
    text = " ".join(parts)
    lines = wrap(text, width)
    assert all(measure(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_words_stay_whole_where_they_fit() -> None:
    assert wrap("the node does not report it", 10) == ["the node", "does not", "report it"]
    assert wrap("a abcdefghijkl", 6) == ["a abcd", "efghij", "kl"]
    assert wrap("any length", None) == ["any length"]


def test_wide_characters_take_two_columns_and_combining_ones_none() -> None:
    assert measure("节点") == 4
    assert measure("e\u0301") == 1
    assert wrap("节点节点", 5) == ["节点", "节点"]


def table(width: int | None, columns: list[Column], *rows: list[str], colour: bool = False) -> list[str]:
    return list(lay_out(columns, [[Cell(text) for text in row] for row in rows], width=width, colour=colour))


def test_without_a_width_a_row_is_a_line_however_long() -> None:
    assert table(None, [Column("A"), Column("B")], ["x" * 200, "y"]) == ["A" + " " * 201 + "B", "x" * 200 + "  y"]


def test_the_widest_column_gives_way_first_and_a_firm_one_not_at_all() -> None:
    columns = [Column("ID", 8, firm=True), Column("B", 6), Column("C")]
    assert table(20, columns, ["12345678", "b" * 20, "c"]) == [
        "ID        B        C",
        "12345678  bbbbbbb  c",
        "          bbbbbbb",
        "          bbbbbb",
    ]


def test_a_column_stands_apart_only_where_the_others_cannot_be_read_beside_it() -> None:
    first = [Column("ID", 10, firm=True, apart=True), Column("B", 6)]
    assert table(18, first, ["1234567890", "bbbbbb"]) == ["ID          B", "1234567890  bbbbbb"]
    assert table(17, first, ["1234567890", "bbbbbb"]) == ["ID", "  B", "1234567890", "  bbbbbb"]
    last = [Column("B", 6), Column("IDS", 10, apart=True)]
    assert table(17, last, ["bbbbbb", "1234567890"]) == ["B", "  IDS", "bbbbbb", "  1234567890"]


def test_colour_takes_no_room() -> None:
    (_, plain), (_, painted) = (
        list(lay_out([Column("A"), Column("B")], [[Cell("x", Style.RED), Cell("y")]], width=None, colour=colour))
        for colour in (False, True)
    )
    assert plain == "x  y"
    assert painted == "\x1b[31mx\x1b[0m  y"


@given(st.lists(st.tuples(st.text("ab ", max_size=30), st.text("cd", max_size=30)), max_size=4), st.integers(14, 60))
def test_a_table_fits_its_width(rows: list[tuple[str, str]], width: int) -> None:
    columns = [Column("A", 6), Column("B")]
    lines = table(width, columns, *[[" ".join(one.split()), other] for one, other in rows])
    assert all(measure(line) <= width for line in lines)
    assert all(line == line.rstrip() for line in lines)
