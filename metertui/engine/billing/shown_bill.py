"""The bill to show: as it was issued, with its later changes, or as it is computed now."""

from __future__ import annotations

from dataclasses import dataclass

from metertui.engine.base import SiteZone
from metertui.engine.billing.bill_format import MISSING, cents_of, missing_us_of, parse_lines, wh_of
from metertui.engine.billing.bill_ledger import HEADER, Ledger
from metertui.engine.billing.pricing import QUALITIES
from metertui.engine.billing.statements import NO_DATA, NOTHING, Figures, Statement
from metertui.engine.errors import MeterError, Refused
from metertui.engine.usage import Edge


@dataclass(frozen=True, slots=True)
class ShownBill:
    """A bill as it was issued, or as it is computed now if it has not been issued."""

    bill: Statement
    issued: int | None = None
    """When it was issued, µs UTC; None if it has not been issued."""
    adjustments: Figures = NOTHING
    """The sum of the adjustments issued since."""
    adjustment: Figures = NOTHING
    """The next adjustment: the bill as computed now, less everything billed so far."""


def shown_bill(now: Statement, ledger: Ledger, zone: SiteZone) -> ShownBill:
    """Return the bill to show for a month: the one in `ledger`, or `now` if none has been issued.

    Raises MeterError for an issued bill that cannot be read.
    """
    row = ledger.bills.get(now.meter)
    if row is None:
        return ShownBill(now)
    cell = dict(zip(HEADER, row, strict=True))
    try:
        bill, issued = _issued_statement(cell, now.month, zone), zone.parse(cell["issued"])
    except (ValueError, Refused) as error:
        raise MeterError(f"the issued bill of {now.meter} for {now.month} cannot be read: {error}") from error
    billed = ledger.sums[now.meter]
    return ShownBill(bill, issued, billed.minus(bill.figures), now.figures.minus(billed))


def _issued_statement(cell: dict[str, str], month: str, zone: SiteZone) -> Statement:
    """Return an issued bill from its cells by the names of HEADER. Raises ValueError, Refused."""

    def edge(name: str) -> Edge | None:
        time, wh, quality = (cell[f"{name}_{what}"] for what in ("time", "kwh", "quality"))
        return Edge(zone.parse(time), wh_of(wh) if wh else None, QUALITIES[QUALITIES.index(quality)]) if time else None

    net, tax, total = (cents_of(cell[name]) if cell[name] else None for name in ("net", "tax", "total"))
    return Statement(
        cell["meter"],
        month,
        edge("opening"),
        edge("closing"),
        wh_of(cell["usage_kwh"]) if cell["usage_kwh"] else None,
        int(cell["readings"]),
        int(cell["suspect"]),
        parse_lines(cell["lines"], zone),
        net,
        tax,
        total,
        cell["currency"] or None,
        "" if cell["usage_kwh"] else NO_DATA,
        missing_us_of(cell[MISSING]),
    )
