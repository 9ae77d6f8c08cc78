"""The screens as a command: who owns the folder, and a server that goes on without them."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from metertui.cli import delegate, follow, screens, starting
from metertui.cli.runtime import open_owned
from metertui.engine.errors import UnwritableError
from metertui.engine.storage.folder_lock import FolderLock
from metertui.headend.service import HeadEnd
from metertui.settings import Settings
from tests.cli.conftest import Command
from tests.cli.test_delegate import released_while_waiting, running
from tests.patience import PATIENCE


def test_screens_wait_for_a_command_that_ends_soon_and_follow_who_stays(
    metertui: Command, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []
    monkeypatch.setattr(starting, "on_terminal", lambda: True)
    monkeypatch.setattr(screens, "run_app", lambda engine, *_, **__: (shown.append("own"), engine.close())[1])
    monkeypatch.setattr(follow, "run_app", lambda *_: shown.append("follow"))
    data.mkdir()
    lock = FolderLock(data)
    lock.acquire()
    with monkeypatch.context() as patched:
        patched.setattr(screens, "time", released_while_waiting(lock))
        assert metertui("tui").code == 0
    lock.acquire()
    monkeypatch.setattr(delegate, "PATIENCE_SECONDS", 0.0)
    assert metertui("tui").code == 0
    lock.release()
    monkeypatch.setattr(delegate, "PATIENCE_SECONDS", PATIENCE)
    with running(data):
        assert metertui("tui").code == 0  # at once, as it takes commands
    assert shown == ["own", "follow", "follow"]


def test_a_folder_that_cannot_be_written_into_opens_read_only(
    metertui: Command, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise UnwritableError(f"cannot use {data}: Read-only file system")

    shown: list[Path] = []
    monkeypatch.setattr(starting, "on_terminal", lambda: True)
    monkeypatch.setattr(screens, "open_owned", refuse)
    monkeypatch.setattr(follow, "run_app", lambda data, *_: shown.append(data))
    result = metertui("tui")  # it is not there either
    assert (result.code, result.err.rpartition("\r\x1b[K")[2]) == (
        1,
        f"metertui: cannot use {data}: Read-only file system\n",
    )
    data.mkdir()
    assert metertui("tui").code == 0
    assert shown == [data]


@pytest.mark.parametrize("failure", [None, OSError(5, "Input/output error")], ids=["it ends", "it raises"])
def test_the_server_outlives_screens_that_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], failure: OSError | None
) -> None:
    answers: list[bytes] = []

    class Failing:
        """An app that ends though nobody asked; a meter speaks, and then the process is asked to end."""

        left = False
        failure = None

        def __init__(self, headend: HeadEnd, _settings: Settings, **_: object) -> None:
            self._address = headend.address.split(":")

        async def run_async(self) -> None:
            self._later = asyncio.create_task(self._speak())
            if failure is not None:
                raise failure

        async def _speak(self) -> None:
            reader, writer = await asyncio.open_connection(*self._address)
            writer.write(b"REGISTER m\nREAD m 1\n")
            answers.extend([await reader.readline(), await reader.readline()])
            writer.close()
            os.kill(os.getpid(), signal.SIGTERM)

        def exit(self) -> None:
            """It has ended already."""

    monkeypatch.setattr("metertui.cli.screens.MetertuiApp", Failing)
    config = Settings(timezone="UTC", port=0)
    assert screens.run_app(open_owned(tmp_path, config), config) == 1
    assert answers == [b"OK\n", b"OK\n"]
    assert "the screens failed" in (said := capsys.readouterr().err)
    assert "; meters are still served on 127.0.0.1:" in said
    assert (tmp_path / "log.txt").read_text().startswith("m,")
