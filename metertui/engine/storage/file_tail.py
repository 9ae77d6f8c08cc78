"""Following a file that another process appends complete lines to.

The other process may cut off a failed append, and may put another file in its place: a log is renamed when it is
sealed, a table is replaced when a row changes. The followed file is kept open, so that lines that were appended before
it was renamed are not missed, and no other file is taken for it.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final, NamedTuple

from metertui.engine.storage import private_files

_PIECE: Final = 1 << 22
"""Bytes read at a time."""
_HEADER: Final = 1 << 16
"""The highest number of bytes of a header."""


class TailUpdate(NamedTuple):
    """The new lines that one poll found, complete ones only."""

    rest: bytes = b""
    """The lines that were appended to the followed file."""
    fresh: bytes | None = None
    """The content of another file that has the name now; None while it is the same file."""
    cut: bool = False
    """Whether lines that were read before are gone. Then the rest is empty: use `reread`."""

    @property
    def data(self) -> bytes:
        """Return all new lines, in the order in which they were written."""
        return self.rest + (self.fresh or b"")


class FileTail:
    """The lines appended to a file since the first look. Use it in one thread at a time."""

    def __init__(self, path: Path, doubtful: int) -> None:
        """`doubtful`: the number of bytes at the end that the other process may still cut off."""
        self.path = path
        self._kept = max(1, doubtful)  # bytes at the end of what was read; a slice of the last 0 would be all of it
        self._fd = -1
        self._seen = 0  # bytes
        self._last = b""  # the end of what was read
        self._state = (-1, -1)

    @property
    def size(self) -> int:
        """Return the number of bytes that were read of the present file."""
        return self._seen

    def skip_to_end(self) -> None:
        """Begin after the present content. Raises OSError."""
        self._take_hold()
        if self._fd >= 0:
            size = os.fstat(self._fd).st_size
            begin = max(0, size - self._kept)
            tail = self._read(begin, size)
            whole = tail[: tail.rfind(b"\n") + 1]
            self._seen, self._last = begin + len(whole), whole

    def reread(self) -> bytes:
        """Return all complete lines of the present file, and continue after them. Raises OSError."""
        self._take_hold()
        return self._rest()[0] if self._fd >= 0 else b""

    def poll(self) -> TailUpdate:
        """Return the lines that are new since the last call. Raises OSError."""
        same = not self.is_replaced()
        rest, cut = self._rest() if self._fd >= 0 else (b"", False)
        if cut:
            return TailUpdate(cut=True)
        if same:
            return TailUpdate(rest)
        return TailUpdate(rest, self.reread())

    def follow_replacement(self) -> tuple[bytes, bytes] | None:
        """Continue with the file that replaced the followed one, after its content.

        Return the lines in which the old and the new file differ: those between the lines that both begin with and
        those that both end with. None if they do not begin alike, or quotes make it unclear where a row ends. Raises
        OSError.
        """
        old, old_end = self._fd, self._seen
        self._fd = -1
        try:
            self.skip_to_end()
            if old < 0 or self._fd < 0 or os.fstat(old).st_size < old_end:
                return None
            return self._difference(old, old_end)
        finally:
            if old >= 0:
                os.close(old)

    def _difference(self, old: int, old_end: int) -> tuple[bytes, bytes] | None:
        new, new_end = self._fd, self._seen
        begin, quotes = _common_begin(old, new, min(old_end, new_end))
        if not begin:
            return None
        end = _common_end((old, old_end), (new, new_end), min(old_end, new_end) - begin)
        middle = _pread(old, begin, old_end - end), _pread(new, begin, new_end - end)
        if quotes % 2 or any(part.count(b'"') % 2 for part in middle):
            return None
        return middle

    def first_line(self) -> bytes:
        """Return the first line of the file with its newline. Raises OSError."""
        data = self._read(0, min(_HEADER, self._seen))
        return data[: data.find(b"\n") + 1]

    def close(self) -> None:
        """Close the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _take_hold(self) -> None:
        """Open the file that has the name now, if there is one."""
        self.close()
        self._seen, self._last, self._state = 0, b"", (-1, -1)
        with contextlib.suppress(FileNotFoundError):
            self._fd = private_files.open_file(self.path, os.O_RDONLY)

    def is_replaced(self) -> bool:
        """Return whether the name belongs to another file than the followed one. Raises OSError."""
        try:
            named = os.stat(self.path)
        except FileNotFoundError:
            return False  # it is being replaced: the next poll finds the new file
        if self._fd < 0:
            return True
        held = os.fstat(self._fd)
        return (named.st_dev, named.st_ino) != (held.st_dev, held.st_ino)

    def _rest(self) -> tuple[bytes, bool]:
        """Return the complete lines that were not read yet, and whether lines that were read are gone."""
        now = os.fstat(self._fd)
        state = now.st_size, now.st_mtime_ns
        if state == self._state:
            return b"", False
        if now.st_size < self._seen or self._read(self._seen - len(self._last), self._seen) != self._last:
            return b"", True
        data = self._read(self._seen, now.st_size)
        whole = data[: data.rfind(b"\n") + 1]
        hole = whole.find(b"\0")
        if hole >= 0:  # left by a power cut: the next owner of the file mends it
            whole = whole[: whole.rfind(b"\n", 0, hole) + 1]
        self._seen += len(whole)
        self._last = (self._last + whole[-self._kept :])[-self._kept :]
        self._state = state
        return whole, False

    def _read(self, start: int, stop: int) -> bytes:
        return _pread(self._fd, start, stop)


def _pread(fd: int, start: int, stop: int) -> bytes:
    pieces = []
    while start < stop:
        piece = os.pread(fd, min(_PIECE, stop - start), start)
        if not piece:
            break
        pieces.append(piece)
        start += len(piece)
    return b"".join(pieces)


def _common_begin(old: int, new: int, most: int) -> tuple[int, int]:
    """Return how many bytes of complete lines (at most `most`) two files begin with, and the quotes in them."""
    begin = quotes = 0
    while begin < most:
        stop = min(begin + _PIECE, most)
        ours, theirs = _pread(old, begin, stop), _pread(new, begin, stop)
        alike = _alike(ours, theirs)
        begin += alike
        quotes += ours.count(b'"', 0, alike)
        if alike < stop - begin + alike:
            break
    back = _pread(old, max(0, begin - _HEADER), begin)
    whole = back.rfind(b"\n") + 1
    if not whole:
        return 0, 0  # metertui writes no line that long
    return begin - len(back) + whole, quotes - back.count(b'"', whole)


def _common_end(old: tuple[int, int], new: tuple[int, int], most: int) -> int:
    """Return the number of bytes of complete lines (at most `most`) that two files (descriptor, size) end with."""
    end = 0
    while end < most:
        size = min(_PIECE, most - end)
        ours, theirs = (_pread(fd, stop - end - size, stop - end) for fd, stop in (old, new))
        alike = _alike(ours[::-1], theirs[::-1])
        end += alike
        if alike < size:
            break
    if all(_pread(fd, stop - end - 1, stop - end) == b"\n" for fd, stop in (old, new)):
        return end
    first = _pread(old[0], old[1] - end, min(old[1], old[1] - end + _HEADER)).find(b"\n") + 1
    return end - first if first else 0


def _alike(ours: bytes, theirs: bytes) -> int:
    """Return the length of the common prefix."""
    if ours == theirs:
        return len(ours)
    low, high = 0, min(len(ours), len(theirs))
    while low < high:
        middle = (low + high + 1) // 2
        if ours[low:middle] == theirs[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
