"""Text from outside made visible."""

from __future__ import annotations

from metertui.engine.base.visible_text import visible


def test_control_characters_become_pictures() -> None:
    assert visible("a\x1b[2Jb\n\x7f") == "a␛[2Jb␊␡"


def test_other_characters_without_a_shape_are_named() -> None:
    assert visible("\u202eabc\u00a0d") == "\\u202eabc␣d"


def test_printable_text_stays_as_it_is() -> None:
    assert visible("Straße 5, 東京 ½") == "Straße 5, 東京 ½"
