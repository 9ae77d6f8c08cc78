"""Readings as frames."""

from __future__ import annotations

import numpy as np

from metertui.engine.attributes import Group
from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.columns.frames import as_frame

ZONE = SiteZone("Asia/Singapore")
START = ZONE.parse("2025-03-01T00:00:00")


def test_a_frame_has_local_time_and_kwh() -> None:
    frame = as_frame(
        np.array([1, 0], dtype=np.int32),
        np.array([START, START + HOUR], dtype=np.int64),
        np.array([1500, 2000], dtype=np.int64),
        np.array([1, 0], dtype=np.int32),
        {0: "a", 1: "b", 3: "read at another time"},
        [Group("West"), Group("East", "", "flat")],
        ZONE,
    )
    assert frame["identifier"].tolist() == ["b", "a"]
    assert list(frame["identifier"].cat.categories) == ["a", "b", "read at another time"]
    assert frame["region"].tolist() == ["East", "West"]
    assert frame["apartment_type"].tolist() == ["flat", ""]
    assert [each.isoformat() for each in frame["timestamp"]] == [
        "2025-03-01T00:00:00+08:00",
        "2025-03-01T01:00:00+08:00",
    ]
    assert frame["reading_kwh"].tolist() == [1.5, 2.0]
