"""The repair of a data folder: broken lines are set aside, all others stay byte for byte.

A line that is set aside is appended to `<name>.rejected` beside its file, and is on disk there before the file is
replaced by one without it. So a crash in between loses nothing; a second repair may set a line aside twice.
"""

from __future__ import annotations

import csv
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from metertui.engine.accounts import account, account_files, account_history
from metertui.engine.base import Progress, Rules, SiteZone, check_meter_id, part_of_progress
from metertui.engine.errors import DataError, Refused
from metertui.engine.intervals import IntervalStore, lines
from metertui.engine.storage import (
    HEADER,
    Archive,
    CsvTable,
    DayFolder,
    FolderLock,
    ManifestEntry,
    durable,
    manifest,
    private_files,
    reading_lines,
    wal,
)
from metertui.engine.vee import edit_log

_MOST_KEPT: Final = 20
"""Reasons that are kept for one file; all lines are counted."""


@dataclass(slots=True)
class FileRepair:
    """What the repair did to one file."""

    path: Path
    kept: int = 0
    """Lines below the header that are unchanged."""
    lines_aside: int = 0
    """Lines that were set aside."""
    reasons: list[tuple[int, str]] = field(default_factory=list)
    """Line number and reason of the first ones."""
    notes: list[str] = field(default_factory=list)
    """Other changes, a clause each."""


class _FileSplit:
    """The lines of a file, split into those that stay and those that are set aside."""

    def __init__(self, path: Path) -> None:
        self.done = FileRepair(path)
        self._whole: list[bytes] = []
        self._aside: list[bytes] = []

    def keep(self, line: bytes, *, counts: bool = True) -> None:
        """Keep a line."""
        self._whole.append(line)
        self.done.kept += counts

    def set_aside(self, number: int, line: bytes, why: str) -> None:
        """Set a line aside."""
        self._aside.append(line)
        self.done.lines_aside += 1
        if len(self.done.reasons) < _MOST_KEPT:
            self.done.reasons.append((number, why))

    @property
    def whole(self) -> bytes:
        """Return the new contents of the file."""
        return b"".join(self._whole)

    def write(self) -> None:
        """Write both parts to disk, the lines set aside first. Raises StorageError."""
        path = self.done.path
        if self._aside:
            lines = (line if line.endswith((b"\n", b"\r")) else line + b"\n" for line in self._aside)
            durable.set_aside(path, b"".join(lines))
        durable.replace_file(path, self._whole)


def repair_folder(folder: Path, rules: Rules, progress: Progress) -> list[FileRepair]:
    """Own a data folder and set broken lines aside; return what was done, file by file. On disk when it returns.

    Raises OwnedError; DataError for a problem that leaving lines out cannot repair, before anything has changed;
    StorageError, OSError.
    """
    lock = FolderLock(folder, recovers=False)
    lock.acquire()
    try:
        kept: list[tuple[Archive | IntervalStore, _Kind]] = [
            (Archive(folder, rules.zone), _READINGS),
            (IntervalStore(folder, rules.zone), _INTERVALS),
        ]
        for files, _ in kept:
            files.stored_days()
        durable.finish_pending(account_files.paths(folder))
        tables = [part(folder, rules.zone) for part in (_users, _moves, _events)]
        logs = [_log(folder / name, rules.zone) for name in (wal.LOG, wal.SEALED)]
        manifests = [_manifest(files) for files, _ in kept]
        done = [_written(parting) for parting in (*tables, *logs, *manifests) if parting is not None]
        for place, (files, kind) in enumerate(kept):
            done += _day_files(files, kind, rules.zone, part_of_progress(progress, place, len(kept)))
        return done
    finally:
        lock.release()


def _written(parting: _FileSplit) -> FileRepair:
    parting.write()
    return parting.done


# -- readings and intervals --------------------------------------------------------------------------------------------


class _Kind(NamedTuple):
    """What the lines of files hold."""

    header: bytes
    is_header: Callable[[bytes], bool]
    parse_line: Callable[[bytes, SiteZone], object]
    """Parses a line without its end. Raises Refused."""


_READINGS: Final = _Kind(HEADER, reading_lines.is_header, reading_lines.parse_line)
_INTERVALS: Final = _Kind(lines.HEADER, lines.is_header, lines.parse_line)


