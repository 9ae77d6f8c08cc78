"""Charts of one meter: a plotext figure per widget, of values that the engine has bucketed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from rich.text import Text
from textual.app import RenderResult
from textual.color import Color
from textual.geometry import Size
from textual_plotext import PlotextPlot

from metertui.screens import fmt
from metertui.screens.widgets import drawing

_MOST_BARS: Final = 62
_TICKS: Final = 8
_BAR_KEY, _GUESSED_BAR = "█", "░"
_LINE_KEY, _GUESSED_POINT = "⠒", "·"


class Chart(PlotextPlot):
    """Usage over time: bars where they are few, a line where they are many; gaps where there is no data."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._drawn: tuple[tuple[str, ...], tuple[float | None, ...]] | None = None
        self._estimated: tuple[bool, ...] = ()
        self._looks: tuple[Size, str] | None = None

    def draw(
        self, labels: Sequence[str], values: Sequence[float | None], estimated: Sequence[bool] | None = None
    ) -> None:
        """Show a value for each label; None is no data. The same again costs nothing.

        Values that are `estimated` have another mark, and where there are any the lower edge says which.
        """
        wanted, marked = (tuple(labels), tuple(values)), tuple(estimated or [False] * len(values))
        if wanted != self._drawn or marked != self._estimated:
            self._drawn, self._estimated = wanted, marked
            self._looks = None
            some = any(value is not None and guess for value, guess in zip(values, marked, strict=True))
            read, guessed = (_BAR_KEY, _GUESSED_BAR) if len(labels) <= _MOST_BARS else (_LINE_KEY, _GUESSED_POINT)
            self.border_subtitle = f"{read} read   {guessed} estimated" if some else ""
            self.refresh()

    def render(self) -> RenderResult:
        if self._drawn is None or not any(value is not None for value in self._drawn[1]):
            return Text(fmt.NOTHING, style="dim", justify="center")
        looks = (self.size, self.app.theme)
        if looks != self._looks:
            self._looks = looks
            self._draw_figure()
        return super().render()

    def _draw_figure(self) -> None:
        assert self._drawn is not None
        labels, values = self._drawn
        known = [place for place, value in enumerate(values) if value is not None]
        heights = [value for value in values if value is not None]
        colour = Color.parse(self.app.theme_variables["primary"]).rgb
        figure = self.plt
        figure.clear_figure()
        if len(labels) <= _MOST_BARS:
            for guess, marker in ((False, "hd"), (True, _GUESSED_BAR)):
                places = [place for place in known if self._estimated[place] == guess]
                if places:
                    bars = [values[place] or 0.0 for place in places]
                    figure.bar(places, bars, width=0.6, minimum=0, marker=marker, color=colour)
        else:
            for run in drawing.runs([place for place in known if not self._estimated[place]]):
                figure.plot(run, [values[place] or 0.0 for place in run], marker="braille", color=colour)
            guesses = [place for place in known if self._estimated[place]]
            if guesses:
                heights_of = [values[place] or 0.0 for place in guesses]
                figure.scatter(guesses, heights_of, marker=_GUESSED_POINT, color=colour)
        marks = drawing.scale(max(heights), (self.size.height - 3) // 2)
        figure.ylim(0, marks[-1])
        figure.yticks(marks, [drawing.figure(mark, marks[1]) for mark in marks])
        figure.xlim(-0.6, len(labels) - 0.4)
        ticks = min(_TICKS, max(2, self.size.width // 14))
        step = max(1, -(-len(labels) // ticks))
        ticked = range(0, len(labels), step)
        figure.xticks([float(place) for place in ticked], [labels[place] for place in ticked])
