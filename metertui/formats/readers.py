"""Files of readings: detects their format and reads them."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, Literal, get_args

from metertui.engine.base import Progress, SiteZone, no_progress, part_of_progress
from metertui.engine.columns import Frozen
from metertui.engine.core import FilePiece, Import
from metertui.engine.errors import DataError, MeterError, Refused
from metertui.engine.storage import reading_lines
from metertui.formats import plain_csv, wide_csv

Form = Literal["log", "day", "wide"]
FORMS: Final = get_args(Form)


def read_pieces(
    path: Path, zone: SiteZone, form: Form | None = None, progress: Progress = no_progress
) -> Iterator[FilePiece]:
    """Yield the readings of a file in the given format, or in the one that its first line has.

    Raises MeterError if the file has another format or an unknown one, or cannot be read.
    """
    try:
        with path.open("rb") as file:
            size = path.stat().st_size or 1
            first = file.readline(100_000)
            found = detect_form(first, zone) if first else form or "log"
            if found is None and form == "log":
                found = "log"  # its first line may be a broken one
            if found is None or (form is not None and form != found):
                what = f"a {form} file" if form else "a known format"
                raise DataError(path, 1, f"this is not the first line of {what}; formats are {', '.join(FORMS)}")
            begin = 2
            if found == "log":
                begin = 1
                file.seek(len(codecs.BOM_UTF8) if first.startswith(codecs.BOM_UTF8) else 0)
            reader = wide_csv.read_pieces if found == "wide" else plain_csv.read_pieces
            for piece in reader(file, path, zone, begin):
                yield piece
                progress(min(1.0, file.tell() / size))
    except OSError as error:
        raise MeterError(f"cannot read {path}: {error.strerror or error}") from error


def read_import(
    frozen: Frozen,
    paths: Iterable[Path],
    form: Form | None,
    latest: int,
    progress: Progress = no_progress,
    ended: Mapping[str, int] | None = None,
) -> Import:
    """Return an import with the readings of some files; see `Import` for the other parameters. Raises MeterError."""
    importing = Import(frozen, latest=latest, ended=ended)
    paths = list(paths)
    for place, path in enumerate(paths):
        for piece in read_pieces(path, frozen.zone, form, part_of_progress(progress, place, len(paths))):
            importing.add_piece(piece)
    return importing


def detect_form(first: bytes, zone: SiteZone) -> Form | None:
    """Return the format of a file that begins with this line, or None."""
    line = first.removeprefix(codecs.BOM_UTF8).rstrip(b"\r\n")
    if line == reading_lines.HEADER.rstrip():
        return "day"
    if wide_csv.is_header(line.decode("utf-8", "replace")):
        return "wide"
    try:
        reading_lines.parse_line(line, zone)
    except Refused:
        return None
    return "log"
