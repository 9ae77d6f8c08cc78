"""The program as a process: ready, spoken to, asked beside, ended."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from metertui.cli.main import run
from tests.patience import PATIENCE

METERTUI = [sys.executable, "-m", "metertui"]


class Server:
    """`metertui serve` on a folder of its own and a free port."""

    def __init__(self, data: Path) -> None:
        self.environment = {**os.environ, "METERTUI_DATA": str(data), "METERTUI_TIMEZONE": "Asia/Singapore"}
        command = [*METERTUI, "serve", "--port", "0"]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=self.environment)
        assert self.process.stderr is not None
        ready = re.fullmatch(r"ready on 127\.0\.0\.1:(\d+)\n", self.process.stderr.readline())
        assert ready is not None
        self.port = ready[1]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*METERTUI, *words], capture_output=True, text=True, env=self.environment, timeout=PATIENCE, check=False
        )

    def end(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        _, said = self.process.communicate(timeout=PATIENCE)
        assert "Traceback" not in said
        return self.process.returncode


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("serve") / "data"


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    """The server of all tests; the last of them ends it."""
    made = Server(folder)
    yield made
    if made.process.poll() is None:
        made.process.kill()
        made.process.communicate()


def test_a_settings_file_is_there_after_the_first_start(server: Server, folder: Path) -> None:
    assert "# port = 7007" in (folder / "settings.toml").read_text()


def test_live_meters_send_until_their_time_is_over(server: Server) -> None:
    words = ["simulate", "--live", "--seconds", "0.5", "--speed", "18000", "--meters", "5", "--register", "--seed", "2"]
    summary = json.loads(server.run(*words, "--format", "json", "--port", server.port).stdout)
    assert summary["registered"] == 5
    assert summary["sent"] == summary["ok"] + summary["duplicate"] > 0


def test_a_day_is_played_into_it_and_asked_for_beside_it(
    server: Server, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("METERTUI_TIMEZONE", "Asia/Singapore")
    played = server.run(
        *["simulate", "--meters", "20", "--register", "--connections", "3", "--format", "json", "--port"], server.port,
        "--from", "2025-03-11T00:00", "--to", "2025-03-12T00:00",
    )  # fmt: skip
    summary = json.loads(played.stdout)
    assert {name: summary[name] for name in ("registered", "sent", "ok", "duplicate", "suspect", "err")} == {
        "registered": 20, "sent": 980, "ok": 980, "duplicate": 0, "suspect": 0, "err": 0,
    }  # fmt: skip
    out = tmp_path / "made.log"
    run(["generate", "--meters", "20", "--from", "2025-03-11", "--to", "2025-03-12", "-o", str(out)])
    registers = {
        line.split(",")[0] + line.split(",")[1]: float(line.split(",")[2]) for line in out.read_text().splitlines()
    }
    meter = out.read_text().split(",")[0]
    expected = registers[f"{meter}2025-03-12T00:00:00+08:00"] - registers[f"{meter}2025-03-11T00:00:00+08:00"]

    answer = json.loads(server.run("usage", meter, "yesterday", "--at", "2025-03-12T08:00", "--format", "json").stdout)
    assert answer["usage_kwh"] == pytest.approx(expected, abs=1e-6)
    assert (answer["opening_quality"], answer["closing_quality"], answer["readings"]) == ("actual", "actual", 49)
    assert server.run("users", "register", "m-1").returncode == 0  # by the server
    assert server.end(signal.SIGTERM) == 0
    assert not (folder / ".control").exists()
    assert server.run("users", "deactivate", "m-1").returncode == 0  # by itself
    assert run(["--data", str(folder), "check"]) == 0
