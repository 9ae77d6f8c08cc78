"""Small CSV tables that people may edit in spreadsheets.

A byte order mark, CRLF, quoted cells, blank lines and a header in another case are accepted. Anything that cannot be
read is an error that names file and line.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from metertui.engine.errors import DataError


def encode_rows(rows: Iterable[Sequence[str]]) -> bytes:
    """Return rows as lines of CSV in UTF-8."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()


class CsvTable:
    """A CSV file with a header. A missing or empty file is a table of the needed columns without rows.

    With `torn_ok` an unterminated last line that cannot be read is taken for an append that a crash cut short: it is
    dropped, and `torn` says so. `data` is used instead of the content of the file. Raises DataError, OSError.
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
        """A sentence about a last line that was dropped; empty if there was none."""
        data = self._read(torn_ok, data)
        self.terminated: Final = data.endswith(b"\n") and not self.torn
        """Whether the last line ends with a newline, so that a row can be appended."""
        self._last = data.count(b"\n") + 1 if torn_ok and not self.terminated else 0
        lines = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline="\n")
        self._reader = csv.reader(lines, strict=True)
        self._begin = 1
        known = {*needed, *optional}
        header = next((cells for _, cells in self._records()), list(needed))
        lower = [name.strip().lower() for name in header]
        self.names: Final = [low if low in known else name for low, name in zip(lower, header, strict=True)]
        """The column names of the header: known ones in lower case, others unchanged."""
        missing = [name for name in needed if name not in self.names]
        if missing:
            raise DataError(path, self._begin, f"the header lacks {', '.join(missing)}")
        twice = [name for name in known if self.names.count(name) > 1]
        if twice:
            raise DataError(path, self._begin, f"the header has {twice[0]} twice")

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield each row below the header with the number of its first line. Can be called once."""
        width = len(self.names)
        for line, cells in self._records():
            if len(cells) == width:
                yield line, cells
            else:
                self.reject_row(line, f"{len(cells)} fields where the header has {width}")

    def reject_row(self, line: int, reason: str) -> None:
        """Raise DataError for a row that cannot be read, unless it is the torn last one, which is dropped."""
        if line != self._last:
            raise DataError(self._path, line, reason)
        self._note_torn()

    def _note_torn(self) -> None:
        self.torn = f"{self._path.name}: a torn last line was dropped; it had not been answered"

    def _read(self, torn_ok: bool, data: bytes | None) -> bytes:
        """Return the content of the file, checked to be UTF-8, with `\\n` line ends."""
        if data is None:
            data = self._path.read_bytes() if self._path.exists() else b""
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        try:
            data.decode("utf-8")
        except UnicodeDecodeError as error:
            if not torn_ok or b"\n" in data[error.start :]:
                line = data.count(b"\n", 0, error.start) + 1
                raise DataError(self._path, line, "this is not UTF-8 text; save it as CSV UTF-8") from error
            self._note_torn()
            return data[: data.rfind(b"\n") + 1]
        return data

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        """Yield all records that are not blank, the header too, with the number of their first line."""
        reader = self._reader
        line = reader.line_num + 1
        try:
            for cells in reader:
                if any(cells) and not (len(cells) == 1 and cells[0].isspace()):
                    self._begin = line
                    yield line, cells
                line = reader.line_num + 1
        except csv.Error as error:
            self.reject_row(line, f"this is not valid CSV: {error}")
