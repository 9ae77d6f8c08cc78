"""Corrections: voids, corrected values, releases and exchanges of registers, and the undoing of each.

A decision is checked against the stored readings and against earlier decisions, those before it in the same list
included. Either all decisions of a list take effect or none. The effect of each can be shown before it is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from metertui.engine.base import MAX_WH, SECOND, SiteZone, format_kwh, month_bounds
from metertui.engine.columns import FIRST
from metertui.engine.core import change_price, loading
from metertui.engine.core.decision_basis import DecisionBasis
from metertui.engine.errors import MeterError, StorageError
from metertui.engine.usage import Series
from metertui.engine.vee import (
    OF_AN_INSTANT,
    OF_LINES,
    UNDOES,
    Edit,
    MeterEdits,
    check_reason,
    format_values,
    rules,
    word_of,
)

if TYPE_CHECKING:
    from metertui.engine.core.engine import Engine


NOT_SAID: Final = -1
"""In place of a value or an instant that a decision does not have."""
_AT_ONCE: Final = 50
"""Decisions that are put into effect in one step: about 10 ms."""
WORDS_ONLY: Final = frozenset({"accept", "unaccept", "note", "reask"})
"""Decisions that change no figure."""


class Decision(NamedTuple):
    """A decision that someone wants to make: `what` as in `OF_AN_INSTANT`, about the instant `at` (µs UTC).

    `final` and `initial` are the registers of an exchange, Wh. `wh` is the value (Wh) that a correction stores, or that
    a void to be undone names; NOT_SAID takes the latest. With `until` (µs UTC) it is about all readings from `at` to
    then, both included.
    """

    what: str
    meter: str
    at: int
    reason: str
    final: int = 0
    initial: int = 0
    wh: int = NOT_SAID
    until: int = NOT_SAID


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
        if decision.what in WORDS_ONLY:
            event = _Check(basis, decision, scratch[meter], None, now).one(_edit(decision, who, now))
            scratch[meter].apply_edit(event)
            yield Effect((event,), 0, 0, 0, 0)
            continue
        before = known.get(meter) or basis.series(scratch[meter])
        events = _checked(basis, decision, scratch[meter], before, who, now)
        for event in events:
            scratch[meter].apply_edit(event)
        after = basis.series(scratch[meter])
        if decision.what == "exchange":
            _check_next(basis.zone, events[0], before)
        known = {meter: after}
        changes = _changed_months(before, after, basis.zone, basis.issued)
        cents = change_price.price_change(basis, before, after)
        yield Effect(tuple(events), _total(before), _total(after), _left_out(before), _left_out(after), changes, cents)


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


def _left_out(series: Series) -> int:
    return int(np.count_nonzero(series.status >= rules.SUSPECT))


def _checked(
    basis: DecisionBasis, decision: Decision, decided: MeterEdits, series: Series, who: str, now: int
) -> list[Edit]:
    """Return the edits that a decision comes to: one, or one for each reading of its time. Raises MeterError."""
    check = _Check(basis, decision, decided, series, now)
    if decision.until == NOT_SAID:
        return [check.one(_edit(decision, who, now))]
    return check.many(_edit(decision, who, now), decision.until)


def _edit(decision: Decision, who: str, now: int) -> Edit:
    """Return the edit that a decision comes to, without the value that it names. Raises MeterError."""
    what, meter, at, reason, final, initial, *_ = decision
    if what not in OF_AN_INSTANT:
        raise MeterError(f"{what} is not a kind of decision")
    return Edit(now, meter, what, at, who, check_reason(reason), final, initial)


class _Check:
    """Checks a decision about a meter, given the edits in force and the readings as they are with these.

    A decision that changes no figure needs no readings.
    """

    def __init__(
        self, basis: DecisionBasis, decision: Decision, decided: MeterEdits, series: Series | None, now: int
    ) -> None:
        self._basis = basis
        self._zone = basis.zone
        self._meter = decision.meter
        self._said = decision.wh
        self._decided = decided
        self._readings = series
        self._now = now

    @property
    def _series(self) -> Series:
        assert self._readings is not None, "the decision is about readings"
        return self._readings

    def one(self, edit: Edit) -> Edit:
        """Return the edit with the values that it names. Raises MeterError if it is not possible."""
        assert edit.at is not None
        at, decided = edit.at, self._decided
        match edit.kind:
            case "void":
                return replace(edit, wh=self._reading(at, "void already"))
            case "release":
                return self._release(edit, at)
            case "correct":
                return self._correct(edit, at)
            case "unvoid":
                return replace(edit, wh=self._undone_void(at).wh)
            case "uncorrect":
                return self._uncorrect(edit, at)
            case "unrelease":
                stands = self._series.standing_at(at)
                release = None if stands is None else decided.release_of(at, stands)
                if release is None:
                    raise self._nothing_to_undo("release", at)
                return replace(edit, wh=release.wh)
            case "exchange":
                _check_exchange(self._basis, edit, decided, self._series, self._now)
            case "accept" if decided.accept_at(at):
                raise MeterError(f"{self._about(at)} is accepted already")
            case "unexchange" | "unaccept":
                if not any(each.at == at for each in decided.in_force(UNDOES[edit.kind])):
                    raise self._nothing_to_undo(UNDOES[edit.kind], at)
        return edit

    def many(self, edit: Edit, until: int) -> list[Edit]:
        """Return the edit for each reading from its instant to `until`, both included. Raises MeterError."""
        assert edit.at is not None
        first, zone = edit.at, self._zone
        between = f"from {zone.iso(first)} to {zone.iso(until)}"
        if until < first:
            raise MeterError(f"{zone.iso(until)} is before {zone.iso(first)}")
        if edit.kind == "void":
            low, high = np.searchsorted(self._series.time, [first, until + 1]).tolist()
            stands = low + np.flatnonzero(self._series.status[low:high] != rules.VOID)
            found = [
                replace(edit, at=at, wh=wh)
                for at, wh in zip(self._series.time[stands].tolist(), self._series.wh[stands].tolist(), strict=True)
            ]
            if not found:
                raise MeterError(f"{self._meter} has no reading to void {between}")
            return found
        if edit.kind == "unvoid":
            instants = [at for at in sorted(self._decided.voids) if first <= at <= until]
            if not instants:
                raise MeterError(f"{self._meter} has no void {between} to undo")
            return [replace(edit, at=at, wh=self._undone_void(at).wh) for at in instants]
        raise MeterError(f"{edit.kind} is about one instant, not about a span of time")

    def _release(self, edit: Edit, at: int) -> Edit:
        stands = self._reading(at, "void; undo that first")
        if self._decided.release_of(at, stands) is not None:
            raise MeterError(f"{self._about(at)} is released already")
        row = int(np.searchsorted(self._series.time, at))
        if self._series.status[row] == rules.COUNTED:
            raise MeterError(f"{self._about(at)} counts already")
        return replace(edit, wh=stands)

    def _correct(self, edit: Edit, at: int) -> Edit:
        stored = self._stored(at)
        stands = self._series.standing_at(at)
        if not 0 <= self._said <= MAX_WH:
            raise MeterError("a register is from 0 to 99999999.999 kWh")
        if self._said == stands:
            raise MeterError(f"{self._about(at)} is {format_kwh(stands)} kWh already")
        if self._decided.void_of(at, self._said) is not None:  # it would stay void
            raise MeterError(
                f"{self._about(at)} has been made void with {format_kwh(self._said)} kWh; undo that instead"
            )
        return replace(edit, wh=stored[-1] if stands is None else stands, to=self._said)

    def _uncorrect(self, edit: Edit, at: int) -> Edit:
        made = self._decided.corrects.get(at)
        if not made:
            raise self._nothing_to_undo("correction", at)
        stands = self._series.standing_at(at)
        if stands not in (None, made[-1].to) and not self._gives_way(stands, made[-1].wh, at):
            raise self._stands_there(stands, at)
        return replace(edit, wh=made[-1].wh, to=made[-1].to)

    def _undone_void(self, at: int) -> Edit:
        """Return the void that an undoing is about. Raises MeterError if there is none, or another reading stands."""
        voids = self._decided.voids.get(at)
        void = None
        if voids:
            void = next(reversed(voids.values())) if self._said == NOT_SAID else self._decided.void_of(at, self._said)
        if void is None:
            raise self._nothing_to_undo("void", at)
        stands = self._series.standing_at(at)
        if stands is not None and not self._gives_way(stands, void.wh, at):
            raise self._stands_there(stands, at)
        return void

    def _gives_way(self, stands: int | None, wh: int, at: int) -> bool:
        """Return whether what stands at an instant is not actual, and another value (Wh) there is."""
        known = self._basis.known.get(at, {})
        return stands in known and wh not in known and wh != FIRST

    def _stored(self, at: int) -> tuple[int, ...]:
        """Return the values (Wh) stored at an instant. Raises MeterError that names the nearest if there is none."""
        found = self._basis.values_at(at)
        if not found:
            near = min(self._series.time.tolist(), key=lambda time: abs(time - at), default=None)
            nearest = "" if near is None else f"; its nearest is at {self._zone.iso(near)}"
            raise MeterError(f"{self._meter} has no reading at {self._zone.iso(at)}{nearest}")
        return found

    def _reading(self, at: int, without: str) -> int:
        """Return the register (Wh) that stands at an instant. Raises MeterError that ends in `without` if none does."""
        self._stored(at)
        stands = self._series.standing_at(at)
        if stands is None:
            raise MeterError(f"{self._about(at)} is {without}")
        return stands

    def _about(self, at: int) -> str:
        return f"{self._meter or 'the line'} at {self._zone.iso(at)}"

    def _nothing_to_undo(self, what: str, at: int) -> MeterError:
        return MeterError(f"{self._meter or 'the line'} has no {what} at {self._zone.iso(at)} to undo")

    def _stands_there(self, stands: int | None, at: int) -> MeterError:
        assert stands is not None
        return MeterError(f"{format_kwh(stands)} kWh stands for {self._about(at)}: void that first")


def _check_exchange(basis: DecisionBasis, event: Edit, decided: MeterEdits, series: Series, now: int) -> None:
    """Check that a final register fits what was counted of it. Raises MeterError."""
    zone = basis.zone
    assert event.at is not None
    if event.at in decided.exchanges:
        raise MeterError(f"an exchange of {event.meter} at {zone.iso(event.at)} is declared already; undo it first")
    if event.at > now + basis.future_us:
        raise MeterError(f"{zone.iso(event.at)} is in the future: declare the exchange once it is done")
    if not 0 <= event.final <= MAX_WH or not 0 <= event.initial <= MAX_WH:
        raise MeterError("a register is from 0 to 99999999.999 kWh")
    stored = int(np.searchsorted(series.time, event.at))
    if stored < len(series.time) and series.time[stored] == event.at:
        wh = int(series.wh[stored])
        if wh not in (event.final, event.initial) and series.status[stored] != rules.VOID:
            said = f"{format_kwh(wh)} kWh is stored at {zone.iso(event.at)}"
            raise MeterError(f"{said}, neither the final nor the initial reading; void it, or correct the time")
    curve = series.read_curve
    before = int(np.searchsorted(curve.time, event.at)) - 1
    counted_before = (int(curve.time[before]), int(curve.base[before])) if before >= 0 else None
    start = rules.before_it(counted_before, event.at, series.limits)
    lower = start is not None and event.final < start[1] - series.limits.rounding_wh
    if lower and rules.misfit(counted_before, event.at, event.final, series.limits, zone):
        counted = _counted_at(int(curve.base[before]), int(curve.time[before]), zone)
        raise MeterError(
            f"a final reading of {format_kwh(event.final)} kWh is lower than the reading before, {counted}; "
            "correct the final reading or the time, or void that reading if it was misread"
        )


def _counted_at(wh: int, time: int, zone: SiteZone) -> str:
    """Return a register and its instant as people read them."""
    return f"{format_kwh(wh)} kWh at {zone.local(time):%Y-%m-%d %H:%M:%S}"


def _check_next(zone: SiteZone, event: Edit, before: Series) -> None:
    """Check that the next reading, unless it is a bad one anyway, fits the new register. Raises MeterError."""
    assert event.at is not None
    taken = (before.status != rules.REJECTED) & (before.status != rules.VOID) & (before.time > event.at)
    if not taken.any():
        return
    place = int(np.argmax(taken))
    time, wh = int(before.time[place]), int(before.wh[place])
    if rules.misfit((event.at, event.initial), time, wh, before.limits, zone):
        read = _counted_at(wh, time, zone)
        initial = f"an initial reading of {format_kwh(event.initial)} kWh"
        raise MeterError(
            f"the next reading, {read}, does not fit {initial}; "
            "correct the initial reading, or void that reading if it was misread"
        )
