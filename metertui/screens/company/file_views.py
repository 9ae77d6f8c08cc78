"""What is shown of a file before it is stored: its first rows, its totals, and what is odd, as rows of tables."""

from __future__ import annotations

from typing import Final

from metertui.engine.base import SiteZone
from metertui.engine.core import FileFigures, FileRow, ImportReport
from metertui.formats import Taken
from metertui.screens.tables import Cells, Column
from metertui.text import fmt, plain

ROWS: Final = (
    Column("line", 4, right=True),
    Column("from", 16, most=19, whole=True),
    Column("to", 16, most=19, whole=True),
    Column("meter", 16, most=36),
    Column("kWh", 12, right=True),
    Column("quality", 11, spare=True),
)
TOTALS: Final = (
    Column("meter", 16, most=36),
    Column("of", 8, whole=True),
    Column("kWh", 14, right=True),
    Column("from", 16, most=19, whole=True),
    Column("to", 16, most=19, whole=True),
    Column("intervals", 9, right=True, spare=True),
    Column("gaps", 4, right=True, spare=True),
    Column("hours missing", 13, right=True, spare=True),
)
ODD: Final = (
    Column("where", 13, most=40),
    Column("what", 16, whole=True),
    Column("why", 76, narrowest=30),
    Column("line", 60),
)
_DIGIT: Final = " "
"""Stands for a decimal that a figure does not have, so that the points are under one another."""
_QUALITIES: Final = {"": "", "E": "≈ estimated", "S": "≈ substituted"}


def rows_of(report: ImportReport, zone: SiteZone) -> list[Cells]:
    """Return the first rows of a file as they are read."""
    places = max((len(_decimals(row.kwh)) for row in report.rows), default=0)
    return [_row(row, zone, places) for row in report.rows]


def _decimals(kwh: str) -> str:
    """Return the point of a figure and what follows it."""
    return kwh[kwh.find(".") :] if "." in kwh else ""


def _row(row: FileRow, zone: SiteZone, places: int) -> Cells:
    start = "" if row.start is None else fmt.moment(row.start, zone)
    kwh = row.kwh + _DIGIT * (places - len(_decimals(row.kwh)))
    return (str(row.line), start, fmt.moment(row.end, zone), row.register, kwh, _QUALITIES[row.quality])


def totals_of(report: ImportReport, zone: SiteZone) -> list[Cells]:
    """Return the total of each register, with its months."""
    return [cells for figures in report.meters for cells in _total(figures, zone)]


def _total(figures: FileFigures, zone: SiteZone) -> list[Cells]:
    register = figures.meter if figures.channel == "use" else f"{figures.meter}:{figures.channel}"
    missing = f"{figures.missing_us / 3_600_000_000:.1f}" if figures.missing_us else ""
    ends = fmt.moment(figures.first, zone), fmt.moment(figures.last, zone)
    counts = fmt.count(figures.intervals), str(figures.gaps or ""), missing
    whole: Cells = (register, "all", fmt.number(figures.total_wh), *ends, *counts)
    months = figures.months if len(figures.months) > 1 else ()
    return [whole, *((register, month, fmt.number(wh), "", "", "", "", "") for month, wh in months)]


def odd_of(report: ImportReport) -> list[Cells]:
    """Return the refused lines, then those that differ from what is stored, then the suspect ones."""
    lines = (*report.refused_lines, *report.different_lines, *report.suspect_lines)
    return [(f"{each.source}:{each.line}", each.code, each.why, plain(each.text).plain) for each in lines]


def taken_line(taken: Taken) -> str:
    """Return in a line what a file is taken for."""
    kinds = {"register": "registers", "interval": "energy per interval"}
    known = f"known by the mapping {taken.mapping}" if taken.mapping else ""
    parts = [taken.form, kinds.get(taken.kind, ""), known]
    others = [note for note in taken.notes if not note.startswith("mapping ")]
    return " · ".join(part for part in (*parts, *others) if part)


def counts_line(report: ImportReport, *, stored: bool = False) -> str:
    """Return what becomes of the lines of a file, or what became of them once they are stored."""
    parts = [*(["stored"] if stored else []), f"{fmt.count(report.read)} read", f"{fmt.count(report.new)} new"]
    for name in ("duplicate", "different", "suspect"):
        if count := getattr(report, name):
            what = "replaced" if name == "different" and report.replaced else name
            parts.append(f"{fmt.count(count)} {what}")
    if report.refused:
        parts.append(f"{fmt.count(report.refused)} refused: {fmt.tally(report.reasons)}")
    if report.registered:
        meters = fmt.counted(report.registered, "meter" if stored else "new meter")
        parts.append(f"{meters} registered" if stored else meters)
    if report.moved:
        parts.append(f"{fmt.counted(report.moved, 'meter')} moved")
    if report.powers:
        parts.append(f"max kW of {fmt.counted(len(report.powers), 'meter')} changed")
    return " · ".join(parts)
