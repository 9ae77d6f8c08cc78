"""Columns of short ASCII texts in one run of bytes, and what is parsed from them all at once.

Each parser says of every field whether it is *plain*: of the usual form, which is parsed here. What is not plain may be
valid all the same, and goes to the parser of single texts, which has the last word and the reasons.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base.zone import DAY, MINUTE, SECOND, Int64Array, SiteZone

Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_ZERO, _POINT, _COLON, _UTC, _PLUS, _MINUS = (ord(char) for char in "0.:Z+-")

_WHOLE: Final = 8
_DECIMALS: Final = 3
_KWH: Final = _WHOLE + 1 + _DECIMALS
"""The characters of the longest plain register."""
_WEIGHTS: Final = np.array(
    [
        [0 if right == point and point else 10 ** (_DECIMALS - point + right - (point > 0 and right > point))
         for right in reversed(range(_KWH))]
        for point in range(_DECIMALS + 1)
    ],
    dtype=np.int64,
)  # fmt: skip
"""By the number of decimals and the place in a register that is set right, the Wh of a digit."""

_STAMP: Final = len("2025-02-19T00:30:00")
_TO_MINUTES: Final = len("2025-02-19T00:30")
_OFFSET: Final = len("+02:00")
_DIGITS: Final = np.array([0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18])
_SIGNS: Final = {4: ord("-"), 7: ord("-"), 10: ord("T"), 13: _COLON}
_MONTHS: Final = np.arange("1970-01", "2200-02", dtype="datetime64[M]").astype("datetime64[D]").astype(np.int64)
"""The day on which each month begins, in days since 1970-01-01, and where the last one ends."""
_FIRST_YEAR: Final = 1970
_LAST_YEAR: Final = 2199
_PAIRS: Final = np.array([divmod(number, 10) for number in range(100)], dtype=np.uint8) + np.uint8(_ZERO)
"""The two digits of each number below 100."""
ISO_LENGTH: Final = _STAMP + _OFFSET


class TextFields(NamedTuple):
    """A column of texts: `data[start[i]:stop[i]]`, with 32 bytes or more before the first and behind the last."""

    data: Bytes
    start: Int64Array
    stop: Int64Array

    def part(self, first: int, stop: int) -> TextFields:
        """Return the fields [first, stop)."""
        return TextFields(self.data, self.start[first:stop], self.stop[first:stop])

    def rows(self, width: int) -> Bytes:
        """Return the fields with what follows them, each in a row of `width` bytes: (n, width)."""
        return self.rows_at(self.start, width)

    def rows_at(self, places: Int64Array, width: int) -> Bytes:
        """Return the `width` bytes from each of some places on, each in a row: (n, width)."""
        texts = np.ndarray(len(self.data) - width + 1, dtype=f"V{width}", buffer=self.data, strides=(1,))
        return texts[places].view(np.uint8).reshape(len(places), width)


def leading(mask: Mask) -> int:
    """Return how many are true at the beginning."""
    return len(mask) if mask.all() else int(mask.argmin())


def parse_kwh_fields(fields: TextFields) -> tuple[Int64Array, Int64Array, Mask]:
    """Return registers (Wh) of texts in kWh, the lengths of the texts without zeros at their end, and which are plain.

    Plain is a whole number without a zero before it, of 8 digits at most, and up to three decimals.
    """
    length = fields.stop - fields.start
    chars = fields.rows_at(fields.stop - _KWH, _KWH)
    within = np.arange(_KWH - 1, -1, -1) < length[:, None]
    digits = chars - np.uint8(_ZERO)
    points = (chars == _POINT) & within
    count = points.sum(axis=1)
    decimals = np.where(count == 1, _KWH - 1 - points.argmax(axis=1), 0)
    whole = length - decimals - count
    first = fields.data[fields.start]
    plain = ((digits <= 9) | points | ~within).all(axis=1) & (length <= _KWH)
    plain &= (count == (decimals > 0)) & (decimals <= _DECIMALS) & (whole >= 1) & (whole <= _WHOLE)
    plain &= (first != _ZERO) | (whole == 1)
    decimals[~plain] = 0
    digits[~within | points] = 0
    wh = np.einsum("ij,ij->i", digits, _WEIGHTS[decimals], dtype=np.int64, casting="unsafe")
    zeros = np.zeros(len(length), dtype=np.int64)
    for place in range(1, _DECIMALS + 1):
        zeros += (zeros == place - 1) & (decimals >= place) & (chars[:, -place] == _ZERO)
    return wh, length - zeros - ((zeros == decimals) & (decimals > 0)), plain


def parse_time_fields(fields: TextFields, zone: SiteZone) -> tuple[Int64Array, Mask]:
    """Return instants (µs UTC) of ISO 8601 timestamps, in `zone` where they name none, and which are plain.

    Plain is a time that exists, with or without seconds, without a fraction, that names no zone, `Z` or an offset.
    """
    length = fields.stop - fields.start
    chars = fields.rows(_STAMP)
    seconds = (length >= _STAMP) & (chars[:, _TO_MINUTES] == _COLON)
    digits = chars[:, _DIGITS] - np.uint8(_ZERO)
    digits[~seconds, -2:] = 0
    plain = (digits <= 9).all(axis=1) & (length >= _TO_MINUTES)
    for place, sign in _SIGNS.items():
        plain &= chars[:, place] == sign
    pairs = (digits[:, ::2] * np.uint8(10) + digits[:, 1::2]).astype(np.int64)
    century, year, month, day, hour, minute, second = pairs.T
    month_number = (100 * century + year - _FIRST_YEAR) * 12 + month - 1
    plain &= (month >= 1) & (month <= 12) & (month_number >= 0) & (month_number < len(_MONTHS) - 1)
    month_number[~plain] = 0
    begins = _MONTHS[month_number]
    plain &= (day >= 1) & (day <= _MONTHS[month_number + 1] - begins)
    plain &= (hour <= 23) & (minute <= 59) & (second <= 59)
    walls = (begins + day - 1) * DAY + ((hour * 60 + minute) * 60 + second) * SECOND
    walls[~plain] = 0
    offset, bare, named = _parse_offsets(fields, fields.start + np.where(seconds, _STAMP, _TO_MINUTES))
    plain &= bare | named
    instants = walls - offset
    if bare.any():
        local = zone.instants_of(walls)
        plain &= named | (zone.wall_clock(local) == walls)  # else the clock skips it
        instants = np.where(bare, local, instants)
    return instants, plain & (instants >= 0)


def _parse_offsets(fields: TextFields, places: Int64Array) -> tuple[Int64Array, Mask, Mask]:
    """Return the offsets (µs) that stand at the ends of timestamps, which have none, and which have one."""
    length = fields.stop - places
    chars = fields.rows_at(places, _OFFSET)
    digits = chars[:, [1, 2, 4, 5]] - np.uint8(_ZERO)
    signed = (length == _OFFSET) & ((chars[:, 0] == _PLUS) | (chars[:, 0] == _MINUS)) & (chars[:, 3] == _COLON)
    hours, minutes = (digits[:, ::2] * np.uint8(10) + digits[:, 1::2]).astype(np.int64).T
    signed &= (digits <= 9).all(axis=1) & (hours <= 23) & (minutes <= 59)
    offset = np.where(signed, (hours * 60 + minutes) * MINUTE, 0)
    offset[chars[:, 0] == _MINUS] *= -1
    return offset, length == 0, signed | ((length == 1) & (chars[:, 0] == _UTC))


def iso_rows(instants: Int64Array, zone: SiteZone) -> tuple[Bytes, Mask]:
    """Return instants (µs UTC) as `SiteZone.iso` writes them, each in a row of ISO_LENGTH bytes, and which are plain.

    Plain is an instant at a full second from 1970 to 2199, where the zone's offset is in full minutes.
    """
    walls = zone.wall_clock(instants)
    offset = walls - instants
    days = walls // DAY
    within = walls - days * DAY
    second = (within // SECOND).astype(np.int32)
    month_number = np.searchsorted(_MONTHS, days, side="right") - 1
    plain = (second * np.int64(SECOND) == within) & (offset % MINUTE == 0) & (month_number >= 0) & (days < _MONTHS[-1])
    month_number[~plain] = 0
    year, month = np.divmod(month_number.astype(np.int32), 12)
    year += _FIRST_YEAR
    day = np.where(plain, days - _MONTHS[month_number], 0)
    hour, minute = second // 3600, second // 60 % 60
    east = (np.abs(offset) // MINUTE).astype(np.int32)
    rows = np.empty((len(instants), ISO_LENGTH), dtype=np.uint8)
    rows[:] = np.frombuffer(b"0000-00-00T00:00:00+00:00", dtype=np.uint8)
    for place, numbers in (
        (0, year // 100), (2, year % 100), (5, month + 1), (8, day + 1),
        (11, hour), (14, minute), (17, second % 60), (20, east // 60), (23, east % 60),
    ):  # fmt: skip
        rows[:, place : place + 2] = _PAIRS[numbers]
    rows[offset < 0, _STAMP] = _MINUS
    return rows, plain
