"""`metertui simulate` and `metertui generate`: simulated meters."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import Final

from metertui import settings, simulator
from metertui.cli.data_folder import folder_of
from metertui.cli.errors import UsageError
from metertui.cli.options import format_of, parse_days, parse_interval, parse_time
from metertui.cli.output import print_rows, progress_bar, status_line
from metertui.engine.base import SECOND, format_kwh, visible, window_of_days
from metertui.formats import Fleet, as_text, complete_file, wide_csv
from metertui.simulator import Tally

_AGAIN_SECONDS: Final = 1.0
"""Between two tries to reach a server that is gone."""


def simulate(options: argparse.Namespace) -> int:
    """Run `metertui simulate`; return 1 if the server refused anything, else 0."""
    zone = settings.load(folder_of(options)).rules().zone
    interval = parse_interval(options.interval)
    fleet = Fleet(_positive("--meters", options.meters), options.seed, zone)
    connections = _positive("--connections", options.connections)
    start = None if options.first is None else parse_time("--from", options.first, zone)
    end = None if options.last is None else parse_time("--to", options.last, zone)
    if options.live == bool(start or end) and not (options.register and not options.live):
        raise UsageError("give --from and --to, or --live, to say which readings to send")
    if (start is None) != (end is None):
        raise UsageError("--from and --to must be given together")
    if options.speed <= 0:
        raise UsageError("--speed must be above 0")
    if options.live:
        until = None if options.seconds is None else time.monotonic() + options.seconds
        rounds = simulator.live_rounds(fleet, zone, interval / SECOND / options.speed, until)
        with status_line() as show:
            tally = asyncio.run(_simulate(options, fleet, rounds, connections, _Outage(show, until)))
    else:
        with progress_bar("sending readings") as progress:
            first, last = (0, -1) if start is None or end is None else (start, end)  # none: only --register is given
            rounds = simulator.replay_rounds(fleet, zone, first, last, interval, progress)
            tally = asyncio.run(_simulate(options, fleet, rounds, connections))
    if format_of(options) == "table":
        print(summary(tally))
    else:
        row = _row(tally)
        print_rows(options, [row], list(row), one=True)
    for error in tally.first_errors:
        print(f"metertui: {visible(error)}", file=sys.stderr)
    return int(bool(tally.first_errors))


class _Outage:
    """What live meters show while they send, and do when the server is gone: they try again until they are stopped."""

    def __init__(self, show: Callable[[str], None], until: float | None) -> None:
        """`show` takes the line to show, `until` is when to end, in monotonic seconds, or None."""
        self._show = show
        self._until = until
        self._lasts = False
        self.stop = asyncio.Event()

    def show(self, tally: Tally) -> None:
        """Show what was sent."""
        if self._lasts:
            self._say("connected again")
        self._lasts = False
        self._show(summary(tally))

    async def again(self, why: str) -> bool:
        """Say once that the server is gone, and wait a while; return whether to try again."""
        if not self._lasts:
            self._say(f"{why}; trying again until it answers")
        self._lasts = True
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.stop.wait(), _AGAIN_SECONDS)
        return not self.stop.is_set() and (self._until is None or time.monotonic() < self._until)

    def _say(self, text: str) -> None:
        self._show("")
        print(f"metertui: {visible(text)}", file=sys.stderr, flush=True)


async def _simulate(
    options: argparse.Namespace,
    fleet: Fleet,
    rounds: AsyncIterator[Iterable[str]],
    connections: int,
    outage: _Outage | None = None,
) -> Tally:
    """Send rounds of readings until they end or SIGINT, SIGTERM or SIGHUP comes; return what was sent by then.

    SIGHUP stays ignored where `nohup` has asked for that.
    """
    tally = Tally()
    stop = asyncio.Event() if outage is None else outage.stop
    for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if name != signal.SIGHUP or signal.getsignal(name) is not signal.SIG_IGN:
            asyncio.get_running_loop().add_signal_handler(name, stop.set)

    async def until_stopped() -> AsyncIterator[Iterable[str]]:
        async for lines in rounds:
            if stop.is_set():
                return
            yield lines
            if outage is not None:
                outage.show(tally)

    host, port = getattr(options, "host", "127.0.0.1"), getattr(options, "port", 7007)
    return await simulator.send_rounds(
        host,
        port,
        fleet.accounts,
        until_stopped(),
        register=options.register,
        connections=connections,
        tally=tally,
        again=None if outage is None else outage.again,
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
    """Return a line on what was sent and how it was answered."""
    return (
        f"{f'registered {tally.registered}, ' if tally.registered else ''}sent {tally.sent}, OK {tally.ok}, "
        f"duplicate {tally.duplicate}, suspect {tally.suspect}, ERR {tally.errors}, "
        f"{tally.rate:,.0f} a second in {tally.seconds:.1f} s"
    )


def generate(options: argparse.Namespace) -> None:
    """Run `metertui generate`: write log lines to `*.txt` and `*.log`, else the wide CSV with the accounts."""
    zone = settings.load(folder_of(options)).rules().zone
    window = window_of_days(*parse_days(options), zone)
    interval = parse_interval(options.interval)
    fleet = Fleet(_positive("--meters", options.meters), options.seed, zone)
    out = Path(options.out)
    with (
        progress_bar("generating") as progress,
        complete_file(out) as raw,
        as_text(raw) as file,
    ):
        if out.suffix in (".txt", ".log"):
            for time_, registers in fleet.history(window.start, window.end - 1, interval):
                stamp = zone.iso(time_)
                file.writelines(
                    f"{account.meter},{stamp},{format_kwh(wh)}\n"
                    for account, wh in zip(fleet.accounts, registers.tolist(), strict=True)
                )
                progress((time_ - window.start) / (window.end - window.start))
        else:
            for done in wide_csv.write_fleet(file, fleet, zone, window.start, window.end - 1, interval):
                progress(done)


def _positive(option: str, value: int) -> int:
    """Return a value of at least 1. Raises UsageError."""
    if value < 1:
        raise UsageError(f"{option} must be at least 1")
    return value
