"""A file that another process appends whole lines to: what is new in it, read once.

The other may cut back what a refusing disk took only in part, and may give the name to another file: a log is renamed
when it is sealed, a table replaced when something in it changes. The file that was followed is kept open, so what it
was given before it lost its name is not missed, and no other file can pass for it.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final, NamedTuple

_PIECE: Final = 1 << 22
"""Bytes read at a time."""
_HEADER: Final = 1 << 16
"""Bytes that a header may have."""


class TailUpdate(NamedTuple):
    """What one look showed; whole lines."""

    rest: bytes = b""
    """What came behind what was seen before."""
    fresh: bytes | None = None
    """What stands in another file that has the name now; None while it is the same one."""
    cut: bool = False
    """Whether what was seen before stands there no longer. Then nothing of this look counts: `again` begins anew."""

    @property
    def data(self) -> bytes:
        """All of it, in the order in which it was written."""
        return self.rest + (self.fresh or b"")


class FileTail:
    """The lines of one file, from where one began to look. Used in one thread at a time."""

    def __init__(self, path: Path, doubtful: int) -> None:
        """`doubtful`: so many bytes at the end may be taken back, as what holds them has not been confirmed."""
        self.path = path
        self._doubtful = doubtful
        self._fd = -1
        self._seen = 0  # bytes
        self._last = b""  # the end of what was seen
        self._state = (-1, -1)

    @property
    def size(self) -> int:
        """Bytes that were seen of the file as it is now."""
        return self._seen

    def skip_to_end(self) -> None:
        """Begin behind what stands there now."""
        self._take_hold()
        if self._fd >= 0:
            size = os.fstat(self._fd).st_size
            begin = max(0, size - self._doubtful)
            tail = self._read(begin, size)
            whole = tail[: tail.rfind(b"\n") + 1]
            self._seen, self._last = begin + len(whole), whole

    def reread(self) -> bytes:
        """All whole lines that stand there now; looks go on behind them. Raises OSError."""
        self._take_hold()
        return self._rest()[0] if self._fd >= 0 else b""

    def poll(self) -> TailUpdate:
        """What is new. Raises OSError."""
        same = not self.is_replaced()
        rest, cut = self._rest() if self._fd >= 0 else (b"", False)
        if cut:
            return TailUpdate(cut=True)
        if same:
            return TailUpdate(rest)
        return TailUpdate(rest, self.reread())

    def follow_replacement(self) -> tuple[bytes, bytes] | None:
        """Go on with the file that has the name now, behind what stands in it.

        What was seen of the file before, and what stands in this one, without the lines that both begin and end with;
        None where they do not begin alike, or quotes make it doubtful where a line of a table ends. Raises OSError.
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
        """The header of a file that has one, with its end. Raises OSError."""
        data = self._read(0, min(_HEADER, self._seen))
        return data[: data.find(b"\n") + 1]

    def close(self) -> None:
        """Let go of the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _take_hold(self) -> None:
        """Begin with the file that has the name now, if there is one."""
        self.close()
        self._seen, self._last, self._state = 0, b"", (-1, -1)
        with contextlib.suppress(FileNotFoundError):
            self._fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)

    def is_replaced(self) -> bool:
        """Whether the name is another file's than that in hand. Raises OSError."""
        try:
            named = os.stat(self.path)
        except FileNotFoundError:
            return False  # between two: the next look sees what comes
        if self._fd < 0:
            return True
        held = os.fstat(self._fd)
        return (named.st_dev, named.st_ino) != (held.st_dev, held.st_ino)

    def _rest(self) -> tuple[bytes, bool]:
        """The whole lines behind what was seen, and whether that stands there no longer."""
        now = os.fstat(self._fd)
        state = now.st_size, now.st_mtime_ns
        if state == self._state:
            return b"", False
        if now.st_size < self._seen or self._read(self._seen - len(self._last), self._seen) != self._last:
            return b"", True
        data = self._read(self._seen, now.st_size)
        whole = data[: data.rfind(b"\n") + 1]
        hole = whole.find(b"\0")
        if hole >= 0:  # what a power cut left: whoever owns the file next mends it
            whole = whole[: whole.rfind(b"\n", 0, hole) + 1]
        self._seen += len(whole)
        self._last = (self._last + whole[-self._doubtful :])[-self._doubtful :]
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
    """How many bytes of whole lines, `most` at most, two files both begin with, and the quotes among them."""
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
        return 0, 0  # a line that long is none of ours
    return begin - len(back) + whole, quotes - back.count(b'"', whole)


def _common_end(old: tuple[int, int], new: tuple[int, int], most: int) -> int:
    """How many bytes of whole lines, `most` at most, two files both end with; each by descriptor and size."""
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
    """How many bytes both begin with."""
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
