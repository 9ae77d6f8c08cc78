"""The part of a day that a row is of, where a column beside its date counts hours or parts of hours."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from metertui.engine.base import HOUR, MINUTE
from metertui.formats.meter_tables.shape import Shape, clean
from metertui.formats.meter_tables.slots import PART_LENGTHS
from metertui.formats.meter_tables.words import plain

_NAMES: Final = re.compile(
    r"\bhours?\b|\bhr\b|\bhe\b|\bhora\b|\bheure|\bora\b|stunde|\bstd\b|\buur\b|\bgodz|\btunti|\btimme?\b|\btime\b|"
    r"\bperiod|periode|interval|\bslot\b|settlement|quarter|kwartier|viertel|\bhh\b"
)
_NUMBER: Final = re.compile("[0-9]{1,3}", re.ASCII)
_LENGTHS: Final = PART_LENGTHS | {23: HOUR, 46: 30 * MINUTE, 92: 15 * MINUTE}
"""How long a part is, by how many the fullest day has: it may be one of 23 hours."""


@dataclass(frozen=True)
class DayPart:
    """A column of the numbers of parts of a day, which are counted from midnight on."""

    place: int
    first: int
    """The number of the part that begins at midnight, 0 or 1."""
    length: int
    """µs."""

    def within(self, text: str) -> tuple[int, int] | None:
        """Return the start and the end of the part of this number, in µs after midnight; None for another text."""
        if not _NUMBER.fullmatch(text) or int(text) < self.first:
            return None
        start = (int(text) - self.first) * self.length
        return start, start + self.length


def find_day_part(shape: Shape, day: int, places: Sequence[int], *, named: bool = False) -> DayPart | None:
    """Return the first of some columns that counts the parts of days, the fullest of which has them all.

    `day` is the column of dates. The name of the column speaks of hours or the like, unless a person has `named` it.
    """
    for place in places:
        if shape.kinds[place] == "figure" and (named or (shape.named and _NAMES.search(plain(shape.names[place])))):
            part = _counts_parts(shape, day, place)
            if part is not None:
                return part
    return None


def _counts_parts(shape: Shape, day: int, place: int) -> DayPart | None:
    days: dict[str, set[int]] = defaultdict(set)
    for row in shape.rows:
        if row.fault is None and len(row.cells) > max(day, place) and row.cells[place]:
            text = clean(row.cells[place])
            if not _NUMBER.fullmatch(text):
                return None
            days[row.cells[day]].add(int(text))
    numbers = max(days.values(), key=len, default=set())
    first = min((min(each) for each in days.values()), default=0)
    length = _LENGTHS.get(len(numbers))
    if first > 1 or length is None or numbers != set(range(first, first + len(numbers))):
        return None
    return DayPart(place, first, length)
