"""Who has been heard: half hours against a count by hand, ages, and whose fault a silence may be."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.base.config import Rules
from metertui.engine.base.zone import DAY, HALF_HOUR, MINUTE
from metertui.engine.columns import Arrivals, Columns
from metertui.engine.core.engine import Engine
from metertui.engine.worklist import completeness
from metertui.engine.worklist.completeness import Share
from tests.clock import FakeClock
from tests.engine.book_changes import deactivate


def opened(folder: Path) -> Engine:
    clock = FakeClock()
    return Engine.open(folder, Rules(zone=clock.zone), clock)


def fill(engine: Engine, readings: dict[str, list[int]], where: dict[str, tuple[str, str]] | None = None) -> None:
    """Register meters in their regions and sub-regions, and store readings at these instants."""
    batch = engine.ingest.begin()
    for meter in readings:
        region, sub_region = (where or {}).get(meter, ("North", "Hill"))
        batch.add_account(meter, {"region": region, "sub_region": sub_region})
    engine.ingest.write(batch)
    engine.ingest.apply(batch)
    batch = engine.ingest.begin()
    for meter, times in readings.items():
        for count, time in enumerate(times):
            assert batch.add_reading(meter, str(count), engine.zone.iso(time)).stored
    engine.ingest.write(batch)
    engine.ingest.apply(batch)


def board_of(engine: Engine) -> completeness.Board:
    return completeness.completeness_board(*engine.view().history_and_tail(), engine.site_state(), engine.zone)


def test_an_empty_site_has_an_empty_board(tmp_path: Path) -> None:
    found = board_of(opened(tmp_path))
    assert found.rows == ()
    assert found.silent_areas == ()
    assert found.total.today == Share(0, 0)
    assert sum(count for _, count in found.ages) == found.never == 0


def test_a_meter_heard_every_half_hour_misses_nothing(tmp_path: Path) -> None:
    engine = opened(tmp_path)
    now = engine.clock.now()
    last = now // HALF_HOUR * HALF_HOUR
    fill(engine, {"a": [last - n * HALF_HOUR for n in range(120)][::-1], "b": []})
    deactivate(engine.accounts, "b")
    engine.refresh_account("b")
    found = board_of(engine)
    # 10:40: twenty-one half hours of today are over.
    assert found.total.today == Share(21, 21)
    assert found.total.yesterday == Share(48, 48)
    assert found.total.meters == 1
    assert found.ages[0] == ("up to 1 h", 1)
    assert found.never == 0


def test_expected_from_the_first_reading_on_and_never_of_one_not_heard(tmp_path: Path) -> None:
    engine = opened(tmp_path)
    midnight = engine.zone.midnight(engine.zone.day(engine.clock.now()))
    fill(engine, {"a": [midnight + 5 * HALF_HOUR], "b": [midnight, midnight + MINUTE], "c": []})
    found = board_of(engine)
    assert found.total.today == Share((21 - 5) + 21, 1 + 1)
    assert found.total.yesterday == Share(0, 0)  # a first reading at midnight opens the day
    assert found.never == found.total.never == 1


def test_one_silent_is_the_meter_and_many_neighbours_are_the_line(tmp_path: Path) -> None:
    engine = opened(tmp_path)
    now = engine.clock.now()
    fresh, old = [now - 40 * MINUTE], [now - 2 * DAY]
    times = {f"h{n}": old if n < 3 else fresh for n in range(6)}
    times |= {"v0": old, "v1": fresh, "w0": [now - 61 * MINUTE], "w1": old}
    names = {"h": ("North", "Hill"), "v": ("South", "Vale"), "w": ("South", "Weir")}
    where = {meter: names[meter[0]] for meter in times}
    fill(engine, times, where)
    found = board_of(engine)
    told = [(s.sub_region, s.silent, s.meters, s.line, s.meter) for s in found.silent_areas]
    assert told == [("Hill", 3, 6, True, "h0"), ("Weir", 2, 2, False, "w0"), ("Vale", 1, 2, False, "v0")]
    assert found.silent_areas[1].last == now - 61 * MINUTE
    assert dict(found.ages) == {"up to 1 h": 4, "1 to 3 h": 1, "3 to 24 h": 0, "1 to 7 days": 5, "longer": 0}
    assert [(row.region, row.silent) for row in found.rows] == [("North", 3), ("South", 3)]


@settings(max_examples=25)
@given(data=st.data())
def test_it_counts_as_one_does_by_hand(data: st.DataObject) -> None:
    clock = FakeClock()
    now, zone = clock.now(), clock.zone
    midnight = zone.midnight(zone.day(now))
    days = [(midnight, midnight + (now - midnight) // HALF_HOUR * HALF_HOUR), (midnight - DAY, midnight)]
    spread = st.integers(-3 * 48 * 4, 24 * 4).map(lambda n: midnight + n * HALF_HOUR // 4)
    times = data.draw(st.lists(st.lists(spread, unique=True, max_size=12), min_size=1, max_size=4))
    split = data.draw(st.integers(0, sum(map(len, times))))
    rows = sorted((code, time) for code, each in enumerate(times) for time in each)
    old = rows[:split]
    new = data.draw(st.permutations(rows[split:]))
    first = [min(each, default=None) for each in times]
    received = [
        [
            len({(f - begin - 1) // HALF_HOUR for t in each if begin < (f := t + (t == min(each))) <= end})
            for each in times
        ]
        for begin, end in days
    ]
    expected = [
        [
            0 if start is None else sum(1 for slot in range(begin, end, HALF_HOUR) if slot + HALF_HOUR > start)
            for start in first
        ]
        for begin, end in days
    ]

    def column(part: list[tuple[int, int]], place: int, dtype: type) -> np.ndarray:
        return np.array([row[place] for row in part], dtype=dtype)

    history = Columns(column(old, 0, np.int32), column(old, 1, np.int64), column(old, 1, np.int64))
    tail = Arrivals(column(new, 0, np.int32), column(new, 1, np.int64), column(new, 1, np.int64))
    starts, ends = completeness._edges(history, tail, len(times))
    assert ends.tolist() == [max(each, default=completeness._NEVER) for each in times]
    for place, (begin, end) in enumerate(days):
        assert completeness._received(history, tail, starts, begin, end).tolist() == received[place]
        assert completeness._expected(starts, begin, end).tolist() == expected[place]
    assert days[1][0] == zone.midnight(zone.day(now) - timedelta(days=1))
