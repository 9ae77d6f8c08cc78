"""Which rows of a text say anything of a table that none before them has said.

What a row proves follows from parts of it: the date of a time, the time of day behind it, which digits of a figure are
zeros, and so on. So a row whose parts have all been seen in others proves nothing new, and is not looked at.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from itertools import chain
from typing import Final

from metertui.formats.meter_tables.columns import Columns
from metertui.formats.meter_tables.roles import Roles
from metertui.formats.tables import Lines, Row, are_seconds, halves, is_plain_date, is_plain_rest

_MOST_KEPT: Final = 100_000
"""Different parts of a column; a row with a further one is always looked at."""
_DIGITS: Final = str.maketrans("123456789", "1" * 9)
"""Of a figure, how it is written and whether it is zero follow from this alone."""


class News:
    """Finds the rows that say something new about columns; `width` is how many cells most have."""

    def __init__(self, roles: Roles, width: int) -> None:
        self._width = width
        times = roles.times
        holds_ranges = times.form in ("range", "day and range")
        self._dated = [at for at in times.places if at in times.dates() and not holds_ranges]
        self._named = [at for at in (roles.meter, roles.unit, roles.channel) if at is not None]
        self._named += [at for at in times.places if at not in self._dated]
        says = (roles.meter, roles.channel, roles.unit) if roles.channel is not None else ()
        self._series = [[at for at in says if at is not None]] if says else []
        self._series += [[at for at in (roles.meter, place) if at is not None] for place in roles.unknown]
        self._figures = {each.place: (each.place,) if each.place >= 0 else roles.slots for each in roles.figures}
        self._known: dict[tuple[str, int], set[str]] = {}

    def among(self, lines: Lines) -> Iterator[tuple[Row, Container[int]]]:
        """Yield the lines that say something new, each with the columns whose figures do.

        Lines that do not have as many cells as most are among them, with all of their figures.
        """
        columns = Columns(*lines.columns(self._width))
        told: set[int] = set()
        for at in self._dated:
            texts = columns[at]
            if not (texts and are_seconds(texts)):  # these prove nothing
                told.update(self._new_times(at, *halves(texts)))
        for at in self._named:
            told.update(self._new("text", at, columns[at]))
        for places in self._series:
            rows = zip(*(columns[at] for at in places), strict=True)
            told.update(self._new("series", places[-1], ["\n".join(texts) for texts in rows]))
        figures: dict[int, set[int]] = {}
        for place, group in self._figures.items():
            written = ["\n".join(columns[at]).translate(_DIGITS).split("\n") for at in group]
            in_rows = written[0] if len(group) == 1 else [*chain.from_iterable(zip(*written, strict=True))]
            for cell in self._new("figure", place, in_rows[: len(columns) * len(group)]):
                figures.setdefault(cell // len(group), set()).add(group[cell % len(group)])
        usual = columns.places.tolist()
        found: dict[int, Container[int]] = {usual[row]: figures.get(row, ()) for row in told.union(figures)}
        if len(usual) < len(lines):
            every = {at for group in self._figures.values() for at in group}
            found |= dict.fromkeys({*range(len(lines))}.difference(usual), every)
        for row in sorted(found):
            yield lines[row], found[row]

    def _new_times(self, place: int, dates: Sequence[str], rests: Sequence[str]) -> list[int]:
        """Return the rows with a new date or a new rest of a time, and those with one that is not plain."""
        known, beside = self._seen("date", place), self._seen("rest", place)
        pairs = zip(dates, rests, strict=True)
        found = []
        for at in [at for at, (date, rest) in enumerate(pairs) if date not in known or rest not in beside]:
            date, rest = dates[at], rests[at]
            if date not in known or rest not in beside:
                found.append(at)
                if is_plain_date(date) and is_plain_rest(rest) and len(known) + len(beside) < _MOST_KEPT:
                    known.add(date)
                    beside.add(rest)
        return found

    def _new(self, part: str, place: int, keys: Sequence[str]) -> list[int]:
        """Return the rows whose part of a column is new."""
        known = self._seen(part, place)
        found = []
        for at in [at for at, key in enumerate(keys) if key not in known]:
            if keys[at] not in known:
                found.append(at)
                if len(known) < _MOST_KEPT:
                    known.add(keys[at])
        return found

    def _seen(self, part: str, place: int) -> set[str]:
        return self._known.setdefault((part, place), set())
