"""Questions at a hundred thousand and a million readings: one meter's windows, tree queries, tables over all.

Times are medians of several runs; beside each stands what the same answer costs by a scan of a pandas DataFrame of
the same readings, in the same run, and the ratio.

    python -m bench.query
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from metertui.engine.attributes import Group
from metertui.engine.base.config import Rules, SystemClock
from metertui.engine.base.zone import HOUR, MINUTE, SiteZone
from metertui.engine.core.engine import Engine
from metertui.engine.core.listing import find_readings
from metertui.engine.index.reading_list import ReadingList
from metertui.engine.storage import day_close
from metertui.engine.storage.reading_lines import Rows
from metertui.engine.usage.aggregate import usage_table
from metertui.engine.usage.query import Filter, Question
from metertui.formats.simulated import Fleet

ZONE = SiteZone("Asia/Singapore")
METERS = 500


def median(run: Callable[[], object], times: int = 7) -> float:
    """Milliseconds, after one run that is not counted."""
    run()
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        run()
        taken.append(1000 * (time.perf_counter() - started))
    return statistics.median(taken)


def filled(folder: Path, readings: int) -> tuple[Engine, pd.DataFrame]:
    """An engine with so many readings, and a plain DataFrame of the same."""
    rules = Rules(zone=ZONE)
    engine = Engine.open(folder, rules, SystemClock())
    fleet = Fleet(METERS, 1, ZONE)
    engine.accounts.put_accounts(fleet.accounts, {})
    start = ZONE.parse("2025-01-01T00:00:00")
    times = [start + i * 30 * MINUTE for i in range(readings // METERS)]
    registers = np.concatenate([fleet.registers_at(instant) for instant in times])
    codes = np.tile(np.arange(METERS, dtype=np.int32), len(times))
    rows = Rows([account.meter for account in fleet.accounts], codes, np.repeat(np.array(times), METERS), registers)
    day_close.write_day_files(engine.archive, rows, ZONE)
    engine.close()
    started = time.perf_counter()
    engine = Engine.open(folder, rules, SystemClock())
    print(f"{readings:>9,} readings: opened in {time.perf_counter() - started:.2f} s")
    frame = pd.DataFrame(
        {
            "meter": np.array(rows.ids)[codes],
            "region": np.array([account.region for account in fleet.accounts])[codes],
            "wall": pd.to_datetime(ZONE.wall_clock(rows.time), unit="us"),
            "wh": registers,
        }
    )
    return engine, frame


def measure(engine: Engine, frame: pd.DataFrame) -> None:
    """Print a row a question."""
    meter = engine.accounts.search("1", 1)[0].meter
    last = ZONE.day(int(engine.readings.history.time.max()))
    first = ZONE.day(int(engine.readings.history.time.min()))
    day = last - timedelta(days=3)
    at = ZONE.midnight(last) + 12 * HOUR
    store = engine.readings
    code = engine.directory.codes[meter]
    view = engine.view()
    frozen = view.frozen()
    midnight = pd.Timestamp(day)

    def found(days: tuple[date, date], region: str = "", time: str = "", meter: str = "") -> ReadingList:
        return find_readings(view, Question(*days, filter=Filter(Group(region), meter, time)))

    clock = (frame["wall"] - frame["wall"].dt.normalize()).dt.total_seconds()

    def one_day() -> pd.Series[bool]:
        return (frame["wall"] >= midnight) & (frame["wall"] < midnight + pd.Timedelta(days=1))

    questions: list[tuple[str, Callable[[], object], Callable[[], object] | None]] = [
        ("usage of a meter this month", lambda: engine.usage(meter, "month", at), None),
        ("readings of a meter", lambda: found((first, last), meter=meter), lambda: frame[frame["meter"] == meter]),
        ("a meter's reading at an instant", lambda: store.values_at(code, at), None),
        (
            "a region on a day",
            lambda: found((day, day), "East"),
            lambda: frame[(frame["region"] == "East") & one_day()],
        ),
        ("all meters on a day", lambda: found((day, day)), lambda: frame[one_day()]),
        (
            "a region, a day, 18 to 20 h",
            lambda: found((day, day), "East", "18:00-20:00"),
            lambda: frame[(frame["region"] == "East") & one_day() & (clock >= 64_800) & (clock < 72_000)],
        ),
        ("usage by day", lambda: usage_table(frozen, Question(first, last, ("day",))), None),
        ("usage by month and region", lambda: usage_table(frozen, Question(first, last, ("month", "region"))), None),
        ("usage by meter", lambda: usage_table(frozen, Question(first, last, ("meter",))), None),
        ("usage by hour", lambda: usage_table(frozen, Question(first, last, ("hour",))), None),
    ]
    print(f"  {'question':<34}{'metertui ms':>12}{'scan ms':>10}{'scan / metertui':>17}")
    for name, ours, scan in questions:
        mine = median(ours)
        theirs = median(scan) if scan is not None else None
        beside = f"{theirs:>10.2f}{theirs / mine:>17,.0f}" if theirs is not None else f"{'-':>10}{'-':>17}"
        print(f"  {name:<34}{mine:>12.3f}{beside}")


def main() -> None:
    """Both sizes."""
    for readings in (100_000, 1_000_000):
        with tempfile.TemporaryDirectory(prefix="metertui-bench-") as name:
            engine, frame = filled(Path(name), readings)
            measure(engine, frame)
            engine.close()


if __name__ == "__main__":
    main()
