"""Themes: what the environment and the colours of a terminal make of them."""

from __future__ import annotations

import pytest
from rich.color import ColorType

from metertui.screens.terminal import theme


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
