"""`metertui bill`: a meter's bill, and the billing run of a month."""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from metertui.cli.common import instant, opened, progress, replacing, show, show_row, visible
from metertui.cli.errors import UsageError
from metertui.engine import paper, windows
from metertui.engine.billing import Bills, Statement, money
from metertui.engine.core import Engine
from metertui.engine.errors import MeterError
from metertui.engine.records import format_kwh
from metertui.engine.zone import SiteZone

_LINE = ("from", "to", "band", "usage_kwh", "cents_per_kwh", "tax_percent", "amount")


def bill(options: argparse.Namespace) -> None:
    """`metertui bill METER`, `metertui bill --all -o FILE`."""
    if options.all == bool(options.meter) or (options.all and not options.out):
        raise UsageError("a bill is of METER, or --all -o FILE")
    if options.month is not None:
        try:
            windows.month(options.month, SiteZone("UTC"))
        except MeterError as error:
            raise UsageError(f"--month: {error}") from error
    with opened(options, readonly=True) as engine:
        at = instant("--at", options.at, engine.zone)
        if options.all:
            month = options.month or windows.month_before(at or engine.clock.now(), engine.zone)
            _run(engine, month, Path(options.out))
        else:
            _one(options, engine.statement(options.meter, options.month, at), engine.zone)


def _one(options: argparse.Namespace, statement: Statement, zone: SiteZone) -> None:
    if getattr(options, "format", "table") == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerows([paper.ROW, paper.cells(statement, zone)])
    elif getattr(options, "format", "table") == "json":
        show(options, [paper.bill_object(statement, zone)], paper.ROW, one=True)
    else:
        show_bill(statement, zone)


def show_bill(statement: Statement, zone: SiteZone) -> None:
    """Print a bill for people: what it is, its lines, what they rest on, what is to be paid."""
    row = paper.bill_object(statement, zone)
    for name, edge in (("opening", statement.opening), ("closing", statement.closing)):
        row[f"{name}_time"] = zone.iso(edge.time) if edge else None
    told = [f"{name}_{what}" for name in ("opening", "closing") for what in ("kwh", "time", "quality")]
    show_row(row, ["meter", "month", *told, "usage_kwh"])
    if statement.lines:
        print()
        print("\n".join(_aligned(row["lines"])))
        notes = [f"line {place}: {line['note']}" for place, line in enumerate(row["lines"], 1) if line["note"]]
        if notes:
            print("\n" + "\n".join(map(visible, notes)))
        print()
        show_row(row, ["net", "tax", "total", "currency"])
    elif statement.reason:
        show_row(row, ["reason"])


def _aligned(lines: Sequence[Mapping[str, Any]]) -> list[str]:
    """Lines under headings, figures to the right with the decimals that they bear."""
    cells = [list(_LINE)]
    cells += [[f"{line[name]:.3f}" if name == "usage_kwh" else visible(line[name]) for name in _LINE] for line in lines]
    widths = [max(len(row[i]) for row in cells) for i in range(len(_LINE))]
    left = len(_LINE) - 4
    return [
        "  ".join(f"{cell:<{width}}" if i < left else f"{cell:>{width}}" for i, (cell, width) in enumerate(each))
        for each in (list(zip(row, widths, strict=True)) for row in cells)
    ]


def _run(engine: Engine, month: str, out: Path) -> None:
    """All bills of a month as a CSV, and their sums on standard error."""
    with progress("reckoning bills"):
        bills = Bills(engine.view().frozen(engine.rules.max_w), month, engine.terms())
    with progress("writing bills") as share, replacing(out) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(paper.ROW)
        for done, statement in enumerate(bills, 1):
            writer.writerow(paper.cells(statement, engine.zone))
            if done % 1000 == 0:
                share(done / len(bills))
    count = len(bills)
    print(f"{count} {'bill' if count == 1 else 'bills'} written to {out}: {sums(bills)}", file=sys.stderr)


def sums(bills: Bills) -> str:
    """What all bills come to, in words."""
    told = f"{format_kwh(bills.usage_wh)} kWh"
    if bills.priced is None:
        return told
    net, tax = int(bills.priced.net.sum()), int(bills.priced.tax.sum())
    return f"{told}, net {money(net)}, tax {money(tax)}, total {money(net + tax)} {bills.terms.currency}"