def _day_files(files: Archive | IntervalStore, kind: _Kind, zone: SiteZone, progress: Progress) -> list[FileRepair]:
    """Repair the day files of a folder, and accept those that were edited."""
    entries, done, accepted = files.manifest.read_entries(), [], []
    days = files.stored_days()
    for number, day in enumerate(days, 1):
        name = files.name_of_day(day)
        found = _day_file(files, kind, files.path_of_day(day), entries.pop(name, None), zone)
        if found is not None:
            done.append(found)
            accepted.append(name)
        progress(number / len(days))
    for name in sorted(entries):
        gone = "missing; it is no longer in the manifest, and its readings are lost unless a backup has them"
        done.append(FileRepair(files.folder / name, notes=[gone]))
    files.manifest.accept_files([*accepted, *entries])
    return done


def _log(path: Path, zone: SiteZone) -> _FileSplit | None:
    """Split a log; None if it has no broken lines."""
    data = (durable.read_present(path) or b"").removeprefix(BOM_UTF8)
    try:
        if len(wal.recover_log(data, path, zone)[1]) == len(data):
            return None
    except DataError:
        pass
    parting = _FileSplit(path)
    _lines(parting, data, _READINGS, zone, first_line=1)
    return parting


def _day_file(
    files: Archive | IntervalStore, kind: _Kind, path: Path, line: ManifestEntry | None, zone: SiteZone
) -> FileRepair | None:
    """Repair a day file, or accept one that was edited; `line` is its line in the manifest."""
    data = private_files.read_file(path)
    try:
        rows = files.parse_day(data, path)
    except DataError:
        parting = _FileSplit(path)
        _headed(parting, data, kind, zone)
        files.parse_day(parting.whole, path)
        return _written(parting)
    if line is None or line.matches(data):
        return None
    return FileRepair(path, kept=len(rows), notes=["edited by hand, and accepted as it is"])


def _headed(parting: _FileSplit, data: bytes, kind: _Kind, zone: SiteZone) -> None:
    """Split a day file; restore its header if it is missing or damaged."""
    first, newline, below = data.partition(b"\n")
    if kind.is_header(first + newline):
        parting.keep(first + newline, counts=False)
        _lines(parting, below, kind, zone, first_line=2)
        return
    parting.keep(kind.header, counts=False)
    parting.done.notes.append("the header was restored")
    if not newline or _fault(first, kind, zone) is None:
        _lines(parting, data, kind, zone, first_line=1)
        return
    parting.set_aside(1, first + newline, f"the header is not {kind.header.decode().rstrip()}")
    _lines(parting, below, kind, zone, first_line=2)


def _lines(parting: _FileSplit, data: bytes, kind: _Kind, zone: SiteZone, first_line: int) -> None:
    """Split lines of a kind."""
    *whole, tail = data.split(b"\n")
    for number, line in enumerate(whole, first_line):
        why = _fault(line, kind, zone)
        if why is None:
            parting.keep(line + b"\n", counts=bool(line.rstrip(b"\r")))
        else:
            parting.set_aside(number, line + b"\n", why)
    if tail:
        parting.set_aside(first_line + len(whole), tail, "the last line is incomplete")


def _fault(line: bytes, kind: _Kind, zone: SiteZone) -> str | None:
    """Return why a line is not of its kind; None if it is, or is blank."""
    text = line.rstrip(b"\r")
    try:
        if text:
            kind.parse_line(text, zone)
    except Refused as error:
        return error.why
    return None


# -- tables ------------------------------------------------------------------------------------------------------


def _users(folder: Path, zone: SiteZone) -> _FileSplit | None:
    seen: set[str] = set()

    def fault(row: dict[str, str]) -> None:
        meter = row["identifier"]
        account.check_row(meter, row.get("status", ""), row.get("registered", ""), zone)
        account.check_device(row)
        if meter in seen:
            raise Refused("already-registered", f"{meter} is listed twice")
        seen.add(meter)

    return _table(folder / "users.csv", account_files.KNOWN, account_files.OURS, fault)


def _moves(folder: Path, zone: SiteZone) -> _FileSplit | None:
    def fault(row: dict[str, str]) -> None:
        check_meter_id(row["identifier"])
        zone.parse(row["effective_from"])
        account.check_device(row)

    columns = account_history.HISTORY_KNOWN, account_history.HISTORY_LATER
    return _table(folder / "accounts_history.csv", *columns, fault)


