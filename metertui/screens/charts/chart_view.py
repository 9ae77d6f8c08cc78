"""A widget that draws a chart, again only when the chart, the size or the theme changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from metertui.screens.charts import bars, lines
from metertui.screens.charts.chart import Kind, Picture
from metertui.screens.charts.figure import Line
from metertui.screens.terminal import ink
from metertui.text import fmt

_INKS: Final = ("primary", "accent", "success", "error", "foreground", "secondary")
_DRAW: Final[dict[Kind, Callable[[Picture, int, int, Sequence[Style]], list[Line]]]] = {
    "lines": lines.lines,
    "bars": bars.upright,
    "stacked": bars.upright,
    "rows": bars.sideways,
    "shares": bars.sideways,
    "heat": bars.heat,
}


class PictureView(Widget):
    """Shows a chart; to show the same again costs nothing.

    If some values are estimated, the lower border says how they are marked.
    """

    ALLOW_SELECT: ClassVar[bool] = False

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.picture: Picture | None = None
        """The chart that is shown."""
        self._looks: tuple[Size, str] | None = None
        self._lines: list[Line] = []

    def show(self, picture: Picture | None) -> None:
        """Show a chart, or none."""
        if picture != self.picture:
            self.picture = picture
            self._looks = None
            self.border_subtitle = _marks(picture)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        looks = (self.size, self.app.theme)
        if looks != self._looks:
            self._looks = looks
            self._lines = self._drawn()
        base = self.rich_style
        if y >= len(self._lines):
            return Strip.blank(self.size.width, base)
        return Strip(Segment.apply_style(self._lines[y], base)).adjust_cell_length(self.size.width, base)

    def _drawn(self) -> list[Line]:
        picture, (width, height) = self.picture, self.size
        if picture is None or not any(value is not None for _, values in picture.series for value in values):
            note = fmt.NOTHING if picture is None or not picture.note else picture.note
            return [[Segment(f"{note:^{width}}", Style(dim=True))]]
        inks = [ink(self.app.theme_variables, name) for name in _INKS]
        return _DRAW[picture.kind](picture, width, height, inks)


def _marks(picture: Picture | None) -> str:
    """Return the legend of read and estimated values; empty if none is estimated."""
    if picture is None:
        return ""
    known = (value is not None for value in picture.series[0].values)
    if not any(there and guess for there, guess in zip(known, picture.estimated, strict=False)):
        return ""
    read, guessed = (lines.READ, lines.GUESSED) if picture.kind == "lines" else (bars.READ, bars.GUESSED)
    return f"{read} read   {guessed} estimated"
