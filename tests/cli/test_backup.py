"""A backup and its restoring by command."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path

import pytest

from tests.cli.conftest import Command


def test_backup_is_restored_to_the_same_answers_and_never_overwrites(steady: Command, tmp_path: Path) -> None:
    kept, again = str(tmp_path / "kept.tar.zst"), str(tmp_path / "again")
    assert f"copied to {kept}" in steady("backup", kept).out
    restored = steady("restore", kept, "--data", again)
    assert f"metertui check --data {again}" in restored.out
    question = ("usage", "m-1", "--from", "2025-02-01", "--to", "2025-02-28", "--format", "json")
    assert steady(*question, "--data", again).json == steady(*question).json
    assert steady("backup", kept).code == 1
    assert steady("restore", kept, "--data", again).code == 1


def test_a_backup_goes_through_standard_streams_and_pipes(
    steady: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe, came = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: came.append(pipe.read_bytes()))
    reader.start()
    assert steady("backup", str(pipe)).code == 0
    reader.join()
    packed = io.BytesIO()
    with monkeypatch.context() as patched:
        patched.setattr("sys.stdout", io.TextIOWrapper(packed))
        told = steady("backup", "-")
        came.append(packed.getvalue())
    assert (told.code, "bytes copied to standard output" in told.err) == (0, True)
    question = ("usage", "m-1", "last_month", "--at", "2025-03-12", "--format", "json")
    for name, data in zip("ab", came, strict=True):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
        assert steady("restore", "-", "--data", str(tmp_path / name)).code == 0
        assert steady(*question, "--data", str(tmp_path / name)).out == steady(*question).out
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(came[1][:-9])))
    cut = steady("restore", "-", "--data", str(tmp_path / "c"))
    assert (cut.code, cut.err.startswith("metertui: standard input is not a complete backup")) == (1, True)


def test_a_backup_does_not_go_into_a_data_folder_also_through_a_link(
    steady: Command, data: Path, tmp_path: Path
) -> None:
    link = tmp_path / "link.tar.zst"
    link.symlink_to(data / "archive" / "copy.tar.zst")
    for target in (link, data / "copy", data / "archive" / "copy.tar.zst"):
        result = steady("backup", str(target))
        assert (result.code, "is a data folder" in result.err) == (1, True)
    assert not list(data.rglob("copy*"))


def test_a_backup_and_its_restoring_are_reported_as_asked(steady: Command, tmp_path: Path) -> None:
    kept, again = str(tmp_path / "kept.tar.zst"), str(tmp_path / "again")
    copied = steady("backup", kept, "--format", "json").json
    restored = steady("restore", kept, "--data", again, "--format", "json").json
    assert (copied["target"], restored["target"]) == (kept, again)
    assert copied["files"] == restored["files"] > 1
    assert steady("--format", "csv", "backup", str(tmp_path / "b")).out.startswith("files,bytes,target\n")
