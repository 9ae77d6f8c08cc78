"""Exceptions among what was not taken, from the end of `rejects.log`; and clocks that run ahead, from there and ingest.

Refused lines are no readings: they have the instant at which they came, but for a conflict, which is about a reading
that is stored and has its time.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from metertui.engine.base import MINUTE, SECOND, SiteZone, check_meter_id, parse_kwh
from metertui.engine.columns import Frozen
from metertui.engine.errors import Refused
from metertui.engine.worklist.cases import CAUSES, NO_METER, Cases, Cause, Detail, SiteState, int_array, repeat_cause

MOST_BYTES: Final = 512 * 1024
"""Of the end of `rejects.log` that are read: some 5,000 lines, in 10 ms of a worker thread."""
_WHY: Final = {
    "syntax": "not a request",
    "unknown-command": "not a known verb",
    "bad-meter-id": "not a valid meter id",
    "bad-reading": "not a valid reading",
    "bad-timestamp": "not a valid timestamp",
    "future-timestamp": "stamped too far ahead of the server's clock",
    "bad-field": "a field cannot be stored",
    "not-registered": "the meter is not registered",
    "already-registered": "the meter is already registered",
    "deactivated": "the meter is deactivated",
    "conflict": "another value is stored for this meter and time",
    "too-long": "the line is too long",
    "bad-encoding": "the line is not UTF-8",
    "denied": "the client is not allowed to do that",
    "busy": "a day close was running",
    "limit": "a limit of the server was reached",
    "storage": "the disk reported an error",
}
_CAUSES: Final[dict[str, Cause]] = {"conflict": "conflict", "future-timestamp": "drift"}


class RejectedLine(NamedTuple):
    """A line of `rejects.log`: when it came (µs UTC), from whom, the wire's error code, what was sent, escaped."""

    at: int
    peer: str
    code: str
    sent: str


def find_refused(state: SiteState, zone: SiteZone) -> tuple[Cases, bool]:
    """What was refused, as far as the end of the file has it, oldest first; whether the file goes further back.

    A file that cannot be read is as good as empty here. O(1): MOST_BYTES are read at most.
    """
    lines, cut = read_last_lines(state.rejects, zone)
    named = [_parse_sent(line, zone) for line in lines]
    meter = int_array([state.codes.get(name.meter, NO_METER) for name in named], np.int32)
    cause = np.array([CAUSES.index(_CAUSES.get(line.code, "refused")) for line in lines], dtype=np.uint8)
    time = int_array(
        [name.time if line.code == "conflict" else line.at for line, name in zip(lines, named, strict=True)]
    )

    def tell(place: int) -> Detail:
        line, name = lines[place], named[place]
        why = f"{line.code}: {_WHY.get(line.code, 'it was refused')} (from {line.peer})"
        return Detail(name.wh, why, name.meter, line.sent)

    names = [name.meter for name in named]
    return Cases(cause, meter, time, state.group_of(meter, time), tell, names), cut


def find_drifting(frozen: Frozen, state: SiteState) -> Cases:
    """The last reading of each meter since start that was taken and stamped ahead of the server's clock."""
    seen = state.drift.last_readings()

    def tell(place: int) -> Detail:
        ahead = seen[place]
        minutes, seconds = divmod(ahead.ahead // SECOND, MINUTE // SECOND)
        times = "once" if ahead.times == 1 else f"{ahead.times} times"
        return Detail(ahead.wh, f"stamped {minutes} min {seconds} s ahead of the server's clock, {times} since start")

    meter, time = int_array([ahead.code for ahead in seen], np.int32), int_array([ahead.time for ahead in seen])
    return Cases(repeat_cause("drift", len(seen)), meter, time, state.group_of(meter, time), tell)


def read_last_lines(path: Path, zone: SiteZone, most: int = MOST_BYTES) -> tuple[list[RejectedLine], bool]:
    """The last lines, oldest first, of the file and of the one that it was rotated from; and whether there are more.

    What is no such line (half of one, while it is written) is left out.
    """
    data, left = b"", most
    for each in (path, path.with_name(f"{path.name}.1")):
        try:
            with each.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - left))
                part = file.read(left)
        except OSError:
            continue
        if size > left:
            part = part.partition(b"\n")[2]  # what begins in the middle of a line
        data, left = part + data, left - size
        if left <= 0:
            break
    lines = [_parse_line(text, zone) for text in data.decode("utf-8", "replace").split("\n")[:-1]]
    return [line for line in lines if line is not None], left < 0


def _parse_line(text: str, zone: SiteZone) -> RejectedLine | None:
    cells = text.split("\t")
    try:
        at, peer, code, sent = cells
        return RejectedLine(zone.parse(at), peer, code, sent)
    except (ValueError, Refused):
        return None


class _Named(NamedTuple):
    """What a refused line says, as far as it can be made out."""

    meter: str
    time: int
    wh: int | None


def _parse_sent(line: RejectedLine, zone: SiteZone) -> _Named:
    words = line.sent.split()
    if "," in line.sent and words[0].upper() not in ("READ", "REGISTER"):  # a line of an import
        words = ["READ", *line.sent.split(",")]
        if len(words) == 4:
            words[2:] = words[:1:-1]
    elif not words or words[0].upper() not in ("READ", "REGISTER"):
        return _Named("", line.at, None)
    try:
        meter = check_meter_id(words[1])
    except (Refused, IndexError):
        return _Named("", line.at, None)
    try:
        return _Named(meter, zone.parse(" ".join(words[3:])), parse_kwh(words[2]))
    except (Refused, IndexError):
        return _Named(meter, line.at, None)
