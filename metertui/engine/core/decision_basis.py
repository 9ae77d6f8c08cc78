"""What the effect of a decision about a meter follows from, taken as of one instant, for any thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from metertui.engine.attributes import Group
from metertui.engine.base import Int64Array, MeterLimits, SiteZone
from metertui.engine.billing import SpreadPrices
from metertui.engine.columns import Known
from metertui.engine.errors import MeterError
from metertui.engine.index import GroupsInTime
from metertui.engine.usage import Series
from metertui.engine.vee import MeterEdits, corrections_from

if TYPE_CHECKING:
    from metertui.engine.core.engine import Engine


@dataclass(frozen=True, eq=False)
class DecisionBasis:
    """What is stored of a meter, the edits in force, and what else its usage and price follow from."""

    meter: str
    unknown: MeterError | None
    """Why nothing can be decided about readings of the meter, as there are none; None if it can."""
    time: Int64Array
    """The stored readings in time order, the first of each instant, µs UTC."""
    wh: Int64Array
    shared: Mapping[int, tuple[int, ...]]
    """All registers (Wh) of the instants that have several."""
    known: Mapping[int, Known]
    """By instant, the qualities of registers that are not actual."""
    limits: MeterLimits | None
    decided: MeterEdits
    zone: SiteZone
    future_us: int
    """The time by which an instant may be ahead of the clock, µs."""
    issued: frozenset[str]
    """The months of which bills are issued."""
    prices: SpreadPrices
    code: int
    in_time: GroupsInTime
    groups: Sequence[Group]

    @classmethod
    def of_meter(cls, engine: Engine, meter: str) -> DecisionBasis:
        """Return the basis of a meter as of now, on the thread that owns the engine. Nothing is judged yet."""
        directory, edits, unknown = engine.directory, engine.events.edits_of_meter(meter), None
        code = directory.codes.get(meter, -1)
        try:
            engine.code_of(meter)
        except MeterError as error:
            unknown = error
        none = np.empty(0, dtype=np.int64)
        time, wh = (none, none) if code < 0 else engine.readings.readings_of(code)
        return cls(
            meter,
            unknown,
            time,
            wh,
            {} if code < 0 else dict(engine.readings.shared_of(code)),
            {at: dict(known) for at, known in engine.readings.known_of(code).items()},
            None if code < 0 else directory.limits_of(code),
            MeterEdits() if edits is None else edits.frozen(),
            engine.zone,
            engine.rules.future_us,
            frozenset(engine.bills.issued_months()),
            engine.prices,
            code,
            directory.groups_in_time(),
            tuple(directory.groups),
        )

    def series(self, decided: MeterEdits) -> Series:
        """Return the readings of the meter, judged under some edits."""
        assert self.limits is not None, "the meter is known"
        corrections = corrections_from({0: decided} if decided else {}, {0: self.shared}, {0: self.known})
        return Series.from_readings(self.meter, self.time, self.wh, self.limits, corrections)

    def values_at(self, at: int) -> tuple[int, ...]:
        """Return all registers (Wh) stored at an instant (µs UTC), void ones too, in order of arrival."""
        if (shared := self.shared.get(at)) is not None:
            return shared
        row = int(np.searchsorted(self.time, at))
        return (int(self.wh[row]),) if row < len(self.time) and self.time[row] == at else ()

    def types_at(self, instants: Int64Array) -> list[str]:
        """Return the type of home of the meter at some instants (µs UTC)."""
        groups = self.in_time.groups_of(np.full(len(instants), self.code, dtype=np.int32), instants)
        return [self.groups[group].apartment_type for group in groups.tolist()]


def bases_of(engine: Engine) -> Callable[[str], DecisionBasis]:
    """Return what takes the basis of any meter from an engine as it is then, on the thread that owns it."""
    return partial(DecisionBasis.of_meter, engine)
