"""Colours: dark, light, and whatever the terminal has; none at all where `NO_COLOR` asks for that (no-color.org).

Each theme has the same few variables, and the stylesheet knows nothing else. Nothing is said by colour alone, so that
the third theme, and a screen without any colour, say as much as the others.

A terminal says how many colours it has, and an ssh line often forgets that it has them all. Of 256 the nearest to a
dark blue-grey is navy, so there the grounds are plain greys; of 16 none comes near, so there they are the terminal's.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from rich.console import Console
from rich.style import Style
from textual import constants
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

DARK: Final = Theme(
    name="metertui-dark",
    primary="#4fb3bf",
    secondary="#c9a227",
    accent="#f0b429",
    warning="#f0b429",
    error="#e5616b",
    success="#6fbf73",
    foreground="#d8dee4",
    background="#10161c",
    surface="#151d25",
    panel="#1d2731",
    dark=True,
)
LIGHT: Final = Theme(
    name="metertui-light",
    primary="#0b6e7b",
    secondary="#8a6a00",
    accent="#a85f00",
    warning="#a85f00",
    error="#b3261e",
    success="#2e7d32",
    foreground="#1b2329",
    background="#f6f7f5",
    surface="#eceeeb",
    panel="#e0e4e0",
    dark=False,
)
TERMINAL: Final = Theme(
    name="metertui-terminal",
    primary="ansi_cyan",
    secondary="ansi_yellow",
    accent="ansi_yellow",
    warning="ansi_yellow",
    error="ansi_red",
    success="ansi_green",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    dark=True,
    ansi=True,
    variables={
        **BUILTIN_THEMES["ansi-dark"].variables,  # Textual's own widgets name some of them
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
"""The terminal's sixteen colours, on its own ground."""

THEMES: Final = {"dark": DARK, "light": LIGHT, "terminal": TERMINAL}
"""By the words of the setting `theme`, in the order in which one goes through them."""

_GREYS: Final = ("#121212", "#1c1c1c", "#262626")
"""Dark grounds that 256 colours have: theirs near those of the dark theme are black and navy."""


def colourless(env: Mapping[str, str]) -> bool:
    """Whether `NO_COLOR` asks for no colour: it is there, and not empty."""
    return bool(env.get("NO_COLOR"))


def colours(env: Mapping[str, str]) -> str:
    """How many colours the terminal says it has, in Rich's words: "truecolor", "256", "standard"; "" for none."""
    if constants.COLOR_SYSTEM not in ("auto", None):  # stated for Textual, which draws
        return constants.COLOR_SYSTEM
    return Console(file=io.StringIO(), force_terminal=True, _environ=env).color_system or ""


def for_colours(stated: Theme, colours: str) -> Theme:
    """The theme `stated` as a terminal with so many colours can show it."""
    if colours != "256" or stated.name != DARK.name:
        return stated
    return replace(stated, background=_GREYS[0], surface=_GREYS[1], panel=_GREYS[2])


def after(name: str) -> str:
    """The name of the theme after the one of this name."""
    names = [theme.name for theme in THEMES.values()]
    return names[(names.index(name) + 1) % len(names)] if name in names else names[0]


def ink(variables: Mapping[str, str], name: str) -> Style:
    """A theme's variable as a style for Rich, which does not know the terminal's colours by Textual's names."""
    return Style(color=Color.parse(variables[name]).rich_color)
