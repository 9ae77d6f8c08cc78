"""A million accounts: how fast they are found, what a change costs, and how long the screen holds the event loop.

The plain scan beside the search is the first idea: one look at every account in Python. Of the loop, `own` is processor
time of its thread in the longest single callback; `wall` also has what other threads took on two cores.

    python -m bench.accounts [ACCOUNTS]
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from bench.screens import Held
from metertui.app import MetertuiApp
from metertui.cli.runtime import build_head_end
from metertui.engine.accounts.account import Account
from metertui.engine.accounts.book import AccountBook
from metertui.engine.base.config import SystemClock
from metertui.engine.core.engine import Engine
from metertui.settings import Settings

ACCOUNTS = 1_000_000
QUERIES = ("1", "tampines street 9", "123-456", "#39-8", "nowhere")
STEPS: dict[str, tuple[str, ...]] = {
    "lookup opens": ("f3",),
    "a meter is typed": tuple("123-45"),
    "company opens": ("f6",),
    "the same once more": ("f3", "f6"),
    "one letter": ("1",),
    "more letters": tuple("23-4"),
    "nowhere": tuple("zzz"),
    "all again": ("ctrl+u",),
    "table, ends and pages": ("enter", "end", "home", *["pagedown"] * 5),
    "order": ("o", "o", "o"),
    "an account opens": ("enter",),
    "its address changes": (*"9", *["tab"] * 7, "tab", "enter"),
    "back to the table": ("ctrl+left",),
}


def write(folder: Path, count: int) -> None:
    """Accounts as a utility has them."""
    chosen = random.Random(1)
    since = Settings().rules().zone.iso(1_741_747_200_000_000)
    with (folder / "users.csv").open("w", encoding="utf-8") as file:
        file.write("identifier,address,region,sub_region,postcode,apartment_type,status,registered\n")
        for number in range(count):
            home = f"{chosen.randrange(1, 999)} Tampines Street {chosen.randrange(1, 99)}"
            door = f"#{chosen.randrange(1, 40):02d}-{chosen.randrange(1, 999):03d}"
            where = f"{chosen.choice(('North', 'South', 'East', 'West'))},Sub {chosen.randrange(40)}"
            file.write(
                f'{chosen.randrange(100, 999)}-{number // 1000:03d}-{number % 1000:03d},"{home}, {door}",{where},'
                f"{chosen.randrange(1_000_000):06d},4-room,active,{since}\n"
            )


def scan(book: AccountBook, text: str) -> list[Account]:
    """The plain way."""
    wanted = text.casefold()
    return [
        account
        for account in book
        if wanted in account.meter.casefold()
        or wanted in account.address.casefold()
        or wanted in account.postcode.casefold()
    ]


def beside(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds that `work` takes in a thread, and the longest ms that another thread was held up by it meanwhile."""
    done = threading.Event()

    def run() -> None:
        work()
        done.set()

    held = 0.0
    thread = threading.Thread(target=run)
    began = time.perf_counter()
    thread.start()
    while not done.is_set():
        before = time.perf_counter()
        time.sleep(0.001)
        held = max(held, time.perf_counter() - before - 0.001)
    return time.perf_counter() - began, 1000 * held


def memory() -> float:
    """MB in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def engine_part(folder: Path) -> None:
    """Search and change, without a screen."""
    began, before = time.perf_counter(), memory()
    book = AccountBook(folder, Settings().rules().zone)
    book.load()
    loaded = memory()
    print(f"load {time.perf_counter() - began:.1f} s, {loaded - before:.0f} MB")
    seconds, held = beside(lambda: book.finder.rows_containing("in no account"))
    print(f"first search makes order and texts: {seconds:.2f} s, {memory() - loaded:.0f} MB, others held {held:.0f} ms")
    print(f"\n{'':<20}{'found':>10}{'8 of them':>12}{'all':>10}{'others held':>13}{'plain scan':>12}")
    for text in QUERIES:
        few, _ = beside(lambda text=text: book.finder.find_accounts(text, 8))  # type: ignore[misc]
        every, held = beside(lambda text=text: book.finder.rows_containing(text))  # type: ignore[misc]
        rows = book.finder.rows_containing(text)
        assert rows is not None
        began = time.perf_counter()
        assert len(scan(book, text)) == len(rows)
        plain = time.perf_counter() - began
        times = f"{1000 * few:>9.0f} ms{1000 * every:>7.0f} ms{held:>10.0f} ms{1000 * plain:>9.0f} ms"
        print(f"{text:<20}{len(rows):>10,}{times}")
    meter = book.finder.meter_at(len(book) // 2)
    standing = book.standing()
    began = time.perf_counter()
    draft = book.draft_change(standing, book.plan_change(meter, {"region": "Centre"}, SystemClock().now()))
    drafted = time.perf_counter()
    book.commit_change(draft)
    done = time.perf_counter()
    print(
        f"\na change: {1000 * (drafted - began):.0f} ms beside ingest, {1000 * (done - drafted):.0f} ms between batches"
    )


async def screen_part(folder: Path, size: tuple[int, int]) -> None:
    """The screens over these accounts."""
    engine = Engine.open(folder, Settings().rules(), SystemClock())
    headend, listener = build_head_end(engine, Settings(port=0))
    await headend.start()
    await listener.start()
    app = MetertuiApp(headend, Settings())
    held = Held()
    print(f"\n{size[0]}x{size[1]:<20}{'own':>8} / wall")
    async with app.run_test(size=size) as pilot:
        await asyncio.sleep(1)
        app.sessions.begin("ada@example.com", "operator")
        for name, keys in STEPS.items():
            held.take()
            await pilot.press(*keys)
            await asyncio.sleep(2)
            print(f"{name:<24}{held.take()}", flush=True)
    await listener.stop()
    await headend.stop()


def main() -> None:
    """Both parts."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else ACCOUNTS
    with tempfile.TemporaryDirectory(prefix="metertui-bench-") as name:
        write(Path(name), count)
        print(f"{count:,} accounts")
        engine_part(Path(name))
        asyncio.run(screen_part(Path(name), (120, 40)))


if __name__ == "__main__":
    main()
