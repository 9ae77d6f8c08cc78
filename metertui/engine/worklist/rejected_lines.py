"""Exceptions about refused lines, from the end of `rejects.log`, and about meters whose clocks run ahead.

A refused line is no reading: its time is that of its arrival; of several equal ones, that of the last. A conflict has
the time of the stored reading that it contradicts, and is closed by a later decision about that time. A meter that was
registered again is no exception: some head-ends register all their meters at each start.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import MINUTE, SECOND, SiteZone, check_identifier, parse_kwh
from metertui.engine.columns import Frozen
from metertui.engine.errors import Refused
from metertui.engine.storage import private_files
from metertui.engine.vee import Edit
from metertui.engine.worklist.cases import CAUSES, NO_METER, Cases, Cause, Detail, SiteState, int_array, repeat_cause
from metertui.engine.worklist.decision_effects import stakes_of
from metertui.engine.worklist.stakes import UNKNOWN, Stakes

MOST_BYTES: Final = 512 * 1024
"""How much of the end of `rejects.log` is looked at: some 5,000 lines, in 10 ms of a worker thread."""
_MOST_READ: Final = 8 * MOST_BYTES
"""How much is read for that at most, as lines that are no exceptions are passed over."""
_NO_EXCEPTION: Final = b"\talready-registered\t"
_WHY: Final = {
    "syntax": "not a request",
    "unknown-command": "not a known verb",
    "bad-meter-id": "not a valid meter id",
    "bad-reading": "not a valid reading",
    "bad-timestamp": "not a valid timestamp",
    "future-timestamp": "stamped too far ahead of the server's clock",
    "past-timestamp": "stamped too far behind the server's clock",
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
    """A line of `rejects.log`: time of arrival (µs UTC), peer, error code of the protocol, the line sent, escaped."""

    at: int
    peer: str
    code: str
    sent: str


def find_refused(frozen: Frozen, state: SiteState) -> tuple[Cases, bool]:
    """Return the refused lines at the end of the file, equal ones as one case, and whether there are older ones.

    Lines with the same error code and meter are equal; conflicts also have to be about the same reading. Those up to
    the line at which someone accepted them are closed, and later ones are another case. A file that cannot be read
    counts as empty. O(1): at most MOST_BYTES are read.
    """
    lines, cut = read_last_lines(state.rejects, frozen.zone)
    named = [_parse_sent(line, frozen.zone) for line in lines]
    equal: dict[_Kind, list[int]] = {}
    for place, (line, name) in enumerate(zip(lines, named, strict=True)):
        equal.setdefault(_kind(line, name), []).append(place)
    groups: dict[tuple[_Kind, Edit | None], list[int]] = {}
    for kind, places in equal.items():
        for place, edit in zip(places, _closed_by(state, kind, [lines[place].at for place in places]), strict=True):
            groups.setdefault((kind, edit), []).append(place)
    cases, closed = list(groups.values()), [edit for _, edit in groups]
    newest = [(lines[places[-1]], named[places[-1]]) for places in cases]
    codes = [frozen.code(name.meter) for _, name in newest]
    meter = int_array([NO_METER if code is None else code for code in codes], np.int32)
    cause = np.array([CAUSES.index(_CAUSES.get(line.code, "refused")) for line, _ in newest], dtype=np.uint8)
    time = int_array([name.time if line.code == "conflict" else line.at for line, name in newest])

    def detail_at(place: int) -> Detail:
        line, name = newest[place]
        at = [lines[each].at for each in cases[place]]
        times = () if line.code == "conflict" else tuple(at)
        why = f"{line.code}: {_WHY.get(line.code, 'it was refused')} (from {line.peer})"
        if len(at) > 1:
            why = f"{len(at)} times {why}, first at {frozen.zone.iso(at[0])}"
        return Detail(name.wh, why, name.meter, line.sent, closed[place], line.code, times)

    names = [name.meter for _, name in newest]
    says = int_array([name.wh if line.code == "conflict" and name.wh is not None else UNKNOWN for line, name in newest])

    def stakes(wanted: NDArray[np.bool_]) -> Stakes:
        return stakes_of(frozen, cause, meter, time, wanted & (says != UNKNOWN), says)

    return Cases(cause, meter, time, state.group_of(meter, time), detail_at, names, closed, stakes), cut


class _Kind(NamedTuple):
    """What equal refusals have in common. A conflict has the reading (µs UTC, Wh), others zeros."""

    code: str
    meter: str
    time: int = 0
    wh: int | None = 0


def _kind(line: RejectedLine, name: _SentReading) -> _Kind:
    return _Kind(line.code, name.meter, *((name.time, name.wh) if line.code == "conflict" else ()))


def _closed_by(state: SiteState, kind: _Kind, arrivals: Sequence[int]) -> list[Edit | None]:
    """Return the edit that closes each of some equal refusals, which arrived at these instants, in order (µs UTC).

    A conflict is closed by a void or correction of its time that was made after it. Others are closed by the acceptance
    of one that arrived at the same time or later.
    """
    edits = state.edits.get(kind.meter)
    if edits is None:
        return [None] * len(arrivals)
    if kind.code == "conflict":
        made = edits.latest_decision(kind.time)
        return [made if made is not None and made.decided >= at else None for at in arrivals]
    found: list[Edit | None] = []
    accepted = None
    for at in reversed(arrivals):
        accepted = edits.accept_at(at) or accepted
        found.append(accepted)
    return found[::-1]


def find_drifting(frozen: Frozen, state: SiteState) -> Cases:
    """Return, by meter, the last reading since start that was stored with a time ahead of the server's clock."""
    seen = state.drift

    def detail_at(place: int) -> Detail:
        ahead = seen[place]
        minutes, seconds = divmod(ahead.ahead // SECOND, MINUTE // SECOND)
        times = "once" if ahead.times == 1 else f"{ahead.times} times"
        return Detail(ahead.wh, f"stamped {minutes} min {seconds} s ahead of the server's clock, {times} since start")

    meter, time = int_array([ahead.code for ahead in seen], np.int32), int_array([ahead.time for ahead in seen])
    cause = repeat_cause("drift", len(seen))

    def stakes(wanted: NDArray[np.bool_]) -> Stakes:
        return stakes_of(frozen, cause, meter, time, wanted)

    return Cases(cause, meter, time, state.group_of(meter, time), detail_at, stakes=stakes)


def read_last_lines(path: Path, zone: SiteZone, most: int = MOST_BYTES) -> tuple[list[RejectedLine], bool]:
    """Return the last lines, oldest first, of the file and of its rotated predecessor, and whether there are more.

    Invalid lines are left out, such as one that is just being written.
    """
    data, left = b"", _MOST_READ
    for each in (path, path.with_name(f"{path.name}.1")):
        try:
            with private_files.open_for_reading(each) as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - left))
                part = file.read(left)
        except OSError:
            continue
        if size > left:
            part = part.partition(b"\n")[2]  # drop the rest of a cut line
        data, left = part + data, left - size
        if left <= 0:
            break
    raw = [line for line in data.split(b"\n")[:-1] if _NO_EXCEPTION not in line]
    sizes = np.cumsum([len(line) + 1 for line in reversed(raw)])
    kept = int(np.searchsorted(sizes, most, side="right"))
    lines = [_parse_line(text.decode("utf-8", "replace"), zone) for text in raw[len(raw) - kept :]]
    return [line for line in lines if line is not None], left < 0 or kept < len(raw)


def _parse_line(text: str, zone: SiteZone) -> RejectedLine | None:
    cells = text.split("\t")
    try:
        at, peer, code, sent = cells
        return RejectedLine(zone.parse(at), peer, code, sent)
    except (ValueError, Refused):
        return None


class _SentReading(NamedTuple):
    """The meter, time (µs UTC) and register (Wh) in a refused line, as far as they can be parsed."""

    meter: str
    time: int
    wh: int | None


def _parse_sent(line: RejectedLine, zone: SiteZone) -> _SentReading:
    words = line.sent.split()
    if "," in line.sent and words[0].upper() not in ("READ", "REGISTER"):  # a line of an import
        words = ["READ", *line.sent.split(",")]
        if len(words) == 4:
            words[2:] = words[:1:-1]
    elif not words or words[0].upper() not in ("READ", "REGISTER"):
        return _SentReading("", line.at, None)
    try:
        meter = check_identifier(words[1])
    except (Refused, IndexError):
        return _SentReading("", line.at, None)
    try:
        return _SentReading(meter, zone.parse(" ".join(words[3:])), parse_kwh(words[2]))
    except (Refused, IndexError):
        return _SentReading(meter, line.at, None)
