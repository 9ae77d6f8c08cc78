"""`metertui bill`: a meter's bill, and the billing run of a month."""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from metertui import settings
from metertui.cli.common import folder, instant, opened, progress_bar, replacing, show, show_row, visible
from metertui.cli.delegate import perform
from metertui.cli.errors import UsageError
from metertui.engine.base import SiteZone, SystemClock, month_before, month_bounds
from metertui.engine.billing import (
    BillingRun,
    Ledger,
    ShownBill,
    Statement,
    bill_format,
    billing_run,
    issued_cells,
    money_text,
    shown_bill,
)
from metertui.engine.core import Engine, one_meter
from metertui.engine.errors import DataError, MeterError

_AROUND = (("from", "to", "band"), ("tax_percent", "amount"), ("note",))
"""Names in a line before its quantity and price, those after, and those that are not in the table."""


def bill(options: argparse.Namespace) -> None:
    """`metertui bill METER`, `metertui bill --all -o FILE`, `metertui bill --all --issue`."""
    if options.all == bool(options.meter) or (options.all and not (options.out or options.issue)):
        raise UsageError("a bill is of METER, or --all with -o FILE or --issue")
    if options.issue and not options.all:
        raise UsageError("bills are issued all together: --all --issue")
    if options.month is not None:
        try:
            month_bounds(options.month, SiteZone("UTC"))
        except MeterError as error:
            raise UsageError(f"--month: {error}") from error
    if options.issue:
        _issue(options)
        return
    with opened(options) as engine:
        at = instant("--at", options.at, engine.zone)
        month = options.month or month_before(at or engine.clock.now(), engine.zone)
        if options.all:
            _write(_reckoned(engine, month), Path(options.out))
        else:
            _one(options, engine, one_meter.statement_of_month(engine, options.meter, month, at))


def _issue(options: argparse.Namespace) -> None:
    """Issue the bills of a month, then write them to a file if `-o` names one."""
    data = folder(options)
    zone = settings.load(data).rules().zone
    month = options.month or month_before(instant("--at", options.at, zone) or SystemClock().now(), zone)
    out = Path(options.out) if options.out else None
    with progress_bar("issuing bills") as share:
        done = perform(data, "bill issue", {"month": month}, share)
    had = done["bills"] - done["new"]
    print(f"{month}: {done['new']} bills and {done['changes']} adjustments issued, {had} had been", file=sys.stderr)
    if out is None:
        print(f"{_bills(done['bills'])}: {done['sums']}", file=sys.stderr)
    else:
        with opened(options) as engine:
            _write(_reckoned(engine, month), out)


def _one(options: argparse.Namespace, engine: Engine, statement: Statement) -> None:
    """As it was issued, if it was; then with what changed since."""
    zone, form = engine.zone, getattr(options, "format", "table")
    issued = engine.bills.ledger_of_meter(statement.month, statement.meter)
    shown = shown_bill(statement, issued, zone)
    if shown.issued is not None:
        try:
            engine.bills.check_unchanged(statement.month)
        except DataError as error:
            print(f"metertui: {error}", file=sys.stderr)
    if form == "csv":
        entry = issued.bills.get(statement.meter)
        cells = bill_format.cells(statement, zone) if entry is None else issued_cells(entry, statement.month)
        csv.writer(sys.stdout, lineterminator="\n").writerows([bill_format.ROW, cells])
    elif form == "json":
        since = ("issued", "adjustments", "adjustment") if shown.issued is not None else ()
        show(options, [bill_object(shown, zone)], [*bill_format.ROW, *since], one=True)
    else:
        _show(bill_object(shown, zone))


def show_bill(statement: Statement, zone: SiteZone) -> None:
    """Print a bill for people."""
    _show(bill_object(shown_bill(statement, Ledger(statement.month), zone), zone))


def bill_object(shown: ShownBill, zone: SiteZone) -> dict[str, Any]:
    """Return a bill under the names of `bill_format.ROW`, with the times of its registers; None if nothing is known.

    An issued one has `issued`, and `adjustments` and `adjustment` as objects.
    """
    bill = shown.bill
    found: dict[str, Any] = {"meter": bill.meter, "month": bill.month}
    for name, edge in (("opening", bill.opening), ("closing", bill.closing)):
        found[f"{name}_kwh"] = bill_format.kwh_number(edge.wh) if edge else None
        found[f"{name}_time"] = zone.iso(edge.time) if edge else None
        found[f"{name}_quality"] = edge.quality if edge else None
    found |= {
        "usage_kwh": bill_format.kwh_number(bill.usage_wh),
        "lines": None if bill.charges is None else [bill_format.line_object(charge, zone) for charge in bill.charges],
        "net": money_text(bill.net),
        "tax": money_text(bill.tax),
        "total": money_text(bill.total),
        "currency": bill.currency,
        "reason": bill.reason or None,
    }
    if shown.issued is not None:
        found["issued"] = zone.iso(shown.issued)
        found["adjustments"] = bill_format.figures_object(shown.adjustments)
        found["adjustment"] = bill_format.figures_object(shown.adjustment)
    return found


def _show(row: dict[str, Any]) -> None:
    """What the bill is, its lines, what they rest on, what is to be paid, what changed since it was issued."""
    told = [f"{name}_{what}" for name in ("opening", "closing") for what in ("kwh", "time", "quality")]
    issued = ["issued"] if "issued" in row else []
    show_row(row, ["meter", "month", *issued, *told, "usage_kwh"])
    if row["lines"]:
        print("\n" + "\n".join(_aligned(row["lines"])))
        notes = [f"line {place}: {line['note']}" for place, line in enumerate(row["lines"], 1) if line["note"]]
        if notes:
            print("\n" + "\n".join(map(visible, notes)))
        print()
        show_row(row, ["net", "tax", "total", "currency"])
    elif row["reason"]:
        show_row(row, ["reason"])
    for name, words in (
        ("adjustments", "billed beside it since"),
        ("adjustment", "since then readings or tariffs have changed: what it comes to now differs by"),
    ):
        if any(float(value) for value in row.get(name, {}).values()):
            print(f"\n{words}")
            show_row(row[name], list(row[name]))


def _aligned(lines: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return lines under headings, figures to the right with the decimals that they bear."""
    before, after, left_out = _AROUND
    measures = dict.fromkeys(name for line in lines for name in line if name not in (*before, *after, *left_out))
    names = [*before, *measures, *after]
    cells = [names, *([_cell(line.get(name)) for name in names] for line in lines)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(names))]
    return [
        "  ".join(
            f"{cell:<{width}}" if i < len(before) else f"{cell:>{width}}"
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    ]


def _cell(value: float | str | None) -> str:
    return f"{value:.3f}" if isinstance(value, int | float) else visible(value or "")


def _reckoned(engine: Engine, month: str) -> BillingRun:
    with progress_bar("reckoning bills") as share:
        frozen = engine.view().frozen(engine.rules.max_w)
        return BillingRun(frozen, month, engine.terms(), engine.bills, share)


def _write(run: BillingRun, out: Path) -> None:
    """All bills of a month as a CSV, and their sums on standard error."""
    with progress_bar("writing bills") as share, replacing(out) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(billing_run.RUN_ROW)
        for done, row in enumerate(run.rows(), 1):
            writer.writerow(row)
            if done % 1000 == 0:
                share(done / len(run))
    print(f"{_bills(len(run))} written to {out}: {run.summary()}", file=sys.stderr)


def _bills(count: int) -> str:
    return f"{count} {'bill' if count == 1 else 'bills'}"
