"""The colours of charts: legible, and even from little to much."""

from __future__ import annotations

from itertools import pairwise

import pytest
from rich.color import Color as RichColor
from rich.color import ColorSystem
from rich.style import Style
from textual.color import Color, rgb_to_lab
from textual.theme import Theme

from metertui.screens.charts.inks import CONTEXT, CURSOR, ESTIMATED, GRID, Inks, inks_of
from metertui.screens.terminal.theme import DARK, LIGHT, TERMINAL
from tests.screens.contrast import contrast


def inks_in(chosen: Theme) -> Inks:
    variables = {**chosen.to_color_system().generate(), **chosen.variables}
    return inks_of(variables, dark=chosen.dark, ansi=chosen.ansi)


def rgb(colour: RichColor | None) -> Color:
    assert colour is not None
    assert colour.triplet is not None
    return Color(*colour.triplet)


def nearest_of_256(style: Style) -> Color:
    """The ground of a style as the nearest of 256 colours."""
    assert style.bgcolor is not None
    return Color(*style.bgcolor.downgrade(ColorSystem.EIGHT_BIT).get_truecolor())


@pytest.mark.parametrize("chosen", [DARK, LIGHT])
def test_a_ramp_rises_in_even_steps_of_lightness(chosen: Theme) -> None:
    grounds = [rgb_to_lab(rgb(style.bgcolor)).L for style in inks_in(chosen).ramp]
    steps = [abs(after - before) for before, after in pairwise(grounds)]
    assert grounds in (sorted(grounds), sorted(grounds, reverse=True))
    assert max(steps) < 2 * min(steps)


@pytest.mark.parametrize("chosen", [DARK, LIGHT])
def test_each_figure_of_a_map_is_legible_on_its_ground(chosen: Theme) -> None:
    for style in inks_in(chosen).ramp:
        assert contrast(rgb(style.bgcolor), rgb(style.color)) >= 4.5


@pytest.mark.parametrize("chosen", [DARK, LIGHT])
def test_a_ramp_stays_one_in_256_colours(chosen: Theme) -> None:
    ramp = inks_in(chosen).ramp
    few = [nearest_of_256(style) for style in ramp]
    lightness = [rgb_to_lab(each).L for each in few]
    assert lightness in (sorted(lightness), sorted(lightness, reverse=True))
    assert len(set(few)) >= 8
    assert all(contrast(each, rgb(style.color)) >= 4.5 for each, style in zip(few, ramp, strict=True))


@pytest.mark.parametrize("chosen", [DARK, LIGHT])
def test_bars_are_seen_from_their_foot_on_and_the_grid_stays_behind(chosen: Theme) -> None:
    inks = inks_in(chosen)
    ground = Color.parse(chosen.background or "")
    foot, top = (contrast(ground, rgb(style.color)) for style in (inks.rise[0], inks.rise[-1]))
    grid = contrast(ground, rgb(inks.style(GRID).color))
    assert 1.2 < grid < foot < top


def test_colours_of_the_terminal_have_shades_and_no_ramp() -> None:
    inks = inks_in(TERMINAL)
    assert inks.ramp == ()
    assert len(inks.rise) == 1
    assert all(inks.style(number).color is not None for number in (GRID, CONTEXT, ESTIMATED, CURSOR, 0, 99))
