"""Two files for people: who did what (`audit.log`), and what was refused (`rejects.log`).

Neither is worth an outage: a disk that is full costs the line, is told to the program's own log, and nothing else.
"""

from __future__ import annotations

import codecs
import logging
import os
import pwd
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from metertui.engine.base import SiteZone

_logger = logging.getLogger(__name__)

codecs.lookup("unicode_escape")  # loaded now: with no file left to open it could not be when it is needed
_BLOCK: Final = 1 << 16
"""Bytes that the audit trail is read by, from its end."""
_LONGEST: Final = 200
"""Bytes of a refused line that are kept."""
_FORMULA: Final = ("=", "+", "-", "@")
_HALF_ESCAPE: Final = re.compile(r"(?<!\\)((?:\\\\)*)\\(?:x.?|u.{0,3}|U.{0,7})?$")
"""The beginning of an escape at the end of a text that was cut, after such backslashes as stand for themselves."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused line. `at` in µs UTC; `line` is what was sent, as it came (data, never markup)."""

    at: int
    peer: str
    code: str
    why: str
    line: str


class AuditLog:
    """Who registered, modified, deactivated, closed or logged in, and when: a line each, fields parted by tabs."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def before(
        self, end: int | None, text: str, count: int, stop: Callable[[], bool] = lambda: False
    ) -> tuple[list[list[str]], int] | None:
        """The newest entries before byte `end` (None: of all) with all words of `text` in any case, and where to go on.

        At least `count` of them, newest first, unless the beginning is reached, which is byte 0; None where it was
        stopped. An entry has its five fields. Read from the file's end, block by block. Any thread. Raises OSError.
        """
        wanted = text.casefold().split()
        found: list[list[str]] = []
        try:
            file = self._path.open("rb")
        except FileNotFoundError:
            return [], 0
        with file:
            place = file.seek(0, os.SEEK_END) if end is None else end
            rest = b""  # the beginning of a line, whose end stood in the block behind
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

    def write(self, at: str, who: str, action: str, subject: str, detail: str) -> None:
        """Add a line; `at` is a timestamp. Any thread."""
        self.write_all([(at, who, action, subject, detail)])

    def write_all(self, entries: Iterable[tuple[str, str, str, str, str]]) -> None:
        """Add a line for each entry, as `write` takes it. Any thread."""
        _append(self._path, "".join("\t".join(map(_visible, entry)) + "\n" for entry in entries))


class RejectsLog:
    """Refused lines: time, peer, code and what was sent, parted by tabs. Rotated to `rejects.log.1` at a size."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        self.path = path
        """Of the file."""
        self._max_bytes = max_bytes

    def write(self, refusals: Iterable[Refusal], zone: SiteZone) -> None:
        """Add a line for each. Any thread."""
        lines = (f"{zone.iso(r.at)}\t{escaped(r.peer)}\t{r.code}\t{escaped(r.line)}\n" for r in refusals)
        try:
            if self.path.exists() and self.path.stat().st_size >= self._max_bytes:
                os.replace(self.path, self.path.with_name(f"{self.path.name}.1"))
        except OSError as error:
            _logger.error("cannot rotate %s: %s", self.path.name, error.strerror)
        _append(self.path, "".join(lines))


def user_name(uid: int) -> str:
    """How a user of this machine is called there."""
    try:
        return f"{pwd.getpwuid(uid).pw_name} @ local"
    except KeyError:
        return f"user {uid} @ local"


def escaped(text: str) -> str:
    """`text` as printable ASCII on one line, at most 200 bytes, no formula; what is cut ends in `...`."""
    shown = _disarmed(text[: _LONGEST + 1].encode("unicode_escape").decode("ascii"))
    if len(shown) <= _LONGEST:
        return shown
    return _HALF_ESCAPE.sub(r"\1", shown[: _LONGEST - 3]) + "..."


def _visible(text: str) -> str:
    """`text` whole, on one line, only what has no shape escaped; no formula."""
    if not text.isprintable() or "\\" in text:
        text = "".join(c if c.isprintable() and c != "\\" else c.encode("unicode_escape").decode("ascii") for c in text)
    return _disarmed(text)


def _disarmed(text: str) -> str:
    """`text` with a first character escaped that would make a spreadsheet reckon."""
    return f"\\x{ord(text[0]):02x}{text[1:]}" if text.startswith(_FORMULA) else text


def _append(path: Path, text: str) -> None:
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        _logger.error("cannot write %s: %s", path.name, error.strerror)
