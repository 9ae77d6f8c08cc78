"""Usage of many meters against the rules, one meter and one row at a time."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metertui.engine.analytics import Question, answer
from metertui.engine.billing import statements
from metertui.engine.columns import Group
from metertui.engine.errors import MeterError
from metertui.engine.export import export
from metertui.engine.zone import HOUR, SiteZone
from tests import oracle
from tests.engine.build import frozen
from tests.strategies import START, courses

LONDON = SiteZone("Europe/London")
FIRST, LAST = date(2025, 3, 29), date(2025, 4, 2)  # the clock goes forward on the 30th
EAST, WEST = Group("East", "Harbour", "2-room"), Group("West", "Quarry", "landed")


def marks(key: str) -> list[int]:
    """Where the rows of a key begin and the last one ends, by going through the days or the hours."""
    start, end = LONDON.midnight(FIRST), LONDON.midnight(LAST + timedelta(days=1))
    if key == "hour":
        return list(range(start, end + 1, HOUR))
    days = [LONDON.midnight(FIRST + timedelta(days=i)) for i in range((LAST - FIRST).days + 2)]
    if key == "month":
        return [start, LONDON.midnight(date(2025, 4, 1)), end]
    return days


@pytest.mark.parametrize("key", ["day", "hour", "month"])
@given(meters=st.lists(courses(), min_size=1, max_size=3), pieces=st.sampled_from([3, 1_000_000]))
def test_rows_are_what_each_meter_used_in_them(key: str, meters: list[list[tuple[int, int]]], pieces: int) -> None:
    shifted = [[(t + 28 * 24 * HOUR, v) for t, v in course] for course in meters]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("metertui.engine.analytics._PIECES", pieces)
        table = answer(frozen({f"m{i}": c for i, c in enumerate(shifted)}, LONDON), Question(FIRST, LAST, (key,)))
    expected = []
    for start, end in pairwise(marks(key)):
        used = [oracle.Meter(course).usage(start, end) for course in shifted]
        if any(wh is not None for wh in used):
            stored = sum(oracle.Meter(course).stored(start, end)[0] for course in shifted)
            expected.append((sum(wh or 0 for wh in used), sum(wh is not None for wh in used), stored))
    assert list(zip(table["usage_wh"], table["meters"], table["readings"], strict=True)) == expected


@given(st.lists(courses(), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_regions_sum_to_the_total_and_meters_to_regions(meters: list[list[tuple[int, int]]], random: object) -> None:
    named = {f"m{i}": course for i, course in enumerate(meters)}
    groups = {m: [random.choice((EAST, WEST)) for _ in c] for m, c in named.items()}  # type: ignore[attr-defined]
    columns = frozen(named, LONDON, groups)

    def total(*by: str, **filters: str) -> int:
        return int(answer(columns, Question(date(2025, 2, 1), date(2026, 2, 1), by, **filters))["usage_wh"].sum())

    whole = total()
    assert total("region") == total("region", "day") == total("meter", "month") == total("year", "week") == whole
    assert total(region="East") + total(region="West") == whole
    assert sum(total(meter=meter) for meter in named) == whole


def test_a_step_belongs_to_where_its_meter_stood_at_the_later_reading() -> None:
    course = [(START, 0), (START + HOUR, 1000), (START + 2 * HOUR, 3000), (START + 3 * HOUR, 6000)]
    columns = frozen({"m": course}, LONDON, {"m": [EAST, EAST, WEST, WEST]})
    table = answer(columns, Question(date(2025, 3, 1), date(2025, 3, 1), ("region",)))
    assert table.to_dict("list") == {
        "region": ["East", "West"],
        "usage_wh": [1000, 5000],
        "meters": [1, 1],
        "readings": [1, 2],
    }  # the reading at midnight closes the day before


def test_keys_are_text_in_their_natural_order() -> None:
    course = [
        (LONDON.parse(t), i * 1000) for i, t in enumerate(("2024-12-30T12:00", "2025-01-01T12:00", "2025-07-01T12:00"))
    ]
    columns = frozen({"m": course}, LONDON)

    def keys(*by: str) -> list[tuple[str, ...]]:
        table = answer(columns, Question(date(2024, 12, 30), date(2025, 1, 1), by))
        return list(table[list(by)].itertuples(index=False, name=None))

    assert keys("year", "quarter", "month") == [("2024", "2024-Q4", "2024-12"), ("2025", "2025-Q1", "2025-01")]
    assert keys("week") == [("2025-W01",)]
    assert keys("day")[:2] == [("2024-12-30",), ("2024-12-31",)]
    # the first reading, at noon, closes the hour before
    assert keys("hour")[:2] == [("2024-12-30T11:00:00+00:00",), ("2024-12-30T12:00:00+00:00",)]


def test_the_hour_that_comes_twice_makes_two_rows() -> None:
    course = [(LONDON.parse("2025-10-26T00:00:00"), 0), (LONDON.parse("2025-10-26T04:00:00"), 5000)]
    table = answer(frozen({"m": course}, LONDON), Question(date(2025, 10, 26), date(2025, 10, 26), ("hour",)))
    assert table["hour"].tolist() == [
        "2025-10-26T00:00:00+01:00",
        "2025-10-26T01:00:00+01:00",
        "2025-10-26T01:00:00+00:00",
        "2025-10-26T02:00:00+00:00",
        "2025-10-26T03:00:00+00:00",
    ]
    assert table["usage_wh"].tolist() == [1000] * 5


def test_sorting_and_limits() -> None:
    meters = {f"m{i}": [(START + HOUR, 0), (START + 2 * HOUR, i * 1000)] for i in range(5)}
    columns = frozen(meters, LONDON)
    question = Question(date(2025, 3, 1), date(2025, 3, 1), ("meter",), sort="-usage_wh", limit=2)
    assert answer(columns, question)["meter"].tolist() == ["m4", "m3"]
    with pytest.raises(MeterError, match="colour is no key"):
        answer(columns, Question(date(2025, 3, 1), date(2025, 3, 1), ("colour",)))
    with pytest.raises(MeterError, match="price is no column"):
        answer(columns, Question(date(2025, 3, 1), date(2025, 3, 1), sort="-price"))
    with pytest.raises(MeterError, match="m9 is not a meter"):
        answer(columns, Question(date(2025, 3, 1), date(2025, 3, 1), meter="m9"))


def test_nothing_stored_makes_no_rows() -> None:
    assert answer(frozen({}, LONDON), Question(FIRST, LAST, ("day", "region"))).empty


@given(st.lists(courses(), min_size=1, max_size=3))
def test_an_export_has_every_reading_and_its_step(meters: list[list[tuple[int, int]]]) -> None:
    named = {f"m{i}": course for i, course in enumerate(meters)}
    columns = frozen(named, LONDON)
    rows = [row for table in export(columns, date(2025, 2, 1), date(2027, 2, 1)) for row in table.itertuples()]
    expected = []
    for meter, course in named.items():
        curve = dict(oracle.Meter(course).curve())
        before = None
        for (time, wh), kind in oracle.Meter(course).judged():
            step = None
            if kind in ("counted", "reset"):
                step = None if before is None else (curve[time] - before) / 1000
                before = curve[time]
            expected.append((meter, LONDON.iso(time), wh / 1000, step, kind))
    found = [
        (r.identifier, r.timestamp, r.reading_kwh, None if r.usage_kwh != r.usage_kwh else r.usage_kwh, r.status)
        for r in rows
    ]
    assert found == expected


@given(st.lists(courses(), min_size=1, max_size=3))
def test_bills_chain_and_sum_to_the_table(meters: list[list[tuple[int, int]]]) -> None:
    columns = frozen({f"m{i}": course for i, course in enumerate(meters)}, LONDON)
    march, april = (list(statements(columns, month)) for month in ("2025-03", "2025-04"))
    for this, following in zip(march, april, strict=True):
        if this.closing is not None and following.opening is not None and following.opening.quality != "first":
            assert this.closing.wh == following.opening.wh
    table = answer(columns, Question(date(2025, 3, 1), date(2025, 3, 31)))
    assert sum(bill.usage_wh or 0 for bill in march) == int(table["usage_wh"].sum())
