"""Every file of a small data folder, damaged in every way that one edit can: nothing is lost or changed in silence.

What a start must do is said here by a reader of its own, which knows the form of a line and nothing else: a folder
opens if each line is sound, with just the readings that the lines state; else it is refused by file and line, and no
file is touched. A figure that an edit turned into another valid one cannot be told from the file alone; the manifest
of the day files tells that one, in `check`. After a repair the folder opens, and every sound line is there.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui import settings as stated_settings
from metertui.engine.accounts.account import Account
from metertui.engine.accounts.book import AccountBook
from metertui.engine.accounts.staff import StaffBook
from metertui.engine.attributes import Group
from metertui.engine.base.config import Rules
from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.core.engine import Engine
from metertui.engine.errors import DataError, MeterError, Refused
from metertui.engine.maintenance.check import check_folder
from metertui.engine.maintenance.repair import FileRepair, repair_folder
from metertui.engine.storage import day_close
from metertui.engine.storage.day_files import Archive
from metertui.engine.storage.durable import ASIDE
from metertui.engine.storage.reading_lines import Rows
from metertui.engine.vee.edit_log import EditLog
from metertui.engine.vee.edits import Edit
from tests.clock import FakeClock
from tests.engine.book_changes import add_member

ZONE: Final = SiteZone("Asia/Singapore")
RULES: Final = Rules(zone=ZONE)
START: Final = ZONE.parse("2025-03-01T00:00")
MOVED: Final = START + 30 * HOUR
HEADER: Final = b"identifier,timestamp,usage"
LOG: Final = "log.txt"
DAYS: Final = ("archive/2025/03_01.csv", "archive/2025/03_02.csv", "archive/2025/03_03.csv")
TABLES: Final = ("users.csv", "accounts_history.csv", "events.csv")
MANIFEST: Final = "archive/manifest.csv"
FILES: Final = (LOG, DAYS[0], DAYS[2], MANIFEST, *TABLES, "admins.csv", "settings.toml")
LINE: Final = re.compile(rb"([A-Za-z0-9][A-Za-z0-9._-]{0,31}),([ -~]*),([0-9]+(?:\.[0-9]+)?)\r*")

Readings = dict[tuple[str, int], set[int]]
Folder = dict[str, bytes]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """Two meters over three days, one of which moved, the third day's rest in the log, one member of staff."""
    folder = tmp_path_factory.mktemp("sound")
    times = START + np.arange(0, 72, 6, dtype=np.int64) * HOUR
    rows = Rows(
        ["m-1", "m-2"],
        np.repeat(np.arange(2, dtype=np.int32), len(times)),
        np.tile(times, 2),
        np.concatenate([100_000 + np.arange(len(times)) * 1500, 7_000 + np.arange(len(times)) * 333]),
    )
    day_close.write_day_files(Archive(folder, ZONE), rows, ZONE)
    accounts = [
        Account("m-1", "Block 5, #02-13", "South", "Bukit Merah", "150005", "4-room", registered=START),
        Account("m-2", "1 Café Road", "North", "Yishun", "760001", "5-room", active=False, registered=START),
    ]
    AccountBook(folder, ZONE).put_accounts(accounts, {"m-1": [(START, Group("West")), (MOVED, accounts[0].group)]})
    add_member(StaffBook(folder), "ops@example.org", "operator", "secret horse")
    decisions = [Edit(START + 60 * HOUR, "m-1", "void", START + 6 * HOUR, "ann", 'misread, "sorry"')]
    decisions += [Edit(START + 61 * HOUR, "m-2", "exchange", START + 9 * HOUR, "ann", "worn", 7_500, 7_400)]
    book = EditLog(folder, ZONE)
    book.append_edits([*decisions, Edit(START + 62 * HOUR, "m-2", "note", START + 9 * HOUR, "bob", "seen")])
    (folder / LOG).write_text(
        "m-1,2025-03-03T19:00:00+08:00,117.9\nm-2,2025-03-03T19:00:00+08:00,10.9\nm-1,2025-03-03T19:30:00+08:00,118\n"
    )
    (folder / "settings.toml").write_text('timezone = "Asia/Singapore"\nmax_kw = 100\n\n# The TCP port.\nport = 7007\n')
    opened(folder, RULES).close()
    return files_of(folder)


def opened(folder: Path, rules: Rules) -> Engine:
    return Engine.open(folder, rules, FakeClock("2025-03-03T20:00:00"))


def files_of(folder: Path) -> Folder:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


