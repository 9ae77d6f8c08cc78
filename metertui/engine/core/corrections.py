"""Corrections: voids, corrected values, releases and exchanges of registers, and the undoing of each.

A decision is checked against the stored readings and against earlier decisions, those before it in the same list
included. Either all decisions of a list take effect or none. The effect of each can be shown before it is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from metertui.engine.base import SECOND, SiteZone, month_bounds
from metertui.engine.core import change_price, loading
from metertui.engine.core.decision_basis import DecisionBasis
from metertui.engine.core.decision_check import Decision, check_decision
from metertui.engine.errors import StorageError
from metertui.engine.usage import STATUS, Series, why_left_out
from metertui.engine.vee import OF_LINES, Edit, MeterEdits, format_values, rules, word_of

if TYPE_CHECKING:
    from metertui.engine.core.engine import Engine


_AT_ONCE: Final = 50
"""Decisions that are put into effect in one step: about 10 ms."""
WORDS_ONLY: Final = frozenset({"accept", "unaccept", "note", "reask"})
"""Decisions that change no figure."""


_FIGURES: Final = ("total_before", "total_after", "left_out_before", "left_out_after")


class MonthChange(NamedTuple):
    """How a decision changes the usage of its meter in a local month (`YYYY-MM`), Wh, and whether bills of it exist."""

    month: str
    change_wh: int
    issued: bool


@dataclass(frozen=True, slots=True)
class Effect:
    """What a decision changes: all energy that its meter used, in Wh, and how many of its readings do not count.

    A decision about a time has an edit for each of its readings. One that changes no figure has none here: all are 0.
    """

    events: tuple[Edit, ...]
    total_before: int
    total_after: int
    left_out_before: int
    left_out_after: int
    months: tuple[MonthChange, ...] = ()
    """The months whose usage changes, in order."""
    cents: int | None = 0
    """The price of the energy that is more or less, with tax; None if some of its time has no tariff."""
    not_counted: str = ""
    """The status of the reading that it stores or brings back, and why; "" if that counts, or there is none."""

    @property
    def event(self) -> Edit:
        """Return the edit, or the first of several."""
        return self.events[0]

    def values(self, zone: SiteZone) -> str:
        """Return the values of the edit, or between which instants several are."""
        if len(self.events) == 1:
            return format_values(self.event, zone)
        first, last = self.event.at, self.events[-1].at
        return f"from={zone.iso(first or 0)} to={zone.iso(last or 0)}"

    def as_json(self, zone: SiteZone) -> dict[str, Any]:
        """Return the effect as JSON values; the totals are in Wh."""
        return {
            "meter": self.event.meter,
            "what": self.event.kind,
            "values": self.values(zone),
            "readings": len(self.events),
            **{name: getattr(self, name) for name in _FIGURES},
            "months": [each._asdict() for each in self.months],
            "not_counted": self.not_counted,
        }


def iter_effects(
    basis_of: Callable[[str], DecisionBasis], decisions: Sequence[Decision], who: str, now: int
) -> Iterator[Effect]:
    """Check decisions in order and yield what each would change, given what is stored of each meter.

    One of OF_LINES may name an unknown meter, or none: that of a refused line. A million readings take a tenth of a
    second to be judged. Any thread, if `basis_of` is for it. Raises MeterError for the first that is not possible.
    """
    bases: dict[str, DecisionBasis] = {}
    scratch: dict[str, MeterEdits] = {}
    known: dict[str, Series] = {}
    for decision in decisions:
        meter = decision.meter
        if meter not in bases:
            bases[meter] = basis_of(meter)
            scratch[meter] = bases[meter].decided.frozen()
        basis = bases[meter]
        if decision.what not in OF_LINES and basis.unknown is not None:
            raise basis.unknown
        words_only = decision.what in WORDS_ONLY
        before = None if words_only else known.get(meter) or basis.series(scratch[meter])
        events = check_decision(basis, decision, scratch[meter], before, who, now)
        for event in events:
            scratch[meter].apply_edit(event)
        if before is None:
            yield Effect(tuple(events), 0, 0, 0, 0)
            continue
        after = basis.series(scratch[meter])
        known = {meter: after}
        changes = _changed_months(before, after, basis.zone, basis.issued)
        cents = change_price.price_change(basis, before, after)
        figures = _total(before), _total(after), _left_out(before), _left_out(after)
        yield Effect(tuple(events), *figures, changes, cents, _not_counted(after, events, basis.zone))


def write_effects(engine: Engine, found: Sequence[Effect]) -> None:
    """Write checked decisions to disk, all or none, and to `audit.log`. Any thread. Raises StorageError.

    The row in `events.csv` decides. The value of a correction then goes into the log as well; after a crash between the
    two, the next start puts it there.
    """
    events = [event for effect in found for event in effect.events]
    mark = engine.events.append_edits(events)
    corrected = [event for event in events if event.kind == "correct"]
    if corrected:
        try:
            lines = loading.corrected_lines(corrected, engine.zone)
            engine.log.append(lines, sync=engine.rules.durability == "disk")
        except StorageError:
            engine.events.retract_append(mark)
            raise
    zone = engine.zone
    engine.audit.write_entries(
        (zone.iso(made.decided), made.who, word_of(made.kind), made.meter, f"{_audited(effect, zone)}: {made.reason}")
        for effect in found
        for made in effect.events[:1]
    )


def _audited(effect: Effect, zone: SiteZone) -> str:
    many = f", {len(effect.events)} readings" if len(effect.events) > 1 else ""
    return effect.values(zone) + many


def apply_effects(engine: Engine, found: Sequence[Effect]) -> Iterator[None]:
    """Put decisions that are on disk into effect, some in each step, so that a caller can do other work in between."""
    for first in range(0, len(found), _AT_ONCE):
        engine.apply_events([event for effect in found[first : first + _AT_ONCE] for event in effect.events])
        yield


def proposed_exchange(series: Series, at: int) -> tuple[int, int, int] | None:
    """Propose an exchange that nobody declared: instant (µs UTC), final register and initial register (Wh).

    `at` (µs UTC) is the first reading of the new register. The final register is the last counted reading before it,
    the initial one that first reading, and the instant the full second halfway between. None if nothing is counted
    before, or no reading is stored at `at`.
    """
    place = int(np.searchsorted(series.time, at))
    before = int(np.searchsorted(series.read_curve.time, at)) - 1
    if before < 0 or place == len(series.time) or series.time[place] != at:
        return None
    start = int(series.read_curve.time[before])
    middle = (start + at) // 2
    whole = middle - middle % SECOND
    return whole if whole > start else middle, int(series.read_curve.base[before]), int(series.wh[place])


def _total(series: Series) -> int:
    return int(series.curve.energy[-1]) if len(series.curve) else 0


def _changed_months(before: Series, after: Series, zone: SiteZone, issued: Set[str]) -> tuple[MonthChange, ...]:
    """Return the local months in which a meter has used another amount after a decision than before."""
    known = [each for series in (before, after) for each in (series.first, series.last) if each is not None]
    if not known:
        return ()
    month, last = (f"{zone.local(instant):%Y-%m}" for instant in (min(known) - 1, max(known)))
    months, marks = [], []
    while month <= last:
        start, end = month_bounds(month, zone)
        months.append(month)
        marks.append(start)
        month = f"{zone.local(end):%Y-%m}"
    edges = np.array([*marks, end], dtype=np.int64)
    change = after.buckets(edges)[0] - before.buckets(edges)[0]
    return tuple(
        MonthChange(months[place], int(change[place]), months[place] in issued) for place in np.flatnonzero(change)
    )


def _not_counted(after: Series, events: Sequence[Edit], zone: SiteZone) -> str:
    """Return the status of the reading that an edit stored or brought back, with why it does not count, or ""."""
    [event, *others] = events
    if others or event.at is None or (wh := after.standing_at(event.at)) is None:
        return ""
    row = int(np.searchsorted(after.time, event.at))
    status = int(after.status[row])
    if status < rules.SUSPECT:
        return ""
    return f"{STATUS[status]}: {why_left_out(after, event.at, wh, after.quality_at(row), zone)}"


def _left_out(series: Series) -> int:
    return int(np.count_nonzero(series.status >= rules.SUSPECT))
