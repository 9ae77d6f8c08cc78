"""What files say of each register, to be held against the files."""

from __future__ import annotations

import numpy as np

from metertui.engine.base.devices import ONE, Device, DeviceCourse
from metertui.engine.base.limits import MeterLimits
from metertui.engine.base.zone import DAY, SiteZone
from metertui.engine.columns import Arrivals, Columns, IntervalColumns, tail_columns
from metertui.engine.core.file_figures import FileFigures, figures_of_reads, sums_of_intervals
from metertui.engine.intervals import UWH_PER_WH
from metertui.engine.vee.curve import validate
from tests.engine.intervals.test_standing import columns_of

UTC = SiteZone("UTC")
JANUARY = "1970-01"
HALF = 500_000
"""Half a Wh, in µWh."""


def figures_of_intervals(found: IntervalColumns, ids: list[str], zone: SiteZone) -> list[FileFigures]:
    return [each.figures(ids[code]) for code, each in sums_of_intervals(found, zone).items()]


def test_each_interval_counts_once_and_what_is_missing_between_them_is_told() -> None:
    found = columns_of(
        [("a", 0, 10, HALF, 0), ("a", 10, 20, 2 * HALF, 1), ("a", 30, 40, 2 * HALF, 0), ("b", 5, 6, 0, 0)]
    )
    expected = [
        FileFigures("x", "use", 2, 0, 40, 3, 1, 10, [(JANUARY, 2)]),
        FileFigures("x", "t1", 0, 5, 6, 1, 0, 0, [(JANUARY, 0)]),
    ]  # 2.5 is even at 2
    assert figures_of_intervals(found, ["x", "x:t1"], UTC) == expected
    twice = found.take(np.array([0, 1, 0, 2, 3, 1]))
    assert figures_of_intervals(twice, ["x", "x:t1"], UTC) == expected
    whole = columns_of(
        [("a", 0, 20, 3 * HALF, 0), *(("a", at, at + 5, HALF, 0) for at in (0, 5, 10)), ("a", 15, 20, 0, 0)]
    )
    assert [(each.total_wh, each.intervals) for each in figures_of_intervals(whole, ["x"], UTC)] == [(2, 4)]


def figures_beside(
    found: Arrivals, ids: list[str], *stored: tuple[int, int, int], digits: int = 0
) -> list[FileFigures]:
    """What a file says with reads of meters that never draw too much, beside others that are stored (code, µs, Wh)."""
    device = Device(10**digits * 1000 if digits else 0, 2_000_000 if digits else ONE)
    limits = MeterLimits(1000, (10**9,), course=DeviceCourse((device,)), zone=UTC)
    meter, time, wh = np.array(sorted(stored), dtype=np.int64).reshape(-1, 3).T
    columns = Columns(meter.astype(np.int32), time, wh)
    judged = validate(tail_columns.merge_arrivals(columns, found), None, limits)
    return figures_of_reads(found, judged.curve, ids, UTC)


def test_of_registers_it_is_what_they_rose_by_between_the_first_and_the_last() -> None:
    meter, time, wh = np.array([[0, 0, 0, 1], [30, 10, 20, 30], [900, 100, 500, 7]])
    found = figures_beside(Arrivals(meter.astype(np.int32), time, wh), ["x", "y:export"], (0, 5, 20))
    assert found == [
        FileFigures("x", "use", 800, 10, 30, 2, 0, 0, [(JANUARY, 800)]),
        FileFigures("y", "export", 0, 30, 30, 0, 0, 0, [(JANUARY, 0)]),
    ]
    assert figures_beside(Arrivals(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.int64)), []) == []


def test_of_registers_it_is_what_they_count_across_a_rollover_and_a_reset() -> None:
    edge = 31 * DAY
    meter = np.zeros(3, dtype=np.int32)
    rolled = Arrivals(meter, np.array([edge - DAY, edge, edge + DAY]), np.array([99_000_000, 99_500_000, 200_000]))
    [figures] = figures_beside(rolled, ["x"], digits=5)
    assert (figures.total_wh, figures.months) == (2 * 1_200_000, [(JANUARY, 1_000_000), ("1970-02", 1_400_000)])
    reset = Arrivals(meter, np.array([edge - DAY, edge, edge + DAY]), np.array([9_000_000, 5_000, 6_000]))
    [figures] = figures_beside(reset, ["x"])
    assert (figures.total_wh, figures.months) == (1_000, [(JANUARY, 0), ("1970-02", 1_000)])
    suspect = reset.take(np.array([0, 1]))
    [figures] = figures_beside(suspect, ["x"], (0, edge - 2 * DAY, 8_000_000))
    assert (figures.total_wh, figures.last) == (0, edge)


def test_what_the_end_of_a_month_goes_through_is_shared_between_the_months() -> None:
    edge = 31 * DAY
    found = columns_of(
        [
            ("a", 0, DAY, 3 * UWH_PER_WH, 0),
            ("a", edge - DAY, edge + 2 * DAY, 3 * UWH_PER_WH, 0),
            ("a", edge + 40 * DAY, edge + 41 * DAY, 7 * UWH_PER_WH, 0),
        ]
    )
    [figures] = figures_of_intervals(found, ["x"], UTC)
    assert figures.months == [(JANUARY, 4), ("1970-02", 2), ("1970-03", 7)]
    for split in (1, 2):
        early, late = (sums_of_intervals(found.take(part), UTC)[0] for part in (slice(split), slice(split, None)))
        assert early.joined(late).figures("x") == figures
    assert figures.months_as_json()[1] == {"month": "1970-02", "meter": "x", "channel": "use", "total_kwh": 0.002}
    read = Arrivals(np.zeros(2, np.int32), np.array([edge - DAY, edge + 3 * DAY]), np.array([1000, 5000]))
    [figures] = figures_beside(read, ["x"])
    assert figures.months == [(JANUARY, 1000), ("1970-02", 3000)]


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
