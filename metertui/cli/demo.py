"""`metertui demo`: a made-up town on a temporary data folder, live; without a terminal, its story as text."""

from __future__ import annotations

import argparse
import asyncio
import logging
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import numpy as np

from metertui import settings, simulator
from metertui.cli import serve, story
from metertui.cli.common import on_terminal, progress
from metertui.engine import files, tariffs
from metertui.engine.accounts import AccountBook
from metertui.engine.archive import Archive
from metertui.engine.readings_file import Rows
from metertui.engine.staff import StaffBook
from metertui.engine.windows import month, month_before
from metertui.engine.zone import MINUTE, SiteZone
from metertui.formats.synthetic import Fleet

METERS: Final = 150
SEED: Final = 7
LOGIN: Final = ("demo@metertui.example", "demo")
_INTERVAL: Final = 30 * MINUTE
_PERIOD: Final = 10.0
"""Seconds in which every live meter speaks once, so that something happens while one looks."""
_TARIFFS: Final = """effective_from,apartment_type,band,from_time,to_time,cents_per_kwh,tax_percent
{day},,peak,07:00,23:00,31.20,9
{day},,off-peak,23:00,07:00,19.80,9
"""
_STRANGER: Final = 40
"""In so many rounds, one line that is refused: no town is without."""


def demo(options: argparse.Namespace) -> None:
    """`metertui demo`."""
    del options  # it has none
    with tempfile.TemporaryDirectory(prefix="metertui-demo-") as name:
        data = Path(name)
        stated = settings.load(data, {"host": "127.0.0.1", "port": 0})
        zone = stated.rules().zone
        fleet = Fleet(METERS, SEED, zone)
        with progress("making up a town") as share:
            prepare(data, fleet, zone, time.time_ns() // 1000, share)
        engine = serve.open_owned(data, stated)
        if not on_terminal():
            asyncio.run(story.tell(engine, stated, fleet, LOGIN))
            return
        logging.basicConfig(level=logging.INFO, filename=data / "metertui.log")

        async def beside(port: int, notice: Callable[[str], None]) -> None:
            await asyncio.sleep(1)  # until the screen is there
            notice(f"{METERS} meters speak to 127.0.0.1:{port}. F6 and F5 open with {LOGIN[0]}, password {LOGIN[1]}.")
            await simulator.run("127.0.0.1", port, fleet.accounts, _town(fleet, zone), register=False, connections=4)

        serve.run_app(engine, stated, beside)


def prepare(folder: Path, fleet: Fleet, zone: SiteZone, now: int, share: Callable[[float], None]) -> None:
    """Put a fleet's history, from the month before last to `now` (µs UTC), accounts, tariff and login into a folder."""
    start = month(month_before(zone.midnight(zone.day(now).replace(day=1)) - 1, zone), zone)[0]
    AccountBook(folder, zone).put([replace(account, registered=start) for account in fleet.accounts], {})
    StaffBook(folder).add(LOGIN[0], "operator", LOGIN[1])
    files.replace(folder / tariffs.NAME, _TARIFFS.format(day=zone.day(start)).encode())
    archive = Archive(folder, zone)
    ids = [account.meter for account in fleet.accounts]
    day = zone.day(start)
    while (begin := zone.midnight(day)) <= now:
        end = min(zone.midnight(day + timedelta(days=1)) - 1, now)
        times, registers = zip(*fleet.history(begin, end, _INTERVAL), strict=True)
        wh = np.concatenate(registers)
        if day.day == 17:
            wh[len(wh) // 2 + 7 * day.month % len(ids)] -= 5_000_000  # a bad read, for the list of exceptions
        codes = np.tile(np.arange(len(ids), dtype=np.int32), len(times))
        archive.merge(day, Rows(ids, codes, np.repeat(np.array(times, dtype=np.int64), len(ids)), wh))
        share(min(1.0, (end - start) / max(1, now - start)))
        day += timedelta(days=1)


async def _town(fleet: Fleet, zone: SiteZone) -> AsyncIterator[Iterable[str]]:
    """Live meters, and now and then one that nobody knows."""
    rounds = 0
    async for lines in simulator.live(fleet, zone, _PERIOD, None):
        rounds += 1
        yield [*lines, *(["READ 999-unknown 12.5\n"] if rounds % _STRANGER == 0 else [])]
