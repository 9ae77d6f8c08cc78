"""A start: what it says of files that contradict one another."""

from __future__ import annotations

import errno
import os
import re
import signal
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from metertui.engine.base.config import Rules
from metertui.engine.base.zone import DAY as DAY_LONG
from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.core.engine import Engine
from metertui.engine.errors import DataError, MeterError, StorageError
from metertui.engine.intervals import IntervalStore
from tests.clock import FakeClock
from tests.engine.intervals.listed import Listed, rows_of

RULES = Rules(zone=SiteZone("Asia/Singapore"))
AT = RULES.zone.parse("2025-03-01T10:00:00")
DAY = "identifier,timestamp,usage\nm,2025-03-11T10:00:00+08:00,1\nm,2025-03-11T11:00:00+08:00,2\n"


@pytest.mark.parametrize(
    ("day", "log", "told"),
    [
        (DAY, "m,2025-03-12T10:00:00+08:00,3\n", ""),
        (DAY, "m,2025-03-11T10:00:00+08:00,1\n", ""),  # the same once more: a day close was cut
        (DAY, "m,2025-03-11T10:00:00+08:00,7\n", "first for m at 2025-03-11T10:00:00.08:00, 1 in all"),
        (DAY.replace("11:00", "10:00"), "m,2025-03-12T10:00:00+08:00,3\n", "first for m at 2025-03-11T10:00:00"),
        (DAY, "m,2025-03-12T10:00:00+08:00,3\nm,2025-03-12T10:00:00+08:00,4\n", "m at 2025-03-12T10:00:00"),
    ],
)
def test_another_value_for_the_same_reading_is_reported(tmp_path: Path, day: str, log: str, told: str) -> None:
    (tmp_path / "users.csv").write_text("identifier,address,region,sub_region,postcode,apartment_type\nm,,,,,\n")
    (tmp_path / "archive" / "2025").mkdir(parents=True)
    (tmp_path / "archive" / "2025" / "03_11.csv").write_text(day)
    (tmp_path / "log.txt").write_text(log)
    with closing(Engine.open(tmp_path, RULES, FakeClock("2025-03-12T12:00:00"))) as engine:
        found = [warning for warning in engine.warnings if "two values" in warning]
        assert len(found) == bool(told)
        if told:
            assert found[0].endswith("the first of each counts; metertui check names them")
            assert re.search(told, found[0])


ACCOUNT = "identifier,address,region,sub_region,postcode,apartment_type,status,registered\nm,,,,,,active,\n"
LINES = "m,2025-03-11T10:00:00+08:00,1\nm,2025-03-11T11:00:00+08:00,2\n"


def left_behind(folder: Path, **files: str) -> Path:
    """A folder with files as something left them."""
    folder.mkdir(mode=0o700)
    for name, text in {"users.csv": ACCOUNT, **files}.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)
    return folder


def full(*_: object, **__: object) -> int:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("log", ["", "m,2025-03-12T09:00:00+08:00,3\n", None])
def test_a_sealed_log_on_a_full_disk_costs_no_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log: str | None
) -> None:
    files = {"log.sealed.txt": LINES, "events.csv": "time,meter,what,values,who,reason\n2025-03-12T10:40:00+08:00,m"}
    folder = left_behind(tmp_path / "data", **files, **({} if log is None else {"log.txt": log}))
    (folder / ".lock").touch(0o600)
    makes = os.open

    def full_for_new(path: Path, flags: int, *mode: int) -> int:
        return full() if flags & os.O_CREAT and not Path(path).exists() else makes(path, flags, *mode)

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        patched.setattr(os, "open", full_for_new)
        patched.setattr(os, "mkdir", full)
        engine = Engine.open(folder, RULES, FakeClock("2025-03-12T12:00:00"))
        assert "No space left on device" in engine.storage_error
        assert any("No space left" in told and "readings are refused" in told for told in engine.warnings)
        assert len(engine.readings) == len(engine.day_close.sealed) + bool(log) == 2 + bool(log)
        assert engine.usage("m", "year").usage_wh == (2000 if log else 1000)
        batch = engine.ingest.begin()
        assert batch.add_reading("m", "4", "2025-03-12T11:00").stored
        with pytest.raises(StorageError, match="No space left"):
            engine.ingest.write(batch)
        engine.ingest.roll_back(batch)
        with pytest.raises(StorageError, match="No space left"):
            engine.day_close.write_day_files(engine.day_close.seal(), lambda _: None)
    batch = engine.ingest.begin()  # and there is space again
    assert batch.add_reading("m", "4", "2025-03-12T11:00").stored
    engine.ingest.write(batch)
    engine.ingest.apply(batch)
    for _ in range(2):
        count = engine.day_close.seal()
        engine.day_close.write_day_files(count, lambda _: None)
        engine.day_close.finish(engine.readings.rebuild_history(count))
        engine.day_close.drop_sealed()
    engine.close()
    assert not (folder / "log.sealed.txt").exists()
    with closing(Engine.open(folder, RULES, FakeClock("2025-03-12T12:00:00"))) as again:
        assert len(again.readings) == 3 + bool(log)
        assert again.warnings == []
    stored = "".join(path.read_text() for path in folder.glob("archive/*/03_*.csv"))
    assert stored.count("\nm,") == 3 + bool(log)


