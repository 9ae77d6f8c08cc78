"""Inquiries: measures, comparisons, and what a rule for small groups makes of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from metertui.engine.attributes import Group
from metertui.engine.base.zone import DAY, HOUR, SiteZone
from metertui.engine.columns.columns import Frozen
from metertui.engine.errors import MeterError
from metertui.engine.reports.disclosure import Rule
from metertui.engine.reports.report import MEASURES, Compare, Inquiry, Measure, answer_inquiry
from metertui.engine.usage.aggregate import usage_figures
from metertui.engine.usage.query import Filter, Question
from tests.engine.build import frozen

LONDON = SiteZone("Europe/London")
JANUARY = (date(2025, 1, 1), date(2025, 1, 31))


def draws(kw: Mapping[str, int], groups: Mapping[str, Group], first: date = date(2024, 1, 1)) -> Frozen:
    """Meters that draw so many kW each, read at every midnight up to the 12th of March 2025, a tenth more in 2025."""
    days = [first + timedelta(days=n) for n in range((date(2025, 3, 12) - first).days + 1)]
    meters = {}
    for meter, each in kw.items():
        register, course = 0, []
        for day in days:
            course.append((LONDON.midnight(day), register))
            hours = (LONDON.midnight(day + timedelta(days=1)) - LONDON.midnight(day)) // HOUR
            register += each * hours * (1100 if day.year == 2025 else 1000)
        meters[meter] = course
    return frozen(meters, LONDON, {meter: [groups[meter]] * len(days) for meter in kw})


@pytest.fixture(scope="module")
def town() -> Frozen:
    """Twelve meters in the North, eleven in the South, three on the island, one of which draws nearly all there."""
    kw = {f"n{i}": 1 for i in range(12)} | {f"s{i}": 2 for i in range(11)} | {"i0": 9, "i1": 1, "i2": 1}
    where = {"n": "North", "s": "South", "i": "Island"}
    return draws(
        kw, {meter: Group(where[meter[0]], "", "2-room" if meter[-1] in "02468" else "landed") for meter in kw}
    )


def asked(
    first: date, last: date, *by: str, measure: Measure = "total", compare: Compare = "", **filters: str
) -> Inquiry:
    return Inquiry(Question(first, last, by, Filter.by_name(**filters)), measure, compare)


@pytest.mark.parametrize(
    ("measure", "north", "south"),
    [("total", 9820.8, 18004.8), ("per_meter", 818.4, 1636.8), ("per_meter_day", 26.4, 52.8), ("peak", 6.6, 12.1)],
)
def test_what_is_measured(town: Frozen, measure: Measure, north: float, south: float) -> None:
    found = answer_inquiry(town, asked(*JANUARY, "region", measure=measure)).table
    assert found.set_index("region")["value"].to_dict() | {"Island": 0} == {"Island": 0, "North": north, "South": south}
    assert found.set_index("region")["meters"].to_dict() == {"Island": 3, "North": 12, "South": 11}


def test_the_peak_says_when_it_began(town: Frozen) -> None:
    found = answer_inquiry(town, asked(date(2024, 12, 31), date(2025, 1, 1), measure="peak")).table
    assert found["peak_at"].tolist() == [LONDON.midnight(date(2025, 1, 1))]


def test_a_year_before_is_the_row_of_the_same_name(town: Frozen) -> None:
    found = answer_inquiry(
        town, asked(date(2025, 1, 1), date(2025, 12, 31), "month", compare="year_before", region="North")
    )
    table = found.table
    assert table["month"].tolist() == ["2025-01", "2025-02", "2025-03"]
    assert found.compared == (date(2024, 1, 1), date(2024, 3, 11))  # as far as the year is old
    # February had a day more, so the change is that of the usage per day; in March both are of eleven days.
    assert table["before"].tolist() == [31 * 24 * 12.0, 29 * 24 * 12.0, 11 * 24 * 12.0]
    assert table["change"].round(4).tolist() == [0.1, 0.1, 0.1]
    assert (table["length"] // DAY).tolist() == [31, 28, 11]
    assert (found.per_day, found.lengths()) == (True, None)


def test_periods_of_different_lengths_are_compared_per_day_and_named(town: Frozen) -> None:
    january = asked(*JANUARY, compare="before", region="North")
    february = asked(date(2025, 2, 1), date(2025, 2, 28), compare="before", region="North")
    whole, shorter = answer_inquiry(town, january), answer_inquiry(town, february)
    assert (whole.per_day, whole.lengths()) == (False, None)
    assert shorter.lengths() == (28 * DAY, 31 * DAY)
    assert shorter.table["change"].round(4).tolist() == [0.0]
    measures: dict[Measure, bool] = {"per_meter": True, "per_meter_day": False, "peak": False}
    for measure, per_day in measures.items():
        found = answer_inquiry(town, replace(february, measure=measure))
        assert (found.per_day, found.table["change"].round(4).tolist()) == (per_day, [0.0])
    spring_day = date(2024, 3, 31)
    spring = answer_inquiry(town, asked(spring_day, spring_day, "day", compare="before", region="North")).table
    assert (spring["length"].tolist(), spring["before_length"].tolist()) == ([23 * HOUR], [24 * HOUR])
    assert spring["change"].round(4).tolist() == [0.0]


@pytest.mark.parametrize("measure", ["total", "per_meter", "per_meter_day"])
@pytest.mark.parametrize(("hours", "change"), [(7, None), (23, 0.0)])
def test_hours_of_a_day_are_not_compared_with_a_whole_one(measure: Measure, hours: int, change: float | None) -> None:
    today = date(2025, 1, 12)
    begins = LONDON.midnight(today)
    course = [
        (begins - 2 * DAY, 0),
        (begins - DAY, 24_000),
        (begins, 48_000),
        (begins + hours * HOUR, 48_000 + hours * 1000),
    ]
    running = frozen({"m": course}, LONDON, {"m": [Group("North", "", "")] * len(course)})
    for by in ((), ("day",), ("region",)):
        [found] = answer_inquiry(running, asked(today, today, *by, measure=measure, compare="before")).table["change"]
        assert found == pytest.approx(change) if change is not None else np.isnan(found)


def test_the_period_before_is_as_long(town: Frozen) -> None:
    found = answer_inquiry(town, asked(date(2025, 1, 1), date(2025, 1, 10), "day", compare="before", region="North"))
    assert found.compared == (date(2024, 12, 22), date(2024, 12, 31))
    assert found.table["before"].tolist() == [24 * 12.0] * 10
    found = answer_inquiry(town, asked(date(2024, 12, 1), date(2025, 1, 31), "month", compare="before", region="North"))
    assert found.compared == (date(2024, 10, 1), date(2024, 11, 30))  # whole months, however long
    assert found.table["before"].tolist() == [(31 * 24 + 1) * 12.0, 30 * 24 * 12.0]
    found = answer_inquiry(town, asked(date(2025, 1, 1), date(2025, 1, 31), "region", "weekday", compare="before"))
    assert found.table["before"].notna().all()


def test_what_was_not_there_before_is_no_change(town: Frozen) -> None:
    found = answer_inquiry(town, asked(date(2024, 1, 1), date(2024, 1, 31), compare="year_before")).table
    assert found["before"].isna().all()
    assert found["change"].isna().all()
    with pytest.raises(MeterError, match="no period before"):
        answer_inquiry(town, asked(date(1, 1, 1), date(9, 1, 1), compare="year_before"))


RULE = Rule(10, 0.5)


def shown(table: pd.DataFrame, *by: str) -> dict[object, float | None]:
    names = table[list(by)].itertuples(index=False, name=None)
    return {
        name if len(name) > 1 else name[0]: None if hide else value
        for name, value, hide in zip(names, table["value"], table["hidden"], strict=True)
    }


def test_a_small_group_is_hidden_and_another_with_it(town: Frozen) -> None:
    found = answer_inquiry(town, asked(*JANUARY, "region"), RULE)
    # The South has the fewest meters of those that could be subtracted.
    assert shown(found.table, "region") == {"Island": None, "North": 9820.8, "South": None}
    assert found.hidden == 2
    assert found.total_wh == (12 + 22 + 11) * 1100 * 31 * 24
    assert found.table["meters"].isna().tolist() == [True, False, True]
    assert answer_inquiry(town, asked(*JANUARY, "region")).hidden == 0


@pytest.mark.parametrize(("region", "told"), [("North", True), ("South", False), ("Island", False)])
def test_a_filter_tells_no_more_than_the_table_it_is_cut_out_of(town: Frozen, region: str, told: bool) -> None:
    for by in ((), ("month",), ("day",), ("region",)):
        found = answer_inquiry(town, asked(*JANUARY, *by, region=region), RULE)
        assert found.table["hidden"].tolist() == [not told] * len(found.table)
        assert (found.total_wh is not None) is told
    compared = answer_inquiry(town, asked(*JANUARY, "month", region=region, compare="before"), RULE).table
    assert compared["before"].isna().tolist() == [not told]


def test_a_single_meter_is_never_published(town: Frozen) -> None:
    for inquiry in (asked(*JANUARY, "meter"), asked(*JANUARY, meter="n1")):
        with pytest.raises(MeterError, match="single meter"):
            answer_inquiry(town, inquiry, RULE)


def test_a_peak_that_is_hidden_has_no_time(town: Frozen) -> None:
    found = answer_inquiry(town, asked(*JANUARY, "region", measure="peak"), RULE).table
    assert (found["peak_at"] >= 0).tolist() == [False, True, False]


def test_nothing_stored_is_no_row() -> None:
    found = answer_inquiry(frozen({}, LONDON), asked(*JANUARY, "month", compare="before"), RULE)
    assert found.table.empty
    assert (found.total_wh, found.meters, found.hidden) == (None, 0, 0)


def test_an_inquiry_is_written_and_read_back() -> None:
    question = Question(*JANUARY, ("month", "region"), filter=Filter.by_name(sub_region="Bay", time="22:00-06:00"))
    inquiry = Inquiry(question, "peak", "before")
    told = inquiry.description()
    assert told == {
        "from": "2025-01-01", "to": "2025-01-31", "sub_region": "Bay", "time": "22:00-06:00",
        "by": ["month", "region"], "measure": "peak", "compare": "before",
    }  # fmt: skip
    assert Inquiry.from_description(told) == inquiry
    for wrong in (
        {},
        {**told, "from": "x"},
        {**told, "by": ["colour"]},
        {**told, "measure": "most"},
        {**told, "by": 7},
    ):
        with pytest.raises(MeterError):
            Inquiry.from_description(wrong)


@pytest.mark.parametrize("compare", ["", "before"])
@pytest.mark.parametrize("by", [(), ("month", "region")])
def test_a_report_gives_its_progress_and_can_be_ended_there(
    town: Frozen, by: tuple[str, ...], compare: Compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("metertui.engine.usage.intervals._BLOCK", 2_000)  # some four meters at a time
    question = asked(*JANUARY, *by, measure="peak", compare=compare, region="North")
    shares: list[float] = []
    answer_inquiry(town, question, Rule(10, 0.5), progress=shares.append)
    assert shares == sorted(shares)
    assert 0 < shares[0] < 0.1
    assert shares[-1] <= 1
    for stop in (0, len(shares) // 2, len(shares) - 1):
        left = iter(range(stop))

        def tell(share: float, left: Iterator[int] = left) -> None:
            if next(left, None) is None:
                raise KeyboardInterrupt(share)

        with pytest.raises(KeyboardInterrupt) as ended:
            answer_inquiry(town, question, Rule(10, 0.5), progress=tell)
        assert ended.value.args == (shares[stop],)


def test_a_meter_that_only_begins_does_not_make_a_group_larger() -> None:
    """Three homes in January; twenty more are read in it for the first time, and never again."""
    new, first = Group("New"), LONDON.midnight(date(2025, 1, 1))
    course = [(first + n * DAY, n * 1000) for n in range(59)]
    meters = {f"e{i}": course for i in range(3)} | {f"l{i}": course[30:31] for i in range(20)}
    columns = frozen(meters, LONDON, {meter: [new] * len(readings) for meter, readings in meters.items()})
    months = answer_inquiry(columns, asked(date(2024, 12, 1), date(2025, 2, 28), "month"), RULE).table
    assert shown(months, "month") == {"2025-01": None, "2025-02": None}
    assert answer_inquiry(columns, asked(*JANUARY, "region"), RULE).hidden == 1
    assert answer_inquiry(columns, asked(*JANUARY), RULE).total_wh is None
    assert answer_inquiry(columns, asked(*JANUARY, "month")).table["meters"].tolist() == [23]  # which have data in it
    # Weekdays come round again: the first reading stands beside others there.
    meters |= {f"l{i}": course[31:] for i in range(20)}
    columns = frozen(meters, LONDON, {meter: [new] * len(readings) for meter, readings in meters.items()})
    assert answer_inquiry(columns, asked(date(2025, 2, 1), date(2025, 2, 28), "weekday"), RULE).hidden == 0


# -- a household in the town -------------------------------------------------------------------------------------------

SPIKE = (LONDON.parse("2025-03-05T18:00"), LONDON.parse("2025-03-05T18:30"))
WEEK = (date(2025, 3, 3), date(2025, 3, 7))


@pytest.fixture(scope="module")
def boiler() -> Frozen:
    """Homes in three regions and four on an island, read each half hour. One in the North has a boiler that runs for
    half an hour of the week, when it draws more than its region does otherwise."""
    homes = {"North": 14, "South": 12, "West": 13, "Island": 4}
    groups = {f"{region[0]}{nth}": Group(region) for region, count in homes.items() for nth in range(count)}
    start, step = LONDON.midnight(WEEK[0]), HOUR // 2
    meters = {}
    for place, meter in enumerate(groups):
        register, course = 0, [(start, 0)]
        for slot in range(5 * 48):
            # Odd numbers of Wh, so that no two sums are equal by chance.
            register += 400 + 7 * place + (slot * (place + 3)) % 97 + (45_013 if (meter, slot) == ("N0", 132) else 0)
            course.append((start + (slot + 1) * step, register))
        meters[meter] = course
    assert start + 132 * step == SPIKE[0]
    return frozen(meters, LONDON, {meter: [group] * 241 for meter, group in groups.items()})


def _told(columns: Frozen, inquiry: Inquiry, rule: Rule | None) -> list[int]:
    """The figures of an answer in Wh, with what is left of the total without the rows that are told."""
    found = answer_inquiry(columns, inquiry, rule)
    table = found.table[~found.table["hidden"]]
    whole = [found.total_wh] if found.total_wh is not None else []
    if inquiry.measure == "per_meter":
        rows = (table["value"] * table["meters"].astype(float)).tolist()
    else:
        rows = table["value"].tolist()
    told = [round(value * 1000) for value in rows]
    return [*whole, *told, *([whole[0] - sum(told)] if whole and len(told) < len(found.table) else [])]


def test_ten_questions_and_their_differences_tell_no_household(boiler: Frozen) -> None:
    evening, rest, day = "18:00-18:30", "18:30-18:00", (date(2025, 3, 5), date(2025, 3, 5))
    questions = [
        asked(*WEEK),
        asked(*WEEK, "region"),
        asked(*WEEK, "region", measure="per_meter"),
        asked(*WEEK, "region", measure="peak"),
        asked(*WEEK, "day", measure="peak"),
        asked(*WEEK, "day", measure="peak", region="North"),
        asked(*day, "region", time=evening),
        asked(*day, "region", time=rest),
        asked(*day, "region"),
        asked(*day, measure="peak", time=evening, region="North"),
    ]
    inside = Filter(time=evening)
    tables = [
        usage_figures(boiler, Question(*WEEK, by=("region",))),
        usage_figures(boiler, Question(*WEEK, by=("day", "region"))),
        usage_figures(boiler, Question(*WEEK, by=("meter",))),
        usage_figures(boiler, Question(*WEEK, by=("day", "meter"))),
        usage_figures(boiler, Question(*day, by=("region",), filter=inside)),
        usage_figures(boiler, Question(*day, by=("meter",), filter=inside)),
    ]
    small = {int(wh) for table in tables for wh in table[RULE.find_small_rows(table)]["usage_wh"]}
    assert {45_413 + (132 * 3) % 97} < small
    told = {wh for inquiry in questions for wh in _told(boiler, inquiry, RULE)}
    for one in told:
        assert one not in small
        assert not {one - other for other in told if other < one} & small
    open_to_all = {wh for inquiry in questions for wh in _told(boiler, inquiry, None)}
    assert open_to_all & small, "without the rule they tell it"


def test_a_peak_of_one_household_is_hidden_and_others_are_published(boiler: Frozen) -> None:
    by_day = answer_inquiry(boiler, asked(*WEEK, "day", measure="peak", region="North"), RULE).table
    assert by_day["hidden"].tolist() == [False, False, True, False, False]
    assert answer_inquiry(boiler, asked(*WEEK, "day", measure="total", region="North"), RULE).hidden == 0
    regions = answer_inquiry(boiler, asked(*WEEK, "region", measure="peak"), RULE).table.set_index("region")
    assert regions["hidden"].to_dict() == {"Island": True, "North": True, "South": True, "West": False}


def test_a_peak_is_hidden_if_the_rest_of_its_row_is_that_of_one_household() -> None:
    start, step = LONDON.midnight(WEEK[0]), HOUR // 2
    course = [(start, 0), (start + step, 1000), (start + 2 * step, 1000)]
    meters = {f"n{nth}": course for nth in range(12)} | {"n0": [*course[:2], (start + 2 * step, 4000)]}
    columns = frozen(meters, LONDON)
    day = asked(WEEK[0], WEEK[0])
    assert answer_inquiry(columns, day, RULE).hidden == 0
    assert answer_inquiry(columns, asked(WEEK[0], WEEK[0], measure="peak"), RULE).hidden == 1


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("filters", [{}, {"region": "Island"}, {"apartment_type": "landed"}, {"time": "18:00-20:00"}])
def test_all_together_are_what_the_question_without_keys_would_say(
    town: Frozen, measure: Measure, filters: dict[str, str]
) -> None:
    """Whatever is hidden there, with or without the rule, and for the period before too."""
    question = Question(*JANUARY, filter=Filter.by_name(**filters))
    for rule in (None, RULE):
        keyed = answer_inquiry(town, Inquiry(replace(question, by=("region",)), measure, "before"), rule)
        alone = answer_inquiry(town, Inquiry(question, measure, "before"), rule).table
        names = ["value", "meters", "readings", "length", "hidden", "before", "before_length", "change"]
        pd.testing.assert_frame_equal(keyed.whole[names], alone[names])
        if rule is not None and measure != "peak":
            assert keyed.whole["hidden"].tolist() == [keyed.total_wh is None]
