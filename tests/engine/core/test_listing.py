"""Lists of readings: found by any mix of conditions."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.attributes import Group
from metertui.engine.base.config import Rules
from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.core import listing
from metertui.engine.core.engine import Engine
from metertui.engine.errors import MeterError
from metertui.engine.vee.edits import Edit
from tests.clock import FakeClock
from tests.engine.core.commits import close_day, commit, register

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
            opened.accounts.modify("c", {"region": "East"}, clock.now())
            opened.refresh_account("c", clock.now())
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
    days=any_of([None, (1, 1), (2, 3), (3, 3), (4, 9)]),
    clock=any_of([None, (0, 1), (9, 10), (9, 24)]),
)
def test_readings_are_found_by_any_mix_of_conditions(
    engine: Engine,
    meter: str,
    region: str,
    sub_region: str,
    apartment_type: str,
    days: tuple[int, int] | None,
    clock: tuple[int, int] | None,
) -> None:
    expected = []
    for name, group in HOMES.items():
        for time in TIMES:
            here = "East" if name == "c" and time == TIMES[-1] else group.region
            day, hour = int(time[8:10]), int(time[11:13])
            if (
                meter in ("", name)
                and region in ("", here)
                and sub_region in ("", group.sub_region)
                and apartment_type in ("", group.apartment_type)
                and (days is None or days[0] <= day <= days[1])
                and (clock is None or clock[0] <= hour < clock[1])
            ):
                expected.append((name, ZONE.iso(ZONE.parse(time))))
    found = listing.find_readings(
        engine,
        meter=meter,
        attributes=Group(region, sub_region, apartment_type),
        days=None if days is None else (date(2025, 3, days[0]), date(2025, 3, days[1])),
        clock=None if clock is None else (clock[0] * HOUR, clock[1] * HOUR),
    )
    assert list(zip(found["identifier"], found["time"].map(lambda t: t.isoformat()), strict=True)) == expected


def test_the_frame_is_what_pandas_users_expect(engine: Engine) -> None:
    frame = listing.find_readings(engine, meter="b")
    assert frame.dtypes.astype(str).to_dict() == {
        "identifier": "category",
        "time": "datetime64[us, Asia/Singapore]",
        "reading_kwh": "float64",
    }
    assert frame["reading_kwh"].tolist() == [1 + i / 10 for i in range(9)]
    with pytest.raises(MeterError, match="x is not registered"):
        listing.find_readings(engine, meter="x")


def test_the_rows_of_a_list_are_of_what_stands(tmp_path: Path) -> None:
    engine = Engine.open(tmp_path, Rules(zone=ZONE), FakeClock("2025-03-12T10:40:00"))
    register(engine, "m")
    commit(engine, *(("m", f"{hour}", f"2025-03-11T0{hour}:00") for hour in (1, 2, 3)))
    at = [engine.zone.parse(f"2025-03-11T0{hour}:00") for hour in (1, 2, 3)]
    edits = [
        Edit(0, "m", "void", at[0], "ann", "x", wh=1000),
        Edit(0, "m", "correct", at[2], "ann", "x", wh=3000, to=7),
    ]
    engine.apply_events(edits)
    every = engine.readings.select_rows()
    meter, time, wh = engine.readings.standing_at(every[::-1])
    assert (time.tolist(), wh.tolist()) == ([at[2], at[1]], [7, 2000])
    assert (len(every), len(engine.readings), len(meter)) == (3, 4, 2)
    close_day(engine)
    assert engine.readings.standing_at(engine.readings.select_rows())[2].tolist() == [2000, 7]
    assert engine.readings.values_at(0, at[2]) == (3000, 7)
    engine.close()
