"""Issued bills: what was billed stays as it was, and what changed since is billed as a difference.

`bills/YYYY_MM.csv` has an entry a row: a meter's `bill` of that month, once, and later its `adjustment`s, each with
the figures that it rested on. Nothing in it is changed, rows are only added, in one atomic step; so a billing run that
was interrupted is done again and adds what is missing. At any time a bill and its adjustments sum to what the readings
and tariffs of the last run came to; what they come to now less that sum is the next adjustment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Final

from metertui.engine.base import SiteZone, check_meter_id, format_kwh
from metertui.engine.billing import bill_format
from metertui.engine.billing.bill_format import cents_of, wh_of
from metertui.engine.billing.charges import ENERGY
from metertui.engine.billing.rounding import half_up
from metertui.engine.billing.statements import NO_DATA, Figures, money_text
from metertui.engine.errors import DataError, MeterError, Refused
from metertui.engine.storage import CsvTable, Manifest, durable

FOLDER: Final = "bills"
HEADER: Final = (
    "meter",
    "entry",
    "issued",
    "run",
    "opening_time",
    "opening_kwh",
    "opening_quality",
    "closing_time",
    "closing_kwh",
    "closing_quality",
    "usage_kwh",
    "net",
    "tax",
    "total",
    "currency",
    "readings",
    "suspect",
    "lines",
)
_FILE: Final = re.compile(r"([0-9]{4})_([0-9]{2})\.csv")
_MONTH: Final = re.compile(r"[0-9]{4}-[0-9]{2}")
_PLACE: Final = {name: at for at, name in enumerate(HEADER)}


_CHANGED: Final = (
    "it is not what was issued: another program has changed it. Restore it from a backup; or, to accept it as it is, "
    f"remove its line from {FOLDER}/manifest.csv"
)


@dataclass(slots=True)
class Ledger:
    """What was issued of a month, by meter."""

    month: str
    data: bytes = b""
    bills: dict[str, list[str]] = field(default_factory=dict)
    """The row of each meter's bill, in the order of HEADER."""
    sums: dict[str, Figures] = field(default_factory=dict)
    """Each meter's bill and adjustments together."""
    by_run: dict[str, dict[str, Figures]] = field(default_factory=dict)
    """By the month of the run that billed it, what each meter was billed beside that run's own bills."""
    entries: int = 0

    def add_entry(self, cells: list[str], figures: Figures) -> None:
        """Add an entry."""
        meter, run = cells[_PLACE["meter"]], cells[_PLACE["run"]]
        self.entries += 1
        if cells[_PLACE["entry"]] == "bill":
            self.bills[meter] = cells
        if cells[_PLACE["entry"]] != "bill" or run != self.month:
            beside = self.by_run.setdefault(run, {})
            beside[meter] = beside.get(meter, Figures()).plus(figures)
        self.sums[meter] = self.sums.get(meter, Figures()).plus(figures)


class BillBook:
    """The issued bills of a data folder, read anew for each question: another process may own it."""

    def __init__(self, folder: Path, zone: SiteZone) -> None:
        self.folder: Final = folder / FOLDER
        self.manifest: Final = Manifest(self.folder)
        self._zone = zone

    def issued_months(self) -> list[str]:
        """Those with issued bills, ascending. Raises OSError."""
        if not self.folder.is_dir():
            return []
        found = (_FILE.fullmatch(path.name) for path in self.folder.iterdir())
        return sorted(f"{match[1]}-{match[2]}" for match in found if match)

    def path_of_month(self, month: str) -> Path:
        """Where a month's bills stand."""
        return self.folder / f"{month.replace('-', '_')}.csv"

    def ledger_of_month(self, month: str) -> Ledger:
        """What was issued of a month; empty where nothing was.

        Raises DataError for a row that is no entry, and for a file that something else has changed.
        """
        path, data = self.path_of_month(month), self._data(month)
        if data is None:
            return Ledger(month)
        self._check_unchanged(path, data)
        return parse_ledger(data, path, month, self._zone)

    def check_unchanged(self, month: str) -> None:
        """Raises DataError where something else has changed what was issued of a month, MeterError."""
        data = self._data(month)
        if data is not None:
            self._check_unchanged(self.path_of_month(month), data)

    def _check_unchanged(self, path: Path, data: bytes) -> None:
        line = self.manifest.read_entries().get(path.name)
        if line is not None and not line.matches(data):
            raise DataError(path, None, _CHANGED)

    def _data(self, month: str) -> bytes | None:
        """What a month's file holds; None where there is none. Raises MeterError."""
        path = self.path_of_month(month)
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise MeterError(f"cannot read {path}: {error.strerror or error}") from error

    def ledger_of_meter(self, month: str, meter: str) -> Ledger:
        """What was issued of a month to one meter, found by its lines alone: `prove` is for the whole file.

        Raises DataError for a row that is no entry, MeterError.
        """
        path, data = self.path_of_month(month), self._data(month)
        if data is None:
            return Ledger(month)
        rows, mark, at = [], f"\n{meter},".encode(), 0
        while (at := data.find(mark, at)) >= 0:
            end = data.find(b"\n", at + 1)
            rows.append(data[at + 1 : len(data) if end < 0 else end])
            at += 1
        header = ",".join(HEADER).encode()
        return parse_ledger(b"".join(row + b"\n" for row in [header, *rows]), path, month, self._zone)

    def add_entries(self, ledger: Ledger, rows: bytes) -> None:
        """Add entries to a month; on disk when it returns.

        Raises MeterError where others have added some since the ledger was read, StorageError, DataError; then nothing
        is added.
        """
        path = self.path_of_month(ledger.month)
        try:
            if not self.folder.is_dir():
                self.folder.mkdir()
                durable.sync_folder(self.folder.parent)
            if (path.read_bytes() if path.exists() else b"") != ledger.data:
                raise MeterError(f"{path.name} has changed since the run began; run it again")
            before = ledger.data or (",".join(HEADER) + "\n").encode()
            if not before.endswith(b"\n"):
                before += b"\n"
            self.manifest.begin_change([path.name])
            durable.replace_file(path, [before, rows])
            self.manifest.end_change([path.name])
        except OSError as error:
            raise durable.storage_error(path, error) from error

    def complete_manifest(self) -> None:
        """State the checksums that an interrupted run left out. Raises DataError, StorageError, OSError."""
        lines = self.manifest.read_entries()
        names = [self.path_of_month(month).name for month in self.issued_months()]
        self.manifest.end_change([name for name in names if name not in lines or not lines[name].sha256])


