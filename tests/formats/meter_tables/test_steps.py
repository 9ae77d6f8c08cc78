"""Meters with intervals of other lengths in one file, one row each."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from metertui.engine.base import HOUR, MINUTE
from metertui.engine.errors import MeterError
from metertui.formats.meter_tables.row_reader import Entries
from metertui.formats.meter_tables.steps import Steps
from tests.formats.meter_tables.made_up import Read, read

HEADING = "Zaehler;Zeit;Verbrauch (kWh)\n"


def rows(meter: str, step: int, count: int, day: int = 1) -> list[str]:
    times = (datetime(2025, 1, day) + timedelta(minutes=at * step) for at in range(count))
    return [f"{meter};{time:%Y-%m-%d %H:%M};0,{at % 7 + 1}\n" for at, time in enumerate(times)]


def lengths(found: Read) -> Counter[tuple[str, int]]:
    """Return how many intervals of each meter have how many minutes."""
    counts: Counter[tuple[str, int]] = Counter()
    for each in found.intervals:
        meter, start, end, *_ = each.split()
        apart = datetime.fromisoformat(end) - datetime.fromisoformat(start)
        counts[meter, round(apart.total_seconds() / 60)] += 1
    return counts


@pytest.mark.parametrize("stamps", ["start", "end"])
@pytest.mark.parametrize("mixed", [False, True])
def test_each_meter_has_its_own_step(tmp_path: Path, stamps: str, mixed: bool) -> None:
    quarters, hours, days = rows("q1", 15, 200), rows("h1", 60, 50), rows("d1", 1440, 20)
    every = [*quarters, *hours, *days]
    text = "".join(sorted(every, key=lambda row: row.split(";")[1]) if mixed else every)
    found = read(tmp_path, HEADING + text, meter="", stamps=stamps, kind="interval")
    assert lengths(found) == {("q1", 15): 200, ("h1", 60): 50, ("d1", 1440): 20}


def test_a_change_of_step_within_a_meter_is_refused_beside_others(tmp_path: Path) -> None:
    changing = [*rows("h1", 60, 24), *rows("h1", 15, 40, day=2)]
    text = "".join([*rows("q1", 15, 300), *changing, *rows("h2", 60, 40)])
    with pytest.raises(MeterError, match="times are 15 min apart, but 1 h near line 302"):
        read(tmp_path, HEADING + text, meter="", stamps="start", kind="interval")


def test_figures_that_are_missing_in_between_show_no_longer_step(tmp_path: Path) -> None:
    gaps = [row if at % 4 == 0 else row.rpartition(";")[0] + ";\n" for at, row in enumerate(rows("g1", 15, 100))]
    with pytest.raises(MeterError, match="times are 15 min apart, but 1 h near line"):
        read(tmp_path, HEADING + "".join([*rows("q1", 15, 300), *gaps]), meter="", stamps="start", kind="interval")


def test_no_register_is_moved_by_the_step_of_another_meter(tmp_path: Path) -> None:
    text = HEADING + "".join([*rows("q1", 15, 200), *rows("h1", 60, 40)])
    with pytest.raises(MeterError, match="not at regular intervals, so that no register can be that at the end of one"):
        read(tmp_path, text, meter="", stamps="start", kind="register")


def entries(codes: list[int]) -> Entries:
    line = np.arange(len(codes), dtype=np.int64)
    return Entries(np.array(codes, dtype=np.int64), *[line] * (len(Entries._fields) - 1))


def test_rows_wait_until_their_register_has_shown_its_step() -> None:
    steps = Steps(15 * MINUTE, own=True)
    quarters, told = [0, 0, 0, 1, 1], np.array([0, 15, 30, 0, 60], dtype=np.int64) * MINUTE
    settled, _ = steps.settle(entries(quarters), told, coarser=True)
    assert settled.code.tolist() == [0, 0, 0]
    later = np.arange(2, 16, dtype=np.int64) * HOUR
    settled, when = steps.settle(entries([1] * 14), later, coarser=True)
    assert (when // HOUR).tolist() == list(range(16))
    assert steps.of(settled.code).tolist() == [HOUR] * 16
    steps.settle(entries([2]), later[:1], coarser=True)
    [(rest, _)] = steps.rest()
    assert steps.of(rest.code).tolist() == [15 * MINUTE]


def test_a_register_without_one_step_goes_by_the_usual_one() -> None:
    steps = Steps(HOUR, own=True)
    finer, uneven = np.arange(5) * 15, np.cumsum(np.arange(104) % 3 * 10 + 10)
    told = np.concatenate((finer, uneven[:50], finer, uneven[50:])).astype(np.int64) * MINUTE
    codes = [0] * 5 + [1] * 50 + [2] * 5 + [1] * 54
    settled, _ = steps.settle(entries(codes[:60]), told[:60], coarser=True)
    assert settled.code.tolist() == [0] * 5 + [2] * 5
    settled, _ = steps.settle(entries(codes[60:]), told[60:], coarser=True)
    assert len(settled.code) == 104
    assert steps.of(np.arange(3)).tolist() == [15 * MINUTE, HOUR, 15 * MINUTE]
