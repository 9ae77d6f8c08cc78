"""A chart of an answer: lines as a plotext figure, everything else as text. Drawn when it or its room has changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from rich.color import Color
from rich.style import Style
from rich.text import Text
from textual.app import RenderResult
from textual.geometry import Size
from textual_plotext import PlotextPlot

from metertui.screens import fmt
from metertui.screens.pictures import Picture
from metertui.screens.theme import ink
from metertui.screens.widgets import drawing

_INKS: Final = ("primary", "accent", "success", "error", "foreground", "secondary")
_PEN: Final = "braille"
_LEAST: Final = 6
"""Rows of a figure below which its legend is left out: the table has the names."""


class PictureView(PlotextPlot):
    """Shows a picture; the same again costs nothing."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._picture: Picture | None = None
        self._looks: tuple[Size, str] | None = None
        self._text: Text | None = None

    @property
    def picture(self) -> Picture | None:
        """What it shows."""
        return self._picture

    def show(self, picture: Picture | None) -> None:
        """Show this from now on."""
        if picture != self._picture:
            self._picture = picture
            self._looks = None
            self.refresh()

    def render(self) -> RenderResult:
        picture = self._picture
        if picture is None or not any(value is not None for _, values in picture.series for value in values):
            told = fmt.NOTHING if picture is None or not picture.note else picture.note
            return Text(told, style="dim", justify="center")
        looks = (self.size, self.app.theme)
        if looks != self._looks:
            self._looks = looks
            self._text = None
            inks = [ink(self.app.theme_variables, name) for name in _INKS]
            width, height = self.size
            if picture.kind == "lines":
                self._text = self._lines(picture, width, height, inks)
            else:
                draw = {"rows": drawing.sideways, "shares": drawing.sideways, "heat": drawing.heat}
                self._text = draw.get(picture.kind, drawing.upright)(picture, width, height, inks)
        return super().render() if self._text is None else self._text

    def _lines(self, picture: Picture, width: int, height: int, inks: Sequence[Style]) -> Text:
        """The figure, and below it what its numbers stand for: plotext's own legend lies over the lines."""
        below = drawing.numbered(picture.series, width, inks)
        if height - len(below) < _LEAST:
            below = []
        height -= len(below)
        self._draw_lines(picture, height, inks)
        figure = self.plt
        figure.plotsize(width, height)
        figure._set_size(width, height)
        figure.theme(self._get_plotext_theme_name(self.app.theme))
        text = Text.from_ansi(figure.build().rstrip("\n"))
        for line in below:
            text.append("\n")
            text.append_text(line)
        return text

    def _draw_lines(self, picture: Picture, height: int, inks: Sequence[Style]) -> None:
        figure = self.plt
        figure.clear_figure()
        highest = 0.0
        many = len(picture.series) > 1
        for place, (_, values) in enumerate(picture.series):
            known = [at for at, value in enumerate(values) if value is not None]
            if not known:
                continue
            highest = max(highest, *(values[at] or 0.0 for at in known))
            colour = inks[place % len(inks)].color or Color.default()
            red, green, blue = colour.get_truecolor()
            rgb = (red, green, blue)
            for run in drawing.runs(known):
                figure.plot(run, [values[at] or 0.0 for at in run], marker=_PEN, color=rgb)
            if many:  # colours alone do not tell lines apart
                for at in {known[0], known[len(known) // 2], known[-1]}:
                    figure.text(str(place + 1), x=at, y=values[at], color=rgb)
        marks = drawing.scale(highest, (height - 3) // 2)
        figure.ylim(0, marks[-1])
        figure.yticks(marks, [drawing.figure(mark, marks[1]) for mark in marks])
        figure.xlim(-0.6, len(picture.labels) - 0.4)
        ticks = max(2, min(8, self.size.width // (max(map(len, picture.labels)) + 4)))
        places = range(0, len(picture.labels), max(1, -(-len(picture.labels) // ticks)))
        figure.xticks([float(at) for at in places], [picture.labels[at] for at in places])
