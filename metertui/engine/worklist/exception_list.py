"""The list of exceptions: everything that an operator should look at, by cause and region, with the edits about it.

There are three sources: stored readings (`suspect_reads`), missing readings (`silent_meters`) and refused lines
(`rejected_lines`). Cases are columns that are filtered, counted and ordered in numpy. Only those of one page become
rows, and only what is at stake in these is priced.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metertui.engine.columns import Frozen
from metertui.engine.errors import MeterError
from metertui.engine.vee import Edit, MeterEdits
from metertui.engine.worklist.cases import (
    AUTOMATIC,
    CAUSES,
    DECIDED,
    NEVER,
    OF_READINGS,
    Cases,
    Cause,
    ExceptionRow,
    SiteState,
)
from metertui.engine.worklist.rejected_lines import find_drifting, find_refused
from metertui.engine.worklist.silent_meters import find_gaps, find_silent
from metertui.engine.worklist.stakes import UNKNOWN, Stakes, unknown_stakes
from metertui.engine.worklist.suspect_reads import find_decided, find_exchanges, find_misfits

State = Literal["open", "decided", "all"]
Order = Literal["weight", "newest", "oldest", "count", "cause", "meter", "region"]
Part = Literal["all", "cases", "silent"]
Together = Literal["", "kind", "region"]
MOST_ROWS: Final = 10_000
"""The most rows of one answer."""
_JOINED: Final = OF_READINGS | {"gap", "conflict"}
"""Causes of which a meter may have many cases, which are equal."""
_ALWAYS: Final = (-(1 << 62), 1 << 62)


@dataclass(frozen=True, slots=True)
class ExceptionQuestion:
    """The conditions that listed cases meet, all of them. An empty condition is met by every case."""

    cause: str = ""
    region: str | None = None
    """None: any region; empty: meters without a region."""
    meter: str = ""
    """A part of the meter's id, upper or lower case; all of it if `whole_id`."""
    state: State = "open"
    """`open`: there is no edit about it; `decided`: there is one."""
    window: tuple[int, int] = _ALWAYS
    """(start, end], µs UTC. Only the window of all time includes meters that never sent."""
    offset: int = 0
    limit: int = 100
    order: Order = "weight"
    """`weight`: the most energy at stake first, then the newest; cases of which it is unknown come last.

    `newest`, `oldest`, `count`: by the newest or the oldest case of a row, or by how many it has, the most first;
    `cause`, `meter`, `region`: by name. Equal ones are by weight.
    """
    reverse: bool = False
    """Whether the order is the other way round."""
    whole_id: bool = False
    part: Part = "all"
    """`silent`: silent meters; `cases`: all others. The counts by cause are of all."""
    together: Together = ""
    """Cases that become one row: `kind`, of one cause and meter if they are about readings; `region`, of one region."""


@dataclass(frozen=True, slots=True)
class Exceptions:
    """Counts of cases, and one page of them in the order asked for."""

    counts: dict[Cause, int]
    """By cause, for any cause; only causes with cases."""
    regions: dict[str, int]
    """By region, for any region; the most frequent first."""
    open_counts: dict[Cause, int]
    """Those of `counts` without an edit."""
    cases: int
    """How many cases meet every condition."""
    total: int
    """How many rows they are: as many, unless some are put together."""
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
        find_drifting(frozen, state),
        refused,
    ]
    return _AllCases(frozen, state, families).answer(question, cut)


class _Bundles(NamedTuple):
    """Cases that are rows together: m bundles of n cases."""

    head: NDArray[np.int64]
    """The position of the heaviest case of each bundle, int64[m]."""
    cases: NDArray[np.int64]
    """The positions of all cases, int64[n]."""
    bundle: NDArray[np.int64]
    """The bundle of each of these, int64[n]."""
    weight: NDArray[np.int64]
    """The energy at stake in each bundle, as far as it is known, Wh, or UNKNOWN; int64[m]."""
    newest: NDArray[np.int64]
    """The time of its newest case, int64[m]."""


