"""Dimmed text: a colour between its own and the ground's."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from metertui.screens.terminal.dimming import Dimming

BLACK, WHITE = Color(0, 0, 0), Color(255, 255, 255)


def dimmed(style: Style, background: Color) -> Style:
    (segment,) = Dimming().apply([Segment("x", style)], background)
    assert segment.text == "x"
    assert segment.style is not None
    return segment.style


def test_dimmed_text_keeps_three_quarters_of_its_contrast() -> None:
    assert dimmed(Style.parse("dim #ffffff"), BLACK) == Style.parse("not dim #bfbfbf")
    assert dimmed(Style.parse("dim #000000"), WHITE) == Style.parse("not dim #3f3f3f")
    assert dimmed(Style.parse("dim bold #ffffff on #0000ff"), BLACK) == Style.parse("not dim bold #bfbfff on #0000ff")


def test_other_text_and_the_colours_of_the_terminal_stay() -> None:
    for style in ("#ffffff", "bold", "dim default", "dim cyan on default", "dim"):
        assert dimmed(Style.parse(style), BLACK) == Style.parse(style)
