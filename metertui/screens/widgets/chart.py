"""Charts: a plotext figure per widget, of values that the engine has bucketed, and bars of shares as text."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.text import Text
from textual.app import RenderResult
from textual.color import Color
from textual.geometry import Size
from textual.widget import Widget
from textual_plotext import PlotextPlot

from metertui.screens import fmt
from metertui.screens.plain import visible
from metertui.screens.theme import ink

_MOST_BARS: Final = 62
_TICKS: Final = 8
_BAR_KEY, _GUESSED_BAR = "█", "░"
_LINE_KEY, _GUESSED_POINT = "⠒", "·"
_ROUND: Final = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
"""What a step of a scale may be, times a power of ten."""
_MOST_SHARES: Final = 8
"""Bars of shares; what is smaller stands together in one more."""


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
            for run in _runs([place for place in known if not self._estimated[place]]):
                figure.plot(run, [values[place] or 0.0 for place in run], marker="braille", color=colour)
            guesses = [place for place in known if self._estimated[place]]
            if guesses:
                heights_of = [values[place] or 0.0 for place in guesses]
                figure.scatter(guesses, heights_of, marker=_GUESSED_POINT, color=colour)
        marks = scale(max(heights), (self.size.height - 3) // 2)
        figure.ylim(0, marks[-1])
        figure.yticks(marks, [_figure(mark, marks[1]) for mark in marks])
        figure.xlim(-0.6, len(labels) - 0.4)
        ticks = min(_TICKS, max(2, self.size.width // 14))
        step = max(1, -(-len(labels) // ticks))
        ticked = range(0, len(labels), step)
        figure.xticks([float(place) for place in ticked], [labels[place] for place in ticked])


class Shares(Widget):
    """Bars to the right with their figures: parts of a whole."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._title = ""
        self._parts: list[tuple[str, int]] = []
        self._total = 0

    def show(self, title: str, parts: Mapping[str, int], total: int) -> None:
        """Wh by name, largest first, of a total in Wh."""
        self._title, self._total = title, total
        ordered = sorted(((visible(name) or "(none)", wh) for name, wh in parts.items()), key=lambda part: -part[1])
        self._parts, rest = ordered[:_MOST_SHARES], ordered[_MOST_SHARES:]
        if rest:
            self._parts.append((f"{len(rest)} others", sum(wh for _, wh in rest)))
        self.refresh(layout=True)

    def render(self) -> RenderResult:
        text = Text(self._title, style="bold", no_wrap=True)
        room = min(self.size.width // 3, max([len(name) for name, _ in self._parts] or [0]))
        figures = max((len(fmt.number(wh)) for _, wh in self._parts), default=0)
        width = max(4, self.size.width - room - figures - 14)
        for name, wh in self._parts:
            share = wh / self._total if self._total else 0.0
            label = name if len(name) <= room else f"{name[: room - 1]}…"
            text.append(f"\n{label:<{room}}", style="not bold")
            text.append(f" {'█' * round(width * share):<{width}} ", style=ink(self.app.theme_variables, "primary"))
            text.append(f"{share:6.1%} {fmt.number(wh):>{figures}} kWh", style="not bold")
        if not self._parts:
            text.append(f"\n{fmt.NOTHING}", style="dim")
        return text

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return 1 + max(1, len(self._parts))


def scale(highest: float, steps: int) -> list[float]:
    """Round figures from 0 to `highest` or a little more, at most `steps` steps apart, of 2 to 6."""
    least = (highest or 1.0) / min(6, max(2, steps))
    power = 10.0 ** math.floor(math.log10(least))
    step = next(factor * power for factor in _ROUND if factor * power >= least * (1 - 1e-9))
    return [place * step for place in range(max(1, math.ceil(highest / step - 1e-9)) + 1)]


def _figure(value: float, step: float) -> str:
    decimals = next((d for d in range(4) if math.isclose(round(step, d), step)), 4)
    return f"{value:,.{decimals}f}".replace(",", " ")


def _runs(places: Sequence[int]) -> list[list[int]]:
    """Places that stand side by side, together."""
    runs: list[list[int]] = []
    for place in places:
        if runs and runs[-1][-1] == place - 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    return runs
