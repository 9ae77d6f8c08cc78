"""The ledger of issued bills: an issued bill never changes, and later changes are billed as adjustments.

`bills/YYYY_MM.csv` has one entry per row: the `bill` of a meter for that month, once, and later its `adjustment`s. Each
entry has the figures that it is based on. Entries are only appended, in one atomic step. So an interrupted billing run
can be repeated: it adds the entries that are missing. The file has the column `missing_hours` if an entry of it needs
that; files without it are older, or of months without a gap. The sum of a bill and its adjustments is the amount by the
readings and tariffs of the last run. The amount by today's readings and tariffs, less that sum, is the next adjustment.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Final

from metertui.engine.base import SiteZone, check_meter_id, disarm_formula, format_kwh
from metertui.engine.billing import bill_format
from metertui.engine.billing.bill_format import cents_of, wh_of
from metertui.engine.billing.charges import ENERGY
from metertui.engine.billing.rounding import half_up
from metertui.engine.billing.statements import NO_DATA, Figures, money_text
from metertui.engine.errors import DataError, MeterError, Refused
from metertui.engine.storage import CsvTable, Manifest, durable, encode_rows, private_files

FOLDER: Final = "bills"
RULES_NAME: Final = "bill_rules.csv"
RULES: Final = "2"
"""The rules that bills go by. Those of the version before, 1, left no mark in the folder."""
_RULES_HEADER: Final = ("rules", "since", "by")
HEADER: Final = (
    *("meter", "entry", "issued", "run"),
    *("opening_time", "opening_kwh", "opening_quality", "closing_time", "closing_kwh", "closing_quality"),
    *("usage_kwh", "net", "tax", "total", "currency", "readings", "suspect", "lines"),
    bill_format.MISSING,
)
"""The columns of an entry. A file may lack the last."""
_NEEDED: Final = HEADER[:-1]
_FILE: Final = re.compile(r"([0-9]{4})_([0-9]{2})\.csv")
_MONTH: Final = re.compile(r"[0-9]{4}-[0-9]{2}")
ADJUSTMENTS: Final = {"": "adjustment", "rules": "rules-adjustment"}
"""By cause: what a row of an adjustment is called. The rules are those that say which readings count."""
_PLACE: Final = {name: at for at, name in enumerate(HEADER)}


_CHANGED: Final = (
    "another program has changed this file of issued bills. Restore it from a backup; or, to accept it as it is, "
    f"remove its line from {FOLDER}/manifest.csv"
)


@dataclass(slots=True)
class Ledger:
    """The bills and adjustments issued for a month, by meter."""

    month: str
    data: bytes = b""
    bills: dict[str, list[str]] = field(default_factory=dict)
    """The row of each meter's bill, in the order of HEADER."""
    sums: dict[str, Figures] = field(default_factory=dict)
    """The sum of each meter's bill and adjustments."""
    by_run: dict[str, dict[str, Figures]] = field(default_factory=dict)
    """By month of the billing run and meter: the adjustments that it issued for this month."""
    by_rules: dict[str, set[str]] = field(default_factory=dict)
    """By month of the billing run: the meters with an adjustment of this month that came from the rules alone."""
    entries: int = 0

    def add_entry(self, cells: list[str], figures: Figures) -> None:
        """Add an entry: its cells in the order of HEADER, and its figures."""
        meter, run = cells[_PLACE["meter"]], cells[_PLACE["run"]]
        self.entries += 1
        if cells[_PLACE["entry"]] == "bill":
            self.bills[meter] = cells
        if cells[_PLACE["entry"]] != "bill" or run != self.month:
            adjusted = self.by_run.setdefault(run, {})
            adjusted[meter] = adjusted.get(meter, Figures()).plus(figures)
        if cells[_PLACE["entry"]] == ADJUSTMENTS["rules"]:
            self.by_rules.setdefault(run, set()).add(meter)
        self.sums[meter] = self.sums.get(meter, Figures()).plus(figures)


