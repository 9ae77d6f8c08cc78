"""Colour themes: dark, light, and the terminal's own colours. `NO_COLOR` turns colours off (no-color.org).

All themes define the same few variables, and the stylesheet uses only these. No information is given by colour alone,
so the terminal theme and a screen without colours are complete too.

A terminal announces how many colours it has; over ssh, often fewer than it really has. With 256 colours the nearest to
a dark blue-grey is navy, so plain greys are used as backgrounds there.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from rich.console import Console
from rich.style import Style
from textual import constants
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

_COLOURS: Final = {  # dark, light, terminal
    "primary": ("#4fb3bf", "#0a6b78", "ansi_cyan"),
    "secondary": ("#c9a227", "#7a5c00", "ansi_yellow"),
    "accent": ("#f0b429", "#8a5300", "ansi_yellow"),
    "warning": ("#f0b429", "#8a5300", "ansi_yellow"),
    "error": ("#f0717b", "#b3261e", "ansi_red"),
    "success": ("#7cc67f", "#28702c", "ansi_green"),
    "foreground": ("#dde3e9", "#1b2329", "ansi_default"),
    "background": ("#0f151b", "#f8f9f7", "ansi_default"),
    "surface": ("#151d25", "#eef0ed", "ansi_default"),
    "panel": ("#1d2731", "#e1e5e1", "ansi_default"),
}
_MEANINGS: Final = {  # dark, light, terminal
    "suspect": ("#ff9248", "#ad3f00", "ansi_bright_yellow"),
    "refused": ("#f0717b", "#b3261e", "ansi_red"),
    "estimated": ("#b39dfa", "#6236c9", "ansi_magenta"),
    "text-muted": ("#94a1ae", "#56616b", "ansi_default"),
    "edge": ("#667686", "#727d87", "ansi_default"),
}
"""Colours by what they mean, beside those that Textual names: a suspect reading, a refused line, an estimated value,
context, and the border of a pane. Each of them stands beside a sign or a word that says the same."""


def _column(colours: Mapping[str, tuple[str, str, str]], place: int) -> dict[str, Any]:
    """Return the colours of one theme by name."""
    return {name: each[place] for name, each in colours.items()}


DARK: Final = Theme("metertui-dark", dark=True, **_column(_COLOURS, 0), variables=_column(_MEANINGS, 0))
LIGHT: Final = Theme("metertui-light", dark=False, **_column(_COLOURS, 1), variables=_column(_MEANINGS, 1))
TERMINAL: Final = Theme(
    "metertui-terminal",
    **_column(_COLOURS, 2),
    boost="ansi_default",
    dark=True,
    ansi=True,
    variables={
        **BUILTIN_THEMES["ansi-dark"].variables,  # Textual's own widgets name some of them
        **_column(_MEANINGS, 2),
        "block-cursor-foreground": "ansi_default",
        "block-cursor-background": "ansi_default",
        "block-cursor-text-style": "reverse",
        "input-cursor-foreground": "ansi_default",
        "input-cursor-background": "ansi_default",
        "input-cursor-text-style": "reverse",
        "input-selection-foreground": "ansi_black",
        "input-selection-background": "ansi_cyan",
        "screen-selection-foreground": "ansi_black",
        "screen-selection-background": "ansi_cyan",
        "border": "ansi_cyan",
        "border-blurred": "ansi_default",
        "scrollbar": "ansi_default",
        "scrollbar-hover": "ansi_default",
        "scrollbar-active": "ansi_cyan",
        "scrollbar-background": "ansi_default",
        "scrollbar-background-hover": "ansi_default",
        "scrollbar-background-active": "ansi_default",
        "scrollbar-corner-color": "ansi_default",
    },
)
"""The terminal's sixteen colours on its own background."""

THEMES: Final = {"dark": DARK, "light": LIGHT, "terminal": TERMINAL}
"""Themes by the values of the setting `theme`, in the order in which the theme key goes through them."""

_GREYS: Final = ("#121212", "#1c1c1c", "#262626")
"""Dark backgrounds among the 256 colours. Those nearest to the dark theme's are black and navy."""


def colourless(env: Mapping[str, str]) -> bool:
    """Return whether `NO_COLOR` turns colours off: it is set and not empty."""
    return bool(env.get("NO_COLOR"))


def colours(env: Mapping[str, str]) -> str:
    """Return the colour system of the terminal by Rich's names: "truecolor", "256", "standard"; "" for none."""
    if constants.COLOR_SYSTEM not in ("auto", None):  # set by the user for Textual
        return constants.COLOR_SYSTEM
    return Console(file=io.StringIO(), force_terminal=True, _environ=env).color_system or ""


def for_colours(theme: Theme, colours: str) -> Theme:
    """Return the theme as a terminal with this colour system can show it."""
    if colours != "256" or theme.name != DARK.name:
        return theme
    return replace(theme, background=_GREYS[0], surface=_GREYS[1], panel=_GREYS[2])


def after(name: str) -> str:
    """Return the name of the theme after the one of this name."""
    names = [theme.name for theme in THEMES.values()]
    return names[(names.index(name) + 1) % len(names)] if name in names else names[0]


def ink(variables: Mapping[str, str], name: str) -> Style:
    """Return a theme's variable as a style for Rich, which does not know Textual's names of terminal colours."""
    return Style(color=Color.parse(variables[name]).rich_color)
