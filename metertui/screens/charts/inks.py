"""The colours of a chart: those of its series, of context and estimates, and ramps from little to much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from rich.color import ColorSystem
from rich.style import Style
from textual.color import Color, Lab, lab_to_rgb, rgb_to_lab

from metertui.screens.terminal import ink

GRID: Final = -2
"""The number of the ink of lines across the chart."""
CONTEXT: Final = -3
"""The number of the ink of what a value is compared with."""
ESTIMATED: Final = -4
"""The number of the ink of estimated values."""
ON_BAR: Final = -6
"""The number of the ink of what a value is compared with, where its bar is behind it."""
CURSOR: Final = -5
"""The number of the ink of what is under the cursor."""
SUSPECT: Final = -7
"""The number of the ink of a reading that is odd."""
LAST_SPECIAL: Final = SUSPECT
"""The lowest of these numbers."""
_PAIRED: Final = 1024
"""More than there are series, so that the number of two of them is none of one."""

_SERIES: Final = ("primary", "accent", "success", "estimated", "error", "foreground", "secondary")
_DARK_RAMP: Final = ("#1b2a3a", "#1d5468", "#2f8f8b", "#86c27a", "#f2e25c")
_LIGHT_RAMP: Final = ("#e3ebe4", "#a5cfc6", "#559fa6", "#2a6496", "#152f57")
_SHADES: Final = 12
"""Colours of a ramp, which is as many as can be told apart."""
_FOOT: Final = 0.45
"""The part of its distance from the ground that the colour of a bar has at its foot."""

_MIDDLE: Final = 49.6
"""The lightness (L*) on which black and white have the same contrast."""
_GRID_PART: Final = 0.5
"""The part of its distance from the ground that the colour of a border has in the grid."""


def pair_of(lower: int, upper: int) -> int:
    """Return the number of the ink of a cell whose lower half (`▄`) is of a series, and the upper one of another."""
    return _PAIRED * (upper + 1) + lower


class Inks(NamedTuple):
    """The styles that a chart is drawn in."""

    series: tuple[Style, ...]
    """One a series, in order; they repeat from the start if there are more series."""
    special: Mapping[int, Style]
    """The styles of GRID, CONTEXT, ESTIMATED, ON_BAR, CURSOR and SUSPECT."""
    rise: tuple[Style, ...]
    """The colours of the bars of a single series, from the foot to the top of the chart."""
    ramp: tuple[Style, ...]
    """The grounds of the cells of a heat map, from little to much, each with a legible ink; empty if there are too few
    colours for one."""

    def style(self, number: int) -> Style:
        """Return the style of a series, of one of the special numbers, or of two series (`pair_of`)."""
        if number >= _PAIRED:
            upper, lower = divmod(number, _PAIRED)
            return self.style(lower) + _ground(self.style(upper - 1))
        return self.series[number % len(self.series)] if number >= 0 else self.special[number]


def inks_of(variables: Mapping[str, str], *, dark: bool, ansi: bool) -> Inks:
    """Return the inks of a theme, given its variables by name (see terminal.theme)."""
    series = tuple(ink(variables, name) for name in _SERIES)
    special = {
        GRID: ink(variables, "edge") + Style(dim=True) if ansi else _grid_ink(variables),
        CONTEXT: ink(variables, "text-muted"),
        ESTIMATED: ink(variables, "estimated"),
        ON_BAR: Style(reverse=True) + series[0] if ansi else ink(variables, "background") + _ground(series[0]),
        CURSOR: ink(variables, "foreground"),
        SUSPECT: ink(variables, "suspect"),
    }
    if ansi:
        return Inks(series, special, series[:1], ())
    primary, ground = Color.parse(variables["primary"]), Color.parse(variables["background"])
    foot = ground.blend(primary, _FOOT)
    rise = tuple(Style(color=each.rich_color) for each in _ramp((foot, primary), _SHADES))
    colours = tuple(map(Color.parse, _DARK_RAMP if dark else _LIGHT_RAMP))
    ramp = tuple(
        Style(color="#000000" if _lightness(each) > _MIDDLE else "#ffffff", bgcolor=each.rich_color)
        for each in _ramp(colours, _SHADES)
    )
    return Inks(series, special, rise, ramp)


def _lightness(colour: Color) -> float:
    """Return the lightness (L*) of a colour, half of it as the nearest of 256 colours."""
    nearest = colour.rich_color.downgrade(ColorSystem.EIGHT_BIT).get_truecolor()
    return (rgb_to_lab(colour).L + rgb_to_lab(Color(*nearest)).L) / 2


def _ground(style: Style) -> Style:
    """Return the colour of a style as a ground."""
    return Style(bgcolor=style.color)


def _grid_ink(variables: Mapping[str, str]) -> Style:
    """Return an ink that is seen, and no more."""
    ground, edge = Color.parse(variables["background"]), Color.parse(variables["edge"])
    return Style(color=ground.blend(edge, _GRID_PART).rich_color)


def _ramp(colours: Sequence[Color], count: int) -> list[Color]:
    """Return colours from the first to the last of some, whose lightness (CIELAB L*) rises or falls in equal steps.

    The lightness of the given colours rises or falls from each to the next.
    """
    labs = np.array([rgb_to_lab(each) for each in colours])
    if labs[0, 0] > labs[-1, 0]:
        return _ramp(colours[::-1], count)[::-1]
    levels = np.linspace(labs[0, 0], labs[-1, 0], count)
    mixed = (Lab(*(np.interp(level, labs[:, 0], axis) for axis in labs.T)) for level in levels)
    return [lab_to_rgb(each) for each in mixed]