class BillBook:
    """The issued bills of a data folder. Files are read again at each call, as another process may own the folder.

    Any thread, one writer at a time.
    """

    def __init__(self, folder: Path, zone: SiteZone) -> None:
        self.folder: Final = folder / FOLDER
        self.manifest: Final = Manifest(self.folder)
        self.rules_path: Final = folder / RULES_NAME
        self._zone = zone

    def issued_months(self) -> list[str]:
        """Return the months (`YYYY-MM`) with issued bills, ascending. Raises OSError."""
        if not self.folder.is_dir():
            return []
        matches = (_FILE.fullmatch(path.name) for path in self.folder.iterdir())
        return sorted(f"{match[1]}-{match[2]}" for match in matches if match)

    def path_of_month(self, month: str) -> Path:
        """Return the path of the file of a month's bills."""
        return self.folder / f"{month.replace('-', '_')}.csv"

    def ledger_of_month(self, month: str) -> Ledger:
        """Return the ledger of a month; empty if nothing was issued.

        Raises DataError for an invalid entry and for a file that another program has changed, MeterError for a file
        that cannot be read.
        """
        path = self.path_of_month(month)
        data = self._read_unchanged(path)
        return Ledger(month) if data is None else parse_ledger(data, path, month, self._zone)

    def check_unchanged(self, month: str) -> None:
        """Raise DataError if another program has changed the file of a month, MeterError if it cannot be read."""
        self._read_unchanged(self.path_of_month(month))

    def _read_unchanged(self, path: Path) -> bytes | None:
        """Return the content of a file of bills, as the manifest has it; another thread may add to both meanwhile."""
        data = durable.read_data_file(path)
        while data is not None:
            line = self.manifest.read_entries().get(path.name)
            if line is None or line.matches(data):
                break
            before, data = data, durable.read_data_file(path)
            if data == before:
                raise DataError(path, None, _CHANGED)
        return data

    def ledger_of_meter(self, month: str, meter: str) -> Ledger:
        """Return the ledger of a month for one meter. Only the rows of the meter are parsed.

        Raises DataError for an invalid entry, MeterError. `check_unchanged` is for the whole file.
        """
        path = self.path_of_month(month)
        data = durable.read_data_file(path)
        if data is None:
            return Ledger(month)
        rows, mark, at = [], f"\n{meter},".encode(), 0
        while (at := data.find(mark, at)) >= 0:
            end = data.find(b"\n", at + 1)
            rows.append(data[at + 1 : len(data) if end < 0 else end])
            at += 1
        header = data.partition(b"\n")[0]
        return parse_ledger(b"".join(row + b"\n" for row in [header, *rows]), path, month, self._zone)

    def add_entries(self, ledger: Ledger, entries: Sequence[Sequence[str]]) -> None:
        """Append entries, cells in the order of HEADER, to the file of a month. They are on disk when this returns.

        The file gets the column of missing hours with the first entry that has some.

        Raises MeterError if the file has changed since the ledger was read, StorageError, DataError. Then nothing is
        added.
        """
        path = self.path_of_month(ledger.month)
        with durable.writing(path):
            if not self.folder.is_dir():
                private_files.make_folder(self.folder)
                durable.sync_folder(self.folder.parent)
            if (durable.read_present(path) or b"") != ledger.data:
                raise MeterError(f"{path.name} has changed since the run began; run it again")
            table = CsvTable(path, _NEEDED, HEADER, data=ledger.data)
            wide = len(table.names) == len(HEADER) or any(cells[-1] for cells in entries)
            names = HEADER if wide else _NEEDED
            before = ledger.data
            if not before or len(table.names) < len(names):
                before = encode_rows([names, *(cells for _, cells in _entries(table))])
            self.manifest.begin_change([path.name])
            durable.replace_file(path, [before, encode_rows(cells[: len(names)] for cells in entries)])
            self.manifest.end_change([path.name])

    def waits_for_acceptance(self) -> bool:
        """Return whether bills were issued by the rules of the version before, and nobody has accepted today's.

        Raises DataError for a mark that cannot be read, MeterError, OSError.
        """
        return not self._rules_marked() and bool(self.issued_months())

    def mark_rules(self, at: str, by: str) -> None:
        """Store that the bills of the folder go by today's rules since a timestamp; on disk on return.

        Does nothing if that is stored. Raises DataError, MeterError, StorageError.
        """
        if not self._rules_marked():
            row = io.StringIO()
            csv.writer(row, lineterminator="\n").writerows([_RULES_HEADER, (RULES, at, disarm_formula(by))])
            durable.replace_file(self.rules_path, row.getvalue().encode())

    def _rules_marked(self) -> bool:
        data = durable.read_data_file(self.rules_path)
        if data is None:
            return False
        table = CsvTable(self.rules_path, _RULES_HEADER, data=data)
        rows = [cells for _, cells in table.rows()]
        if tuple(table.names) != _RULES_HEADER or not rows or rows[-1][0] != RULES:
            raise DataError(self.rules_path, None, f"the last row names other rules than {RULES}, the only ones known")
        return True

    def complete_manifest(self) -> None:
        """Add the checksums that an interrupted run left out. Raises DataError, StorageError, OSError."""
        lines = self.manifest.read_entries()
        names = [self.path_of_month(month).name for month in self.issued_months()]
        self.manifest.end_change([name for name in names if name not in lines or not lines[name].sha256])


def issued_cells(row: Sequence[str], month: str) -> list[str]:
    """Return an issued bill as `bill_format.cells` does, from its row in the order of HEADER."""
    cell = dict(zip(HEADER, row, strict=True))
    reason = "" if cell["usage_kwh"] else NO_DATA
    return [{**cell, "month": month, "reason": reason}[name] for name in bill_format.ROW]


def issued_missing(row: Sequence[str]) -> str:
    """Return the cell of the missing hours of an issued bill from its row in the order of HEADER."""
    return row[_PLACE[bill_format.MISSING]]


