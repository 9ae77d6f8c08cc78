"""Count the functions and the files of metertui that six actions go through.

A head-end and its server run in this process on a small data folder, ten meters with hourly readings of ten weeks. Each
action is done once to warm up and once more to be counted, in all threads:

- read: `READ` of a meter's next reading, from the bytes on a connection to the `OK`
- late read: `READ` between two readings in the archive, likewise
- look-up: usage of a meter this month and the readings behind it, as the lookup screen asks for them
- query: usage of all meters this month by day, with its chart, as the government screen asks for it
- bill: the statement of a meter for last month, and what screens and commands show of it
- day close: ten readings into their day file

`calls` counts the calls of functions in metertui/, `functions` the different functions called, `files` the files that
they are in. Comprehensions, generated functions such as a dataclass's `__init__`, and coroutines resumed after an
`await` do not count.

    python -m bench.hops [--paths [ACTION ...]]
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Final

import metertui
from metertui.cli.runtime import build_head_end
from metertui.engine.base import HOUR, MINUTE, Rules, SiteZone, SystemClock, no_progress
from metertui.engine.billing import shown_bill
from metertui.engine.core import Engine, one_meter
from metertui.engine.reports import SavedReport
from metertui.engine.usage import lookup
from metertui.headend import HeadEnd
from metertui.screens.government.answer import answer_question
from metertui.settings import Settings

ROOT: Final = f"{Path(metertui.__file__).parent}/"
ZONE: Final = SiteZone("Asia/Singapore")
NOW: Final = ZONE.parse("2025-03-12T10:40:00")
FIRST: Final = ZONE.parse("2025-01-01T00:00:00")
HOURS: Final = (NOW - FIRST) // HOUR
"""Readings of each meter in the archive, the last at 09:00."""
MONTH: Final = "2025-02"
METERS: Final = tuple(f"m{n}" for n in range(10))
TARIFFS: Final = """\
effective_from,apartment_type,band,from_time,to_time,cents_per_kwh,tax_percent
2025-01-01,,,,,28.12,9
"""
_SETTLE_SECONDS: Final = 0.2
"""Time for what an action leaves to threads without waiting for it, such as its line in `audit.log`."""


class FixedClock(SystemClock):
    """The system's clock, called as in the program, with a fixed answer, so that all runs are alike."""

    def now(self) -> int:
        super().now()
        return NOW

    def monotonic(self) -> float:
        super().monotonic()
        return 0.0


class TimelessLoop(asyncio.SelectorEventLoop):
    """An event loop without timers, so that what the head-end does once a second is not counted."""

    def time(self) -> float:
        return 0.0


class Trace:
    """A profile function that counts calls of project functions, in every thread that starts after `install`."""

    def __init__(self) -> None:
        self.counting = False
        self._entry: dict[CodeType, int] = {}
        """The offset of the instruction at which a function begins."""
        self.clear()

    def clear(self) -> None:
        """Forget all calls."""
        self.calls: Counter[CodeType] = Counter()
        self.files: dict[str, None] = {}
        """Paths below metertui/, in order of the first call."""

    def install(self) -> None:
        """Profile this thread and those to come."""
        threading.setprofile(self)
        sys.setprofile(self)

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(ROOT):
            return
        # Resuming a coroutine or a generator is reported as a call too, at an instruction further down.
        begins = self._entry.setdefault(code, frame.f_lasti) == frame.f_lasti
        # Comprehensions do not count, since Python 3.12 inlines them.
        if self.counting and begins and (code.co_name == "<lambda>" or not code.co_name.startswith("<")):
            self.calls[code] += 1
            self.files[code.co_filename.removeprefix(ROOT)] = None


