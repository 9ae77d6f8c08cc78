"""Many register reads as they were sent, judged at once where each is simply its meter's next one.

That is the common case: known registers, a timestamp each, registers that rise by what their meters may use in an hour.
A reading that is anything else, and all behind it, are left to the way of single readings, which has the same result
for these and the reasons for the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import repeat
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import (
    ISO_LENGTH,
    Int64Array,
    SiteZone,
    TextFields,
    iso_rows,
    leading,
    parse_kwh_fields,
    parse_time_fields,
)
from metertui.engine.vee import MeterHeads

_UNKNOWN: Final = -1
_COMMA, _NEWLINE = ord(","), ord("\n")


class SentReads:
    """Register reads in order of arrival, in columns of text: register, kWh and timestamp of each."""

    def __init__(self, ids: Sequence[str], id_fields: TextFields, kwh: TextFields, time: TextFields) -> None:
        """`id_fields` are the registers once more, as bytes."""
        self.ids = ids
        self.id_fields = id_fields
        self._kwh = kwh
        self._time = time
        self._parsed: ParsedReads | None = None

    def parsed(self, zone: SiteZone) -> ParsedReads:
        """Return what the texts say; worked out once."""
        if self._parsed is None:
            wh, lengths, plain_wh = parse_kwh_fields(self._kwh)
            time, plain_time = parse_time_fields(self._time, zone)
            iso, plain_iso = iso_rows(time, zone)
            kwh = TextFields(self._kwh.data, self._kwh.start, self._kwh.start + lengths)
            self._parsed = ParsedReads(time, wh, iso, kwh, plain_wh & plain_time & plain_iso)
        return self._parsed


class ParsedReads(NamedTuple):
    """What register reads say, in order: µs UTC, Wh, both as the log writes them, and whether all that is certain."""

    time: Int64Array
    wh: Int64Array
    iso: NDArray[np.uint8]
    kwh: TextFields
    plain: NDArray[np.bool_]


class NextReads(NamedTuple):
    """Readings each of which is simply the next one of its meter, in order of arrival, and their lines in the log."""

    code: Int64Array
    time: Int64Array
    wh: Int64Array
    lines: str


def leading_next(
    sent: SentReads,
    first: int,
    stop: int,
    active: Mapping[str, int],
    heads: MeterHeads,
    most_w: Int64Array,
    zone: SiteZone,
    earliest: int,
    latest: int,
) -> NextReads:
    """Return those from `first` on, and before `stop`, that are simply the next ones; they become their meters' heads.

    They are of `active` registers (their codes by identifier), from `earliest` to `latest` (µs UTC), and rise by no
    more than in an hour at `most_w` (W by meter code). O(n log n).
    """
    parsed = sent.parsed(zone)
    codes = np.array(list(map(active.get, sent.ids[first:stop], repeat(_UNKNOWN))), dtype=np.int64)
    time, wh = parsed.time[first:stop], parsed.wh[first:stop]
    count = leading(parsed.plain[first:stop] & (codes >= 0) & (time >= earliest) & (time <= latest))
    codes, time, wh = codes[:count], time[:count], wh[:count]
    head_time, head_wh = np.frombuffer(heads.time, np.int64), np.frombuffer(heads.wh, np.int64)
    count = leading(_follow(codes, time, wh, head_time, head_wh, most_w))
    codes, time, wh = codes[:count], time[:count], wh[:count]
    head_time[codes] = time  # of a meter that is here several times the last one stays
    head_wh[codes] = wh
    return NextReads(codes, time, wh, _log_lines(sent, parsed, first, first + count))


def _follow(
    codes: Int64Array, time: Int64Array, wh: Int64Array, head_time: Int64Array, head_wh: Int64Array, most_w: Int64Array
) -> NDArray[np.bool_]:
    """Return which readings are later than the ones before them of their meters, and rise by what may be."""
    order = np.argsort(codes, kind="stable")
    meter, at, register = codes[order], time[order], wh[order]
    again = meter[1:] == meter[:-1]
    before, register_before = head_time[meter], head_wh[meter]
    before[1:][again] = at[:-1][again]
    register_before[1:][again] = register[:-1][again]
    rise = register - register_before
    follows = np.empty(len(codes), dtype=bool)
    follows[order] = (at > before) & (rise >= 0) & (rise <= most_w[meter])
    return follows


def _log_lines(sent: SentReads, parsed: ParsedReads, first: int, stop: int) -> str:
    """Return the lines of the log of the readings [first, stop)."""
    if first == stop:
        return ""
    register, kwh = sent.id_fields.part(first, stop), parsed.kwh.part(first, stop)
    widths, lengths = register.stop - register.start, kwh.stop - kwh.start
    widest, longest = int(widths.max()), int(lengths.max())
    after = widest + 1
    cells = np.empty((stop - first, after + ISO_LENGTH + 1 + longest + 1), dtype=np.uint8)
    shown = np.ones(cells.shape, dtype=bool)
    cells[:, :widest] = register.rows(widest)
    shown[:, :widest] = np.arange(widest) < widths[:, None]
    cells[:, widest] = cells[:, after + ISO_LENGTH] = _COMMA
    cells[:, after : after + ISO_LENGTH] = parsed.iso[first:stop]
    cells[:, -1 - longest : -1] = kwh.rows(longest)
    shown[:, -1 - longest : -1] = np.arange(longest) < lengths[:, None]
    cells[:, -1] = _NEWLINE
    return cells[shown].tobytes().decode("ascii")
