"""What hostile clients do to the honest ones: latency, memory and keys, at rest and under each attack.

The app runs with its screen in a terminal of its own. An honest client in another process sends one reading every
20 ms and notes how long each OK takes; attackers in a third process do their worst for some seconds. After each attack
a key is pressed, and the time until the screen shows what it asks for is taken. Every attack has a process of its own,
so that the memory that it is charged with is its own: the most that was resident during it, over the rest before it.

    python -m bench.floods [--seconds S] [ATTACK …]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import multiprocessing
import os
import pty
import random
import re
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

Address = tuple[str, int]
Attack = Callable[[Address, float], Coroutine[Any, Any, None]]

CONNECTIONS = 10_000
_READY = re.compile(rb"ready on ([0-9.]+):(\d+)")
_PAUSE = 0.02
_ODD = [
    *(b"READ m0001 1%c0 2025-01-01T00:00:00Z\n" % code for code in range(256) if code != 10),
    *(b"READ m0001 %s 2025-01-01T00:00:00Z\n" % kwh for kwh in (b"1e400", b"nan", b"-0", b"inf", "\uff11".encode())),
    *(b"READ m0001 1 %s\n" % when for when in (b"2025-02-30", b"2025-13-01T00:00:00Z", b"99999-01-01", b"-1")),
    b"\x00" * 40 + b"\n",
    b"READ \xff\xfe 1\n",
    b"REGISTER m\x1b[2J region=\x07\n",
    b'REGISTER m2 region="\n',
]


# -- the attackers: each ends by itself --------------------------------------------------------------------------


async def _streams(address: Address, count: int) -> list[socket.socket]:
    """Connections as plain sockets, opened by the hundred."""
    loop = asyncio.get_running_loop()

    async def opened() -> socket.socket:
        client = socket.socket()
        client.setblocking(False)
        await loop.sock_connect(client, address)
        return client

    found: list[socket.socket] = []
    while len(found) < count:
        found += await asyncio.gather(*(opened() for _ in range(min(100, count - len(found)))))
    return found


async def left_open(address: Address, seconds: float) -> None:
    """Ten thousand connections, opened and left."""
    clients = await _streams(address, CONNECTIONS)
    await asyncio.sleep(seconds)
    for client in clients:
        client.close()


async def byte_by_byte(address: Address, seconds: float) -> None:
    """A thousand connections that send a byte a second each."""
    clients = await _streams(address, 1000)
    line = b"READ m0001 1 2025-01-01T00:00:00Z\n"
    until = time.monotonic() + seconds
    beat = 0
    while time.monotonic() < until:
        for client in clients:
            with contextlib.suppress(BlockingIOError):
                client.send(line[beat % len(line) :][:1])
            await asyncio.sleep(1 / len(clients))
        beat += 1


async def _pour(client: socket.socket, payload: bytes, until: float, *, read: bool) -> None:
    """Send the payload over and over; take the replies, or leave them."""
    loop = asyncio.get_running_loop()

    async def take() -> None:
        with contextlib.suppress(OSError):
            while await loop.sock_recv(client, 1 << 20):
                pass

    taking = asyncio.create_task(take()) if read else None
    view = memoryview(payload)
    while (left := until - time.monotonic()) > 0:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(loop.sock_sendall(client, view), left)
    if taking is not None:
        taking.cancel()
    client.close()


async def _poured(address: Address, connections: int, payload: bytes, seconds: float, *, read: bool = True) -> None:
    until = time.monotonic() + seconds
    clients = await _streams(address, connections)
    await asyncio.gather(*(_pour(client, payload, until, read=read) for client in clients))


async def endless_lines(address: Address, seconds: float) -> None:
    """Lines without an end on eight connections."""
    await _poured(address, 8, b"READ " + b"x" * 1_000_000, seconds)


async def never_reading(address: Address, seconds: float) -> None:
    """A hundred clients that ask for HELP and never read."""
    await _poured(address, 100, b"HELP\n" * 100_000, seconds, read=False)


async def never_reading_all(address: Address, seconds: float) -> None:
    """The same by five thousand."""
    await _poured(address, 5000, b"HELP\n" * 10_000, seconds, read=False)


async def random_bytes(address: Address, seconds: float) -> None:
    """Ten megabytes of random bytes, over and over, on four connections."""
    await _poured(address, 4, random.Random(1).randbytes(10_000_000), seconds)


async def odd_bytes(address: Address, seconds: float) -> None:
    """Control characters, NUL, bad UTF-8, and numbers and dates that are none, on eight connections."""
    await _poured(address, 8, b"".join(_ODD) * 100, seconds)


async def refused_lines(address: Address, seconds: float) -> None:
    """Well-formed readings of meters that nobody knows, on eight connections."""
    lines = b"".join(b"READ nobody%d 1 2025-01-01T00:00:00Z\n" % meter for meter in range(10_000))
    await _poured(address, 8, lines, seconds)


async def register_flood(address: Address, seconds: float) -> None:
    """Fifty thousand new accounts, and then the same again and again."""
    lines = b"".join(b"REGISTER f%d address=Street region=East\n" % meter for meter in range(50_000))
    await _poured(address, 1, lines, seconds)


ATTACKS: dict[str, Attack] = {
    f"{CONNECTIONS:,} connections left open": left_open,
    "a byte a second, 1,000 clients": byte_by_byte,
    "lines without end": endless_lines,
    "never reading, 100 clients": never_reading,
    "never reading, 5,000 clients": never_reading_all,
    "10 MB of random bytes": random_bytes,
    "odd bytes": odd_bytes,
    "refused readings": refused_lines,
    "REGISTER flood": register_flood,
}


def attack(name: str, address: Address, seconds: float) -> None:
    """One attack, in the process of its own."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 2 * CONNECTIONS), hard))
    asyncio.run(ATTACKS[name](address, seconds))


