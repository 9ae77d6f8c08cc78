"""The repair of a data folder: lines that are not what they should be are set aside, all others stay byte for byte.

What is set aside goes to the end of `<name>.rejected` beside its file, as it was, and is on disk there before the file
is replaced by one without it. So a crash in between loses nothing; repairing again may set a line aside twice.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from metertui.engine.accounts import account, account_files, account_history
from metertui.engine.base import Progress, Rules, SiteZone, check_meter_id
from metertui.engine.errors import DataError, Refused
from metertui.engine.storage import HEADER, Archive, CsvTable, FolderLock, ManifestEntry, durable, reading_lines, wal
from metertui.engine.vee import edit_log

_TOLD: Final = 20
"""Lines of one file whose reasons are told; all are counted."""
_MANIFEST_HEADER: Final = b"file,sha256,edited\n"
_MANIFEST_LINE: Final = re.compile(rb"[0-9]{4}/[0-9]{2}_[0-9]{2}\.csv,(?:[0-9a-f]{64})?,(?:edited)?(?:\r?\n)?")


@dataclass(slots=True)
class FileRepair:
    """What was done to one file."""

    path: Path
    kept: int = 0
    """Lines below the header that stand as they stood."""
    lines_aside: int = 0
    """Lines that were set aside."""
    reasons: list[tuple[int, str]] = field(default_factory=list)
    """Number and reason of the first of them."""
    notes: list[str] = field(default_factory=list)
    """What else was done, a clause each."""


class _FileSplit:
    """A file's bytes on their way to two: what it holds from now on, and what is set aside."""

    def __init__(self, path: Path) -> None:
        self.done = FileRepair(path)
        self._whole: list[bytes] = []
        self._aside: list[bytes] = []

    def keep(self, line: bytes, *, counts: bool = True) -> None:
        """A line that stays."""
        self._whole.append(line)
        self.done.kept += counts

    def set_aside(self, number: int, line: bytes, why: str) -> None:
        """A line that goes."""
        self._aside.append(line)
        self.done.lines_aside += 1
        if len(self.done.reasons) < _TOLD:
            self.done.reasons.append((number, why))

    @property
    def whole(self) -> bytes:
        """What the file is to hold."""
        return b"".join(self._whole)

    def write(self) -> None:
        """Put both on disk, what is set aside first. Raises StorageError."""
        path = self.done.path
        if self._aside:
            durable.set_aside(
                path, b"".join(line if line.endswith((b"\n", b"\r")) else line + b"\n" for line in self._aside)
            )
        durable.replace_file(path, self._whole)


def repair_folder(folder: Path, rules: Rules, progress: Progress) -> list[FileRepair]:
    """Own a data folder and set aside what is broken in it; what was done, file by file. On disk when it returns.

    `progress` is told the share done. Raises OwnedError; DataError for what leaving lines out cannot mend, and then
    nothing has been touched; StorageError, OSError.
    """
    lock = FolderLock(folder)
    lock.acquire()
    try:
        archive = Archive(folder, rules.zone)
        days = archive.stored_days()
        durable.finish_pending(account_files.paths(folder))
        tables = [parting for part in (_users, _moves, _events) if (parting := part(folder, rules.zone))]
        done = [_written(parting) for parting in tables]
        for name in (wal.LOG, wal.SEALED):
            parting = _log(folder / name, rules.zone)
            if parting is not None:
                done.append(_written(parting))
        manifest = _manifest(archive)
        if manifest is not None:
            done.append(_written(manifest))
        lines = archive.manifest.read_entries()
        accepted = []
        for number, day in enumerate(days, 1):
            name = archive.name_of_day(day)
            found = _day_file(archive, archive.path_of_day(day), lines.pop(name, None), rules.zone)
            if found is not None:
                done.append(found)
                accepted.append(name)
            progress(number / len(days))
        for name in sorted(lines):
            gone = "gone; from now on nothing is said of it, and its readings are lost unless a backup has them"
            done.append(FileRepair(archive.folder / name, notes=[gone]))
        archive.manifest.accept_files([*accepted, *lines])
        return done
    finally:
        lock.release()


def _written(parting: _FileSplit) -> FileRepair:
    parting.write()
    return parting.done


# -- readings ----------------------------------------------------------------------------------------------------


def _log(path: Path, zone: SiteZone) -> _FileSplit | None:
    """A log without its broken lines; None where it has none."""
    data = _read(path)
    try:
        if len(wal.recover_log(data, path, zone)[1]) == len(data):
            return None
    except DataError:
        pass
    parting = _FileSplit(path)
    _readings(parting, data, zone, first_line=1)
    return parting


def _day_file(archive: Archive, path: Path, line: ManifestEntry | None, zone: SiteZone) -> FileRepair | None:
    """Mend a day file, or take one that was edited as it is; `line` is what the manifest says of it."""
    data = path.read_bytes()
    try:
        rows = archive.parse_day(data, path)
    except DataError:
        parting = _FileSplit(path)
        _headed(parting, data, zone)
        archive.parse_day(parting.whole, path)
        return _written(parting)
    if line is None or line.matches(data):
        return None
    return FileRepair(path, kept=len(rows), notes=["edited by hand, and taken as it is"])


