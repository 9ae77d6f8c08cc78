"""Whether a decision is possible, given what is stored of its meter and what was decided before.

A void, a corrected value, a release, an exchange of registers or the undoing of one comes to an edit for each reading
that it is about; what is not possible is one sentence.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from metertui.engine.base import MAX_WH, SiteZone, format_kwh
from metertui.engine.columns import FIRST
from metertui.engine.core.decision_basis import DecisionBasis
from metertui.engine.errors import MeterError
from metertui.engine.usage import Series
from metertui.engine.vee import OF_AN_INSTANT, UNDOES, Edit, MeterEdits, check_reason, rules

NOT_SAID: Final = -1
"""In place of a value or an instant that a decision does not have."""


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


def check_decision(
    basis: DecisionBasis, decision: Decision, decided: MeterEdits, series: Series | None, who: str, now: int
) -> list[Edit]:
    """Return the edits that a decision comes to: one, or one for each reading of its time.

    `decided` are the edits of the meter in force and `series` its readings as they are with these; a decision that
    changes no figure needs none. Raises MeterError if the decision is not possible.
    """
    check = _Check(basis, decision, decided, series, now)
    edit = _edit(decision, who, now)
    return [check.one(edit)] if decision.until == NOT_SAID else check.many(edit, decision.until)


def _edit(decision: Decision, who: str, now: int) -> Edit:
    """Return the edit that a decision comes to, without the value that it names. Raises MeterError."""
    what, meter, at, reason, final, initial, *_ = decision
    if what not in OF_AN_INSTANT:
        raise MeterError(f"{what} is not a kind of decision")
    return Edit(now, meter, what, at, who, check_reason(reason), final, initial)


class _Check:
    """Checks a decision about a meter, given the edits in force and the readings as they are with these."""

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
                _check_next(self._zone, edit, self._series)
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
