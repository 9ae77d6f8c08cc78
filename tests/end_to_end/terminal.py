"""The real app in a pseudo-terminal, and what a person would see there."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pyte

from tests.patience import PATIENCE

"""Seconds; a busy machine may take long to start a process."""
_MAIN = "from metertui.__main__ import main; main()"
_ADDRESS = re.compile(r"127\.0\.0\.1:(\d+)")


class Terminal:
    """`metertui` on a data folder, its keys and its screen. Opened in an event loop."""

    def __init__(self, folder: Path, size: tuple[int, int] = (80, 24), *words: str, program: str = "") -> None:
        """`program`: Python that runs before the app starts, in the same process."""
        columns, lines = size
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self.bytes = 0
        """Written to the terminal so far."""
        self._news = asyncio.Event()
        self._end, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        env = {**os.environ, "TZ": "Asia/Singapore", "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        env["METERTUI_DAY_CLOSE_AT_MIDNIGHT"] = "false"  # or what is in the log would depend on the hour
        env.pop("NO_COLOR", None)
        self.process = subprocess.Popen(
            [sys.executable, "-c", f"{program}\n{_MAIN}", "--data", str(folder), "--port", "0", *words],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=env,
            start_new_session=True,
        )
        os.close(theirs)
        os.set_blocking(self._end, False)
        asyncio.get_running_loop().add_reader(self._end, self._read)

    def _read(self) -> None:
        try:
            data = os.read(self._end, 1 << 16)
        except BlockingIOError:
            return
        except OSError:  # the other end is closed: it has ended
            data = b""
        if not data:
            asyncio.get_running_loop().remove_reader(self._end)
        self.bytes += len(data)
        self._stream.feed(data)
        self._news.set()

    def hang(self) -> None:
        """Take nothing in, as over a line that is broken."""
        asyncio.get_running_loop().remove_reader(self._end)

    def unplug(self) -> None:
        """Disappear, without a SIGHUP: the process does not belong to the terminal, as one started by nohup."""
        self.hang()
        os.close(self._end)
        self._end = -1

    def go_on(self) -> None:
        """Take in again what is written, and what was."""
        asyncio.get_running_loop().add_reader(self._end, self._read)

    @property
    def text(self) -> str:
        """What is on the screen."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    def press(self, keys: str | bytes) -> None:
        """Send keys as a terminal does, or bytes as one with another encoding does."""
        os.write(self._end, keys if isinstance(keys, bytes) else keys.encode())

    async def until(self, text: str, there: bool = True) -> None:
        """Wait until this is on the screen, or is there no more."""
        try:
            async with asyncio.timeout(PATIENCE):
                while (text in self.text) != there:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"{text!r} did not {'come' if there else 'go'}:\n{self.text}") from None

    async def port(self) -> int:
        """The port that it listens on, as its second line says."""
        await self.until("127.0.0.1:")
        found = _ADDRESS.search(self.text)
        assert found is not None
        return int(found[1])

    async def ended(self) -> int:
        """Its exit code, once it has ended."""
        return await asyncio.to_thread(self.process.wait, PATIENCE)

    def close(self) -> None:
        """End it, whatever it does."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self._end >= 0:
            self.unplug()


F1, F2, F3, F4, F5 = "\x1bOP", "\x1bOQ", "\x1bOR", "\x1bOS", "\x1b[15~"
F6, F7, F10 = "\x1b[17~", "\x1b[18~", "\x1b[21~"
ESCAPE, ENTER, TAB, CTRL_RIGHT, PAGE_DOWN = "\x1b", "\r", "\t", "\x1b[1;5C", "\x1b[6~"
