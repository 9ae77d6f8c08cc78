"""The screens over a folder that another process owns: they follow its files, and ask it for its status."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any, cast

import pytest

from metertui.cli import follow
from metertui.cli.output import progress_bar
from metertui.headend.read_only import ReadOnlyHeadEnd
from metertui.server.control_protocol import Done, Failed, Request
from metertui.settings import Settings
from tests.cli.test_delegate import running
from tests.patience import until


def test_screens_hear_the_status_of_the_owner(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    heard: list[str] = []

    class Watching:
        """An app that ends when the owner has been heard."""

        left = True
        failure = None

        def __init__(self, headend: ReadOnlyHeadEnd, _settings: Settings, **_: object) -> None:
            self._headend = headend

        async def run_async(self) -> None:
            await until(lambda: self._headend.live().server_known)
            heard.append(self._headend.live().address)
            if not self.left:
                os.kill(os.getpid(), signal.SIGTERM)  # asked to end after it has failed

        def exit(self) -> None:
            """It ends by itself."""

    monkeypatch.setattr(follow, "MetertuiApp", Watching)
    with running(data) as owner:
        owner.address = "127.0.0.1:7007"
        assert follow.run_app(data, Settings(timezone="UTC"), progress_bar) == 0
        monkeypatch.setattr(Watching, "left", False)
        assert follow.run_app(data, Settings(timezone="UTC"), progress_bar) == 1
    assert "metertui: the screens failed; this process serves no meters; " in capsys.readouterr().err
    assert heard == ["127.0.0.1:7007"] * 2


async def test_an_owner_that_does_not_answer_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replies = iter([OSError("nobody listens"), Done({"queue": 1}), Failed("busy"), Done("text"), Done({"queue": 2})])
    received: list[dict[str, Any]] = []
    over = asyncio.Event()

    async def send_request(folder: Path, request: Request) -> object:
        assert (folder, request) == (tmp_path, Request("status", {}))
        reply = next(replies, None)
        if reply is None:
            over.set()
            raise TimeoutError
        if isinstance(reply, Exception):
            raise reply
        return reply

    class Follower:
        """A head-end that keeps what it receives."""

        engine = type("Engine", (), {"folder": tmp_path})
        receive_status = staticmethod(received.append)

    monkeypatch.setattr("metertui.cli.follow.control.send_request", send_request)
    monkeypatch.setattr(follow, "_STATUS_SECONDS", 0.0)
    asking = asyncio.create_task(follow._ask_status(cast("ReadOnlyHeadEnd", Follower())))
    await over.wait()
    asking.cancel()
    await asyncio.wait([asking])
    assert received == [{"queue": 1}, {"queue": 2}]
