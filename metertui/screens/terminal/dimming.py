"""Dimmed text as a colour of its own, so that its contrast does not depend on the terminal."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

KEPT: Final = 0.75
"""The part of its distance from the ground that the colour of a dimmed text keeps."""


class Dimming(LineFilter):
    """Blends dimmed text into its ground. Text in the terminal's own colours stays as it is."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            each if each.style is None or not each.style.dim else Segment(each.text, _blended(each.style, background))
            for each in segments
        ]


@lru_cache(1024)
def _blended(style: Style, background: Color) -> Style:
    """Return the style with the colour of its dimmed text."""
    ink, ground = style.color, style.bgcolor
    over = background.rich_color if ground is None or ground.is_default else ground
    if ink is None or ink.triplet is None or over.triplet is None:
        return style
    mixed = (low + (high - low) * KEPT for low, high in zip(over.triplet, ink.triplet, strict=True))
    return style + Style(color=RichColor.from_rgb(*mixed), dim=False)
