"""Usages and tables of answers as the values that are printed: kWh, hours and times."""

from __future__ import annotations

from typing import Any

import pandas as pd

from metertui.engine.base import SiteZone, hours_number, kwh_number
from metertui.engine.usage import (
    EDGE_COLUMNS,
    MISSING,
    USAGE_COLUMNS,
    ColumnKind,
    Edge,
    Usage,
    edge_values,
    usage_values,
)
from metertui.formats import writers


def query_rows(answer: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of an answer, with kWh added to the Wh, and hours to what is missing."""
    return [
        {str(name): value for name, value in row.items()}
        | {"usage_kwh": kwh_number(row["usage_wh"])}
        | ({"missing_hours": hours_number(row["missing"])} if "missing" in row else {})
        for row in answer.astype(object).to_dict("records")  # object: plain numbers, not numpy's
    ]


def usage_row(usage: Usage, zone: SiteZone) -> dict[str, Any]:
    """Return a usage under the names of its columns, in their order."""
    values = usage_values(usage)
    missing = missing_cells(values.pop(MISSING))
    return {name: _cell(USAGE_COLUMNS[name], value, zone) for name, value in values.items()} | missing


def missing_cells(missing_us: Any) -> dict[str, Any]:
    """Return for how many hours nothing is known in the midst of what a figure rests on; nothing without a gap."""
    return {MISSING: hours_number(missing_us)} if missing_us else {}


def edge_cells(name: str, edge: Edge | None, zone: SiteZone) -> dict[str, Any]:
    """Return the register at one end of a usage: kWh, time and quality, under names that begin with `name`."""
    of_each = zip(EDGE_COLUMNS.items(), edge_values(edge), strict=True)
    return {f"{name}_{column}": _cell(kind, value, zone) for (column, kind), value in of_each}


def _cell(kind: ColumnKind, value: Any, zone: SiteZone) -> Any:
    """Return a value of a usage as it is printed: an instant as text, an energy in kWh."""
    if value is None:
        return None
    return zone.iso(value) if kind == "time" else kwh_number(value) if kind == "kwh" else value


def sheet_rows(table: pd.DataFrame, kinds: writers.Columns) -> list[dict[str, Any]]:
    """Return the rows of a sheet as plain values: kWh with up to 3 decimals."""
    rows, energies = _plain_rows(table), [name for name, kind in kinds.items() if kind in ("kwh", "fine_kwh")]
    for row in rows:
        row |= {name: kwh_number(round(row[name] * 1000)) for name in energies if row[name] is not None}
    return rows


def printed_rows(frame: pd.DataFrame, kinds: writers.Columns, times: writers.TimeForm) -> list[dict[str, Any]]:
    """Return readings or intervals as rows of these columns, with their times as text."""
    return sheet_rows(times.write_times(frame, kinds), kinds)


def _plain_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame as plain values, None where one is missing."""
    plain = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in plain]
