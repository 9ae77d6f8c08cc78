"""How soon a start of the screens shows something, and how soon the screens are there.

The real app in a pseudo-terminal of 120x40, on an empty folder and on one with readings of ten days. `first` is the
time until the terminal gets its first byte, `screens` until the first screen is drawn, in seconds, medians. With the
root of another checkout, such as one of the commit before, both start in turn, so that both have the same machine.

    python -m bench.startup [--readings N] [--starts N] [--beside ROOT]
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import pty
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import numpy as np

from metertui import settings
from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.storage import Archive, Rows

ROOT: Final = Path(__file__).parent.parent
ZONE: Final = SiteZone("Asia/Singapore")
DAYS: Final = 10
FIRST: Final = date(2025, 1, 1)
DRAWN: Final = b"F7 Exceptions"
"""What only the screens draw."""
PATIENCE: Final = 180.0


def fill(folder: Path, readings: int) -> None:
    """Write day files with so many readings, of meters that are read every hour."""
    folder.mkdir(parents=True)
    settings.write_defaults(folder)
    settings.store_zone(folder, ZONE.name)
    meters = readings // (DAYS * 24)
    ids = [f"5{number:08d}" for number in range(meters)]
    archive = Archive(folder, ZONE)
    for number in range(DAYS if meters else 0):
        day = FIRST + timedelta(days=number)
        hours = ZONE.midnight(day) + HOUR * np.arange(24, dtype=np.int64)
        registers = 1_000 * np.arange(24 * number, 24 * (number + 1), dtype=np.int64)
        codes = np.tile(np.arange(meters, dtype=np.int32), 24)
        archive.merge_day(day, Rows(ids, codes, np.repeat(hours, meters), np.repeat(registers, meters)))


class Screen(threading.Thread):
    """Takes in what is drawn, and notes when the first byte and the screens have come."""

    def __init__(self, end: int) -> None:
        super().__init__(daemon=True)
        self._end = end
        self.first = 0.0
        self.screens = 0.0
        self.there = threading.Event()

    def run(self) -> None:
        seen = b""
        with contextlib.suppress(OSError):  # the other end is closed
            while piece := os.read(self._end, 1 << 16):
                now = time.perf_counter()
                self.first = self.first or now
                seen += b"" if self.screens else piece
                if not self.screens and DRAWN in seen:
                    self.screens = now
                    self.there.set()


def start(root: Path, folder: Path) -> tuple[float, float]:
    """Start the app of a checkout; return when it has shown something, and when the screens are there (seconds)."""
    end, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    env = {**os.environ, "PYTHONPATH": str(root), "TERM": "xterm-256color", "METERTUI_DAY_CLOSE_AT_MIDNIGHT": "false"}
    began = time.perf_counter()
    app = subprocess.Popen(
        [sys.executable, "-m", "metertui", "--data", str(folder), "--port", "0"],
        cwd=root, stdin=theirs, stdout=theirs, stderr=theirs, env=env, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    screen = Screen(end)
    screen.start()
    try:
        assert screen.there.wait(PATIENCE), "the screens did not come"
        app.terminate()
        app.wait(PATIENCE)
        return screen.first - began, screen.screens - began
    finally:
        app.kill()
        app.wait()
        screen.join()
        os.close(end)


def main() -> None:
    """Both folders, each with starts of every checkout in turn."""
    options = argparse.ArgumentParser()
    options.add_argument("--readings", type=int, default=2_000_000)
    options.add_argument("--starts", type=int, default=5)
    options.add_argument("--beside", type=Path, help="the root of another checkout")
    given = options.parse_args()
    roots = [ROOT, *([given.beside.absolute()] if given.beside else [])]
    with tempfile.TemporaryDirectory(prefix="metertui-bench-") as name:
        for readings in (0, given.readings):
            folder = Path(name) / "data"
            fill(folder, readings)
            taken: dict[Path, list[tuple[float, float]]] = {root: [] for root in roots}
            for number in range(given.starts):
                for root in roots if number % 2 else reversed(roots):
                    taken[root].append(start(root, folder))
            shutil.rmtree(folder)
            for root in roots:
                first, screens = (statistics.median(column) for column in zip(*taken[root], strict=True))
                print(f"{readings:>10,} readings  first {first:6.2f} s  screens {screens:6.2f} s  {root}", flush=True)


if __name__ == "__main__":
    main()
