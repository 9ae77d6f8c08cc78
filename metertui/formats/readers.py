"""Files of readings: detects their format and reads them."""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, get_args

import numpy as np

from metertui.engine.attributes import NO_ATTRIBUTES, Group
from metertui.engine.base import Progress, SiteZone, TellRows, no_progress, part_of_progress, tell_no_rows, visible
from metertui.engine.columns import Frozen
from metertui.engine.core import FilePiece, Import
from metertui.engine.errors import DataError, MeterError, Refused
from metertui.engine.intervals import IntervalPiece
from metertui.engine.intervals import lines as interval_lines
from metertui.engine.storage import reading_lines
from metertui.engine.vee import MeterEdits
from metertui.formats import export_csv, fixed_columns, interval_csv, plain_csv, register_table, trade_forms, wide_csv
from metertui.formats.meter_tables import open_meter_table
from metertui.formats.register_rows import is_header
from metertui.formats.said import NOTHING_SAID, SHIPPED, FileMapping, Kind, Said, Taken, all_in, check_name
from metertui.formats.tables import Table, is_other_than_utf8, open_table
from metertui.formats.trade_forms import TRADE_FORMS, TradeForm, detect_trade_form

OwnForm = Literal["log", "day", "wide", "export", "interval"]
"""The forms of our own files, and of those of the predecessor system."""
Form = OwnForm | TradeForm | Literal["table"]
"""Those, the forms of the trade, and tables of any other shape."""
FORMS: Final[tuple[Form, ...]] = (*get_args(OwnForm), *get_args(TradeForm), "table")


def read_any(
    path: Path,
    zone: SiteZone,
    form: Form | None = None,
    progress: Progress = no_progress,
    said: Said = NOTHING_SAID,
    saved: Path | None = None,
    tell: Callable[[Taken | str], object] = str,
) -> Iterator[FilePiece | IntervalPiece]:
    """Yield the readings or intervals of a file in the given format, or in the one that its beginning has.

    Mappings may know a table: those in the folder `saved`, and those that ship. `tell` takes what the file is taken
    for, before its pieces, and sentences on what of it was left out, behind them. Raises NotSaid if neither the file
    nor a person says enough; MeterError if it has another format or an unknown one, contradicts what is `said`, or
    cannot be read.
    """
    try:
        with _open(path) as file:
            size = path.stat().st_size or 1
            first = file.readline(100_000)
            trade = detect_trade_form(first + file.peek()) if form in (None, *TRADE_FORMS) else None
            if trade is not None and form in (None, trade):
                yield from trade_forms.read_pieces(path, trade, said, zone, progress, tell)
                return
            found = detect_form(first, zone) if first else None
            if not first and form in get_args(OwnForm):
                return  # an empty log
            if not first:
                raise DataError(path, None, "the file is empty")
            if found in (None, "export") and form in (None, "export"):
                export = _other_table(path, first, found, file.peek())
                if export is not None and (form == "export" or export.has_names()):
                    section = next(export.sections(), None)
                    names, rows = (section.names, [row.cells for row in section.rows]) if section else ([], [])
                    tell(fixed_columns.export_taken_for(names, rows))
                    yield from register_table.read_pieces(export, zone, progress)
                    return
            if (found is None and form is None) or form == "table":
                table = open_meter_table(path, said, zone, part_of_progress(progress, 0, 2), _mappings(saved))
                if table is not None:
                    tell(table.taken())
                    yield from table.pieces(part_of_progress(progress, 1, 2))
                    for sentence in table.left_out.sentences():
                        tell(sentence)
                    return
            if found is None and form == "log":
                found = "log"  # its first line may be a broken one
            if found is None or (form is not None and form != found):
                raise DataError(path, 1, _explain_form(first, form))
            columns = fixed_columns.columns_of_lines(_text(_whole_lines(first + file.peek())))
            kind: Kind = "interval" if found == "interval" else "register"
            tell(
                fixed_columns.export_taken_for(*columns)
                if found == "export"
                else fixed_columns.taken_for(_FORMS[found], kind, *columns)
            )
            begin = 2
            if found == "log":
                begin = 1
                file.seek(len(codecs.BOM_UTF8) if first.startswith(codecs.BOM_UTF8) else 0)
            for piece in _pieces(found, first, file, path, zone, begin):
                yield piece
                progress(min(1.0, file.tell() / size))
    except OSError as error:
        raise MeterError(f"cannot read {path}: {error.strerror or error}") from error


