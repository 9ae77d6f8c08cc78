"""Acknowledged readings a second: one pipelined connection, fifty pipelined, a thousand that ask and wait.

Each is run against metertui without and with its screen, and against two plain servers (see peers.py), in turn and
in one go, so that the ratios hold on a machine that others use too. Every reading is on disk when it is counted.

    python -m bench.ingest [--readings N] [--rounds R]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import pty
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from metertui import settings

METERS = 1000
START = 1_735_689_600  # 2025-01-01T00:00:00Z
_READY = re.compile(rb"ready on ([0-9.]+):(\d+)")


def lines(connection: int, connections: int, count: int, first: int) -> list[bytes]:
    """`count` READ lines of the meters that belong to one connection, half hour after half hour from the `first`."""
    meters = range(connection, METERS, connections)
    made: list[bytes] = []
    half_hour = first
    while len(made) < count:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(START + 1800 * half_hour))
        made += [b"READ m%04d %d.%d %s\n" % (m, half_hour // 2, half_hour % 2 * 5, stamp.encode()) for m in meters]
        half_hour += 1
    return made[:count]


@contextlib.contextmanager
def metertui(*, screen: bool) -> Iterator[tuple[str, int]]:
    """A metertui process on a folder of its own; its address."""
    with tempfile.TemporaryDirectory(prefix="metertui-bench-") as folder:
        settings.write_defaults(Path(folder))  # or the screens would begin with the first steps
        common = ["--data", folder, "--port", "0"]
        command = [sys.executable, "-m", "metertui", *common] if screen else [
            sys.executable, "-m", "metertui", "serve", *common,
        ]  # fmt: skip
        with _process(command, screen=screen, log=Path(folder) / "metertui.log") as address:
            asyncio.run(_register(*address))
            yield address


@contextlib.contextmanager
def peer(kind: str) -> Iterator[tuple[str, int]]:
    """A plain server of bench/peers.py; its address."""
    with _process([sys.executable, "-m", "bench.peers", kind], screen=False, log=None) as address:
        yield address


@contextlib.contextmanager
def _process(command: list[str], *, screen: bool, log: Path | None) -> Iterator[tuple[str, int]]:
    if screen:
        main, child = pty.openpty()
        os.set_blocking(main, True)
        process = subprocess.Popen(
            command,
            stdin=child,
            stdout=child,
            stderr=child,
            env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "120", "LINES": "40"},
            start_new_session=True,
        )
        os.close(child)
        threading.Thread(target=_drain, args=(main,), daemon=True).start()
        assert log is not None
        ready = _wait_for(log)
    else:
        process = subprocess.Popen(command, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        assert process.stderr is not None
        ready = None
        for line in process.stderr:
            ready = _READY.search(line)
            if ready:
                break
        threading.Thread(target=process.stderr.read, daemon=True).start()
    try:
        assert ready is not None, "the server did not start"
        yield ready[1].decode(), int(ready[2])
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait_for(log: Path) -> re.Match[bytes] | None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if log.exists() and (ready := _READY.search(log.read_bytes())):
            return ready
        time.sleep(0.05)
    return None


def _drain(fd: int) -> None:
    with contextlib.suppress(OSError):
        while os.read(fd, 65536):
            pass


async def _register(host: str, port: int) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(b"".join(b"REGISTER m%04d region=East\n" % m for m in range(METERS)))
    for _ in range(METERS):
        reply = await reader.readline()
        assert reply == b"OK\n", reply
    writer.close()


class Pipe(asyncio.Protocol):
    """A client that sends all it has and counts the replies."""

    def __init__(self, payload: bytes, count: int, done: asyncio.Future[None]) -> None:
        self._payload = payload
        self._left = count
        self._done = done

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._payload)

    def data_received(self, data: bytes) -> None:
        self._left -= data.count(b"\n")
        if b"ERR" in data or b"suspect" in data:
            self._done.set_exception(AssertionError(data[:200]))
        elif self._left == 0:
            self._done.set_result(None)
            self._transport.close()


async def pipelined(address: tuple[str, int], connections: int, count: int, first: int) -> float:
    """Seconds from the first byte sent to the last reply, over so many connections that never wait."""
    each = count // connections
    payloads = [b"".join(lines(c, connections, each, first)) for c in range(connections)]
    loop = asyncio.get_running_loop()
    done = [loop.create_future() for _ in payloads]
    started = time.perf_counter()
    for payload, future in zip(payloads, done, strict=True):
        await loop.create_connection(lambda p=payload, f=future: Pipe(p, each, f), *address)  # type: ignore[misc]
    await asyncio.gather(*done)
    return time.perf_counter() - started


async def asking(address: tuple[str, int], connections: int, count: int, first: int) -> float:
    """Seconds for so many connections that each send a line, await the reply, and send the next."""
    streams = [await asyncio.open_connection(*address) for _ in range(connections)]
    each = count // connections
    payloads = [lines(c, connections, each, first) for c in range(connections)]

    async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, payload: list[bytes]) -> None:
        for line in payload:
            writer.write(line)
            reply = await reader.readline()
            assert reply == b"OK\n", reply

    started = time.perf_counter()
    await asyncio.gather(*(ask(*s, p) for s, p in zip(streams, payloads, strict=True)))
    taken = time.perf_counter() - started
    for _, writer in streams:
        writer.close()
    return taken


def main() -> None:
    """Run every load against every server, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readings", type=int, default=400_000, help="for each pipelined run (default 400000)")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    servers: dict[str, Callable[[], contextlib.AbstractContextManager[tuple[str, int]]]] = {
        "metertui": lambda: metertui(screen=False),
        "metertui, screen on": lambda: metertui(screen=True),
        "bare: no checks": lambda: peer("bare"),
        "each line synced": lambda: peer("each"),
    }
    loads = {
        "1 pipelined": (pipelined, 1, options.readings),
        "50 pipelined": (pipelined, 50, options.readings),
        "1000 ask and wait": (asking, 1000, 50_000),
    }
    print(f"{'readings a second':<20}" + "".join(f"{name:>22}" for name in servers))
    for load, (run, connections, count) in loads.items():
        rates: dict[str, list[float]] = {name: [] for name in servers}
        for _ in range(options.rounds):
            for name, server in servers.items():
                size = min(count, 20_000) if name == "each line synced" else count
                with server() as address:
                    rates[name].append(size / asyncio.run(run(address, connections, size, 1)))
        medians = {name: statistics.median(rate) for name, rate in rates.items()}
        print(f"{load:<20}" + "".join(f"{rate:>22,.0f}" for rate in medians.values()), flush=True)
        ratios = [rate / medians["bare: no checks"] for rate in medians.values()]
        print(f"{'  ratio to bare':<20}" + "".join(f"{ratio:>22.2f}" for ratio in ratios), flush=True)


if __name__ == "__main__":
    main()
