"""Readings that contain a text: in meter, time, register or attributes."""

from __future__ import annotations

import numpy as np
import pytest

from metertui.engine.attributes import Group
from metertui.engine.base.zone import SiteZone
from metertui.engine.index.reading_text import TextFinder

ZONE = SiteZone("Asia/Singapore")
IDS = ["m-1", "M-2", "x"]
GROUPS = [Group("North", "Quay", "flat"), Group()]
TIMES = ("2025-03-12T10:30:00", "2025-03-12T11:00:01", "2024-01-01T00:00:00")
READINGS = (
    np.array([0, 1, 2], dtype=np.int32),
    np.array([ZONE.parse(time) + 5 for time in TIMES]),  # µs
    np.array([1_234_500, 42, 1_000_000], dtype=np.int64),
    np.array([0, 1, 1], dtype=np.int32),
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("m-", [0, 1]),
        ("QUAY", [0]),
        ("2025-03-12 1", [0, 1]),
        ("11:00:01", [1]),
        ("1 234.5", [0]),
        ("1234", [0]),
        ("0.042", [1]),
        ("1000.000", [2]),
        ("nowhere", []),
        ("", [0, 1, 2]),
    ],
)
def test_a_reading_is_found_by_what_people_see_of_it(text: str, found: list[int]) -> None:
    finder = TextFinder(text, IDS, GROUPS, ZONE)
    for _ in range(2):  # also by what is remembered
        assert np.flatnonzero(finder.found_in(*READINGS)).tolist() == found
