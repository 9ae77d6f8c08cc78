"""Inks by which a test recognises what is drawn in them."""

from __future__ import annotations

from rich.style import Style

from metertui.screens.charts.inks import CONTEXT, CURSOR, ESTIMATED, GRID, ON_BAR, SUSPECT, Inks

SPECIAL = {
    GRID: Style(color="black"),
    CONTEXT: Style(color="white"),
    ESTIMATED: Style(color="magenta"),
    ON_BAR: Style(color="black", bgcolor="red"),
    CURSOR: Style(color="yellow"),
    SUSPECT: Style(color="bright_red"),
}
INKS = Inks((Style(color="red"), Style(color="blue")), SPECIAL, (Style(color="red"),), ())
