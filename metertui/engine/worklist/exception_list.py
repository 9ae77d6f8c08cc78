"""The list of exceptions: everything that an operator should look at, by cause and region, with the edits about it.

There are three sources: stored readings (`suspect_reads`), missing readings (`silent_meters`) and refused lines
(`rejected_lines`). Cases are columns that are filtered and counted in numpy. Only those of one page become rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from metertui.engine.columns import Frozen
from metertui.engine.errors import MeterError
from metertui.engine.vee import Edit, MeterEdits
from metertui.engine.worklist.cases import CAUSES, DECIDED, OF_READINGS, Cases, Cause, ExceptionRow, SiteState
from metertui.engine.worklist.rejected_lines import find_drifting, find_refused
from metertui.engine.worklist.silent_meters import find_gaps, find_silent
from metertui.engine.worklist.suspect_reads import find_decided, find_exchanges, find_misfits

State = Literal["open", "decided", "all"]
MOST_ROWS: Final = 10_000
"""The most rows of one answer."""
_ALWAYS: Final = (-(1 << 62), 1 << 62)


@dataclass(frozen=True, slots=True)
class ExceptionQuestion:
    """The conditions that listed cases meet, all of them. An empty condition is met by every case."""

    cause: str = ""
    region: str | None = None
    """None: any region; empty: meters without a region."""
    meter: str = ""
    """A part of the meter's id, upper or lower case."""
    state: State = "open"
    """`open`: there is no edit about it; `decided`: there is one."""
    window: tuple[int, int] = _ALWAYS
    """(start, end], µs UTC. Only the window of all time includes meters that never sent."""
    offset: int = 0
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Exceptions:
    """Counts of cases, and one page of them, newest first."""

    counts: dict[Cause, int]
    """By cause, for any cause; only causes with cases."""
    regions: dict[str, int]
    """By region, for any region; the most frequent first."""
    open_counts: dict[Cause, int]
    """Those of `counts` without an edit."""
    total: int
    """How many cases meet every condition."""
    rows: tuple[ExceptionRow, ...]
    cut: bool
    """Whether there are older refused lines, which are not included."""


def find_exceptions(frozen: Frozen, state: SiteState, question: ExceptionQuestion) -> Exceptions:
    """Count the cases and list a page of them. O(n + m) in numpy for n readings and m accounts, and the rows.

    Safe in any thread. Raises MeterError for an unknown cause.
    """
    if question.cause and question.cause not in CAUSES:
        raise MeterError(f"unknown cause {question.cause!r}; the causes are {', '.join(CAUSES)}")
    refused, cut = find_refused(frozen, state)
    families = [
        find_misfits(frozen, state),
        find_decided(frozen, state),
        find_exchanges(frozen, state),
        find_silent(frozen, state),
        find_gaps(frozen, state, *question.window),
        find_drifting(state),
        refused,
    ]
    return _AllCases(frozen, state, families).answer(question, cut)


