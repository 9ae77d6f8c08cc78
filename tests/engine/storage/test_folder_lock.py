"""One process owns a data folder."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from metertui.engine.errors import OwnedError
from metertui.engine.storage.folder_lock import FolderLock

HOLD = """
import sys
from pathlib import Path
from metertui.engine.storage.folder_lock import FolderLock
FolderLock(Path(sys.argv[1])).acquire()
print("owned", flush=True)
sys.stdin.read()
"""


def refused(folder: Path) -> str:
    with pytest.raises(OwnedError) as caught:
        FolderLock(folder).acquire()
    return str(caught.value)


def test_the_error_of_a_second_owner_names_the_first(tmp_path: Path) -> None:
    first = FolderLock(tmp_path)
    first.acquire()
    told = f"the data folder {tmp_path} is in use by another metertui (process {os.getpid()})"
    assert refused(tmp_path) == told
    assert refused(tmp_path) == told  # being refused frees nothing
    first.release()
    second = FolderLock(tmp_path)
    second.acquire()
    first.release()  # once more, and not what is another's
    assert refused(tmp_path) == told
    second.release()


@pytest.mark.parametrize("left", [b"", b"4711\n", b"\xff\x00 no number, but longer than any\n"])
def test_a_file_that_was_left_behind_is_harmless(tmp_path: Path, left: bytes) -> None:
    (tmp_path / ".lock").write_bytes(left)
    lock = FolderLock(tmp_path)
    lock.acquire()
    assert (tmp_path / ".lock").read_text() == f"{os.getpid()} running\n"
    assert not lock.unclean  # an earlier version never wrote how it ended
    lock.release()
    assert (tmp_path / ".lock").read_text() == f"{os.getpid()} ended\n"


def test_the_lock_ends_with_its_process_however_that_ends(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "owned\n"
        assert f"(process {owner.pid})" in refused(tmp_path)
        owner.kill()
    for lock in (FolderLock(tmp_path, recovers=False), FolderLock(tmp_path)):
        lock.acquire()
        assert lock.unclean == str(owner.pid)  # as long as nobody has recovered what it left
        lock.release()
    lock = FolderLock(tmp_path)
    lock.acquire()
    assert not lock.unclean
    lock.release()


def test_a_full_disk_does_not_stand_in_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    lock = FolderLock(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        lock.acquire()
    assert refused(tmp_path).endswith("(process unknown)")
    lock.release()


def test_folders_do_not_stand_in_each_others_way(tmp_path: Path) -> None:
    locks = [FolderLock(tmp_path / name) for name in "ab"]
    for lock, name in zip(locks, "ab", strict=True):
        (tmp_path / name).mkdir()
        lock.acquire()
    for lock in locks:
        lock.release()


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        FolderLock(tmp_path / "none").acquire()
