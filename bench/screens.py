"""How long the screens hold the event loop: the longest single callback in each step of a day's work.

The app runs as it does in a terminal of the given size, over 500 meters with 500,000 readings, at rest and while
simulated meters flood the port. While the loop is blocked, no reading is taken in and no key is answered. `own` is
processor time of the loop's thread; `wall` also has what other threads and the flood took from it on two cores. Where
the host of a virtual machine took its processors away meanwhile, which counts as `own` there, a star says so.

    python -m bench.screens
"""

from __future__ import annotations

import asyncio
import gc
import sys
import tempfile
import time
from asyncio import events
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from textual.drivers.headless_driver import HeadlessDriver
from textual.pilot import Pilot

from bench.query import METERS, ZONE, filled
from metertui.app import MetertuiApp
from metertui.cli.runtime import build_head_end
from metertui.engine.base.zone import MINUTE, SECOND
from metertui.engine.core.engine import Engine
from metertui.formats.simulated import Fleet
from metertui.settings import Settings

READINGS = 500_000
SIZES = ((80, 24), (120, 40), (200, 60))
METER = Fleet(METERS, 1, ZONE).accounts[0].meter
TEN = "ten-years"
"""A meter with 175,320 readings, one each half hour of ten years."""
SUSPECTS = 10_000
MISREAD = [f"misread-{number}" for number in range(METERS)]
"""Meters of theirs."""
TOWN = 20_000
"""Meters that flood the port: a day's close would come long before each had sent as much as a thousand in a minute."""
COME = "exceptions, suspects come"
"""The step in which so many readings that do not fit arrive on one connection."""
STEPS: dict[str, tuple[str, ...]] = {
    "live": ("f2",),
    "live, paused and on": ("p", "p"),
    "lookup opens": ("f3",),
    "lookup answers": (*METER, "enter"),
    "lookup, next window": ("ctrl+right",),
    "lookup, next again": ("ctrl+right",),
    "lookup, ten years": (
        "slash",
        *TEN,
        "enter",
        "ctrl+right",
        "ctrl+right",
        "tab",
        *"2015-01-01",
        "tab",
        *"2024-12-31",
        "enter",
    ),
    "lookup, their readings": ("escape", "tab", "r", "end", "home", "r"),
    "explain opens": ("e",),
    "explain, scrolled": ("pagedown", "escape"),
    "billing opens": ("f4",),
    "billing answers": (*METER, "enter"),
    "government opens": ("f5",),
    "company opens": ("f6",),
    "company, search": ("1", "0", "3"),
    "company, form": ("ctrl+right",),
    "company, day close": ("ctrl+right", "ctrl+right"),
    "exceptions opens": ("f7",),
    COME: (),
    "exceptions, by cause": ("c", "c", "C", "C"),
    "exceptions, all chosen": ("right_square_bracket", "ctrl+a"),
    "exceptions, void seen": ("c", "c", "c", "ctrl+a", "v"),
    "exceptions, left": ("escape", "escape", "escape"),
    "back to live": ("f2",),
    "company again": ("f6",),
    "exceptions again": ("f7",),
    "help": ("f1", "escape"),
    "live again": ("f2",),
}


class Hold(NamedTuple):
    """The longest callbacks of some time, in ms."""

    wall: float
    own: float
    stolen: bool
    """Whether the machine itself stood still at times."""

    def __str__(self) -> str:
        """As a cell of a table, 19 wide."""
        return f"{self.own:8.0f}{'*' if self.stolen else ' '}/ {self.wall:<8.0f}"


def stolen() -> int:
    """How often a clock's tick found the machine's processors taken away, since its start; 0 where nothing says so."""
    try:
        return int(Path("/proc/stat").read_text(encoding="ascii").split(maxsplit=9)[8])
    except (OSError, ValueError, IndexError):
        return 0


class Held:
    """Takes the time of each callback of the event loop."""

    def __init__(self) -> None:
        self.wall = self.own = 0.0
        self.stolen = stolen()
        run = events.Handle._run

        def timed(handle: Any) -> None:
            wall, own = time.perf_counter(), time.thread_time()
            run(handle)
            self.wall = max(self.wall, 1000 * (time.perf_counter() - wall))
            self.own = max(self.own, 1000 * (time.thread_time() - own))

        events.Handle._run = timed  # type: ignore[method-assign, assignment]

    def take(self) -> Hold:
        """The longest since this was last asked."""
        now = stolen()
        found = Hold(self.wall, self.own, now > self.stolen)
        self.wall, self.own, self.stolen = 0.0, 0.0, now
        return found