class _AllCases:
    """The cases of all families in one sequence of columns."""

    def __init__(self, frozen: Frozen, state: SiteState, families: Sequence[Cases]) -> None:
        self._frozen = frozen
        self._state = state
        self._families = families
        self._starts = np.cumsum([0, *map(len, families)])
        columns = zip(*(each[:4] for each in families), strict=True)
        self._cause, self._meter, self._time, group = map(np.concatenate, columns)
        names = [group.region for group in frozen.groups]  # the readings may be newer than the state
        self._regions = sorted(set(names))
        codes = np.array([self._regions.index(name) for name in names], dtype=np.int32)
        self._region = codes[group]

    def answer(self, question: ExceptionQuestion, cut: bool) -> Exceptions:
        """Return the counts and the page of the cases that meet the question's conditions."""
        kept = (self._time > question.window[0]) & (self._time <= question.window[1])
        if question.meter:
            kept &= self._with_meter(question.meter)
        is_open = kept & ~self._decided
        kept = {"open": is_open, "decided": kept & self._decided, "all": kept}[question.state]
        of_cause = of_region = np.ones(len(kept), dtype=bool)
        if question.cause:
            of_cause = self._cause == CAUSES.index(question.cause)  # checked by find_exceptions
        if question.region is not None:
            place = self._regions.index(question.region) if question.region in self._regions else -1
            of_region = self._region == place
        found = np.flatnonzero(kept & of_cause & of_region)
        numbers = np.bincount(self._region[kept & of_cause], minlength=len(self._regions)).tolist()
        regions = sorted(zip(self._regions, numbers, strict=True), key=lambda counted: -counted[1])
        return Exceptions(
            counts=self._by_cause(kept & of_region),
            regions={name: number for name, number in regions if number},
            open_counts=self._by_cause(is_open & of_region),
            total=len(found),
            rows=tuple(self._row(place) for place in self._page(found, question)),
            cut=cut,
        )

    def _by_cause(self, mask: NDArray[np.bool_]) -> dict[Cause, int]:
        numbers = np.bincount(self._cause[mask], minlength=len(CAUSES)).tolist()
        return {cause: number for cause, number in zip(CAUSES, numbers, strict=True) if number}

    def _page(self, found: NDArray[np.int64], question: ExceptionQuestion) -> list[int]:
        """Return the positions of the cases of a page, newest first; at equal instants by cause and meter."""
        limit = min(question.limit, MOST_ROWS)
        last = question.offset + limit
        ages = -self._time[found]
        if last < len(found):  # sort only those up to the end of the page, with ties
            found = found[ages <= np.partition(ages, last)[last]]
        order = np.lexsort((self._meter[found], self._cause[found], -self._time[found]))
        return [int(place) for place in found[order[question.offset : last]]]

    @cached_property
    def _decided(self) -> NDArray[np.bool_]:
        """Return which cases have an edit, bool[n]."""
        mask = np.isin(self._cause, [CAUSES.index(cause) for cause in CAUSES if cause in DECIDED])
        for start, family in zip(self._starts.tolist(), self._families, strict=False):
            closed = [place for place, edit in enumerate(family.closed, start) if edit is not None]
            mask[closed] = True
        accepts = [
            (code, edit.at or 0)
            for meter, edits in self._state.edits.items()
            if edits.accepts and (code := self._frozen.code(meter)) is not None
            for edit in edits.in_force("accept")
        ]
        if accepts and len(mask):
            meters, instants = np.array(accepts, dtype=np.int64).T
            times = np.unique(instants)
            pairs = meters * len(times) + np.searchsorted(times, instants)
            place = np.minimum(np.searchsorted(times, self._time), len(times) - 1)
            hit = (times[place] == self._time) & (self._meter >= 0)
            mask |= hit & np.isin(self._meter.astype(np.int64) * len(times) + place, pairs)
        return mask

    def _with_meter(self, text: str) -> NDArray[np.bool_]:
        """Return which cases have `text` in their meter's id, upper or lower case, bool[n]."""
        wanted = text.strip().casefold()
        ids = self._frozen.ids
        codes = np.unique(self._meter[self._meter >= 0]).tolist()
        fitting = np.array([code for code in codes if wanted in ids[code].casefold()], dtype=np.int32)
        mask = np.isin(self._meter, fitting)
        for start, family in zip(self._starts.tolist(), self._families, strict=False):
            for place, name in enumerate(family.names, start):
                mask[place] = wanted in name.casefold()
        return mask

    def _row(self, place: int) -> ExceptionRow:
        family = int(np.searchsorted(self._starts, place, side="right")) - 1
        detail = self._families[family].detail(place - int(self._starts[family]))
        code, time = int(self._meter[place]), int(self._time[place])
        meter = self._frozen.ids[code] if code >= 0 else detail.meter
        cause = CAUSES[self._cause[place]]
        edits = self._state.edits.get(meter)
        decided = detail.decided
        if decided is None and edits is not None:
            decided = edits.edit_at(time, detail.wh) if cause in OF_READINGS else edits.accept_at(time)
        return ExceptionRow(
            meter=meter,
            time=time,
            wh=detail.wh,
            cause=cause,
            why=detail.why,
            region=self._regions[self._region[place]],
            decided=decided,
            notes=_notes(edits, detail.times or (time,)),
            line=detail.line,
            known=code >= 0,
            code=detail.code,
        )


def _notes(edits: MeterEdits | None, instants: Sequence[int]) -> tuple[Edit, ...]:
    """Return the notes about some instants (µs UTC), oldest first."""
    if edits is None or not edits.notes:
        return ()
    found = [note for at in dict.fromkeys(instants) for note in edits.notes.get(at, ())]
    return tuple(sorted(found, key=lambda note: note.decided))
