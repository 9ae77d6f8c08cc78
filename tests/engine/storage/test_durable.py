"""Replacing a file as one step."""

from __future__ import annotations

import errno
import fcntl
import os
import sys
from pathlib import Path

import pytest

from metertui.engine.errors import StorageError
from metertui.engine.storage import durable


def test_a_file_is_replaced_whole_and_keeps_who_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "users.csv"
    durable.replace_file(path, b"one")
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    durable.replace_file(path, iter([b"tw", b"o"]))
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"two", 0o640)
    durable.replace_file(path, b"three", mode=0o600)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["users.csv"]


@pytest.mark.parametrize("operation", ["write", "fsync", "replace"])
def test_a_disk_that_refuses_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    path = tmp_path / "users.csv"
    durable.replace_file(path, b"old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, operation, full)
        with pytest.raises(StorageError, match=r"cannot write users\.csv: No space left on device"):
            durable.replace_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["users.csv"]


def test_writing_goes_on_where_the_system_takes_little(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, bytes(data)[:3]))
    fd = os.open(tmp_path / "file", os.O_WRONLY | os.O_CREAT)
    durable.write_all(fd, b"0123456789")
    durable.sync_file(fd)
    os.close(fd)
    assert (tmp_path / "file").read_bytes() == b"0123456789"


@pytest.mark.parametrize("there", [True, False])
def test_a_new_name_that_is_not_on_disk_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    path = tmp_path / "users.csv"
    if there:
        durable.replace_file(path, b"old")

    def fails(_: Path) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(durable, "sync_folder", fails)
        with pytest.raises(StorageError, match="Input/output error"):
            durable.replace_file(path, b"new")
    assert [entry.read_bytes() for entry in tmp_path.iterdir()] == ([b"old"] if there else [])


@pytest.mark.parametrize("supported", [True, False])
def test_on_a_mac_the_drive_empties_its_cache_or_it_is_said_that_it_cannot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, supported: bool
) -> None:
    asked = []

    def flush(fd: int, what: int) -> None:
        asked.append(what)
        if not supported:
            raise OSError(errno.ENOTSUP, "Operation not supported")

    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(fcntl, "fcntl", flush)
    durable.replace_file(tmp_path / "users.csv", b"new")
    assert (tmp_path / "users.csv").read_bytes() == b"new"
    assert set(asked) == {51}
    assert ("cannot flush its cache" in durable.durability_warning(tmp_path)) is not supported


def test_a_drive_that_fails_to_empty_its_cache_is_no_success(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def flush(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(fcntl, "fcntl", flush)
    with pytest.raises(StorageError, match="Input/output error"):
        durable.replace_file(tmp_path / "users.csv", b"new")


def test_two_new_versions_of_a_file_at_once_do_not_touch_one_another(tmp_path: Path) -> None:
    path = tmp_path / "file"
    first, second = durable.Replacement(path), durable.Replacement(path)
    first.write(b"first")
    second.write(b"second, which is longer")
    first.commit()
    assert path.read_bytes() == b"first"
    second.commit()
    assert path.read_bytes() == b"second, which is longer"
    assert list(tmp_path.iterdir()) == [path]


def test_a_name_that_is_taken_is_not_written_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.token_hex", lambda _: "guessed")
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    (tmp_path / ".file.new-guessed").symlink_to(victim)
    with pytest.raises(StorageError):
        durable.replace_file(tmp_path / "file", b"new")
    assert victim.read_bytes() == b"precious"


def test_what_a_crash_left_of_new_versions_is_removed_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "bills").mkdir()
    (tmp_path / "archive" / "2025").mkdir(parents=True)
    left = (
        *(".users.csv.new-0123456789abcdef", ".users.csv.old-0123456789abcdef", ".log.txt.new", ".users.csv.change"),
        *("bills/.2025_03.csv.new-0123456789abcdef", "archive/2025/.03_01.csv.old", "archive/.manifest.csv.new"),
    )
    stays = (".users.csv.due", "users.csv.new", ".mine.txt.new", "users.csv", "archive/2025/03_01.csv")
    for name in (*left, *stays):
        (tmp_path / name).touch()
    durable.remove_spares(tmp_path)
    found = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert found == set(stays)
