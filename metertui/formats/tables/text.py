"""Tables as text: lines of cells between delimiters, in any of the usual encodings.

A row is a line: a quote that is left open costs its own line, not those after it.
"""

from __future__ import annotations

import codecs
import io
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, TextIO

from metertui.engine.errors import DataError, Refused
from metertui.formats.tables.column_times import times_in
from metertui.formats.tables.lines import Lines, split_line
from metertui.formats.tables.rows import IsHeader, without_empty_end
from metertui.formats.tables.times import kind_of

DELIMITERS: Final = (",", ";", "\t", "|")
_BLOCK_BYTES: Final = 1_000_000
_BLOCK_CHARACTERS: Final = 1 << 19
"""Some 15,000 lines; fewer than a line may have."""
_MAX_LINE: Final = 1_000_000
"""Characters; a file with a longer line is no table."""
_PREAMBLE: Final = 200
"""How many lines may stand before the row with the names of the columns."""
_MOST_COLUMNS: Final = 16_384
"""As many as a spreadsheet has."""
_HEADED: Final = 20
"""In how many lines columns that are named by times are looked for."""
_BOMS: Final = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_NOT_IN_CP1252: Final = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_SEPARATOR: Final = re.compile(r'"?sep=(.)"?\n?', re.IGNORECASE)
"""The line by which a spreadsheet is told the delimiter."""
_FIGURE: Final = re.compile(r"[+-]?[0-9][0-9.,' ]*(?:[eE][+-]?[0-9]+)?(?:\s?[kM]?Wh)?", re.ASCII)


@dataclass(frozen=True)
class TextForm:
    """How the text of a table is to be read."""

    encoding: str
    delimiter: str
    first: int
    """The number of the first line of the table, from 1; before it stands the one that names the delimiter."""


def detect_encoding(path: Path) -> str:
    """Return the encoding of a text. Raises DataError for a file that is no text, OSError.

    It is that of its byte order mark, or UTF-8. Where bytes are not UTF-8, and no others are UTF-8 beyond ASCII, it is
    cp1252, or Latin-1 if cp1252 does not have one of them. Otherwise they are broken, and `read_rows` says where.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    broken, cp1252 = False, True
    with path.open("rb") as file:
        first = file.read(_BLOCK_BYTES)
        for bom, encoding in _BOMS.items():
            if first.startswith(bom):
                return encoding
        if b"\0" in first:
            raise DataError(path, None, "the file is neither text nor a workbook (.xlsx) or Parquet file")
        block = first
        while True:
            text = decoder.decode(block, final=not block)
            if not text.isascii():
                beyond = re.sub("[\0-\x7f\udc80-\udcff]", "", text)
                if beyond:
                    return "utf-8"
                broken = True
            cp1252 = cp1252 and (block.isascii() or _NOT_IN_CP1252.search(block) is None)
            if not block:
                break
            block = file.read(_BLOCK_BYTES)
    return ("cp1252" if cp1252 else "latin-1") if broken else "utf-8"


def find_form(path: Path, is_header: IsHeader) -> TextForm | None:
    """Return the form in which a text has a row of the columns that are looked for; None if it has none.

    Raises DataError, OSError.
    """
    encoding = detect_encoding(path)
    with _opened(path, encoding) as (_, file):
        lines = list(islice(_lines(file, path), _PREAMBLE))
    named = _SEPARATOR.fullmatch(lines[0]) if lines else None
    first = 2 if named else 1
    for line in lines[first - 1 :]:
        for delimiter in [named[1]] if named else DELIMITERS:
            try:
                cells = split_line(line, delimiter)
            except Refused:
                continue
            if is_header(without_empty_end(cells)):
                return TextForm(encoding, delimiter, first)
    return None


def guess_form(path: Path) -> TextForm | None:
    """Return the form in which most of the first lines of a text have a time in one cell and a figure in another.

    Of delimiters that do so equally, it is the one that gives more lines the same number of cells. Where no line has
    both, one may name columns by times. None for a text without any such line. Raises DataError, OSError.
    """
    encoding = detect_encoding(path)
    with _opened(path, encoding) as (_, file):
        lines = list(islice(_lines(file, path), _PREAMBLE))
    named = _SEPARATOR.fullmatch(lines[0]) if lines else None
    first = 2 if named else 1
    delimiters = [named[1]] if named else DELIMITERS
    for number, line in enumerate(lines, 1):
        if (count := max(map(line.count, delimiters))) >= _MOST_COLUMNS:
            raise DataError(path, number, f"the line has {count + 1} cells: this is no table of readings")
    scores = {each: _score(lines[first - 1 :], each) for each in delimiters}
    best = max(scores, key=scores.__getitem__)
    if not scores[best][0]:
        headed = {
            each: max((len(times_in(line.split(each))) for line in lines[:_HEADED]), default=0) for each in scores
        }
        best = max(headed, key=headed.__getitem__)
        if not headed[best]:
            return None
    return TextForm(encoding, best, first)


def _score(lines: list[str], delimiter: str) -> tuple[int, int, int]:
    """Return how many lines have a time and a figure in cells of their own, how soon, and how many the usual width."""
    told, widths, soon = 0, Counter[int](), -len(lines)
    for number, line in enumerate(lines):
        try:
            cells = split_line(line, delimiter)
        except Refused:
            continue
        timed = [kind_of(cell) not in ("", "clock") for cell in cells]
        figures = [_FIGURE.fullmatch(cell) is not None for cell in cells]
        if any(timed) and any(figure and not time for figure, time in zip(figures, timed, strict=True)):
            told += 1
            soon = max(soon, -number)
            widths[len(cells)] += 1
    return told, soon, max(widths.values(), default=0)


def read_rows(path: Path, form: TextForm) -> Iterator[tuple[float, Lines]]:
    """Yield the lines of a text as rows. Raises DataError, OSError."""
    size = path.stat().st_size or 1
    number = 1
    with _opened(path, form.encoding) as (raw, file):
        while text := file.read(_BLOCK_CHARACTERS):
            whole = text if text.endswith("\n") else text + file.readline(_MAX_LINE)
            texts = whole.removesuffix("\n").split("\n")
            if len(texts[-1]) >= _MAX_LINE:
                raise _too_long(path, number + len(texts) - 1)
            yield raw.tell() / size, Lines(number, texts, form.delimiter).since(form.first)
            number += len(texts)


@contextmanager
def _opened(path: Path, encoding: str) -> Iterator[tuple[io.BufferedReader, TextIO]]:
    """Yield a file as bytes and as text, whose lines all end with a newline."""
    errors = "surrogateescape" if encoding.startswith("utf-8") else "replace"
    with path.open("rb") as raw, io.TextIOWrapper(raw, encoding, errors, newline=None) as file:
        yield raw, file


def _lines(file: TextIO, path: Path) -> Iterator[str]:
    """Yield the lines of a text. Raises DataError for one that is too long."""
    number = 0
    while line := file.readline(_MAX_LINE):
        number += 1
        if len(line) == _MAX_LINE and not line.endswith("\n"):
            raise _too_long(path, number)
        yield line


def _too_long(path: Path, number: int) -> DataError:
    return DataError(path, number, "the line is too long: this is no table of readings")