class _AllCases:
    """The cases of all families in one sequence of columns."""

    def __init__(self, frozen: Frozen, state: SiteState, families: Sequence[Cases]) -> None:
        self._frozen = frozen
        self._state = state
        self._families = families
        self._starts = np.cumsum([0, *map(len, families)])
        columns = zip(*(each[:4] for each in families), strict=True)
        self._cause, self._meter, self._time, self._group = map(np.concatenate, columns)
        names = [group.region for group in frozen.groups]  # the readings may be newer than the state
        self._regions = sorted(set(names))
        codes = np.array([self._regions.index(name) for name in names], dtype=np.int32)
        self._region = codes[self._group]

    def answer(self, question: ExceptionQuestion, cut: bool) -> Exceptions:
        """Return the counts and the page of the cases that meet the question's conditions."""
        kept = (self._time > question.window[0]) & (self._time <= question.window[1])
        if question.meter:
            kept &= self._with_meter(question.meter, whole=question.whole_id)
        is_open = kept & ~self._decided
        kept = {"open": is_open, "decided": kept & self._decided, "all": kept}[question.state]
        of_cause = of_region = np.ones(len(kept), dtype=bool)
        if question.cause:
            of_cause = self._cause == CAUSES.index(question.cause)  # checked by find_exceptions
        if question.region is not None:
            place = self._regions.index(question.region) if question.region in self._regions else -1
            of_region = self._region == place
        of_part = np.ones(len(kept), dtype=bool)
        if question.part != "all":
            of_part = (self._cause == CAUSES.index("silent")) == (question.part == "silent")
        found = np.flatnonzero(kept & of_cause & of_region & of_part)
        numbers = np.bincount(self._region[kept & of_cause & of_part], minlength=len(self._regions)).tolist()
        regions = sorted(zip(self._regions, numbers, strict=True), key=lambda counted: -counted[1])
        weight = self._weight[found] if question.limit else np.full(len(found), UNKNOWN)
        bundles = self._bundles(found, weight, question.together)
        page = self._page(bundles, question)
        return Exceptions(
            counts=self._by_cause(kept & of_region),
            regions={name: number for name, number in regions if number},
            open_counts=self._by_cause(is_open & of_region),
            cases=len(found),
            total=len(bundles.head),
            rows=tuple(self._rows(bundles, page)),
            cut=cut,
        )

    def _by_cause(self, mask: NDArray[np.bool_]) -> dict[Cause, int]:
        numbers = np.bincount(self._cause[mask], minlength=len(CAUSES)).tolist()
        return {cause: number for cause, number in zip(CAUSES, numbers, strict=True) if number}

    def _bundles(self, found: NDArray[np.int64], weight: NDArray[np.int64], together: Together) -> _Bundles:
        """Return the rows that some cases of these weights are: each case, or those that are put together."""
        time = self._time[found]
        if not together or not len(found):
            return _Bundles(found, found, np.arange(len(found)), weight, time)
        order = np.lexsort((self._meter[found], self._cause[found], -time, -weight))
        found, weight, time = found[order], weight[order], time[order]
        keys = self._region if together == "region" else self._kind
        _, head, bundle = np.unique(keys[found], return_index=True, return_inverse=True)
        sums, newest = np.zeros(len(head), dtype=np.int64), time[head]
        np.add.at(sums, bundle, np.maximum(weight, 0))
        np.maximum.at(newest, bundle, time)
        sums[weight[head] == UNKNOWN] = UNKNOWN  # the head has the most, so it is unknown of all
        return _Bundles(found[head], found, bundle, sums, newest)

    @cached_property
    def _kind(self) -> NDArray[np.int64]:
        """Return a number for each case that equal ones share: those about readings, of one cause, meter and state."""
        joined = np.isin(self._cause, [CAUSES.index(cause) for cause in CAUSES if cause in _JOINED]) & (
            self._meter >= 0
        )
        state = self._cause.astype(np.int64) * 2 + self._decided
        return np.where(joined, (state << 32) + self._meter, -1 - np.arange(len(joined)))

    def _page(self, bundles: _Bundles, question: ExceptionQuestion) -> NDArray[np.int64]:
        """Return the positions of the bundles of a page in their order; equal ones by cause and meter."""
        limit = min(question.limit, MOST_ROWS)
        last = question.offset + limit
        first, then = self._sorted_by(bundles, question.order), -bundles.weight
        if question.order == "weight":
            then = -bundles.newest
        first = -first if question.reverse else first
        found = np.arange(len(bundles.head))
        if last < len(found):  # sort only those up to the end of the page, with ties
            found = found[first <= np.partition(first, last)[last]]
        head = bundles.head[found]
        order = np.lexsort((self._meter[head], self._cause[head], then[found], first[found]))
        return found[order[question.offset : last]]

    def _sorted_by(self, bundles: _Bundles, order: Order) -> NDArray[np.int64]:
        """Return a number for each bundle, by which they are in an order; int64[m]."""
        match order:
            case "weight":
                return -bundles.weight
            case "newest":
                return -bundles.newest
            case "oldest":
                oldest = bundles.newest.copy()
                known = self._time[bundles.cases] != NEVER
                np.minimum.at(oldest, bundles.bundle[known], self._time[bundles.cases[known]])
                return oldest
            case "count":
                return -np.bincount(bundles.bundle, minlength=len(bundles.head))
            case "cause":
                return self._cause[bundles.head].astype(np.int64)
            case "region":
                return np.asarray(self._region[bundles.head], dtype=np.int64)
        named = {
            start + place: name
            for start, family in zip(self._starts.tolist(), self._families, strict=False)
            for place, name in enumerate(family.names)
        }
        places = zip(bundles.head.tolist(), self._meter[bundles.head].tolist(), strict=True)
        names = [self._frozen.ids[code] if code >= 0 else named.get(place, "") for place, code in places]
        return np.unique(names, return_inverse=True)[1].astype(np.int64)

    def _rows(self, bundles: _Bundles, page: NDArray[np.int64]) -> Iterator[ExceptionRow]:
        """Yield the rows of a page: the heaviest case of each bundle, with what all of its cases come to."""
        wanted = np.isin(bundles.bundle, page)
        cases, bundle = bundles.cases[wanted], bundles.bundle[wanted]
        order = np.argsort(bundle, kind="stable")
        cases, bundle = cases[order], bundle[order]
        prices = self._price(cases)
        for place in page.tolist():
            first, stop = np.searchsorted(bundle, [place, place + 1]).tolist()
            known = np.flatnonzero(self._weight[cases[first:stop]] != UNKNOWN).tolist()
            amounts = [prices[first + each] for each in known]
            priced = [cents for cents in amounts if cents is not None]
            times = self._time[cases[first:stop]]
            yield replace(
                self._row(int(bundles.head[place])),
                stake_wh=int(bundles.weight[place]) if known else None,
                stake_time=self._stake_time(int(bundles.head[place])),
                stake_cents=sum(priced) if priced and len(priced) == len(amounts) else None,
                count=stop - first,
                since=int(times.min(where=times != NEVER, initial=int(times.max()))),
                until=int(bundles.newest[place]),
            )

    def _stake_time(self, case: int) -> tuple[int, int] | None:
        """Return the time of the energy at stake in a case, µs UTC; None if that is unknown."""
        if self._weight[case] == UNKNOWN:
            return None
        return int(self._stakes.start[case]), int(self._stakes.end[case])

    @cached_property
    def _stakes(self) -> Stakes:
        """Return what is at stake in each case that is open. It is not needed to count them."""
        ends = zip(self._families, np.split(~self._decided, self._starts[1:-1]), strict=True)
        stakes = [unknown_stakes(len(each)) if each.stakes is None else each.stakes(wanted) for each, wanted in ends]
        return Stakes(*map(np.concatenate, zip(*stakes, strict=True)))

    @cached_property
    def _weight(self) -> NDArray[np.int64]:
        """Return the energy at stake in each case, Wh; UNKNOWN in a decided one."""
        return np.where(self._decided, UNKNOWN, self._stakes.wh)

    def _price(self, places: NDArray[np.int64]) -> list[int | None]:
        """Return what the energy at stake in some cases costs, in cents; None if it is unknown, or has no price."""
        weights = self._weight[places]
        known = np.flatnonzero(weights != UNKNOWN)
        _, start, end = (column[places[known]] for column in self._stakes)
        groups = self._frozen.groups
        types = [groups[group].apartment_type for group in self._group[places[known]].tolist()]
        prices: list[int | None] = [None] * len(places)
        amounts = self._state.prices.amounts(types, weights[known], start, end)
        for at, cents in zip(known.tolist(), amounts, strict=True):
            prices[at] = cents
        return prices

    @cached_property
    def _decided(self) -> NDArray[np.bool_]:
        """Return which cases have an edit, or were settled without one; bool[n]."""
        mask = np.isin(self._cause, [CAUSES.index(cause) for cause in CAUSES if cause in DECIDED | AUTOMATIC])
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

    def _with_meter(self, text: str, *, whole: bool) -> NDArray[np.bool_]:
        """Return which cases have `text` in their meter's id, upper or lower case, or as the `whole` id; bool[n]."""
        if whole:
            code = self._frozen.code(text)
            return np.full(len(self._meter), False) if code is None else self._meter == code
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
