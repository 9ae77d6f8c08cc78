"""Intervals of an import: planned file by file, then stored in one go.

A file is compared with what is stored and with the files before it. So any order of files that do not differ gives the
same, and a file that was imported already brings nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import (
    BadLine,
    Int64Array,
    Limits,
    Progress,
    SiteZone,
    counted,
    format_kwh,
    no_progress,
    part_of_progress,
)
from metertui.engine.columns import IntervalColumns
from metertui.engine.core.import_report import MOST_KEPT
from metertui.engine.core.interval_outcomes import What, file_outcomes
from metertui.engine.intervals import IntervalRows, IntervalStore, lines

_PER_HOUR: Final = 3600
"""A µWh in a µs is so many W."""
_QUALITIES: Final = ("", ", estimated", ", substituted")
_NAMED: Final = 3
"""Meters that a sentence names."""


class IntervalPart(NamedTuple):
    """Intervals with the codes of registers of the whole import; arrays of equal length."""

    meter: NDArray[np.int32]
    start: Int64Array
    end: Int64Array
    energy: Int64Array
    quality: NDArray[np.uint8]
    group: NDArray[np.int32]
    source: NDArray[np.int32]
    line: Int64Array

    def take(self, places: NDArray[np.int64] | NDArray[np.bool_]) -> IntervalPart:
        """Return some of them."""
        return IntervalPart._make(column[places] for column in self)

    def columns(self) -> IntervalColumns:
        """Return them without what is said of their files."""
        return IntervalColumns(*self[:5])


def concat_parts(parts: Sequence[IntervalPart]) -> IntervalPart:
    """Return some parts, at least one, as one."""
    return IntervalPart(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


class IntervalPlan:
    """What becomes of the intervals of an import beside the stored ones; complete once it is made."""

    def __init__(
        self, part: IntervalPart, stored: IntervalColumns, ids: Sequence[str], zone: SiteZone, *, replaces: bool
    ) -> None:
        """Plan for all intervals of some files; the `stored` ones count. `replaces`: different ones are taken too."""
        self.part = part
        self.what = np.empty(len(part.meter), dtype=np.uint8)
        """What becomes of each, see What."""
        self.against: dict[int, str] = {}
        """What is known in the time of the first different ones, by their places."""
        self._ids = ids
        self._zone = zone
        self._stored = stored.take(np.isin(stored.meter, np.unique(part.meter)))
        known = self._stored
        origin = -1 - np.arange(len(known), dtype=np.int64)
        """Of each known interval its place in the part, or below 0 if it is stored already."""
        columns = part.columns()
        edges = np.flatnonzero(np.diff(part.source, prepend=-1, append=-1))
        for first, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            places = np.arange(first, stop)
            found = file_outcomes(columns.take(places), known)
            self.what[first:stop] = found.what
            self._note_differences(places, found.beside, known)
            taken = places[(found.what == What.NEW) | (replaces & (found.what == What.DIFFERENT))]
            gone = found.known if replaces else found.known[:0]
            known, origin = _merged(known, origin, gone, columns.take(taken), taken)
        self._new = origin[origin >= 0]
        """The places of those that are stored afterwards and were not."""
        self._gone = np.setdiff1d(np.arange(len(self._stored)), -1 - origin[origin < 0])
        """The places of the stored ones that do not stand afterwards."""

    def count(self, what: What) -> int:
        """Return how many have an outcome."""
        return int(np.count_nonzero(self.what == what))

    def _note_differences(self, places: Int64Array, beside: Int64Array, known: IntervalColumns) -> None:
        differing = np.flatnonzero(beside >= 0)[: MOST_KEPT - len(self.against)]
        for at, place in zip(beside[differing].tolist(), places[differing].tolist(), strict=True):
            self.against[place] = f"{self._text(known, at)} is known"

    def _text(self, columns: IntervalColumns, at: int) -> str:
        energy, quality = lines.format_energy(int(columns.energy[at])), _QUALITIES[int(columns.quality[at])]
        start, end = (self._zone.iso(int(each[at])) for each in (columns.start, columns.end))
        return f"{energy} kWh from {start} to {end}{quality}"

    def values(self) -> IntervalRows:
        """Return the intervals to store."""
        return self._rows(self.part.columns().take(np.sort(self._new)))

    def withdrawals(self) -> IntervalRows:
        """Return the stored intervals that others with other bounds take the place of, each without energy."""
        gone, new = self._stored.take(self._gone), self.part.columns().take(self._new)
        keys = set(zip(new.meter.tolist(), new.start.tolist(), new.end.tolist(), strict=True))
        left = [
            key not in keys for key in zip(gone.meter.tolist(), gone.start.tolist(), gone.end.tolist(), strict=True)
        ]
        rows = self._rows(gone.take(np.array(left, dtype=bool)))
        nothing = np.full(len(rows), lines.WITHDRAWN, dtype=np.int64)
        return IntervalRows(rows.ids, rows.code, rows.start, rows.end, nothing, np.zeros_like(rows.quality))

    def _rows(self, columns: IntervalColumns) -> IntervalRows:
        return IntervalRows(
            list(self._ids), columns.meter, columns.start, columns.end, columns.energy, columns.quality
        ).with_used_ids()

    def too_high(self, limits: Limits, max_w: int | None) -> Int64Array:
        """Return the places of the intervals to store with more power than their meters can have, W, ascending.

        `max_w` is what a person says that they can.
        """
        places = np.sort(self._new)
        part = self.part.take(places)
        allowed = limits.power_of(part.meter, part.end) if max_w is None else max_w
        return places[self.power(places) > allowed]

    def power(self, places: Int64Array) -> NDArray[np.float64]:
        """Return the power (W) of intervals."""
        part = self.part.take(places)
        return np.asarray(part.energy.astype(np.float64) * _PER_HOUR / (part.end - part.start))

    def lines_of_power(self, places: Int64Array, sources: Sequence[str]) -> Iterator[BadLine]:
        """Yield the lines of intervals with more power than their meters can have."""
        powers = dict(zip(places.tolist(), self.power(places).tolist(), strict=True))

        def why(place: int) -> str:
            return f"{format_kwh(round(powers[place]))} kW is more than its meter can draw"

        return self.bad_lines(places.tolist(), sources, "above-max-kw", why)

    def sentence_on_power(self, places: Int64Array) -> str:
        """Return the sentence on such intervals, with the names of their meters."""
        powers = self.power(places)
        at, most = int(places[np.argmax(powers)]), format_kwh(round(float(powers.max())))
        meters = sorted({self._ids[code] for code in self.part.meter[places].tolist()})
        named = ", ".join(meters[:_NAMED]) + (f" and {len(meters) - _NAMED} more" if len(meters) > _NAMED else "")
        return (
            f"{counted(len(places), 'interval')} of {named} above what the meter can draw (max_kw), the highest "
            f"{most} kW from {self._zone.iso(int(self.part.start[at]))} on; nothing is stored: give --max-kw if the "
            "meter can"
        )

    def bad_lines(
        self, places: Sequence[int], sources: Sequence[str], code: str, why: Callable[[int], str]
    ) -> Iterator[BadLine]:
        """Yield lines with intervals; `why` says of a place what is the matter."""
        columns = self.part.columns()
        for place in places:
            text = f"{self._ids[self.part.meter[place]]}: {self._text(columns, place)}"
            yield BadLine(sources[self.part.source[place]], int(self.part.line[place]), code, why(place), text)


def faults_of(rows: IntervalRows, latest: int, ended: Int64Array) -> Iterator[tuple[NDArray[np.bool_], str, str]]:
    """Yield which intervals cannot be taken, bool[n], with code and reason; no reason for meters that have ended.

    One that ends after `latest`, or after what `ended` has for it (µs UTC), is refused.
    """
    yield rows.end <= rows.start, "bad-timestamp", "an interval ends after it starts"
    yield rows.start < 0, "past-timestamp", "an interval begins after 1969"
    yield rows.energy < 0, "bad-reading", "the energy is negative; feed-in has a channel of its own, METER:export"
    yield rows.end > latest, "future-timestamp", "the interval ends in the future"
    yield rows.end > ended, "deactivated", ""


def _merged(
    known: IntervalColumns, origin: Int64Array, gone: Int64Array, new: IntervalColumns, places: Int64Array
) -> tuple[IntervalColumns, Int64Array]:
    """Return known intervals without some and with new ones, in order, and the origin of each."""
    kept = np.ones(len(known), dtype=bool)
    kept[gone] = False
    rest = known.take(kept)
    both = IntervalColumns(
        np.concatenate((rest.meter, new.meter)),
        np.concatenate((rest.start, new.start)),
        np.concatenate((rest.end, new.end)),
        np.concatenate((rest.energy, new.energy)),
        np.concatenate((rest.quality, new.quality)),
    )
    order = np.lexsort((both.start, both.meter))
    return both.take(order), np.concatenate((origin[kept], places))[order]


def store_intervals(
    store: IntervalStore, withdrawals: IntervalRows, values: IntervalRows, progress: Progress = no_progress
) -> None:
    """Write what becomes of intervals into their day files. Withdrawals come first, so that no two ever overlap.

    Doing it again changes nothing, so an interrupted import is finished by repeating it. Raises DataError,
    StorageError.
    """
    for place, rows in enumerate((withdrawals, values)):
        if len(rows):
            store.add_values(rows, part_of_progress(progress, place, 2))