KILLED = """
import os, sys
from pathlib import Path
from metertui.engine.base.config import Rules
from metertui.engine.base.zone import DAY as DAY_LONG
from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.core.engine import Engine
from tests.clock import FakeClock
engine = Engine.open(Path(sys.argv[1]), Rules(zone=SiteZone("Asia/Singapore")), FakeClock("2025-03-12T11:00:00"))
os.kill(os.getpid(), 9)
"""


def test_a_start_after_an_unclean_end_says_what_it_recovered_and_only_once(tmp_path: Path) -> None:
    folder = left_behind(tmp_path / "data", **{"log.txt": f"{LINES}m,2025-03-1"})
    killed = subprocess.run([sys.executable, "-c", KILLED, str(folder)], check=False)
    assert killed.returncode == -signal.SIGKILL
    (folder / "log.txt").write_text(f"{LINES}m,2025-03-1")
    with closing(Engine.open_books(folder, RULES, FakeClock())) as books:  # which needs no readings, and recovers none
        assert books.warnings == []
    with closing(Engine.open(folder, RULES, FakeClock("2025-03-12T12:00:00"))) as engine:
        recovered, torn = engine.warnings
        assert re.fullmatch(
            r"process \d+ ended without closing this folder; recovered 2 readings from log.txt", recovered
        )
        assert torn.startswith("log.txt: a torn last line of 11 bytes was dropped")
    with closing(Engine.open(folder, RULES, FakeClock("2025-03-12T12:00:00"))) as engine:
        assert engine.warnings == []


@pytest.mark.parametrize(
    ("now", "written", "closed", "unclosed"),
    [
        ("2025-03-12T08:00", "2025-03-11T23:00", "", "2025-03-11"),
        ("2025-03-14T08:00", "2025-03-11T23:00", "2025-03-11T00:00", "2025-03-11"),
        ("2025-03-11T23:30", "2025-03-11T23:00", "2025-03-11T00:00", None),
        ("2025-03-12T08:00", "2025-03-12T07:00", "2025-03-12T00:00", None),  # late readings, after the close
        ("2025-03-12T08:00", "2025-03-12T07:00", "2025-03-11T00:00", "2025-03-11"),  # a copy, or from a backup
        ("2025-03-10T08:00", "2025-03-11T07:00", "2025-03-11T00:00", None),  # the clock was set back
    ],
)
def test_the_log_of_a_day_that_is_over_is_known(
    tmp_path: Path, now: str, written: str, closed: str, unclosed: str | None
) -> None:
    zone = RULES.zone
    audit = (
        f"{zone.iso(zone.parse(closed))}\tmidnight\tclose\t\t5 readings into 1 day files in 0.01 s\n" if closed else ""
    )
    folder = left_behind(tmp_path / "data", **{"log.txt": LINES, "audit.log": audit})
    os.utime(folder / "log.txt", ns=(zone.parse(written) * 1000,) * 2)
    with closing(Engine.open(folder, RULES, FakeClock(now))) as engine:
        assert (engine.unclosed and str(engine.unclosed)) == unclosed
        assert [arrival.wh for arrival in engine.ingest.counters.arrivals] == [1000, 2000]


