"""A backup is whole or not there, and comes back to the byte; restore writes over nothing and believes no byte."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import tarfile
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metertui.engine.base.config import Rules
from metertui.engine.base.zone import SiteZone
from metertui.engine.billing.billing_run import BillingRun
from metertui.engine.billing.tariffs import COLUMNS
from metertui.engine.core.engine import Engine
from metertui.engine.errors import MeterError
from metertui.engine.intervals import IntervalStore
from metertui.engine.maintenance import backup as backups
from metertui.engine.maintenance.backup import back_up, restore
from metertui.engine.maintenance.check import check_folder
from metertui.engine.storage import durable
from tests.clock import FakeClock
from tests.engine.book_changes import modify
from tests.engine.intervals.listed import listed, rows_of

RULES = Rules(zone=SiteZone("Asia/Singapore"))
FORMS = ["copy.tar.zst", "copy"]


def silent(_share: float) -> None:
    """Nobody watches."""


def put(engine: Engine, *readings: tuple[str, str, str]) -> None:
    batch = engine.ingest.begin()
    for meter, kwh, time in readings:
        if meter not in engine.ingest.active:
            batch.add_account(meter, {"region": "West"})
        assert batch.add_reading(meter, kwh, time).stored
    engine.ingest.write(batch)
    engine.ingest.apply(batch)


def close_day(engine: Engine) -> None:
    count = engine.day_close.seal()
    engine.day_close.write_day_files(count, silent)
    engine.day_close.finish(engine.readings.rebuild_history(count))
    engine.day_close.drop_sealed()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two closed days, a log, an account that moved, and files that are no data."""
    data = tmp_path / "data"
    clock = FakeClock("2025-03-12T10:40:00")
    engine = Engine.open(data, RULES, clock)
    put(engine, ("m", "1", "2025-03-10T10:00"), ("m", "2", "2025-03-11T10:00"), ("n", "5", "2025-03-11T10:00"))
    close_day(engine)
    put(engine, ("m", "3", "2025-03-12T10:00"))
    modify(engine.accounts, "m", {"region": "East"}, clock.now())
    (data / "tariffs.csv").write_text(",".join(COLUMNS) + "\n2025-01-01,,,,,28.12,9\n")
    frozen = engine.view().frozen()
    BillingRun(frozen, "2025-02", engine.terms(), engine.bills, silent).issue(clock.now())
    engine.close()
    (data / "settings.toml").write_text('timezone = "Asia/Singapore"\n')
    for name in ("metertui.log", "metertui.log.1"):
        (data / name).write_text("not data\n")
    (data / ".users.csv.new").write_text("half")
    return data


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith((".", "metertui.log"))
    }


