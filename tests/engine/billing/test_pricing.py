"""Bills in money, against the slow model: any course, any tariffs, any move, a zone with both kinds of odd days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.attributes import Group
from metertui.engine.base.calendar import month_bounds
from metertui.engine.base.windows import Window
from metertui.engine.base.zone import DAY, HOUR, SiteZone
from metertui.engine.billing import tariffs
from metertui.engine.billing.pricing import NoTariffError, price_usage, window_edges
from metertui.engine.billing.statements import Bills, Statement, Terms, money_text
from metertui.engine.billing.tariffs import COLUMNS, Tariffs
from metertui.engine.columns.columns import Frozen
from metertui.engine.columns.curve import Curve
from metertui.engine.usage.aggregate import usage_table
from metertui.engine.usage.query import Question
from metertui.engine.usage.series import Series
from metertui.engine.vee import rules
from metertui.engine.vee.curve import validate
from metertui.engine.vee.edits import Edit, MeterEdits, corrections_from
from tests import oracle
from tests.engine.build import LIMITS, frozen
from tests.oracle import Row
from tests.strategies import START, courses

LONDON, SINGAPORE = SiteZone("Europe/London"), SiteZone("Asia/Singapore")
PATH = Path("tariffs.csv")
KINDS = ("", "3-room", "4-room")


def read(text: str) -> Tariffs:
    """Tariffs from rows without their header."""
    return tariffs.parse_tariffs(f"{','.join(COLUMNS)}\n{text}\n".encode(), PATH)


def steady(first: str, last: str, kinds: Sequence[tuple[str, str]] = (), step: int = HOUR // 2) -> Frozen:
    """A meter of 1 kW between two times in Singapore; from each of `kinds` on (a time) it has another type."""
    t0, t1 = SINGAPORE.parse(first), SINGAPORE.parse(last)
    course = [(t, (t - t0) // (HOUR // 1000)) for t in range(t0, t1 + 1, step)]
    since = [(SINGAPORE.parse(at), kind) for at, kind in kinds]
    groups = [Group(apartment_type=([""] + [kind for at, kind in since if at <= t])[-1]) for t, _ in course]
    return frozen({"m": course}, SINGAPORE, {"m": groups})


def told(bill: Statement) -> list[tuple[str, str, str, int, str | None]]:
    return [
        (
            SINGAPORE.iso(charge.start)[:16],
            SINGAPORE.iso(charge.end)[:16],
            charge.band,
            charge.quantity,
            money_text(charge.amount),
        )
        for charge in bill.charges or ()
    ]


def test_a_month_under_one_price() -> None:
    terms = Terms(read("2025-01-01,,,,,28.12,9"))
    bill = Bills(steady("2025-01-20T00:00", "2025-03-12T10:30"), "2025-02", terms).bill_of_meter(0)
    assert told(bill) == [("2025-02-01T00:00", "2025-03-01T00:00", "", 672_000, "188.97")]  # 188.9664
    assert (money_text(bill.net), money_text(bill.tax), money_text(bill.total), bill.currency) == (
        "188.97",
        "17.01",
        "205.98",
        "SGD",
    )
    assert [charge.note for charge in bill.charges or ()] == [""]


@pytest.mark.parametrize(("gap_us", "note"), [(DAY, ""), (DAY - 1, "no reading for 24.0 h")])
def test_an_interval_is_a_gap_only_if_it_is_longer_than_allowed(gap_us: int, note: str) -> None:
    terms = Terms(read("2025-01-01,,,,,28.12,9"), gap_us=gap_us)
    bill = Bills(steady("2025-01-20T00:00", "2025-03-12T00:00", step=DAY), "2025-02", terms).bill_of_meter(0)
    assert [charge.note for charge in bill.charges or ()] == [note]


@pytest.mark.parametrize(
    ("first", "last", "kwh"),
    [("2025-01-20T12:00", "2025-02-27T12:00", "12"), ("2025-02-03T12:00", "2025-03-12T12:00", "12")],
)
def test_what_an_interval_across_one_end_of_the_month_has_in_it_is_estimated(first: str, last: str, kwh: str) -> None:
    bill = Bills(steady(first, last, step=DAY), "2025-02", Terms(read("2025-01-01,,,,,20,9"))).bill_of_meter(0)
    [charge] = bill.charges or ()
    assert f"{kwh} kWh estimated, as there is no reading exactly where its times begin or end" in charge.note.split(
        "; "
    )


def test_a_void_reading_is_no_reading_of_the_month() -> None:
    data = steady("2025-01-20T00:00", "2025-03-12T00:00", step=DAY)
    month = month_bounds("2025-02", SINGAPORE)
    status = data.status.copy()
    status[20] = rules.VOID
    assert window_edges(data, *month).readings.tolist() == [28]
    assert window_edges(replace(data, status=status), *month).readings.tolist() == [27]


def test_the_first_day_without_a_tariff_is_the_first_of_all_meters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("metertui.engine.usage.intervals._PIECES", 1)  # each meter by itself
    days = [SINGAPORE.parse(f"2025-02-{day:02}T00:00") for day in range(1, 29)]
    courses = {name: [(time, 24_000 * place) for place, time in enumerate(days)] for name in ("a", "b", "c")}
    groups = {
        name: [Group(apartment_type="3-room" if place >= since else "2-room") for place in range(len(days))]
        for name, since in (("a", 20), ("b", 10), ("c", 15))
    }
    with pytest.raises(NoTariffError, match="no tariff is in force on 2025-02-10 for meter b"):
        Bills(frozen(courses, SINGAPORE, groups), "2025-02", Terms(read("2025-01-01,2-room,,,,20,9")))


def test_another_tariff_and_another_tax_split_the_month_at_midnight() -> None:
    terms = Terms(read("2025-01-01,,,,,20,7\n2025-02-11,,,,,20,9\n2025-02-21,,,,,30,9"))
    bill = Bills(steady("2025-01-20T00:00", "2025-03-12T10:30"), "2025-02", terms).bill_of_meter(0)
    assert told(bill) == [
        ("2025-02-01T00:00", "2025-02-11T00:00", "", 240_000, "48.00"),
        ("2025-02-11T00:00", "2025-02-21T00:00", "", 240_000, "48.00"),
        ("2025-02-21T00:00", "2025-03-01T00:00", "", 192_000, "57.60"),
    ]
    # 7 % of 48.00 is 3.36; 9 % of 105.60 is 9.504, rounded once for both lines
    assert (money_text(bill.net), money_text(bill.tax), money_text(bill.total)) == ("153.60", "12.86", "166.46")


def test_bands_pass_midnight_and_sum_to_the_bill() -> None:
    terms = Terms(read("2025-01-01,,peak,07:00,23:00,30,9\n2025-01-01,,night,23:00,07:00,10,9"))
    bill = Bills(steady("2025-01-20T00:00", "2025-03-12T10:30"), "2025-02", terms).bill_of_meter(0)
    assert [(charge.band, charge.quantity) for charge in bill.charges or ()] == [("peak", 448_000), ("night", 224_000)]
    assert money_text(bill.net) == "156.80"


def test_one_name_may_stand_for_two_times_of_the_day() -> None:
    terms = Terms(
        read(
            "2025-01-01,,peak,07:00,09:00,30,9\n2025-01-01,,day,09:00,17:00,20,9\n"
            "2025-01-01,,peak,17:00,20:00,30,9\n2025-01-01,,night,20:00,07:00,10,9"
        )
    )
    bill = Bills(steady("2025-01-20T00:00", "2025-03-12T10:30"), "2025-02", terms).bill_of_meter(0)
    assert [(charge.band, charge.quantity // 28_000) for charge in bill.charges or ()] == [
        ("peak", 5),
        ("day", 8),
        ("night", 11),
    ]


def test_a_move_cuts_at_the_earlier_reading_of_its_step() -> None:
    terms = Terms(read("2025-01-01,,,,,20,9\n2025-01-01,4-room,,,,10,9"))
    bill = Bills(
        steady("2025-01-20T00:00", "2025-03-12T00:00", [("2025-02-10T00:00", "4-room")], DAY), "2025-02", terms
    ).bill_of_meter(0)
    assert told(bill) == [
        ("2025-02-01T00:00", "2025-02-09T00:00", "", 192_000, "38.40"),
        ("2025-02-09T00:00", "2025-03-01T00:00", "", 480_000, "48.00"),
    ]
    same = Terms(read("2025-01-01,,,,,20,9"))  # a type without a price of its own does not part the bill
    assert len(Bills(steady("2025-01-20T00:00", "2025-03-01T00:00", [("2025-02-10T00:00", "4-room")]), "2025-02", same)
               .bill_of_meter(0).charges or ()) == 1  # fmt: skip


def test_the_first_day_without_a_tariff_is_named_and_no_price_is_zero() -> None:
    data = steady("2025-01-20T00:00", "2025-03-12T10:30", [("2025-02-11T00:00", "4-room")])
    for rows, day in (
        ("2025-02-15,,,,,20,9", "2025-02-01"),
        ("2025-02-02,,,,,20,9", "2025-02-01"),
        ("2025-01-01,3-room,,,,20,9", "2025-02-01"),
        ("", "2025-02-01"),
    ):
        with pytest.raises(NoTariffError, match=f"no tariff is in force on {day} for meter m"):
            Bills(data, "2025-02", Terms(read(rows)))
    moved = steady("2025-01-20T00:00", "2025-03-12T10:30", [("2025-01-01T00:00", "3-room"), ("2025-02-11T00:00", "")])
    with pytest.raises(NoTariffError, match="no tariff is in force on 2025-02-10 for meter m"):
        Bills(moved, "2025-02", Terms(read("2025-01-01,3-room,,,,20,9")))
    late = steady("2025-02-20T00:00", "2025-03-12T10:30")  # a month is billed whole, whenever its data begins
    with pytest.raises(NoTariffError, match="2025-02-01"):
        Bills(late, "2025-02", Terms(read("2025-02-15,,,,,20,9")))
    assert Bills(data, "2024-06", Terms(read(""))).bill_of_meter(0).reason == "no data in this month"


def test_a_line_says_what_it_rests_on() -> None:
    first = SINGAPORE.parse("2025-02-03T12:00")
    course = [(first + hours * HOUR, hours * 1000) for hours in (0, 6, 30, 96, 97, 98)]
    course.insert(3, (first + 60 * HOUR, 90_000_000))
    data = frozen({"m": course}, SINGAPORE)
    terms = Terms(read("2025-01-01,,day,06:00,18:00,20,9\n2025-01-01,,night,18:00,06:00,20,9"))
    day, night = Bills(data, "2025-02", terms).bill_of_meter(0).charges or ()
    assert day.note == (
        "no reading before 2025-02-03T12:00:00+08:00; no reading after 2025-02-07T14:00:00+08:00; "
        "42 kWh estimated, as there is no reading exactly where its times begin or end; no reading for 2.8 days"
    )
    assert day.quantity + night.quantity == 98_000
    assert night.note.endswith("1 reading not counted")


def test_no_data_has_no_money_and_a_lone_reading_costs_nothing() -> None:
    at = SINGAPORE.parse("2025-02-03T12:00")
    data = frozen({"silent": [], "once": [(at, 5000)]}, SINGAPORE)
    bills = Bills(data, "2025-02", Terms(read("2025-01-01,,,,,20,9")))
    once, silent = bills
    assert (silent.usage_wh, silent.charges, silent.total, silent.reason) == (None, (), None, "no data in this month")
    assert (once.usage_wh, once.total) == (0, 0)
    ends = frozen({"m": [(SINGAPORE.parse("2025-03-01T00:00"), 5000)]}, SINGAPORE)
    assert Bills(ends, "2025-02", bills.terms).bill_of_meter(0).usage_wh is None
    bill = Bills(ends, "2025-03", bills.terms).bill_of_meter(0)
    assert (bill.usage_wh, bill.net, bill.total, len(bill.charges or ())) == (0, 0, 0, 1)


def test_figures_beyond_64_bits_are_exact() -> None:
    data = frozen({"m": [(START + HOUR * 40 * i, i * 3_999_999) for i in range(10)]}, SINGAPORE)
    bill = Bills(data, "2025-03", Terms(read("2025-01-01,,,,,999999.999999,99.999999"))).bill_of_meter(0)
    net = oracle.half_up(Fraction(bill.usage_wh or 0, 1000) * Fraction("999999.999999"))
    assert (bill.net, bill.tax) == (net, oracle.half_up(net * Fraction("0.99999999")))


# -- against the model ---------------------------------------------------------------------------------------------

FROM = st.sampled_from([date(1990, 1, 1), date(2025, 3, 9), date(2025, 3, 30), date(2025, 3, 31), date(2025, 4, 2)])
CENTS = st.sampled_from(["0", "28.12", "27.47", "31.915", "0.000001", "5"])
TAX = st.sampled_from(["0", "7", "9", "8.25"])


@st.composite
def files(draw: st.DrawFn) -> list[Row]:
    """Tariffs that are in force all the time, for all and for some."""
    wanted = {(date(1980, 1, 1), "")} | draw(st.sets(st.tuples(FROM, st.sampled_from(KINDS)), max_size=4))
    rows = []
    for day, kind in sorted(wanted):
        edges_of_day = sorted(draw(st.sets(st.sampled_from([0, 60, 75, 90, 120, 420, 1380]), max_size=3)))
        if not edges_of_day:
            rows.append(Row(day, kind, "", 0, 1440, Fraction(draw(CENTS)), Fraction(draw(TAX))))
        for place, begin in enumerate(edges_of_day):
            end = edges_of_day[(place + 1) % len(edges_of_day)]
            span = (0, 1440) if len(edges_of_day) == 1 else (begin, end)
            rows.append(Row(day, kind, f"b{place}", *span, Fraction(draw(CENTS)), Fraction(draw(TAX))))
    return rows


def as_text(rows: Sequence[Row]) -> str:
    def plain(value: Fraction) -> str:
        return f"{float(value):.6f}"

    return "\n".join(
        f"{row.effective_from},{row.apartment_type},{row.band},"
        + (f"{tariffs.clock(row.begin)},{tariffs.clock(row.end)}" if row.band else ",")
        + f",{plain(row.cents)},{plain(row.tax)}"
        for row in rows
    )


@settings(max_examples=20, deadline=None)
@given(st.lists(courses(8), min_size=1, max_size=2), files(), st.data())
def test_bills_are_what_the_model_says(
    meters: list[list[tuple[int, int]]], rows: list[Row], data: st.DataObject
) -> None:
    names = {f"m{i}": [(t, wh) for t, wh in course if t < START + 2200 * HOUR] for i, course in enumerate(meters)}
    kinds = {name: {t: data.draw(st.sampled_from(KINDS)) for t, _ in course} for name, course in names.items()}
    groups = {name: [Group(apartment_type=kinds[name][t]) for t, _ in course] for name, course in names.items()}
    columns = frozen(names, LONDON, groups)
    terms = Terms(read(as_text(rows)))
    for text in ("2025-03", "2025-04"):
        start, end = month_bounds(text, LONDON)
        bills = Bills(columns, text, terms)
        table = usage_table(columns, Question(date(2025, int(text[5:]), 1), LONDON.day(end - 1)))
        assert int(bills.edges.usage.sum()) == int(table["usage_wh"].sum())
        for bill in bills:
            meter = oracle.Meter(names[bill.meter])
            assert bill.usage_wh == meter.usage(start, end)
            if bill.usage_wh is None or not bill.charges:
                continue
            items, net, tax = oracle.bill(meter, kinds[bill.meter], rows, start, end, LONDON.name)
            if items:
                assert [(charge.band, charge.quantity, charge.amount) for charge in bill.charges] == [
                    item[2:] for item in items
                ]
            assert (bill.net, bill.tax, bill.total) == (net, tax, net + tax)
            assert sum(charge.quantity for charge in bill.charges) == bill.usage_wh
            assert bill.charges[0].start >= start
            assert bill.charges[-1].end <= end


@settings(max_examples=40)
@given(st.lists(courses(10), min_size=1, max_size=3), st.integers(-300, 300), st.integers(1, 900), st.booleans())
def test_edges_of_many_are_those_of_each(
    meters: list[list[tuple[int, int]]], begin: int, length: int, exchanged: bool
) -> None:
    columns = frozen({f"m{i}": course for i, course in enumerate(meters)}, LONDON)
    if exchanged and len(columns.curve):  # the register goes on from elsewhere behind each point
        old = columns.curve
        curve = Curve(old.meter, old.time, old.wh, old.wh + 777, old.energy)
        columns = replace(columns, curve=curve)
    start, end = START + begin * HOUR, START + (begin + length) * HOUR
    found = window_edges(columns, start, end)
    for code in range(len(meters)):
        usage = Series.from_frozen(columns, code).usage(Window("w", start, end))
        assert (found.readings[code], found.suspect[code]) == (usage.readings, usage.suspect)
        assert found.known[code] == (usage.usage_wh is not None)
        if usage.opening is not None and usage.closing is not None:
            assert (found.opening.time[code], found.opening.wh[code]) == (usage.opening.time, usage.opening.wh)
            assert (found.closing.time[code], found.closing.wh[code]) == (usage.closing.time, usage.closing.wh)
            assert found.usage[code] == usage.usage_wh


def test_pieces_together_or_apart_make_the_same_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    names = {
        f"m{i}": [(START + d * DAY, int(v)) for d, v in enumerate(np.cumsum(rng.integers(0, 9000, 40)))]
        for i in range(9)
    }
    columns = frozen(names, LONDON)
    terms = read("1990-01-01,,a,00:30,02:00,20,9\n1990-01-01,,b,02:00,00:30,30,7")
    start, end = month_bounds("2025-03", LONDON)
    whole = price_usage(columns, start, end, terms, DAY)
    monkeypatch.setattr("metertui.engine.usage.intervals._PIECES", 50)
    apart = price_usage(columns, start, end, terms, DAY)
    for name in type(whole.charges)._fields:
        assert getattr(whole.charges, name).tolist() == getattr(apart.charges, name).tolist()
    assert whole.total.tolist() == apart.total.tolist()


@settings(max_examples=25, deadline=None)
@given(
    courses(8),
    st.integers(0, 900),
    st.integers(0, 10_000_000),
    st.sampled_from([0, 1000, 99_999_000_000]),
    files(),
    st.booleans(),
)
def test_bills_over_an_exchange_and_a_void_are_what_the_model_says(
    course: list[tuple[int, int]], hours: int, final: int, initial: int, rows: list[Row], void: bool
) -> None:
    rows = [row for row in rows if not row.apartment_type]
    at, decided = START + hours * HOUR, MeterEdits()
    decided.apply_edit(Edit(0, "m", "exchange", at, "", "", final, initial))
    voids = {course[len(course) // 2][0]} if void and course else set()
    for time in voids:
        decided.apply_edit(Edit(0, "m", "void", time, "", ""))
    whole = frozen({"m": course}, LONDON)
    corrections = corrections_from({0: decided})
    found = validate(whole.columns, corrections, LIMITS)
    columns = replace(
        whole,
        status=found.status,
        energy=found.energy,
        curve=found.curve,
        curve_group=np.zeros(len(found.curve), dtype=np.int32),
        corrections=corrections,
    )
    model = oracle.Meter(course, voids=voids, exchanges={at: (final, initial)})
    for text in ("2025-03", "2025-04"):
        start, end = month_bounds(text, LONDON)
        bill = Bills(columns, text, Terms(read(as_text(rows)))).bill_of_meter(0)
        assert bill.usage_wh == model.usage(start, end)
        if bill.usage_wh:
            items, net, tax = oracle.bill(model, defaultdict(str), rows, start, end, LONDON.name)
            assert [(charge.band, charge.quantity, charge.amount) for charge in bill.charges or ()] == [
                item[2:] for item in items
            ]
            assert (bill.net, bill.tax) == (net, tax)
