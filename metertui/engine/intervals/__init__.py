"""Energy per interval: what files of other programs state instead of register reads."""

from __future__ import annotations

from metertui.engine.intervals import lines
from metertui.engine.intervals.rows import IntervalPiece, IntervalRows, concat_intervals

__all__ = ["IntervalPiece", "IntervalRows", "concat_intervals", "lines"]
