"""A real `metertui serve`, a client of it, and commands beside it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

from metertui.cli.main import run
from tests.patience import PATIENCE

ENVIRONMENT = {**os.environ, "TZ": "Asia/Singapore", "PYTHONUNBUFFERED": "1"}
_READY = re.compile(r"ready on ([0-9.]+):(\d+)")


class Server:
    """A serving process on a data folder."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.folder = folder
        command = [sys.executable, "-m", "metertui", "serve", "--data", str(folder), "--port", "0", *words]
        self.process = subprocess.Popen(
            command, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, env=ENVIRONMENT
        )
        assert self.process.stderr is not None
        self.said: list[str] = []
        for line in self.process.stderr:
            self.said.append(line)
            if ready := _READY.search(line):
                self.address = (ready[1], int(ready[2]))
                break
        else:
            raise AssertionError(f"not ready: {''.join(self.said)}")
        self._listening = threading.Thread(target=lambda: self.said.extend(self.process.stderr or ()), daemon=True)
        self._listening.start()

    def connect(self) -> socket.socket:
        """A connection to it."""
        return socket.create_connection(self.address, timeout=PATIENCE)

    def say(self, text: str | bytes) -> list[str]:
        """What is answered to some lines, sent at once with the sending side closed after them."""
        with self.connect() as connection:
            connection.sendall(text.encode() if isinstance(text, str) else text)
            connection.shutdown(socket.SHUT_WR)
            with connection.makefile("r", encoding="utf-8", newline="\n") as replies:
                return replies.read().splitlines()

    def kill(self) -> None:
        """As a power cut would end it."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def stop(self, name: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end; its exit code."""
        self.process.send_signal(name)
        code = self.process.wait(PATIENCE)
        self._listening.join(PATIENCE)
        return code


@contextlib.contextmanager
def serving(folder: Path, *words: str) -> Iterator[Server]:
    """A server while it is needed."""
    server = Server(folder, *words)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.kill()


def metertui(folder: Path, *words: str, code: int = 0) -> str:
    """Return what a command prints; it must exit with `code`.

    It runs in this process, which to the server is another. Commands as processes of their own are in
    tests/cli/test_serve.py; each costs as much as a hundred of these.
    """
    out, err = io.StringIO(), io.StringIO()
    with patch.dict(os.environ, ENVIRONMENT), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        left = run(["--data", str(folder), *words])
    assert left == code, err.getvalue() + out.getvalue()
    return out.getvalue() if code == 0 else err.getvalue()


def asked(folder: Path, *words: str) -> Any:
    """What a command answers as JSON."""
    return json.loads(metertui(folder, *words, "--format", "json"))
