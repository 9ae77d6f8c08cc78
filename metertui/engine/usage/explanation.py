"""Why a figure is what it is: the readings at both ends of a window, the parts that sum to it, the readings left out.

Of a sum of registers they are those of each register, in the time in which that makes up the sum.

The parts come from the same C(t) as the usage itself: an interval across an edge gives the share of its energy that
lies in the window, the intervals between give all of theirs. Their sum is the usage. The opening register, the sum and
the changes at the meter (exchanges, resets) make the closing register. Both hold to the watt-hour, and both are shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, NamedTuple

from metertui.engine.base import ACTUAL, ONE_TIMES
from metertui.engine.usage.series import Usage
from metertui.engine.vee import Edit, rules

_NO_READINGS: Final = (rules.EXCHANGE, rules.INTERVAL, rules.DIVIDED)
MOST: Final = 50
"""The most readings left out, changes of the register, and releases that are listed one by one."""


class Stated(NamedTuple):
    """An interval of a file: µs UTC, µWh, and quality (0 actual, 1 estimated, 2 substituted)."""

    start: int
    end: int
    energy: int
    quality: int


@dataclass(frozen=True, slots=True)
class Point:
    """A stored reading: instant (µs UTC), register (Wh) and status; or an exchange, or an end of an interval of a file.

    See vee.rules. `base` is the register from which it goes on: but for an exchange, the same. At an end of an interval
    both are NO_REGISTER.
    """

    time: int
    wh: int
    base: int
    status: int
    event: Edit | None = None
    """The edit of it."""
    rounded: int | None = None
    """The register as it was read or declared, Wh, where it is a rounding, which counts as `wh`."""
    stated: Stated | None = None
    """The interval that ends there, or else begins; of an end of the window also the one that it lies in."""
    quality: int = ACTUAL

    @property
    def as_read(self) -> int:
        """Return the register as it was read or declared, Wh."""
        return self.wh if self.rounded is None else self.rounded


class Rise(NamedTuple):
    """What a register rose by in an interval and in the part of it that counts, Wh; its multiplier, in millionths."""

    whole_wh: int
    counted_wh: int
    multiplier: int


class Product(NamedTuple):
    """What a register rose by in some intervals, Wh, and their multiplier, in millionths."""

    rise_wh: int
    multiplier: int

    @property
    def exact_wh(self) -> Fraction:
        """Return the energy, Wh."""
        return Fraction(self.rise_wh * self.multiplier, ONE_TIMES)


@dataclass(frozen=True, slots=True)
class Part:
    """An interval across an edge of the window, and how much of it is counted: from `start` to `end`, µs UTC."""

    before: Point
    after: Point
    energy_wh: int
    """Of the whole interval: C at its end less C at its beginning."""
    start: int
    end: int
    counted_wh: int
    rise: Rise | None = None
    """What its register rose by; None where that is its energy."""

    @property
    def exact(self) -> bool:
        """Return whether the share of the interval is a whole number of Wh, so that nothing was rounded."""
        return self.energy_wh * (self.end - self.start) == self.counted_wh * (self.after.time - self.before.time)


@dataclass(frozen=True, slots=True)
class Change:
    """A place where the register changed differently from the energy, and by how many Wh.

    Between two readings another register, a reset that nobody declared, or a rollover; or a declared exchange, or the
    midnight at which a register begins again: then both are the instant of it. Of an exchange, its event is there.
    """

    before: Point
    after: Point
    jump_wh: int
    rolled_over: bool = False
    """Whether the register went past its last number, so that what it rose by is usage."""

    @property
    def event(self) -> Edit | None:
        """Return the exchange, if it was declared."""
        return self.after.event if self.before is self.after else None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A stored reading that is not counted, and why. `inside`: whether it lies in the window itself."""

    point: Point
    why: str
    inside: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """A usage with all that it is based on. Without data, `why_no_data` gives the reason and there are no parts."""

    usage: Usage
    why_no_data: str = ""
    opening: tuple[Point, ...] = ()
    """The reading of the opening register, the interval of a file that it lies in or that ends there, or the two points
    between which it is estimated."""
    closing: tuple[Point, ...] = ()
    parts: tuple[Part, ...] = ()
    """The intervals across an edge, in order of time: none, one, one across both edges, or two."""
    inside: int = 0
    """The number of whole intervals between them."""
    inside_wh: int = 0
    products: tuple[Product, ...] = ()
    """What the register rose by in whole intervals, by multiplier; none where no multiplier is another than 1."""
    inside_rise: int = 0
    """What the register rose by in all of them, Wh."""
    inside_start: int = 0
    """Where these intervals begin and end, µs UTC."""
    inside_end: int = 0
    changes: tuple[Change, ...] = ()
    """The first MOST of them."""
    more_changes: int = 0
    jumps_wh: int = 0
    """By how many Wh all changes together moved the register, beyond the usage."""
    left_out: tuple[LeftOut, ...] = ()
    """The first MOST of them."""
    more_left_out: int = 0
    released: tuple[Point, ...] = ()
    """Released readings in the window, the first MOST."""
    of_intervals: bool = False
    """Whether files state energy of the meter: what that says goes before what its register rose by."""
    unknown_since: int | None = None
    """Where the gap begins that ends at the opening, µs UTC; None if it is not after a gap."""
    unknown_until: int | None = None
    """Where the gap ends that begins at the closing."""
    longest: Part | None = None
    """The longest of the whole intervals if no reading came for longer than is usual; it is counted whole."""
    stated: tuple[Stated, ...] = ()
    """The first and the last of the intervals of files that lie whole in the window."""
    registers: tuple[Explanation, ...] = ()
    """Those of the registers that the usage is the sum of, each in the time in which it is; then it has no parts."""

    @property
    def sum_wh(self) -> int:
        """Return the sum of the parts, Wh. It must be the usage."""
        if self.registers:
            return sum(each.usage.usage_wh or 0 for each in self.registers)
        return sum(part.counted_wh for part in self.parts) + self.inside_wh

    @property
    def agrees(self) -> bool:
        """Return whether the parts sum to the usage, and opening register, sum and changes to the closing register."""
        opening, closing = self.usage.opening, self.usage.closing
        if opening is None or closing is None:
            return self.usage.usage_wh is None
        if self.sum_wh != self.usage.usage_wh or not all(each.agrees for each in self.registers):
            return False
        if self.registers:
            return True
        if opening.wh is None or closing.wh is None or self.of_intervals:
            return True
        if self.products and abs(sum((each.exact_wh for each in self.products), Fraction()) - self.inside_wh) > 1:
            return False  # C at both ends is rounded to the Wh
        return opening.wh + self.risen_wh + self.jumps_wh == closing.wh

    @property
    def risen_wh(self) -> int:
        """Return by how much the register rose, as it counts, Wh: the usage, but for a multiplier."""
        parts = sum(part.counted_wh if part.rise is None else part.rise.counted_wh for part in self.parts)
        return parts + self.inside_rise

    @property
    def is_multiplied(self) -> bool:
        """Return whether a multiplier is another than 1."""
        of_parts = any(part.rise is not None and part.rise.multiplier != ONE_TIMES for part in self.parts)
        return of_parts or bool(self.products)

    def named_readings(self) -> list[Point]:
        """Return the stored readings that it names, each once, those at the ends first."""
        return [point for point in self._named() if point.status not in _NO_READINGS]

    def named_intervals(self) -> list[Stated]:
        """Return the intervals of files that it names, each once."""
        of_points = (point.stated for point in self._named() if point.stated is not None)
        return list(dict.fromkeys((*of_points, *self.stated)))

    def _named(self) -> Iterable[Point]:
        longest = () if self.longest is None else (self.longest,)
        intervals: tuple[Part | Change, ...] = (*self.parts, *longest, *self.changes)
        between = (point for each in intervals for point in (each.before, each.after))
        left_out = (left.point for left in self.left_out)
        return dict.fromkeys((*self.opening, *self.closing, *between, *left_out, *self.released))
