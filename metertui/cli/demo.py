"""`metertui demo`: a simulated town in a temporary or new data folder; without a terminal, a demonstration as text."""

from __future__ import annotations

import argparse
import asyncio
import shlex
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import numpy as np

from metertui import settings, simulator
from metertui.cli import demo_story, starting
from metertui.cli.errors import UsageError
from metertui.cli.logs import log_to_folder
from metertui.cli.output import progress_bar
from metertui.cli.runtime import open_owned
from metertui.cli.starting import Bar
from metertui.engine.accounts import AccountBook, StaffBook
from metertui.engine.base import DAY, MINUTE, Progress, SiteZone, month_before, month_bounds
from metertui.engine.billing import tariffs
from metertui.engine.storage import Archive, Rows, durable
from metertui.formats import Fleet, resolve_output

METERS: Final = 150
SEED: Final = 7
LOGIN: Final = ("demo@metertui.example", "harbour lights")
_INTERVAL: Final = 30 * MINUTE
_PERIOD: Final = 10.0
"""Seconds between two readings of a live meter, so that something happens while one watches."""
_TARIFFS: Final = """effective_from,apartment_type,band,from_time,to_time,cents_per_kwh,tax_percent
{day},,peak,07:00,23:00,31.20,9
{day},,off-peak,23:00,07:00,19.80,9
"""
_STRANGER: Final = 240
"""One line in so many rounds is refused."""
_SILENT, _EXCHANGED, _PATCHY, _MISREAD = -1, -2, -3, -4
"""Positions, from the end, of meters with exceptions: one that has been silent for two days, one with an undeclared
exchange of its register that has not sent today, one with two days missing, and one with a bad read."""


def demo(options: argparse.Namespace, bar: Bar | None = None) -> int:
    """Run `metertui demo` on a terminal whose first line is `bar`, or as text without one.

    Returns 1 if its screens have failed, else 0.
    """
    starting.end_in_order()
    with _folder(options.keep) as data:
        stated = settings.load(data, {"host": "127.0.0.1", "port": 0})
        zone = stated.rules().zone
        fleet = Fleet(METERS, SEED, zone)
        with (bar or progress_bar)("making a town") as share:
            prepare(data, fleet, zone, time.time_ns() // 1000, share)
        engine = open_owned(data, stated, bar or progress_bar)
        if bar is None:
            asyncio.run(demo_story.tell(engine, stated, fleet, LOGIN, _mute(fleet)))
            return 0
        from metertui.cli.screens import run_app  # noqa: PLC0415 - Textual, which the story does without

        trace = log_to_folder(data)

        async def beside(port: int) -> None:
            await simulator.send_rounds(
                "127.0.0.1", port, fleet.accounts, _town(fleet, zone), register=False, connections=4
            )

        login = f"{LOGIN[0]} with the password {LOGIN[1]}"
        return run_app(
            engine,
            stated,
            beside,
            trace=trace,
            welcome=f"A simulated town: {METERS} meters send a reading every {_PERIOD:g} s. F1 explains a screen, "
            f"F2 to F7 switch between them; {fleet.accounts[0].meter} is a meter to look up. Log in as {login}.",
            login_hint=f"In this demonstration: {login}.",
        )


@contextmanager
def _folder(keep: str | None) -> Iterator[Path]:
    """Yield a temporary folder, or a new one to keep.

    Raises UsageError if that is there and not empty, MeterError if it is in a data folder.
    """
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="metertui-demo-") as name:
            yield Path(name)
        return
    folder = Path(keep).absolute()
    try:
        if folder.exists() and any(folder.iterdir()):
            raise UsageError(f"{keep} is not empty; name a new folder for --keep")
        folder = resolve_output(folder)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{keep}: {error.strerror}") from error
    yield folder
    print(f"The town is kept: metertui --data {shlex.quote(keep)} opens it.")


def prepare(folder: Path, fleet: Fleet, zone: SiteZone, now: int, share: Progress) -> None:
    """Put a fleet's history, from the month before last to `now` (µs UTC), accounts, tariff and login into a folder."""
    start = month_bounds(month_before(zone.midnight(zone.day(now).replace(day=1)) - 1, zone), zone)[0]
    AccountBook(folder, zone).put_accounts([replace(account, registered=start) for account in fleet.accounts], {})
    staff = StaffBook(folder)
    staff.put_member(staff.make_member(LOGIN[0], "operator", LOGIN[1]))
    durable.replace_file(folder / tariffs.NAME, _TARIFFS.format(day=zone.day(start)).encode())
    archive = Archive(folder, zone)
    ids = [account.meter for account in fleet.accounts]
    changed = now - 9 * DAY
    fitted = fleet.registers_at(changed)[_EXCHANGED] - 20
    # Not from the first midnight of the month: it belongs to the month before, which would have no usage.
    day, begin = zone.day(start), start + _INTERVAL
    while begin <= now:
        end = min(zone.midnight(day + timedelta(days=1)) - 1, now)
        stamps, registers = zip(*fleet.history(begin, end, _INTERVAL), strict=True)
        times, wh = np.array(stamps, dtype=np.int64), np.array(registers, dtype=np.int64)
        came = np.ones_like(wh, dtype=np.bool_)
        came[times > now - 2 * DAY, _SILENT] = False
        came[:, _PATCHY] &= day.day not in (11, 12)
        wh[times >= changed, _EXCHANGED] -= fitted
        if day.day == 17:
            wh[len(wh) // 2, _MISREAD] -= 5_000_000
        kept = came.reshape(-1)
        codes = np.tile(np.arange(len(ids), dtype=np.int32), len(times))
        archive.merge_day(day, Rows(ids, codes[kept], np.repeat(times, len(ids))[kept], wh.reshape(-1)[kept]))
        share(min(1.0, (end - start) / max(1, now - start)))
        day += timedelta(days=1)
        begin = zone.midnight(day)


async def _town(fleet: Fleet, zone: SiteZone) -> AsyncIterator[Iterable[str]]:
    """Yield the lines of live meters, and now and then one of an unknown meter."""
    rounds = _STRANGER // 2
    async for lines in demo_story.without(simulator.live_rounds(fleet, zone, _PERIOD, None), _mute(fleet)):
        rounds += 1
        yield [*lines, *(["READ 999-unknown 12.5\n"] if rounds % _STRANGER == 0 else [])]


def _mute(fleet: Fleet) -> list[str]:
    """Return the meters that send nothing today."""
    return [fleet.accounts[place].meter for place in (_SILENT, _EXCHANGED)]
