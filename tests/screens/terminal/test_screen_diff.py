"""Of a paint is written what a terminal does not show already; it then shows just what a full paint would."""

from __future__ import annotations

import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import set_cell_size
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from metertui.screens.terminal.screen_diff import ShownCells

LINES, PARTS, PART = 3, 3, 8
WIDTH = PARTS * PART
Picture = list[list[Strip]]
"""Lines of parts."""

STYLES = [
    Style.parse(each)
    for each in ("", "#ff0000 on #000040", "#00ff00 on #000040", "bold #ff0000 on #000040", "on #400000", "reverse")
]
LETTERS = (*"ab 0·█漢", "e\N{COMBINING ACUTE ACCENT}")
texts = st.lists(st.sampled_from(LETTERS), max_size=PART).map("".join)


@st.composite
def parts(draw: st.DrawFn) -> Strip:
    """Eight cells in one or two styles."""
    segments = draw(st.lists(st.tuples(texts, st.sampled_from(STYLES)), min_size=1, max_size=2))
    return Strip([Segment(text, style) for text, style in segments]).adjust_cell_length(PART, STYLES[0])


places = st.sets(st.tuples(st.integers(0, LINES - 1), st.integers(0, PARTS - 1)), min_size=1)


def all_of(picture: Picture) -> LayoutUpdate:
    return LayoutUpdate([list(line) for line in picture], Region(0, 0, WIDTH, LINES))


def some_of(picture: Picture, changed: set[tuple[int, int]]) -> ChopsUpdate:
    chops = [{part * PART: strip for part, strip in enumerate(line)} for line in picture]
    spans = [(y, part * PART, (part + 1) * PART) for y, part in sorted(changed)]
    return ChopsUpdate(chops, spans, [[(part + 1) * PART for part in range(PARTS)]] * LINES)


def terminal() -> tuple[pyte.Screen, pyte.Stream]:
    screen = pyte.Screen(WIDTH, LINES)
    stream = pyte.Stream(screen)
    stream.feed("\x1b[?7l")  # as Textual has it: lines end at the edge
    return screen, stream


def fresh(picture: Picture) -> pyte.Screen:
    """A terminal that was sent all of it."""
    screen, stream = terminal()
    for y, line in enumerate(picture):
        for part, strip in enumerate(line):
            stream.feed(f"\x1b[{y + 1};{part * PART + 1}H")
            for text, style, _ in strip:
                stream.feed(style.render(text, color_system=ColorSystem.TRUECOLOR) if style else text)
    return screen


def seen(screen: pyte.Screen) -> list[list[tuple[object, ...]]]:
    """Cell by cell, of a blank no more than what shows."""
    cells = [[screen.buffer[y][x] for x in range(WIDTH)] for y in range(LINES)]
    return [
        [(c.data, c.bg, c.reverse, *((c.fg, c.bold) if c.data != " " or c.reverse else ())) for c in line]
        for line in cells
    ]


@settings(max_examples=40)
@given(
    st.lists(st.lists(parts(), min_size=PARTS, max_size=PARTS), min_size=LINES, max_size=LINES),
    st.lists(st.tuples(places, st.lists(parts(), min_size=9, max_size=9), st.booleans()), max_size=6),
)
def test_a_terminal_shows_what_was_painted(
    first: Picture, changes: list[tuple[set[tuple[int, int]], list[Strip], bool]]
) -> None:
    screen, stream = terminal()
    shown = ShownCells()
    picture = [list(line) for line in first]
    stream.feed(shown.apply_update(all_of(picture), WIDTH, ColorSystem.TRUECOLOR))
    assert seen(screen) == seen(fresh(picture))
    for changed, strips, whole in changes:
        for (y, part), strip in zip(sorted(changed), strips, strict=False):
            picture[y][part] = strip
        update = all_of(picture) if whole else some_of(picture, changed)
        stream.feed(shown.apply_update(update, WIDTH, ColorSystem.TRUECOLOR))
        assert seen(screen) == seen(fresh(picture))
        assert not shown.apply_update(all_of(picture), WIDTH, ColorSystem.TRUECOLOR)


def plain(*lines: str) -> LayoutUpdate:
    strips = [[Strip([Segment(set_cell_size(line, WIDTH), STYLES[1])])] for line in lines]
    return LayoutUpdate(list(strips), Region(0, 0, WIDTH, len(lines)))


def test_one_figure_is_all_that_is_written_of_it() -> None:
    shown = ShownCells()
    shown.apply_update(plain("accepted 1 041", "refused  7"), WIDTH, ColorSystem.TRUECOLOR)
    written = shown.apply_update(plain("accepted 1 042", "refused  7"), WIDTH, ColorSystem.TRUECOLOR)
    assert written == "\x1b[1;14H\x1b[0;38;2;255;0;0;48;2;0;0;64m2\x1b[0m"


def test_what_was_forgotten_is_written_again() -> None:
    shown = ShownCells()
    first = shown.apply_update(plain("accepted 1 041"), WIDTH, ColorSystem.TRUECOLOR)
    assert not shown.apply_update(plain("accepted 1 041"), WIDTH, ColorSystem.TRUECOLOR)
    shown.forget()
    assert shown.apply_update(plain("accepted 1 041"), WIDTH, ColorSystem.TRUECOLOR) == first


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("\U0001f469\u200d\U0001f467", 2),  # a family: three characters that are one
        ("\u2764\ufe0f", 2),  # a heart that is an emoji
        ("\U0001f44d\U0001f3fd", 2),  # a thumb with its colour
        ("क्\u200dषे", 1),
        ("نامه\u200cای", 6),
        ("e\u0301", 1),
    ],
)
def test_joined_characters_take_as_many_cells_as_textual_counts(text: str, cells: int) -> None:
    strips = [Strip([Segment(f"{text}a")]), Strip([Segment("b")])]
    assert strips[0].cell_length == cells + 1
    shown = ShownCells()
    first = shown.apply_update(LayoutUpdate([strips], Region(0, 0, WIDTH, 1)), WIDTH, ColorSystem.TRUECOLOR)
    written = f"  \x1b[1;1H{text}\x1b[1;3H" if cells == 2 else text  # terminals differ in the width of such an emoji
    assert first == f"\x1b[1;1H\x1b[0m{written}ab\x1b[0m"
    strips[1] = Strip([Segment("c")])
    after = shown.apply_update(LayoutUpdate([strips], Region(0, 0, WIDTH, 1)), WIDTH, ColorSystem.TRUECOLOR)
    assert after == f"\x1b[1;{cells + 2}H\x1b[0mc\x1b[0m"
