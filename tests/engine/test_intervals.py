"""Energy from files: every figure is the file's own, a gap is no zero, and every way to ask gives the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.base.config import Rules
from metertui.engine.base.identifiers import split_identifier
from metertui.engine.base.progress import no_progress
from metertui.engine.base.windows import Window
from metertui.engine.base.zone import DAY, HOUR, SiteZone
from metertui.engine.core import one_meter
from metertui.engine.core.engine import Engine
from metertui.engine.core.listing import find_readings
from metertui.engine.index import frame_of_description
from metertui.engine.intervals import IntervalStore
from metertui.engine.maintenance.check import check_folder
from metertui.engine.maintenance.sources import locate_all
from metertui.engine.usage import Filter, Question, judge_readings, list_tables, usage_table
from metertui.engine.usage.lookup import compare_usage, readings_in_window
from metertui.engine.usage.readings_table import ReadingTables
from metertui.engine.usage.series import Edge
from tests.clock import FakeClock
from tests.engine.intervals.listed import Listed, rows_of

ZONE = SiteZone("Europe/Berlin")
RULES = Rules(zone=ZONE)
START = ZONE.parse("2025-03-28T00:00")
"""Three days before a day of 23 hours."""
WH = 1_000_000
USERS = "identifier,address,region,sub_region,postcode,apartment_type\nm,,N,,,\nn,,S,,,\n"
Reads = list[tuple[str, int, int]]


@contextmanager
def opened(intervals: list[Listed], reads: Reads = []) -> Iterator[Engine]:  # noqa: B006
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "users.csv").write_text(USERS)
        (folder / "log.txt").write_text(
            "".join(f"{meter},{ZONE.iso(time)},{wh / 1000:.3f}\n" for meter, time, wh in reads)
        )
        IntervalStore(folder, ZONE).add_values(rows_of(intervals))
        with closing(Engine.open(folder, RULES, FakeClock("2025-04-02T12:00:00", ZONE))) as engine:
            yield engine


def hours(meter: str, first: int, *energies: int, quality: int = 0) -> list[Listed]:
    """Intervals of an hour from hour `first` on, Wh."""
    begins = [START + (first + at) * HOUR for at in range(len(energies))]
    return [(meter, at, at + HOUR, wh * WH, quality) for at, wh in zip(begins, energies, strict=True)]


def window(first: int, last: int) -> Window:
    return Window("dates", START + first * HOUR, START + last * HOUR)


def test_a_gap_adds_nothing_and_is_never_a_zero() -> None:
    with opened([*hours("m", 0, 100, 200, quality=1), *hours("m", 30, 300)]) as engine:
        whole = engine.usage("m", window(-5, 40))
        assert (whole.usage_wh, whole.readings, whole.missing_us) == (600, 3, 28 * HOUR)
        compared = compare_usage(engine.use_series("m"), window(-5, 40), ZONE, 25 * HOUR)
        assert (compared.known_us, compared.daily_wh) == (3 * HOUR, 4800)  # of what is known, not of the gap
        assert whole.opening == Edge(START, None, "first")
        assert whole.closing == Edge(START + 31 * HOUR, None, "last")
        gap = engine.usage("m", window(5, 20))
        assert (gap.usage_wh, gap.opening, gap.missing_us) == (None, None, 15 * HOUR)
        into = engine.usage("m", window(1, 20))
        assert (into.usage_wh, into.missing_us) == (200, 18 * HOUR)
        assert into.closing is not None
        assert (into.closing.quality, into.closing.beside_gap) == ("last", True)
        assert whole.opening is not None
        assert (whole.opening.quality, whole.opening.beside_gap) == ("first", False)
        assert into.opening == Edge(START + HOUR, None, "estimated")  # the quality of the interval that ends there
        assert into.closing == Edge(START + 2 * HOUR, None, "last")
        out = engine.usage("m", Window("dates", START + 20 * HOUR, START + 30 * HOUR + HOUR // 2))
        assert (out.usage_wh, out.missing_us) == (150, 10 * HOUR)
        assert out.opening == Edge(START + 30 * HOUR, None, "first")
        assert out.closing == Edge(START + 30 * HOUR + HOUR // 2, None, "estimated")
        frozen = engine.view().frozen()
        days = usage_table(frozen, Question(date(2025, 3, 27), date(2025, 4, 2), by=("day",)))
        assert days.to_dict("records") == [
            {"day": "2025-03-28", "usage_wh": 300, "meters": 1, "readings": 2, "missing": 22 * HOUR},
            {"day": "2025-03-29", "usage_wh": 300, "meters": 1, "readings": 1, "missing": 6 * HOUR},
        ]
        hourly = usage_table(frozen, Question(date(2025, 3, 28), date(2025, 3, 29), by=("hour", "meter")))
        assert hourly["usage_wh"].tolist() == [100, 200, 300]
        bill = one_meter.statement_of_month(engine, "m", "2025-03")
        assert (bill.usage_wh, bill.readings, bill.missing_us) == (600, 3, 28 * HOUR)
        marks = START + 10 * HOUR * np.arange(5)
        assert engine.series("m").buckets(marks)[1].tolist() == [True, False, False, True]


def test_registers_beside_intervals_share_what_the_intervals_leave() -> None:
    reads = [("m", START, 1000), ("m", START + 4 * HOUR, 2000)]
    with opened(hours("m", 1, 400), reads) as engine:
        step = engine.usage("m", window(0, 4))
        assert (step.usage_wh, step.missing_us, step.readings) == (1000, 0, 3)
        assert (step.opening, step.closing) == (Edge(START, 1000, "actual"), Edge(START + 4 * HOUR, 2000, "actual"))
        assert [engine.usage("m", window(at, at + 1)).usage_wh for at in range(4)] == [200, 400, 200, 200]
        inside = engine.usage("m", window(1, 2))
        assert inside.opening == Edge(START + HOUR, None, "estimated")
        assert inside.closing == Edge(START + 2 * HOUR, None, "actual")
        assert one_meter.prepare_explanation(engine, "m", window(0, 4))()[0].agrees


@st.composite
def stored(draw: st.DrawFn) -> tuple[list[Listed], Reads]:
    intervals: list[Listed] = []
    for meter in draw(st.sampled_from([("m", "n"), ("m", "n:t1", "n:t2"), ("m:t1", "n", "n:t1", "n:export")])):
        for hour in sorted(draw(st.sets(st.integers(-3, 60), max_size=8))):
            intervals += hours(meter, hour, draw(st.integers(0, 5000)), quality=draw(st.integers(0, 2)))
    reads, total = list[tuple[str, int, int]](), 0
    for hour in sorted(draw(st.sets(st.integers(-3, 60), max_size=4))):
        total += draw(st.integers(0, 5000))
        reads.append(("m", START + hour * HOUR + draw(st.sampled_from([0, HOUR // 3])), total))
    return intervals, reads


@settings(max_examples=20)
@given(stored(), st.sampled_from(["day", "hour", "month"]))
def test_every_way_to_ask_gives_the_same(found: tuple[list[Listed], Reads], key: str) -> None:
    with opened(*found) as engine:
        frozen = engine.view().frozen()
        asked = Question(date(2025, 3, 27), date(2025, 4, 1), by=(key, "meter"))
        table = usage_table(frozen, asked)
        for meter in "mn":
            series = engine.use_series(meter)
            mine = table[table["meter"] == meter]
            whole = series.usage(Window("dates", START - 30 * HOUR, START + 5 * DAY))
            assert mine["usage_wh"].sum() == (whole.usage_wh or 0)
            summed = engine.summed_registers(meter)  # what stands in a gap of the total is in no row
            assert mine["readings"].sum() == whole.readings or whole.usage_wh is None or summed
            if key == "day":
                used = {row["day"]: row for row in mine.to_dict("records")}
                for at in range(5):
                    day = date(2025, 3, 28 + at) if at < 4 else date(2025, 4, 1)
                    each = series.usage(
                        Window("dates", ZONE.midnight(day), ZONE.midnight(day.fromordinal(day.toordinal() + 1)))
                    )
                    row = used.get(str(day))
                    assert (row is None) == (each.usage_wh is None)
                    if row is not None:
                        shown = (row["usage_wh"], row["readings"], row.get("missing", 0))
                        assert shown == (each.usage_wh, each.readings, each.missing_us)
            bill = one_meter.statement_of_month(engine, meter, "2025-03")
            window_of_month = Window("m", ZONE.parse("2025-03-01T00:00"), ZONE.parse("2025-04-01T00:00"))
            usage = series.usage(window_of_month)
            assert (bill.opening, bill.closing, bill.usage_wh, bill.readings, bill.missing_us) == (
                *(usage.opening, usage.closing, usage.usage_wh, usage.readings, usage.missing_us),
            )
            explained, _ = one_meter.prepare_explanation(engine, meter, window_of_month)()
            assert explained.agrees
            places = locate_all(engine.archive, ZONE, explained)
            for part in explained.registers or (explained,):
                assert {stated[:2] for stated in part.named_intervals()} <= places[part.usage.meter].keys()


@settings(max_examples=20)
@given(stored())
def test_a_list_has_the_readings_that_are_counted_and_their_usage(found: tuple[list[Listed], Reads]) -> None:
    days = date(2025, 3, 26), date(2025, 4, 2)
    with opened(*found) as engine:
        view, frozen = engine.view(), engine.view().frozen()
        for register in sorted(frozen.ids):
            meter, channel = split_identifier(register)
            asked = Question(*days, filter=Filter.by_name(meter=meter, channel=channel), by=("day", "meter"))
            if engine.known_code(register) is None or engine.summed_registers(register):
                continue
            series, ever = engine.series(register), window(-30, 150)
            whole = series.usage(ever)
            behind = readings_in_window(series, ever)
            assert (len(behind), behind.used[behind.used > 0].sum()) == (whole.readings, whole.usage_wh or 0)
            listed = find_readings(view, asked)
            page = judge_readings(listed, 0, len(listed), engine.directory.site_limits(view.stored.groups_in_time))
            assert (len(listed), page.used.tolist()) == (len(behind), behind.used.tolist())
            assert page.status.tolist() == behind.status.tolist()
            if not len(listed):
                continue
            exported = pd.concat(ReadingTables(frozen, asked).pieces())
            in_parts = pd.concat(list_tables(listed, frozen, no_progress, 3), ignore_index=True)
            pd.testing.assert_frame_equal(exported, in_parts)
            told = listed.frame()
            pd.testing.assert_frame_equal(told, exported[list(told)])
            described = frame_of_description(listed.description(0, len(listed)))
            pd.testing.assert_frame_equal(told, described, check_dtype=False, check_categorical=False)
            assert exported["usage_kwh"].sum() * 1000 == pytest.approx(whole.usage_wh or 0)
            if any(each[0] == register for each in found[0]):
                stated = exported[exported["reading_kwh"].isna()]
                energies = (stated["interval_kwh"] * 1e9).round().astype(int).tolist()
                rows = zip(stated["start"].astype("int64"), stated["timestamp"].astype("int64"), energies, strict=True)
                assert list(rows) == [each[1:4] for each in found[0] if each[0] == register]
            for row in usage_table(frozen, asked).to_dict("records"):
                inside = find_readings(view, asked, {"day": row["day"], "meter": meter})
                assert len(inside) == row["readings"]


def test_a_folder_of_reads_and_intervals_of_several_registers_is_proven() -> None:
    reads = [("m", START + HOUR // 3, 0), ("m", START + 5 * HOUR, 2500), ("m", START + 40 * HOUR, 2600)]
    intervals = [*hours("m", 1, 400, 300), *hours("m", 50, 7), *hours("n:t1", -3, 1, 2), *hours("n:t2", -1, 4, 8)]
    with opened([*intervals, *hours("n:export", 30, 5)], reads) as engine:
        proofs = list(check_folder(engine.folder, RULES, lambda _: None))
    assert [problem for proof in proofs for problem in proof.problems] == []
    assert {proof.what: proof.count for proof in proofs}["intervals: no two of a register overlap"] == 8
