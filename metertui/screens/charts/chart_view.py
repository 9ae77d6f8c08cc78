"""A widget that draws a chart, again only when the chart, the size or the theme changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.markup import escape
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from metertui.screens.charts import bars, lines
from metertui.screens.charts.area import area
from metertui.screens.charts.chart import NO_CURSOR, WITHHELD, Kind, Picture
from metertui.screens.charts.figure import Line
from metertui.screens.charts.inks import LAST_SPECIAL, Inks, inks_of
from metertui.text import HIDDEN, fmt

_END: Final = 1_000_000_000
"""The number of a label beyond the last one of any chart."""

_NO_INKS: Final = Inks((Style(),), dict.fromkeys(range(LAST_SPECIAL, 0), Style()), (Style(),), ())

_DRAW: Final[dict[Kind, Callable[[Picture, int, int, Inks, int], list[Line]]]] = {
    "lines": lines.lines,
    "area": area,
    "bars": bars.upright,
    "stacked": bars.upright,
    "rows": bars.sideways,
    "shares": bars.sideways,
    "heat": bars.heat,
}


class PictureView(Widget, can_focus=True):
    """Shows a chart; to show the same again costs nothing.

    With the focus it has a cursor on one label, whose values stand in the lower border. Otherwise the border explains
    the marks of values that are estimated or of a period that is not over.
    """

    ALLOW_SELECT: ClassVar[bool] = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "move(-1)", "Previous bar", show=False),
        Binding("right", "move(1)", "Next bar", show=False),
        Binding("home", "move_to(0)", "First bar", show=False),
        Binding("end", "move_to(-1)", "Last bar", show=False),
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
        self._looks: tuple[object, ...] = ()
        self._lines: list[Line] = []

    def show(self, picture: Picture | None) -> None:
        """Show a chart, or none."""
        if picture != self.picture:
            self.picture = picture
            self.cursor = NO_CURSOR
            self._looks = ()
            self._explain()
            self.refresh()

    def move_cursor(self, place: int) -> None:
        """Put the cursor on a label; on the first or the last one if there is no such label."""
        last = 0 if self.picture is None else len(self.picture.labels) - 1
        place = min(last, max(0, place))
        if self.picture is not None and place != self.cursor:
            self.cursor = place
            self._explain()
            self.refresh()
            self.post_message(self.CursorMoved(self, place))

    def action_move(self, step: int) -> None:
        """Move the cursor by labels; the first time, to the last label."""
        self.move_cursor(_END if self.cursor == NO_CURSOR else self.cursor + step)

    def action_move_to(self, place: int) -> None:
        """Move the cursor to the first label, or to the last one for -1."""
        self.move_cursor(_END if place < 0 else place)

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        self._explain()

    def _explain(self) -> None:
        """Show in the lower border what is under the cursor, or what the marks mean."""
        shown = (
            _marks(self.picture)
            if self.picture is None or self._cursor_shown == NO_CURSOR
            else _values(self.picture, self.cursor)
        )
        self.border_subtitle = escape(shown)

    def render_line(self, y: int) -> Strip:
        looks = (self.size, self.app.theme, self._cursor_shown)
        if looks != self._looks:
            self._looks = looks
            self._lines = self._drawn()
        base = self.rich_style
        if y >= len(self._lines):
            return Strip.blank(self.size.width, base)
        return Strip(Segment.apply_style(self._lines[y], base)).adjust_cell_length(self.size.width, base)

    @property
    def _cursor_shown(self) -> int:
        return self.cursor if self.has_focus else NO_CURSOR

    def _drawn(self) -> list[Line]:
        picture, (width, height) = self.picture, self.size
        if picture is None or not any(value is not None for _, values in picture.series for value in values):
            note = fmt.NOTHING if picture is None or not picture.note else picture.note
            return [[Segment(f"{note:^{width}}", Style(dim=True))]]
        theme = self.app.current_theme
        inks = inks_of(self.app.theme_variables, dark=theme.dark, ansi=theme.ansi)
        return _DRAW[picture.kind](picture, width, height, inks, self._cursor_shown)


def picture_text(picture: Picture, width: int, height: int) -> str:
    """Return a chart as lines of text without colours, with the legend of its marks, for a file."""
    drawn = _DRAW[picture.kind](picture, width, height, _NO_INKS, NO_CURSOR)
    lines = ["".join(segment.text for segment in line).rstrip() for line in drawn]
    return "\n".join([*lines, *filter(None, [_marks(picture)])])


def _values(picture: Picture, place: int) -> str:
    """Return what a label stands for, with the value of each series there."""
    name = (picture.names or picture.labels)[place]
    shown = []
    for (label, values), out in zip(picture.series, picture.withheld()[:, place].tolist(), strict=True):
        value = values[place]
        unknown = HIDDEN if out else fmt.NOTHING
        figure = unknown if value is None else f"{fmt.number(round(value * 1000))} {picture.unit}"
        shown.append(f"{label} {figure}".strip())
    estimated, running = (bool(mark[place]) for mark in picture.marks())
    words = [word for word, is_so in (("estimated", estimated), ("not over yet", running)) if is_so]
    return " · ".join([name, *shown, *words])


def _marks(picture: Picture | None) -> str:
    """Return the legend of read, estimated, incomplete and hidden values; empty if all are read and complete."""
    if picture is None:
        return ""
    known = np.array([value is not None for value in picture.series[0].values], dtype=bool)
    guessed, running = (bool((known & mark).any()) for mark in picture.marks())
    lined = picture.kind == "lines"
    parts = (
        [f"{lines.READ if lined else bars.READ} read   {lines.GUESSED if lined else bars.GUESSED} estimated"]
        if guessed
        else []
    )
    parts += [f"{bars.RUNNING} not over yet"] if running and not lined else []
    parts += [f"{WITHHELD} {HIDDEN}"] if picture.hidden else []
    return "   ".join(parts)
