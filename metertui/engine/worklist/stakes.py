"""The energy at stake in a case: what a decision about it would move, or what is only estimated.

- Of a reading that is not counted, of a rounding and of a conflict: by how much the register that it says differs from
  the one that is counted at its instant. Between two counted readings that is C(t), after the last one that reading.
- Of a reset: what the meter is likely to have used in the interval before it, which counts as zero.
- Of a silent meter: what it is likely to have used since its last reading.
- Of a gap: what is spread evenly over it.

What a meter is likely to use is its mean over MEAN_DAYS up to its last counted reading before, or over what there is of
them. It is unknown with less than a day. In other cases what is at stake is unknown; in decided ones it is nothing.
"""

from __future__ import annotations

from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from metertui.engine.base import DAY, Int64Array
from metertui.engine.columns import Curve, Frozen, first_at_least, interpolate

MEAN_DAYS: Final = 28
UNKNOWN: Final = -1
"""In place of an energy that is not known."""


class Prices(Protocol):
    """Prices energy by the tariffs of a site."""

    def amounts(self, types: list[str], wh: Int64Array, start: Int64Array, end: Int64Array) -> list[int | None]:
        """Return the price in cents, with tax, of energy used evenly in (start, end], by homes of these types.

        Arrays of equal lengths, in Wh and µs UTC. None where a part of the time has no tariff. For any thread.
        """


class Stakes(NamedTuple):
    """The energy at stake in cases, and the time (start, end] in which it was used: Wh and µs UTC, int64[n]."""

    wh: Int64Array
    """UNKNOWN if it is not known."""
    start: Int64Array
    end: Int64Array

    def where(self, mask: NDArray[np.bool_], others: Stakes) -> Stakes:
        """Return these where the mask is true, and the others elsewhere."""
        return Stakes(*(np.where(mask, mine, other) for mine, other in zip(self, others, strict=True)))


def unknown_stakes(count: int) -> Stakes:
    """Return the stakes of cases of which nothing is known."""
    nothing = np.zeros(count, dtype=np.int64)
    return Stakes(np.full(count, UNKNOWN, dtype=np.int64), nothing, nothing)


def differences(frozen: Frozen, meter: NDArray[np.int32], time: Int64Array, wh: Int64Array) -> Stakes:
    """Return by how much registers (Wh) at instants (µs UTC) differ from what is counted there.

    Unknown before a meter's first counted reading, and for a register below zero. The time is that since the counted
    reading before; with none before, no more than the instant.
    """
    curve = frozen.curve
    if not len(curve):
        return unknown_stakes(len(time))
    first, stop = _points(curve, meter)
    place = first_at_least(curve.time, first, stop, time)
    after = (place == stop) & (stop > first)
    at = np.minimum(place, np.maximum(stop - 1, 0))
    within = (place < stop) & ((place > first) | (curve.time.take(at, mode="clip") == time))
    register = np.zeros(len(time), dtype=np.int64)
    inside = np.flatnonzero(within)
    energy = curve.energy_at(at[inside], time[inside])
    register[inside] = curve.register_at(at[inside], time[inside], energy)
    register[after] = curve.base[at[after]]
    known = (within | after) & (wh >= 0)
    before = np.where(place > first, curve.time.take(place - 1, mode="clip"), time - 1)
    return Stakes(np.where(known, np.abs(wh - register), UNKNOWN), np.where(known, before, 0), np.where(known, time, 0))


def likely_usage(frozen: Frozen, meter: NDArray[np.int32], start: Int64Array, end: Int64Array) -> Stakes:
    """Return what meters are likely to have used in (start, end], µs UTC, rounded half-even to a Wh."""
    curve = frozen.curve
    first, stop = _points(curve, meter)
    last = first_at_least(curve.time, first, stop, start + 1) - 1
    wh = np.full(len(start), UNKNOWN, dtype=np.int64)
    some = np.flatnonzero(last >= first)
    last, first = last[some], first[some]
    since = np.maximum(curve.time[last] - MEAN_DAYS * DAY, curve.time[first])
    length = curve.time[last] - since
    enough = np.flatnonzero(length >= DAY)
    some, last, first, since, length = (each[enough] for each in (some, last, first, since, length))
    used = curve.energy[last] - curve.energy_at(first_at_least(curve.time, first, last + 1, since), since)
    times, rest = np.divmod(end[some] - start[some], length)
    wh[some] = interpolate(used * times, used * (times + 1), np.zeros_like(length), length, rest)
    known = wh != UNKNOWN
    return Stakes(wh, np.where(known, start, 0), np.where(known, end, 0))


def _points(curve: Curve, meter: NDArray[np.int32]) -> tuple[Int64Array, Int64Array]:
    """Return the first and the last but one place of the points of meters on the curve; equal ones without points."""
    first = curve.starts.take(meter, mode="clip")
    return first, np.where(meter >= 0, curve.starts.take(meter.astype(np.int64) + 1, mode="clip"), first)
