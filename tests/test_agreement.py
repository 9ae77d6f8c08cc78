"""One figure, whoever is asked: usage, tables, bills, exports, charts, explanations and day files agree.

Readings arrive in any order, some of them twice, with a day close somewhere between, and people decide about some, in
zones where days have 23, 24 or 25 hours or begin at 01:00; a slow model in exact fractions says what the figures are.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.base.calendar import month_before, month_bounds
from metertui.engine.base.config import Rules
from metertui.engine.base.registers import format_kwh
from metertui.engine.base.windows import WINDOW_NAMES, named_window, window_of_days
from metertui.engine.base.zone import HOUR, MINUTE, SiteZone
from metertui.engine.billing import statements, tariffs
from metertui.engine.billing.statements import Bills, Terms
from metertui.engine.core import one_meter
from metertui.engine.core.engine import Engine
from metertui.engine.usage.aggregate import usage_table
from metertui.engine.usage.explaining import explain
from metertui.engine.usage.query import Filter, Question
from metertui.engine.usage.readings_table import ReadingTables
from metertui.engine.vee.edits import Edit
from metertui.screens.charts.chart_buckets import buckets
from tests import oracle
from tests.clock import FakeClock
from tests.engine.vee.test_curve import decided_meters
from tests.strategies import START, courses

CHANGES = {
    "Europe/London": (date(2025, 3, 30), date(2025, 10, 26)),
    "Australia/Lord_Howe": (date(2025, 4, 6), date(2025, 10, 5)),  # by half an hour
    "America/Havana": (date(2025, 3, 9), date(2025, 11, 2)),  # at midnight, which one of the days lacks
    "Asia/Singapore": (date(2025, 2, 28), date(2024, 12, 31)),
}
"""Days on which the clock is put forward and back, and days that end a month and a year."""
TERMS = Terms(
    tariffs.parse_tariffs(f"{','.join(tariffs.COLUMNS)}\n1990-01-01,,,,,28.12,9\n".encode(), Path("tariffs.csv"))
)
LAST = date(2030, 12, 31)
Meters = dict[str, oracle.Meter]


def first_instant(day: date, zone: str) -> int:
    """The first instant of a local day, µs UTC, by looking at the clock every quarter of an hour."""
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=16)
    while moment.astimezone(ZoneInfo(zone)).date() < day:
        moment += timedelta(minutes=15)
    return int(moment.timestamp()) * 1_000_000


def named(name: str, today: date, now: int, zone: str) -> tuple[int, int]:
    """A named window, from the words of its definition."""
    match name:
        case "today":
            return first_instant(today, zone), now
        case "yesterday":
            return first_instant(today - timedelta(days=1), zone), first_instant(today, zone)
        case "week":
            return first_instant(today - timedelta(days=today.weekday()), zone), now
        case "month":
            return first_instant(today.replace(day=1), zone), now
        case "year":
            return first_instant(today.replace(month=1, day=1), zone), now
    assert name == "last_month"
    before = today.replace(day=1) - timedelta(days=1)
    return first_instant(before.replace(day=1), zone), first_instant(today.replace(day=1), zone)


@pytest.mark.parametrize("zone", CHANGES)
def test_named_windows_are_of_local_days_however_long_they_are(zone: str) -> None:
    site = SiteZone(zone)
    lengths = set()
    for change in CHANGES[zone]:
        for today in (change + timedelta(days=days) for days in (-1, 0, 1, 7)):
            start, end = first_instant(today, zone), first_instant(today + timedelta(days=1), zone)
            lengths.add((end - start) // MINUTE)
            for now in (start, start + 90 * MINUTE, start + 3 * HOUR, end - 1):
                for name in WINDOW_NAMES[:-1]:
                    found = named_window(name, now, site)
                    assert (found.start, found.end) == named(name, today, now, zone), (name, today)
            day = window_of_days(today, today, site)
            assert (day.start, day.end) == (start, end)
            month = month_bounds(f"{today:%Y-%m}", site)
            following = (today.replace(day=1) + timedelta(days=31)).replace(day=1)
            assert month == (first_instant(today.replace(day=1), zone), first_instant(following, zone))
    assert lengths == {
        "Europe/London": {1380, 1440, 1500},
        "Australia/Lord_Howe": {1410, 1440, 1470},
        "America/Havana": {1380, 1440, 1500},
    }.get(zone, {1440})


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[Meters, list[tuple[str, int, int]]]:
    """What meters have read from START on, and the order in which it comes, some of it twice."""
    some = st.one_of(st.builds(oracle.Meter, courses(8)), decided_meters())
    meters = {f"m{n}": draw(some) for n in range(draw(st.integers(1, 3)))}
    coming = [(meter, time, wh) for meter, model in meters.items() for time, wh in model.readings]
    again = draw(st.lists(st.sampled_from(coming), max_size=5)) if coming else []
    return meters, draw(st.permutations([*coming, *again]))


def filled(folder: Path, zone: str, meters: Meters, coming: list[tuple[str, int, int]], closed: int) -> Engine:
    """An engine to which it came, and a day close after the first `closed` of it."""
    site = SiteZone(zone)
    engine = Engine.open(folder, Rules(zone=site), FakeClock("2030-01-01T00:00", site))
    batch = engine.ingest.begin()
    for number, meter in enumerate(meters):
        assert batch.add_account(meter, {"region": ("East", "West")[number % 2]}).kind == "ok"
    put(engine, batch)
    for part, close in ((coming[:closed], True), (coming[closed:], False)):
        batch = engine.ingest.begin()
        for meter, time, wh in part:
            assert batch.add_reading(meter, format_kwh(wh), site.iso(time)).stored
        put(engine, batch)
        if close and (count := engine.day_close.seal()):
            engine.day_close.write_day_files(count, lambda share: None)
            engine.day_close.finish(engine.readings.rebuild_history(count))
            engine.day_close.drop_sealed()
    events = [event for meter, model in meters.items() for event in decisions(meter, model)]
    engine.events.append_edits(events)
    engine.apply_events(events)
    return engine


def decisions(meter: str, model: oracle.Meter) -> Iterator[Edit]:
    for what, times in (("void", model.voids), ("release", model.releases)):
        for time in times:
            yield Edit(START, meter, what, time, "ada", "seen")
    for time, (final, initial) in model.exchanges.items():
        yield Edit(START, meter, "exchange", time, "ada", "worn out", final, initial)


def shifted(model: oracle.Meter, by: int) -> oracle.Meter:
    """The same so much later."""
    return oracle.Meter(
        [(time + by, wh) for time, wh in model.readings],
        model.max_kw,
        {time + by for time in model.voids},
        {time + by for time in model.releases},
        {time + by: registers for time, registers in model.exchanges.items()},
    )


def put(engine: Engine, batch: object) -> None:
    engine.ingest.write(batch)  # type: ignore[arg-type]
    engine.ingest.apply(batch)  # type: ignore[arg-type]


def asked(today: date, now: int, zone: str, model: oracle.Meter) -> Iterator[tuple[str, tuple[int, int] | None]]:
    """Every named window, the last half hour included, None for one of which nothing can be known."""
    for name in WINDOW_NAMES[:-1]:
        yield name, named(name, today, now, zone)
    last = max((time for time, _ in model.curve() if time <= now), default=None)
    recent = last is not None and now - last <= 24 * HOUR
    yield "last_half_hour", (last - 30 * MINUTE, last) if recent and last is not None else None


@settings(max_examples=12)
@given(
    arrivals(),
    st.sampled_from([(zone, change) for zone, changes in CHANGES.items() for change in changes]),
    st.integers(0, 96 * HOUR),
    st.data(),
)
def test_whoever_is_asked_says_the_same(
    arrived: tuple[Meters, list[tuple[str, int, int]]], where: tuple[str, date], after: int, data: st.DataObject
) -> None:
    zone, change = where
    shift = first_instant(change - timedelta(days=1), zone) - START
    meters = {meter: shifted(model, shift) for meter, model in arrived[0].items()}
    coming = [(meter, time + shift, wh) for meter, time, wh in arrived[1]]
    closed = data.draw(st.integers(0, len(coming)))
    now = START + shift + after
    with tempfile.TemporaryDirectory() as name:
        engine = filled(Path(name), zone, meters, coming, closed)
        beside = Engine.open_readonly(Path(name), engine.rules, engine.clock)  # from log and day files alone
        for asked_of in (engine, beside):
            check(asked_of, meters, zone, now)
        engine.close()
        beside.close()


def check(engine: Engine, meters: Meters, zone: str, now: int) -> None:
    """That every figure is what the model says."""
    site = engine.zone
    today = site.day(now)
    frozen = engine.view().frozen()
    first = date(2024, 1, 1)
    everything = window_of_days(first, LAST, site)

    def table(*by: str, **filters: str) -> pd.DataFrame:
        return usage_table(frozen, Question(first, LAST, by, Filter.by_name(**filters)))

    whole = 0
    for meter, model in meters.items():
        series = engine.series(meter)
        decided = engine.events.edits_of_meter(meter)
        for name, span in asked(today, now, zone, model):
            usage = engine.usage(meter, name, now)
            expected = None if span is None else model.usage(*span)
            assert usage.usage_wh == expected, (meter, name)
            window = series.window(name, now, site)
            assert explain(series, window, site, decided).sum_wh == (expected or 0)
            assert int(series.buckets(buckets(window, site).marks)[0].sum()) == (expected or 0) or span is None
        for month in {f"{today:%Y-%m}", month_before(now, site)}:
            start = date.fromisoformat(f"{month}-01")
            span = first_instant(start, zone), first_instant((start + timedelta(days=31)).replace(day=1), zone)
            assert statements.unpriced_statement(series, month, site).usage_wh == model.usage(*span)
            alone = statements.bill_only_meter(one_meter.frozen_meter(engine, meter), month, TERMS)
            code = frozen.code(meter)
            assert (alone.usage_wh, alone) == (model.usage(*span), Bills(frozen, month, TERMS).bill_of_meter(code or 0))
        used = model.usage(everything.start, everything.end) or 0
        whole += used
        last = max((time for (time, _), kind in model.judged() if kind in ("counted", "reset")), default=-1)
        if any(at > last for at in model.exchanges):
            continue  # what is known beyond the last reading is no reading's step
        listed = list(ReadingTables(frozen, Question(first, LAST, filter=Filter(meter=meter))).pieces())
        steps = pd.concat(listed)["usage_kwh"].fillna(0) if listed else pd.Series(dtype=float)
        assert [round(kwh * 1000) for kwh in np.cumsum(steps)][-1:] in ([used], [])
    hours, days = table("meter", "hour"), table("meter", "day")
    sums: list[Counter[str]] = []
    for rows, key, width in (
        (hours, "hour", 10),
        (days, "day", 10),
        (days, "day", 7),
        (table("meter", "month"), "month", 7),
    ):
        sums.append(Counter())
        for meter, label, wh in zip(rows["meter"], rows[key], rows["usage_wh"], strict=True):
            sums[-1][f"{meter} {label[:width]}"] += int(wh)
    assert +sums[0] == +sums[1], "hours are days"
    assert +sums[2] == +sums[3], "days are months"
    for keys in ((), ("region",), ("meter", "year"), ("week",), ("quarter", "region"), ("meter",)):
        assert int(table(*keys)["usage_wh"].sum()) == whole, keys
    assert sum(int(table(region=region)["usage_wh"].sum()) for region in ("East", "West")) == whole
