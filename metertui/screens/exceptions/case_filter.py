"""The filter of the work list: state, cause, region, period and meter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final, TypeVar

from rich.text import Text

from metertui.engine.base import HOUR, Clock, Rules
from metertui.engine.worklist import CAUSES, ExceptionQuestion, Exceptions, State
from metertui.text import NOWHERE, fmt, one_below_the_other, plain, side_by_side

PAGE: Final = 100
"""Rows of a page: each costs the event loop 0.2 ms when it changes."""
_STATES: Final[dict[State, str]] = {"open": "open", "decided": "decided", "all": "open and decided"}
_PERIODS: Final = {"all time": None, "today": 0, "7 days": 6, "31 days": 30, "366 days": 365}
"""Periods, each with the days before today that belong to it."""
_MOST_REGIONS: Final = 12

T = TypeVar("T")


class CaseFilter:
    """The filter, changed by single keys. It begins with all open cases."""

    def __init__(self, rules: Rules, clock: Clock) -> None:
        self._rules = rules
        self._clock = clock
        self.meter = ""
        """Part of a meter id; empty for all meters."""
        self.clear()

    def clear(self) -> None:
        """Reset the filter."""
        self._cause, self._region, self.meter = "", None, ""
        self._state: State = "open"
        self._period = "all time"

    _cause: str
    _region: str | None

    @property
    def any(self) -> bool:
        """Return whether the filter leaves anything out."""
        return self.question(0) != ExceptionQuestion(limit=PAGE)

    def question(self, offset: int) -> ExceptionQuestion:
        """Return the question for the page at `offset`."""
        return ExceptionQuestion(self._cause, self._region, self.meter, self._state, self._window(), offset, PAGE)

    def _window(self) -> tuple[int, int]:
        days = _PERIODS[self._period]
        if days is None:
            return ExceptionQuestion().window
        now, zone = self._clock.now(), self._rules.zone
        return zone.midnight(zone.day(now) - timedelta(days=days)), now + self._rules.future_us  # a clock may run ahead

    def other_cause(self, there: Iterable[str], step: int) -> None:
        """Choose the next or previous cause of those in the list."""
        known = set(there)
        self._cause = _after(["", *(cause for cause in CAUSES if cause in known)], self._cause, step)

    def other_region(self, there: Iterable[str], step: int) -> None:
        """Choose the next or previous region of those in the list."""
        wanted: list[str | None] = [None, *there]
        self._region = _after(wanted, self._region, step)

    def other_state(self) -> None:
        """Choose the next state: open, decided, or both."""
        self._state = _after(list(_STATES), self._state, 1)

    def other_period(self) -> None:
        """Choose the next period."""
        self._period = _after(list(_PERIODS), self._period, 1)

    # -- in words ------------------------------------------------------------------------------------------------

    def line(self, found: Exceptions, offset: int, chosen: int, *, wide: bool) -> Text:
        """Return the filter with its keys, the number of cases, of selected ones, and the page.

        If it is not `wide`, cause and region are left out while they filter nothing: the counts below name them.
        """
        parts = {"o": _STATES[self._state]}
        if wide or self._cause:
            parts["c"] = self._title(self._cause) or "all causes"
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
        text.append(f" {fmt.counted(found.total, 'case')}")
        if chosen:
            text.append("  ")
            text.append(f" {chosen} selected ", style="bold reverse")
        if found.total > PAGE:
            page, pages = offset // PAGE + 1, -(-found.total // PAGE)
            text.append(f"  page {fmt.count(page)} of {fmt.count(pages)} [ ]")
        return text

    def none(self) -> Text:
        """Return the sentence for an empty list."""
        if self.any:
            return Text("No case matches the filter. Press escape to clear it.")
        return Text(
            "There are no open cases: every stored reading fits, and every active meter has sent one within "
            f"{self._silent_hours}."
        )

    @property
    def _silent_hours(self) -> str:
        return f"{self._rules.silent_us / HOUR:g} h"

    def _title(self, cause: str) -> str:
        """Return a cause as a title: meters are silent here after other hours than on the live screen."""
        return f"{cause} ({self._silent_hours})" if cause == "silent" else cause

    def facets(self, found: Exceptions, refused: Mapping[str, int], *, wide: bool) -> Text:
        """Return the number of cases by cause and region, as a column if `wide`, else as two lines."""
        causes = [(self._title(cause), found.counts[cause]) for cause in CAUSES if cause in found.counts]
        if self._cause and self._cause not in found.counts:
            causes.append((self._title(self._cause), 0))
        cause = self._title(self._cause) or None
        regions = [(name or NOWHERE, number) for name, number in found.regions.items()]
        here = None if self._region is None else self._region or NOWHERE
        left = len(regions) - _MOST_REGIONS
        if not wide:
            text = side_by_side("c", causes, cause)
            text.append("\n")
            text.append_text(side_by_side("g", regions[:_MOST_REGIONS], here))
            text.append(" …" if left > 0 else "")
            return text
        text = one_below_the_other("Causes (c)", causes, cause)
        text.append("\n\n")
        text.append_text(one_below_the_other("Regions (g)", regions[:_MOST_REGIONS], here))
        text.append(f"\n  and {left} more" if left > 0 else "", style="dim")
        text.append("\n\nRefused since the start", style="bold")
        for line in fmt.tally(refused).split("  "):
            text.append(f"\n  {line}")
        text.append("\n  the list shows the latest" if found.cut else "", style="dim")
        return text


def _after(wanted: Sequence[T], now: T, step: int) -> T:
    """Return the value `step` after `now`, cyclically; the first if `now` is not among them."""
    return wanted[(wanted.index(now) + step) % len(wanted)] if now in wanted else wanted[0]
