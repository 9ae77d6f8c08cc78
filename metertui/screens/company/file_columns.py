"""What the columns of a file are taken for, as a table, and what a person changes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from metertui.formats import Series, Taken
from metertui.screens.tables import Cells, Column
from metertui.text import plain

COLUMNS: Final = (
    Column("#", 3, right=True),
    Column("column", 20, most=40),
    Column("taken for", 16, whole=True),
    Column("stored as", 16, most=36),
    Column("unit", 4, whole=True),
    Column("first cells", 22, most=48, spare=True),
)
LEFT_OUT: Final = ""
"""The meaning of a column that is not taken."""
SERIES_MEANINGS: Final[Sequence[tuple[str, str]]] = (
    ("use", "use: kWh that is used, or its register"),
    ("export", "export: feed-in"),
    ("production", "production"),
    ("t1", "t1: use by tariff"),
    ("t2", "t2: use by tariff"),
    ("t3", "t3: use by tariff"),
    ("e1", "e1: feed-in by tariff"),
    ("e2", "e2: feed-in by tariff"),
)
"""What a series of rows can be taken for."""
MEANINGS: Final[Sequence[tuple[str, str]]] = (
    *SERIES_MEANINGS[:2],
    ("use+export", "use, and feed-in where it is negative"),
    *SERIES_MEANINGS[2:],
    ("time", "time"),
    ("start", "start of the interval"),
    ("end", "end of the interval"),
    ("date", "date, where the time of day is in another column"),
    ("clock", "time of day"),
    ("end_date", "date of the end"),
    ("end_clock", "time of day of the end"),
    ("meter", "meter"),
    ("unit", "unit"),
    ("quality", "quality"),
    ("channel", "what a row is of: use, feed-in, gas"),
    (LEFT_OUT, "leave out"),
)
"""What a column can be taken for."""


def can_change(taken: Taken) -> bool:
    """Return whether a person can say what the columns are: not where several are use, each of its own meter."""
    roles = [role for each in taken.series if each.register and each.number for role in each.role.split("+")]
    return taken.is_table and len({*roles}) == len(roles)


def first_unknown(taken: Taken | None) -> int:
    """Return the row of the first series or column of which nothing is known; 0 if there is none."""
    unknown = [at for at, each in enumerate(taken.series) if not each.role and not each.why] if taken else []
    return min(unknown, key=lambda at: (taken is not None and taken.series[at].number > 0, at), default=0)


def cells_of(column: Series, *, asked: bool = False) -> Cells:
    """Return the cells of the row of a column or series; `asked`: whether a person must say what columns are."""
    nothing = f"– {column.why}" if column.why else "▲ ?" if asked else "–"
    taken_for = column.role or ("" if column.register else nothing)
    first = "  ".join(plain(text).plain for text in column.first)
    return (str(column.number or ""), column.name, taken_for, column.register, column.unit, first)


def named(taken: Taken, column: Series) -> str:
    """Return how a column is said: by its name, or by its number where that names several or none."""
    same = sum(each.name == column.name for each in taken.series)
    return column.name if same == 1 and not column.name.isdigit() else str(column.number)


def columns_with(taken: Taken, number: int, meaning: str) -> Mapping[str, str]:
    """Return what all columns of a table are taken for, as it is said, once one has another meaning.

    The column that had the meaning before has none. Another time takes the place of all others that it contradicts.
    """
    said: dict[str, str] = {}
    wanted = {role: number for role in meaning.split("+") if role}
    for column in taken.series:
        if not column.number:
            continue
        mine = column.role.split("+") if column.number != number else [*wanted]
        for role in mine:
            if role and wanted.get(role, column.number) == column.number and role not in said:
                said[role] = named(taken, column)
    if wanted.keys() & {"time"}:
        said = {role: name for role, name in said.items() if role not in ("start", "end", "date", "end_date")}
    if wanted.keys() & {"start", "date"}:
        said.pop("time", None)
    if wanted.keys() & {"end"} and "time" in said:
        said["start"] = said.pop("time")
    return said


def columns_with_series(taken: Taken, said: Mapping[str, str], name: str, channel: str) -> Mapping[str, str]:
    """Return what is said of columns and of series of rows, once a series has another channel."""
    series = _series_in(taken, said)
    columns = {role: each for role, each in said.items() if role not in series}
    return _joined(columns, {role: each for role, each in series.items() if each != name} | {channel: name})


def with_series_of(taken: Taken, said: Mapping[str, str], columns: Mapping[str, str]) -> Mapping[str, str]:
    """Return what is said of columns, with what was `said` of series, if the same column tells them apart."""
    before = next((named(taken, each) for each in taken.series if each.number and each.role == "channel"), None)
    return _joined(columns, _series_in(taken, said) if columns.get("channel") == before else {})


def _series_in(taken: Taken, said: Mapping[str, str]) -> dict[str, str]:
    columns = {each.name for each in taken.series if each.number}
    names = {each.name for each in taken.series if not each.number} - columns
    return {role: name for role, name in said.items() if name in names}


def _joined(columns: Mapping[str, str], series: Mapping[str, str]) -> Mapping[str, str]:
    """Return both; a column of figures has no channel of its own where a series has it."""
    return {**{("kwh" if role in series else role): name for role, name in columns.items()}, **series}