async def steps(pilot: Pilot[None], held: Held, port: int) -> dict[str, Hold]:
    """Each step once; how long it and the second after it blocked the loop."""
    found = {}
    for name, keys in STEPS.items():
        held.take()
        if name == COME:
            await misread(port)
            await asyncio.sleep(3)  # the list is read anew every two seconds
        else:
            await pilot.press(*keys)
        await asyncio.sleep(1)
        found[name] = held.take()
    return found


def add_others(engine: Engine) -> None:
    """One more meter with much, and those with little to be misread, in the history of this process alone."""
    batch = engine.ingest.begin()
    for meter in (TEN, *MISREAD):
        batch.add_account(meter, {"address": "10 Long Street"})
    engine.ingest.write(batch)
    engine.ingest.apply(batch)
    times = np.arange(ZONE.parse("2015-01-01T00:00"), ZONE.parse("2025-01-01T00:00"), 30 * MINUTE, dtype=np.int64)
    registers = np.cumsum(np.random.default_rng(1).integers(100, 900, len(times)))
    engine.readings.append(np.full(len(times), engine.directory.codes[TEN]), times, registers)
    codes = [engine.directory.codes[meter] for meter in MISREAD]
    engine.readings.append(codes, [int(times[0])] * METERS, [100_000] * METERS)
    engine.readings.swap_history(engine.readings.rebuild_history(engine.readings.mark()))
    engine.ingest.heads.load(engine.readings.view().frozen())


async def misread(port: int) -> None:
    """Readings that fall ever lower, of some meters in turn, from one client that waits for all its replies."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    start = time.time_ns() // 1000 - SUSPECTS * SECOND
    for number in range(SUSPECTS):
        meter, kwh = MISREAD[number % METERS], 50 - number / SUSPECTS * 50
        writer.write(f"READ {meter} {kwh:.3f} {ZONE.iso(start + number * SECOND)}\n".encode())
        if number % 500 == 0:
            await writer.drain()  # what it costs to make them up is not to be measured in one piece
            await asyncio.sleep(0)
    said = b"".join([await reader.readline() for _ in range(SUSPECTS)])
    assert said.count(b"suspect") == SUSPECTS, said[:200]
    writer.close()


async def flood(port: int, seconds: int) -> asyncio.subprocess.Process:
    """Simulated meters in a process of their own, ended by whoever asked for it."""
    command = ["simulate", "--port", str(port), "--meters", str(TOWN), "--register", "--connections", "8"]
    days = ["--from", "2025-01-01T00:00", "--to", "2035-01-01T00:00"]
    return await asyncio.create_subprocess_exec(
        "timeout", str(seconds), sys.executable, "-m", "metertui", *command, *days,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip


async def measured(folder: Path, size: tuple[int, int], held: Held, *, flooded: bool) -> dict[str, Hold]:
    """All steps at one size."""
    engine, _ = filled(folder, READINGS)
    add_others(engine)
    headend, listener = build_head_end(engine, Settings(port=0))
    await headend.start()
    await listener.start()
    app = MetertuiApp(headend, Settings(), keep_heap=gc.freeze)
    async with app.run_test(size=size) as pilot:
        await asyncio.sleep(1)
        app.sessions.begin("ada@example.com", "operator")
        meters = await flood(listener.port, 10 * len(STEPS)) if flooded else None
        await asyncio.sleep(1)
        found = await steps(pilot, held, listener.port)
        if meters is not None and meters.returncode is None:
            meters.terminate()
            await meters.wait()
    await listener.stop()
    await headend.stop()
    gc.unfreeze()
    return found


def column(size: tuple[int, int], *, flooded: bool) -> dict[str, Hold]:
    """One column of the table. What is drawn is turned into a terminal's bytes, which then are dropped."""
    HeadlessDriver.is_headless = property(lambda _: False)  # type: ignore[assignment]
    held = Held()
    with tempfile.TemporaryDirectory(prefix="metertui-bench-") as name:
        return asyncio.run(measured(Path(name), size, held, flooded=flooded))


def main() -> None:
    """Every size, at rest and flooded, each in a process of its own: nobody sits before the heap of six apps."""
    found: dict[str, dict[str, Hold]] = {}
    for size in SIZES:
        for flooded in (False, True):
            title = f"{size[0]}x{size[1]}{', flood' if flooded else ''}"
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                found[title] = pool.submit(column, size, flooded=flooded).result()
            worst = sorted(found[title].items(), key=lambda item: -item[1].own)[:3]
            told = ", ".join(f"{step} {held.own:.0f}{'*' * held.stolen}" for step, held in worst)
            print(f"{title}: {told}", file=sys.stderr, flush=True)
    print(f"\nlongest hold in ms, own / wall\n{'':<24}" + "".join(f"{title:>19}" for title in found))
    for step in STEPS:
        print(f"{step:<24}" + "".join(str(each[step]) for each in found.values()))


if __name__ == "__main__":
    main()
