"""Charts, drawn as text."""

from __future__ import annotations

from metertui.screens.charts import chart
from metertui.screens.charts.bars import deciles
from metertui.screens.charts.chart import Kind, Picture, Series, picture
from metertui.screens.charts.chart_buckets import buckets
from metertui.screens.charts.chart_view import PictureView
from metertui.screens.charts.sparkline import sparkline

__all__ = [
    "Kind",
    "Picture",
    "PictureView",
    "Series",
    "buckets",
    "chart",
    "deciles",
    "picture",
    "sparkline",
]
