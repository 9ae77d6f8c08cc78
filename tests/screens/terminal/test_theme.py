"""Themes: what the environment and the colours of a terminal make of them."""

from __future__ import annotations

import pytest
from rich.color import ColorType
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.theme import Theme

from metertui.screens.terminal import Dimming, theme
from tests.screens.contrast import contrast


@pytest.mark.parametrize(("env", "wanted"), [({}, False), ({"NO_COLOR": ""}, False), ({"NO_COLOR": "1"}, True)])
def test_no_color_asks_for_no_colour_unless_it_is_empty(env: dict[str, str], wanted: bool) -> None:
    assert theme.colourless(env) == wanted


def test_the_dark_theme_has_grey_grounds_where_256_colours_have_only_navy() -> None:
    grey = theme.for_colours(theme.DARK, "256")
    for ground in (grey.background, grey.surface, grey.panel):
        assert ground is not None
        assert len({ground[1:3], ground[3:5], ground[5:7]}) == 1
    assert theme.for_colours(theme.DARK, "truecolor") is theme.DARK
    assert theme.for_colours(theme.LIGHT, "256") is theme.LIGHT


def test_themes_follow_each_other_in_a_circle() -> None:
    names = [theme.DARK.name]
    for _ in theme.THEMES:
        names.append(theme.after(names[-1]))
    assert names == [*(each.name for each in theme.THEMES.values()), theme.DARK.name]
    assert theme.after("of another program") == theme.DARK.name


def test_an_ink_is_a_colour_of_rich_also_for_the_colours_of_the_terminal() -> None:
    inks = [theme.ink({"primary": colour}, "primary").color for colour in ("#4fb3bf", "ansi_cyan")]
    assert [ink.type for ink in inks if ink is not None] == [ColorType.TRUECOLOR, ColorType.STANDARD]


@pytest.mark.parametrize("chosen", [theme.DARK, theme.LIGHT])
def test_text_and_borders_are_legible_on_every_ground(chosen: Theme) -> None:
    variables = {**chosen.to_color_system().generate(), **chosen.variables}
    grounds = [Color.parse(variables[name]) for name in ("background", "surface", "panel")]
    texts = ("foreground", "primary", "accent", "warning", "error", "success", "text-muted", "suspect", "estimated")
    for ground in grounds:
        assert [name for name in texts if contrast(ground, Color.parse(variables[name])) < 4.5] == []
        (dimmed,) = Dimming().apply([Segment("x", Style(color=variables["foreground"], dim=True))], ground)
        assert dimmed.style is not None
        assert dimmed.style.color is not None
        assert contrast(ground, Color.from_rich_color(dimmed.style.color)) >= 4.5
        assert contrast(ground, Color.parse(variables["edge"])) >= 3
    for name in ("primary", "error"):  # the cursor of a table, and the banner of trouble
        assert contrast(Color.parse(variables[name]), Color.parse(variables["background"])) >= 4.5


def test_colours_by_meaning_are_in_every_theme() -> None:
    meanings = [set(each.variables) for each in (theme.DARK, theme.LIGHT)]
    assert meanings[0] == meanings[1]
    assert meanings[0] <= set(theme.TERMINAL.variables)