def _headed(parting: _FileSplit, data: bytes, zone: SiteZone) -> None:
    """Part a day file, whose header is put back where it is missing or damaged."""
    first, newline, rest = data.partition(b"\n")
    if newline and first.rstrip(b"\r").removeprefix(b"\xef\xbb\xbf") == HEADER.rstrip():
        parting.keep(first + newline, counts=False)
        _readings(parting, rest, zone, first_line=2)
        return
    parting.keep(HEADER, counts=False)
    parting.done.notes.append("the header was put back")
    if not newline or _fault(first, zone) is None:
        _readings(parting, data, zone, first_line=1)
        return
    parting.set_aside(1, first + newline, f"the header is not {HEADER.decode().rstrip()}")
    _readings(parting, rest, zone, first_line=2)


def _readings(parting: _FileSplit, data: bytes, zone: SiteZone, first_line: int) -> None:
    """Part lines of readings."""
    *lines, tail = data.split(b"\n")
    for number, line in enumerate(lines, first_line):
        why = _fault(line, zone)
        if why is None:
            parting.keep(line + b"\n", counts=bool(line.rstrip(b"\r")))
        else:
            parting.set_aside(number, line + b"\n", why)
    if tail:
        parting.set_aside(first_line + len(lines), tail, "the last line is not whole")


def _fault(line: bytes, zone: SiteZone) -> str | None:
    """Why a line is no reading; None for one that is, or is blank."""
    text = line.rstrip(b"\r")
    try:
        if text:
            reading_lines.parse_line(text, zone)
    except Refused as error:
        return error.why
    return None


# -- tables ------------------------------------------------------------------------------------------------------


def _users(folder: Path, zone: SiteZone) -> _FileSplit | None:
    seen: set[str] = set()

    def fault(row: dict[str, str]) -> None:
        meter = row["identifier"]
        account.check_row(meter, row.get("status", ""), row.get("registered", ""), zone)
        if meter in seen:
            raise Refused("already-registered", f"{meter} stands here a second time")
        seen.add(meter)

    return _table(folder / "users.csv", account_files.KNOWN, account_files.OURS, fault)


def _moves(folder: Path, zone: SiteZone) -> _FileSplit | None:
    def fault(row: dict[str, str]) -> None:
        check_meter_id(row["identifier"])
        zone.parse(row["effective_from"])

    return _table(folder / "accounts_history.csv", account_history.HISTORY_KNOWN, account_history.HISTORY_LATER, fault)


def _events(folder: Path, zone: SiteZone) -> _FileSplit | None:
    def fault(row: dict[str, str]) -> None:
        edit_log.parse_row([row[name] for name in edit_log.HEADER], zone)

    return _table(folder / edit_log.NAME, edit_log.HEADER, (), fault)


def _table(
    path: Path, needed: Sequence[str], optional: Sequence[str], fault: Callable[[dict[str, str]], None]
) -> _FileSplit | None:
    """A table without its broken rows; None where it has none. `fault` raises Refused for a row that is broken.

    Raises DataError for a broken header: without it no row has a meaning.
    """
    parting = _FileSplit(path)
    names: list[str] | None = None
    before = b""
    for number, raw, cells, why in _records(_read(path).splitlines(keepends=True)):
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
    """The names of the columns. Raises DataError."""
    try:
        if why:
            raise DataError(path, number, why)
        return CsvTable(path, needed, optional, data=data).names
    except DataError as error:
        mend = f"leaving lines out cannot mend this; put the header right: {','.join(needed)}"
        raise DataError(path, error.line, f"{error.reason}: {mend}") from error


def _records(lines: Sequence[bytes]) -> Iterator[tuple[int, bytes, list[str] | None, str]]:
    """The records of a table: number of the first line, the lines as they are, the cells; or None and the reason.

    A quoted cell may go over several lines; where it finds no end, only the line that it begins on is broken.
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
            why = f"this is no CSV: {error}"
        yield at + 1, b"".join(lines[at : at + count]), cells, why
        at += count


def _texts(lines: Sequence[bytes], first: int) -> Iterator[str]:
    """The lines from `first` on as text, up to one that is none. Raises UnicodeDecodeError if it is `first` itself."""
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


def _manifest(archive: Archive) -> _FileSplit | None:
    """The manifest without its broken lines; the next start states anew what they stated."""
    path = archive.manifest.path
    parting = _FileSplit(path)
    lines = _read(path).splitlines(keepends=True)
    if lines and lines[0].rstrip() != _MANIFEST_HEADER.rstrip():
        parting.keep(_MANIFEST_HEADER, counts=False)
        parting.done.notes.append("the header was put back")
    for number, line in enumerate(lines, 1):
        if number == 1 and not parting.done.notes:
            parting.keep(line, counts=False)
        elif _MANIFEST_LINE.fullmatch(line):
            parting.keep(line)
        else:
            parting.set_aside(number, line, "a line is file,sha256,edited")
    return parting if parting.done.lines_aside or parting.done.notes else None


# -- files -------------------------------------------------------------------------------------------------------


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
