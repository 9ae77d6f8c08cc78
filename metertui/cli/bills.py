"""`metertui bill`: the bill of a meter, and the billing run of a month."""

from __future__ import annotations

import argparse
import contextlib
import csv
import io
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from metertui import settings
from metertui.cli.data_folder import folder_of, open_for_reading
from metertui.cli.delegate import perform
from metertui.cli.errors import UsageError
from metertui.cli.options import format_of, parse_at, printed_form
from metertui.cli.output import print_error, print_note, print_row, print_rows, progress_bar
from metertui.cli.printed_values import edge_cells, missing_cells
from metertui.engine.base import (
    SiteZone,
    SystemClock,
    counted,
    kwh_number,
    meter_of,
    month_before,
    month_bounds,
    visible,
)
from metertui.engine.billing import (
    BillingRun,
    Ledger,
    ShownBill,
    Statement,
    bill_format,
    issued_cells,
    money_text,
    run_object,
    shown_bill,
)
from metertui.engine.core import Engine, one_meter
from metertui.engine.errors import DataError, MeterError
from metertui.formats import complete_file, is_standard_output, resolve_output, write_run
from metertui.text import bill_page, bill_source, explained

_AROUND = (("from", "to", "band"), ("tax_percent", "amount"), ("note", "channel"))
"""Names in a line before its quantity and price, those after, and those that are not in the table."""


_PAGES = (".html", ".txt")
"""What the name of a page ends with."""


def bill(options: argparse.Namespace) -> None:
    """Run `metertui bill METER`, `metertui bill --all -o FILE` or `metertui bill --all --issue`."""
    if options.all == bool(options.meter) or (options.all and not (options.out or options.issue)):
        raise UsageError("give METER, or --all with -o FILE or --issue")
    if options.meter and meter_of(options.meter) != options.meter:
        raise UsageError(f"a bill is of all channels of a meter: give {meter_of(options.meter)}")
    if options.issue and not options.all:
        raise UsageError("bills are issued for all meters together: give --all with --issue")
    if options.accept_rules and not options.issue:
        raise UsageError("--accept-rules bills adjustments for good: give --all and --issue with it")
    if options.month is not None:
        try:
            month_bounds(options.month, SiteZone("UTC"))
        except MeterError as error:
            raise UsageError(f"--month: {error}") from error
    if options.out:
        if not options.all and Path(options.out).suffix not in _PAGES:
            raise UsageError(
                f"{options.out}: a bill is written as a page, to a name that ends in {' or '.join(_PAGES)}"
            )
        resolve_output(Path(options.out))
    if options.issue:
        _issue_month(options)
        return
    with open_for_reading(options) as engine:
        at = parse_at(options, engine.zone)
        month = options.month or month_before(at or engine.clock.now(), engine.zone)
        if options.all:
            run = _compute_run(engine, month)
            _write_run(options, run)
            _print_result(options, {"month": month, "bills": run.with_data, **run.totals(), **_notes(run)})
        else:
            statement = one_meter.statement_of_month(engine, options.meter, month, at)
            if options.out:
                _write_page(Path(options.out), engine, statement)
            else:
                _print_bill(options, engine, statement)


def _issue_month(options: argparse.Namespace) -> None:
    """Issue the bills of a month, then write them to a file if `-o` names one."""
    data = folder_of(options)
    zone = settings.load(data).rules().zone
    month = options.month or month_before(parse_at(options, zone) or SystemClock().now(), zone)
    with progress_bar("issuing bills") as progress:
        run = perform(data, "bill issue", {"month": month, "accept_rules": options.accept_rules}, progress)
    bills, adjustments = counted(run["new"], "bill"), counted(run["changes"], "adjustment")
    before = counted(run["bills"] - run["new"], "bill")
    print(f"{month}: issued {bills} and {adjustments}; {before} had been issued before", file=sys.stderr)
    if run["accepted"]:
        print(f"rules accepted: {counted(run['by_rules'], 'adjustment')} because of them alone", file=sys.stderr)
    elif options.accept_rules:
        print("the bills go by the rules of this version already: there is nothing to accept", file=sys.stderr)
    if options.out:
        with open_for_reading(options) as engine:
            _write_run(options, _compute_run(engine, month))
    else:
        print(f"{run['count']}: {run['sums']}", file=sys.stderr)
        _print_notes([run["gaps"], *run["unissued"], run["waiting"]])
    counts = {"issued": run["new"], "adjustments": run["changes"], "issued_before": run["bills"] - run["new"]}
    never = {"never_issued": run["unissued"], "waiting": run["waiting"]}
    _print_result(options, {"month": month, "bills": run["bills"], **counts, **run["totals"], **never})


def _print_bill(options: argparse.Namespace, engine: Engine, statement: Statement) -> None:
    """Print a bill as it was issued, with what changed since then, or as it is now if it was not issued."""
    zone, form = engine.zone, format_of(options)
    issued = engine.bills.ledger_of_meter(statement.month, statement.meter)
    shown = shown_bill(statement, issued, zone)
    if shown.issued is not None:
        try:
            engine.bills.check_unchanged(statement.month)
        except DataError as error:
            print_error(error)
    if form == "csv":
        entry = issued.bills.get(statement.meter)
        cells = bill_format.cells(statement, zone) if entry is None else issued_cells(entry, statement.month)
        missing = {bill_format.MISSING: text} if (text := bill_format.missing_text(shown.bill.missing_us)) else {}
        rows = ([*bill_format.ROW, *missing], [*cells, *missing.values()])
        csv.writer(sys.stdout, lineterminator="\n").writerows(rows)
    elif form == "json":
        since = ("issued", "adjustments", "adjustment") if shown.issued is not None else ()
        print_rows(options, [bill_object(shown, zone)], [*bill_format.ROW, *since], one=True)
    else:
        bill = shown.bill
        curve = engine.use_series(statement.meter).curve
        note = explained.register_note(curve, bill.opening, bill.closing, bill.usage_wh, zone)
        _print_for_people(bill_object(shown, zone), note)


