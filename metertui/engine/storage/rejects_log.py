"""The rejects log: the lines that were refused."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from metertui.engine.base import SiteZone
from metertui.engine.storage.text_log import append_text, escape_and_cut

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A refused line. `at` in µs UTC; `line` is what was sent, unchanged (data, never markup)."""

    at: int
    peer: str
    code: str
    why: str
    line: str


class RejectsLog:
    """`rejects.log`: time, peer, error code and text of each refused line, separated by tabs.

    At `max_bytes` the file is renamed to `rejects.log.1` and a new one is begun.
    """

    def __init__(self, path: Path, max_bytes: int) -> None:
        self.path = path
        self.max_bytes = max_bytes

    def write_lines(self, refused: Iterable[RefusedLine], zone: SiteZone) -> None:
        """Append refused lines. Any thread."""
        lines = (f"{zone.iso(r.at)}\t{escape_and_cut(r.peer)}\t{r.code}\t{escape_and_cut(r.line)}\n" for r in refused)
        try:
            if self.path.exists() and self.path.stat().st_size >= self.max_bytes:
                os.replace(self.path, self.path.with_name(f"{self.path.name}.1"))
        except OSError as error:
            _logger.error("cannot rotate %s: %s", self.path.name, error.strerror)
        append_text(self.path, "".join(lines))
