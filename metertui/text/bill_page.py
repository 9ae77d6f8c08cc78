"""A bill as a page to print or to send: HTML that needs no other file, and no network.

Whatever stands on it was escaped: an address is text, never markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape
from typing import Final

from metertui import __version__
from metertui.engine.accounts import Account
from metertui.engine.base import SiteZone, month_bounds
from metertui.engine.billing import Charge, ShownBill, Statement, decimals
from metertui.engine.columns import Frozen
from metertui.engine.usage import Question, usage_table
from metertui.text import explained, fmt, statement_words, time_labels

_STYLE: Final = """
@page { size: A4; margin: 18mm }
body { font: 10.5pt/1.45 system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; color: #1c2430; max-width: 174mm;
       margin: 12mm auto }
h1 { font-size: 19pt; font-weight: 600; margin: 0 } h2 { font-size: 11pt; margin: 9mm 0 2mm; color: #35506b }
header { display: flex; justify-content: space-between; align-items: baseline; border-bottom: 1.5pt solid #35506b;
         padding-bottom: 2mm; margin-bottom: 6mm }
table { border-collapse: collapse; width: 100% } th { font-weight: 500; color: #5a6675; text-align: left }
td, th { padding: 1.2mm 4mm 1.2mm 0; vertical-align: top } td:last-child, th:last-child { padding-right: 0 }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
.rule td { border-top: .75pt solid #9aa5b1 } .total td { font-weight: 700; font-size: 12.5pt }
.usage td { font-weight: 700 } .quiet, footer { color: #5a6675 } .nowrap { white-space: nowrap }
.name { width: 42mm } svg { width: 100%; height: 34mm; margin-top: 4mm }
.warning { border-left: 3pt solid #b7791f; padding: 1mm 0 1mm 3mm } footer { margin-top: 10mm; font-size: 8.5pt }
"""
_CHART: Final = (620, 110, 14)
"""Width and height of the chart of daily use, and the room below it for the days, in its own units."""
_SMALL: Final = 'font-size="8" font-family="sans-serif" fill="#5a6675"'
"""How the texts of the chart look, stated at each, since some programs apply no style sheet to a picture."""


def bill_page(shown: ShownBill, one: Frozen, account: Account | None, now: int) -> str:
    """Return a bill as an HTML page: in force as of `now` (µs UTC).

    `one` has the readings of the meter alone, as `one_meter.frozen_meter` returns them. Any thread.
    """
    bill, zone = shown.bill, one.zone
    begin, end = month_bounds(bill.month, zone)
    period = time_labels.span(zone.day(begin), zone.day(end - 1))
    note = explained.register_note(one.curve, bill.opening, bill.closing, bill.usage_wh, zone)
    said = [statement_words.basis_sentence(bill, zone, where=""), *statement_words.charge_notes(bill.charges or ())]
    parts = [
        f"<header><h1>Electricity bill</h1><span>{escape(period)}</span></header>",
        _pairs(_whose(bill, account, _state(shown, end > now, zone))),
        "<h2>Usage</h2>",
        _registers(bill, zone),
        _paragraph(note),
        _chart(one, zone.day(begin), zone.day(end - 1)),
        "<h2>Amounts</h2>" if bill.charges else "",
        _charges(bill, bill.charges, zone) if bill.charges else _paragraph(_without_amounts(bill), "warning"),
        *(_paragraph(each, "quiet") for each in said),
        *(_paragraph(change, "warning") for change in statement_words.changes_since(shown)),
        f"<footer>{escape(bill_source(now, zone))}</footer>",
    ]
    title = escape(f"Bill of {bill.meter} for {time_labels.month(bill.month)}")
    head = f'<meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
    body = "\n".join(filter(None, parts))
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head>\n<body>\n{body}\n</body></html>\n'


def bill_source(now: int, zone: SiteZone) -> str:
    """Return what made the file of a bill and when (µs UTC), and in which zone its times are."""
    return f"made by metertui {__version__} on {time_labels.moment(zone.local(now))} · times in {zone.name}"


def _state(shown: ShownBill, running: bool, zone: SiteZone) -> str:
    if shown.issued is not None:
        return f"issued {time_labels.moment(zone.local(shown.issued))}"
    return "not issued; the month is not over" if running else "not issued"


def _whose(bill: Statement, account: Account | None, state: str) -> list[tuple[str, str]]:
    """Return what stands above the registers: names and values."""
    found = [("Meter", bill.meter)]
    if account is not None:
        address = " ".join(filter(None, (account.address, account.postcode)))
        found += [("Address", address or "–"), ("Apartment type", account.apartment_type or "–")]
    return [*found, ("State", state)]


def _without_amounts(bill: Statement) -> str:
    return f"There are no amounts: {bill.reason}." if bill.reason and bill.usage_wh is not None else ""


def _paragraph(text: str, kind: str = "") -> str:
    return f'<p class="{kind}">{escape(text)}</p>' if text else ""


def _pairs(pairs: Sequence[tuple[str, str]]) -> str:
    rows = (f'<tr><th class="name">{escape(name)}</th><td>{escape(value)}</td></tr>' for name, value in pairs)
    return f"<table>{''.join(rows)}</table>"


def _registers(bill: Statement, zone: SiteZone) -> str:
    """Return the registers at both ends, and the usage."""
    rows = [
        _row(
            "",
            f"{name} register",
            (fmt.register(edge.wh) if edge else fmt.NOTHING, "n"),
            (statement_words.edge_note(edge, zone), "quiet"),
        )
        for name, edge in (("Opening", bill.opening), ("Closing", bill.closing))
    ]
    return f"<table>{''.join(rows)}{_row('usage rule', 'Usage', (fmt.kwh(bill.usage_wh), 'n'), '')}</table>"


def _row(kind: str, *cells: str | tuple[str, str]) -> str:
    """Return a row of a table; a cell may have a class."""
    given = ((cell, "") if isinstance(cell, str) else cell for cell in cells)
    made = (f'<td class="{of}">{escape(text)}</td>' for text, of in given)
    return f'<tr class="{kind}">{"".join(made)}</tr>'


def _charges(bill: Statement, charges: Sequence[Charge], zone: SiteZone) -> str:
    """Return the charges, a row each, with their sums."""
    units = {one.unit for one in charges}
    unit = units.pop() if len(units) == 1 else ""
    bands, noted = any(one.name for one in charges), any(one.note for one in charges)
    cents, tax = decimals(one.price for one in charges), decimals(one.tax_percent for one in charges)
    names = ["Period", *(["Band"] if bands else [])]
    figures = [unit or "Quantity", f"¢/{unit or 'unit'}", "Tax %", bill.currency or ""]
    heading = "".join(f"<th>{escape(name)}</th>" for name in names)
    heading += "".join(f'<th class="n">{escape(name)}</th>' for name in figures)
    rows = []
    for place, one in enumerate(charges, 1):
        period = statement_words.charge_period(one, zone) + (f" ({place})" if noted and one.note else "")
        quantity = f"{fmt.number(one.quantity, one.kind.decimals)}{'' if unit else f' {one.unit}'}"
        values = (quantity, f"{one.price:.{cents}f}", f"{one.tax_percent:.{tax}f}", fmt.money(one.amount))
        rows.append(_row("", (period, "nowrap"), *([one.name] if bands else []), *((value, "n") for value in values)))
    sums = (("rule", "Net", bill.net), ("", "Tax", bill.tax), ("total", f"Total, {bill.currency}", bill.total))
    for kind, name, amount in sums:
        gap = "".join("<td></td>" for _ in (*names[1:], *figures[:-1]))
        rows.append(
            f'<tr class="{kind}"><td>{escape(name)}</td>{gap}<td class="n">{escape(fmt.money(amount))}</td></tr>'
        )
    return f"<table><tr>{heading}</tr>{''.join(rows)}</table>"


def _chart(one: Frozen, first: date, last: date) -> str:
    """Return a chart of days as SVG, each at its own place; "" without data."""
    table = usage_table(one, Question(first, last, by=("day",)))
    daily = {date.fromisoformat(day): wh for day, wh in zip(table["day"], table["usage_wh"].tolist(), strict=True)}
    most, days = max(daily.values(), default=0), (last - first).days + 1
    if not most:
        return ""
    width, height, below = _CHART
    step, tall = width / days, height - below - 12
    drawn = []
    for day, wh in daily.items():
        left, rise = (day - first).days * step, wh / most * tall
        place = f'x="{left + step * 0.12:.2f}" y="{12 + tall - rise:.2f}" width="{step * 0.76:.2f}" height="{rise:.2f}"'
        title = escape(f"{time_labels.day(day)}: {fmt.kwh(wh)}")
        drawn.append(f'<rect class="bar" fill="#3f7cac" {place}><title>{title}</title></rect>')
    for nth in (1, *range(5, days + 1, 5)):
        place = f'x="{(nth - 0.5) * step:.2f}" y="{height - 3}"'
        drawn.append(f'<text {_SMALL} text-anchor="middle" {place}>{nth}</text>')
    drawn.append(f'<text {_SMALL} x="0" y="8">kWh a day, at most {fmt.number(most)}</text>')
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="kWh a day">{"".join(drawn)}</svg>'
