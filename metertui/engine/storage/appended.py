"""The end of a file that is appended to, as a crash or a power cut may leave it, and its mending.

What was written since the last sync was never answered, and may be there in part: cut at any byte, or with holes, which
are sectors of zeros that never came to the disk. The lines that are whole stay; the others are taken out of the file.
"""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from metertui.engine.errors import StorageError
from metertui.engine.storage import durable, private_files

_SECTOR = 512
"""Bytes that a disk writes atomically."""
_ZEROS: Final = re.compile(rb"\0+")


@dataclass(frozen=True, slots=True)
class Damage:
    """What a crash left in a file: its content, and the part of it that stays."""

    path: Path
    data: bytes
    whole: bytes

    @property
    def warning(self) -> str:
        """Return a sentence about what is left out."""
        lost = len(self.data) - len(self.whole)
        if self._same == len(self.whole):
            return f"{self.path.name}: a torn last line of {lost} bytes was dropped; it had not been answered"
        return f"{self.path.name}: {lost} bytes of the last batch, which had not been answered, were missing on disk"

    @property
    def _same(self) -> int:
        """Return the number of bytes that both begin with, in complete lines."""
        if self.data.startswith(self.whole):
            return len(self.whole)
        return self.data.rfind(b"\n", 0, self.data.index(b"\0")) + 1

    def mend(self) -> None:
        """Leave in the file what is whole, on disk on return; a batch with holes is set aside before.

        Needs no space on the disk; where there is none, nothing is set aside. Raises StorageError.
        """
        same = self._same
        if same < len(self.whole):
            with contextlib.suppress(StorageError):
                durable.set_aside(self.path, self.data[same:])
        with durable.writing(self.path):
            fd = private_files.open_file(self.path, os.O_RDWR)
            try:
                os.ftruncate(fd, same)
                os.lseek(fd, same, os.SEEK_SET)
                durable.write_all(fd, self.whole[same:])
                durable.sync_metadata_too(fd)
            finally:
                os.close(fd)


def without_holes(data: bytes, unsynced: int) -> bytes:
    """Return the content of a file without the lines in which a power cut has left holes.

    `unsynced` is how many bytes at the end may not have been synced. Zeros before them, or of another shape, are damage
    that the caller finds. The last line may still be torn.
    """
    end = data.rfind(b"\n") + 1
    whole, last = data[:end], data[end:]
    hole = whole.find(b"\0")
    if hole >= 0:
        begin = whole.rfind(b"\n", 0, hole) + 1
        if len(whole) - begin <= unsynced and all(_is_hole(whole, *run.span()) for run in _ZEROS.finditer(whole)):
            lines = whole[begin:].splitlines(keepends=True)
            whole = whole[:begin] + b"".join(line for line in lines if b"\0" not in line)
    return whole if b"\0" in last else whole + last


def _is_hole(data: bytes, start: int, end: int) -> bool:
    """Return whether a run of zeros is of sectors that were never written: from a sector or a line to a sector."""
    return end % _SECTOR == 0 and (start % _SECTOR == 0 or data[start - 1 : start] == b"\n")
