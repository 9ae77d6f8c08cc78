"""The demonstration as text: the path of a reading from a socket to a bill, with a real server."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Collection, Iterable
from datetime import timedelta
from typing import Final

import plotext

from metertui import simulator
from metertui.cli.bills import print_statement
from metertui.cli.exceptions import row
from metertui.cli.output import format_table
from metertui.cli.printed_values import query_rows, usage_row
from metertui.cli.runtime import serving
from metertui.cli.simulate import summary
from metertui.engine.base import kwh_number
from metertui.engine.core import Engine, one_meter
from metertui.engine.usage import Question, usage_table
from metertui.engine.worklist import ExceptionQuestion as CaseQuestion
from metertui.engine.worklist import find_exceptions
from metertui.formats import Fleet
from metertui.headend import HeadEnd
from metertui.settings import Settings

LIVE_SECONDS: Final = 4.0
_PERIOD: Final = 0.5
"""Seconds between two readings of a meter."""


async def tell(
    engine: Engine, stated: Settings, fleet: Fleet, login: tuple[str, str], mute: Collection[str] = ()
) -> None:
    """Run a server on an engine, send it the readings of all meters except `mute`, query it, and close its day."""
    async with serving(engine, stated) as (headend, listener):
        print(
            f"metertui: a simulated town of {len(fleet)} meters with {len(engine.readings):,} readings in its archive,"
        )
        print(f"served on {headend.address} from a folder of its own. In a terminal this is the app; log in there as")
        print(f"{login[0]} with the password {login[1]}. This is the same as text.")
        await _ingest(headend, listener.port, fleet, mute)
        await _talk(headend, listener.port, fleet)
        await _look_up(headend, fleet)
        await _bill(headend, fleet)
        await _government(headend)
        await _exceptions(headend)
        await _close(listener.port)
        _next_steps()


def _heading(text: str) -> None:
    print(f"\n== {text}")


def _remark(text: str) -> None:
    """Print what a newcomer may want to know about what follows."""
    print(f"# {text}")


async def without(rounds: AsyncIterator[Iterable[str]], meters: Collection[str]) -> AsyncIterator[list[str]]:
    """Yield the lines of the simulator except those of some meters."""
    mute = tuple(f"READ {meter} " for meter in meters)
    async for lines in rounds:
        yield [line for line in lines if not line.startswith(mute)]


async def _ingest(headend: HeadEnd, port: int, fleet: Fleet, mute: Collection[str]) -> None:
    _heading(f"Live ingest: every meter sends a reading every {_PERIOD:g} s, over four connections")
    _remark("each reading is answered OK when it is on disk; readings that arrive together share one sync")
    zone = headend.engine.zone
    rounds = without(simulator.live_rounds(fleet, zone, _PERIOD, time.monotonic() + LIVE_SECONDS), mute)
    meters = asyncio.create_task(
        simulator.send_rounds("127.0.0.1", port, fleet.accounts, rounds, register=False, connections=4)
    )
    while not meters.done():
        await asyncio.wait([meters], timeout=1)
        live = headend.live()
        print(
            f"{zone.local(live.at):%H:%M:%S}  {live.accepted:6,} accepted  {live.rate:6,.0f} a second  "
            f"{live.connections} connections  last sync {live.sync_ms:.2f} ms",
            flush=True,
        )
    print(summary(await meters))


async def _talk(headend: HeadEnd, port: int, fleet: Fleet) -> None:
    _heading(f"The wire, as `nc 127.0.0.1 {port}` shows it")
    meter = fleet.accounts[0].meter
    stamp = headend.engine.zone.iso(headend.engine.clock.now())
    known = f"{int(fleet.registers_at(headend.engine.clock.now())[0]) / 1000 + 0.5:.1f}"
    _remark("> is what a meter sends, < the reply. A retry is stored once. A register that falls is stored,")
    _remark(
        "but not counted until the next reading shows which of the two was wrong. A refused line affects nothing else."
    )
    lines = [
        "PING",
        'REGISTER new-1 address="1 Harbour Street" region=Central sub_region=Harbour apartment_type=3-room',
        "READ new-1 12.5",
        f"READ {meter} {known} {stamp}",
        f"READ {meter} {known} {stamp}",
        "READ new-1 9.9",
        "READ nobody 1",
    ]
    await _converse(port, lines)


async def _look_up(headend: HeadEnd, fleet: Fleet) -> None:
    account = fleet.accounts[0]
    _heading(f"Lookup: meter {account.meter}, {account.address}, {account.apartment_type}")
    _remark(f"the register at both ends of each window, and the usage between; metertui usage {account.meter} week")
    zone = headend.engine.zone
    windows = ("last_half_hour", "today", "yesterday", "week", "month", "last_month")
    rows = [usage_row(headend.engine.usage(account.meter, name), zone) for name in windows]
    print(format_table(rows, ("window", "opening_kwh", "closing_kwh", "usage_kwh", "readings")))
    today = zone.day(headend.engine.clock.now())
    marks = zone.hours(zone.midnight(today - timedelta(days=1)), zone.midnight(today))
    used, _ = headend.engine.series(account.meter).buckets(marks)
    hours = [f"{zone.local(mark):%H}" for mark in marks[:-1].tolist()]
    print(bars(hours, (used / 1000).tolist(), "yesterday, kWh by hour"))


async def _bill(headend: HeadEnd, fleet: Fleet) -> None:
    meter = fleet.accounts[0].meter
    _heading(f"The bill of meter {meter} for the last month")
    _remark(f"metertui bill {meter}; metertui explain {meter} last_month explains it, down to file and line")
    print_statement(one_meter.statement_of_month(headend.engine, meter), headend.engine.zone)


async def _government(headend: HeadEnd) -> None:
    now = headend.engine.zone.day(headend.engine.clock.now())
    _heading("Government: this month by region and apartment type")
    _remark("metertui query --from DAY --to DAY --by region,apartment_type")
    question = Question(now.replace(day=1), now, by=("region", "apartment_type"))
    frame = await headend.ask(usage_table, question)
    print(format_table(query_rows(frame), ["region", "apartment_type", "usage_kwh", "meters", "readings"]))
    print(f"total {kwh_number(int(frame['usage_wh'].sum()))} kWh")


async def _exceptions(headend: HeadEnd) -> None:
    _heading("Exceptions: what someone should look at")
    _remark("metertui exceptions; staff may void or release a reading or declare an exchange, and undo each")
    found = await headend.ask(find_exceptions, headend.engine.site_state(), CaseQuestion())
    print(format_table([row(each, headend.engine.zone) for each in found.rows], ["meter", "cause", "why"]))


async def _close(port: int) -> None:
    _heading("The day close")
    _remark("the log becomes one file per day, which any spreadsheet opens; meters are served meanwhile")
    await _converse(port, ["STOPSERVER"])


def _next_steps() -> None:
    _heading("What next")
    print("make demo      in a terminal: the same town on screens")
    print("metertui demo --keep DIR   keeps the town, for the commands of the README")
    print("make run       the app on a folder of your own; the first start shows the first steps")
    print("README.md      a tour, the commands, the protocol")


async def _converse(port: int, lines: list[str]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for line in lines:
        writer.write(f"{line}\n".encode())
        print(f"> {line}\n< {(await reader.readline()).decode().rstrip()}")
    writer.close()
    await writer.wait_closed()


def bars(labels: list[str], values: list[float], title: str) -> str:
    """Return a bar chart in plain characters, 80 columns wide."""
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plotsize(80, 16)
    plotext.bar(labels, values, width=0.6)
    step = _step(max(values, default=0.0))
    plotext.yticks([step * place for place in range(int(max(values, default=0.0) / step) + 1)])
    plotext.title(title)
    chart: str = plotext.uncolorize(plotext.build())
    return chart.rstrip()


def _step(most: float) -> float:
    """Return a round step of which three to seven reach up to `most`."""
    if most <= 0:
        return 1.0
    unit = 10.0 ** math.floor(math.log10(most / 3))
    return unit * next(times for times in (1, 2, 5, 10) if most / (unit * times) < 7)
