"""The layout of a statement, as on paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from metertui.engine.base import SiteZone, month_bounds
from metertui.engine.billing import Charge, ShownBill, Statement, decimals
from metertui.engine.usage import Edge
from metertui.text import fmt, message, plain, time_labels


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
    parts += ["", message(basis_sentence(bill, zone))]
    parts += [message(note) for note in _notes(bill.charges or ())]
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


def basis_sentence(bill: Statement, zone: SiteZone) -> str:
    """Return in one sentence what a bill is based on: how many readings, and how its ends are known."""
    readings = fmt.counted(bill.readings, "reading")
    them = (
        "it is" if bill.readings == 1 else f"{fmt.count(bill.suspect)} of them {'is' if bill.suspect == 1 else 'are'}"
    )
    doubt = f"; {them} not counted (F7 says why)" if bill.suspect else ""
    if bill.opening is None or bill.closing is None:
        return f"Based on {readings}: that is no data for this month{doubt}."
    if bill.opening.quality == bill.closing.quality:
        ends = _known(bill.opening, "start and at the end", zone)
    else:
        ends = f"{_known(bill.opening, 'start', zone)} and {_known(bill.closing, 'end', zone)}"
    return f"Based on {readings}: the register {ends}{doubt}."


def _known(edge: Edge, end: str, zone: SiteZone) -> str:
    """Return how the register at an end of the month is known."""
    match edge.quality:
        case "actual":
            return f"was read at the {end}"
        case "estimated":
            return f"is estimated between two readings at the {end}"
        case "first":
            return f"is known from its first reading on, {_moment(edge, zone)}"
        case _:
            return f"is known up to its last reading, {_moment(edge, zone)}"


def _moment(edge: Edge, zone: SiteZone) -> str:
    return time_labels.moment(zone.local(edge.time))


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
    return f"{_moment(edge, zone)}, {fmt.QUALITY[edge.quality]}" if edge else ""


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
    table.add_row(*row("", "", "", "", "", "", "─" * len(fmt.money(bill.total)), style="dim"))
    for name, sum_of_lines in (("net", bill.net), ("tax", bill.tax)):
        table.add_row(*row("", name, "", "", "", "", fmt.money(sum_of_lines)))
    table.add_row(*row("", "TOTAL", "", "", "", "", fmt.money(bill.total), style="bold"))
    return table


def _notes(charges: Sequence[Charge]) -> list[str]:
    """Return the notes of charges behind their numbers, each note once."""
    places: dict[str, list[str]] = {}
    for place, charge in enumerate(charges, 1):
        if charge.note:
            places.setdefault(charge.note, []).append(str(place))
    return [f"{', '.join(numbers)}) {fmt.for_people(note)}" for note, numbers in places.items()]


def _period(start: int, end: int, zone: SiteZone) -> str:
    """Return `1 Feb – 14 Feb` for whole days, the last included; with the times if they are not whole."""
    first, last = zone.local(start), zone.local(end)
    if _is_midnight(first) and _is_midnight(last):
        last -= timedelta(days=1)
    return " – ".join(f"{at.day:>2} {at:%b}" + ("" if _is_midnight(at) else f" {at:%H:%M}") for at in (first, last))


def _is_midnight(at: datetime) -> bool:
    return at.replace(microsecond=0).time() == time.min
