"""Small tables that people keep in spreadsheets, read with patience for what those do to a CSV.

A byte order mark, CRLF, quoted cells, blank lines and a header in another case are taken as they come; what cannot be
read is refused by file and line.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from metertui.engine.errors import DataError


class CsvTable:
    """A CSV file with a header. One that is missing or empty is a table of the columns that are needed, without rows.

    With `torn_ok` an unterminated last line that cannot be read is what a crash left of an append: it is dropped, and
    told in `torn`. `data` goes before what the file holds. Raises DataError that names the line, OSError.
    """

    def __init__(
        self,
        path: Path,
        needed: Sequence[str],
        optional: Sequence[str] = (),
        *,
        torn_ok: bool = False,
        data: bytes | None = None,
    ) -> None:
        self._path = path
        self.torn = ""
        """A sentence about a last line that was dropped; empty if none was."""
        data = self._read(torn_ok, data)
        self.terminated: Final = data.endswith(b"\n") and not self.torn
        """Whether the last line is ended, so that another can follow it."""
        self._last = data.count(b"\n") + 1 if torn_ok and not self.terminated else 0
        lines = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline="\n")
        self._reader = csv.reader(lines, strict=True)
        self._begin = 1
        known = {*needed, *optional}
        header = next((cells for _, cells in self._records()), list(needed))
        lower = [name.strip().lower() for name in header]
        self.names: Final = [low if low in known else name for low, name in zip(lower, header, strict=True)]
        """The header; known names in lower case, others as they stand."""
        missing = [name for name in needed if name not in self.names]
        if missing:
            raise DataError(path, self._begin, f"the header lacks {', '.join(missing)}")
        twice = [name for name in known if self.names.count(name) > 1]
        if twice:
            raise DataError(path, self._begin, f"the header has {twice[0]} twice")

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """The rows below the header, each with the number of the line that it begins on. To be asked once."""
        width = len(self.names)
        for line, cells in self._records():
            if len(cells) == width:
                yield line, cells
            else:
                self.reject_row(line, f"{len(cells)} fields where the header has {width}")

    def reject_row(self, line: int, reason: str) -> None:
        """Say that a row cannot be read. Raises DataError; returns if the row is the torn last one, which is told."""
        if line != self._last:
            raise DataError(self._path, line, reason)
        self._tell_torn()

    def _tell_torn(self) -> None:
        self.torn = f"{self._path.name}: a torn last line was dropped; it had not been answered"

    def _read(self, torn_ok: bool, data: bytes | None) -> bytes:
        """What the file holds, surely UTF-8, each line ended by a newline alone."""
        if data is None:
            data = self._path.read_bytes() if self._path.exists() else b""
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        try:
            data.decode("utf-8")
        except UnicodeDecodeError as error:
            if not torn_ok or b"\n" in data[error.start :]:
                line = data.count(b"\n", 0, error.start) + 1
                raise DataError(self._path, line, "this is not UTF-8 text; save it as CSV UTF-8") from error
            self._tell_torn()
            return data[: data.rfind(b"\n") + 1]
        return data

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        """All that is not blank, header included, with the line that it begins on."""
        reader = self._reader
        line = reader.line_num + 1
        try:
            for cells in reader:
                if any(cells) and not (len(cells) == 1 and cells[0].isspace()):
                    self._begin = line
                    yield line, cells
                line = reader.line_num + 1
        except csv.Error as error:
            self.reject_row(line, f"this is no CSV: {error}")
