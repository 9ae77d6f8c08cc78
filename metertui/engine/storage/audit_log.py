"""The audit log: who did what, and when."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from metertui.engine.storage import private_files
from metertui.engine.storage.durable import stamp_of
from metertui.engine.storage.text_log import append_text, escape_unprintable

_BLOCK: Final = 1 << 16
"""Bytes that the log is read by, from its end."""


class AuditLog:
    """`audit.log`: a line for each registration, modification, login or day close, its fields separated by tabs."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def entries_before(
        self, end: int | None, text: str, count: int, stop: Callable[[], bool] = lambda: False
    ) -> tuple[list[list[str]], int] | None:
        """Return the newest entries before byte `end` that contain all words of `text`, and where to continue.

        None for `end` is the end of the file; case is ignored. Returns at least `count` entries of five fields, newest
        first, unless the beginning of the file (byte 0) is reached; None once `stop()` is true. The file is read from
        its end, block by block. Any thread. Raises OSError.
        """
        wanted = text.casefold().split()
        found: list[list[str]] = []
        try:
            file = private_files.open_for_reading(self._path)
        except FileNotFoundError:
            return [], 0
        with file:
            place = file.seek(0, os.SEEK_END) if end is None else end
            rest = b""  # the beginning of a line that ends in the block read before
            while place > 0 and len(found) < count:
                if stop():
                    return None
                size = min(place, _BLOCK)
                file.seek(place - size)
                begin, newline, block = (file.read(size) + rest).partition(b"\n")
                place -= size
                if place == 0:
                    begin, newline, block = b"", b"\n", begin + newline + block
                if not newline:
                    rest = begin
                    continue
                rest = begin + newline if place else b""
                for line in reversed(block.split(b"\n")):
                    entry = line.decode("utf-8", "replace")
                    folded = entry.casefold()
                    if line and all(word in folded for word in wanted):
                        found.append((entry.split("\t", 4) + [""] * 4)[:5])
            return found, place + len(rest)

    @property
    def stamp(self) -> tuple[int, int, int] | None:
        """Return a value that changes with each entry; None without a log. Raises OSError."""
        return stamp_of(self._path)

    def write_entry(self, at: str, who: str, action: str, subject: str, detail: str) -> None:
        """Append an entry; `at` is a timestamp. Any thread."""
        self.write_entries([(at, who, action, subject, detail)])

    def write_entries(self, entries: Iterable[tuple[str, str, str, str, str]]) -> None:
        """Append entries of five fields, as `write_entry` takes them. Any thread."""
        append_text(self._path, "".join("\t".join(map(escape_unprintable, entry)) + "\n" for entry in entries))


def local_user_name(uid: int) -> str:
    """Return the name that the audit log gives a user of this machine."""
    try:
        return f"{pwd.getpwuid(uid).pw_name} @ local"
    except KeyError:
        return f"user {uid} @ local"
