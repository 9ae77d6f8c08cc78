"""Charts, drawn as text."""

from __future__ import annotations

from metertui.screens.charts.bars import deciles
from metertui.screens.charts.chart import NO_CURSOR, ODD, Picture, Series, picture
from metertui.screens.charts.chart_buckets import buckets
from metertui.screens.charts.chart_view import PictureView, drawn_picture, light_inks, picture_text
from metertui.screens.charts.kinds import next_chart, what_others_need
from metertui.screens.charts.sparkline import sparkline
from metertui.screens.charts.window_chart import window_chart

__all__ = [
    "NO_CURSOR",
    "ODD",
    "Picture",
    "PictureView",
    "Series",
    "buckets",
    "deciles",
    "drawn_picture",
    "light_inks",
    "next_chart",
    "picture",
    "picture_text",
    "sparkline",
    "what_others_need",
    "window_chart",
]
