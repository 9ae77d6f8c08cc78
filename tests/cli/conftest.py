"""The command line, called as a user calls it, in this process."""

from __future__ import annotations

import io
import json
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from metertui.cli.main import run


@dataclass(frozen=True)
class Result:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Result]


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Puts back the handlers of the signals that commands take."""
    before = {name: signal.getsignal(name) for name in (signal.SIGTERM, signal.SIGHUP)}
    yield
    for name, handler in before.items():
        signal.signal(name, handler)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder that is not there yet."""
    return tmp_path / "data"


@pytest.fixture
def metertui(data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs words on the data folder, in Singapore."""
    monkeypatch.setenv("METERTUI_TIMEZONE", "Asia/Singapore")
    monkeypatch.setenv("METERTUI_DATA", str(data))

    def command(*words: str) -> Result:
        capsys.readouterr()
        try:
            code = run(words)
        except SystemExit as left:
            code = int(left.code or 0)
        said = capsys.readouterr()
        return Result(code, said.out, said.err)

    return command


@pytest.fixture(scope="session")
def _steady_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder for others to copy."""
    lines = ["identifier,timestamp,usage"]
    half_hours = (2 + 28 + 11) * 48 + 21
    for i in range(half_hours + 1):
        day, slot = divmod(i, 48)
        date = f"2025-01-{30 + day}" if day < 2 else f"2025-02-{day - 1:02}" if day < 30 else f"2025-03-{day - 29:02}"
        lines.append(f"m-1,{date}T{slot // 2:02}:{slot % 2 * 30:02}:00,{1000 + i / 2:g}")
    history = tmp_path_factory.mktemp("steady") / "steady.csv"
    history.write_text("\n".join(lines) + "\n")
    made = history.with_name("data")
    said = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(said), redirect_stderr(said):
        patch.setenv("METERTUI_TIMEZONE", "Asia/Singapore")
        assert run(["--data", str(made), "import", str(history)]) == 0
    return made


@pytest.fixture
def steady(metertui: Command, data: Path, _steady_folder: Path) -> Command:
    """The same, with a meter `m-1` in the folder that draws 1 kW from 2025-01-30 on, read every half hour.

    Its last reading is that of 2025-03-12, 10:30.
    """
    shutil.copytree(_steady_folder, data)
    return metertui
