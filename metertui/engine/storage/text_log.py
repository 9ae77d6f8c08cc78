"""What the text logs that people read have in common: one line an entry, nothing that a spreadsheet would run."""

from __future__ import annotations

import codecs
import logging
import os
import re
from pathlib import Path
from typing import Final

from metertui.engine.storage import durable, private_files

_logger = logging.getLogger(__name__)

codecs.lookup("unicode_escape")  # loaded now: it could not be once no file descriptor is left
_LONGEST: Final = 200
"""Characters of a line from outside that are kept."""
_FORMULA: Final = ("=", "+", "-", "@")
_HALF_ESCAPE: Final = re.compile(r"(?<!\\)((?:\\\\)*)\\(?:x.?|u.{0,3}|U.{0,7})?$")
"""The beginning of an escape at the end of a text that was cut, after backslashes that are escaped themselves."""


def escape_unprintable(text: str) -> str:
    """Return the whole `text` on one line, with backslashes and unprintable characters escaped, and not a formula."""
    if not text.isprintable() or "\\" in text:
        text = "".join(c if c.isprintable() and c != "\\" else c.encode("unicode_escape").decode("ascii") for c in text)
    return _escape_formula(text)


def escape_and_cut(text: str) -> str:
    """Return `text` as at most 200 characters of printable ASCII, not a formula. A text that was cut ends in `...`."""
    shown = _escape_formula(text[: _LONGEST + 1].encode("unicode_escape").decode("ascii"))
    if len(shown) <= _LONGEST:
        return shown
    return _HALF_ESCAPE.sub(r"\1", shown[: _LONGEST - 3]) + "..."


def _escape_formula(text: str) -> str:
    """Escape a first character that makes a spreadsheet take the text for a formula."""
    return f"\\x{ord(text[0]):02x}{text[1:]}" if text.startswith(_FORMULA) else text


def append_text(path: Path, text: str) -> None:
    """Append to a log. A failure is reported to the program's own log only: no text log is worth an outage."""
    try:
        fd = private_files.open_file(path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
        try:
            size = os.fstat(fd).st_size
            torn = size and os.pread(fd, 1, size - 1) != b"\n"  # by a crash, or a full disk
            durable.write_all(fd, f"{chr(10) if torn else ''}{text}".encode("utf-8", "replace"))
        finally:
            os.close(fd)
    except OSError as error:
        _logger.error("cannot write %s: %s", path.name, error.strerror)
