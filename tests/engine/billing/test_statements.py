"""The bill of a month, in kWh."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metertui.engine.base.zone import HOUR, MINUTE, SiteZone
from metertui.engine.billing.statements import NO_TARIFF, Bills, Statement, Terms, unpriced_statement
from metertui.engine.errors import MeterError
from metertui.engine.usage.aggregate import usage_table
from metertui.engine.usage.query import Question
from metertui.engine.usage.series import Edge
from tests import oracle
from tests.engine.build import frozen, series
from tests.strategies import START, courses

LONDON, SINGAPORE = SiteZone("Europe/London"), SiteZone("Asia/Singapore")
MONTHS = ("2025-02", "2025-03", "2025-04", "2025-05", "2025-06")


def test_a_steady_meter_has_used_672_kwh_in_february() -> None:
    first, last = SINGAPORE.parse("2025-01-20T00:00:00"), SINGAPORE.parse("2025-03-12T10:30:00")
    steady = series([(t, 7_000 + (t - first) // (HOUR // 1000)) for t in range(first, last + 1, 30 * MINUTE)])
    bill = unpriced_statement(steady, "2025-02", SINGAPORE)
    opening = Edge(SINGAPORE.parse("2025-02-01T00:00:00"), 295_000, "actual")
    closing = Edge(SINGAPORE.parse("2025-03-01T00:00:00"), 967_000, "actual")
    assert bill == Statement("m", "2025-02", opening, closing, 672_000, 28 * 48, 0, reason=NO_TARIFF)


def test_a_month_without_readings_at_its_ends_is_estimated() -> None:
    course = [(SINGAPORE.parse("2025-01-31T18:00:00"), 1000), (SINGAPORE.parse("2025-02-01T06:00:00"), 13_000)]
    bill = unpriced_statement(series(course), "2025-01", SINGAPORE)
    assert (bill.usage_wh, bill.readings) == (6000, 1)
    assert bill.opening is not None
    assert bill.closing is not None
    assert (bill.opening.quality, bill.opening.wh) == ("first", 1000)
    assert (bill.closing.quality, bill.closing.wh) == ("estimated", 7000)


def test_a_bill_tells_how_many_readings_do_not_count() -> None:
    course = [(START + place * HOUR, wh) for place, wh in enumerate([0, 1000, 90_000_000, 2000, 3000, 1], start=1)]
    bill = unpriced_statement(series(course), "2025-03", LONDON)
    assert (bill.usage_wh, bill.readings, bill.suspect) == (3000, 6, 2)


def test_a_month_has_the_hours_that_the_zone_gives_it() -> None:
    first, last = LONDON.parse("2025-02-20T00:00:00"), LONDON.parse("2025-05-01T00:00:00")
    steady = series([(t, (t - first) // (HOUR // 1000)) for t in range(first, last + 1, 30 * MINUTE)])
    assert unpriced_statement(steady, "2025-03", LONDON).usage_wh == (31 * 24 - 1) * 1000


def test_every_meter_has_a_bill_in_order_of_its_id_and_no_data_is_not_zero() -> None:
    course = [(START + HOUR, 0), (START + 2 * HOUR, 1000)]
    bills = list(
        Bills(frozen({"m10": course, "silent": [], "m1": course, "M2": course[:1]}, LONDON), "2025-03", Terms())
    )
    assert [(bill.meter, bill.usage_wh) for bill in bills] == [("M2", 0), ("m1", 1000), ("m10", 1000), ("silent", None)]
    assert bills[3] == Statement("silent", "2025-03", None, None, None, 0, 0, reason=NO_TARIFF)


def test_what_is_no_month_is_named() -> None:
    with pytest.raises(MeterError, match="'2025-13' is not a month"):
        unpriced_statement(series([]), "2025-13", LONDON)
    with pytest.raises(MeterError, match="'March' is not a month"):
        Bills(frozen({}, LONDON), "March", Terms())


@given(courses())
def test_bills_chain_and_agree_with_the_rules(course: list[tuple[int, int]]) -> None:
    bills = [unpriced_statement(series(course), month, LONDON) for month in MONTHS]
    for bill in bills:
        start = LONDON.midnight(date.fromisoformat(f"{bill.month}-01"))
        end = LONDON.midnight(date(2025, int(bill.month[5:]) + 1, 1))
        assert bill.usage_wh == oracle.Meter(course).usage(start, end)
        assert (bill.readings, bill.suspect) == oracle.Meter(course).stored(start, end)
    for bill, following in pairwise(bills):
        if bill.closing is not None and following.opening is not None:
            assert (bill.closing.time, bill.closing.wh) == (following.opening.time, following.opening.wh)


@given(st.lists(courses(), min_size=1, max_size=3))
def test_bills_sum_to_the_table(meters: list[list[tuple[int, int]]]) -> None:
    columns = frozen({f"m{i}": course for i, course in enumerate(meters)}, LONDON)
    table = usage_table(columns, Question(date(2025, 3, 1), date(2025, 3, 31)))
    assert sum(bill.usage_wh or 0 for bill in Bills(columns, "2025-03", Terms())) == int(table["usage_wh"].sum())
