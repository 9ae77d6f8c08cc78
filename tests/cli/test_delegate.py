"""Commands beside a running owner: the same words, the same answers."""

from __future__ import annotations

import asyncio
import contextlib
import io
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from metertui import settings
from metertui.cli import delegate
from metertui.cli.errors import Interrupted
from metertui.engine.base.config import SystemClock
from metertui.engine.core.engine import Engine
from metertui.engine.storage.folder_lock import FolderLock
from metertui.headend.service import HeadEnd
from metertui.server import socket_file
from metertui.server.control import ControlSocket
from tests.cli.conftest import Command
from tests.clock import FakeClock
from tests.patience import PATIENCE


@contextlib.contextmanager
def running(data: Path) -> Iterator[HeadEnd]:
    """An owner of the folder, in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def start() -> tuple[HeadEnd, ControlSocket]:
        headend = HeadEnd(Engine.open(data, settings.load(data).rules(), SystemClock()))
        control = ControlSocket(headend)
        await headend.start()
        await control.start()
        return headend, control

    async def stop(headend: HeadEnd, control: ControlSocket) -> None:
        await control.stop()
        await headend.stop()

    owner = asyncio.run_coroutine_threadsafe(start(), loop).result(PATIENCE)
    try:
        yield owner[0]
    finally:
        asyncio.run_coroutine_threadsafe(stop(*owner), loop).result(PATIENCE)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


FILE = ""
WORDS = (
    "users register m-1 --region East --address a\x1b[2Jb",
    "users register m-1",
    "users register _",
    "users modify m-1 --region West --format json",
    "users modify m-1",
    "users modify m-2 --region =1",
    "import {file} --format json",
    "import {file}",
    "import {file} --format wide",
    "bill --all --month 2025-02 --issue",
    "query --from 2025-02-01 --to 2025-03-01 --by day,region",
    "query --readings --from 2025-02-01 --to 2025-03-01 --sort -reading_kwh --format csv",
    "query --readings --from 2025-02-01 --to 2025-03-01 --region North",
    "void m-1 2025-02-01T00:30 --reason misread --format json",
    "void m-1 2025-02-01T00:30 --reason misread",
    "exchange m-1 --time 2025-02-01T01:10 --final 12 --initial 1 --reason old",
    "usage m-1 --from 2025-02-01 --to 2025-02-01",
    "users deactivate m-1 --format csv",
    "users deactivate m-1",
    "users reactivate m-1",
    "admins add a@b.example --role operator",
    "admins remove a@b.example",
    "admins remove a@b.example",
)


def test_a_running_owner_gives_the_same_answers_and_exit_codes(
    metertui: Command, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x.csv").write_text(
        "identifier,timestamp,usage\n"
        "m-1,2025-02-01T00:00,5\nm-1,2025-02-01T00:30,5.5\nm-1,2025-02-01T00:30,6\nm-1,2025-02-01T01:00,2\n"
        "m-1,2025-02-01T01:30,6.5\nm-1,2025-02-01T01:30,6.5\nm-7,2025-02-03T01:30,6\nm-7,2035-02-03T01:30,6\nm\n"
    )
    monkeypatch.setattr("tests.cli.test_delegate.FILE", str(tmp_path / "x.csv"))
    monkeypatch.setattr(SystemClock, "now", FakeClock().now)  # accounts have their time of registration
    alone = [_said(metertui, words, monkeypatch) for words in WORDS]
    monkeypatch.setenv("METERTUI_DATA", str(tmp_path / "other"))
    with running(tmp_path / "other"):
        beside = [_said(metertui, words, monkeypatch) for words in WORDS]
    assert beside == alone
    assert {code for code, _, _ in alone} == {0, 1, 2}
    assert (data / "users.csv").read_text() == (tmp_path / "other" / "users.csv").read_text()


def test_a_list_of_readings_is_the_owners(
    metertui: Command, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = tmp_path / "x.csv"
    history.write_text("identifier,timestamp,usage\nm-1,2025-02-01T00:30,5\n")
    assert metertui("import", str(history)).code == 0
    with running(data):
        monkeypatch.setattr(Engine, "open_readonly", None)  # nothing is loaded here
        words = ("query", "--readings", "--from", "2025-02-01", "--to", "2025-02-01", "--format", "csv")
        assert metertui(*words).out.splitlines()[1:] == ["m-1,2025-02-01T00:30:00+08:00,5,,,,actual"]


def _said(metertui: Command, words: str, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str, str]:
    monkeypatch.setattr("sys.stdin", io.StringIO("secret\n"))
    result = metertui(*words.format(file=FILE).split(" "))
    return result.code, result.out, result.err


def released_while_waiting(lock: FolderLock) -> SimpleNamespace:
    """Return a `time` module whose first sleep releases the lock, and in which no time passes."""
    return SimpleNamespace(monotonic=lambda: 0.0, sleep=lambda _: lock.release())


def test_an_owner_that_ends_soon_is_waited_for(metertui: Command, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data.mkdir()
    lock = FolderLock(data)
    lock.acquire()
    monkeypatch.setattr(delegate, "time", released_while_waiting(lock))
    assert metertui("users", "register", "m-1").code == 0


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"", "ended before it answered"),
        (b'{"progress":0.5}\n', "ended before it answered"),
        (b"HTTP/1.1 400\r\n\r\n", "JSON"),
        (b'{"error":"no\\u001b[2J"}\n', "no"),
    ],
)
def test_an_owner_that_answers_oddly_is_one_line(metertui: Command, data: Path, answer: bytes, why: str) -> None:
    data.mkdir()
    lock = FolderLock(data)
    lock.acquire()
    with socket_file.bind(data) as bound:
        bound.listen()
        serving = threading.Thread(target=_answer_once, args=(bound, answer))
        serving.start()
        result = metertui("users", "register", "m-1")
        serving.join()
    lock.release()
    assert (result.code, result.out) == (1, "")
    assert why in result.err
    assert result.err.count("\n") == 1


def test_an_owner_that_has_accepted_may_take_as_long_as_it_takes(
    metertui: Command, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data.mkdir()
    lock = FolderLock(data)
    lock.acquire()
    mine, theirs = socket.socketpair()
    patience: list[float | None] = []

    def answer() -> None:
        theirs.sendall(b'{"accepted":true}\n')
        theirs.recv(1000)
        patience.append(mine.gettimeout())
        theirs.sendall(b'{"progress":0.5}\n{"error":"no"}\n')

    monkeypatch.setattr(socket_file, "connect", lambda _: mine)
    serving = threading.Thread(target=answer)
    serving.start()
    result = metertui("users", "register", "m-1")
    serving.join()
    theirs.close()
    lock.release()
    assert (result.code, result.err) == (1, "metertui: no\n")
    assert patience == [None]


@pytest.mark.parametrize("queue", [8, 0], ids=["its queue has room", "its queue is full"])
def test_an_owner_that_accepts_nothing_is_one_line_and_is_sent_nothing(
    metertui: Command, data: Path, monkeypatch: pytest.MonkeyPatch, queue: int
) -> None:
    monkeypatch.setattr(delegate, "PATIENCE_SECONDS", 0.0)
    data.mkdir()
    lock = FolderLock(data)
    lock.acquire()
    with socket_file.bind(data) as bound, contextlib.ExitStack() as queued:
        bound.listen(queue)  # as a process that is stopped, or has no file left, still does
        with contextlib.suppress(BlockingIOError):
            while not queue:
                queued.enter_context(socket_file.connect(data))
        result = metertui("users", "register", "m-1")
        if queue:
            connection = queued.enter_context(bound.accept()[0])
            assert connection.recv(100) == b""
    lock.release()
    assert (result.code, result.out) == (1, "")
    assert "takes no commands; nothing was done" in result.err
    assert result.err.count("\n") == 1


def _answer_once(bound: socket.socket, answer: bytes) -> None:
    connection, _ = bound.accept()
    with connection:
        connection.sendall(b'{"accepted":true}\n')
        connection.recv(1000)
        connection.sendall(answer)


def test_the_owner_reports_the_share_done_and_goes_on_if_the_command_is_interrupted(data: Path) -> None:
    data.mkdir()
    told: list[float] = []
    rows: list[int] = []

    def interrupt(share: float) -> None:
        raise KeyboardInterrupt

    lock = FolderLock(data)
    lock.acquire()

    with socket_file.bind(data) as bound:
        bound.listen()
        answer = b'{"progress":0.25}\n{"progress":1,"rows":7}\n{"result":[1]}\n'
        serving = threading.Thread(target=_answer_once, args=(bound, answer))
        serving.start()
        assert delegate.perform(data, "close", {}, told.append, rows.append) == [1]
        serving.join()
        serving = threading.Thread(target=_answer_once, args=(bound, answer))
        serving.start()
        with pytest.raises(Interrupted, match="the process that owns the folder goes on with the command"):
            delegate.perform(data, "close", {}, interrupt)
        serving.join()
    lock.release()
    assert (told, rows) == ([0.25, 1.0], [7])
