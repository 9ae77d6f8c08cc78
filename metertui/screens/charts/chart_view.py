"""A chart in a widget: drawn when it, its room or the theme is another, by the line, and kept."""

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
    """Shows a picture; the same again costs nothing.

    Where some of it is estimated, the lower edge says by which mark.
    """

    ALLOW_SELECT: ClassVar[bool] = False

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._picture: Picture | None = None
        self._looks: tuple[Size, str] | None = None
        self._lines: list[Line] = []

    @property
    def picture(self) -> Picture | None:
        """What it shows."""
        return self._picture

    def show(self, picture: Picture | None) -> None:
        """Show this from now on."""
        if picture != self._picture:
            self._picture = picture
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
        picture, (width, height) = self._picture, self.size
        if picture is None or not any(value is not None for _, values in picture.series for value in values):
            told = fmt.NOTHING if picture is None or not picture.note else picture.note
            return [[Segment(f"{told:^{width}}", Style(dim=True))]]
        inks = [ink(self.app.theme_variables, name) for name in _INKS]
        return _DRAW[picture.kind](picture, width, height, inks)


def _marks(picture: Picture | None) -> str:
    """What stands for read and for estimated, where something is."""
    if picture is None:
        return ""
    known = (value is not None for value in picture.series[0].values)
    if not any(there and guess for there, guess in zip(known, picture.estimated, strict=False)):
        return ""
    read, guessed = (lines.READ, lines.GUESSED) if picture.kind == "lines" else (bars.READ, bars.GUESSED)
    return f"{read} read   {guessed} estimated"
