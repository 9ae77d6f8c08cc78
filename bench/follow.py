"""How fast a second desk sees what the owner of a folder does, and for how long its event loop stands still for it.

python -m bench.follow [--accounts N]
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from metertui.engine.accounts.account import Account
from metertui.engine.accounts.book import AccountBook
from metertui.engine.base.config import Rules, SystemClock
from metertui.engine.base.zone import DAY, MINUTE, SECOND, SiteZone
from metertui.engine.core.engine import Engine
from metertui.engine.replica.changes import ChangeReader
from metertui.headend.read_only import ReadOnlyHeadEnd

METERS: Final = 2000
ROUNDS: Final = 90
RULES: Final = Rules(zone=SiteZone("Asia/Singapore"))


class Watch:
    """The longest time between two turns of the event loop."""

    def __init__(self) -> None:
        self.worst = 0.0
        self._last = time.perf_counter()
        self._task = asyncio.create_task(self._look_on())

    async def _look_on(self) -> None:
        while True:
            await asyncio.sleep(0.001)
            now = time.perf_counter()
            self.worst, self._last = max(self.worst, now - self._last), now

    def begin(self) -> None:
        """Forget what was before."""
        self.worst, self._last = 0.0, time.perf_counter()

    def end(self) -> None:
        """Watch no longer."""
        self._task.cancel()


async def run(folder: Path, accounts: int) -> None:
    """Print a line for each thing that the owner does."""
    clock = SystemClock()
    book = AccountBook(folder, RULES.zone)
    book.put_accounts(
        [Account(f"m-{n}", f"{n} Some Road", "East", "Bedok", f"{n:06}", "4-room") for n in range(accounts)], {}
    )
    owner = Engine.open(folder, RULES, clock)
    follower = ReadOnlyHeadEnd(*ChangeReader.open(folder, RULES, clock))
    gc.collect()
    gc.freeze()
    watch = Watch()

    async def measure(what: str, do: Callable[[], object]) -> None:
        do()
        watch.begin()
        begun = time.perf_counter()
        await follower.follow()
        await follower.wait_until_rebuilt()
        seconds = time.perf_counter() - begun
        print(f"{what:<44} {1000 * seconds:9,.1f} ms   loop blocked {1000 * watch.worst:6.1f} ms")

    print(f"{accounts:,} accounts; the time of one look, begun when the owner is done")
    await measure("nothing", lambda: None)
    await measure("one registration", lambda: _register(owner))
    await measure("one account changed", lambda: _move(owner, clock.now()))
    await measure(f"{METERS * ROUNDS:,} readings", lambda: _read(owner))
    await measure("their day close", lambda: _close(owner))
    assert follower.live().stored == len(owner.readings) == METERS * ROUNDS
    assert follower.live().in_log == 0
    watch.end()
    await follower.stop()
    owner.close()


def _move(owner: Engine, now: int) -> None:
    book = owner.accounts
    book.commit_change(book.draft_change(book.standing(), book.plan_change("m-5", {"region": "West"}, now)))


def _register(owner: Engine) -> None:
    batch = owner.ingest.begin()
    batch.add_account("new", {})
    owner.ingest.write(batch)
    owner.ingest.apply(batch)


def _read(owner: Engine) -> None:
    begin = owner.clock.now() // SECOND * SECOND - 2 * DAY
    for number in range(ROUNDS):
        iso = RULES.zone.iso(begin + number * 30 * MINUTE)
        batch = owner.ingest.begin()
        for meter in range(METERS):
            batch.add_reading(f"m-{meter}", str(100 + number), iso)
        owner.ingest.write(batch)
        owner.ingest.apply(batch)


def _close(owner: Engine) -> None:
    count = owner.day_close.seal()
    owner.day_close.write_day_files(count, lambda share: None)
    owner.day_close.finish(owner.readings.rebuild_history(count))
    owner.day_close.drop_sealed()


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=200_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="metertui-bench-") as name:
        asyncio.run(run(Path(name), options.accounts))


if __name__ == "__main__":
    main()
