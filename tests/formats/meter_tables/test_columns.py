"""The rows of a block column by column."""

from __future__ import annotations

from metertui.formats.meter_tables import columns
from metertui.formats.meter_tables.columns import ODD, Columns, Lookup, Texts


def test_cells_are_without_blanks_and_missing_columns_are_empty() -> None:
    found = Columns([0, 2], [("a ", " b"), ("", "x")])
    assert (found[0], found[1], found[2]) == (["a", "b"], ["", "x"], ["", ""])
    assert len(found) == 2
    assert found.has_more(1).tolist() == [False, True]
    assert found.has_more(2).tolist() == [False, False]


def test_a_text_is_looked_at_once() -> None:
    asked: list[str] = []

    def number_of(text: str) -> int:
        asked.append(text)
        return len(text)

    look_up = Lookup(number_of)
    assert look_up(["a", "bb", "a"]).tolist() == [1, 2, 1]
    assert look_up(["bb", "ccc"]).tolist() == [2, 3]
    assert sorted(asked) == ["a", "bb", "ccc"]


def test_texts_keep_their_numbers_when_too_many_are_forgotten() -> None:
    texts = Texts(lambda text: text != "no")
    few = columns._MOST_KEPT
    first = texts.numbers(["a", '="b"', "no", "b"]).tolist()
    assert first[2] == ODD
    assert (first[1], texts.text(first[0]), texts.text(first[1])) == (first[3], "a", "b")
    texts.numbers([str(each) for each in range(few + 1)])
    assert texts.numbers(["a", "no", "b"]).tolist() == [first[0], ODD, first[1]]
