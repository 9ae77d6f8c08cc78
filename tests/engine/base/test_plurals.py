"""Counts with their nouns."""

from __future__ import annotations

from metertui.engine.base.plurals import counted


def test_one_is_singular() -> None:
    assert [counted(count, "bill") for count in (0, 1, 2)] == ["0 bills", "1 bill", "2 bills"]