@contextmanager
def laid(files: Folder) -> Iterator[Path]:
    """A data folder with these files."""
    folder = Path(tempfile.mkdtemp())
    try:
        for name, data in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
        yield folder
    finally:
        shutil.rmtree(folder)


@st.composite
def edits(draw: st.DrawFn, data: bytes) -> bytes:
    """`data` after one edit: by a disk, by a crash, by a person."""
    kind = draw(st.sampled_from(["flip", "digit", "cut", "insert", "put", "duplicate", "swap", "drop the end"]))
    lines = data.splitlines(keepends=True)
    at = draw(st.integers(0, len(data) - 1))
    if kind == "flip":
        return data[:at] + bytes([data[at] ^ draw(st.integers(1, 255))]) + data[at + 1 :]
    if kind == "digit":
        at = draw(st.sampled_from([place for place, byte in enumerate(data) if chr(byte).isdigit()]))
        return data[:at] + draw(st.sampled_from([b"%d" % digit for digit in range(10)])) + data[at + 1 :]
    if kind == "cut":
        return data[:at] + data[at + draw(st.sampled_from([1, 2, 5, 10, 20, 50, len(data)])) :]
    if kind == "insert":
        return data[:at] + draw(st.binary(min_size=1, max_size=6)) + data[at:]
    if kind == "put":
        odd = [b"\n", b"\r", b"\r\n", b'"', b",", b" ", b"\0", b"0", b".", b"e3", b"+", b"-", b"#", b"\xef\xbb\xbf"]
        return data[:at] + draw(st.sampled_from(odd)) + data[at:]
    if kind == "drop the end":
        return data[:-1]
    one, other = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, len(lines) - 1))
    if kind == "duplicate":
        lines.insert(other, lines[one])
    else:
        lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


# -- what the files state ------------------------------------------------------------------------------------------


def reading(line: bytes) -> tuple[str, int, int] | None:
    """Meter, time and Wh of a line; None for one that is no reading."""
    match = LINE.fullmatch(line)
    if match is None:
        return None
    wh = (Decimal(match[3].decode()) * 1000).quantize(Decimal(1), ROUND_HALF_EVEN)
    try:
        return (match[1].decode(), ZONE.parse(match[2].decode()), int(wh)) if wh <= 99_999_999_999 else None
    except Refused:
        return None


def lines_below(name: str, data: bytes) -> list[bytes]:
    """A file's ended lines but its header, without the blank ones."""
    lines = data.split(b"\n")[:-1]
    if name in DAYS and lines and lines[0].rstrip(b"\r").removeprefix(b"\xef\xbb\xbf") == HEADER:
        del lines[0]
    return [line for line in lines if line.rstrip(b"\r")]


def is_sound(name: str, data: bytes) -> bool:
    """Whether a file of readings is as it should be, the torn last line of a log apart."""
    if name in DAYS:
        first = data.partition(b"\n")[0]
        if not data.endswith(b"\n") or first.rstrip(b"\r").removeprefix(b"\xef\xbb\xbf") != HEADER:
            return False
    return all(reading(line) for line in lines_below(name, data))


def stated(files: Folder) -> Readings:
    """Every value that a line states for a meter and a time."""
    found: Readings = {}
    for name in (LOG, *DAYS):
        for line in lines_below(name, files.get(name, b"")):
            said = reading(line)
            if said is not None:
                found.setdefault(said[:2], set()).add(said[2])
    return found


def assert_readings(engine: Engine, files: Folder) -> None:
    """What the engine has is what the lines state. Where two of them contradict each other, `check` says so."""
    frozen = engine.view().frozen()
    columns = frozen.columns
    meters, times, whs = columns.meter.tolist(), columns.time.tolist(), columns.wh.tolist()
    found = {(frozen.ids[code], time): wh for code, time, wh in zip(meters, times, whs, strict=True)}
    expected = stated(files)
    assert len(found) == len(meters)
    assert found.keys() == expected.keys()
    assert all(wh in expected[key] for key, wh in found.items())
    if any(len(values) > 1 for values in expected.values()):
        told = [problem for proof in check_folder(engine.folder, RULES, lambda _: None) for problem in proof.problems]
        assert any("and no decision says which is void" in problem for problem in told)


