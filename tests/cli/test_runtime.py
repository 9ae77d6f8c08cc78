"""What a running metertui needs, with screens or without."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
from pathlib import Path

import pytest

from metertui.cli import runtime


def test_command_name_is_what_the_shell_of_another_terminal_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = tmp_path / ".venv" / "bin" / "metertui"
    command.parent.mkdir(parents=True)
    command.write_text("#!/bin/sh\n")
    command.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(command)])
    monkeypatch.setenv("PATH", "/bin")
    assert runtime.command_name() == ".venv/bin/metertui"
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert runtime.command_name() == str(command)
    monkeypatch.setenv("PATH", str(command.parent))
    assert runtime.command_name() == "metertui"
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "metertui" / "__main__.py")])
    assert runtime.command_name().endswith(" -m metertui")


def test_the_collector_leaves_alone_what_is_loaded() -> None:
    thresholds = gc.get_threshold()
    gc.unfreeze()
    try:
        runtime.tame_collector()
        assert gc.get_freeze_count() > 10_000
        assert gc.get_threshold() == (*thresholds[:2], 1000)
    finally:
        gc.set_threshold(*thresholds)


async def test_connections_that_cannot_be_accepted_are_logged_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    refused = list[OSError]()
    errors = runtime.LoopErrors(refused.append)
    loop = asyncio.get_running_loop()
    error = OSError(24, "Too many open files")
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            errors(loop, {"message": "socket.accept() out of system resource", "exception": error})
    assert refused == [error] * 3
    assert [record.message for record in caplog.records] == [
        "no further connection can be accepted: Too many open files"
    ]


async def test_other_errors_of_the_loop_are_logged_by_asyncio(caplog: pytest.LogCaptureFixture) -> None:
    errors = runtime.LoopErrors()
    errors(asyncio.get_running_loop(), {"message": "Task exception was never retrieved", "exception": ValueError("x")})
    assert "Task exception was never retrieved" in caplog.text
