"""The line of the filter: what is typed, and what it found."""

from __future__ import annotations

import pytest

from metertui.screens.tables.filter_line import drawn, edited, sentence


@pytest.mark.parametrize(
    ("text", "key", "character", "after"),
    [
        ("1", "2", "2", "12"),
        ("a", "space", " ", "a "),
        ("12", "backspace", "\x08", "1"),
        ("", "backspace", "\x08", ""),
        ("one two", "ctrl+w", None, "one"),
        ("one", "ctrl+w", None, ""),
        ("one two", "ctrl+u", None, ""),
        ("x", "down", None, None),
        ("x", "tab", "\t", None),
        ("x", "f1", None, None),
    ],
)
def test_keys_edit_it(text: str, key: str, character: str | None, after: str | None) -> None:
    assert edited(text, key, character) == after


def test_it_says_how_many_rows_there_are_and_the_keys() -> None:
    said = sentence(2, 1038, " 12 ", "meter")
    assert said == "2 of 1 038 · meter contains 12"
    assert drawn("12", said, typing=True).plain == "/12▏  2 of 1 038 · meter contains 12  ⏎ keep  esc clear"
    assert drawn("1\x1b", "", typing=False).plain == "/1␛  / change  esc clear"
    assert sentence(0, 5, "x", "") == "0 of 5 · a cell contains x"
