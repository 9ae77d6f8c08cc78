"""Corrections: voids, releases and exchanges of registers, and the undoing of each.

A decision is checked against the stored readings and against earlier decisions, those before it in the same list
included. Either all decisions of a list take effect or none. The effect of each can be shown before it is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from metertui.engine.base import MAX_WH, SECOND, SiteZone, format_kwh
from metertui.engine.errors import MeterError
from metertui.engine.usage import Series
from metertui.engine.vee import (
    OF_AN_INSTANT,
    UNDOES,
    Edit,
    MeterEdits,
    check_reason,
    corrections_from,
    format_values,
    rules,
)

if TYPE_CHECKING:
    from metertui.engine.core.engine import Engine


_AT_ONCE: Final = 50
"""Decisions that are put into effect in one step: about 10 ms."""
_WORDS_ONLY: Final = frozenset({"accept", "unaccept", "note", "reask"})
"""Decisions that change no figure."""


class Decision(NamedTuple):
    """A decision that someone wants to make: `what` as in `OF_AN_INSTANT`, about the instant `at` (µs UTC).

    `final` and `initial` are the registers of an exchange, Wh.
    """

    what: str
    meter: str
    at: int
    reason: str
    final: int = 0
    initial: int = 0


_FIGURES: Final = ("total_before", "total_after", "left_out_before", "left_out_after")


@dataclass(frozen=True, slots=True)
class Effect:
    """What a decision changes: all energy that its meter used, in Wh, and how many of its readings do not count."""

    event: Edit
    total_before: int
    total_after: int
    left_out_before: int
    left_out_after: int

    def as_json(self, zone: SiteZone) -> dict[str, str | int]:
        """Return the effect as JSON values; the totals are in Wh."""
        return {
            "meter": self.event.meter,
            "what": self.event.kind,
            "values": format_values(self.event, zone),
            **{name: getattr(self, name) for name in _FIGURES},
        }


def iter_effects(engine: Engine, decisions: Sequence[Decision], who: str, now: int) -> Iterator[Effect]:
    """Check decisions in order and yield what each would change, so that a caller can do other work in between.

    Each takes about a millisecond for a year of readings. Nothing that is stored may change meanwhile. Raises
    MeterError for the first that is not possible.
    """
    scratch: dict[str, MeterEdits] = {}
    known: dict[str, Series] = {}
    for decision in decisions:
        meter = decision.meter
        if meter not in scratch:
            known = {meter: engine.series(meter)}
            scratch[meter] = deepcopy(engine.events.edits_of_meter(meter)) or MeterEdits()
        before = known.get(meter) or _series(engine, meter, scratch[meter])
        event = _checked(engine, decision, scratch[meter], before, who, now)
        scratch[meter].apply_edit(event)
        after = before
        if event.kind not in _WORDS_ONLY:
            after = _series(engine, meter, scratch[meter])
        if event.kind == "exchange":
            _check_next(engine, event, before)
        known = {meter: after}
        yield Effect(event, _total(before), _total(after), _left_out(before), _left_out(after))


def write_effects(engine: Engine, found: Sequence[Effect]) -> None:
    """Write checked decisions to disk, all or none, and to `audit.log`. Any thread. Raises StorageError."""
    events = [effect.event for effect in found]
    engine.events.append_edits(events)
    zone = engine.zone
    engine.audit.write_entries(
        (zone.iso(event.decided), event.who, event.kind, event.meter, f"{format_values(event, zone)}: {event.reason}")
        for event in events
    )


def apply_effects(engine: Engine, found: Sequence[Effect]) -> Iterator[None]:
    """Put decisions that are on disk into effect, some in each step, so that a caller can do other work in between."""
    events = [effect.event for effect in found]
    for first in range(0, len(events), _AT_ONCE):
        engine.apply_events(events[first : first + _AT_ONCE])
        yield


def proposed_exchange(series: Series, at: int) -> tuple[int, int, int] | None:
    """Propose an exchange that nobody declared: instant (µs UTC), final register and initial register (Wh).

    `at` (µs UTC) is the first reading of the new register. The final register is the last counted reading before it,
    the initial one that first reading, and the instant the full second halfway between. None if nothing is counted
    before, or no reading is stored at `at`.
    """
    place = int(np.searchsorted(series.time, at))
    before = int(np.searchsorted(series.curve.time, at)) - 1
    if before < 0 or place == len(series.time) or series.time[place] != at:
        return None
    start = int(series.curve.time[before])
    middle = (start + at) // 2
    whole = middle - middle % SECOND
    return whole if whole > start else middle, int(series.curve.base[before]), int(series.wh[place])


def _series(engine: Engine, meter: str, decided: MeterEdits) -> Series:
    times, whs = engine.readings.readings_of(engine.directory.codes[meter])
    return Series.from_readings(meter, times, whs, engine.rules.max_w, corrections_from({0: decided}))


def _total(series: Series) -> int:
    return int(series.curve.energy[-1]) if len(series.curve) else 0


def _left_out(series: Series) -> int:
    return int(np.count_nonzero(series.status >= rules.SUSPECT))


def _checked(engine: Engine, decision: Decision, decided: MeterEdits, series: Series, who: str, now: int) -> Edit:
    what, meter, at, reason, final, initial = decision
    zone = engine.zone
    if what not in OF_AN_INSTANT:
        raise MeterError(f"{what} is not a kind of decision")
    event = Edit(now, meter, what, at, who, check_reason(reason), final, initial)
    if what in UNDOES:
        standing = getattr(decided, f"{UNDOES[what]}s")
        if at not in standing:
            raise MeterError(f"{meter} has no {UNDOES[what]} at {zone.iso(at)} to undo")
        return event
    if what == "accept" and at in decided.accepts:
        raise MeterError(f"{meter} at {zone.iso(at)} is accepted already")
    if what in ("void", "release"):
        status = _status(engine, series, at)
        if at in getattr(decided, f"{what}s"):
            raise MeterError(f"{meter} at {zone.iso(at)} is {'void' if what == 'void' else 'released'} already")
        if what == "release" and at in decided.voids:
            raise MeterError(f"{meter} at {zone.iso(at)} is void; undo that first")
        if what == "release" and status == rules.COUNTED:
            raise MeterError(f"{meter} at {zone.iso(at)} counts already")
    if what == "exchange":
        _check_exchange(engine, event, decided, series, now)
    return event


def _status(engine: Engine, series: Series, at: int) -> int:
    place = int(np.searchsorted(series.time, at))
    if place == len(series.time) or series.time[place] != at:
        near = sorted(series.time.tolist(), key=lambda time: abs(time - at))[:1]
        nearest = f"; its nearest is at {engine.zone.iso(near[0])}" if near else ""
        raise MeterError(f"{series.meter} has no reading at {engine.zone.iso(at)}{nearest}")
    return int(series.status[place])


def _check_exchange(engine: Engine, event: Edit, decided: MeterEdits, series: Series, now: int) -> None:
    """Check that a final register fits what was counted of it. Raises MeterError."""
    zone = engine.zone
    assert event.at is not None
    if event.at in decided.exchanges:
        raise MeterError(f"an exchange of {event.meter} at {zone.iso(event.at)} is declared already; undo it first")
    if event.at > now + engine.rules.future_us:
        raise MeterError(f"{zone.iso(event.at)} is in the future: declare the exchange once it is done")
    if not 0 <= event.final <= MAX_WH or not 0 <= event.initial <= MAX_WH:
        raise MeterError("a register is from 0 to 99999999.999 kWh")
    stored = int(np.searchsorted(series.time, event.at))
    if stored < len(series.time) and series.time[stored] == event.at:
        wh = int(series.wh[stored])
        if wh not in (event.final, event.initial) and event.at not in decided.voids:
            said = f"{format_kwh(wh)} kWh is stored at {zone.iso(event.at)}"
            raise MeterError(f"{said}, neither the final nor the initial reading; void it, or correct the time")
    before = int(np.searchsorted(series.curve.time, event.at)) - 1
    if before >= 0 and event.final < series.curve.base[before]:
        counted = f"the {format_kwh(int(series.curve.base[before]))} kWh"
        when = zone.iso(int(series.curve.time[before]))
        raise MeterError(
            f"a final {format_kwh(event.final)} kWh is lower than {counted} of {when}; "
            "void what was misread, or correct the time"
        )


def _check_next(engine: Engine, event: Edit, before: Series) -> None:
    """Check that the next reading, unless it is a bad one anyway, fits the new register. Raises MeterError."""
    assert event.at is not None
    taken = (before.status != rules.REJECTED) & (before.status != rules.VOID) & (before.time > event.at)
    if not taken.any():
        return
    place = int(np.argmax(taken))
    time, wh = int(before.time[place]), int(before.wh[place])
    if not rules.fits(event.at, event.initial, time, wh, engine.rules.max_w):
        said = f"the {format_kwh(wh)} kWh of {engine.zone.iso(time)}"
        raise MeterError(f"{said} does not fit an initial {format_kwh(event.initial)} kWh; void it if it was misread")
