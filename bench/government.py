"""The government screen over ten years: how long it holds the event loop, and how long its answers take; exports.

Two hundred meters read every day for ten years, 730,800 readings. Each step is a question or a key; for each stands the
longest single callback of the event loop (own processor time, and wall), and the time until it is on the screen.
Then a million readings are exported to each kind of file, with the memory that it took on top.

    python -m bench.government
"""

from __future__ import annotations

import asyncio
import gc
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from textual.pilot import Pilot

from bench.query import ZONE, filled
from bench.screens import Held
from metertui.app import MetertuiApp
from metertui.cli.runtime import build_head_end
from metertui.engine.attributes import FIELDS
from metertui.engine.base.config import Rules, SystemClock
from metertui.engine.core.engine import Engine
from metertui.engine.reports.saved_reports import SavedReport
from metertui.engine.usage import Filter
from metertui.engine.usage import readings_table as exporting
from metertui.engine.usage.query import Question
from metertui.formats import writers
from metertui.formats.simulated import Fleet
from metertui.screens.government.government import GovernmentScreen
from metertui.settings import Settings

SIZES = ((80, 24), (120, 40), (200, 60))
METERS = 200
FIRST, LAST = date(2015, 1, 1), date(2025, 1, 1)
STEPS: dict[str, SavedReport | str] = {
    "opens": "f5",
    "ten years by day, lines": SavedReport(period="all", by=("day",), chart="lines"),
    "next page": "]",
    "sorted": "s",
    "ten years by day, bars": SavedReport(period="all", by=("day",), chart="bars"),
    "by month and region, stacked": SavedReport(period="all", by=("month", "region"), chart="stacked"),
    "the same as lines": SavedReport(period="all", by=("month", "region"), chart="lines"),
    "apartment types, shares": SavedReport(period="all", by=("apartment_type",), chart="shares"),
    "hour by weekday": SavedReport(period="all", by=("weekday", "hour_of_day"), chart="heat"),
    "evenings against a year before": SavedReport(
        period="year", by=("month",), filter=Filter(time="18:00-22:00"), compare="year_before"
    ),
    "peak of each month": SavedReport(period="all", by=("month",), measure="peak"),
    "two hundred meters": SavedReport(period="all", by=("meter",), chart="bars"),
    "the form": "f",
}


def ten_years(folder: Path) -> Engine:
    """An engine with the readings, in the history of this process alone."""
    engine = Engine.open(folder, Rules(zone=ZONE), SystemClock())
    batch = engine.ingest.begin()
    for account in Fleet(METERS, 1, ZONE).accounts:
        batch.add_account(account.meter, {name: getattr(account, name) for name in FIELDS})
    engine.ingest.write(batch)
    engine.ingest.apply(batch)
    times = np.array([ZONE.midnight(FIRST + timedelta(days=n)) for n in range((LAST - FIRST).days + 1)])
    registers = np.cumsum(np.random.default_rng(1).integers(2_000, 20_000, (len(times), METERS)), axis=0)
    codes = np.tile(np.arange(METERS, dtype=np.int32), len(times))
    engine.readings.append(codes, np.repeat(times, METERS), registers.reshape(-1))
    engine.readings.swap_history(engine.readings.rebuild_history(engine.readings.mark()))
    return engine


async def measured(folder: Path, size: tuple[int, int], held: Held) -> dict[str, str]:
    """Own and wall of the longest hold, and the time to the answer, ms, by step."""
    headend, listener = build_head_end(ten_years(folder), Settings(port=0))
    await headend.start()
    app = MetertuiApp(headend, Settings(), keep_heap=gc.freeze)
    found = {}
    async with app.run_test(size=size) as pilot:
        await asyncio.sleep(1)
        app.sessions.begin("ada@example.com", "operator")
        for name, step in STEPS.items():
            held.take()
            started = time.perf_counter()
            took = await _done(pilot, step, started)
            await asyncio.sleep(0.5)
            found[name] = f"{held.take()}{took:6.0f}"
    await listener.stop()
    await headend.stop()
    gc.unfreeze()
    return found


async def _done(pilot: Pilot[None], step: SavedReport | str, started: float) -> float:
    if isinstance(step, str):
        await pilot.press(step)
    else:
        screen = pilot.app.screen
        assert isinstance(screen, GovernmentScreen)
        screen._change(step)
    await pilot.app.workers.wait_for_complete()
    return 1000 * (time.perf_counter() - started)


def export(folder: str, suffix: str) -> None:
    """Export all of a folder; print its processor time and how much more memory it took. For a process of its own."""
    engine = Engine.open_readonly(Path(folder), Rules(zone=ZONE), SystemClock())
    frozen = engine.view().frozen()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    path = Path(folder) / f"out{suffix}"
    with writers.open_table(path, exporting.COLUMNS, ZONE.name) as add:
        for table in exporting.ReadingTables(frozen, Question(date(2020, 1, 1), date(2030, 1, 1))).pieces():
            add(table)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"{suffix:<10}{time.process_time() - started:8.1f} s{grown:8.0f} MB{path.stat().st_size / 1e6:10.1f} MB")


def main() -> None:
    """Every size, then the exports."""
    held = Held()
    found = {}
    for size in SIZES:
        with tempfile.TemporaryDirectory(prefix="metertui-bench-") as name:
            found[f"{size[0]}x{size[1]}"] = asyncio.run(measured(Path(name), size, held))
    print(f"\nlongest hold in ms, own / wall, and the answer in ms\n{'':<32}" + "".join(f"{t:>25}" for t in found))
    for step in STEPS:
        print(f"{step:<32}" + "".join(column[step] for column in found.values()))
    with tempfile.TemporaryDirectory(prefix="metertui-bench-") as name:
        filled(Path(name), 1_000_000)[0].close()
        print(f"\n{'file':<10}{'time':>10}{'memory':>11}{'size':>13}")
        for suffix in writers.SUFFIXES:
            code = f"from bench.government import export; export({name!r}, {suffix!r})"
            subprocess.run([sys.executable, "-c", code], check=True)


if __name__ == "__main__":
    main()
