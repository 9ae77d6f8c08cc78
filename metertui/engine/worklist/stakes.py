"""The energy at stake in a case: what a decision about it would change, or what is only estimated.

- Of a stored reading, and of a conflict with one: the most that a decision that applies to it would change, as far as
  that is known before anyone says a value (`decision_effects`).
- Of a silent meter: what it is likely to have used since its last reading.
- Of a gap: what is spread evenly over it, or, where nothing is, what the meter is likely to have used.

What a meter is likely to use is its mean over MEAN_DAYS up to its last counted reading before, or over what there is of
them, without gaps. It is unknown with less than a day. In other cases what is at stake is unknown; in decided ones it
is nothing.
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


def unknown_stakes(count: int) -> Stakes:
    """Return the stakes of cases of which nothing is known."""
    return Stakes(np.full(count, UNKNOWN, dtype=np.int64), *np.zeros((2, count), dtype=np.int64))


def likely_usage(frozen: Frozen, meter: NDArray[np.int32], start: Int64Array, end: Int64Array) -> Stakes:
    """Return what meters are likely to have used in (start, end], µs UTC, rounded half-even to a Wh."""
    curve = frozen.curve
    first, stop = points_of(curve, meter)
    last = first_at_least(curve.time, first, stop, start + 1) - 1
    wh = np.full(len(start), UNKNOWN, dtype=np.int64)
    some = np.flatnonzero(last >= first)
    last, first = last[some], first[some]
    since = np.maximum(curve.time[last] - MEAN_DAYS * DAY, curve.time[first])
    length = curve.time[last] - since - _missing_since(curve, first, last, since)
    enough = np.flatnonzero(length >= DAY)
    some, last, first, since, length = (each[enough] for each in (some, last, first, since, length))
    used = curve.energy[last] - curve.energy_at(first_at_least(curve.time, first, last + 1, since), since)
    times, rest = np.divmod(end[some] - start[some], length)
    wh[some] = interpolate(used * times, used * (times + 1), np.zeros_like(length), length, rest)
    known = wh != UNKNOWN
    return Stakes(wh, np.where(known, start, 0), np.where(known, end, 0))


def _missing_since(curve: Curve, first: Int64Array, last: Int64Array, since: Int64Array) -> Int64Array:
    """Return how long the gaps from instants (µs UTC) to points of the curve are together, µs."""
    if curve.after_gap is None:
        return np.zeros_like(since)
    until = np.cumsum(np.where(curve.after_gap, np.diff(curve.time, prepend=0), 0))
    place = first_at_least(curve.time, first, last + 1, since)
    partly = np.where(curve.after_gap[place], curve.time[place] - since, 0)
    return np.asarray(until[last] - until[place] + partly)


def points_of(curve: Curve, meter: NDArray[np.int32]) -> tuple[Int64Array, Int64Array]:
    """Return the first and the last but one place of the points of meters on the curve; equal ones without points."""
    first = curve.starts.take(meter, mode="clip")
    return first, np.where(meter >= 0, curve.starts.take(meter.astype(np.int64) + 1, mode="clip"), first)
