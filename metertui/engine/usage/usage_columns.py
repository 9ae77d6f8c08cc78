"""The columns of a usage: the one layout of the command and of DataFrames."""

from __future__ import annotations

from typing import Final, Literal

from metertui.engine.usage.series import Edge, Usage

ColumnKind = Literal["text", "time", "kwh", "count", "hours"]
"""What a value is: text, an instant (µs UTC), an energy (Wh), a number, or a duration (µs)."""
EDGE_COLUMNS: Final[dict[str, ColumnKind]] = {"kwh": "kwh", "time": "time", "quality": "text"}
"""The columns of an end of a window, each after its name and `_`."""
MISSING: Final = "missing_hours"
"""The last column, which is there only if nothing is known of a part of a window."""
USAGE_COLUMNS: Final[dict[str, ColumnKind]] = {
    **{"meter": "text", "window": "text", "start": "time", "end": "time"},
    **{f"{end}_{name}": kind for end in ("opening", "closing") for name, kind in EDGE_COLUMNS.items()},
    **{"usage_kwh": "kwh", "readings": "count", "suspect": "count", MISSING: "hours"},
}


def edge_values(edge: Edge | None) -> tuple[int | None, int | None, str | None]:
    """Return the values of an end of a window in the order of EDGE_COLUMNS."""
    return (edge.wh, edge.time, edge.quality) if edge else (None, None, None)


def usage_values(usage: Usage) -> dict[str, str | int | None]:
    """Return the values of a usage by the names of USAGE_COLUMNS, in their order."""
    values = (
        *(usage.meter, usage.window, usage.start, usage.end),
        *edge_values(usage.opening),
        *edge_values(usage.closing),
        *(usage.usage_wh, usage.readings, usage.suspect, usage.missing_us),
    )
    return dict(zip(USAGE_COLUMNS, values, strict=True))
