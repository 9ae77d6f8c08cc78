"""The layout of a statement, as on paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from metertui.engine.base import SiteZone, month_bounds
from metertui.engine.billing import Charge, ShownBill, Statement, decimals
from metertui.text import fmt, message, plain, statement_words, time_labels


def draw_statement(
    shown: ShownBill,
    heading: Mapping[str, str],
    zone: SiteZone,
    *,
    state: str,
    register_note: str = "",
    warning: str = "",
) -> RenderableType:
    """Return the statement as a renderable for Rich.

    `heading` has the lines above the registers; `register_note` says why the usage is not the difference of the
    registers, if it is not.
    """
    bill = shown.bill
    parts: list[RenderableType] = [_heading(bill, heading, zone, state)]
    if register_note:
        parts += ["", message(register_note)]
    if bill.charges:
        parts += ["", _charges(bill, bill.charges, zone)]
    elif bill.reason and bill.usage_wh is not None:
        parts += ["", message(f"There are no amounts: {bill.reason}.")]
    parts += ["", message(statement_words.basis_sentence(bill, zone))]
    parts += [message(note) for note in statement_words.charge_notes(bill.charges or ())]
    for change in statement_words.changes_since(shown):
        parts += ["", message(change)]
    if warning:
        parts += ["", message(f"! {warning}")]
    return Group(*parts)


def _heading(bill: Statement, heading: Mapping[str, str], zone: SiteZone, state: str) -> RenderableType:
    whose = _grid()
    begin, end = month_bounds(bill.month, zone)
    period = time_labels.span(zone.day(begin), zone.day(end - 1))
    whose.add_row(Text("STATEMENT", style="bold"), Text.assemble((period, "bold"), "  ", (state, "dim")))
    for name, value in heading.items():
        whose.add_row(name, plain(value))
    registers = _grid()
    registers.columns[1].justify = "right"
    registers.add_column(no_wrap=True)
    for name, edge in (("opening", bill.opening), ("closing", bill.closing)):
        register = fmt.register(edge.wh) if edge else fmt.NOTHING
        registers.add_row(f"{name} register", register, Text(statement_words.edge_note(edge, zone), style="dim"))
    registers.add_row(Text("USAGE", style="bold"), Text(fmt.kwh(bill.usage_wh), style="bold"), "")
    return Group(whose, "", registers)


def _grid() -> Table:
    """Return a table for names and their values."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, min_width=len("opening register"))
    grid.add_column(no_wrap=True)
    return grid


def _charges(bill: Statement, charges: Sequence[Charge], zone: SiteZone) -> Table:
    """Return a table with one row per charge, right-aligned with equal decimals, and the sums below the amounts."""
    shown = [any(one.note for one in charges), True, any(one.name for one in charges), True, True, True, True]
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
                statement_words.charge_period(one, zone),
                one.name,
                f"{fmt.number(one.quantity, one.kind.decimals)}{'' if unit else f' {one.unit}'}",
                f"{one.price:.{cents}f}",
                f"{one.tax_percent:.{tax}f}",
                fmt.money(one.amount),
            )
        )
    table.add_row(*row("", "", "", "", "", "", "─" * len(fmt.money(bill.total)), style="dim"))
    for name, sum_of_lines in (("net", bill.net), ("tax", bill.tax)):
        table.add_row(*row("", name, "", "", "", "", fmt.money(sum_of_lines)))
    table.add_row(*row("", "TOTAL", "", "", "", "", fmt.money(bill.total), style="bold"))
    return table
