"""Lines of a text as rows of a table: one by one, or the cells of all of them at once."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from typing import Final, overload

from metertui.engine.errors import Refused
from metertui.formats.tables.rows import Row, cut_cells

_NOT_DECODED: Final = re.compile("[\ud800-\udfff\ufffd]")


class Lines(Sequence[Row]):
    """Lines that follow one another, each a row that is made when it is asked for.

    `first` is the number of the first; `texts` have no newline at their ends.
    """

    def __init__(self, first: int, texts: list[str], delimiter: str) -> None:
        self.first = first
        self._texts = texts
        self._delimiter = delimiter

    def __len__(self) -> int:
        return len(self._texts)

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> list[Row]: ...
    def __getitem__(self, at: int | slice) -> Row | list[Row]:
        if isinstance(at, slice):
            return list(self._part(*at.indices(len(self))[:2]))
        text, number = self._texts[at], range(self.first, self.first + len(self))[at]
        try:
            return Row("", number, split_line(text, self._delimiter))
        except Refused as error:
            return Row("", number, [text], error)

    def __iter__(self) -> Iterator[Row]:
        return self._part(0, len(self))

    def _part(self, first: int, last: int) -> Iterator[Row]:
        part = Lines(self.first + first, self._texts[first:last], self._delimiter)
        if not len(part):
            return
        width = part._texts[len(part) // 2].count(self._delimiter) + 1
        places, columns = part.columns(width)
        cells = map(list, zip(*(cut_cells([*map(str.strip, column)]) for column in columns), strict=True))
        usual = set(places)
        for at in range(len(part)):
            yield Row("", part.first + at, next(cells)) if at in usual else part[at]

    def since(self, number: int) -> Lines:
        """Return the lines from a number on."""
        skipped = max(0, number - self.first)
        return Lines(self.first + skipped, self._texts[skipped:], self._delimiter) if skipped else self

    def columns(self, width: int) -> tuple[list[int], Sequence[Sequence[str]]]:
        """Return which lines have `width` cells, and these column by column, with the blanks around them.

        A line that cannot be split is none of them.
        """
        texts, mark = self._texts, self._delimiter
        whole = "\n".join(texts)
        split: Sequence[list[str]] = []
        if whole.isascii() or not _NOT_DECODED.search(whole):
            if '"' in whole and (bare := _without_quotes(whole, mark)) is not None:
                return Lines(self.first, bare.split("\n"), mark).columns(width)
            if '"' not in whole:
                places = [at for at, text in enumerate(texts) if text.count(mark) == width - 1]
                cells = mark.join(texts if len(places) == len(texts) else [texts[at] for at in places]).split(mark)
                return places, [cells[at::width] for at in range(width)] if places else []
            try:
                split = list(csv.reader(texts, delimiter=mark, strict=True))
            except csv.Error:
                split = []
        if len(split) != len(texts):  # a quote was left open, and perhaps closed in another line
            rows = map(self.__getitem__, range(len(texts)))
            split = [row.cells if row.fault is None else [] for row in rows]
        places = [at for at, cells in enumerate(split) if len(cells) == width]
        return places, list(zip(*(split[at] for at in places), strict=True))


def _without_quotes(lines: str, mark: str) -> str | None:
    """Return lines without the quotes around cells; None if a quote is not at the edge of a cell, or holds a mark."""
    parts = lines.split('"')
    first, *between, last = parts[::2] if len(parts) % 2 else ["", "", ""]
    edges = {(first or mark)[-1], (last or mark)[0], *(each[:1] for each in between), *(each[-1:] for each in between)}
    inside = "".join(parts[1::2])
    if not edges <= {mark, "\n"} or mark in inside or "\n" in inside:
        return None
    return lines.replace('"', "")


def split_line(line: str, delimiter: str) -> list[str]:
    """Return the cells of a line, without the blanks around them. Raises Refused."""
    if not line.isascii() and _NOT_DECODED.search(line):
        raise Refused("bad-encoding", "the line has bytes that are no text in the encoding of the file")
    line = line.rstrip("\n")
    if '"' not in line:
        return cut_cells([*map(str.strip, line.split(delimiter))])
    try:
        return cut_cells([*map(str.strip, next(csv.reader([line], delimiter=delimiter, strict=True)))])
    except csv.Error as error:
        raise Refused("syntax", f"the line is not CSV: {error}") from error
