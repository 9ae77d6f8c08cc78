"""Charts: a plotext figure per widget, of values that the engine has bucketed, and bars of shares as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.text import Text
from textual.app import RenderResult
from textual.events import Resize
from textual.widgets import Static
from textual_plotext import PlotextPlot

from metertui.screens import fmt
from metertui.screens.plain import plain

_MOST_BARS: Final = 62
_TICKS: Final = 8


class Chart(PlotextPlot):
    """Usage over time: bars where they are few, a line where they are many; gaps where there is no data."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._drawn: tuple[tuple[str, ...], tuple[float | None, ...], str] | None = None

    def draw(self, labels: Sequence[str], values: Sequence[float | None], unit: str) -> None:
        """Show a value for each label; None is no data. The same again costs nothing."""
        wanted = (tuple(labels), tuple(values), unit)
        if wanted != self._drawn:
            self._drawn = wanted
            self._draw_figure()
            self.refresh()

    def on_resize(self, _event: Resize) -> None:
        self._draw_figure()

    def render(self) -> RenderResult:
        if self._drawn is None or not any(value is not None for value in self._drawn[1]):
            return Text(fmt.NOTHING, style="dim", justify="center")
        return super().render()

    def _draw_figure(self) -> None:
        if self._drawn is None:
            return
        labels, values, unit = self._drawn
        figure = self.plt
        figure.clear_figure()
        known = [place for place, value in enumerate(values) if value is not None]
        heights = [value for value in values if value is not None]
        if not known:
            return
        if len(labels) <= _MOST_BARS:
            figure.bar(known, heights, width=0.7, minimum=0)
        else:
            for run in _runs(known):
                figure.plot(run, [values[place] or 0.0 for place in run], marker="braille")
        figure.ylim(0, (max(heights) or 1) * 1.08)
        figure.xlim(-0.6, len(labels) - 0.4)
        ticks = min(_TICKS, max(2, self.size.width // 14))
        step = max(1, -(-len(labels) // ticks))
        places = range(0, len(labels), step)
        figure.xticks([float(place) for place in places], [labels[place] for place in places])
        figure.ylabel(unit)


class Shares(Static):
    """Bars to the right with their figures: parts of a whole."""

    def show(self, title: str, parts: Mapping[str, int], total: int) -> None:
        """Wh by name, largest first, of a total in Wh."""
        text = Text(f"{title}\n", style="bold")
        width = self.size.width or 40
        names = sorted(parts, key=lambda name: -parts[name])
        room = min(16, max([len(name) for name in names] or [0]))
        figures = max((len(fmt.number(value)) for value in parts.values()), default=0)
        bar = max(4, width - room - figures - 16)
        for name in names:
            share = parts[name] / total if total else 0.0
            label = plain(name or "(none)", limit=room - 1)
            label.pad_right(max(0, room - len(label.plain)))
            text.append_text(label)
            text.append(f" {'█' * round(bar * share):<{bar}}")
            text.append(f" {share:6.1%} {fmt.number(parts[name]):>{figures}} kWh\n", style="dim")
        if not names:
            text.append(fmt.NOTHING, style="dim")
        self.update(text)


def _runs(places: Sequence[int]) -> list[list[int]]:
    """Places that stand side by side, together."""
    runs: list[list[int]] = []
    for place in places:
        if runs and runs[-1][-1] == place - 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    return runs
