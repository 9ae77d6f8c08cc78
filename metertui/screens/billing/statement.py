"""The layout of a statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from metertui.engine.base import SiteZone
from metertui.engine.billing import Charge, ShownBill, Statement, decimals
from metertui.engine.usage import Edge
from metertui.text import fmt, message, plain


def draw_statement(
    shown: ShownBill,
    heading: Mapping[str, str],
    zone: SiteZone,
    *,
    state: str,
    rests_on: tuple[str, str],
    register_note: str = "",
    warning: str = "",
) -> RenderableType:
    """Return the statement as a renderable for Rich.

    `heading` has the lines above the registers; `rests_on` says how many readings there are and which do not count,
    `register_note` why the usage is not the difference of the registers, if it is not.
    """
    bill = shown.bill
    parts: list[RenderableType] = [_heading(bill, heading, zone, state)]
    if register_note:
        parts += ["", message(register_note)]
    if bill.charges:
        parts += ["", _charges(bill, bill.charges, zone)]
    elif bill.reason and bill.usage_wh is not None:
        parts += ["", message(f"There are no amounts: {bill.reason}.")]
    parts += ["", _rests(rests_on)]
    for place, charge in enumerate(bill.charges or (), 1):
        if charge.note:
            parts.append(message(f"{place}) {fmt.reason(charge.note)}"))
    for figures, words in (
        (shown.adjustments, "Billed in addition since it was issued"),
        (shown.adjustment, "Not billed yet, because of later readings, corrections, tariffs or rules"),
    ):
        if any(figures):
            change = f"{figures.usage_wh / 1000:+.3f} kWh, {fmt.money_change(figures.total)} {bill.currency} with tax"
            parts += ["", message(f"{words}: {change}")]
    if warning:
        parts += ["", message(f"! {warning}")]
    return Group(*parts)


def _heading(bill: Statement, heading: Mapping[str, str], zone: SiteZone, state: str) -> RenderableType:
    whose = _grid()
    title = Text.assemble((bill.month, "bold"), "  ", (state, "dim"))
    whose.add_row(Text("STATEMENT", style="bold"), title)
    for name, value in heading.items():
        whose.add_row(name, plain(value))
    registers = _grid()
    registers.columns[1].justify = "right"
    registers.add_column(no_wrap=True)
    for name, edge in (("opening", bill.opening), ("closing", bill.closing)):
        register = fmt.kwh(edge.wh if edge else None)
        registers.add_row(f"{name} register", register, Text(_edge(edge, zone), style="dim"))
    registers.add_row(Text("USAGE", style="bold"), Text(fmt.kwh(bill.usage_wh), style="bold"), "")
    return Group(whose, "", registers)


def _grid() -> Table:
    """Return a table for names and their values."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, min_width=len("opening register"))
    grid.add_column(no_wrap=True)
    return grid


def _edge(edge: Edge | None, zone: SiteZone) -> str:
    return f"{fmt.moment(edge.time, zone)}, {fmt.QUALITY[edge.quality]}" if edge else ""


def _charges(bill: Statement, charges: Sequence[Charge], zone: SiteZone) -> Table:
    """Return a table with one row per charge, right-aligned with equal decimals, and the sums below the amounts."""
    shown = [any(one.note for one in charges), True, any(one.band for one in charges), True, True, True, True]
    units = {one.unit for one in charges}
    unit = units.pop() if len(units) == 1 else ""

    def row(*cells: str, style: str = "") -> list[Text]:
        return [plain(cell, style=style) for cell, show in zip(cells, shown, strict=True) if show]

    table = Table.grid(padding=(0, 2))
    for at, show in enumerate(shown):
        if show:
            table.add_column(justify="right" if at > 2 else "left", no_wrap=True)
    headings = (unit or "quantity", f"¢/{unit or 'unit'}", "tax %", bill.currency or "")
    table.add_row(*row("", "from – to", "band", *headings, style="dim"))
    cents, tax = decimals(one.price for one in charges), decimals(one.tax_percent for one in charges)
    for place, one in enumerate(charges, 1):
        table.add_row(
            *row(
                f"{place})" if one.note else "",
                _period(one.start, one.end, zone),
                one.band,
                f"{fmt.number(one.quantity, one.kind.decimals)}{'' if unit else f' {one.unit}'}",
                f"{one.price:.{cents}f}",
                f"{one.tax_percent:.{tax}f}",
                fmt.money(one.amount),
            )
        )
    table.add_row("")
    for name, sum_of_lines in (("net", bill.net), ("tax", bill.tax)):
        table.add_row(*row("", name, "", "", "", "", fmt.money(sum_of_lines)))
    table.add_row(*row("", "TOTAL", "", "", "", "", fmt.money(bill.total), style="bold"))
    return table


def _rests(rests_on: tuple[str, str]) -> Table:
    grid = _grid()
    grid.add_row("based on", Text.assemble(rests_on[0], "  ", (rests_on[1], "dim")))
    return grid


def _period(start: int, end: int, zone: SiteZone) -> str:
    """Return `02-01 – 02-14` for whole days, the last included; with the times if they are not whole."""
    first, last = zone.local(start), zone.local(end)
    if _is_midnight(first) and _is_midnight(last):
        return f"{first:%m-%d} – {last - timedelta(days=1):%m-%d}"
    return " – ".join(f"{at:%m-%d}" if _is_midnight(at) else f"{at:%m-%d %H:%M}" for at in (first, last))


def _is_midnight(at: datetime) -> bool:
    return at.replace(microsecond=0).time() == time.min
