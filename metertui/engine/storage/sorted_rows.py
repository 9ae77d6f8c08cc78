"""Rows in order of a key, more than memory should hold.

Rows are added in any order. Once there are many, they are sorted and written as a *run* to a file without a name, which
ends with the process however that ends. They come back in parts: the runs are merged, a bounded number of rows at a
time. See D. Knuth, "The Art of Computer Programming", volume 3, section 5.4, on external sorting.
"""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import Int64Array
from metertui.engine.errors import StorageError
from metertui.engine.storage import durable

Records = NDArray[np.void]
"""Rows as a structured array."""
MOST_HELD: Final = 500_000
"""Rows in memory that are not written yet."""
PART: Final = 200_000
"""About so many rows come back at a time."""
_STEP: Final = 2_048
"""Of every so many rows of a run the key is kept in memory."""
_Bound = tuple[int, ...]
"""Leading fields of a key."""


class _Run(NamedTuple):
    """Sorted rows: in the file from row `first` on, or in memory."""

    first: int
    length: int
    fences: Sequence[Int64Array]
    """The leading fields of the key of every `_STEP`th row."""
    held: Records | None = None


class SortedRows:
    """Rows that are added, and come back in order of their key; those that lead alike always in one part.

    So a part is as long as the rows that lead alike, if those are more than PART. Rows with equal keys keep the order
    in which they were added. In one thread at a time.
    """

    def __init__(
        self, dtype: np.dtype[np.void], key: Sequence[str], place: Path | None = None, *, leading: int = 1
    ) -> None:
        """Sort by the fields `key` of rows, of which the first ones are `leading`.

        Rows are in memory alone if there is no `place`, a folder, for more.
        """
        self._dtype = dtype
        self._key = tuple(key)
        self._leading = self._key[:leading]
        self._place = place
        self._runs: list[_Run] = []
        self._added: list[Records] = []
        self._held = 0
        self._written = 0
        self._file: BinaryIO | None = None

    def __len__(self) -> int:
        return self._written + self._held + sum(run.length for run in self._runs if run.held is not None)

    def add(self, **columns: NDArray[Any]) -> None:
        """Add rows by their fields. Raises StorageError; then the rows are of no use any more."""
        rows = np.empty(len(next(iter(columns.values()))), dtype=self._dtype)
        for name, column in columns.items():
            rows[name] = column
        self._added.append(rows)
        self._held += len(rows)
        if self._place is not None and self._held >= MOST_HELD:
            self._write(self._sorted())

    def parts(self) -> Iterator[Records]:
        """Yield all rows in order. It can be done again, and rows may be added afterwards. Raises StorageError."""
        if self._held:
            rows = self._sorted()
            self._runs.append(_Run(0, len(rows), self._fences(rows), rows))
        yield from self._merged()

    def _merged(self) -> Iterator[Records]:
        at = [0] * len(self._runs)
        for bound in self._bounds():
            stops = [self._place_of(run, bound, start) for run, start in zip(self._runs, at, strict=True)]
            found = [self._read(run, *span) for run, *span in zip(self._runs, at, stops, strict=True)]
            at = stops
            rows = np.concatenate([each for each in found if len(each)] or [np.empty(0, self._dtype)])
            del found
            if len(rows):
                yield rows if len(self._runs) == 1 else rows[self._order(rows)]

    def _bounds(self) -> list[_Bound | None]:
        """Return the leading fields before which the parts end; None for the last."""
        fences = [np.concatenate(each) for each in zip(*(run.fences for run in self._runs), strict=True)]
        if not fences:
            return [None]
        order = np.lexsort(fences[::-1])[:: max(1, PART // _STEP)]
        bounds = zip(*(each[order].tolist() for each in fences), strict=True)
        return [*list(dict.fromkeys(bounds))[1:], None]

    def _place_of(self, run: _Run, bound: _Bound | None, start: int) -> int:
        """Return the first row of a run that is not before a bound; its length for None."""
        if bound is None:
            return run.length
        fence = _find(run.fences, bound)
        if not fence:
            return 0
        low = max(start, (fence - 1) * _STEP)
        rows = self._read(run, low, max(low, min(run.length, fence * _STEP)))
        return low + _find([rows[name] for name in self._leading], bound)

    def _read(self, run: _Run, start: int, stop: int) -> Records:
        if run.held is not None:
            return run.held[start:stop]
        assert self._file is not None
        rows = np.empty(stop - start, dtype=self._dtype)
        view, at = rows.view(np.uint8).data, (run.first + start) * self._dtype.itemsize
        with _keeping():
            while view:
                count = os.preadv(self._file.fileno(), [view], at)
                if not count:
                    raise OSError(errno.EIO, os.strerror(errno.EIO))
                view, at = view[count:], at + count
        return rows

    def _sorted(self) -> Records:
        """Return the rows that were added since the last run, in order."""
        rows = np.concatenate(self._added)
        self._added, self._held = [], 0
        return rows[self._order(rows)]

    def _order(self, rows: Records) -> Int64Array:
        return np.lexsort([rows[name] for name in reversed(self._key)])

    def _fences(self, rows: Records) -> Sequence[Int64Array]:
        return [rows[name][::_STEP].astype(np.int64) for name in self._leading]

    def _write(self, rows: Records) -> None:
        with _keeping():
            if self._file is None:
                self._file = tempfile.TemporaryFile(  # noqa: SIM115 - it is closed when the rows are given up
                    "w+b", buffering=0, prefix=".import-", dir=self._place
                )
                weakref.finalize(self, self._file.close)
            durable.write_all(self._file.fileno(), rows.view(np.uint8).data)
        self._runs.append(_Run(self._written, len(rows), self._fences(rows)))
        self._written += len(rows)


def _find(columns: Sequence[NDArray[Any]], bound: _Bound) -> int:
    """Return the first place at which rows, given as columns in their order, are not before a bound."""
    low, high = 0, len(columns[0])
    for column, value in zip(columns, bound, strict=True):
        here = column[low:high]
        low, high = low + int(here.searchsorted(value)), low + int(here.searchsorted(value, side="right"))
    return low


@contextlib.contextmanager
def _keeping() -> Iterator[None]:
    """Raise StorageError for what the disk refuses within it."""
    try:
        yield
    except OSError as error:
        raise StorageError(f"cannot keep the rows of an import for a while: {error.strerror or error}") from error
