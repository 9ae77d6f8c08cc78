"""What files say of each register, to be held against the files."""

from __future__ import annotations

import numpy as np

from metertui.engine.base.zone import SiteZone
from metertui.engine.columns import Arrivals
from metertui.engine.core.file_figures import FileFigures, figures_of_intervals, figures_of_reads
from tests.engine.intervals.test_standing import columns_of

HALF = 500_000
"""Half a Wh, in µWh."""


def test_each_interval_counts_once_and_what_is_missing_between_them_is_told() -> None:
    found = columns_of(
        [("a", 0, 10, HALF, 0), ("a", 10, 20, 2 * HALF, 1), ("a", 30, 40, 2 * HALF, 0), ("b", 5, 6, 0, 0)]
    )
    expected = [
        FileFigures("x", "use", 2, 0, 40, 3, 1, 10),
        FileFigures("x", "t1", 0, 5, 6, 1, 0, 0),
    ]  # 2.5 is even at 2
    assert figures_of_intervals(found, ["x", "x:t1"]) == expected
    twice = found.take(np.array([0, 1, 0, 2, 3, 1]))
    assert figures_of_intervals(twice, ["x", "x:t1"]) == expected


def test_of_registers_it_is_the_last_less_the_first() -> None:
    meter, time, wh = np.array([[0, 0, 0, 1], [30, 10, 20, 5], [900, 100, 500, 7]])
    found = figures_of_reads(Arrivals(meter.astype(np.int32), time, wh), ["x", "y:export"])
    assert found == [FileFigures("x", "use", 800, 10, 30, 2, 0, 0), FileFigures("y", "export", 0, 5, 5, 0, 0, 0)]


def test_it_is_written_in_the_site_zone() -> None:
    figures = FileFigures("x", "use", 1500, 0, 3_600_000_000, 3, 1, 5_400_000_000)
    assert figures.as_json(SiteZone("Asia/Singapore")) == {
        "meter": "x",
        "channel": "use",
        "total_kwh": 1.5,
        "first": "1970-01-01T07:30:00+07:30",
        "last": "1970-01-01T08:30:00+07:30",
        "intervals": 3,
        "gaps": 1,
        "missing_hours": 1.5,
    }