def issued_figures(row: Sequence[str]) -> Figures | None:
    """Return the figures of an issued bill from its row in the order of HEADER; None if it had no data."""
    usage, *money = (row[_PLACE[name]] for name in ("usage_kwh", "net", "tax", "total"))
    return Figures(wh_of(usage), *(cents_of(cell) if cell else 0 for cell in money)) if usage else None


# -- the file ------------------------------------------------------------------------------------------------------


def parse_ledger(data: bytes, path: Path, month: str, zone: SiteZone) -> Ledger:
    """Return the ledger that a file contains. Raises DataError with the line of an invalid entry."""
    table = CsvTable(path, _NEEDED, HEADER, data=data)
    if tuple(table.names) not in (_NEEDED, HEADER):
        raise DataError(path, 1, f"the header is not {','.join(_NEEDED)}")
    if not table.terminated and data:
        raise DataError(path, data.count(b"\n") + 1, "the last line has no line end: the file is incomplete")
    ledger = Ledger(month, data)
    for line, cells in _entries(table):
        try:
            ledger.add_entry(cells, _figures(cells, ledger, zone))
        except (Refused, ValueError) as error:
            raise DataError(path, line, f"this is not an issued bill: {error}") from error
    return ledger


def _entries(table: CsvTable) -> Iterator[tuple[int, list[str]]]:
    """Yield each entry of a file with its line, in the order of HEADER."""
    for line, cells in table.rows():
        yield line, [*cells, *[""] * (len(HEADER) - len(cells))]


def _figures(cells: Sequence[str], ledger: Ledger, zone: SiteZone) -> Figures:
    cell = dict(zip(HEADER, cells, strict=True))
    check_meter_id(cell["meter"])
    zone.parse(cell["issued"])
    bill_format.missing_us_of(cell[bill_format.MISSING])
    if cell["entry"] not in ("bill", *ADJUSTMENTS.values()):
        raise ValueError(f"{cell['entry']!r} is neither bill nor adjustment")
    if (cell["entry"] == "bill") == (cell["meter"] in ledger.bills):
        raise ValueError("a meter has one bill first, then only adjustments")
    if _MONTH.fullmatch(cell["run"]) is None or cell["run"] < ledger.month:
        raise ValueError(f"{cell['run']!r} is not the month of a billing run that could have billed it")
    if not any(cell[name] for name in ("usage_kwh", "net", "tax", "total")) and cell["entry"] == "bill":
        return Figures()
    figures = Figures(wh_of(cell["usage_kwh"]), *(cents_of(cell[name]) for name in ("net", "tax", "total")))
    if figures.net + figures.tax != figures.total:
        raise ValueError("net and tax do not sum to the total")
    if cell["entry"] == "bill" and min(figures) < 0:
        raise ValueError("a bill must not be negative")
    return figures


def ledger_problems(ledger: Ledger, path: Path, zone: SiteZone) -> Iterator[str]:
    """Yield one sentence for each meter whose charges and entries disagree: in usage, amounts, tax or total."""
    sums: dict[str, Figures] = {}
    for line, cells in _entries(CsvTable(path, _NEEDED, HEADER, data=ledger.data)):
        cell = dict(zip(HEADER, cells, strict=True))
        one = Ledger(ledger.month)
        one.bills = {} if cell["entry"] == "bill" else {cell["meter"]: list(cells)}
        sums[cell["meter"]] = sums.get(cell["meter"], Figures()).plus(_figures(cells, one, zone))
        try:
            expected = _computed(cell["lines"], zone)
        except ValueError:
            yield f"{path}:{line}: the lines of {cell['meter']} cannot be read"
            continue
        if expected != sums[cell["meter"]]:
            yield (
                f"{path}:{line}: the lines of {cell['meter']} come to {_figures_text(expected)}, "
                f"its entries to {_figures_text(sums[cell['meter']])}"
            )


def _computed(text: str, zone: SiteZone) -> Figures:
    """Return the figures of charges, computed from their quantities and prices. Raises ValueError."""
    used, net = 0, 0
    by_tax: dict[Decimal, int] = {}
    for charge in bill_format.parse_lines(text, zone):
        if charge.amount != _rounded(charge.quantity * charge.price / 1000):
            raise ValueError("an amount is not its quantity times its price")
        used += charge.quantity if charge.kind is ENERGY else 0
        net += charge.amount
        by_tax[charge.tax_percent] = by_tax.get(charge.tax_percent, 0) + charge.amount
    tax = sum(_rounded(base * rate / 100) for rate, base in by_tax.items())
    return Figures(used, net, tax, net + tax)


def _rounded(value: Decimal) -> int:
    numerator, denominator = value.as_integer_ratio()
    return half_up(numerator, denominator)


def _figures_text(figures: Figures) -> str:
    return f"{format_kwh(figures.usage_wh)} kWh and {money_text(figures.total)}"
