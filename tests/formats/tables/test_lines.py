"""Lines of a text as rows, one by one and all at once."""

from __future__ import annotations

import pytest

from metertui.formats.tables.lines import Lines, split_line

TEXTS = ["a; b ", "", "1;2;3", "x;\udcff", 'm;"1;5"', "y;z"]


def lines(*texts: str) -> Lines:
    return Lines(7, list(texts), ";")


def test_a_row_has_the_number_of_its_line() -> None:
    rows = list(lines(*TEXTS))
    assert [row.number for row in rows] == [7, 8, 9, 10, 11, 12]
    assert [row.cells for row in rows] == [["a", "b"], [""], ["1", "2", "3"], ["x;\udcff"], ["m", "1;5"], ["y", "z"]]
    assert [row.fault is not None for row in rows] == [False, False, False, True, False, False]
    assert lines(*TEXTS)[1:3] == rows[1:3]
    assert lines(*TEXTS).since(9)[:1] == rows[2:3]
    assert lines(*TEXTS).since(5)[0] == rows[0]


@pytest.mark.parametrize(
    ("texts", "places"),
    [
        (TEXTS, [0, 4, 5]),
        (["a;b", "c;d"], [0, 1]),
        (["a;b", "c", "d;e;f"], [0]),
        (['"a;b"', '"a";b', "c;d"], [1, 2]),
        (['a;"b', 'c";d', "e;f"], [1, 2]),  # the quote in the first line is closed in the second
        (['a;"b', "c;d"], [1]),
        (['"a";"b"', '" c ";d', '"";""'], [0, 1, 2]),
        (['"a";"b"', '"c;x";d'], [0, 1]),
        (['"a";"b""x"', '"c";"d"'], [0, 1]),
        (['"a";"b" ', '"c";d"', '"e";"f"'], [1, 2]),
        (['"a";"b"', '"c', '";"d"'], [0]),
        ([], []),
    ],
)
def test_columns_are_those_of_the_rows_of_equal_width(texts: list[str], places: list[int]) -> None:
    found, columns = lines(*texts).columns(2)
    assert found == places
    rows = [lines(*texts)[at].cells for at in places]
    assert [[cell.strip() for cell in column] for column in columns] == [list(each) for each in zip(*rows, strict=True)]


def test_a_very_long_cell_is_cut() -> None:
    assert split_line("a;" + "1" * 500 + ';"b"\n', ";") == ["a", "1" * 200 + "…", "b"]
    assert split_line("a;" + "1" * 500 + "\n", ";") == ["a", "1" * 200 + "…"]