def assert_accounts(engine: Engine, before: Engine, name: str, was: bytes, now: bytes) -> None:
    """Nothing is different but what the edited line states."""
    header, kept = same_lines(was, now)
    for meter, row in (("m-1", b"m-1,"), ("m-2", b"m-2,")):
        if name != "users.csv" or any(line.startswith(row) for line in kept):
            account, known = engine.accounts.get(meter), before.accounts.get(meter)
            assert account is not None
            assert known is not None
            assert (account.group, account.address, account.postcode) == (known.group, known.address, known.postcode)
            assert not header or account == known
    if not any(told.startswith("accounts_history.csv: ") for told in engine.warnings):  # half a change is dropped
        rows = [line for line in was.splitlines()[1:] if line in kept]
        for since, group in before.accounts.moves_of("m-1"):
            if name != "accounts_history.csv" or any(group.region.encode() in row for row in rows):
                assert (since, group) in engine.accounts.moves_of("m-1")
    if name != "admins.csv" or (header and kept):
        assert engine.staff.members() == before.staff.members()


def same_lines(was: bytes, now: bytes) -> tuple[bool, list[bytes]]:
    """Whether the header is the same, and which lines below it are still there."""
    header, *lines = was.splitlines()
    return now.splitlines()[:1] == [header], [line for line in lines if line in now.splitlines()]


@pytest.fixture(scope="module")
def before(sound: Folder) -> Iterator[Engine]:
    """What the sound folder says."""
    with laid(sound) as folder:
        engine = opened(folder, RULES)
        yield engine
        engine.close()


# -- opening -------------------------------------------------------------------------------------------------------


def open_as_a_start_does(folder: Path, name: str) -> Engine:
    rules = stated_settings.load(folder, env={}).rules() if name == "settings.toml" else RULES
    return opened(folder, rules)


def assert_refused_well(folder: Path, name: str, error: MeterError, files: Folder) -> None:
    """One line that names the file and, but for the settings, its line; and no file is touched."""
    text = str(error)
    assert "\n" not in text
    assert Path(name).name in text
    if name != "settings.toml":
        assert isinstance(error, DataError)
        assert re.match(rf"{re.escape(str(folder / name))}:[0-9]+: \S", text), text
    assert files_of(folder) == files


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_refused_by_name_or_changes_nothing_else(sound: Folder, before: Engine, name: str) -> None:
    @settings(max_examples=15 if name == "settings.toml" else 20)
    @given(edited=edits(sound[name]))
    def damage(edited: bytes) -> None:
        files = {**sound, name: edited}
        with laid(files) as folder:
            of_readings = name in (LOG, *DAYS)
            try:
                engine = open_as_a_start_does(folder, name)
            except MeterError as error:
                assert_refused_well(folder, name, error, files)
                assert not (of_readings and is_sound(name, edited))
                return
            try:
                assert is_sound(name, edited) or not of_readings
                assert_readings(engine, files)
                assert_accounts(engine, before, name, sound[name], edited)
                assert files_of(folder).keys() == files.keys()
                assert all(data == files[other] for other, data in files_of(folder).items() if other != name)
            finally:
                engine.close()

    damage()


@pytest.mark.parametrize("broken", [DAYS[0], MANIFEST, LOG, "admins.csv"])
def test_a_start_that_is_refused_has_mended_nothing_either(sound: Folder, broken: str) -> None:
    """A torn log, torn accounts, half a move, plain passwords and a sealed log wait for a start that comes about."""
    files = {
        **sound,
        LOG: sound[LOG] + b"m-1,2025-03-0",
        "log.sealed.txt": b"m-2,2025-03-02T13:00:00+08:00,9\n",
        "users.csv": sound["users.csv"] + b"m-3,12 Half",
        "accounts_history.csv": sound["accounts_history.csv"] + b"m-1,2025-03-03T10:00:00+08:00,East,,\n",
        "admins.csv": b"email,password\nops@example.org,secret\n",
    }
    files["accounts_history.csv"] += b"m-1,2025-03-03T11:00:00+08:00,South,Bukit Merah,4-room\n"
    files["accounts_history.csv"] += b"m-1,2025-03-03T12:00:00+08:00,West,,\n"
    with laid(files) as folder:
        opened(folder, RULES).close()
        assert [files_of(folder).get(name) != files[name] for name in ("users.csv", LOG, "admins.csv")] == [True] * 3
        assert len(files_of(folder)["accounts_history.csv"]) < len(files["accounts_history.csv"])
    files[broken] = b"nonsense\n" + files[broken]
    with laid(files) as folder:
        with pytest.raises(DataError, match=broken):
            opened(folder, RULES)
        assert files_of(folder) == files


