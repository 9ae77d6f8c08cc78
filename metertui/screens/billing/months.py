"""The bills of one meter: that of a month with its daily use, and the list of all months. For any thread."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final, NamedTuple

from metertui.engine.base import Window, first_of_month, month_bounds
from metertui.engine.billing import (
    BillBook,
    Ledger,
    ShownBill,
    Statement,
    Terms,
    bill_only_meter,
    money_text,
    shown_bill,
    statements,
)
from metertui.engine.columns import Frozen
from metertui.engine.errors import DataError, MeterError
from metertui.engine.usage import Series
from metertui.screens.charts import Picture, window_chart
from metertui.screens.charts import Series as Drawn
from metertui.screens.tables import Row
from metertui.text import explained, fmt, time_labels

MOST: Final = 24
"""The most months in the list."""


class MonthBill(NamedTuple):
    """The bill of a month."""

    now: Statement
    """As it is by today's readings and tariffs."""
    shown: ShownBill
    note: str
    """Why the usage is not the difference of the registers; "" if it is."""
    warning: str
    """What is wrong with the file of the issued bill; "" if nothing is."""
    daily: Picture
    """The kWh of each day up to now."""
    extent: tuple[int, int] | None
    """From when to when the meter has data at all, µs UTC; None if it has none."""


def month_bill(one: Frozen, month: str, terms: Terms, book: BillBook, now: int) -> MonthBill:
    """Return the bill of the only meter in `one` for a month; `now` is in µs UTC. Raises MeterError."""
    statement = bill_only_meter(one, month, terms)
    shown = shown_bill(statement, book.ledger_of_meter(month, statement.meter), one.zone)
    bill = shown.bill
    note = explained.register_note(one.curve, bill.opening, bill.closing, bill.usage_wh, one.zone)
    daily = daily_use(one, month, now)
    extent = (int(one.curve.time[0]), int(one.curve.time[-1])) if len(one.curve) else None
    warning = ""
    try:
        if shown.issued is not None:
            book.check_unchanged(month)
    except DataError as error:
        warning = str(error)
    return MonthBill(statement, shown, note, warning, daily, extent)


def daily_use(one: Frozen, month: str, now: int) -> Picture:
    """Return the chart of the daily use of the only meter in a month, which at `now` (µs UTC) may not be over.

    It has room for all days of the month, so that bars of its first days are no wider than those of others.
    """
    begin, end = month_bounds(month, one.zone)
    drawn = window_chart(Series.from_frozen(one.use, 0), Window(month, begin, end), one.zone, daily=True).picture
    if not begin <= now < end:
        return drawn
    today = one.zone.day(now).day
    running = tuple(day == today for day in range(1, len(drawn.labels) + 1))
    cut = tuple(partly and not runs for partly, runs in zip(drawn.cut or running, running, strict=True))
    return drawn._replace(running=running, cut=cut if any(cut) else ())


def all_months(one: Frozen, terms: Terms, book: BillBook, now: str) -> tuple[Sequence[Row], Picture | None]:
    """Return the rows of the months with data, the newest first, and a chart of their usage in kWh.

    `now` is the month of today.
    """
    curve = one.curve
    if not len(curve):
        return [], None
    first = f"{one.zone.day(int(curve.time[0])):%Y-%m}"
    months: list[tuple[Row, int | None]] = []
    issued = set(book.issued_months())
    month = min(now, f"{one.zone.day(int(curve.time[-1])):%Y-%m}")
    while month >= first and len(months) < MOST:
        cells, used_wh = _row(one, month, terms, book if month in issued else None, running=month == now)
        months.append(((month, cells), used_wh))
        month = f"{first_of_month(date.fromisoformat(f'{month}-01'), -1):%Y-%m}"
    used = tuple(None if wh is None else wh / 1000 for _, wh in reversed(months))
    names = [name for (name, _), _ in reversed(months)]
    picture = Picture(
        "bars",
        tuple(time_labels.key_on_axis("month", name) for name in names),
        (Drawn("", used),),
        "kWh",
        names=tuple(map(time_labels.month, names)),
        running=tuple(name == now for name in names),
        cut=tuple(name == first and one.zone.day(int(curve.time[0])).day > 1 for name in names),
    )
    return [row for row, _ in months], picture


def with_month(rows: Sequence[Row], month: str) -> Sequence[Row]:
    """Return the rows of the months with one for a month that is shown and has no data, as none of them has it."""
    if not rows or any(name == month for name, _ in rows) or (month < rows[-1][0] and len(rows) >= MOST):
        return rows
    return sorted([*rows, (month, (month, "–", "–", "no data"))], key=lambda row: row[0], reverse=True)


def _row(
    one: Frozen, month: str, terms: Terms, book: BillBook | None, *, running: bool
) -> tuple[tuple[str, ...], int | None]:
    """Return the cells of a month and its usage, Wh."""
    try:
        bills = statements.Bills(one, month, terms)
        statement, doubtful = bills.bill_of_meter(0), bool(bills.doubtful[0])
        ledger = book.ledger_of_meter(month, statement.meter) if book is not None else Ledger(month)
        shown = shown_bill(statement, ledger, one.zone)
    except MeterError:
        return (month, "–", "–", "no price"), None
    used = shown.bill.usage_wh
    opening = shown.bill.opening
    begins = opening is not None and opening.quality == "first" and one.zone.day(opening.time).day > 1
    state = "not over" if running else "in part" if begins else ""
    if shown.issued is not None:
        state = "differs" if any(shown.adjustment) else "issued"
    if doubtful and not running:
        state = f"▲ {state or 'doubt'}"
    return (month, fmt.NOTHING if used is None else fmt.number(used), money_text(shown.bill.total) or "–", state), used