def _write_page(path: Path, engine: Engine, statement: Statement) -> None:
    """Write a bill as a page to print, or as the text that is printed for people."""
    shown = shown_bill(statement, engine.bills.ledger_of_meter(statement.month, statement.meter), engine.zone)
    one = one_meter.frozen_meter(engine, statement.meter)
    if path.suffix == ".html":
        text = bill_page(shown, one, engine.accounts.get(statement.meter), engine.clock.now())
    else:
        bill, said = shown.bill, io.StringIO()
        with contextlib.redirect_stdout(said):
            note = explained.register_note(one.curve, bill.opening, bill.closing, bill.usage_wh, engine.zone)
            _print_for_people(bill_object(shown, engine.zone), note)
        text = f"{said.getvalue()}\n{bill_source(engine.clock.now(), engine.zone)}\n"
    with complete_file(path) as file:
        file.write(text.encode())
    print(f"the bill of {statement.meter} for {statement.month} written to {path}", file=sys.stderr)


def print_statement(statement: Statement, zone: SiteZone) -> None:
    """Print a statement for people, as a bill that was not issued."""
    _print_for_people(bill_object(shown_bill(statement, Ledger(statement.month), zone), zone))


def bill_object(shown: ShownBill, zone: SiteZone) -> dict[str, Any]:
    """Return a bill under the names of `bill_format.ROW`, with the times of its registers; None if nothing is known.

    An issued one has `issued`, and `adjustments` and `adjustment` as objects.
    """
    bill = shown.bill
    found = {
        "meter": bill.meter,
        "month": bill.month,
        **edge_cells("opening", bill.opening, zone),
        **edge_cells("closing", bill.closing, zone),
        "usage_kwh": kwh_number(bill.usage_wh),
        "lines": None if bill.charges is None else [bill_format.line_object(charge, zone) for charge in bill.charges],
        "net": money_text(bill.net),
        "tax": money_text(bill.tax),
        "total": money_text(bill.total),
        "currency": bill.currency,
        "reason": bill.reason or None,
        **missing_cells(bill.missing_us),
    }
    if shown.issued is not None:
        found["issued"] = zone.iso(shown.issued)
        found["adjustments"] = bill_format.figures_object(shown.adjustments)
        found["adjustment"] = bill_format.figures_object(shown.adjustment)
    return found


def _print_for_people(row: dict[str, Any], note: str = "") -> None:
    """Print the registers of a bill, its lines with their notes, its total, and what changed since it was issued.

    `note` says why the usage is not closing less opening register, if it is not.
    """
    registers = [f"{name}_{what}" for name in ("opening", "closing") for what in ("kwh", "time", "quality")]
    issued = ["issued"] if "issued" in row else []
    print_row(row, ["meter", "month", *issued, *registers, "usage_kwh"])
    print_note(note)
    if row["lines"]:
        named = [{**line, "band": " ".join(filter(None, (line.get("channel"), line["band"])))} for line in row["lines"]]
        print("\n" + "\n".join(_align_lines([{**line, "channel": ""} for line in named])))
        notes = [f"line {place}: {line['note']}" for place, line in enumerate(row["lines"], 1) if line["note"]]
        if notes:
            print("\n" + "\n".join(map(visible, notes)))
        print()
        print_row(row, ["net", "tax", "total", "currency"])
    elif row["reason"]:
        print_row(row, ["reason"])
    for name, heading in (
        ("adjustments", "adjustments billed since it was issued"),
        ("adjustment", "not billed yet; readings, tariffs or rules have changed, and the bill would now differ by"),
    ):
        if any(float(value) for value in row.get(name, {}).values()):
            print(f"\n{heading}")
            print_row(row[name], list(row[name]))


def _align_lines(lines: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the lines of a bill under headings, figures aligned right with the decimals that they have."""
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


def _compute_run(engine: Engine, month: str) -> BillingRun:
    with progress_bar("computing bills") as progress:
        frozen = engine.view().frozen()
        return BillingRun(frozen, month, engine.terms(), engine.bills, progress)


def _write_run(options: argparse.Namespace, run: BillingRun) -> None:
    """Write all bills of a month to a CSV file, or print them, and print their sums to standard error."""
    out = Path(options.out)
    if is_standard_output(out) and printed_form(options) != "csv":
        print_rows(options, [run_object(row) for row in run.rows()], run.columns)
    else:
        with progress_bar("writing bills") as progress:
            write_run(run, out, progress, bom=options.bom)
    where = "" if is_standard_output(out) else f" written to {out}"
    print(f"{run.count_sentence()}{where}: {run.summary()}", file=sys.stderr)
    _print_notes([run.gap_sentence(), *run.unissued(), run.waiting_sentence()])


def _print_result(options: argparse.Namespace, result: Mapping[str, Any]) -> None:
    """Print what became of a billing run as JSON or CSV if that is asked for; people read standard error."""
    if format_of(options) != "table" and not is_standard_output(Path(options.out or "")):
        shown = (
            result if format_of(options) == "json" else {**result, "never_issued": "; ".join(result["never_issued"])}
        )
        print_rows(options, [shown], list(shown), one=True)


def _notes(run: BillingRun) -> dict[str, Any]:
    return {"never_issued": run.unissued(), "waiting": run.waiting_sentence()}


def _print_notes(sentences: Sequence[str]) -> None:
    """Print which months with usage have no bills, and what waits to be accepted, to standard error."""
    for sentence in filter(None, sentences):
        print(f"! {visible(sentence)}", file=sys.stderr)