def _open(path: Path) -> BufferedReader:
    """Open a file to be read, more than once if need be.

    Raises MeterError for anything else: a pipe may never give a byte, a device may never end. Raises OSError.
    """
    if path.exists() and not path.is_file():
        raise MeterError(f"cannot read {path}: it is not a file")
    return path.open("rb")


def mapping_of(path: Path, name: str, zone: SiteZone, said: Said, saved: Path) -> FileMapping:
    """Return what is `said` of a table as a mapping with a name, by which the next file of its kind is known.

    Those in the folder `saved` may know it already. Raises MeterError for a file that is no table, or that does not
    suffice with what is said.
    """
    check_name(name)
    try:
        with _open(path) as file:
            trade = detect_trade_form(file.readline(100_000) + file.peek())
        table = None if trade else open_meter_table(path, said, zone, mappings=_mappings(saved))
    except OSError as error:
        raise MeterError(f"cannot read {path}: {error.strerror or error}") from error
    if table is None:
        raise MeterError(f"{path} is no table, and needs no mapping")
    return table.mapping(name)


def _mappings(saved: Path | None) -> list[FileMapping]:
    return [*(all_in(saved) if saved is not None else []), *all_in(SHIPPED)]


_FORMS: Final[Mapping[OwnForm, str]] = {
    "log": "readings as in log.txt",
    "day": "day file of readings",
    "wide": "wide CSV of readings",
    "interval": "day file of intervals",
}
"""What each form is, in words."""
_EXPECTED: Final[Mapping[OwnForm, str]] = {
    "log": "a reading, METER,TIMESTAMP,KWH",
    "day": f"the header {reading_lines.HEADER.decode().rstrip()}",
    "wide": f"the header {','.join(wide_csv.COLUMNS)}",
    "export": "a header with identifier, timestamp and usage or reading_kwh",
    "interval": f"the header {interval_lines.HEADER.decode().rstrip()}",
}
_NO_TABLE: Final = "no row of this file holds a time and a figure of energy, as the rows of a table do"
_QUOTED_COMMA: Final = re.compile(rb'"[0-9.]*,[0-9]+"')
"""A figure with a decimal comma or a thousands mark, between commas."""
_SHOWN: Final = 60
"""How many characters of a line an error shows."""


def _explain_form(first: bytes, form: Form | None) -> str:
    """Return the sentence on a first line that is not that of the form, or of any form."""
    line = _text(first).rstrip("\r\n")
    shown = f"{line[:_SHOWN]}…" if len(line) > _SHOWN else line
    if form == "table":
        return f"{_NO_TABLE}; this line holds {visible(shown)!r}"
    every = [*_EXPECTED.items(), *TRADE_FORMS.items()]
    expected = "; ".join(f"{begins} (form {each})" for each, begins in every if form in (None, each))
    if form is None:
        return f"{_NO_TABLE}. This line, {visible(shown)!r}, begins no other form either: {expected}"
    return f"this line holds {visible(shown)!r}; expected {expected}"


def _other_table(path: Path, first: bytes, found: Form | None, following: bytes) -> Table | None:
    """Return the table of register reads that a file is, unless it is written as our exports are, or is none.

    Raises DataError, OSError.
    """
    as_ours = found == "export" and not _QUOTED_COMMA.search(following) and not is_other_than_utf8(path, first)
    return None if as_ours else open_table(path, is_header)


