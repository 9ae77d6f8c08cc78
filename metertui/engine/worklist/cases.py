"""The cases on the list of exceptions: their causes, columns and rows.

Each family of causes returns its cases as columns, as there may be hundreds of thousands. Only those that are shown
become rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from metertui.engine.accounts import Account
from metertui.engine.columns import Group
from metertui.engine.index import GroupsInTime
from metertui.engine.vee import Edit, MeterEdits
from metertui.engine.worklist.clock_drift import AheadReading
from metertui.engine.worklist.stakes import Prices, Stakes

Cause = Literal[
    "suspect", "reset", "rejected", "rounding", "estimate", "rollover", "silent", "gap", "drift", "conflict", "refused",
    "void", "corrected", "released", "exchanged",
]  # fmt: skip
CAUSES: Final[tuple[Cause, ...]] = get_args(Cause)
DECIDED: Final = frozenset({"void", "corrected", "released", "exchanged"})
"""Causes that result from an edit."""
AUTOMATIC: Final = frozenset({"rollover"})
"""Causes that were settled without anyone, which nobody has to look at."""
OF_READINGS: Final = frozenset({"suspect", "reset", "rejected", "rounding", "estimate"}) | DECIDED | AUTOMATIC
"""Causes about stored readings and declared exchanges."""
MEANING: Final[Mapping[Cause, str]] = {
    "suspect": "does not fit; the next reading decides",
    "reset": "register exchanged, reset or rolled over, but not declared; counted from here on",
    "rejected": "a bad reading, not counted",
    "rounding": "nothing but slightly lower readings since; counted with the register before them",
    "estimate": "an estimated or substituted reading that does not fit between actual ones, not counted",
    "rollover": "the register began again at 0 after its last number; counted automatically, by its digits",
    "silent": "an active meter that has sent nothing for longer than silent_hours",
    "gap": "a long time without a counted reading or an interval of a file",
    "drift": "the clock of the meter runs ahead of the server's",
    "conflict": "refused: another value for the same meter and time",
    "refused": "a line that was not accepted",
    "void": "not counted, by decision",
    "corrected": "another value in its place, by decision",
    "released": "counted, by decision",
    "exchanged": "the register was exchanged, as declared",
}
NEVER: Final = 0
"""The instant of a meter that has never sent a reading: before any possible instant."""
NO_METER: Final = -1
"""The code of a line that names no known meter."""


class Detail(NamedTuple):
    """The details of a case that are not in its columns. `wh` (Wh) is None if no register is concerned."""

    wh: int | None
    why: str
    meter: str = ""
    """The meter's id, if it has no code."""
    line: str = ""
    """The text of a refused line."""
    decided: Edit | None = None
    """The edit that the case is."""
    code: str = ""
    """The error code of refused lines."""
    times: tuple[int, ...] = ()
    """The instants (µs UTC) that the case is about, if there are several."""


class Cases(NamedTuple):
    """The cases of one family: arrays of shape [n]."""

    cause: NDArray[np.uint8]
    """Positions in CAUSES."""
    meter: NDArray[np.int32]
    """Meter codes, or NO_METER."""
    time: NDArray[np.int64]
    """µs UTC, or NEVER. An edit names a case by meter and time."""
    group: NDArray[np.int32]
    """Positions in `SiteState.groups`; that of no attributes for an unknown meter."""
    detail: Callable[[int], Detail]
    """Returns the details of the case at a position, 0 to n - 1."""
    names: Sequence[str] = ()
    """The meters of the n cases as the lines name them, if some have no code; else empty."""
    closed: Sequence[Edit | None] = ()
    """The edits that decide the n cases, where the causes do not say so; else empty."""
    stakes: Callable[[NDArray[np.bool_]], Stakes] | None = None
    """Returns the energy at stake in the n cases, as far as they are wanted: bool[n]. None if it is unknown of all."""

    def __len__(self) -> int:
        return len(self.time)


@dataclass(frozen=True, slots=True)
class ExceptionRow:
    """A case to show. `time` is µs UTC or NEVER, `wh` the register in Wh, `why` one clause."""

    meter: str
    time: int
    wh: int | None
    cause: Cause
    why: str
    region: str
    decided: Edit | None
    """The edit in force about it, with its author, time and reason."""
    notes: tuple[Edit, ...]
    """Its notes and requests to read again, oldest first."""
    line: str = ""
    """The text of a refused line: data, never markup."""
    known: bool = True
    """Whether the meter is known. A case of an unknown meter can be accepted and noted, and nothing else."""
    code: str = ""
    """The error code of refused lines; empty if it is about none."""
    stake_wh: int | None = None
    """The energy at stake, Wh; None if it is unknown or the case is decided."""
    stake_cents: int | None = None
    """Its price with tax; None also where there is no tariff."""
    stake_time: tuple[int, int] | None = None
    """The time (start, end] in which the energy at stake was used, µs UTC; of several cases, that of the heaviest."""
    count: int = 1
    """How many cases it stands for: it is the one with the most energy at stake, with what is at stake in all."""
    since: int = NEVER
    """The time of the oldest of them that has one."""
    until: int = NEVER
    """The time of the newest of them."""


@dataclass(frozen=True)
class SiteState:
    """The state of the engine apart from the readings. Made in the owner's thread, never changes, read in any.

    Readings that are asked about together with it may be newer, and of more meters, never older.
    """

    now: int
    active: Sequence[int]
    """The codes of all registers of which active accounts may send readings."""
    registers: Sequence[int]
    """The codes of all registers besides the meters' own."""
    accounts: Mapping[str, Account]
    place: GroupsInTime
    """The attributes of meters over time."""
    groups: Sequence[Group]
    edits: Mapping[str, MeterEdits]
    """The edits in force, by meter."""
    drift: Sequence[AheadReading]
    rejects: Path
    prices: Prices
    silent_us: int
    gap_us: int

    def group_of(self, meter: NDArray[np.int32], time: NDArray[np.int64]) -> NDArray[np.int32]:
        """Return the attributes of meters at instants (µs UTC) as positions in `groups`, int32[n].

        An unknown meter has the position of no attributes.
        """
        group = np.zeros(len(meter), dtype=np.int32)
        known = (meter >= 0) & (meter < len(self.place))
        group[known] = self.place.groups_of(meter[known], time[known])
        return group


def int_array(values: Sequence[int], dtype: type[np.signedinteger[Any]] = np.int64) -> NDArray[Any]:
    """Return whole numbers as an array of this dtype."""
    return np.array(values, dtype=dtype)


def repeat_cause(cause: Cause, count: int) -> NDArray[np.uint8]:
    """Return an array of `count` times the same cause, uint8[count]."""
    return np.full(count, CAUSES.index(cause), dtype=np.uint8)
