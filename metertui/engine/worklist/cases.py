"""What a case on the list of exceptions is: its causes, its columns, and its row for people.

Each family of causes finds its cases as columns, as there may be hundreds of thousands; only those that are shown
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
from metertui.engine.vee import Edit, EditLog
from metertui.engine.worklist.clock_drift import DriftLog

Cause = Literal[
    "suspect", "reset", "rejected", "silent", "gap", "drift", "conflict", "refused", "void", "released", "exchanged"
]
CAUSES: Final[tuple[Cause, ...]] = get_args(Cause)
DECIDED: Final = frozenset({"void", "released", "exchanged"})
"""Causes that are there only because someone decided so."""
OF_READINGS: Final = frozenset({"suspect", "reset", "rejected"}) | DECIDED
"""Causes that say how a stored reading is taken, or declare an exchange."""
MEANING: Final[Mapping[Cause, str]] = {
    "suspect": "does not fit; the next reading decides",
    "reset": "counted from here on: exchanged, reset or rolled over, and not declared",
    "rejected": "a bad read, not counted",
    "silent": "active, but has sent nothing for a long time",
    "gap": "a long time without a counted reading; the usage is spread evenly over it",
    "drift": "its clock runs ahead of the server's",
    "conflict": "refused: another value for the same meter and time",
    "refused": "a line that was not accepted",
    "void": "not counted, by decision",
    "released": "counted, by decision",
    "exchanged": "the register was exchanged, as declared",
}
NEVER: Final = 0
"""The instant of a meter that has never sent a reading: before all that can be."""
NO_METER: Final = -1
"""The code of a line that names no meter that is known."""


class Detail(NamedTuple):
    """What a case says beside its columns. `wh` is None where no register is concerned."""

    wh: int | None
    why: str
    meter: str = ""
    """Where it has no code."""
    line: str = ""
    """What was sent, of a refused line."""


class Cases(NamedTuple):
    """n cases of one family; arrays of equal length."""

    cause: NDArray[np.uint8]
    """Positions in CAUSES."""
    meter: NDArray[np.int32]
    """Meter codes, or NO_METER."""
    time: NDArray[np.int64]
    """µs UTC, or NEVER. With the meter it is what a decision is about."""
    group: NDArray[np.int32]
    """Positions in `Beside.groups`; that of no attributes where nothing is known."""
    detail: Callable[[int], Detail]
    """What the case at a place, 0 to n - 1, says."""
    names: Sequence[str] = ()
    """The meters of n cases as they were named, where some have no code."""

    def __len__(self) -> int:
        return len(self.time)


@dataclass(frozen=True, slots=True)
class ExceptionRow:
    """A case for people. `time` µs UTC (NEVER: there is none), `wh` the register; `why` in one clause."""

    meter: str
    time: int
    wh: int | None
    cause: Cause
    why: str
    region: str
    decided: Edit | None
    """The decision that stands about it, with who, when and why."""
    notes: tuple[Edit, ...]
    """What was noted about it, and asked for again, oldest first."""
    line: str = ""
    """What was sent, of a refused line; data, never markup."""
    known: bool = True
    """Whether it is about a meter of this site: nothing can be decided about one that is not."""


@dataclass(frozen=True)
class SiteState:
    """What the engine knows beside the readings. Made on the owner's thread, read in any.

    The mappings are the engine's own and may be added to meanwhile: they are read in one piece, or by one key.
    """

    now: int
    active: Mapping[str, int]
    codes: Mapping[str, int]
    account: Callable[[str], Account | None]
    place: GroupsInTime
    """The attributes of meters in time."""
    groups: Sequence[Group]
    events: EditLog
    drift: DriftLog
    rejects: Path
    silent_us: int
    gap_us: int

    def group_of(self, meter: NDArray[np.int32], time: NDArray[np.int64]) -> NDArray[np.int32]:
        """The attributes of meters at instants, as positions in `groups`; of none where the meter is not known."""
        group = np.zeros(len(meter), dtype=np.int32)
        known = (meter >= 0) & (meter < len(self.place))
        group[known] = self.place.groups_of(meter[known], time[known])
        return group


def int_array(values: Sequence[int], dtype: type[np.signedinteger[Any]] = np.int64) -> NDArray[Any]:
    """Whole numbers as an array."""
    return np.array(values, dtype=dtype)


def repeat_cause(cause: Cause, count: int) -> NDArray[np.uint8]:
    """`count` times the same cause."""
    return np.full(count, CAUSES.index(cause), dtype=np.uint8)
