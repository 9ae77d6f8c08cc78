"""What edits and qualities say of stored readings, as columns and as rows of the index, kept up to date by meter.

An edit, or an estimate, costs what those of its meter cost, however many there are of others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import Int64Array
from metertui.engine.columns import FIRST, Corrections, Qualities, SharedInstants
from metertui.engine.index.meter_codes import MeterCodes
from metertui.engine.index.reading_list import ALL_THE_FIRST, NotTheFirst
from metertui.engine.vee import OF_FIGURES, EditLog, corrections_from, replace_meters, standing

NO_ROW: Final = -1
"""In place of a row where no reading is stored."""
Find = Callable[[NDArray[np.int32], Int64Array], tuple[Int64Array, Int64Array]]
"""Returns the rows of readings, of meter codes and instants (µs UTC), or NO_ROW, and their registers (Wh)."""


class EditedRows:
    """The edits of an edit log for the readings of one store. For the thread that owns both."""

    def __init__(self, events: EditLog, directory: MeterCodes, shared: SharedInstants, qualities: Qualities) -> None:
        """Take the edits, the codes of meters, the instants with several values, and the qualities of readings."""
        self._events = events
        self._directory = directory
        self._shared = shared
        self._qualities = qualities
        self._edits = self._values = self._known = 0
        """How many edits, values of shared instants, and changes of quality have been looked through."""
        self._uncoded: set[str] = set()
        """Meters with edits that have no code yet."""
        self._corrections: Corrections | None = None
        self._not_the_first = ALL_THE_FIRST
        self._void = np.empty((2, 0), dtype=np.int64)
        """Meter codes, and rows where no reading stands."""
        self._replaced: dict[int, tuple[int, int]] = {}
        """By row, the meter code and the register (Wh) that stands."""
        self._unresolved: set[int] = set()
        """Meters, by code, whose rows are to be found (again)."""

    def forget_rows(self) -> None:
        """Find all rows again at the next look: after a day close they are others."""
        corrections = self._corrections
        if corrections is not None:
            self._unresolved.update(corrections.void_meter.tolist(), (each.meter for each in corrections.contested))

    def current(self, find: Find) -> tuple[Corrections | None, NotTheFirst]:
        """Return the edits as they are now; the same until something changes."""
        stale = self._stale_meters()
        if stale:
            edits = {code: self._events.edits_of_meter(meter) for code, meter in stale.items()}
            fresh = corrections_from(
                {code: each for code, each in edits.items() if each is not None},
                {code: several for code in stale if (several := self._shared.of_meter(code))},
                {code: known for code in stale if (known := self._qualities.of_meter(code))},
            )
            self._corrections = replace_meters(self._corrections, stale.keys(), fresh)
            self._unresolved |= stale.keys()
        if self._unresolved:
            self._resolve(find)
        return self._corrections, self._not_the_first

    def _stale_meters(self) -> dict[int, str]:
        """Return the meters of which edits, shared instants or qualities are new, by code.

        Takes note that they were looked at.
        """
        codes, ids = self._directory.codes, self._directory.ids
        edited = self._events.meters_since(self._edits, OF_FIGURES) | self._uncoded
        several = {*self._shared.added[self._values :], *self._qualities.changed[self._known :]}
        self._edits, self._values = len(self._events), len(self._shared.added)
        self._known = len(self._qualities.changed)
        self._uncoded = {meter for meter in edited if meter not in codes}
        return {codes[meter]: meter for meter in edited - self._uncoded} | {code: ids[code] for code in several}

    def _resolve(self, find: Find) -> None:
        """Find the rows of meters again, and remember those with an edit that came before its reading."""
        stale, self._unresolved = self._unresolved, set()
        codes = np.fromiter(stale, dtype=np.int32)
        voids = [self._void[:, ~np.isin(self._void[0], codes)]]
        self._replaced = {row: each for row, each in self._replaced.items() if each[0] not in stale}
        if self._corrections is not None:
            voids += [
                self._plain_voids(self._corrections, codes, find),
                self._contested(self._corrections, stale, find),
            ]
        self._void = np.concatenate(voids, axis=1)
        self._not_the_first = NotTheFirst(self._void[1], {row: wh for row, (_, wh) in self._replaced.items()})

    def _plain_voids(self, corrections: Corrections, codes: NDArray[np.int32], find: Find) -> Int64Array:
        asked = np.isin(corrections.void_meter, codes)
        meter, named = corrections.void_meter[asked], corrections.void_wh[asked]
        row, wh = find(meter, corrections.void_time[asked])
        self._unresolved.update(meter[row == NO_ROW].tolist())
        void = (row != NO_ROW) & ((named == FIRST) | (named == wh))
        return np.stack((meter[void].astype(np.int64), row[void]))

    def _contested(self, corrections: Corrections, stale: set[int], find: Find) -> Int64Array:
        asked = [each for each in corrections.contested if each.meter in stale]
        meter = np.array([each.meter for each in asked], dtype=np.int32)
        rows, whs = find(meter, np.array([each.time for each in asked], dtype=np.int64))
        void: list[tuple[int, int]] = []
        for each, row, wh in zip(asked, rows.tolist(), whs.tolist(), strict=True):
            values = each.values or (wh,)
            stands = standing(values, each.verdicts, each.known)
            if row == NO_ROW:
                self._unresolved.add(each.meter)
            elif stands is None:
                void.append((each.meter, row))
            elif stands != values[0]:
                self._replaced[row] = each.meter, stands
        return np.array(void, dtype=np.int64).reshape(-1, 2).T
