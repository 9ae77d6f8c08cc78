"""From what clocks show to instants."""

from __future__ import annotations

import numpy as np
import pytest

from metertui.engine.base import SiteZone
from metertui.formats.meter_tables.local_times import later_instants, passes
from metertui.formats.tables import parse_label

VIENNA = SiteZone("Europe/Vienna")


def wall(text: str) -> int:
    label = parse_label(text, "ymd")
    assert label is not None
    return label.wall


@pytest.mark.parametrize(
    ("after", "shown", "expected"),
    [
        ("2025-10-26T01:45:00+02:00", "2025-10-26 02:00", "2025-10-26T02:00:00+02:00"),
        ("2025-10-26T02:45:00+02:00", "2025-10-26 02:00", "2025-10-26T02:00:00+01:00"),
        ("2025-10-26T02:00:00+01:00", "2025-10-26 02:15", "2025-10-26T02:15:00+01:00"),
        ("2025-10-26T02:00:00+02:00", "2025-10-26 03:00", "2025-10-26T03:00:00+01:00"),
        ("2025-03-30T01:45:00+01:00", "2025-03-30 03:00", "2025-03-30T03:00:00+02:00"),
        ("2025-03-30T01:45:00+01:00", "2025-03-30 02:00", "2025-03-30T03:00:00+02:00"),
    ],
)
def test_an_interval_ends_at_the_first_instant_after_its_start_that_the_clock_shows(
    after: str, shown: str, expected: str
) -> None:
    found = later_instants(VIENNA, np.array([wall(shown)]), np.array([VIENNA.parse(after)]))
    assert VIENNA.iso(int(found[0])) == expected


def test_the_row_nearer_to_the_oldest_end_is_the_first_of_two() -> None:
    assert passes(["a", "b", "a", "b", "c"], newest_first=False).tolist() == [False, False, True, True, False]
    assert passes(["a", "b", "a", "b", "c"], newest_first=True).tolist() == [True, True, False, False, False]
