"""The pictures in docs/pictures, taken from the running app: python docs/pictures.py"""

from __future__ import annotations

import asyncio
import re
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from textual.pilot import Pilot

from metertui import simulator
from metertui.app import MetertuiApp
from metertui.engine.base.config import Rules, SystemClock
from metertui.engine.base.zone import DAY, MINUTE, SiteZone
from metertui.engine.core.engine import Engine
from metertui.engine.storage import day_close
from metertui.engine.storage.reading_lines import Rows
from metertui.engine.storage.rejects_log import RefusedLine
from metertui.formats.simulated import Fleet
from metertui.headend.service import HeadEnd
from metertui.server.listener import Listener
from metertui.settings import Settings

OUT = Path(__file__).parent / "pictures"
ZONE = SiteZone("Asia/Singapore")
METERS, DAYS = 240, 400
TARIFFS = """effective_from,apartment_type,band,from_time,to_time,cents_per_kwh,tax_percent
2020-01-01,,peak,07:00,23:00,29.88,9
2020-01-01,,night,23:00,07:00,24.10,9
"""
_FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""The picture names fonts on the web; whoever looks at it has one of their own."""


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


async def take(pilot: Pilot[None], name: str, *keys: str) -> None:
    """Press keys, wait for the answer, and keep what is on the screen."""
    if keys:
        await pilot.press(*keys)
    await pilot.pause(1.5)
    picture = _FONT.sub("", pilot.app.export_screenshot(title="metertui"))
    (OUT / f"{name}.svg").write_text(picture)


async def main() -> None:
    """All of them."""
    OUT.mkdir(exist_ok=True)
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
        app = MetertuiApp(headend, Settings())
        async with app.run_test(size=(120, 40)) as pilot:
            await pilot.pause(25)
            meter = fleet.accounts[0].meter
            await headend.store_reading(meter, "1", None, "picture")
            await take(pilot, "live", "f2")
            await take(pilot, "board", "3")
            await pilot.press("1")
            app.action_walk()
            await take(pilot, "walk")
            await pilot.press("escape")
            await take(pilot, "lookup", "f3", *fleet.accounts[5].meter, "enter")
            await take(pilot, "explain", "e")
            await pilot.press("escape")
            await take(pilot, "billing", "f4", *fleet.accounts[5].meter, "enter")
            app.sessions.begin("ada@example.com", "operator")
            await pilot.press("f5", "b")
            await pilot.pause(8)
            await take(pilot, "government")
            await pilot.press("escape", "o", *["down"] * 5, "enter")
            await pilot.pause(8)
            await take(pilot, "week")
            await take(pilot, "company", "f6")
            refused = {"bad-reading": "READ 1001 12,5", "not-registered": "READ nobody 5", "syntax": "READ"}
            at, peer = engine.clock.now(), "10.0.3.7:50211"
            engine.rejects.write_lines([RefusedLine(at, peer, code, "", sent) for code, sent in refused.items()], ZONE)
            await pilot.press("f7")
            await pilot.pause(8)  # it is read from millions of readings
            await take(pilot, "exceptions")
            await pilot.press("c")
            await pilot.pause(8)
            await take(pilot, "deciding", "down", "x", "tab", "tab", "tab", *"worn out")
            await take(pilot, "help", "escape", "f1")
            await take(pilot, "palette", "escape", "ctrl+p")
            await pilot.press("escape", "f2")
            app.action_toggle_theme()
            await pilot.resize_terminal(80, 24)
            await take(pilot, "small")
        feeding.cancel()
        await asyncio.gather(feeding, return_exceptions=True)
        await listener.stop()
        await headend.stop()


if __name__ == "__main__":
    asyncio.run(main())