# -- the honest ----------------------------------------------------------------------------------------------------


def honest(address: Address, first: int, stop: Event, found: Any) -> None:
    """A reading every 20 ms until told to stop; puts the milliseconds that each OK took."""
    taken: list[float] = []
    with socket.create_connection(address, timeout=60) as client, client.makefile("rb") as replies:
        number = first
        while not stop.is_set():
            stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_735_689_600 + 60 * number))
            started = time.perf_counter()
            client.sendall(b"READ m0001 %d.%03d %s\n" % (number // 1000, number % 1000, stamp.encode()))
            reply = replies.readline()
            taken.append(1000 * (time.perf_counter() - started))
            assert reply == b"OK\n", reply
            number += 1
            time.sleep(_PAUSE)
    found.put(taken)


@contextlib.contextmanager
def measuring(address: Address, first: int) -> Iterator[list[float]]:
    """The honest client's milliseconds, there when the block is left."""
    stop = multiprocessing.Event()
    queue: multiprocessing.Queue[list[float]] = multiprocessing.Queue()
    client = multiprocessing.Process(target=honest, args=(address, first, stop, queue))
    client.start()
    taken: list[float] = []
    try:
        yield taken
    finally:
        stop.set()
        taken += queue.get(timeout=120)
        client.join()


# -- the app ---------------------------------------------------------------------------------------------------------


@dataclass
class Desk:
    """The app in a terminal: what it draws is read, and looked through for what a key should show."""

    process: subprocess.Popen[bytes]
    terminal: int
    address: Address
    drawn: bytearray = field(default_factory=bytearray)

    def read(self) -> None:
        """Take what it draws, until it ends."""
        with contextlib.suppress(OSError):
            while piece := os.read(self.terminal, 65536):
                self.drawn += piece

    def answer_ms(self, key: bytes, shows: bytes, most: float = 10.0) -> float:
        """Milliseconds from a key to what it shows; the title line is drawn anew for another screen alone."""
        self.drawn.clear()
        started = time.perf_counter()
        os.write(self.terminal, key)
        while shows not in self.drawn:
            if time.perf_counter() - started > most:
                return float("inf")
            time.sleep(0.002)
        return 1000 * (time.perf_counter() - started)

    def resident_mb(self) -> float:
        """Megabytes of its memory that are in use."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]


@contextlib.contextmanager
def desk(folder: Path) -> Iterator[Desk]:
    """The app on a folder of its own."""
    terminal, child = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "metertui", "--data", str(folder), "--port", "0"],
        stdin=child, stdout=child, stderr=child, start_new_session=True,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "120", "LINES": "40"},
    )  # fmt: skip
    os.close(child)
    log = folder / "metertui.log"
    ready = None
    until = time.monotonic() + 30
    while ready is None and time.monotonic() < until:
        time.sleep(0.05)
        ready = _READY.search(log.read_bytes()) if log.exists() else None
    assert ready is not None, "the app did not start"
    found = Desk(process, terminal, (ready[1].decode(), int(ready[2])))
    threading.Thread(target=found.read, daemon=True).start()
    try:
        yield found
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


def main() -> None:
    """Every attack against an app of its own, and the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=8.0, help="of each attack (default 8)")
    parser.add_argument("attacks", nargs="*", help="parts of their names (default: all)")
    options = parser.parse_args()
    heads = ("p50 rest", "p50 then", "p99 rest", "p99 then", "ratio", "memory", "key rest", "key then")
    print(f"{'ms; MB':<34}" + "".join(f"{head:>10}" for head in heads), flush=True)
    for name in ATTACKS:
        if options.attacks and not any(part in name for part in options.attacks):
            continue
        with tempfile.TemporaryDirectory(prefix="metertui-bench-") as folder, desk(Path(folder)) as app:
            print(f"{name:<34}" + "".join(f"{cell:>10}" for cell in measured(app, name, options.seconds)), flush=True)


def measured(app: Desk, name: str, seconds: float) -> list[str]:
    """One row of the table."""
    with socket.create_connection(app.address) as client:
        client.sendall(b"REGISTER m0001\n")
        assert client.recv(100) == b"OK\n"
    for key in (b"\x1bOS", b"\x1bOQ"):
        app.answer_ms(key, b"Billing", 3.0)  # once, so that no screen is opened for the first time later
    with measuring(app.address, 0) as at_rest:
        time.sleep(seconds)
        key_rest = app.answer_ms(b"\x1bOS", b"Billing")
        app.answer_ms(b"\x1bOQ", b"Billing", 3.0)
    rest = app.resident_mb()
    attacker = multiprocessing.Process(target=attack, args=(name, app.address, seconds))
    with measuring(app.address, 100_000) as attacked:
        attacker.start()
        highest = 0.0
        until = time.monotonic() + seconds
        key_then = None
        while attacker.is_alive():
            highest = max(highest, app.resident_mb())
            time.sleep(0.05)
            if key_then is None and time.monotonic() > until - seconds / 3:
                key_then = app.answer_ms(b"\x1bOS", b"Billing")
                app.answer_ms(b"\x1bOQ", b"Billing", 3.0)
        attacker.join()
    p50s, p99s = zip(*(_percentiles(taken) for taken in (at_rest, attacked)), strict=True)
    return [
        *(f"{ms:.1f}" for ms in (*p50s, *p99s)),
        f"{p99s[1] / p99s[0]:.1f}",
        f"+{highest - rest:.0f}",
        *(f"{ms or 0:.0f}" for ms in (key_rest, key_then)),
    ]


def _percentiles(taken: list[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(taken, n=100)
    return cuts[49], cuts[98]


if __name__ == "__main__":
    main()
