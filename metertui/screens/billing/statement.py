"""A bill as on paper: from the names that `issuing.shown` gives to what is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from metertui.engine.base import SiteZone
from metertui.text import fmt, message, plain


def paper(
    bill: Mapping[str, Any],
    heading: Mapping[str, str],
    zone: SiteZone,
    *,
    state: str,
    rests_on: tuple[str, str],
    warning: str = "",
) -> RenderableType:
    """The whole statement. `heading` are lines above the registers, `rests_on` how many readings and which not."""
    parts: list[RenderableType] = [_heading(bill, heading, zone, state)]
    if bill["lines"]:
        parts += ["", _lines(bill)]
    elif bill["reason"] and bill["usage_kwh"] is not None:
        parts += ["", message(f"No money: {bill['reason']}.")]
    parts += ["", _rests(rests_on)]
    notes = [(place, line["note"]) for place, line in enumerate(bill["lines"] or (), 1) if line["note"]]
    for place, note in notes:
        parts.append(message(f"{place}) {fmt.reason(note)}"))
    for name, words in (
        ("adjustments", "Billed beside it since it was issued"),
        ("adjustment", "What it comes to now differs, from later readings, corrections or tariffs; not billed yet"),
    ):
        figures = bill.get(name, {})
        if any(float(value) for value in figures.values()):
            parts += ["", message(f"{words}: {_difference(figures, bill['currency'])}")]
    if warning:
        parts += ["", message(f"! {warning}")]
    return Group(*parts)


def _heading(bill: Mapping[str, Any], heading: Mapping[str, str], zone: SiteZone, state: str) -> RenderableType:
    whose = _grid()
    title = Text.assemble((bill["month"], "bold"), "  ", (state, "dim"))
    whose.add_row(Text("STATEMENT", style="bold"), title)
    for name, value in heading.items():
        whose.add_row(name, plain(value))
    registers = _grid()
    registers.columns[1].justify = "right"
    registers.add_column(no_wrap=True)
    for name in ("opening", "closing"):
        told = fmt.kwh(None if bill[f"{name}_kwh"] is None else round(bill[f"{name}_kwh"] * 1000))
        registers.add_row(f"{name} register", told, Text(_edge(bill, name, zone), style="dim"))
    used = fmt.kwh(None if bill["usage_kwh"] is None else round(float(bill["usage_kwh"]) * 1000))
    registers.add_row(Text("USAGE", style="bold"), Text(used, style="bold"), "")
    return Group(whose, "", registers)


def _grid() -> Table:
    """Names, and what goes by them."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, min_width=len("opening register"))
    grid.add_column(no_wrap=True)
    return grid


def _edge(bill: Mapping[str, Any], name: str, zone: SiteZone) -> str:
    at, quality = bill[f"{name}_time"], bill[f"{name}_quality"]
    return f"{fmt.moment(zone.parse(at), zone)}, {fmt.QUALITY[quality]}" if at else ""


def _lines(bill: Mapping[str, Any]) -> Table:
    """A row a line, figures to the right with the same decimals; the sums below the amounts."""
    lines = bill["lines"]
    shown = [any(line["note"] for line in lines), True, any(line["band"] for line in lines), True, True, True, True]

    def row(*cells: str, style: str = "") -> list[Text]:
        return [plain(cell, style=style) for cell, show in zip(cells, shown, strict=True) if show]

    table = Table.grid(padding=(0, 2))
    for at, show in enumerate(shown):
        if show:
            table.add_column(justify="right" if at > 2 else "left", no_wrap=True)
    table.add_row(*row("", "from – to", "band", "kWh", "¢/kWh", "tax %", bill["currency"], style="dim"))
    cents = max(_decimals(line["cents_per_kwh"]) for line in lines)
    tax = max(_decimals(line["tax_percent"]) for line in lines)
    for place, line in enumerate(lines, 1):
        table.add_row(
            *row(
                f"{place})" if line["note"] else "",
                _period(line["from"], line["to"]),
                line["band"],
                fmt.number(round(float(line["usage_kwh"]) * 1000)),
                f"{Decimal(line['cents_per_kwh']):.{cents}f}",
                f"{Decimal(line['tax_percent']):.{tax}f}",
                _thousands(line["amount"]),
            )
        )
    table.add_row("")
    for name in ("net", "tax"):
        table.add_row(*row("", name, "", "", "", "", _thousands(bill[name])))
    table.add_row(*row("", "TOTAL", "", "", "", "", _thousands(bill["total"]), style="bold"))
    return table


def _rests(rests_on: tuple[str, str]) -> Table:
    grid = _grid()
    grid.add_row("it rests on", Text.assemble(rests_on[0], "  ", (rests_on[1], "dim")))
    return grid


def _period(start: str, end: str) -> str:
    """`02-01 – 02-14` of whole days, the last included; with the times where they are not."""
    if start[10:19] == end[10:19] == "T00:00:00":
        # The day before the midnight at which it ends; both are in the site zone.
        return f"{start[5:10]} – {_day_before(end[:10])[5:]}"
    return f"{_short(start)} – {_short(end)}"


def _short(stamp: str) -> str:
    return stamp[5:10] if stamp[10:19] == "T00:00:00" else f"{stamp[5:10]} {stamp[11:16]}"


def _day_before(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()


def _decimals(text: str) -> int:
    return len(text.partition(".")[2])


def _thousands(money: str | None) -> str:
    return "–" if money is None else f"{Decimal(money):,.2f}".replace(",", " ")


def _difference(figures: Mapping[str, Any], currency: str) -> str:
    return f"{float(figures['usage_kwh']):+.3f} kWh, {Decimal(figures['total']):+.2f} {currency} with tax"