def test_bills_that_are_issued_meanwhile_fit_their_manifest(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine.open(folder, RULES, FakeClock("2025-04-12T10:40:00"))
    real, done = backups._read, list[str]()

    def issuing_between(root: Path, name: str) -> object:
        member = real(root, name)
        if name == "bills/2025_02.csv" and not done:  # read already; now it changes
            done.append(name)
            (folder / "tariffs.csv").write_text(",".join(COLUMNS) + "\n2025-01-01,,,,,30,9\n")
            frozen = engine.view().frozen()
            assert BillingRun(frozen, "2025-03", engine.terms(), engine.bills, silent).issue(engine.clock.now())
        return member

    monkeypatch.setattr(backups, "_read", issuing_between)
    back_up(folder, tmp_path / "copy", silent)
    engine.close()
    assert not [problem for proof in check_folder(tmp_path / "copy", RULES, silent) for problem in proof.problems]


@pytest.mark.parametrize("form", FORMS)
def test_it_comes_back_to_the_byte(folder: Path, tmp_path: Path, form: str) -> None:
    shares: list[float] = []
    report = back_up(folder, tmp_path / form, shares.append)
    assert shares[-1] == 1.0
    again = tmp_path / "again"
    assert restore(tmp_path / form, again, silent) == report
    assert contents(again) == contents(folder)
    assert report.files == len(contents(folder))
    assert not any(proof.failures for proof in check_folder(again, RULES, silent))
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_folder_can_be_held_against_its_checksums_by_other_programs(folder: Path, tmp_path: Path) -> None:
    back_up(folder, tmp_path / "copy", silent)
    lines = (tmp_path / "copy/backup.sha256").read_text().splitlines()
    digests = {name: digest for digest, name in (line.split("  ") for line in lines)}
    assert set(digests) == set(contents(folder))


def test_a_line_that_is_just_being_written_is_left_out(folder: Path, tmp_path: Path) -> None:
    with (folder / "log.txt").open("a") as log:
        log.write("n,2025-03-12T10:3")
    with (folder / "users.csv").open("a") as users:
        users.write("o,12 Half Str")
    back_up(folder, tmp_path / "copy", silent)
    assert contents(tmp_path / "copy")["log.txt"] == b"m,2025-03-12T10:00:00+08:00,3\n"
    assert contents(tmp_path / "copy")["users.csv"].endswith(b"\n")


@pytest.mark.parametrize("often", [False, True])
@pytest.mark.parametrize("form", FORMS)
def test_readings_that_move_into_their_day_files_meanwhile_are_in_it_once(
    folder: Path, tmp_path: Path, form: str, often: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine.open(folder, RULES, FakeClock("2025-03-12T10:40:00"))
    read = backups._read
    moments = iter(range(1000))

    def busily(where: Path, name: str) -> backups.Member | None:
        # Between any two files that are read, a reading arrives, and at some the day is closed, or twice at each.
        member = None
        for _ in range(1 + often):
            moment = next(moments)
            put(engine, ("p", str(moment), f"2025-03-12T00:{moment:02d}:00"))
            if often or moment % 3 == 1:
                close_day(engine)
            member = member or read(where, name)
        return member

    stored = len(engine.readings)
    with monkeypatch.context() as patched:
        patched.setattr(backups, "_read", busily)
        back_up(folder, tmp_path / form, silent)
    engine.close()
    restore(tmp_path / form, tmp_path / "again", silent)
    again = Engine.open(tmp_path / "again", RULES, engine.clock)
    assert len(again.readings) >= stored
    assert {"m", "n"} <= set(again.ingest.active)
    assert [wh for _, wh in again.readings.reads_before(again.directory.codes["m"], 1 << 62, 9)] == [1000, 2000, 3000]
    again.close()
    assert not any(proof.failures for proof in check_folder(tmp_path / "again", RULES, silent))


@pytest.mark.parametrize("form", FORMS)
def test_an_edited_day_is_an_edited_day_in_the_copy_too(folder: Path, tmp_path: Path, form: str) -> None:
    day = folder / "archive/2025/03_10.csv"
    day.write_text(day.read_text().replace(",1\n", ",0.5\n"))
    back_up(folder, tmp_path / form, silent)
    restore(tmp_path / form, tmp_path / "again", silent)
    problems = [problem for proof in check_folder(tmp_path / "again", RULES, silent) for problem in proof.problems]
    assert len(problems) == 1
    assert "03_10.csv: edited by hand" in problems[0]


def test_nothing_is_written_over(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "copy.tar.zst").write_text("precious")
    with pytest.raises(MeterError, match="exists already"):
        back_up(folder, tmp_path / "copy.tar.zst", silent)
    with pytest.raises(MeterError, match="inside the data folder"):
        back_up(folder, folder / "copy", silent)
    with pytest.raises(MeterError, match="no data folder"):
        back_up(tmp_path / "nowhere", tmp_path / "copy", silent)
    back_up(folder, tmp_path / "copy", silent)
    before = contents(folder)
    with pytest.raises(MeterError, match="is not empty"):
        restore(tmp_path / "copy", folder, silent)
    with pytest.raises(MeterError, match="there is no backup"):
        restore(tmp_path / "nowhere", tmp_path / "again", silent)
    assert contents(folder) == before
    (tmp_path / "empty").mkdir()
    restore(tmp_path / "copy", tmp_path / "empty", silent)
    assert contents(tmp_path / "empty") == before


@pytest.mark.parametrize("form", FORMS)
def test_a_full_disk_leaves_nothing_behind(
    folder: Path, tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up(folder, tmp_path / "sound", silent)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(MeterError, match="No space left"):
            back_up(folder, tmp_path / form, silent)
        with pytest.raises(MeterError, match="No space left"):
            restore(tmp_path / "sound", tmp_path / "again", silent)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "sound"]


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    where = tmp_path_factory.mktemp("packed")
    engine = Engine.open(where / "data", RULES, FakeClock("2025-03-12T10:40:00"))
    put(engine, *(("m", str(n), f"2025-03-11T{n:02d}:00") for n in range(20)))
    close_day(engine)
    engine.close()
    back_up(where / "data", where / "copy.tar.zst", silent)
    return (where / "copy.tar.zst").read_bytes()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_damaged_is_noticed_and_nothing_restored(
    packed: bytes, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    where = tmp_path_factory.mktemp("damaged")
    at = data.draw(st.integers(0, len(packed) - 1))
    if data.draw(st.booleans()):
        broken = packed[:at]
    else:
        flipped = packed[at] ^ data.draw(st.integers(1, 255))
        broken = packed[:at] + bytes([flipped]) + packed[at + 1 :]
    (where / "copy.tar.zst").write_bytes(broken)
    said = ""
    try:
        restore(where / "copy.tar.zst", where / "again", silent)
    except MeterError as error:
        said = str(error)
    if said:
        assert "\n" not in said
        assert not (where / "again").exists()
    else:  # a byte that says nothing of what is inside
        (where / "whole.tar.zst").write_bytes(packed)
        restore(where / "whole.tar.zst", where / "whole", silent)
        assert contents(where / "again") == contents(where / "whole")


@pytest.mark.parametrize(
    ("name", "kind", "why"),
    [
        ("../out.csv", tarfile.REGTYPE, "would be written to"),
        ("/etc/out.csv", tarfile.REGTYPE, "would be written to"),
        ("archive/../../out.csv", tarfile.REGTYPE, "would be written to"),
        ("log\n.txt", tarfile.REGTYPE, "would be written to"),
        ("log.txt", tarfile.SYMTYPE, "is not a regular file"),
        ("log.txt", tarfile.FIFOTYPE, "is not a regular file"),
    ],
)
def test_a_hostile_archive_writes_nowhere(tmp_path: Path, name: str, kind: bytes, why: str) -> None:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, "/etc/passwd"
        tar.addfile(info)
    (tmp_path / "hostile.tar.zst").write_bytes(zstandard.compress(raw.getvalue()))
    with pytest.raises(MeterError, match=why):
        restore(tmp_path / "hostile.tar.zst", tmp_path / "deep/again", silent)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["hostile.tar.zst"]


def pack(path: Path, *files: tuple[str, bytes]) -> Path:
    """A `.tar.zst` of files, with their checksums."""
    raw = io.BytesIO()
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files)
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for name, data in (*files, ("backup.sha256", sums.encode())):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    path.write_bytes(zstandard.compress(raw.getvalue()))
    return path


def test_what_unpacks_to_far_more_than_it_is_is_no_backup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backups, "_LEAST_BOUND", 1 << 20)
    monkeypatch.setattr(backups, "_PIECE", 1 << 16)
    bomb = pack(tmp_path / "bomb.tar.zst", ("log.txt", bytes(1 << 23)))
    assert bomb.stat().st_size < 8192
    written: list[int] = []
    write = durable.write_all
    monkeypatch.setattr(durable, "write_all", lambda fd, data: (written.append(len(data)), write(fd, data)))
    with pytest.raises(MeterError, match=r"bomb\.tar\.zst is not a backup: it unpacks to over 1000 times its size"):
        restore(bomb, tmp_path / "again", silent)
    assert sum(written) <= max(1 << 20, 1000 * bomb.stat().st_size)
    assert [path.name for path in tmp_path.iterdir()] == ["bomb.tar.zst"]
    whole = pack(tmp_path / "whole.tar.zst", ("log.txt", bytes(1 << 19)))
    assert restore(whole, tmp_path / "again", silent).bytes == 1 << 19


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["users.csv", "events.csv", "exports.csv"])
@pytest.mark.parametrize(
    ("tail", "stays"),
    [
        (b"torn,", False),
        (b'"torn', False),
        (bytes(600), False),
        (b"m-9,,,,,active", True),  # whole, as a hand that edited the file left it
    ],
)
def test_a_torn_last_line_is_left_out_as_at_a_start(
    tmp_path: Path, form: str, name: str, tail: bytes, stays: bool
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    data = b"one,two,three,four,five,six\nm-1,,,,,\n"
    (folder / name).write_bytes(data + tail)
    back_up(folder, tmp_path / form, silent)
    restore(tmp_path / form, tmp_path / "again", silent)
    assert (tmp_path / "again" / name).read_bytes() == data + tail * stays


@pytest.mark.parametrize("umask", [0, 0o777])
@pytest.mark.parametrize("form", FORMS)
def test_a_backup_and_what_is_restored_of_it_are_their_owners_alone(
    folder: Path, tmp_path: Path, form: str, umask: int
) -> None:
    for path in folder.rglob("*"):
        path.chmod(0o777)
    before = os.umask(umask)
    try:
        back_up(folder, tmp_path / form, silent)
        restore(tmp_path / form, tmp_path / "again", silent)
    finally:
        os.umask(before)
    made = [tmp_path / form, tmp_path / "again", *(tmp_path / "again").rglob("*"), *(tmp_path / form).rglob("*")]
    assert len(made) > 8
    assert {path.stat().st_mode & 0o777 for path in made if path.is_dir()} == {0o700}
    assert {path.stat().st_mode & 0o777 for path in made if path.is_file()} == {0o600}


def test_what_stands_in_the_place_of_a_file_is_named(folder: Path, tmp_path: Path) -> None:
    (folder / "tariffs.csv").unlink(missing_ok=True)
    os.mkfifo(folder / "tariffs.csv")
    with pytest.raises(MeterError, match=r"cannot read .*tariffs\.csv: this is a named pipe, not a file"):
        back_up(folder, tmp_path / "copy", silent)
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("change", ["alter", "drop", "add", "no sums"])
def test_a_folder_that_was_changed_is_refused(folder: Path, tmp_path: Path, change: str) -> None:
    copy = tmp_path / "copy"
    back_up(folder, copy, silent)
    match change:
        case "alter":
            (copy / "log.txt").write_text("m,2025-03-12T10:00:00+08:00,4\n")
        case "drop":
            (copy / "archive/2025/03_10.csv").unlink()
        case "add":
            (copy / "archive/2025/03_09.csv").write_text("identifier,timestamp,usage\n")
        case _:
            (copy / "backup.sha256").unlink()
    with pytest.raises(MeterError, match=r"is damaged|is missing|has no checksum|is not a complete backup"):
        restore(copy, tmp_path / "again", silent)
    assert not (tmp_path / "again").exists()


def test_files_are_synced_before_they_get_their_name(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, rename = os.fsync, Path.rename

    def synced(fd: int) -> None:
        steps.append("folder" if stat.S_ISDIR(os.fstat(fd).st_mode) else "file")
        fsync(fd)

    def renamed(path: Path, to: Path) -> Path:
        steps.append("rename")
        return rename(path, to)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "rename", renamed)
    back_up(folder, tmp_path / "copy.tar.zst", silent)
    assert steps == ["file", "rename", "folder"]
    steps.clear()
    restore(tmp_path / "copy.tar.zst", tmp_path / "again", silent)
    files = len(contents(tmp_path / "again"))
    assert steps == ["file"] * files + ["folder"] * 4 + ["rename", "folder"]


def test_intervals_are_in_a_backup_with_a_manifest_that_fits(folder: Path, tmp_path: Path) -> None:
    store = IntervalStore(folder, RULES.zone)
    store.add_values(rows_of([("m", 0, 1_000_000, 5, 0)]))
    back_up(folder, tmp_path / "copy.tar.zst", silent)
    restore(tmp_path / "copy.tar.zst", tmp_path / "restored", silent)
    again = IntervalStore(tmp_path / "restored", RULES.zone)
    assert listed(again.read_all()) == listed(store.read_all())
    assert again.manifest.read_entries() == store.manifest.read_entries()
    assert stat.S_IMODE(again.folder.stat().st_mode) == 0o700
