"""What the billing run of a month comes to, worked out beside the screen and kept until what it rests on changes."""

from __future__ import annotations

import math
from datetime import date
from typing import Final, NamedTuple

from metertui.engine.base import Progress
from metertui.engine.billing import BillBook, BillingRun, Terms
from metertui.engine.columns import Frozen
from metertui.engine.errors import MeterError
from metertui.screens.shell import Following

_AGAIN_SECONDS: Final = 60.0
"""The shortest time until figures to which nothing but readings was added are worked out again."""
_SHARE: Final = 20
"""They are worked out for at most one part in so many of the time."""


class MonthFigures(NamedTuple):
    """The figures of a month's billing run, or why there are none."""

    month: str
    bills: int = 0
    """Meters with data in the month."""
    without: int = 0
    """Meters without."""
    issued: int = 0
    doubtful: int = 0
    """Bills that rest on readings that do not cover the month, or of which some do not count."""
    adjustments: int = 0
    """Adjustments that are not issued yet."""
    usage_wh: int = 0
    total: int | None = None
    """Cents with tax; None without a price."""
    currency: str = ""
    since: date | None = None
    """The local day of the first counted reading of all meters; None without any."""
    until: date | None = None
    """That of the last one."""
    trouble: str = ""
    """Why there are no figures."""


def month_figures(frozen: Frozen, month: str, terms: Terms, book: BillBook, progress: Progress) -> MonthFigures:
    """Return the figures of a month as a billing run would have them now. For any thread.

    `progress` is called with the share done, and may end the work with an exception of its own.
    """
    since, until = None, None
    if len(frozen.curve):
        time = frozen.curve.time
        since, until = frozen.zone.day(int(time.min())), frozen.zone.day(int(time.max()))
    try:
        run = BillingRun(frozen, month, terms, book, progress)
        sums = run.sum_of_bills()
    except MeterError as error:
        return MonthFigures(month, since=since, until=until, trouble=str(error))
    bills = run.with_data
    priced = terms.tariffs is not None
    return MonthFigures(
        month=month,
        bills=bills,
        without=len(run) - bills,
        issued=bills - run.new_with_data,
        doubtful=run.doubtful,
        adjustments=run.changes,
        usage_wh=sums.usage_wh,
        total=sums.total if priced else None,
        currency=terms.currency,
        since=since,
        until=until,
    )


class KeptFigures:
    """The figures of the month that were worked out last, and when they are due again."""

    def __init__(self) -> None:
        self.figures: MonthFigures | None = None
        self.at = 0
        """When they were asked for, µs UTC."""
        self._readings = 0
        self._due = -math.inf
        self._following = Following()

    def keep(
        self, figures: MonthFigures, at: int, basis: object, readings: int, *, uptime: float, seconds: float
    ) -> None:
        """Keep figures that were asked for at an instant and rest on a basis and on so many readings.

        `uptime` is that of now, and `seconds` is how long they took.
        """
        self.figures, self.at, self._readings = figures, at, readings
        self._following.note(basis)
        self._due = uptime + max(_AGAIN_SECONDS, seconds * _SHARE)

    def newer(self, readings: int) -> int:
        """Return how many of now so many readings have come since."""
        return readings - self._readings

    def is_due(self, month: str, basis: object, readings: int, uptime: float) -> bool:
        """Return whether the figures of a month are to be worked out: there are none, or they rest on something else.

        Where only readings have come, they are after a while, as these hardly ever belong to a month that is over.
        """
        if self.figures is None or self.figures.month != month or self._following.is_due(basis, uptime):
            return True
        return readings != self._readings and uptime >= self._due
