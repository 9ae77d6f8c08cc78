"""The repair: what is broken is set aside and kept, what is whole stays byte for byte, and it is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.engine.base.config import Rules
from metertui.engine.base.identifiers import check_meter_id
from metertui.engine.base.zone import SiteZone
from metertui.engine.core.engine import Engine
from metertui.engine.errors import DataError, OwnedError, Refused, StorageError
from metertui.engine.maintenance.check import check_folder
from metertui.engine.maintenance.repair import FileRepair, repair_folder
from metertui.engine.storage import durable
from metertui.engine.storage.day_files import Archive
from metertui.engine.storage.folder_lock import FolderLock
from metertui.engine.storage.manifest import sha256_of
from tests.clock import FakeClock

RULES = Rules(zone=SiteZone("Asia/Singapore"))
DAY = "archive/2025/03_01.csv"
USERS = b"identifier,address,region,sub_region,postcode,apartment_type\n"
HISTORY = b"identifier,effective_from,region,sub_region,apartment_type\n"
HEADER = b"identifier,timestamp,usage\n"
FIRST = b"m-1,2025-03-01T00:00:00+08:00,144.5\n"
SECOND = b"m-1,2025-03-01T00:30:00+08:00,145\n"
BAD = b"m-1,2025-03-01T01:00:00+08:00,145,5\n"
FOUR_FIELDS = "a line is identifier,timestamp,usage, and this one has 4 fields"


def put(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def mend(folder: Path) -> list[FileRepair]:
    return repair_folder(folder, RULES, lambda _: None)


def aside(path: Path) -> bytes:
    return path.with_name(f"{path.name}.rejected").read_bytes()


def everything(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def told(folder: Path) -> list[str]:
    return [problem for proof in check_folder(folder, RULES, lambda _: None) for problem in proof.problems]


def start(folder: Path) -> list[str]:
    """What a start has to say."""
    engine = Engine.open(folder, RULES, FakeClock("2025-03-01T12:00:00"))
    engine.close()
    return [warning for warning in engine.warnings if "opened by other users" not in warning]


def test_a_sound_folder_is_left_as_it_is(tmp_path: Path) -> None:
    put(tmp_path, DAY, HEADER + FIRST + b"\n" + SECOND.replace(b"\n", b"\r\n"))
    put(tmp_path, "log.txt", FIRST)
    put(tmp_path, "users.csv", b"\xef\xbb\xbf" + USERS.replace(b"\n", b"\r\n") + b'm-1,"a\r\nb",,,,')
    put(tmp_path, "accounts_history.csv", HISTORY + b"m-1,2025-03-01T00:00,N,,\n")
    start(tmp_path)
    before = everything(tmp_path)
    assert mend(tmp_path) == []
    assert everything(tmp_path) == before


def test_an_empty_folder_has_nothing_to_repair(tmp_path: Path) -> None:
    assert mend(tmp_path) == []
    assert everything(tmp_path) == {}


@pytest.mark.parametrize("name", ["log.txt", "log.sealed.txt"])
def test_broken_lines_of_a_log_are_set_aside(tmp_path: Path, name: str) -> None:
    odd, torn = b"\xff\x00m-1\r\n", b"m-1,2025-03-01T02:00:00+08:00,14"
    path = put(tmp_path, name, FIRST + BAD + b"\n" + odd + SECOND.replace(b"\n", b"\r\n") + torn)
    with pytest.raises(DataError):
        start(tmp_path)
    assert mend(tmp_path) == [
        FileRepair(
            path, 2, 3, [(2, FOUR_FIELDS), (4, "the line is not plain text"), (6, "the last line is incomplete")], []
        )
    ]
    assert path.read_bytes() == FIRST + b"\n" + SECOND.replace(b"\n", b"\r\n")
    assert aside(path) == BAD + odd + torn + b"\n"
    start(tmp_path)


def test_a_torn_last_line_alone_is_set_aside_too(tmp_path: Path) -> None:
    path = put(tmp_path, "log.txt", FIRST + SECOND[:-2])
    assert mend(tmp_path) == [FileRepair(path, 1, 1, [(2, "the last line is incomplete")], [])]
    assert (path.read_bytes(), aside(path)) == (FIRST, SECOND[:-2] + b"\n")


@pytest.mark.parametrize(
    ("data", "left", "gone", "reasons", "notes"),
    [
        (HEADER + FIRST + BAD + SECOND, HEADER + FIRST + SECOND, BAD, [(3, FOUR_FIELDS)], []),
        (HEADER + FIRST + SECOND[:-1], HEADER + FIRST, SECOND, [(3, "the last line is incomplete")], []),
        (FIRST + SECOND, HEADER + FIRST + SECOND, b"", [], ["the header was restored"]),
        (
            b"identifier;timestamp\r\n" + FIRST + BAD,
            HEADER + FIRST,
            b"identifier;timestamp\r\n" + BAD,
            [(1, "the header is not identifier,timestamp,usage"), (3, FOUR_FIELDS)],
            ["the header was restored"],
        ),
        (b"", HEADER, b"", [], ["the header was restored"]),
        (
            bytes(7),
            HEADER,
            bytes(7) + b"\n",
            [(1, "the last line is incomplete")],
            ["the header was restored"],
        ),
    ],
    ids=["a line", "the last line", "no header", "a bad header", "empty", "zeros"],
)
def test_a_day_file_is_mended(
    tmp_path: Path, data: bytes, left: bytes, gone: bytes, reasons: list[tuple[int, str]], notes: list[str]
) -> None:
    put(tmp_path, "users.csv", USERS + b"m-1,,,,,\n")
    path = put(tmp_path, DAY, HEADER + FIRST)
    start(tmp_path)
    path.write_bytes(data)
    with pytest.raises(DataError):
        start(tmp_path)
    kept = left.count(b"\n") - 1
    assert mend(tmp_path) == [FileRepair(path, kept, len(reasons), reasons, notes)]
    assert path.read_bytes() == left
    assert not gone or aside(path) == gone
    assert path.with_name("03_01.csv.rejected").exists() == bool(gone)
    assert start(tmp_path) == []
    assert told(tmp_path) == []  # the manifest too takes the file as it is now
    assert len(Archive(tmp_path, RULES.zone).stored_days()) == 1


def test_only_the_first_reasons_are_named_and_all_lines_counted(tmp_path: Path) -> None:
    path = put(tmp_path, "log.txt", b"x\n" * 100 + FIRST)
    [done] = mend(tmp_path)
    assert (done.kept, done.lines_aside, [number for number, _ in done.reasons]) == (1, 100, list(range(1, 21)))
    assert aside(path) == b"x\n" * 100


def test_what_was_set_aside_before_stays(tmp_path: Path) -> None:
    path = put(tmp_path, "log.txt", FIRST + BAD)
    put(tmp_path, "log.txt.rejected", b"an earlier line\nand one that a crash cut")
    mend(tmp_path)
    assert aside(path) == b"an earlier line\nand one that a crash cut\n" + BAD


def test_a_crash_between_the_two_files_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path, "log.txt", FIRST + BAD)
    synced: list[bytes] = []

    def refuses(*_: object) -> None:
        assert synced == [BAD]  # it is there, on disk, before the file is without it
        raise StorageError("cannot write log.txt: No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(durable, "replace_file", refuses)
        patched.setattr(durable, "sync_metadata_too", lambda _: synced.append(aside(path)))
        with pytest.raises(StorageError):
            mend(tmp_path)
    assert path.read_bytes() == FIRST + BAD
    mend(tmp_path)
    assert (path.read_bytes(), aside(path)) == (FIRST, BAD + BAD)


def test_what_was_set_aside_is_its_owners_alone(tmp_path: Path) -> None:
    path = put(tmp_path, "users.csv", USERS + b"m-1\n")
    mend(tmp_path)
    assert path.with_name("users.csv.rejected").stat().st_mode & 0o777 == 0o600


# -- accounts ----------------------------------------------------------------------------------------------------


def test_broken_accounts_are_set_aside(tmp_path: Path) -> None:
    rows = [
        b'm-1,"1 Main Street\n#02-13",N,,,4-room\r\n',
        b'm-2,no quote ends" here,N,,,\n',
        b'm-3,"Main Street,N,,,4-room\n',
        b"m-4,,S,,\n",
        b"m-5,Caf\xe9,S,,,\n",
        b"!,,S,,,\n",
        b"m-1,,S,,,\n",
        b"\n",
        b"m-6,Caf\xc3\xa9,S,,,",
    ]
    path = put(tmp_path, "users.csv", USERS + b"".join(rows))
    [done] = mend(tmp_path)
    assert path.read_bytes() == USERS + rows[0] + rows[1] + rows[7] + rows[8]
    assert aside(path) == b"".join(rows[2:7])
    assert (done.path, done.kept, done.lines_aside, done.notes) == (path, 3, 5, [])
    with pytest.raises(Refused) as refused:
        check_meter_id("")
    assert done.reasons == [
        (5, "not valid CSV: unexpected end of data"),
        (6, "5 fields where the header has 6"),
        (7, "this is not UTF-8 text"),
        (8, str(refused.value)),
        (9, "m-1 is listed twice"),
    ]
    assert start(tmp_path) == []


def test_a_status_or_time_that_is_none_is_set_aside(tmp_path: Path) -> None:
    header = USERS.rstrip() + b",status,registered,remark\n"
    rows = [b"m-1,,,,,,Active,2025-03-01T00:00,x\n", b"m-2,,,,,,gone,,\n", b"m-3,,,,,,,yesterday,\n"]
    path = put(tmp_path, "users.csv", header + b"".join(rows))
    mend(tmp_path)
    assert (path.read_bytes(), aside(path)) == (header + rows[0], rows[1] + rows[2])
    assert start(tmp_path) == []


def test_broken_moves_are_set_aside(tmp_path: Path) -> None:
    rows = [b"m-1,2025-03-01T00:00,N,,\n", b"m-1,soon,S,,\n", b"m 1,2025-03-01T00:00,N,,\n", b"m-1,2025-03-02T00:00\n"]
    path = put(tmp_path, "accounts_history.csv", HISTORY + b"".join(rows))
    with pytest.raises(DataError):
        start(tmp_path)
    mend(tmp_path)
    assert (path.read_bytes(), aside(path)) == (HISTORY + rows[0], b"".join(rows[1:]))
    assert start(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "header", "why"),
    [
        ("users.csv", USERS.replace(b"postcode,", b""), "users.csv:1: the header lacks postcode: leaving lines out"),
        ("users.csv", b"\n" + USERS.replace(b"region", b"r\xe9gion"), "users.csv:2: this is not UTF-8 text: leaving"),
        ("users.csv", b'"' + USERS, "users.csv:1: not valid CSV: unexpected end of data: leaving lines out"),
        (
            "users.csv",
            USERS.replace(b"address", b"address,region"),
            "users.csv:1: the header has region twice: ",
        ),
        ("accounts_history.csv", b"m-1,2025-03-01T00:00,N,,\n", "accounts_history.csv:1: the header lacks identifier"),
    ],
)
def test_a_lost_column_is_refused_and_no_file_is_touched(tmp_path: Path, name: str, header: bytes, why: str) -> None:
    put(tmp_path, name, header + b"m-1,1 Main Street,N,,,\n")
    put(tmp_path, "log.txt", FIRST + BAD)
    put(tmp_path, DAY, FIRST)
    before = everything(tmp_path)
    with pytest.raises(DataError) as caught:
        mend(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path}/{why}")
    assert "correct the header: identifier," in str(caught.value)
    assert everything(tmp_path) == before


# -- the archive as a whole ----------------------------------------------------------------------------------------


def test_a_day_that_was_edited_by_hand_is_accepted_as_it_is(tmp_path: Path) -> None:
    put(tmp_path, "users.csv", USERS + b"m-1,,,,,\n")
    path = put(tmp_path, DAY, HEADER + FIRST + SECOND)
    start(tmp_path)
    path.write_bytes(HEADER + SECOND)
    assert len(told(tmp_path)) == 1
    assert mend(tmp_path) == [FileRepair(path, 1, notes=["edited by hand, and accepted as it is"])]
    assert path.read_bytes() == HEADER + SECOND
    assert told(tmp_path) == []
    assert mend(tmp_path) == []


def test_a_day_that_is_gone_is_said_and_no_longer_missed(tmp_path: Path) -> None:
    path = put(tmp_path, "archive/2025/02_28.csv", HEADER)
    start(tmp_path)
    path.unlink()
    [done] = mend(tmp_path)
    assert (done.path, done.notes[0][:8]) == (path, "missing;")
    assert start(tmp_path) == []
    assert told(tmp_path) == []


def test_broken_lines_of_the_manifest_are_set_aside(tmp_path: Path) -> None:
    put(tmp_path, DAY, HEADER)
    path = tmp_path / "archive/manifest.csv"
    line = b"2025/03_01.csv,%s,\n" % sha256_of(HEADER).encode()
    broken = b"2025/03_\xe91.csv,,\n" + b'"2025/03_02.csv,\r,\n'
    path.write_bytes(broken + line)
    [done] = mend(tmp_path)
    assert (done.kept, done.lines_aside, done.notes) == (1, 3, ["the header was restored"])
    assert (path.read_bytes(), aside(path)) == (b"file,sha256,edited\n" + line, broken)
    assert start(tmp_path) == []


def test_a_file_that_is_named_like_no_day_is_refused_and_no_file_is_touched(tmp_path: Path) -> None:
    put(tmp_path, "archive/2025/02_30.csv", HEADER)
    put(tmp_path, "log.txt", BAD)
    before = everything(tmp_path)
    with pytest.raises(DataError, match=r"02_30\.csv: this name is not a day of the calendar"):
        mend(tmp_path)
    assert everything(tmp_path) == before


def test_a_folder_that_is_in_use_is_left_alone(tmp_path: Path) -> None:
    put(tmp_path, "log.txt", BAD)
    owner = FolderLock(tmp_path)
    owner.acquire()
    with pytest.raises(OwnedError, match="is in use by another metertui"):
        mend(tmp_path)
    assert everything(tmp_path) == {"log.txt": BAD}
    owner.release()
    mend(tmp_path)
    assert everything(tmp_path) == {"log.txt": b"", "log.txt.rejected": BAD}


INTERVALS = b"identifier,start,end,kwh,quality\n"
HALF_HOUR = b"m-1,2025-03-01T00:00:00+08:00,2025-03-01T00:30:00+08:00,0.25,E\n"


def test_a_bad_interval_is_set_aside_and_the_others_stay(tmp_path: Path) -> None:
    put(tmp_path, "users.csv", USERS + b"m-1,,,,,\n")
    path = put(tmp_path, "intervals/2025/03_01.csv", INTERVALS + HALF_HOUR + HALF_HOUR.replace(b"0.25", b"-1"))
    assert told(tmp_path) != []
    assert [(each.path, each.kept, each.lines_aside) for each in mend(tmp_path)] == [(path, 1, 1)]
    assert (path.read_bytes(), aside(path)) == (INTERVALS + HALF_HOUR, HALF_HOUR.replace(b"0.25", b"-1"))
    start(tmp_path)
    path.write_bytes(HALF_HOUR.replace(b"E", b"S"))
    assert mend(tmp_path)[0].notes == ["the header was restored"]
    assert path.read_bytes() == INTERVALS + HALF_HOUR.replace(b"E", b"S")
    assert told(tmp_path) == []
