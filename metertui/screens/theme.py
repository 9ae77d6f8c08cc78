"""Colours: dark, light, and whatever the terminal has; none at all where `NO_COLOR` asks for that (no-color.org).

Each theme has the same few variables, and the stylesheet knows nothing else. Nothing is said by colour alone, so that
the third theme, and a screen without any colour, say as much as the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rich.style import Style
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


def colourless(env: Mapping[str, str]) -> bool:
    """Whether `NO_COLOR` asks for no colour: it is there, and not empty."""
    return bool(env.get("NO_COLOR"))


def after(name: str) -> str:
    """The name of the theme after the one of this name."""
    names = [theme.name for theme in THEMES.values()]
    return names[(names.index(name) + 1) % len(names)] if name in names else names[0]


def ink(variables: Mapping[str, str], name: str) -> Style:
    """A theme's variable as a style for Rich, which does not know the terminal's colours by Textual's names."""
    return Style(color=Color.parse(variables[name]).rich_color)