ODD: Final = [b"1e3", b"+5", b"-0", b" 5", b"5 ", b".5", b"5.", b"5\x0b", b"5\0", b"", b"5,6", b"5\rm-2,2025-03-02,6"]


@pytest.mark.parametrize("usage", ODD)
@pytest.mark.parametrize("name", [LOG, DAYS[1]])
@pytest.mark.filterwarnings("error")
def test_a_number_in_another_form_is_no_reading(sound: Folder, name: str, usage: bytes) -> None:
    """The one wrong line, or the last of several right ones: it is named, and nothing else is said."""
    odd = b"m-1,2025-03-02T12:00:00+08:00," + usage + b"\n"
    whole = b"m-1,2025-03-02T12:30:00+08:00,144.5\n"
    for lines in (odd, whole * 2 + odd):
        data = (HEADER + b"\n" if name in DAYS else b"") + lines
        with laid({**sound, name: data}) as folder, pytest.raises(DataError) as caught:
            opened(folder, RULES)
        assert (caught.value.path, caught.value.line) == (folder / name, data.count(b"\n"))


def test_a_hash_whose_column_lost_its_name_is_not_hashed_again(sound: Folder) -> None:
    edited = sound["admins.csv"].replace(b"password_hash", b"password")
    with laid({**sound, "admins.csv": edited}) as folder:
        with pytest.raises(DataError, match=r"admins\.csv:2: the column password holds a hash"):
            opened(folder, RULES)
        assert (folder / "admins.csv").read_bytes() == edited


def test_attributes_in_time_of_what_is_no_meter_are_refused(sound: Folder) -> None:
    edited = sound["accounts_history.csv"].replace(b"m-1", b"m 1")
    wrong = pytest.raises(DataError, match=r"accounts_history\.csv:2: a meter id is")
    with laid({**sound, "accounts_history.csv": edited}) as folder, wrong:
        opened(folder, RULES)


@pytest.mark.parametrize(
    "text",
    [
        "max_kw = 1" + "0" * 400,
        "max_kw = -1" + "0" * 400,
        "port = 1" + "0" * 5000,
        "port = " + "[" * 3000,
        '"a\\nb" = 1',
        'timezone = "Asia/\\u0000"',
    ],
    ids=["far too much", "far too little", "a number without end", "brackets without end", "two lines", "a zone"],
)
def test_settings_that_no_one_writes_are_refused_in_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "settings.toml").write_text(text + "\n")
    with pytest.raises(MeterError) as caught:
        stated_settings.load(tmp_path, env={})
    assert str(caught.value).startswith(f"{tmp_path}/settings.toml: ")
    assert "\n" not in str(caught.value)


# -- repairing -----------------------------------------------------------------------------------------------------


def repaired(folder: Path) -> list[FileRepair] | DataError:
    try:
        return repair_folder(folder, RULES, lambda _: None)
    except DataError as error:
        return error


def assert_nothing_lost(name: str, edited: bytes, files: Folder) -> None:
    """Each line is in the file or was set aside, as it was; and each sound line is in the file."""
    now, aside = files[name], files.get(name + ASIDE, b"")
    was = Counter(line for line in edited.splitlines() if line)
    assert not was - Counter(now.splitlines()) - Counter(aside.splitlines())
    assert not Counter(now.splitlines()) - was - Counter([HEADER, b""])
    if name in (LOG, *DAYS):
        assert [line for line in lines_below(name, edited) if reading(line)] == lines_below(name, now)


@pytest.mark.parametrize("name", [LOG, DAYS[0], *TABLES])
def test_after_a_repair_it_opens_with_every_line_that_was_sound(sound: Folder, before: Engine, name: str) -> None:
    @settings(max_examples=20)
    @given(edited=edits(sound[name]))
    def damage(edited: bytes) -> None:
        with laid({**sound, name: edited}) as folder:
            done = repaired(folder)
            if isinstance(done, DataError):
                assert name in TABLES
                assert not same_lines(sound[name], edited)[0]
                assert "correct the header" in str(done)
                assert_refused_well(folder, name, done, {**sound, name: edited})
                return
            files = files_of(folder)
            assert_nothing_lost(name, edited, files)
            assert {path for path in sound if files[path] != sound[path]} <= {name, "archive/manifest.csv"}
            assert (name + ASIDE in files) == any(one.lines_aside for one in done)
            engine = opened(folder, RULES)
            try:
                assert_readings(engine, files)
                assert_accounts(engine, before, name, sound[name], files[name])
            finally:
                engine.close()
            assert repaired(folder) == []

    damage()
