"""A town of meters at work, for the pictures and the recording."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from metertui import simulator
from metertui.app import MetertuiApp
from metertui.engine.base.config import Rules, SystemClock
from metertui.engine.base.zone import DAY, MINUTE, SiteZone
from metertui.engine.core.engine import Engine
from metertui.engine.storage import day_close
from metertui.engine.storage.reading_lines import Rows
from metertui.formats.simulated import Fleet
from metertui.headend.service import HeadEnd
from metertui.server.listener import Listener
from metertui.settings import Settings

ZONE = SiteZone("Asia/Singapore")
METERS, DAYS = 240, 400
TARIFFS = """effective_from,apartment_type,band,from_time,to_time,cents_per_kwh,tax_percent
2020-01-01,,peak,07:00,23:00,29.88,9
2020-01-01,,night,23:00,07:00,24.10,9
"""


def fill(folder: Path, fleet: Fleet) -> None:
    """A year and more of history for every meter."""
    engine = Engine.open(folder, Rules(zone=ZONE), SystemClock())
    engine.accounts.put_accounts(fleet.accounts, {})
    engine.staff.put_member(engine.staff.make_member("ada@example.com", "operator", "secret horse"))
    now = engine.clock.now()
    times = list(range(now - DAYS * DAY - now % (30 * MINUTE), now - 5 * MINUTE, 30 * MINUTE))
    registers = np.concatenate([fleet.registers_at(time) for time in times])
    codes = np.tile(np.arange(METERS, dtype=np.int32), len(times))
    kept = spoil(registers)
    stamps = np.repeat(np.array(times), METERS)
    rows = Rows([account.meter for account in fleet.accounts], codes[kept], stamps[kept], registers[kept])
    day_close.write_day_files(engine.archive, rows, ZONE)
    (folder / "tariffs.csv").write_text(TARIFFS)
    engine.close()


def spoil(registers: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Something to look at on the list of exceptions; which readings came at all."""
    by_time = registers.reshape(-1, METERS)
    by_time[-60, 7] = 3_000  # a bad read
    by_time[-100:, 11] -= by_time[-100, 11] - 1_500  # a register that was exchanged
    came = np.ones_like(by_time, dtype=bool)
    came[-150:, 17] = False  # a meter that is silent
    came[-400:-290, 23] = False  # a long gap
    return came.reshape(-1)


@dataclass(frozen=True)
class Scene:
    """The app on the town, with a live meter park that sends."""

    app: MetertuiApp
    headend: HeadEnd
    meters: list[str]


@asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    """Fill a temporary folder, serve it, and send readings while the block lasts."""
    fleet = Fleet(METERS, 7, ZONE)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill(folder, fleet)
        engine = Engine.open(folder, Rules(zone=ZONE), SystemClock())
        engine.folder = Path("/srv/metertui")
        headend = HeadEnd(engine, close_at_midnight=False)
        listener = Listener(headend, Settings(port=0))
        await headend.start()
        await listener.start()
        rounds = simulator.live_rounds(fleet, ZONE, 6.0, None)
        feeding = asyncio.create_task(
            simulator.send_rounds("127.0.0.1", listener.port, fleet.accounts, rounds, register=False, connections=12)
        )
        try:
            yield Scene(MetertuiApp(headend, Settings()), headend, [account.meter for account in fleet.accounts])
        finally:
            feeding.cancel()
            await asyncio.gather(feeding, return_exceptions=True)
            await listener.stop()
            await headend.stop()
