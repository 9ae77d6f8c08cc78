"""What the columns of our own forms are taken for, for a person to see: nobody else says what these are."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from typing import Final

from metertui.formats.said import Kind, Series, Taken

_FIRST: Final = 3
"""Cells of a column that are shown."""
_LOOKED_AT: Final = 100
"""Lines of a file from which it is told what it holds."""
_REGISTER: Final = "METER"
"""In place of the identifier that each row names."""
_ROLES: Final[Mapping[str, str]] = {
    "identifier": "meter",
    "timestamp": "time",
    "timestamp_offset": "time",
    "start": "start",
    "start_offset": "start",
    "end": "end",
    "quality": "quality",
    "region": "region",
    "sub_region": "sub-region",
    "apartment_type": "apartment type",
    "year": "date",
    "month": "date",
    "day": "date",
    "time": "clock",
    "area": "sub-region",
    "dwelling_type": "apartment type",
}
"""What columns without figures are, by their names."""
_FIGURES: Final = ("usage", "reading_kwh", "interval_kwh", "kwh", "kwh_per_acc")
_LEFT_OUT: Final[Mapping[str, str]] = {
    "usage_kwh": "follows from the readings",
    "usage_wh": "follows from the readings",
    "reading_wh": "the same in Wh",
    "status": "only says what was left out",
    "channel": "part of the identifier",
}
"""Why columns are not read."""
_HEADERLESS: Final = ("identifier", "timestamp", "usage", "quality")
"""The columns of a log."""


def taken_for(form: str, kind: Kind, names: Sequence[str], rows: Sequence[Sequence[str]]) -> Taken:
    """Return what a file of a form of our own is taken for, with columns of these names and its first rows."""
    shown = [_column(number, name, rows) for number, name in enumerate(names, 1) if name]
    return Taken(form, kind, shown, is_fixed=True)


def export_taken_for(names: Sequence[str], rows: Sequence[Sequence[str]]) -> Taken:
    """Return what an export is taken for: a row with a start is an interval, and any other one a reading."""
    place = names.index("start") if "start" in names else len(names)
    have_start = {len(row) > place and bool(row[place]) for row in rows}
    if have_start == {True}:
        return taken_for("export of intervals", "interval", names, rows)
    return taken_for(f"export of readings{' and intervals' * (True in have_start)}", "register", names, rows)


def columns_of_lines(head: str) -> tuple[list[str], list[list[str]]]:
    """Return the names of the columns and the first rows of a file that begins with these whole lines of CSV.

    A log has no names.
    """
    try:
        rows = [row for row in csv.reader(head.splitlines()[:_LOOKED_AT]) if row]
    except csv.Error:  # a cell of more than a hundred thousand characters
        return [], []
    if rows and "identifier" not in [cell.strip().casefold() for cell in rows[0]]:
        return list(_HEADERLESS[: max(map(len, rows))]), rows
    return (rows[0], rows[1:]) if rows else ([], [])


def _column(number: int, name: str, rows: Sequence[Sequence[str]]) -> Series:
    known = name.strip().casefold()
    first = [cell for row in rows[:_FIRST] if number <= len(row) and (cell := row[number - 1].strip())]
    if known in _FIGURES:
        return Series(name, _REGISTER, "kWh", "", "use", number, first)
    return Series(name, "", "", _LEFT_OUT.get(known, ""), _ROLES.get(known, ""), number, first)
