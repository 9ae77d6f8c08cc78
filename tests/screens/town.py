"""A small town behind the screens: a real engine and head-end on a folder of its own, and a clock that stands still."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from copy import deepcopy
from datetime import date, timedelta
from functools import cache
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

from textual import events
from textual.app import App
from textual.pilot import Pilot

from metertui.app import MetertuiApp
from metertui.engine.base.config import Rules
from metertui.engine.core.counters import Counters
from metertui.engine.core.engine import Engine
from metertui.headend.service import HeadEnd
from metertui.screens.shell import PLACES
from metertui.settings import Settings
from tests.clock import FakeClock
from tests.patience import PATIENCE

STEADY = "100-000-001"
"""Draws 1 kW since the first of January 2025, read every half hour."""
HOSTILE = "666"
"""Its address is markup; its register fell once."""
TOWN = {
    "200-001": ("North", "Hillside", "2-room", 2_100),
    "200-002": ("North", "Hillside", "4-room", 9_300),
    "200-003": ("North", "Riverside", "4-room", 8_700),
    "200-004": ("South", "Harbour", "3-room", 6_400),
    "200-005": ("South", "Harbour", "landed", 31_000),
    "200-006": ("South", "Old Town", "2-room", 2_900),
}
"""Read at every midnight since February 2024: region, sub-region, type and Wh a day."""


class Town:
    """An app with its engine, before it runs."""

    def __init__(self, folder: Path, *, filled: bool, settings: Settings | None = None) -> None:
        self.clock = FakeClock()
        self.zone = self.clock.zone
        self.folder = folder
        if filled:
            shutil.copytree(_filled()[0].name, folder, dirs_exist_ok=True)
        self.engine = Engine.open(folder, Rules(zone=self.zone), self.clock)
        if filled:
            self.engine.ingest.counters = deepcopy(_filled()[1])
        self.engine.folder = Path("/srv/metertui")  # what the screens name is the same on every machine
        self.headend = HeadEnd(self.engine, close_at_midnight=False)
        self.headend.address = "127.0.0.1:7007"
        self.app = MetertuiApp(self.headend, settings or Settings(small_group_meters=0))
        self.app.animation_level = "none"  # a key is done when it is done

    def read(self, *readings: tuple[str, str, str]) -> None:
        """Store readings: meter, kWh, local time."""
        _read(self.engine, *readings)

    def register(self, meter: str, address: str) -> None:
        """One more account."""
        batch = self.engine.ingest.begin()
        batch.add_account(meter, {"address": address})
        self.engine.ingest.apply(batch)

    def log_in(self, role: str) -> None:
        """As if someone with a role had come through the gate."""
        self.app.sessions.begin(f"{role}@metertui.example", role)

    def open_on(self, *keys: str) -> Sequence[str]:
        """Open the app on the screen of the first of some keys, if it is that of one; return the other keys.

        To draw the live screen first each time took a fourth of the tests' time.
        """
        place = next((place for place, (key, _) in PLACES.items() if keys[:1] == (key.lower(),)), "")
        if place in ("", "live") or self.app.is_running:
            return keys
        self.app.FIRST = place  # type: ignore[misc]
        return keys[1:]


def _read(engine: Engine, *readings: tuple[str, str, str]) -> None:
    batch = engine.ingest.begin()
    for meter, kwh, time in readings:
        assert batch.add_reading(meter, kwh, time).stored
    engine.ingest.write(batch)
    engine.ingest.apply(batch)


@cache
def _filled() -> tuple[TemporaryDirectory[str], Counters]:
    """A folder with the town's history, and what was counted while it arrived: each town has copies of both."""
    folder, clock = TemporaryDirectory(), FakeClock()
    with closing(Engine.open(Path(folder.name), Rules(zone=clock.zone), clock)) as engine:
        _fill(engine, clock)
    return folder, engine.ingest.counters


def _fill(engine: Engine, clock: FakeClock) -> None:
    batch = engine.ingest.begin()
    fields = {"address": "1 Steady Lane", "region": "North", "sub_region": "Riverside", "apartment_type": "3-room"}
    batch.add_account(STEADY, {**fields, "postcode": "018956"})
    batch.add_account(HOSTILE, {"address": "[red]12[/red] [/ Odd Street", "region": "[b]South", "apartment_type": ""})
    for number, (meter, (region, sub_region, kind, _)) in enumerate(TOWN.items(), 1):
        where = {"region": region, "sub_region": sub_region, "apartment_type": kind}
        batch.add_account(meter, {"address": f"{number} {sub_region} Road", "postcode": f"1000{number}", **where})
    engine.ingest.write(batch)
    engine.ingest.apply(batch)
    first = clock.zone.parse("2025-01-01T00:00:00")
    halves = range((clock.now() - first) // 1_800_000_000 + 1)
    _read(engine, *((STEADY, f"{1000 + n / 2}", clock.zone.iso(first + n * 1_800_000_000)) for n in halves))
    days = [date(2024, 2, 1) + timedelta(days=n) for n in range(405)]
    for meter, (_, _, _, wh) in TOWN.items():
        _read(engine, *((meter, f"{500 + _drawn(wh, n) / 1000}", f"{day}T00:00") for n, day in enumerate(days)))
    _read(engine, (HOSTILE, "50", "2025-03-10T00:00"), (HOSTILE, "51", "2025-03-11T00:00"))
    _read(engine, (HOSTILE, "7", "2025-03-12T00:00"))


def _drawn(wh: int, days: int) -> int:
    """Wh after so many days of `wh` each, a little more in every second month."""
    return wh * days + wh // 5 * (days // 60 * 30 + min(days % 60, 30))


@asynccontextmanager
async def at_work(town: Town, *keys: str, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Pilot[None]]:
    """The app over a head-end that runs, with some keys pressed.

    If the first key is that of a screen, the app opens on it.
    """
    keys = tuple(town.open_on(*keys))
    await town.headend.start()
    try:
        async with town.app.run_test(size=size) as pilot:
            await pilot.pause()
            town.app.tick()
            await press(pilot, *keys)
            await settle(pilot)
            yield pilot
    finally:
        await town.headend.stop()


async def press(pilot: Pilot[None], *keys: str) -> None:
    """Press keys, one after another; a text of several characters arrives in a field as one piece, which is faster."""
    for is_text, run in groupby(keys, key=lambda key: len(key) == 1):
        together = list(run)
        if is_text and len(together) > 1:
            pilot.app.post_message(events.Paste("".join(together)))
            await pilot.pause()
        else:
            await pilot.press(*together)


async def settle(pilot: Pilot[None]) -> None:
    """Wait until nothing is under way any more, nor what came of it: a pause does not see to every message."""
    quiet = 0
    async with asyncio.timeout(PATIENCE):
        while quiet < 2:
            await pilot.pause()
            quiet = quiet + 1 if _is_quiet(pilot.app) else 0


def _is_quiet(app: App[None]) -> bool:
    """Return whether no message and no layout is pending."""
    screen = app.screen
    pumps = [app, *screen.walk_children(with_self=True)]
    return not (screen._layout_required or any(pump.message_queue_size or pump._next_callbacks for pump in pumps))


def text_of(pilot: Pilot[None], selector: str) -> str:
    """What a widget of the screen in view shows, as text."""
    widget = pilot.app.screen.query_one(selector)
    lines = [widget.render_line(y).text for y in range(widget.size.height)]
    return "\n".join(line.rstrip() for line in lines).strip()