def _events(folder: Path, zone: SiteZone) -> _FileSplit | None:
    def fault(row: dict[str, str]) -> None:
        edit_log.parse_row([row[name] for name in edit_log.HEADER], zone)

    return _table(folder / edit_log.NAME, edit_log.HEADER, (), fault)


def _table(
    path: Path, needed: Sequence[str], optional: Sequence[str], fault: Callable[[dict[str, str]], None]
) -> _FileSplit | None:
    """Split a table; None if it has no broken rows. `fault` raises Refused for a broken row.

    Raises DataError for a broken header: without it no row has a meaning.
    """
    parting = _FileSplit(path)
    names: list[str] | None = None
    before = b""
    data = durable.read_present(path) or b""
    for number, raw, cells, why in _records(data.splitlines(keepends=True)):
        if cells is not None and _is_blank(cells):
            parting.keep(raw, counts=False)
            before += raw if names is None else b""
            continue
        if names is None:
            names = _header(path, number, before + raw, why, needed, optional)
            parting.keep(raw, counts=False)
            continue
        try:
            if cells is None:
                raise Refused("syntax", why)
            if len(cells) != len(names):
                raise Refused("syntax", f"{len(cells)} fields where the header has {len(names)}")
            fault(dict(zip(names, cells, strict=True)))
        except Refused as error:
            parting.set_aside(number, raw, error.why)
        else:
            parting.keep(raw)
    return parting if parting.done.lines_aside else None


def _header(
    path: Path, number: int, data: bytes, why: str, needed: Sequence[str], optional: Sequence[str]
) -> list[str]:
    """Return the names of the columns. Raises DataError."""
    try:
        if why:
            raise DataError(path, number, why)
        return CsvTable(path, needed, optional, data=data).names
    except DataError as error:
        mend = f"leaving lines out cannot repair this; correct the header: {','.join(needed)}"
        raise DataError(path, error.line, f"{error.reason}: {mend}") from error


def _records(lines: Sequence[bytes]) -> Iterator[tuple[int, bytes, list[str] | None, str]]:
    """Yield the records of a table: number of the first line, raw lines, cells or None, and the reason for None.

    A quoted cell may span several lines; if it has no end, only the line that it begins on is broken.
    """
    at = 0
    while at < len(lines):
        reader = csv.reader(_texts(lines, at), strict=True)
        cells, why, count = None, "", 1
        try:
            cells = next(reader)
            count = reader.line_num
        except UnicodeDecodeError:
            why = "this is not UTF-8 text"
        except csv.Error as error:
            why = f"not valid CSV: {error}"
        yield at + 1, b"".join(lines[at : at + count]), cells, why
        at += count


def _texts(lines: Sequence[bytes], first: int) -> Iterator[str]:
    """Yield lines as text from `first` up to one that is not UTF-8. Raises UnicodeDecodeError if that is `first`."""
    for place in range(first, len(lines)):
        try:
            line = lines[place].decode("utf-8-sig" if place == 0 else "utf-8")
        except UnicodeDecodeError:
            if place == first:
                raise
            return
        ended = line.rstrip("\r\n")
        yield ended if ended == line else f"{ended}\n"


def _is_blank(cells: list[str]) -> bool:
    return not any(cells) or (len(cells) == 1 and cells[0].isspace())


# -- the manifest ------------------------------------------------------------------------------------------------


def _manifest(files: DayFolder) -> _FileSplit | None:
    """Split the manifest; the next start writes the missing lines again."""
    path = files.manifest.path
    parting = _FileSplit(path)
    entries = (durable.read_present(path) or b"").removeprefix(BOM_UTF8).splitlines(keepends=True)
    if entries and not manifest.is_header(entries[0]):
        parting.keep(manifest.HEADER + b"\n", counts=False)
        parting.done.notes.append("the header was restored")
    for number, line in enumerate(entries, 1):
        if number == 1 and not parting.done.notes:
            parting.keep(line, counts=False)
        elif manifest.is_entry(line):
            parting.keep(line)
        else:
            parting.set_aside(number, line, f"a line is {manifest.HEADER.decode()}")
    return parting if parting.done.lines_aside or parting.done.notes else None