def _pieces(
    form: OwnForm, first: bytes, file: BinaryIO, path: Path, zone: SiteZone, begin: int
) -> Iterator[FilePiece | IntervalPiece]:
    """Yield the readings of the rest of a file, whose first line is known and which goes on at line `begin`."""
    match form:
        case "wide":
            return wide_csv.read_pieces(file, path, zone, begin)
        case "interval":
            return interval_csv.read_intervals(file, path, zone, begin)
        case "export":
            return export_csv.read_pieces(file, path, zone, export_csv.parse_header(_text(first)) or [], begin)
        case _:
            return plain_csv.read_pieces(file, path, zone, begin)


class FileImport(Import):
    """An import of files that knows what they are taken for."""

    def __init__(self, *stored: Any, **options: Any) -> None:
        super().__init__(*stored, **options)
        self.taken: dict[str, Taken] = {}
        """What each file is taken for, by its name."""

    def tell(self, name: str, told: Taken | str) -> None:
        """Note what a file is taken for, or a sentence on what of it was left out."""
        notes = self.report.notes.setdefault(name, [])
        if isinstance(told, Taken):
            self.taken[name] = told
            notes += told.sentences()
        else:
            notes.append(told)


def read_import(
    frozen: Frozen,
    edits: Mapping[str, MeterEdits],
    paths: Iterable[Path],
    form: Form | None,
    latest: int,
    progress: Progress = no_progress,
    ended: Mapping[str, int] | None = None,
    attributes: Group = NO_ATTRIBUTES,
    said: Said = NOTHING_SAID,
    *,
    replaces: bool = False,
    saved: Path | None = None,
    place: Path | None = None,
    tell_rows: TellRows = tell_no_rows,
) -> FileImport:
    """Return an import with the readings and intervals of some files, of which something may be `said`.

    Their meters have `attributes` where the files state none. `tell_rows` is called with the number of rows read. See
    `Import` for the other parameters. Raises MeterError; NotSaid for the first file of which not enough is said.
    """
    options = {"latest": latest, "ended": ended, "replaces": replaces, "max_kw": said.max_kw, "place": place}
    importing = FileImport(frozen, edits, **options)
    paths = list(paths)
    if replaces:
        importing.report.digests = {path.name: _sha256(path) for path in paths}
    for nth, path in enumerate(paths):
        part = part_of_progress(progress, nth, len(paths))
        for piece in read_any(path, frozen.zone, form, part, said, saved, partial(importing.tell, path.name)):
            importing.add_piece(_with_attributes(piece, attributes))
            tell_rows(importing.report.read)
    return importing


def _sha256(path: Path) -> str:
    try:
        with _open(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise MeterError(f"cannot read {path}: {error.strerror or error}") from error


def _with_attributes(piece: FilePiece | IntervalPiece, attributes: Group) -> FilePiece | IntervalPiece:
    """Return readings or intervals with attributes in place of empty ones."""
    if attributes == NO_ATTRIBUTES:
        return piece
    if piece.group is None:
        return replace(piece, groups=[attributes], group=np.zeros(len(piece.rows), dtype=np.int32))
    return replace(piece, groups=[Group(*map(_either, group, attributes)) for group in piece.groups])


def _either(stated: str, given: str) -> str:
    return stated or given


def _whole_lines(head: bytes) -> bytes:
    """Return the lines that the beginning of a file has to their ends; all of it if it has no such line."""
    return head[: head.rfind(b"\n") + 1] or head


def _text(line: bytes) -> str:
    if line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return line.decode("utf-16", "ignore")
    return line.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace")


def detect_form(first: bytes, zone: SiteZone) -> OwnForm | None:
    """Return the format of a file that begins with this line, or None."""
    line = first.removeprefix(codecs.BOM_UTF8).rstrip(b"\r\n")
    if reading_lines.is_header(line):
        return "day"
    if interval_lines.is_header(line):
        return "interval"
    if wide_csv.is_header(_text(line)):
        return "wide"
    if export_csv.parse_header(_text(line)) is not None:
        return "export"
    try:
        reading_lines.parse_line(line, zone)
    except Refused:
        return None
    return "log"
