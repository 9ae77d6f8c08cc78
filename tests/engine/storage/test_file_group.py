"""Replacing files as a group."""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from metertui.engine.errors import StorageError
from metertui.engine.storage import durable, file_group
from metertui.engine.storage.file_group import FileGroup


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was synced, in order; a whole file system is `all`."""
    done: list[str] = []

    def noted(name: str) -> None:
        real = getattr(os, name)

        def sync(fd: int) -> None:
            done.append(Path(f"/proc/self/fd/{fd}").readlink().name)
            real(fd)

        monkeypatch.setattr(os, name, sync)

    noted("fsync")
    monkeypatch.setattr(file_group, "_syncfs", lambda fd: done.append("all"))
    return done


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_no_file_is_in_its_place_before_all_are_on_disk(tmp_path: Path, synced: list[str]) -> None:
    paths = [tmp_path / f"{number:02d}.csv" for number in range(20)]
    paths[3].write_bytes(b"old")
    group = FileGroup()
    for path in paths:
        group.replace(path, [b"a", b"b"])
    assert ([path.exists() for path in paths].count(True), paths[3].read_bytes(), synced) == (1, b"old", [])
    group.commit()
    assert (names(tmp_path), synced) == ([path.name for path in paths], ["all", tmp_path.name])
    assert {path.read_bytes() for path in paths} == {b"ab"}
    group.commit()
    assert len(synced) == 2


@pytest.mark.parametrize("has_call", [True, False])
def test_a_few_files_are_synced_by_themselves_and_many_too_where_the_system_has_no_call_for_them(
    tmp_path: Path, synced: list[str], monkeypatch: pytest.MonkeyPatch, *, has_call: bool
) -> None:
    if not has_call:
        monkeypatch.setattr(file_group, "_syncfs", None)
    group = FileGroup()
    for number in range(3 if has_call else 17):
        group.replace(tmp_path / str(number), [b"a"])
    group.commit()
    assert len(synced) == (4 if has_call else 18)
    assert "all" not in synced


def test_a_file_that_is_to_be_read_again_or_is_one_too_many_is_put_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = FileGroup()
    group.replace(tmp_path / "a", [b"1"])
    group.settle(tmp_path / "b")
    assert not (tmp_path / "a").exists()
    group.settle(tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"1"
    monkeypatch.setattr(file_group, "MOST_FILES", 2)
    group.replace(tmp_path / "a", [b"2"])
    group.replace(tmp_path / "c", [b"3"])
    assert [(tmp_path / name).read_bytes() for name in "ac"] == [b"2", b"3"]


@pytest.mark.parametrize("operation", ["write", "fsync", "replace", "syncfs"])
def test_a_disk_that_refuses_is_told_and_leaves_whole_files_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def write(group: FileGroup) -> None:
        for number in range(17 if operation == "syncfs" else 2):
            group.replace(tmp_path / f"{number}", [b"new"])
        group.commit()

    durable.replace_file(tmp_path / "0", b"old")
    with monkeypatch.context() as patched:
        if operation == "syncfs":
            patched.setattr(file_group, "_syncfs", full)
        else:
            patched.setattr(os, operation, full)
        with pytest.raises(StorageError, match=r"cannot write .*: No space left on device"):
            write(FileGroup())
    assert (names(tmp_path), (tmp_path / "0").read_bytes()) == (["0"], b"old")


def test_what_cannot_be_made_leaves_nothing(tmp_path: Path) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"a"
        raise KeyError

    group = FileGroup()
    group.replace(tmp_path / "a", [b"1"])
    with pytest.raises(KeyError):
        group.replace(tmp_path / "b", pieces())
    assert names(tmp_path) == []


def test_a_file_system_that_fails_to_write_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> int:
        ctypes.set_errno(errno.EIO)
        return -1

    monkeypatch.setattr(file_group, "_syncfs", fail)
    with pytest.raises(OSError, match="Input/output error"):
        file_group.sync_file_system(0)


def test_a_file_system_tells_of_errors_from_before_the_first_file_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[tuple[int, bool]] = []
    synced: list[int] = []
    real = os.open

    def note(path: str | Path, flags: int, *args: int, **more: int) -> int:
        fd = real(path, flags, *args, **more)
        opened.append((fd, bool(flags & os.O_DIRECTORY)))
        return fd

    def sync(fd: int) -> int:
        synced.append(os.fstat(fd).st_ino)
        return -(fd != opened[0][0])

    monkeypatch.setattr(os, "open", note)
    monkeypatch.setattr(file_group, "_syncfs", sync)
    group = FileGroup()
    for number in range(17):
        group.replace(tmp_path / f"{number}", [b"new"])
    group.commit()
    assert (opened[0][1], synced) == (True, [tmp_path.stat().st_ino])
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(opened[0][0])
