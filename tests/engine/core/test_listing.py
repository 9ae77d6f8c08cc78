"""Lists of readings: found by any mix of conditions."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.attributes import Group
from metertui.engine.base.config import Rules
from metertui.engine.base.zone import SiteZone
from metertui.engine.columns import tail_columns
from metertui.engine.core.engine import Engine
from metertui.engine.core.listing import find_readings
from metertui.engine.errors import MeterError
from metertui.engine.index.index import ReadingIndex
from metertui.engine.usage.aggregate import usage_table
from metertui.engine.usage.query import Filter, Question
from metertui.engine.vee.edits import Edit
from tests.clock import FakeClock
from tests.engine.book_changes import modify
from tests.engine.core.commits import close_day, commit, register
from tests.engine.listed import listed

ZONE = SiteZone("Asia/Singapore")
HOMES = {
    "a": Group("East", "Harbour", "2-room"),
    "b": Group("East", "Quarry", "4-room"),
    "c": Group("West", "Quarry", "4-room"),
}
TIMES = [f"2025-03-{day:02d}T{hour:02d}:30:00" for day in (1, 2, 3) for hour in (0, 9, 23)]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """Three meters; two days in the archive, one in the log; `c` moves east before its last reading."""
    clock = FakeClock("2025-03-03T12:00:00")
    opened = Engine.open(tmp_path_factory.mktemp("town"), Rules(zone=ZONE), clock)
    batch = opened.ingest.begin()
    for meter, group in HOMES.items():
        batch.add_account(meter, group._asdict())
    opened.ingest.write(batch)
    opened.ingest.apply(batch)
    for time in TIMES:
        if time == TIMES[-3]:
            count = opened.day_close.seal()
            opened.day_close.write_day_files(count, lambda _: None)
            opened.day_close.finish(opened.readings.rebuild_history(count))
            opened.day_close.drop_sealed()
        if time == TIMES[-1]:
            modify(opened.accounts, "c", {"region": "East"}, clock.now())
            opened.refresh_account("c")
            clock.set("2025-03-04T00:00:00")
        batch = opened.ingest.begin()
        for place, meter in enumerate(HOMES):
            assert batch.add_reading(meter, f"{place}.{TIMES.index(time)}", time).stored
        opened.ingest.write(batch)
        opened.ingest.apply(batch)
    return opened


any_of = st.sampled_from


@settings(max_examples=150)
@given(
    meter=any_of(["", "a", "c"]),
    region=any_of(["", "East", "West", "North"]),
    sub_region=any_of(["", "Quarry"]),
    apartment_type=any_of(["", "2-room", "4-room"]),
    days=any_of([(1, 1), (1, 9), (2, 3), (3, 3), (4, 9)]),
    clock=any_of([None, (0, 1), (9, 10), (9, 24), (23, 2)]),
)
def test_readings_are_found_by_any_mix_of_conditions(
    engine: Engine,
    meter: str,
    region: str,
    sub_region: str,
    apartment_type: str,
    days: tuple[int, int],
    clock: tuple[int, int] | None,
) -> None:
    expected = []
    for name, group in HOMES.items():
        for time in TIMES:
            here = "East" if name == "c" and time == TIMES[-1] else group.region
            day, hour = int(time[8:10]), int(time[11:13])
            low, high = clock or (0, 24)
            if (
                meter in ("", name)
                and region in ("", here)
                and sub_region in ("", group.sub_region)
                and apartment_type in ("", group.apartment_type)
                and days[0] <= day <= days[1]
                and (low <= hour < high if low < high else hour >= low or hour < high)
            ):
                expected.append((name, ZONE.iso(ZONE.parse(time)), here))
    time_of_day = "" if clock is None else f"{clock[0]:02d}:00-{clock[1]:02d}:00"
    asked = (date(2025, 3, days[0]), date(2025, 3, days[1]))
    found = listed(engine, Group(region, sub_region, apartment_type), asked, meter=meter, time=time_of_day).frame()
    times = found["timestamp"].map(lambda t: t.isoformat())
    assert list(zip(found["identifier"], times, found["region"], strict=True)) == expected


KEYS_OF_TABLES = [
    ("day",), ("month", "region"), ("hour",), ("weekday", "hour_of_day"), ("hour_of_day", "apartment_type"), ("week",),
    ("meter", "day"), ("sub_region", "apartment_type"), ("year", "quarter"), ("region", "meter"),
]  # fmt: skip


@pytest.mark.parametrize("by", KEYS_OF_TABLES)
@pytest.mark.parametrize("time", ["", "09:15-23:45"])
def test_the_readings_behind_the_rows_of_a_table_are_those_of_the_question(
    engine: Engine, by: tuple[str, ...], time: str
) -> None:
    question = Question(date(2025, 3, 1), date(2025, 3, 3), by, Filter(time=time))
    view = engine.view()
    table = usage_table(view.frozen(), question)
    rows_of_table = table[list(by)].itertuples(index=False, name=None)
    behind = [find_readings(view, question, dict(zip(by, row, strict=True))) for row in rows_of_table]
    rows = [row for each in behind for row in each.frame().itertuples(index=False, name=None)]
    whole = find_readings(view, question)
    assert sorted(rows) == sorted(whole.frame().itertuples(index=False, name=None))
    assert [len(each) for each in behind] == table["readings"].tolist()


def test_a_row_that_the_table_has_not_is_empty_or_refused(engine: Engine) -> None:
    view = engine.view()
    march = (date(2025, 3, 1), date(2025, 3, 31))
    assert len(find_readings(view, Question(*march, ("day",)), {"day": "2025-04-01"})) == 0
    assert len(find_readings(view, Question(*march, ("region",)), {"region": "North"})) == 0
    assert len(find_readings(view, Question(*march, ("meter",), Filter(meter="a")), {"meter": "b"})) == 0
    assert len(find_readings(view, Question(date(1990, 1, 1), date(1990, 1, 2)))) == 0
    with pytest.raises(MeterError, match="no row of this table"):
        find_readings(view, Question(*march, ("day",)), {"day": "Monday"})


def test_a_question_with_three_conditions_reads_what_it_shows_and_a_page(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int] = []
    select = ReadingIndex.select
    readings_at = tail_columns.readings_at

    def traced(index: ReadingIndex, *conditions: Any) -> Any:
        rows = select(index, *conditions)
        taken.append(len(rows))
        return rows

    def counted(history: Any, tail: Any, rows: Any) -> Any:
        taken.append(len(rows))
        return readings_at(history, tail, rows)

    monkeypatch.setattr(ReadingIndex, "select", traced)
    view = engine.view()
    monkeypatch.setattr(tail_columns, "readings_at", counted)
    found = find_readings(
        view, Question(date(2025, 3, 1), date(2025, 3, 2), (), Filter(Group("East"), "", "09:00-10:00"))
    )
    assert len(found) == 4
    assert taken == [4], "the tree gave the rows of the answer and no other, and no value was read"
    page = found.part(0, 2)
    assert taken == [4, 2]
    assert page.wh.tolist() == [100, 400]


def test_the_frame_is_what_pandas_users_expect(engine: Engine) -> None:
    found = listed(engine, meter="b")
    frame = found.frame()
    assert frame.dtypes.astype(str).to_dict() == {
        "identifier": "category",
        "timestamp": "datetime64[us, Asia/Singapore]",
        "reading_kwh": "float64",
        "region": "category",
        "sub_region": "category",
        "apartment_type": "category",
        "quality": "category",
    }
    assert frame["reading_kwh"].tolist() == [1 + i / 10 for i in range(9)]
    parts = list(found.frames(piece=4))
    assert [len(part) for part in parts] == [4, 4, 1]
    assert pd.concat(parts, ignore_index=True).equals(frame)
    with pytest.raises(MeterError, match="x is not registered"):
        listed(engine, meter="x")


def test_a_list_is_of_what_stands(tmp_path: Path) -> None:
    engine = Engine.open(tmp_path, Rules(zone=ZONE), FakeClock("2025-03-12T10:40:00"))
    register(engine, "m")
    commit(engine, *(("m", f"{hour}", f"2025-03-11T0{hour}:00") for hour in (1, 2, 3)))
    at = [engine.zone.parse(f"2025-03-11T0{hour}:00") for hour in (1, 2, 3)]
    engine.apply_events(
        [
            Edit(0, "m", "void", at[0], "ann", "x", wh=1000),
            Edit(0, "m", "correct", at[2], "ann", "x", wh=3000, to=7),
        ]
    )
    for _ in range(2):
        part = listed(engine).sorted_by("-timestamp").part(0, 9)
        assert (part.time.tolist(), part.wh.tolist()) == ([at[2], at[1]], [7, 2000])
        close_day(engine)
    assert engine.readings.values_at(0, at[2]) == (3000, 7)
    engine.close()


def test_a_first_reading_is_listed_in_the_window_that_it_opens(tmp_path: Path) -> None:
    clock = FakeClock("2025-03-03T08:00:00")
    engine = Engine.open(tmp_path, Rules(zone=ZONE), clock)
    for meter in "abcdef":
        register(engine, meter)
    hours = [f"2025-03-0{day}T{hour:02d}:00" for day in (1, 2) for hour in (0, 6, 12, 18)] + ["2025-03-03T00:00"]
    commit(engine, *((meter, f"{at}", hour) for meter in "ab" for at, hour in enumerate(hours)))
    commit(engine, *(("c", f"{at}", hour) for at, hour in enumerate(hours[3:])))
    close_day(engine)
    commit(engine, *(("d", f"{at}", hour) for at, hour in enumerate(hours[4:])))  # only in the log
    commit(engine, ("c", "0", "2025-03-01T12:00"))  # late: it begins before its history
    commit(engine, ("e", "7", hours[0]), ("e", "0", hours[4]), ("e", "1", hours[5]), ("f", "3", hours[4]))
    zone = engine.zone
    engine.apply_events(
        [
            Edit(0, "b", "void", zone.parse(hours[0]), "ann", "x", wh=0),
            Edit(0, "e", "void", zone.parse(hours[0]), "ann", "x", wh=7000),
            Edit(0, "f", "exchange", zone.parse(hours[2]), "ann", "x", final=9, initial=3000),
        ]
    )
    view = engine.view()
    for by in KEYS_OF_TABLES:
        for time in ("", "00:00-06:00", "06:00-12:00", "18:00-00:00"):
            for first, last in ((1, 1), (2, 2), (1, 3)):
                question = Question(date(2025, 3, first), date(2025, 3, last), by, Filter(time=time))
                table = usage_table(view.frozen(), question)
                rows = table[list(by)].itertuples(index=False, name=None)
                behind = [len(find_readings(view, question, dict(zip(by, row, strict=True)))) for row in rows]
                assert behind == table["readings"].tolist(), question
    assert len(listed(engine, days=(date(2025, 2, 28), date(2025, 2, 28)))) == 0
    assert listed(engine, days=(date(2025, 3, 1), date(2025, 3, 1)), meter="d").frame().empty
    opened = listed(engine, days=(date(2025, 3, 2), date(2025, 3, 2)), time="00:00-06:00").frame()
    assert "".join(opened["identifier"]) == "abcdde" + "e"
