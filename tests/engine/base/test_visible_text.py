"""Text from outside made visible."""

from __future__ import annotations

import pytest

from metertui.engine.base.visible_text import visible


def test_control_characters_become_pictures() -> None:
    assert visible("a\x1b[2Jb\n\x7f") == "a␛[2Jb␊␡"


def test_other_characters_without_a_shape_are_named() -> None:
    assert visible("\u202eabc\u00a0d") == "\\u202eabc␣d"


@pytest.mark.parametrize(
    "text",
    [
        "क्\u200dषेत्र",  # Devanagari: a half form
        "ന്\u200d",  # Malayalam: a letter without its vowel
        "نامه\u200cای",  # Persian: two parts of a word that do not join
        "\U0001f469\u200d\U0001f467 \u2764\ufe0f\u200d\U0001f525",  # a family, a heart on fire
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",  # the flag of England
        "\u0600\u0661",  # the Arabic sign of a number
    ],
)
def test_format_characters_stay_where_a_text_needs_them(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("m\u200d1", "m\\u200d1"),
        (" \u200c", " \\u200c"),
        ("\u200d", "\\u200d"),
        ("क\u200d\u200d", "क\u200d\\u200d"),
        ("é\u202e\u2066\u200b\ufeff\u00ad", "é\\u202e\\u2066\\u200b\\ufeff\\u00ad"),
        ("x\U000e0067\U000e007f", "x\\ue0067\\ue007f"),
        ("ক\x1b[2J\u200d", "ক␛[2J\\u200d"),
    ],
)
def test_format_characters_that_hide_something_are_named(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_printable_text_stays_as_it_is() -> None:
    assert visible("Straße 5, 東京 ½") == "Straße 5, 東京 ½"
