"""The first rows of a file as they are read."""

from __future__ import annotations

import numpy as np

from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.core.file_rows import FileRow, first_rows
from metertui.engine.intervals import IntervalRows
from metertui.engine.storage import Rows

LINES = np.array([9, 2, 5])


def test_the_first_rows_are_those_of_the_first_lines() -> None:
    start = np.array([0, HOUR, 2 * HOUR])
    energy = np.array([1, 500_000_000, 2_000_000_000])
    rows = IntervalRows(
        ["m", "m:export"], np.array([0, 1, 0], np.int32), start, start + HOUR, energy, np.array([0, 1, 2], np.uint8)
    )
    found = first_rows("june.csv", rows, LINES, 2)
    assert found == [
        FileRow("june.csv", 2, "m:export", HOUR, 2 * HOUR, "0.5", "E"),
        FileRow("june.csv", 5, "m", 2 * HOUR, 3 * HOUR, "2", "S"),
    ]
    assert found[0].as_json(SiteZone("Asia/Kolkata")) == {
        "file": "june.csv",
        "line": 2,
        "meter": "m",
        "channel": "export",
        "start": "1970-01-01T06:30:00+05:30",
        "end": "1970-01-01T07:30:00+05:30",
        "kwh": "0.5",
        "quality": "E",
    }


def test_a_register_read_has_one_time() -> None:
    rows = Rows(["m"], np.zeros(3, np.int32), np.array([3, 1, 2]), np.array([3000, 1000, 2000]))
    [first] = first_rows("june.csv", rows, LINES, 1)
    assert first == FileRow("june.csv", 2, "m", None, 1, "1")
    assert first.as_json(SiteZone("UTC"))["start"] is None