class Site:
    """A head-end at work, and a client that is connected to it."""

    def __init__(self, headend: HeadEnd, trace: Trace, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self.headend = headend
        self._trace = trace
        self._reader = reader
        self._writer = writer

    async def say(self, *lines: str) -> None:
        """Send lines in one go, and wait until each has been answered OK."""
        self._writer.write("".join(f"{line}\n" for line in lines).encode())
        for line in lines:
            reply = await self._reader.readline()
            assert reply.rstrip() == b"OK", f"{line}: {reply!r}"

    @asynccontextmanager
    async def counted(self) -> AsyncIterator[None]:
        """Count what is called inside, and what that leaves to threads."""
        self._trace.clear()
        self._trace.counting = True
        yield
        await asyncio.to_thread(time.sleep, _SETTLE_SECONDS)
        self._trace.counting = False


def reading(meter: str, at: int) -> str:
    """A READ line at an instant, µs UTC, of a meter with a steady load of 1 kW."""
    return f"READ {meter} {100 + (at - FIRST) / HOUR:.3f} {ZONE.iso(at)}"


# -- the actions; `nth` is 0 for the warm-up and 1 for the run that is counted -----------------------------------------


async def read(site: Site, nth: int) -> None:
    """Send a reading that is the meter's newest."""
    line = reading(METERS[0], NOW - 30 * MINUTE + nth * MINUTE)
    async with site.counted():
        await site.say(line)


async def late_read(site: Site, nth: int) -> None:
    """Send a reading that lies between two in the archive."""
    line = reading(METERS[nth], FIRST + 20 * 24 * HOUR + 30 * MINUTE)
    async with site.counted():
        await site.say(line)


async def look_up(site: Site, nth: int) -> None:
    """Look up a meter other than the last one asked for, whose readings the engine keeps at hand."""
    async with site.counted():
        series = site.headend.engine.series(METERS[nth])
        window = series.window("month", site.headend.engine.clock.now(), site.headend.engine.zone)
        lookup.compare_usage(series, window, site.headend.engine.zone, site.headend.engine.rules.gap_us)
        lookup.readings_in_window(series, window)


async def query(site: Site, _: int) -> None:
    """Ask for the usage of a month by day."""
    async with site.counted():
        await site.headend.ask(answer_question, SavedReport(period="month", by=("day",)), None, no_progress)


async def bill(site: Site, nth: int) -> None:
    """Make a bill that has not been issued."""
    async with site.counted():
        statement = one_meter.statement_of_month(site.headend.engine, METERS[nth], MONTH)
        shown_bill(statement, site.headend.engine.bills.ledger_of_meter(MONTH, METERS[nth]), site.headend.engine.zone)


async def day_close(site: Site, nth: int) -> None:
    """Close the day on a reading of each meter."""
    await site.say(*(reading(meter, NOW - 20 * MINUTE + nth * MINUTE) for meter in METERS))
    async with site.counted():
        await site.headend.day_close.close("bench")


ACTIONS: Final[dict[str, Callable[[Site, int], Awaitable[None]]]] = {
    "read": read,
    "late read": late_read,
    "look-up": look_up,
    "query": query,
    "bill": bill,
    "day close": day_close,
}


async def run(folder: Path, trace: Trace, paths: list[str] | None) -> None:
    """Do each action twice; print its counts, or the files of those in `paths`."""
    (folder / "tariffs.csv").write_text(TARIFFS, encoding="utf-8")
    headend, listener = build_head_end(Engine.open(folder, Rules(zone=ZONE), FixedClock()), Settings(port=0))
    await headend.start()
    await listener.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
    site = Site(headend, trace, reader, writer)
    await site.say(*(f"REGISTER {meter} region=East apartment_type=4-room" for meter in METERS))
    await site.say(*(reading(meter, FIRST + hour * HOUR) for hour in range(HOURS) for meter in METERS))
    await headend.day_close.close("bench")
    if paths is None:
        print(f"{'action':<12}{'calls':>8}{'functions':>12}{'files':>8}")
    for name, action in ACTIONS.items():
        for nth in range(2):
            await action(site, nth)
        if paths is None:
            print(f"{name:<12}{trace.calls.total():>8,}{len(trace.calls):>12}{len(trace.files):>8}")
        elif name in paths or not paths:
            print(f"{name}, {len(trace.files)} files", *trace.files, sep="\n  ")
    writer.close()
    await listener.stop()
    await headend.stop()


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--paths", nargs="*", metavar="ACTION", help="list files in order of entry instead of counting")
    options = parser.parse_args()
    unknown = set(options.paths or ()) - set(ACTIONS)
    if unknown:
        parser.error(f"no such action: {', '.join(sorted(unknown))}; there are {', '.join(ACTIONS)}")
    trace = Trace()
    trace.install()
    with (
        tempfile.TemporaryDirectory(prefix="metertui-bench-") as name,
        asyncio.Runner(loop_factory=TimelessLoop) as runner,
    ):
        runner.run(run(Path(name), trace, options.paths))


if __name__ == "__main__":
    main()
