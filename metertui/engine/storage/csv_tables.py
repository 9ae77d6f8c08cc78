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
from metertui.engine.storage import private_files
from metertui.engine.storage.appended import Damage, without_holes

_OTHER_MARKS: Final = {";": "semicolons", "\t": "tabs"}


def encode_rows(rows: Iterable[Sequence[str]]) -> bytes:
    """Return rows as lines of CSV in UTF-8."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()


class CsvTable:
    """A CSV file with a header. A missing or empty file is a table of the needed columns without rows.

    `unsynced` is for files that are appended to: how many bytes at the end a crash may have left in part. Lines with
    holes there, and an unterminated last line that cannot be read, are dropped, and `damage` says so. `data` is used
    instead of the content of the file. Raises DataError, OSError.
    """

    def __init__(
        self,
        path: Path,
        needed: Sequence[str],
        optional: Sequence[str] = (),
        *,
        unsynced: int = 0,
        data: bytes | None = None,
    ) -> None:
        self._path = path
        self._stored = self._read() if data is None else data
        self._whole = without_holes(self._stored, unsynced) if unsynced else self._stored
        data = self._decodable(self._whole, unsynced > 0)
        self._last = data.count(b"\n") + 1 if unsynced and not data.endswith(b"\n") else 0
        lines = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline="\n")
        self._reader = csv.reader(lines, strict=True)
        self._begin = 1
        known = {*needed, *optional}
        header = next((cells for _, cells in self._records()), list(needed))
        lower = [name.strip().lower() for name in header]
        names = [low if low in known else name for low, name in zip(lower, header, strict=True)]
        missing = [name for name in needed if name not in names]
        if missing:
            marks = [what for mark, what in _OTHER_MARKS.items() if any(mark in name for name in header)]
            lacks = f"the header lacks {', '.join(missing)}"
            why = f"{marks[0]} separate the columns, not commas; save it as CSV with commas" if marks else lacks
            self.reject_row(self._begin, why)
            names = list(needed)
        self.names: Final = names
        """The column names of the header: known ones in lower case, others unchanged."""
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
        self._drop_last()

    @property
    def terminated(self) -> bool:
        """Return whether the last line ends with a newline, without what was dropped, so that a row can be appended."""
        return self._whole.endswith((b"\n", b"\r"))

    @property
    def damage(self) -> Damage | None:
        """Return what was dropped, once all rows are read; None if nothing was."""
        return None if self._whole == self._stored else Damage(self._path, self._stored, self._whole)

    def _drop_last(self) -> None:
        end = max(self._whole.rfind(b"\n"), self._whole.rfind(b"\r"))
        self._whole = self._whole[: end + 1]

    def _read(self) -> bytes:
        try:
            return private_files.read_file(self._path)
        except FileNotFoundError:
            return b""

    def _decodable(self, data: bytes, torn_ok: bool) -> bytes:
        """Return the content of the file, checked to be UTF-8, with `\\n` line ends."""
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        try:
            data.decode("utf-8")
        except UnicodeDecodeError as error:
            if not torn_ok or b"\n" in data[error.start :]:
                line = data.count(b"\n", 0, error.start) + 1
                raise DataError(self._path, line, "this is not UTF-8 text; save it as CSV UTF-8") from error
            self._drop_last()
            data = data[: data.rfind(b"\n") + 1]
        if (zero := data.find(b"\0")) >= 0:
            raise DataError(self._path, data.count(b"\n", 0, zero) + 1, "zeros stand where text should be")
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
