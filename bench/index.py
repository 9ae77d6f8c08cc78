"""The index of readings: what it costs, what it saves, and whether building it in two threads holds up ingest.

The first table has a question with three conditions beside a scan of the same columns: its time, and the memory that
either needs. The second builds the index again and again beside readings that arrive: 50 connections that each send a
line, await the reply, and send the next.

    python -m bench.index [--meters N] [--days D] [--seconds S]
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from bench.query import median
from metertui.cli.runtime import build_head_end
from metertui.engine.attributes import FIELDS, Group
from metertui.engine.base.config import Rules, SystemClock
from metertui.engine.base.zone import DAY, HALF_HOUR, HOUR, Int64Array, SiteZone
from metertui.engine.core.engine import Engine
from metertui.engine.core.listing import find_readings
from metertui.engine.index.day_order import DayOrder
from metertui.engine.index.reading_store import Mark
from metertui.engine.usage.query import Filter, Question
from metertui.formats.simulated import Fleet
from metertui.headend.service import HeadEnd
from metertui.settings import Settings

ZONE = SiteZone("Asia/Singapore")
FIRST: Final = date(2024, 1, 1)
CONNECTIONS: Final = 50


def filled(folder: Path, meters: int, days: int) -> Engine:
    """An engine with half-hourly readings, in the history of this process alone."""
    engine = Engine.open(folder, Rules(zone=ZONE), SystemClock())
    batch = engine.ingest.begin()
    for account in Fleet(meters, 1, ZONE).accounts:
        batch.add_account(account.meter, {name: getattr(account, name) for name in FIELDS})
    for number in range(CONNECTIONS):
        batch.add_account(f"m{number:04d}", {"region": "East"})
    engine.ingest.write(batch)
    engine.ingest.apply(batch)
    times = ZONE.midnight(FIRST) + HALF_HOUR * np.arange(1, 48 * days + 1, dtype=np.int64)
    for at in range(0, len(times), 480):
        part = times[at : at + 480]
        codes = np.tile(np.arange(meters, dtype=np.int32), len(part))
        registers = np.repeat(500 * np.arange(at, at + len(part), dtype=np.int64), meters)
        engine.readings.append(codes, np.repeat(part, meters), registers)
    engine.readings.swap_history(engine.readings.rebuild_history(engine.readings.mark()))
    return engine


def peak_mb(run: Callable[[], object]) -> float:
    """MB that a call has at most beyond what it keeps."""
    tracemalloc.start()
    run()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def compare_with_scan(engine: Engine, days: int) -> None:
    """Print what three conditions cost through the index and by a scan, and what the index costs."""
    view, history = engine.view(), engine.readings.history
    frozen = view.frozen()
    east = np.array(engine.directory.groups_matching(Group("East")))

    def scan(first: date, last: date, moments: tuple[int, int] | None) -> Int64Array:
        start, end = ZONE.midnight(first), ZONE.midnight(last + timedelta(days=1))
        kept = (history.time > start) & (history.time <= end) & np.isin(frozen.group, east)
        if moments is not None:
            clock = ZONE.wall_clock(history.time - 1) % DAY
            kept &= (clock >= moments[0]) & (clock < moments[1])
        return np.flatnonzero(kept)

    last = FIRST + timedelta(days=days - 1)
    evening = (18 * HOUR, 20 * HOUR)
    questions = {
        "East, a day, 18 to 20 h": (last, last, evening),
        "East, a month, 18 to 20 h": (last - timedelta(days=29), last, evening),
        "East, all days, 18 to 20 h": (FIRST, last, evening),
        "East, all days": (FIRST, last, None),
    }
    print(f"{len(history):,} readings, {len(set(frozen.group.tolist()))} groups")
    print(f"  {'question':<28}{'readings':>10}{'index ms':>10}{'scan ms':>10}{'index MB':>10}{'scan MB':>10}")
    for name, (begins, ends, moments) in questions.items():
        asked = Question(begins, ends, filter=Filter(Group("East"), time="" if moments is None else "18:00-20:00"))
        ours, theirs = partial(find_readings, view, asked), partial(scan, begins, ends, moments)
        assert len(ours()) == len(theirs())
        figures = f"{median(ours, 5):>10.2f}{median(theirs, 3):>10.1f}{peak_mb(ours):>10.1f}{peak_mb(theirs):>10.1f}"
        print(f"  {name:<28}{len(ours()):>10,}{figures}")
    order = DayOrder(frozen.group, history.time)
    print(f"  the day order takes 8 bytes a reading, {8 * len(history) / 1e6:.0f} MB, and while it is built")
    print(f"  {peak_mb(order.build):.0f} MB; built by", end="")
    for threads in (1, 2):
        with ThreadPoolExecutor(threads) as pool:
            taken = median(lambda p=pool: DayOrder(frozen.group, history.time).build(p.map), 5)  # type: ignore[misc]
        print(f" {threads} thread{'s' * (threads > 1)} in {taken:.0f} ms", end="," if threads == 1 else "\n")


async def ingest_beside_rebuilds(engine: Engine, seconds: float) -> None:
    """Print how long a line waits for its OK while nothing is built, and while one and two threads build."""
    headend, listener = build_head_end(engine, Settings(port=0))
    await headend.start()
    await listener.start()
    await asyncio.gather(*headend._jobs.background)
    host, port = headend.address.rsplit(":", 1)
    print(f"  {'beside':<28}{'rebuilds':>10}{'lines/s':>10}{'p50 ms':>10}{'p99 ms':>10}{'p99.9 ms':>10}")
    for threads in (0, 1, 2, 0, 1, 2):
        stop = asyncio.Event()
        with ThreadPoolExecutor(max(1, threads)) as pool:
            building = asyncio.create_task(_rebuild(headend, pool, stop)) if threads else None
            code = f"from bench.index import client; client({host!r}, {port}, {seconds})"
            process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=subprocess.PIPE)
            told, _ = await process.communicate()
            stop.set()
            done = 0 if building is None else await building
        name = "nothing" if not threads else f"a rebuild by {threads} thread{'s' * (threads > 1)}"
        print(f"  {name:<28}{done:>10}{told.decode().rstrip()}", flush=True)
    await listener.stop()
    await headend.stop()


async def _rebuild(headend: HeadEnd, pool: ThreadPoolExecutor, stop: asyncio.Event) -> int:
    """Build the index again and again, and return how often."""
    done = 0
    while not stop.is_set():
        await headend._jobs.compute(headend.engine.readings.rebuild_history, Mark(), pool.map)
        done += 1
    return done


def client(host: str, port: int, seconds: float) -> None:
    """Ask and wait over 50 connections; print rate and quantiles. For a process of its own."""

    async def ask(connection: int, waits: list[float], until: float) -> None:
        reader, writer = await asyncio.open_connection(host, port)
        line = b"READ m%04d 5\n" % connection
        while time.perf_counter() < until:
            started = time.perf_counter()
            writer.write(line)
            reply = await reader.readline()
            assert reply.startswith(b"OK"), reply
            waits.append(time.perf_counter() - started)
        writer.close()

    async def run() -> list[float]:
        waits: list[float] = []
        until = time.perf_counter() + seconds
        await asyncio.gather(*(ask(each, waits, until) for each in range(CONNECTIONS)))
        return waits

    waits = np.array(asyncio.run(run())) * 1000
    p50, p99, p999 = np.percentile(waits, [50, 99, 99.9])
    print(f"{len(waits) / seconds:>10,.0f}{p50:>10.2f}{p99:>10.2f}{p999:>10.2f}")


def main() -> None:
    """Both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--meters", type=int, default=280)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--seconds", type=float, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="metertui-bench-") as name:
        engine = filled(Path(name), options.meters, options.days)
        compare_with_scan(engine, options.days)
        asyncio.run(ingest_beside_rebuilds(engine, options.seconds))


if __name__ == "__main__":
    main()
