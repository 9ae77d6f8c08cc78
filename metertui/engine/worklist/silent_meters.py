"""Exceptions about what is missing: meters that are silent now, long steps, and gaps between what files state."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import counted, duration_text, format_kwh, hours_number
from metertui.engine.columns import NO_REGISTER, Frozen
from metertui.engine.worklist.cases import NEVER, Cases, Detail, SiteState, repeat_cause
from metertui.engine.worklist.stakes import Stakes, likely_usage
from metertui.engine.worklist.suspect_reads import last_rows

_PIECE: Final = 1 << 14
"""Codes converted to an array at a time, so that other threads wait for less than a millisecond."""


def find_silent(frozen: Frozen, state: SiteState) -> Cases:
    """Return the active accounts whose last reading is older than `silent_us`, each at the time of that reading.

    It is the last actual one: what is estimated was not sent by the meter. One that has never sent is at NEVER, if it
    has been registered for that long. O(m) for m accounts, in numpy except for those that have never sent.
    """
    codes = active_codes(state)
    row = last_rows_of_meters(frozen, codes)
    time = np.where(row >= 0, frozen.columns.time[row], NEVER) if len(frozen) else np.full_like(row, NEVER)
    oldest = state.now - state.silent_us
    quiet = time < oldest
    for place in np.flatnonzero(time == NEVER).tolist():
        account = state.accounts.get(frozen.ids[codes[place]])
        quiet[place] = account is None or (account.registered or 0) < oldest
    codes, time, row = codes[quiet], time[quiet], row[quiet]

    def detail_at(place: int) -> Detail:
        if time[place] == NEVER:
            account = state.accounts.get(frozen.ids[int(codes[place])])
            since = account.registered if account is not None else None
            return Detail(None, "has never sent" + ("" if since is None else f" in {duration_text(state.now - since)}"))
        at = int(row[place])
        return Detail(int(frozen.columns.wh[at]), f"silent for {duration_text(state.now - int(time[place]))}")

    group = state.group_of(codes, np.full(len(codes), state.now, dtype=np.int64))

    def stakes(_wanted: NDArray[np.bool_]) -> Stakes:
        return likely_usage(frozen.use, codes, time, np.full(len(codes), state.now, dtype=np.int64))

    return Cases(repeat_cause("silent", len(codes)), codes, time, group, detail_at, stakes=stakes)


def last_rows_of_meters(frozen: Frozen, codes: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the row of the last actual reading of any register of each meter, int64[m]; -1 without one."""
    row = last_rows(frozen, codes)
    if not frozen.registers.several:
        return row
    place = {code: at for at, code in enumerate(codes.tolist())}
    for registers in frozen.registers.channels.values():
        others = last_rows(frozen, np.fromiter(registers.values(), dtype=np.int32)).tolist()
        for meter, other in zip(registers, others, strict=True):
            at = place.get(meter)
            if at is not None and other >= 0:
                newer = row[at] < 0 or frozen.columns.time[other] > frozen.columns.time[row[at]]
                row[at] = other if newer else row[at]
    return row


def active_codes(state: SiteState) -> NDArray[np.int32]:
    """Return the codes of all active accounts, int32[m]."""
    active = state.active
    pieces = [np.array(active[i : i + _PIECE], dtype=np.int32) for i in range(0, len(active), _PIECE)]
    codes = np.concatenate([np.empty(0, dtype=np.int32), *pieces])
    return codes[~np.isin(codes, state.registers)] if state.registers else codes


def find_gaps(frozen: Frozen, state: SiteState, since: int, until: int) -> Cases:
    """Return the steps longer than `gap_us`, and the gaps between what files state, each at its later end.

    That lies in (since, until], µs UTC. What intervals of files leave of the time between two readings is a step too.
    O(n) in numpy.
    """
    curve = frozen.curve
    length = curve.time[1:] - curve.time[:-1]
    long = length > state.gap_us
    if len(frozen.intervals):
        long &= ~frozen.intervals.cover(curve.meter[1:], curve.time[1:])
    missing = np.zeros(len(curve), dtype=bool) if curve.after_gap is None else curve.after_gap
    long = (long | missing[1:]) & (curve.meter[1:] == curve.meter[:-1])
    long &= (curve.time[1:] > since) & (curve.time[1:] <= until)
    end: NDArray[np.int64] = np.flatnonzero(long) + 1

    def detail_at(place: int) -> Detail:
        at = int(end[place])
        lasts, before = int(length[at - 1]), frozen.zone.iso(int(curve.time[at - 1]))
        if missing[at]:
            return Detail(None, f"nothing is known of {hours_number(lasts)} h from {before} on{_missing(frozen, at)}")
        used, wh = int(curve.energy[at] - curve.energy[at - 1]), int(curve.wh[at])
        what = "the counted reading" if curve.wh[at - 1] != NO_REGISTER else "the end of the interval"
        spread = f"{duration_text(lasts)} since {what} of {before}; {format_kwh(used)} kWh spread evenly over it"
        return Detail(None if wh == NO_REGISTER else wh, spread)

    start, stop = curve.time[end - 1], curve.time[end]

    def stakes(_wanted: NDArray[np.bool_]) -> Stakes:
        likely = likely_usage(frozen, curve.meter[end], start, stop).wh
        return Stakes(np.where(missing[end], likely, curve.energy[end] - curve.energy[end - 1]), start, stop)

    cause, group = repeat_cause("gap", len(end)), state.group_of(curve.meter[end], stop)
    return Cases(cause, curve.meter[end], stop, group, detail_at, stakes=stakes)


def _missing(frozen: Frozen, at: int) -> str:
    """Return how many intervals a gap lacks, if they are whole ones, and what to do; `at` is the point at its end."""
    curve, intervals = frozen.curve, frozen.intervals.take(frozen.intervals.span(int(frozen.curve.meter[at])))
    start, end = int(curve.time[at - 1]), int(curve.time[at])
    before = int(np.searchsorted(intervals.end, start))
    if before == len(intervals) or intervals.end[before] != start:
        before = min(int(np.searchsorted(intervals.start, end)), len(intervals) - 1)
    step = int(intervals.end[before] - intervals.start[before])
    count, rest = divmod(end - start, step)
    lacking = f": {counted(count, 'interval')} of {duration_text(step)}" if count and not rest else ""
    return f"{lacking}; import the file that has it, or intervals of quality E as an estimate"
