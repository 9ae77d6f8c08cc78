"""The program's own log: nobody who does not take its lines holds up the server."""

from __future__ import annotations

import errno
import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from metertui.cli import logs
from metertui.cli.logs import QueuedLog
from tests.patience import PATIENCE


class Slow:
    """Somebody who takes lines only while `taking` is set, or refuses them."""

    def __init__(self) -> None:
        self.taking = threading.Event()
        self.waiting = threading.Event()
        self.refusing = False
        self.took: list[str] = []

    def write(self, data: bytes) -> None:
        self.waiting.set()
        assert self.taking.wait(PATIENCE)
        if self.refusing:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.took.append(data.decode())


@contextmanager
def bare_root() -> Iterator[None]:
    """The root logger as at the start of a program; at its end all lines are written."""
    root = logging.getLogger()
    before, level = root.handlers, root.level
    root.handlers = []
    try:
        yield
    finally:
        for handler in root.handlers:
            handler.close()
        root.handlers = before
        root.setLevel(level)


def record(text: str) -> logging.LogRecord:
    return logging.LogRecord("metertui", logging.INFO, __file__, 1, text, (), None)


def test_lines_that_nobody_takes_are_dropped_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_MOST_LINES", 10)
    slow = Slow()
    log = QueuedLog(slow.write)
    log.handle(record("first"))
    assert slow.waiting.wait(PATIENCE)
    sending = threading.Thread(target=lambda: [log.handle(record("later")) for _ in range(30)], daemon=True)
    sending.start()
    sending.join(PATIENCE)
    assert not sending.is_alive()  # nothing waits
    log.handle(logging.LogRecord("metertui", logging.INFO, __file__, 1, "%d", ("no number",), None))
    slow.taking.set()
    log.close()
    assert slow.took[0].endswith(" INFO first\n")
    assert slow.took[1] == "21 log lines were dropped, as they were not taken\n"
    assert len(slow.took) == 12


def test_the_end_does_not_wait_for_who_takes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_MOST_LINES", 1)
    monkeypatch.setattr(logs, "_CLOSE_SECONDS", 0.01)
    slow = Slow()
    log = QueuedLog(slow.write)
    log.put("one")
    assert slow.waiting.wait(PATIENCE)
    log.put("two")
    log.close()
    assert slow.took == []
    slow.taking.set()


def test_a_full_disk_drops_lines_and_says_so_when_there_is_space() -> None:
    slow = Slow()
    slow.refusing = True
    slow.taking.set()
    log = QueuedLog(slow.write)
    for _ in range(5):
        log.put("lost")
    while log._lines.qsize():
        pass
    log.put("lost")
    while log._dropped < 6:
        pass
    slow.refusing = False
    log.put("there")
    log.close()
    assert slow.took == ["6 log lines were dropped, as they were not taken\n", "there\n"]


def test_control_characters_in_a_line_are_shown_and_not_obeyed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with (tmp_path / "stderr").open("w") as stream, bare_root():
        monkeypatch.setattr(sys, "stderr", stream)
        say = logs.log_to_stderr()
        say("ready on 127.0.0.1:7007")
        logging.getLogger("metertui").warning("of \x1b[2J a file\nand \x9b more")
    ready, first, second = (tmp_path / "stderr").read_text().splitlines()
    assert ready == "ready on 127.0.0.1:7007"
    assert (first.split(" WARNING ")[1], second) == ("of ␛[2J a file", "and \\u009b more")


@pytest.mark.parametrize("fault", ["full", "pipe"])
def test_a_log_that_cannot_be_written_costs_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], fault: str
) -> None:
    if fault == "pipe":
        os.mkfifo(tmp_path / "metertui.log")
    else:

        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr("metertui.engine.storage.durable.write_all", full)
    with bare_root():
        logs.log_to_folder(tmp_path)
        logging.getLogger("metertui").info("nobody will read this")
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"metertui: cannot write {tmp_path}/metertui.log: ")


def test_the_log_in_the_folder_is_its_owners_alone(tmp_path: Path) -> None:
    with bare_root():
        logs.log_to_folder(tmp_path)
        logging.getLogger("metertui").info("hello")
    assert (tmp_path / "metertui.log").read_text().endswith(" INFO hello\n")
    assert (tmp_path / "metertui.log").stat().st_mode & 0o777 == 0o600


def test_the_log_in_the_folder_is_rotated_at_a_size_by_all_that_write_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "_MOST_BYTES", 1000)
    path = tmp_path / "metertui.log"
    one, other = logs._LogFile(path), logs._LogFile(path)
    for number in range(1000):
        (one if number % 3 else other).write(f"line {number}\n".encode())
    kept = (tmp_path / "metertui.log.1").read_text() + path.read_text()
    assert kept.splitlines() == [f"line {number}" for number in range(1000)][-kept.count("\n") :]
    assert 1000 <= len(kept) <= 2 * (1000 + len("line 999\n"))
    assert path.stat().st_mode & 0o777 == 0o600
    path.unlink()
    one.write(b"where somebody has removed it\n")
    assert path.read_text() == "where somebody has removed it\n"


def test_a_log_that_cannot_be_rotated_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(logs, "_MOST_BYTES", 10)
    log = logs._LogFile(tmp_path / "metertui.log")
    with monkeypatch.context() as patched:
        patched.setattr("metertui.cli.logs.private_files.open_file", fails)
        for _ in range(3):
            log.write(b"too many open files\n")
    assert (tmp_path / "metertui.log.1").read_text() == "too many open files\n" * 3
    log.write(b"again\n")
    assert (tmp_path / "metertui.log").read_text() == "again\n"
