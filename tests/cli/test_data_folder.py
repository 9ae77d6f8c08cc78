"""The data folder of a command."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from metertui.cli import data_folder
from metertui.engine.core.engine import Engine
from metertui.engine.errors import MeterError
from metertui.engine.storage.folder_lock import FolderLock
from tests.cli.conftest import Command


def test_option_comes_before_the_environment_and_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METERTUI_DATA", "from-environment")
    assert data_folder.folder_of(argparse.Namespace(data="from-option")) == Path("from-option")
    assert data_folder.folder_of(argparse.Namespace()) == Path("from-environment")
    monkeypatch.delenv("METERTUI_DATA")
    assert data_folder.folder_of(argparse.Namespace()) == Path("data")


@pytest.mark.parametrize(("words", "variable"), [(["--data", ""], "x"), ([], "")])
def test_an_empty_name_is_no_folder(
    metertui: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: list[str], variable: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("METERTUI_DATA", variable)
    result = metertui("users", "register", "m-1", *words)
    assert (result.code, result.out) == (2, "")
    assert result.err.endswith("is empty; give the name of a folder\n")
    assert list(tmp_path.iterdir()) == []


def test_folder_is_read_beside_its_owner(steady: Command, data: Path) -> None:
    lock = FolderLock(data)
    lock.acquire()
    with data_folder.open_for_reading(argparse.Namespace(data=str(data))) as engine:
        assert isinstance(engine, Engine)
        assert len(engine.readings) == 1990
    lock.release()


def test_folder_that_is_missing_is_an_error(data: Path) -> None:
    with (
        pytest.raises(MeterError, match="there is no data folder"),
        data_folder.open_for_reading(argparse.Namespace(data=str(data))),
    ):
        pass
    assert not data.exists()


def test_the_zone_that_a_folder_was_made_in_holds(
    metertui: Command, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("METERTUI_TIMEZONE")
    monkeypatch.setenv("TZ", ":Asia/Singapore")
    (tmp_path / "history.txt").write_text("m-1,2025-02-01T00:00,76\nm-1,2025-03-01T00:00,1140\n")
    assert metertui("import", str(tmp_path / "history.txt")).code == 0
    assert '\ntimezone = "Asia/Singapore"\n' in (data / "settings.toml").read_text()
    words = ("bill", "m-1", "--month", "2025-02", "--format", "json")
    before = metertui(*words)
    monkeypatch.setenv("TZ", "Europe/Berlin")
    after = metertui(*words)
    assert after.json == before.json
    assert (after.json["opening_kwh"], after.json["closing_kwh"]) == (76, 1140)
    assert (before.err, "TZ is Europe/Berlin, but this folder is in Asia/Singapore" in after.err) == ("", True)
    (data / "settings.toml").unlink()
    refused = metertui(*words)
    assert (refused.code, refused.out, refused.err.count("\n")) == (1, "", 1)
    assert "set timezone in " in refused.err
    assert metertui("users", "register", "m-2").code == 1
    monkeypatch.setenv("TZ", "Asia/Singapore")
    assert metertui("users", "register", "m-2").code == 0
    assert '\ntimezone = "Asia/Singapore"\n' in (data / "settings.toml").read_text()