def issued_cells(row: Sequence[str], month: str) -> list[str]:
    """A bill as `bill_format.cells` has it, from its row in the order of HEADER."""
    cell = dict(zip(HEADER, row, strict=True))
    reason = "" if cell["usage_kwh"] else NO_DATA
    return [{**cell, "month": month, "reason": reason}[name] for name in bill_format.ROW]


# -- the file ------------------------------------------------------------------------------------------------------


def parse_ledger(data: bytes, path: Path, month: str, zone: SiteZone) -> Ledger:
    """The entries of a file. Raises DataError that names the line of what is no entry."""
    table = CsvTable(path, HEADER, data=data)
    if tuple(table.names) != HEADER:
        raise DataError(path, 1, f"the header is not {','.join(HEADER)}")
    if not table.terminated and data:
        raise DataError(path, data.count(b"\n") + 1, "the last line is not ended: something is missing")
    ledger = Ledger(month, data)
    for line, cells in table.rows():
        try:
            ledger.add_entry(cells, _figures(cells, ledger, zone))
        except (Refused, ValueError) as error:
            raise DataError(path, line, f"this is not an issued bill: {error}") from error
    return ledger


def _figures(cells: Sequence[str], ledger: Ledger, zone: SiteZone) -> Figures:
    cell = dict(zip(HEADER, cells, strict=True))
    check_meter_id(cell["meter"])
    zone.parse(cell["issued"])
    if cell["entry"] not in ("bill", "adjustment"):
        raise ValueError(f"{cell['entry']!r} is neither bill nor adjustment")
    if (cell["entry"] == "bill") == (cell["meter"] in ledger.bills):
        raise ValueError("a meter has one bill, and adjustments after it")
    if _MONTH.fullmatch(cell["run"]) is None or cell["run"] < ledger.month:
        raise ValueError(f"{cell['run']!r} is not a month that could have billed it")
    if not any(cell[name] for name in ("usage_kwh", "net", "tax", "total")) and cell["entry"] == "bill":
        return Figures()
    found = Figures(wh_of(cell["usage_kwh"]), *(cents_of(cell[name]) for name in ("net", "tax", "total")))
    if found.net + found.tax != found.total:
        raise ValueError("net and tax do not sum to the total")
    if cell["entry"] == "bill" and min(found) < 0:
        raise ValueError("a bill is not negative")
    return found


def ledger_problems(ledger: Ledger, path: Path, zone: SiteZone) -> Iterator[str]:
    """What does not add up in a ledger, a sentence each: lines against usage, amounts against prices, tax, total."""
    sums: dict[str, Figures] = {}
    for line, cells in CsvTable(path, HEADER, data=ledger.data).rows():
        cell = dict(zip(HEADER, cells, strict=True))
        one = Ledger(ledger.month)
        one.bills = {} if cell["entry"] == "bill" else {cell["meter"]: list(cells)}
        sums[cell["meter"]] = sums.get(cell["meter"], Figures()).plus(_figures(cells, one, zone))
        try:
            expected = _worked_out(cell["lines"], zone)
        except ValueError:
            yield f"{path}:{line}: the lines of {cell['meter']} cannot be read"
            continue
        if expected != sums[cell["meter"]]:
            yield (
                f"{path}:{line}: the lines of {cell['meter']} come to {_figures_text(expected)}, "
                f"its entries to {_figures_text(sums[cell['meter']])}"
            )


def _worked_out(text: str, zone: SiteZone) -> Figures:
    """Return what lines come to, worked out from their quantities and prices. Raises ValueError."""
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
