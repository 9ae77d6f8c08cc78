"""Usage of many meters against the rules, one meter and one row at a time."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.attributes import Group
from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.errors import MeterError
from metertui.engine.usage.aggregate import usage_table
from metertui.engine.usage.query import Filter, Question
from tests import oracle
from tests.engine.build import frozen
from tests.strategies import START, courses

LONDON = SiteZone("Europe/London")
FIRST, CHANGE, LAST = date(2025, 3, 29), date(2025, 3, 30), date(2025, 4, 2)  # the clock goes forward on the 30th
EAST, WEST = Group("East", "Harbour", "2-room"), Group("West", "Quarry", "landed")


DAYS = [LONDON.midnight(FIRST + timedelta(days=i)) for i in range((LAST - FIRST).days + 2)]
MONTHS = [DAYS[0], LONDON.midnight(date(2025, 4, 1)), DAYS[-1]]
HOURS = list(range(DAYS[0], LONDON.midnight(CHANGE + timedelta(days=1)) + 1, HOUR))
towns = st.lists(courses(), min_size=1, max_size=3)
pieces = st.sampled_from([3, 1_000_000])


def assert_rows(meters: list[list[tuple[int, int]]], pieces: int, question: Question, marks: list[int]) -> None:
    """Check the rows of a question against what each meter used between its marks, µs UTC."""
    shifted = [[(t + 28 * 24 * HOUR, v) for t, v in course] for course in meters]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("metertui.engine.usage.segments._CELLS", pieces)
        table = usage_table(frozen({f"m{i}": c for i, c in enumerate(shifted)}, LONDON), question)
    expected = []
    for start, end in pairwise(marks):
        used = [oracle.Meter(course).usage(start, end) for course in shifted]
        if any(wh is not None for wh in used):
            stored = sum(oracle.Meter(course).stored(start, end)[0] for course in shifted)
            expected.append((sum(wh or 0 for wh in used), sum(wh is not None for wh in used), stored))
    assert list(zip(table["usage_wh"], table["meters"], table["readings"], strict=True)) == expected


@pytest.mark.parametrize(("key", "marks"), [("day", DAYS), ("month", MONTHS)], ids=["day", "month"])
@settings(max_examples=50)
@given(towns, pieces)
def test_rows_are_what_each_meter_used_in_them(
    key: str, marks: list[int], meters: list[list[tuple[int, int]]], pieces: int
) -> None:
    assert_rows(meters, pieces, Question(FIRST, LAST, (key,)), marks)


@settings(max_examples=25)
@given(towns, pieces)
def test_hours_are_what_each_meter_used_in_them(meters: list[list[tuple[int, int]]], pieces: int) -> None:
    assert_rows(meters, pieces, Question(FIRST, CHANGE, ("hour",)), HOURS)


@settings(max_examples=40)
@given(st.lists(courses(), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_regions_sum_to_the_total_and_meters_to_regions(meters: list[list[tuple[int, int]]], random: object) -> None:
    named = {f"m{i}": course for i, course in enumerate(meters)}
    groups = {m: [random.choice((EAST, WEST)) for _ in c] for m, c in named.items()}  # type: ignore[attr-defined]
    columns = frozen(named, LONDON, groups)

    def total(*by: str, **filters: str) -> int:
        question = Question(date(2025, 2, 1), date(2026, 2, 1), by, Filter.by_name(**filters))
        return int(usage_table(columns, question)["usage_wh"].sum())

    whole = total()
    assert total("region") == total("region", "day") == total("meter", "month") == total("year", "week") == whole
    assert total(region="East") + total(region="West") == whole
    assert sum(total(meter=meter) for meter in named) == whole


def test_a_step_belongs_to_where_its_meter_stood_at_the_later_reading() -> None:
    course = [(START, 0), (START + HOUR, 1000), (START + 2 * HOUR, 3000), (START + 3 * HOUR, 6000)]
    columns = frozen({"m": course}, LONDON, {"m": [EAST, EAST, WEST, WEST]})
    table = usage_table(columns, Question(date(2025, 3, 1), date(2025, 3, 1), ("region",)))
    assert table.to_dict("list") == {
        "region": ["East", "West"],
        "usage_wh": [1000, 5000],
        "meters": [1, 1],
        "readings": [2, 2],
    }  # the first reading, at midnight, opens the day


def test_keys_are_text_in_their_natural_order() -> None:
    course = [
        (LONDON.parse(t), i * 1000) for i, t in enumerate(("2024-12-30T12:00", "2025-01-01T12:00", "2025-07-01T12:00"))
    ]
    columns = frozen({"m": course}, LONDON)

    def keys(*by: str) -> list[tuple[str, ...]]:
        table = usage_table(columns, Question(date(2024, 12, 30), date(2025, 1, 1), by))
        return list(table[list(by)].itertuples(index=False, name=None))

    assert keys("year", "quarter", "month") == [("2024", "2024-Q4", "2024-12"), ("2025", "2025-Q1", "2025-01")]
    assert keys("week") == [("2025-W01",)]
    assert keys("day")[:2] == [("2024-12-30",), ("2024-12-31",)]
    # the first reading, at noon, opens the hour
    assert keys("hour")[:2] == [("2024-12-30T12:00:00+00:00",), ("2024-12-30T13:00:00+00:00",)]


def test_the_hour_that_comes_twice_makes_two_rows() -> None:
    course = [(LONDON.parse("2025-10-26T00:00:00"), 0), (LONDON.parse("2025-10-26T04:00:00"), 5000)]
    table = usage_table(frozen({"m": course}, LONDON), Question(date(2025, 10, 26), date(2025, 10, 26), ("hour",)))
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
    assert usage_table(columns, question)["meter"].tolist() == ["m4", "m3"]
    with pytest.raises(MeterError, match="colour is not a key"):
        usage_table(columns, Question(date(2025, 3, 1), date(2025, 3, 1), ("colour",)))
    with pytest.raises(MeterError, match="price is not a column"):
        usage_table(columns, Question(date(2025, 3, 1), date(2025, 3, 1), sort="-price"))
    with pytest.raises(MeterError, match="m9 is not registered"):
        usage_table(columns, Question(date(2025, 3, 1), date(2025, 3, 1), filter=Filter(meter="m9")))


def test_nothing_stored_makes_no_rows() -> None:
    assert usage_table(frozen({}, LONDON), Question(FIRST, LAST, ("day", "region"))).empty


@pytest.mark.parametrize("by", [(), ("year",), ("hour",), ("meter", "week")])
@pytest.mark.parametrize(
    ("first", "last", "there"),
    [
        (date(1, 1, 1), date(9999, 12, 31), True),
        (date(1, 1, 1), date(2025, 2, 28), False),
        (date(9999, 12, 31), date(9999, 12, 31), False),
        (date(2025, 3, 1), date(2025, 3, 1), True),
        (date(2025, 3, 2), date(2025, 3, 2), False),
    ],
)
def test_any_days_of_the_calendar_may_be_asked(by: tuple[str, ...], first: date, last: date, there: bool) -> None:
    columns = frozen({"m": [(START + HOUR, 0), (START + 2 * HOUR, 1000)]}, LONDON)
    table = usage_table(columns, Question(first, last, by))
    assert list(table.columns) == [*by, "usage_wh", "meters", "readings"]
    assert table["usage_wh"].dtype == "int64"
    assert table["usage_wh"].sum() == (1000 if there else 0)
    assert table.empty is not there


@pytest.mark.parametrize("key", ["day", "hour"])
def test_a_single_reading_at_midnight_makes_a_row_of_the_day_that_it_opens(key: str) -> None:
    columns = frozen({"m": [(LONDON.parse("2025-03-05T00:00:00"), 7)]}, LONDON)
    found = usage_table(columns, Question(date(2025, 3, 5), date(2025, 3, 5), (key,)))
    assert found.values.tolist() == [["2025-03-05" if key == "day" else "2025-03-05T00:00:00+00:00", 0, 1, 1]]
    assert usage_table(columns, Question(date(2025, 3, 4), date(2025, 3, 4), (key,))).empty


@pytest.mark.parametrize("key", ["month", "day", "region"])
def test_a_history_that_begins_at_midnight_has_no_row_before(key: str) -> None:
    """Its first reading belongs to what it opens, and the others to what they close."""
    begin = LONDON.parse("2025-03-01T00:00:00")
    course = [(begin + day * 24 * HOUR, 1000 * day) for day in range(32)]
    columns = frozen({"m": course}, LONDON, {"m": [EAST] * 32})
    table = usage_table(columns, Question(date(2025, 2, 1), date(2025, 4, 30), (key,)))
    figures = {"day": [1000, 1, 2], "month": [30_958, 1, 31], "region": [31_000, 1, 32]}
    assert table.iloc[0].tolist()[1:] == figures[key]
    assert table[key].iloc[0] in ("2025-03", "2025-03-01", "East")
    assert usage_table(columns, Question(date(2025, 2, 1), date(2025, 2, 28), (key,))).empty


def test_keys_order_rows_in_the_order_in_which_they_are_asked() -> None:
    course = [(LONDON.midnight(date(2025, 3, 1)) + i * 24 * HOUR, i * 1000) for i in range(20)]
    columns = frozen({"m": course, "n": course}, LONDON, {"m": [WEST] * 20, "n": [EAST] * 20})
    question = Question(date(2025, 3, 1), date(2025, 3, 16), ("month", "region", "week"))
    rows = usage_table(columns, question)[["region", "week"]].values.tolist()
    weeks = ["2025-W09", "2025-W10", "2025-W11"]
    assert rows == [["East", week] for week in weeks] + [["West", week] for week in weeks]


@pytest.mark.parametrize(("sort", "backwards"), [("", False), ("hour", False), ("-hour", True)])
def test_hours_stand_in_the_order_of_time_where_the_clock_goes_back(sort: str, backwards: bool) -> None:
    course = [(LONDON.parse("2025-10-26T00:00:00"), 0), (LONDON.parse("2025-10-26T02:00:00"), 3000)]
    day = date(2025, 10, 26)
    found = usage_table(frozen({"m": course}, LONDON), Question(day, day, ("hour",), sort=sort))["hour"].tolist()
    hours = ["2025-10-26T00:00:00+01:00", "2025-10-26T01:00:00+01:00", "2025-10-26T01:00:00+00:00"]
    assert found == (hours[::-1] if backwards else hours)


def test_rows_that_tie_stay_in_natural_order_either_way() -> None:
    meters = {name: [(START + HOUR, 0), (START + 2 * HOUR, used)] for name, used in (("b", 5), ("a", 5), ("c", 9))}
    for sort, expected in (("usage_wh", ["a", "b", "c"]), ("-usage_wh", ["c", "a", "b"]), ("-meter", ["c", "b", "a"])):
        question = Question(date(2025, 3, 1), date(2025, 3, 1), ("meter",), sort=sort)
        assert usage_table(frozen(meters, LONDON), question)["meter"].tolist() == expected


def test_a_key_stands_once() -> None:
    with pytest.raises(MeterError, match="a key is given twice"):
        usage_table(frozen({}, LONDON), Question(FIRST, LAST, ("day", "day")))
    with pytest.raises(MeterError, match="2025-03-29 is before 2025-04-02"):
        usage_table(frozen({}, LONDON), Question(LAST, FIRST))


def modelled(course: list[tuple[int, int]], groups: list[Group], start: int, end: int) -> dict[str, list[int]]:
    """Usage, and 1 for data, by region: every step that reaches into (start, end], given to where it ends."""
    meter = oracle.Meter(course)
    place = {time: group.region for (time, _), group in zip(course, groups, strict=True)}
    found: dict[str, list[int]] = {}
    times = [time for time, _ in meter.curve()]
    for t0, t1 in zip([*times[:1], *times], times, strict=False):  # the first reading is a step of no length
        low, high = max(t0, start), min(t1, end)
        if low < high or (t0 == t1 and start < t1 <= end):
            row = found.setdefault(place[t1], [0, 1])
            row[0] += meter.energy(high) - meter.energy(low)
    return found


@given(st.lists(courses(), min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_a_meter_that_moves_is_counted_where_each_step_ends(
    meters: list[list[tuple[int, int]]], random: object
) -> None:
    named = {f"m{i}": course for i, course in enumerate(meters)}
    groups = {m: [random.choice((EAST, WEST)) for _ in c] for m, c in named.items()}  # type: ignore[attr-defined]
    first, last = date(2025, 3, 1), date(2025, 3, 5)
    table = usage_table(frozen(named, LONDON, groups), Question(first, last, ("day", "region")))
    expected = []
    for day in (first + timedelta(days=i) for i in range(5)):
        start, end = LONDON.midnight(day), LONDON.midnight(day + timedelta(days=1))
        parts = [modelled(course, groups[name], start, end) for name, course in named.items()]
        for region in ("East", "West"):
            rows = [part[region] for part in parts if region in part]
            if rows:
                expected.append((str(day), region, *(sum(column) for column in zip(*rows, strict=True))))
    assert list(table[["day", "region", "usage_wh", "meters"]].itertuples(index=False, name=None)) == expected
