"""A widget that draws a chart, again only when the chart, the size or the theme changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.markup import escape
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from metertui.screens.charts import bars, lines
from metertui.screens.charts.area import area
from metertui.screens.charts.chart import NO_CURSOR, WITHHELD, Picture
from metertui.screens.charts.cursor_words import words_at
from metertui.screens.charts.figure import Line
from metertui.screens.charts.heat import heat
from metertui.screens.charts.inks import LAST_SPECIAL, Inks, inks_of
from metertui.screens.charts.kinds import Kind
from metertui.screens.shell import DeskScreen
from metertui.screens.terminal import theme
from metertui.text import HIDDEN, INCOMPLETE, fmt

_COPIED, _COPIED_ROWS = 96, 20
"""Columns and rows of a chart that is copied: it fits the page of a letter."""
_BORDER: Final = 6
"""Cells of a border beside the text in it."""
_END: Final = 1_000_000_000
"""The number of a label beyond the last one of any chart."""

_NO_INKS: Final = Inks((Style(),), dict.fromkeys(range(LAST_SPECIAL, 0), Style()), (Style(),), ())

_DRAW: Final[dict[Kind, Callable[..., list[Line]]]] = {
    "lines": lines.lines,
    "area": area,
    "bars": bars.upright,
    "stacked": bars.upright,
    "rows": bars.sideways,
    "shares": bars.sideways,
    "heat": heat,
}
_WHY: Final = ("not over yet", "in part", "with a gap")
"""Why a value is marked as incomplete, in the legend and under the cursor."""


class PictureView(Widget, can_focus=True):
    """Shows a chart; to show the same again costs nothing.

    With the focus it has a cursor on one label, and in a heat map on one series, whose value stands in the lower
    border. `point_at` shows the cursor also without the focus. The border explains the marks of values that are
    estimated or of a period that is not over.
    """

    ALLOW_SELECT: ClassVar[bool] = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "move(-1)", "Previous bar", show=False),
        Binding("right", "move(1)", "Bar", key_display="← →", tooltip="Next bar"),
        Binding("home", "move_to(0)", "First bar", show=False),
        Binding("end", "move_to(-1)", "Last bar", show=False),
        Binding("up", "move_across(-1)", "Row above", show=False),
        Binding("down", "move_across(1)", "Row below", show=False),
        Binding("Y", "copy_chart", "Copy chart", show=False, tooltip="Copy the chart as text"),
    ]

    @dataclass
    class CursorMoved(Message):
        """The cursor moved to another label."""

        chart: PictureView
        place: int

        @property
        def control(self) -> PictureView:
            """Return the chart, for the selector of a handler."""
            return self.chart

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.picture: Picture | None = None
        """The chart that is shown."""
        self.cursor = NO_CURSOR
        """The number of the label under the cursor."""
        self.across = NO_CURSOR
        """The number of the series under the cursor of a heat map."""
        self.lead = NO_CURSOR
        """The number of the series whose value is said first."""
        self._pointed = False
        """Whether the cursor is shown without the focus."""
        self._looks: tuple[object, ...] = ()
        self._lines: list[Line] = []

    def show(self, picture: Picture | None) -> None:
        """Show a chart, or none."""
        if picture != self.picture:
            self.picture = picture
            self.cursor = self.across = self.lead = NO_CURSOR
            self._pointed = False
            self._redraw()

    def point_at(self, label: int, series: int) -> None:
        """Show the cursor on a label and a series, whether or not the chart has the focus.

        The series is one of a heat map, or the one whose value is said first.
        """
        across, lead = (series, NO_CURSOR) if self._is_heat else (NO_CURSOR, series)
        if (label, across, lead, True) != (self.cursor, self.across, self.lead, self._pointed):
            self.cursor, self.across, self.lead, self._pointed = label, across, lead, True
            self._redraw()

    def move_cursor(self, label: int, series: int = NO_CURSOR) -> None:
        """Put the cursor on a label, and in a heat map on a series; on the first or last one if there is no such."""
        if self.picture is None:
            return
        label = min(len(self.picture.labels) - 1, max(0, label))
        series = min(len(self.picture.series) - 1, max(0, series)) if self._is_heat else NO_CURSOR
        if (label, series) != (self.cursor, self.across):
            self.cursor, self.across = label, series
            self._redraw()
            self.post_message(self.CursorMoved(self, label))

    @property
    def is_pointing(self) -> bool:
        """Return whether a cursor is shown."""
        return self._cursor_shown != NO_CURSOR

    @property
    def _is_heat(self) -> bool:
        return self.picture is not None and self.picture.kind == "heat"

    @property
    def _transposed(self) -> bool:
        """Return whether a heat map has its labels across."""
        return self.picture is not None and len(self.picture.labels) > len(self.picture.series)

    def action_move(self, step: int) -> None:
        """Move the cursor to the side; the first time, to the last label."""
        if self.cursor == NO_CURSOR:
            self.move_cursor(_END, _END)
        elif self._is_heat and not self._transposed:
            self.move_cursor(self.cursor, self.across + step)
        else:
            self.move_cursor(self.cursor + step, self.across)

    def action_move_across(self, step: int) -> None:
        """Move the cursor of a heat map up or down; bars to the right have their labels there."""
        if self.picture is None or self.cursor == NO_CURSOR:
            self.move_cursor(_END, _END)
        elif self._is_heat and not self._transposed:
            self.move_cursor(self.cursor + step, self.across)
        elif self._is_heat:
            self.move_cursor(self.cursor, self.across + step)
        elif self.picture.kind in ("rows", "shares"):
            self.move_cursor(self.cursor + step)

    def action_move_to(self, place: int) -> None:
        """Move the cursor to the first label, or to the last one for -1."""
        self.move_cursor(_END if place < 0 else place, self.across)

    def action_copy_chart(self) -> None:
        """Copy the chart as text."""
        if self.picture is None:
            return
        heading = f"{self.border_title}\n\n" if self.border_title else ""
        self.app.copy_to_clipboard(f"{heading}{picture_text(self.picture, _COPIED, _COPIED_ROWS)}\n")
        if isinstance(self.screen, DeskScreen):
            self.screen.say("Copied the chart as text.")

    def key_name(self, action: str, name: str) -> str:
        """Return the name of a key for the line of keys: what the cursor is on; empty without a chart."""
        if action != "move(1)":
            return name
        if self.picture is None or len(self.picture.labels) < 2:
            return ""
        return {"heat": "Cell", "lines": "Point", "area": "Point"}.get(self.picture.kind, name)

    def _redraw(self) -> None:
        self._looks = ()
        self._explain()
        self.refresh()

    def on_resize(self) -> None:
        """Say what the marks mean where there is room for it now."""
        self._explain()

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        self._explain()

    def _explain(self) -> None:
        """Show in the lower border what is under the cursor, and what the marks mean."""
        marks = _marks(self.picture)
        if self.picture is None or not self.picture.labels or not self.is_pointing:
            self.border_subtitle = escape(marks)
            return
        room = self.outer_size.width - _BORDER
        shown = words_at(self.picture, self.cursor, self.across, self.lead, room=room)
        said, left = _told_once(shown, marks)
        if cell_len(said) <= room:
            shown, marks = said, left
        beside = room - cell_len(f"   {marks}")
        if marks and cell_len(shown) > beside > 0:
            short = words_at(self.picture, self.cursor, self.across, self.lead, room=beside)
            if short.count(" · ") == shown.count(" · ") and "…" not in short and " more" not in short:
                shown = short
        both = f"{shown}   {marks}" if marks and cell_len(shown) <= beside else shown
        self.border_subtitle = escape(both)

    def render_line(self, y: int) -> Strip:
        looks = (self.size, self.app.theme, self._cursor_shown, self.across)
        if looks != self._looks:
            self._looks = looks
            self._lines = self._drawn()
        base = self.rich_style
        if y >= len(self._lines):
            return Strip.blank(self.size.width, base)
        return Strip(Segment.apply_style(self._lines[y], base)).adjust_cell_length(self.size.width, base)

    @property
    def _cursor_shown(self) -> int:
        return self.cursor if self.has_focus or self._pointed else NO_CURSOR

    def _drawn(self) -> list[Line]:
        picture, (width, height) = self.picture, self.size
        if picture is None or not any(value is not None for _, values in picture.series for value in values):
            note = fmt.NOTHING if picture is None or not picture.note else picture.note
            return [[Segment(f"{note:^{width}}", Style(dim=True))]]
        theme = self.app.current_theme
        inks = inks_of(self.app.theme_variables, dark=theme.dark, ansi=theme.ansi)
        cursor = (self._cursor_shown, self.across) if picture.kind == "heat" else (self._cursor_shown,)
        return _DRAW[picture.kind](picture, width, height, inks, *cursor)


def picture_text(picture: Picture, width: int, height: int) -> str:
    """Return a chart as lines of text without colours, with the legend of its marks, for a file."""
    drawn = drawn_picture(picture, width, height, _NO_INKS)
    return "\n".join("".join(segment.text for segment in line).rstrip() for line in drawn)


def drawn_picture(picture: Picture, width: int, height: int, inks: Inks) -> list[Line]:
    """Return the lines of a chart, with the legend of its marks, for a file. On the event loop alone, see Figure."""
    marks = _marks(picture)
    return [*_DRAW[picture.kind](picture, width, height, inks, NO_CURSOR), *([[Segment(marks)]] if marks else [])]


def light_inks() -> Inks:
    """Return the inks of the light theme, for paper."""
    colours = theme.LIGHT.to_color_system().generate() | theme.LIGHT.variables
    return inks_of(colours, dark=False, ansi=False)


def _told_once(shown: str, marks: str) -> tuple[str, str]:
    """Return the words about the cursor with the sign of their last one, and the legend without it; else both as is."""
    *others, last = marks.split("   ")
    for word in _WHY:
        if shown.endswith(f" · {word}") and last.endswith(f" {word}") and " or " not in last:
            return f"{shown.removesuffix(word)}{last}", "   ".join(others)
    return shown, marks


def _marks(picture: Picture | None) -> str:
    """Return the legend of read, estimated, incomplete and hidden values; empty if all are read and complete."""
    if picture is None or not picture.series:
        return ""
    known = np.array([[value is not None for value in values] for _, values in picture.series], dtype=bool)
    guessed, partly = bool((known[0] & picture.marks()[0]).any()), bool((known & picture.parts()).any())
    lined = picture.kind == "lines"
    parts = (
        [f"{lines.READ if lined else bars.READ} read   {lines.GUESSED if lined else bars.GUESSED} estimated"]
        if guessed
        else []
    )
    sign = f"{INCOMPLETE} {bars.NARROW}" if picture.kind == "bars" else INCOMPLETE
    in_part = any((*picture.cut, *picture.before_cut, *picture.partly))
    why = (any(picture.running), in_part, bool(picture.gaps))
    words = [word for word, told in zip(_WHY, why, strict=True) if told]
    parts += [f"{sign} {' or '.join(words)}"] if partly else []
    parts += [f"{WITHHELD} {HIDDEN}"] if picture.hidden else []
    return "   ".join(parts)
