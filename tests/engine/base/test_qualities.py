"""The marks of qualities in files."""

from __future__ import annotations

from metertui.engine.base.qualities import ACTUAL, ESTIMATED, SUBSTITUTED, parse_mark


def test_a_mark_is_a_capital_or_nothing() -> None:
    assert [parse_mark(text) for text in ("", "E", "S")] == [ACTUAL, ESTIMATED, SUBSTITUTED]
    assert [parse_mark(text) for text in ("A", "e", " ", "estimated")] == [None] * 4
