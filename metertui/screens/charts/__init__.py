"""Charts, drawn as text."""

from __future__ import annotations

from metertui.screens.charts.bars import deciles
from metertui.screens.charts.chart import Picture, Series, picture
from metertui.screens.charts.chart_view import PictureView, picture_text
from metertui.screens.charts.sparkline import sparkline
from metertui.screens.charts.window_chart import window_chart

__all__ = [
    "Picture",
    "PictureView",
    "Series",
    "deciles",
    "picture",
    "picture_text",
    "sparkline",
    "window_chart",
]
