"""Day closes in `audit.log`: the text of an entry, and the search for the last one."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from typing import Final

from metertui.engine.base import SiteZone
from metertui.engine.core.counters import Close
from metertui.engine.errors import Refused
from metertui.engine.storage import AuditLog

ACTION: Final = "close"
"""The action of a day close in `audit.log`."""
_DETAIL: Final = re.compile(
    r"(\d+) readings into (\d+) day files in ([0-9.]+) s(?:, (\d+) of them late, into (\d+) files)?"
)
_BLOCKS: Final = 64
"""Blocks of 64 KiB that are searched from the end: enough where a day is closed each night."""


def format_close(close: Close) -> str:
    """Return the result of a close as text, for the last field of its entry."""
    late = "" if close.late is None else f", {close.late} of them late, into {close.late_files} files"
    return f"{close.readings} readings into {close.files} day files in {close.seconds:.2f} s{late}"


def parse_close(fields: Sequence[str], zone: SiteZone) -> Close | None:
    """Return the close that an entry of five fields is about; None if it is about something else."""
    try:
        at, by, action, _, text = fields
        match = _DETAIL.fullmatch(text)
        if action != ACTION or match is None:
            return None
        late = None if match[4] is None else int(match[4])
        return Close(int(match[1]), int(match[2]), float(match[3]), zone.parse(at), by, late, int(match[5] or 0))
    except (ValueError, Refused):
        return None


def find_last_close(audit: AuditLog, zone: SiteZone) -> Close | None:
    """Return the last close in the end of the audit log; None if there is none or it cannot be read. Any thread."""
    end: int | None = None
    blocks = iter(range(_BLOCKS))

    def far_enough() -> bool:
        return next(blocks, None) is None

    with contextlib.suppress(OSError):
        while end != 0 and (found := audit.entries_before(end, f"\t{ACTION}\t", 1, far_enough)):
            entries, end = found
            if close := next(filter(None, (parse_close(entry, zone) for entry in entries)), None):
                return close
    return None
