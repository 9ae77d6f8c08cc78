"""Cells that are worked out in a thread, for the rows in view alone, and shown when they are there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from metertui.engine.usage import Series
from metertui.headend import Effort, HeadEnd
from metertui.screens.tables.arrangement import Cells

_AT_ONCE: Final = 64
"""Rows whose cells are asked for together; more than a screen has."""
_KEPT: Final = 1024
_SHARE: Final = 20
"""The pause after an answer, in multiples of the processor time that it cost: ingest loses 5 % at most.

The time that passed would say more of the other programs of a busy machine, where the cells would stay empty.
"""


class LateRow(NamedTuple):
    """A row with late cells."""

    key: str
    meter: str
    cells: Callable[[Series], Cells]
    """Works them out from the readings of the meter, in any thread."""
    basis: object = None
    """What they rest on beside these readings."""


class LateCells:
    """Late cells by the keys of their rows, kept until what they rest on changes, and then until new ones come.

    All methods are called on the event loop.
    """

    def __init__(self, count: int, *, own: bool = False) -> None:
        """Begin without any; a row has `count` late cells. `own`: they are about a register and not a meter's use."""
        self._own = own
        self._blank: Cells = ("",) * count
        self._kept: dict[str, tuple[object, Cells]] = {}
        self._busy = False
        self._due = 0.0

    def of(self, key: str) -> Cells:
        """Return the cells of a row; empty ones before they are there. Any thread."""
        return self._kept.get(key, (None, self._blank))[1]

    async def fill(self, headend: HeadEnd, rows: Sequence[LateRow]) -> bool:
        """Work out the cells of the rows in view that have none, or old ones; return whether any have changed.

        Does nothing while the last rows are worked out, or right after that: who asks again with the next tick asks for
        the rows that are in view then, so no work piles up.
        """
        now = headend.clock.monotonic
        if self._busy or now() < self._due:
            return False
        engine = headend.engine
        bases = {row.key: (engine.readings_basis_of(row.meter), row.basis) for row in rows}
        wanted = self.wanted(rows, bases)
        if not wanted:
            return False
        by_meter: dict[str, list[LateRow]] = {}
        for row in wanted:
            by_meter.setdefault(row.meter, []).append(row)
        self._busy, effort = True, Effort(headend.clock)
        try:
            questions = {meter: _answer(asked) for meter, asked in by_meter.items()}
            found = await headend.readings.glance(questions, effort, own=self._own)
        finally:
            self._busy, self._due = False, now() + _SHARE * effort.seconds
        changed = False
        for cells in found.values():
            for key, texts in cells.items():
                changed |= self.of(key) != texts
                self._keep(key, bases[key], texts)
        return changed

    def wanted(self, rows: Sequence[LateRow], bases: Mapping[str, tuple[object, object]]) -> list[LateRow]:
        """Return the rows to ask for, at most _AT_ONCE: those without cells first, then those with old ones.

        `bases` are what the cells of each row would rest on now; a row whose meter is not known has none to ask for.
        """
        known = [row for row in rows if bases[row.key][0] is not None]
        missing = [row for row in known if row.key not in self._kept]
        old = [row for row in known if row.key in self._kept and self._kept[row.key][0] != bases[row.key]]
        return [*missing, *old][:_AT_ONCE]

    def _keep(self, key: str, basis: object, cells: Cells) -> None:
        self._kept.pop(key, None)
        self._kept[key] = basis, cells
        while len(self._kept) > _KEPT:
            del self._kept[next(iter(self._kept))]


def _answer(rows: Sequence[LateRow]) -> Callable[[Series], dict[str, Cells]]:
    return lambda series: {row.key: row.cells(series) for row in rows}
