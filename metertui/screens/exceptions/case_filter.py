"""Which cases of the list of exceptions are asked for: by state, cause, region, period and meter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final, TypeVar

from rich.text import Text

from metertui.engine.base import Clock, Rules
from metertui.engine.worklist import CAUSES, Exceptions, Question, State
from metertui.text import NOWHERE, fmt, one_below_the_other, plain, side_by_side

PAGE: Final = 100
"""Rows of the table: each costs the loop some 0.2 ms whenever they are others."""
_STATES: Final[dict[State, str]] = {"open": "open", "decided": "decided", "all": "open and decided"}
_PERIODS: Final = {"all time": None, "today": 0, "7 days": 6, "31 days": 30, "366 days": 365}
"""Days before today that belong to it."""
_MOST_REGIONS: Final = 12

T = TypeVar("T")


class Conditions:
    """What is asked for, as it is made by one key after another; to begin with all that is open."""

    def __init__(self, rules: Rules, clock: Clock) -> None:
        self._rules = rules
        self._clock = clock
        self.meter = ""
        """Part of an id; whoever types it sets it."""
        self.clear()

    def clear(self) -> None:
        """Take all of them away."""
        self._cause, self._region, self.meter = "", None, ""
        self._state: State = "open"
        self._period = "all time"

    _cause: str
    _region: str | None

    @property
    def any(self) -> bool:
        """Whether there is one."""
        return self.question(0) != Question(limit=PAGE)

    def question(self, offset: int) -> Question:
        """Them as the engine is asked, for a page."""
        return Question(self._cause, self._region, self.meter, self._state, self._window(), offset, PAGE)

    def _window(self) -> tuple[int, int]:
        days = _PERIODS[self._period]
        if days is None:
            return Question().window
        now, zone = self._clock.now(), self._rules.zone
        return zone.midnight(zone.day(now) - timedelta(days=days)), now + self._rules.future_us  # a clock may run ahead

    def other_cause(self, there: Iterable[str], step: int) -> None:
        """The cause after, or before, of those that are there."""
        known = set(there)
        self._cause = _after(["", *(cause for cause in CAUSES if cause in known)], self._cause, step)

    def other_region(self, there: Iterable[str], step: int) -> None:
        """The region after, or before."""
        wanted: list[str | None] = [None, *there]
        self._region = _after(wanted, self._region, step)

    def other_state(self) -> None:
        """Open cases, decided ones, or both."""
        self._state = _after(list(_STATES), self._state, 1)

    def other_period(self) -> None:
        """Another period."""
        self._period = _after(list(_PERIODS), self._period, 1)

    # -- in words ------------------------------------------------------------------------------------------------

    def line(self, found: Exceptions, offset: int, chosen: int, *, wide: bool) -> Text:
        """All of them with their keys, how many cases meet them, how many are chosen, and which page it is.

        Where it is not wide the facets below say which causes and regions there are.
        """
        parts = {"o": _STATES[self._state]}
        if wide or self._cause:
            parts["c"] = self._cause or "all causes"
        if wide or self._region is not None:
            parts["g"] = "all regions" if self._region is None else f"region {self._region or NOWHERE}"
        parts["p"] = self._period
        if self.meter:
            parts["/"] = f"meter {self.meter}"
        text = Text(no_wrap=True, overflow="ellipsis")
        for key, value in parts.items():
            text.append(f"{key} ", style="dim")
            text.append_text(plain(value, style="bold"))
            text.append("  ")
        text.append(f" {fmt.count(found.total)} {'case' if found.total == 1 else 'cases'}")
        if chosen:
            text.append("  ")
            text.append(f" {chosen} chosen ", style="bold reverse")
        if found.total > PAGE:
            page, pages = offset // PAGE + 1, -(-found.total // PAGE)
            text.append(f"  page {fmt.count(page)} of {fmt.count(pages)} [ ]")
        return text

    def none(self) -> Text:
        """What to say where no case meets them."""
        if self.any:
            return Text("No case meets these conditions. Escape takes them away.")
        hours = f"{self._rules.silent_us / 3_600_000_000:g} h"
        return Text(f"Nothing waits for anyone: every stored reading fits, and every meter was heard within {hours}.")

    def facets(self, found: Exceptions, refused: Mapping[str, int], *, wide: bool) -> Text:
        """How many cases there are of each cause and region: as a column where it is wide, as two lines elsewhere."""
        causes: list[tuple[str, int]] = [(cause, found.counts[cause]) for cause in CAUSES if cause in found.counts]
        if self._cause and self._cause not in found.counts:
            causes.append((self._cause, 0))
        regions = [(name or NOWHERE, number) for name, number in found.regions.items()]
        here = None if self._region is None else self._region or NOWHERE
        left = len(regions) - _MOST_REGIONS
        if not wide:
            text = side_by_side("c", causes, self._cause or None)
            text.append("\n")
            text.append_text(side_by_side("g", regions[:_MOST_REGIONS], here))
            text.append(" …" if left > 0 else "")
            return text
        text = one_below_the_other("Causes (c)", causes, self._cause or None)
        text.append("\n\n")
        text.append_text(one_below_the_other("Regions (g)", regions[:_MOST_REGIONS], here))
        text.append(f"\n  and {left} more" if left > 0 else "", style="dim")
        text.append("\n\nRefused since start", style="bold")
        for line in fmt.tally(refused).split("  "):
            text.append(f"\n  {line}")
        text.append("\n  the list has the last" if found.cut else "", style="dim")
        return text


def _after(wanted: Sequence[T], now: T, step: int) -> T:
    """The one after `now`, round and round; the first where `now` is none of them."""
    return wanted[(wanted.index(now) + step) % len(wanted)] if now in wanted else wanted[0]
