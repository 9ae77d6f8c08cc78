"""The write-ahead log, on a disk that works and on one that does not."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metertui.engine.base.zone import SiteZone
from metertui.engine.errors import BusyError, DataError, StorageError
from metertui.engine.storage import durable
from metertui.engine.storage import wal as log
from metertui.engine.storage.wal import WriteAheadLog

ZONE = SiteZone("Asia/Singapore")
LINES = [f"m{i % 3},2025-03-0{1 + i % 9}T00:{i:02d}:00+08:00,{i}.5\n".encode() for i in range(12)]


def opened(folder: Path) -> tuple[WriteAheadLog, list[str]]:
    """The log and what is in it, as lines."""
    wal, rows, _ = WriteAheadLog.open(folder, ZONE)
    codes, whs = rows.code.tolist(), rows.wh.tolist()
    return wal, [f"{rows.ids[c]} {wh}" for c, wh in zip(codes, whs, strict=True)]


def test_what_is_appended_is_there_at_the_next_start(tmp_path: Path) -> None:
    wal, found = opened(tmp_path)
    assert found == []
    wal.append(LINES[0] + LINES[1])
    wal.append(LINES[2], sync=False)
    assert wal.size == len(b"".join(LINES[:3]))
    wal.close()
    assert opened(tmp_path)[1] == ["m0 500", "m1 1500", "m2 2500"]


@given(st.integers(0, len(b"".join(LINES))))
def test_cut_anywhere_the_whole_lines_stand(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    folder = tmp_path_factory.mktemp("cut")
    data = b"".join(LINES)[:cut]
    (folder / "log.txt").write_bytes(data)
    wal, rows, torn = WriteAheadLog.open(folder, ZONE)
    whole = data.count(b"\n")
    assert len(rows) == whole
    assert bool(torn) == (not data.endswith(b"\n") and bool(data))
    wal.append(LINES[0])
    assert (folder / "log.txt").read_bytes() == b"".join(LINES[:whole]) + LINES[0]
    wal.close()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"m,2025-03-01T00:00:00+08:00", "has 2 fields"),
        (b"m,2025-03-01T00:00:00+08:00,1,2", "has 4 fields"),
        (b"!,2025-03-01T00:00:00+08:00,1", "a meter id is"),
        (b"m,2025-03-01,1", "a timestamp is like"),
        (b"m,2025-03-01T00:00:00+08:00,-1", "a reading is digits"),
        (b"m,2025-03-01T00:00:00+08:00,nan", "a reading is digits"),
        (b"m\x00,2025-03-01T00:00:00+08:00,1", "a meter id is"),
        (b"\xff", "not plain text"),
        (b"#", "has 1 fields"),
    ],
)
def test_a_broken_line_is_named_and_nothing_is_touched(tmp_path: Path, line: bytes, reason: str) -> None:
    data = LINES[0] + line + b"\n" + LINES[1]
    (tmp_path / "log.txt").write_bytes(data)
    with pytest.raises(DataError, match=reason) as error:
        WriteAheadLog.open(tmp_path, ZONE)
    assert error.value.line == 2
    assert (tmp_path / "log.txt").read_bytes() == data


def test_a_full_disk_leaves_nothing_and_is_forgiven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wal, _ = opened(tmp_path)
    wal.append(LINES[0])
    write = os.write

    def half(fd: int, data: bytes) -> int:
        if len(data) <= 10:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(fd, bytes(data)[:10])

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", half)
        with pytest.raises(StorageError, match=r"cannot write log\.txt: No space left on device"):
            wal.append(LINES[1] + LINES[2][:-1] + b"\n")
    assert (tmp_path / "log.txt").read_bytes() == LINES[0]
    wal.append(LINES[3])
    assert (tmp_path / "log.txt").read_bytes() == LINES[0] + LINES[3]


def test_a_failed_sync_is_never_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wal, _ = opened(tmp_path)
    wal.append(LINES[0])

    def fails(_fd: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr("metertui.engine.storage.durable.sync_file", fails)
        with pytest.raises(StorageError, match="could not be synced"):
            wal.append(LINES[1])
    with pytest.raises(StorageError, match="close the day or restart metertui"):
        wal.append(LINES[1])
    wal.close()
    assert opened(tmp_path)[1] == ["m0 500"]


def test_a_new_log_takes_readings_again_after_a_failed_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wal, _ = opened(tmp_path)
    wal.append(LINES[0])

    def fails(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr("metertui.engine.storage.durable.sync_file", fails)
        patched.setattr(os, "ftruncate", fails)
        with pytest.raises(StorageError):
            wal.append(LINES[1])
        assert wal.broken
        with pytest.raises(StorageError, match="Input/output error"):
            wal.seal()  # with what was refused still in it
    wal.seal()
    assert not wal.broken
    wal.append(LINES[2])
    assert (tmp_path / "log.sealed.txt").read_bytes() == LINES[0]
    assert (tmp_path / "log.txt").read_bytes() == LINES[2]
    wal.close()


@pytest.mark.parametrize(("code", "broken"), [(errno.ENOSPC, False), (errno.EIO, True)])
def test_a_refused_batch_is_cut_off_on_disk_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, broken: bool
) -> None:
    wal, _ = opened(tmp_path)
    wal.append(LINES[0])
    synced: list[int] = []

    def refuses(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    for sync in (lambda fd: synced.append(os.fstat(fd).st_size), refuses):
        with monkeypatch.context() as patched:
            patched.setattr(durable, "write_all", lambda fd, data: refuses(os.write(fd, data)))
            patched.setattr(durable, "sync_metadata_too", sync)
            with pytest.raises(StorageError):
                wal.append(LINES[1])
    assert synced == [len(LINES[0])]
    assert wal.broken == broken  # a disk that is full takes readings again once it has space
    wal.close()
    assert opened(tmp_path)[1] == ["m0 500"]


@pytest.mark.parametrize("undone", [True, False])
def test_a_seal_that_is_not_on_disk_is_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, undone: bool) -> None:
    wal, _ = opened(tmp_path)
    wal.append(LINES[0])
    rename = os.rename

    def fails(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr("metertui.engine.storage.durable.sync_folder", fails)
        if not undone:
            patched.setattr(os, "rename", lambda a, b: fails() if str(a).endswith("sealed.txt") else rename(a, b))
        with pytest.raises(StorageError, match="Input/output error"):
            wal.seal()
    assert not wal.sealed
    if undone:
        wal.append(LINES[1])
        assert (tmp_path / "log.txt").read_bytes() == LINES[0] + LINES[1]
    else:
        with pytest.raises(StorageError, match="neither sealed nor continued"):
            wal.append(LINES[1])
        assert (tmp_path / "log.sealed.txt").read_bytes() == LINES[0]
    wal.seal()
    assert wal.sealed
    wal.append(LINES[2])
    assert (tmp_path / "log.txt").read_bytes() == LINES[2]
    wal.close()


LONG = b"".join(b"m%d,2025-03-01T00:00:00+08:00,%d.5\n" % (n, n) for n in range(100))


@pytest.mark.parametrize("sector", [0, 1, 3])
def test_sectors_that_never_came_to_the_disk_are_set_aside_and_reported(tmp_path: Path, sector: int) -> None:
    acked = LINES[0] if sector == 0 else b""
    start = len(acked) if sector == 0 else 512 * sector
    data = acked + LONG
    data = data[:start] + bytes(512 * (sector + 1) - start) + data[512 * (sector + 1) :]
    path = tmp_path / "log.txt"
    path.write_bytes(data)
    wal, rows, told = log.WriteAheadLog.open(tmp_path, ZONE)
    assert "of the last batch" in told
    kept = [line for line in data.splitlines(keepends=True) if b"\0" not in line]
    assert path.read_bytes() == b"".join(kept)
    assert len(rows) == len(kept) < 100
    assert (tmp_path / "log.txt.rejected").read_bytes() == data[data.rfind(b"\n", 0, start) + 1 :]
    wal.append(LINES[1])
    wal.close()
    assert path.read_bytes() == b"".join(kept) + LINES[1]
    assert log.WriteAheadLog.open(tmp_path, ZONE)[2] == ""


def test_holes_may_be_anywhere_in_a_log_that_was_not_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "_UNSYNCED", 512)
    data = LONG[:512] + bytes(512) + LONG[1024:]
    (tmp_path / "log.txt").write_bytes(data)
    with pytest.raises(DataError):
        log.WriteAheadLog.open(tmp_path, ZONE)
    wal, rows, told = log.WriteAheadLog.open(tmp_path, ZONE, synced=False)
    wal.close()
    assert len(rows) == sum(b"\0" not in line for line in data.splitlines())
    assert "missing on disk" in told


@pytest.mark.parametrize(("at", "zeros"), [(700, 1), (512, 511), (513, 511), (512, 100)])
def test_zeros_that_are_no_sectors_are_damage(tmp_path: Path, at: int, zeros: int) -> None:
    data = LONG[:at] + bytes(zeros) + LONG[at + zeros :]
    (tmp_path / "log.txt").write_bytes(data)
    with pytest.raises(DataError):
        log.WriteAheadLog.open(tmp_path, ZONE)
    assert (tmp_path / "log.txt").read_bytes() == data


def test_sealing_opens_a_new_log(tmp_path: Path) -> None:
    wal, _ = opened(tmp_path)
    wal.append(LINES[0])
    wal.seal()
    assert wal.sealed
    wal.append(LINES[1])
    with pytest.raises(BusyError):
        wal.seal()
    assert (tmp_path / "log.sealed.txt").read_bytes() == LINES[0]
    assert (tmp_path / "log.txt").read_bytes() == LINES[1]
    sealed = log.read_sealed_log(tmp_path, ZONE)
    assert sealed is not None
    assert sealed.wh.tolist() == [500]
    assert [rows.wh.tolist() for rows in log.read_logs(tmp_path, ZONE)] == [[1500], [500]]
    wal.drop_sealed()
    assert not wal.sealed
    wal.close()


def test_a_log_that_cannot_be_sealed_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wal, _ = opened(tmp_path)
    wal.append(LINES[0])
    real = os.open

    def refuses(path: Path, flags: int, *mode: int) -> int:
        if flags & os.O_EXCL:
            raise OSError(errno.EMFILE, "Too many open files")
        return real(path, flags, *mode)

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", refuses)
        with pytest.raises(StorageError, match="Too many open files"):
            wal.seal()
    wal.append(LINES[1])
    wal.close()
    assert not (tmp_path / "log.sealed.txt").exists()
    assert opened(tmp_path)[1] == ["m0 500", "m1 1500"]
