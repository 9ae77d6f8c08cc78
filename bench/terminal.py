"""What the live screen writes to its terminal, and how soon it answers a key: at rest, fed, and in a flood.

The real app in a pseudo-terminal. A slow line carries 1,000 to 10,000 bytes a second, so what is written is what is
felt there. A key goes from one pane to the next, and is answered when the pane's heading is on the screen.

    python -m bench.terminal
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

from bench.ingest import METERS, Pipe, _register, lines, pipelined
from metertui import settings, simulator
from metertui.engine.base.zone import SiteZone
from metertui.formats.simulated import Fleet
from tests.end_to_end.terminal import Terminal

SIZES = ((80, 24), (120, 40), (200, 60))
SECONDS = 5.0
CONNECTIONS = 10
FLOOD = 1_800_000
FLOODS = (10, 1)
"""Connections that a flood comes over."""
KEYS = 12
PANES = {"2": "a second", "3": "Half hours received", "1": "Last readings"}
"""Keys of panes, and what each says."""


async def bytes_a_second(desk: Terminal, seconds: float = SECONDS) -> float:
    """What is written meanwhile."""
    before, began = desk.bytes, time.perf_counter()
    await asyncio.sleep(seconds)
    return (desk.bytes - before) / (time.perf_counter() - began)


async def answered(desk: Terminal) -> list[float]:
    """How long each of some keys took, in ms."""
    taken = []
    panes = list(PANES.items())
    for number in range(KEYS):
        key, heading = panes[number % len(panes)]
        await asyncio.sleep(0.15)
        began = time.perf_counter()
        desk.press(key)
        await desk.until(heading)
        taken.append((time.perf_counter() - began) * 1000)
    return taken


@contextlib.asynccontextmanager
async def fed(port: int) -> AsyncIterator[None]:
    """A town of 1,000 meters that send every 10 s."""
    zone = SiteZone("Asia/Singapore")
    fleet = Fleet(1000, 5, zone)
    rounds = simulator.live_rounds(fleet, zone, 10.0, None)
    work = simulator.send_rounds("127.0.0.1", port, fleet.accounts, rounds, register=True, connections=CONNECTIONS)
    feeding = asyncio.create_task(work)
    await asyncio.sleep(3)
    try:
        yield
    finally:
        feeding.cancel()
        await asyncio.gather(feeding, return_exceptions=True)


@contextlib.asynccontextmanager
async def flooded(port: int, connections: int, nth: int) -> AsyncIterator[list[float]]:
    """The nth flood of pipelined readings, over some connections; its rate a second stands in the list at the end."""
    each = FLOOD // connections
    payloads = [b"".join(lines(number, connections, each, 2 + nth * FLOOD // METERS)) for number in range(connections)]
    assert METERS % connections == 0
    loop = asyncio.get_running_loop()
    done = [loop.create_future() for _ in payloads]
    rate: list[float] = []
    began = time.perf_counter()
    for payload, future in zip(payloads, done, strict=True):
        pipe = Pipe(payload, each, future)
        await loop.create_connection(lambda pipe=pipe: pipe, "127.0.0.1", port)  # type: ignore[misc]
    yield rate
    await asyncio.gather(*done)
    rate.append(FLOOD / (time.perf_counter() - began))


async def measure(size: tuple[int, int]) -> None:
    """One size of terminal: a row for each state."""
    with tempfile.TemporaryDirectory(prefix="metertui-bench-") as folder:
        settings.write_defaults(Path(folder))
        desk = Terminal(Path(folder), size)
        try:
            port = await desk.port()
            await _register("127.0.0.1", port)
            await pipelined(("127.0.0.1", port), 1, METERS, 1)
            await asyncio.sleep(4)
            rest = await bytes_a_second(desk, 4)
            keys = await answered(desk)
            _tell(size, "at rest", rest, keys)
            async with fed(port):
                _tell(size, "100 readings a second", await bytes_a_second(desk), await answered(desk))
            for nth, connections in enumerate(FLOODS):
                async with flooded(port, connections, nth) as rate:
                    await asyncio.sleep(0.5)
                    written, keys = await bytes_a_second(desk, 2.0), await answered(desk)
                over = f"{connections} connection{'s' * (connections > 1)}"
                _tell(size, f"flood, {rate[0]:,.0f} a second, {over}", written, keys)
        finally:
            desk.close()


def _tell(size: tuple[int, int], state: str, written: float, keys: list[float]) -> None:
    name = f"{size[0]}x{size[1]}"
    print(f"{name:<8}{state:<44}{written:>10,.0f}{statistics.median(keys):>14.0f}{max(keys):>10.0f}", flush=True)


def main() -> None:
    """Every size, and print the table."""
    print(f"{'size':<8}{'state':<44}{'bytes/s':>10}{'key, median':>14}{'most, ms':>10}")
    for size in SIZES:
        asyncio.run(measure(size))


if __name__ == "__main__":
    main()