def test_what_is_no_file_in_the_place_of_a_file_is_named(tmp_path: Path) -> None:
    for name in ("log.txt", "users.csv", "events.csv", "admins.csv", "accounts_history.csv", "log.sealed.txt"):
        folder = left_behind(tmp_path / name)
        (folder / name).unlink(missing_ok=True)
        os.mkfifo(folder / name)
        for opening in (Engine.open, Engine.open_readonly):
            with pytest.raises(MeterError, match=re.escape(f"{folder / name}: this is a named pipe, not a file")):
                opening(folder, RULES, FakeClock()).close()


def test_a_byte_order_mark_before_the_first_line_is_no_damage(tmp_path: Path) -> None:
    folder = left_behind(tmp_path / "data", **{"log.txt": f"\ufeff{LINES}"})
    (folder / "archive").mkdir()
    (folder / "archive" / "manifest.csv").write_text("\ufefffile,sha256,edited\n")
    with closing(Engine.open(folder, RULES, FakeClock("2025-03-12T12:00:00"))) as engine:
        assert len(engine.readings) == 2


@pytest.mark.parametrize("users", ["", "\0" * 512, ACCOUNT.splitlines()[0] + "\n"], ids=["empty", "zeros", "header"])
def test_readings_without_accounts_are_told_first_and_kept(tmp_path: Path, users: str) -> None:
    folder = left_behind(tmp_path / "site", **{"users.csv": users, "log.txt": LINES})
    (folder / "archive" / "2025").mkdir(parents=True)
    (folder / "archive" / "2025" / "03_11.csv").write_text(DAY.replace("m,", "n,"))
    for _ in range(2):
        with closing(Engine.open(folder, RULES, FakeClock("2025-03-12T12:00:00"))) as engine:
            assert re.match("users.csv has no account for 2 meters with readings, such as ", engine.warnings[0])
            assert len(engine.readings) == 4


def test_a_sound_start_says_nothing_of_accounts(tmp_path: Path) -> None:
    folder = left_behind(tmp_path / "site", **{"log.txt": LINES})
    with closing(Engine.open(folder, RULES, FakeClock("2025-03-12T12:00:00"))) as engine:
        assert not [warning for warning in engine.warnings if "account" in warning]


def test_intervals_are_loaded_and_what_is_missing_of_them_is_told(tmp_path: Path) -> None:
    intervals: list[Listed] = [("m", AT, AT + HOUR, 5, 1), ("n", AT + DAY_LONG, AT + DAY_LONG + HOUR, 6, 0)]
    store = IntervalStore(tmp_path, RULES.zone)
    store.add_values(rows_of(intervals))
    store.folder.chmod(0o755)
    for open_folder in (Engine.open_readonly, Engine.open):
        with closing(open_folder(tmp_path, RULES, FakeClock("2025-03-12T12:00:00"))) as engine:
            found = engine.readings.intervals
            assert [engine.directory.ids[code] for code in found.meter.tolist()] == ["m", "n"]
            assert (found.energy.tolist(), found.quality.tolist()) == ([5, 6], [1, 0])
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700
    store.path_of_day(RULES.zone.day(AT)).unlink()
    with closing(Engine.open(tmp_path, RULES, FakeClock("2025-03-12T12:00:00"))) as engine:
        assert "intervals/2025/03_01.csv is missing; run metertui check for details" in engine.warnings
    store.path_of_day(RULES.zone.day(AT)).write_text("nonsense\n")
    with pytest.raises(DataError, match=r"03_01\.csv:1: the header is not"):
        Engine.open(tmp_path, RULES, FakeClock("2025-03-12T12:00:00"))


def test_a_folder_without_intervals_gets_no_files_of_them(tmp_path: Path) -> None:
    Engine.open(tmp_path, RULES, FakeClock("2025-03-12T12:00:00")).close()
    assert not (tmp_path / "intervals").exists()
