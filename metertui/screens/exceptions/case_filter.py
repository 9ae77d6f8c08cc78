"""The filter of the work list: cases or silent meters, state, cause, region, period and meter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final, TypeVar

from rich.style import Style
from rich.text import Text

from metertui.engine.base import HOUR, Clock, Rules
from metertui.engine.worklist import CAUSES, Cause, ExceptionQuestion, ExceptionRow, Exceptions, Order, State
from metertui.text import INKS, NOWHERE, cause_of, fmt, plain, side_by_side, sign

PAGE: Final = 100
"""Rows of a page: each costs the event loop 0.2 ms when it changes."""
_STATES: Final[dict[State, str]] = {"open": "open", "decided": "decided", "all": "open and decided"}
_PERIODS: Final = {"all time": None, "today": 0, "7 days": 6, "31 days": 30, "366 days": 365}
"""Periods, each with the days before today that belong to it."""
_MOST_REGIONS: Final = 12

T = TypeVar("T")


class CaseFilter:
    """The filter, changed by single keys. It begins with all open cases but silent meters, equal ones as one row."""

    def __init__(self, rules: Rules, clock: Clock) -> None:
        self._rules = rules
        self._clock = clock
        self.meter = ""
        """Part of a meter id; empty for all meters."""
        self.order: Order = "weight"
        self.reverse = False
        """Whether the order is the other way round."""
        self.silent = False
        """Whether the list is that of silent meters, by region."""
        self.clear()

    def clear(self) -> None:
        """Reset the filter; cases or silent meters stay what is listed, in their order."""
        self._cause, self._region, self.meter = "", None, ""
        self._state: State = "open"
        self._period = "all time"
        self.opened: ExceptionRow | None = None
        """The row whose cases are listed one by one."""

    _cause: str
    _region: str | None

    @property
    def any(self) -> bool:
        """Return whether the filter leaves anything out."""
        conditions = self._cause, self._region, self.meter, self._state, self._period
        return conditions != ("", None, "", "open", "all time")

    @property
    def by_region(self) -> bool:
        """Return whether the rows are regions with silent meters."""
        return self.silent and self.opened is None and not self.meter

    def question(self, offset: int) -> ExceptionQuestion:
        """Return the question for the page at `offset`.

        A part of a meter's id, or a cause, is sought among silent meters, too.
        """
        window = self._window()
        if self.opened is not None:
            return self.cases_of(self.opened, offset, PAGE)
        return ExceptionQuestion(
            *("" if self.silent else self._cause, self._region, self.meter, self._state, window),
            *(offset, PAGE, self.order),
            reverse=self.reverse,
            part="silent" if self.silent else "all" if self._cause or self.meter else "cases",
            together="region" if self.by_region else "" if self.silent else "kind",
        )

    def cases_of(self, row: ExceptionRow, offset: int, limit: int) -> ExceptionQuestion:
        """Return the question for the cases that a row stands for."""
        state: State = "open" if row.decided is None else "decided"
        by_region = row.cause == "silent"
        return ExceptionQuestion(
            *(row.cause, row.region if by_region else None, "" if by_region else row.meter, state, self._window()),
            *(offset, limit, self.order),
            reverse=self.reverse,
            whole_id=True,
        )

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

    def line(self, found: Exceptions, whole: Exceptions, offset: int, chosen: int, mark: Style, *, wide: bool) -> Text:
        """Return the two lists, the filter with its keys, the number of cases, of selected ones, and the page.

        What is chosen, and what filters, bears the `mark`. `whole` has the counts of both lists, also while a row is
        opened. If it is not `wide`, what filters nothing is left out, and the lists while a row is opened.
        """
        silent = whole.counts.get("silent", 0)
        text = Text(no_wrap=True, overflow="ellipsis")
        for key, name, number, here in (
            ("1", "Cases", sum(whole.counts.values()) - silent, not self.silent),
            ("2", "Silent meters" if wide else "Silent", silent, self.silent),
        ):
            if wide or self.opened is None:
                text.append(f"{key} ", style="bold")
                text.append(f"{name} {fmt.count(number)}", mark + Style(bold=True, reverse=True) if here else "")
                text.append("  ")
        if self.opened is not None:
            name = self.opened.region or NOWHERE if self.opened.cause == "silent" else self.opened.meter
            text.append("esc ", style="bold").append_text(plain(f"‹ {cause_of(self.opened)}, {name}", style="bold"))
        else:
            filtering = self._conditions(wide=False).values()
            for key, value in self._conditions(wide=wide).items():
                text.append(f"{key} ", style="bold").append(plain(value).plain, mark if value in filtering else "")
                text.append("  ")
            every = silent if self.silent else sum(whole.counts.values()) - silent
            text.append(self._counted(found, every, wide=wide) if found.rows else "")
        if chosen:
            text.append("  ")
            text.append(f" {fmt.count(chosen)} selected ", style=mark + Style(bold=True, reverse=True))
        if found.total > PAGE:
            page, pages = offset // PAGE + 1, -(-found.total // PAGE)
            text.append(f"  page {fmt.count(page)} of {fmt.count(pages)} [ ]")
        return text

    def _counted(self, found: Exceptions, every: int, *, wide: bool) -> str:
        """Return how many cases out of `every` one of the list there are, and in how many rows.

        Beside the name of the list stands how many it has, so that is not said again where nothing is left out.
        """
        case, row = ("meter", "region") if self.by_region else ("case", "row")
        some = f"· {fmt.count(found.cases)} of {fmt.counted(every, case)}" if found.cases < every else ""
        if found.total == found.cases or not wide:
            return some
        return " ".join(filter(None, (some, f"· {fmt.counted(found.total, row)}")))

    def _conditions(self, *, wide: bool) -> dict[str, str]:
        """Return the conditions by their keys; of those that filter nothing, none if it is not `wide`."""
        parts = {"o": _STATES[self._state]} if wide or self._state != "open" else {}
        if not self.silent and (wide or self._cause):
            parts["c"] = self._title(self._cause) or "all causes"
        if wide or self._region is not None:
            parts["g"] = "all regions" if self._region is None else f"region {self._region or NOWHERE}"
        if wide or self._period != "all time":
            parts["p"] = self._period
        if self.meter:
            parts["/"] = f"meter {self.meter}"
        return parts

    def none(self, meters: int, since: str, silent: int) -> Text:
        """Return the sentence for an empty list: how many active meters are watched, and since when.

        `silent` of them are silent, which is another list.
        """
        if self.any or self.opened is not None:
            return Text("No case matches the filter. Press escape to clear it.")
        if not meters:
            return Text("Nothing waits for a decision: there are no active meters yet")
        watched = f"{fmt.counted(meters, 'meter')} watched since {since}"
        if self.silent:
            return Text(f"No meter has been silent for longer than {self._silent_hours} · {watched}")
        if silent:
            return Text(f"No case waits for a decision, but {fmt.counted(silent, 'silent meter')} (2) · {watched}")
        return Text(f"Nothing waits for a decision · {watched}")

    @property
    def _silent_hours(self) -> str:
        return f"{self._rules.silent_us / HOUR:g} h"

    def _title(self, cause: str) -> str:
        """Return a cause as a title: meters are silent here after other hours than on the live screen."""
        return f"{cause} ({self._silent_hours})" if cause == "silent" else cause

    def facets(self, found: Exceptions, inks: Mapping[str, Style]) -> Text:
        """Return the number of cases by cause and region, as two lines; `inks` are styles by the names in INKS.

        Silent meters have no other cause, and among other cases they are counted only when they are what is listed.
        """
        counts = {} if self.silent else dict(found.counts)
        if self._cause != "silent":
            counts.pop("silent", None)
        causes: list[tuple[Cause, int]] = [(cause, counts[cause]) for cause in CAUSES if cause in counts]
        causes += [(cause, 0) for cause in CAUSES if cause == self._cause and cause not in counts]
        regions = [(name or NOWHERE, number) for name, number in found.regions.items()]
        here = None if self._region is None else self._region or NOWHERE
        left = len(regions) - _MOST_REGIONS
        text = Text(no_wrap=True, overflow="ellipsis")
        text.append("c" if causes else "", style="dim")
        for cause, number in causes:
            mark = cause == self._cause
            text.append(f" {'▸' if mark else ' '}").append(f"{sign(cause)} ", inks.get(INKS[sign(cause)]))
            text.append(f"{self._title(cause)} {fmt.count(number)}", "bold" if mark else "")
        text.append("  of refused lines, the latest" if found.cut else "")
        text.append("\n")
        text.append_text(side_by_side("g", regions[:_MOST_REGIONS], here))
        text.append(f"  and {left} more" if left > 0 else "")
        return text


def _after(wanted: Sequence[T], now: T, step: int) -> T:
    """Return the value `step` after `now`, cyclically; the first if `now` is not among them."""
    return wanted[(wanted.index(now) + step) % len(wanted)] if now in wanted else wanted[0]
