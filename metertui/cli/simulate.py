"""Commands that make meters up: `metertui simulate`, `metertui generate`."""

from __future__ import annotations

import argparse
import asyncio
import re
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

from metertui import settings, simulator
from metertui.cli.common import days, folder, instant, progress_bar, replacing, show, visible
from metertui.cli.errors import UsageError
from metertui.engine.base import HOUR, MINUTE, SECOND, format_kwh, window_of_days
from metertui.formats import Fleet, wide_csv
from metertui.simulator import Tally

_UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR}


SUMMARY = ("registered", "sent", "ok", "duplicate", "suspect", "err", "seconds", "rate")


def simulate(options: argparse.Namespace) -> int:
    """`metertui simulate`; 1 if the server refused anything."""
    zone = settings.load(folder(options)).rules().zone
    interval = _interval(options.interval)
    fleet = Fleet(_positive("--meters", options.meters), options.seed, zone)
    connections = _positive("--connections", options.connections)
    start, end = instant("--from", options.first, zone), instant("--to", options.last, zone)
    if options.live == bool(start or end) and not (options.register and not options.live):
        raise UsageError("--from T --to T, or --live, says which readings to send")
    if (start is None) != (end is None):
        raise UsageError("--from and --to go together")
    if options.speed <= 0:
        raise UsageError("--speed is above 0")
    with progress_bar("sending readings") as share:
        if options.live:
            until = None if options.seconds is None else time.monotonic() + options.seconds
            rounds = simulator.live_rounds(fleet, zone, interval / SECOND / options.speed, until)
        elif start is None or end is None:
            rounds = simulator.replay_rounds(fleet, zone, 0, -1, interval, share)  # none: --register was all
        else:
            rounds = simulator.replay_rounds(fleet, zone, start, end, interval, share)
        tally = asyncio.run(_simulate(options, fleet, rounds, connections))
    if getattr(options, "format", "table") == "table":
        print(summary(tally))
    else:
        show(options, [_row(tally)], SUMMARY, one=True)
    for error in tally.first_errors:
        print(f"metertui: {visible(error)}", file=sys.stderr)
    return int(bool(tally.first_errors))


async def _simulate(
    options: argparse.Namespace, fleet: Fleet, rounds: AsyncIterator[Iterable[str]], connections: int
) -> Tally:
    """Until the rounds end, or SIGINT or SIGTERM ends them: what was sent is counted all the same."""
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)

    async def until_stopped() -> AsyncIterator[Iterable[str]]:
        async for lines in rounds:
            if stop.is_set():
                return
            yield lines

    host, port = getattr(options, "host", "127.0.0.1"), getattr(options, "port", 7007)
    return await simulator.send_rounds(
        host, port, fleet.accounts, until_stopped(), register=options.register, connections=connections
    )


def _row(tally: Tally) -> dict[str, object]:
    return {
        "registered": tally.registered,
        "sent": tally.sent,
        "ok": tally.ok,
        "duplicate": tally.duplicate,
        "suspect": tally.suspect,
        "err": tally.errors,
        "seconds": round(tally.seconds, 3),
        "rate": round(tally.rate),
    }


def summary(tally: Tally) -> str:
    """What was sent and what came of it, in a line."""
    return (
        f"{f'registered {tally.registered}, ' if tally.registered else ''}sent {tally.sent}, OK {tally.ok}, "
        f"duplicate {tally.duplicate}, suspect {tally.suspect}, ERR {tally.errors}, "
        f"{tally.rate:,.0f} a second in {tally.seconds:.1f} s"
    )


def generate(options: argparse.Namespace) -> None:
    """`metertui generate`: log lines into `*.txt` and `*.log`, else the wide CSV, which has the accounts too."""
    zone = settings.load(folder(options)).rules().zone
    window = window_of_days(*days(options), zone)
    interval = _interval(options.interval)
    fleet = Fleet(_positive("--meters", options.meters), options.seed, zone)
    out = Path(options.out)
    with progress_bar("generating") as share, replacing(out) as file:
        if out.suffix in (".txt", ".log"):
            for time_, registers in fleet.history(window.start, window.end - 1, interval):
                stamp = zone.iso(time_)
                file.writelines(
                    f"{account.meter},{stamp},{format_kwh(wh)}\n"
                    for account, wh in zip(fleet.accounts, registers.tolist(), strict=True)
                )
                share((time_ - window.start) / (window.end - window.start))
        else:
            for done in wide_csv.write_fleet(file, fleet, zone, window.start, window.end - 1, interval):
                share(done)


def _interval(text: str) -> int:
    """`30m`, `15m`, `10s`, `1h` in µs. Raises UsageError."""
    match = re.fullmatch(r"([0-9]+)([smh])", text)
    if match is None or not int(match[1]):
        raise UsageError(f"{text!r} is no interval; one is like 30m, 10s, 1h")
    return int(match[1]) * _UNITS[match[2]]


def _positive(option: str, value: int) -> int:
    if value < 1:
        raise UsageError(f"{option} is at least 1")
    return value
