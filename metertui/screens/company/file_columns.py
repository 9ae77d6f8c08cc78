"""What the columns of a file are taken for, as a table, and what a person changes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

from metertui.engine.base import check_identifier, meter_of, split_identifier
from metertui.engine.errors import Refused
from metertui.formats import TIME_ROLES, Series, Taken
from metertui.screens.fields import Options
from metertui.screens.tables import Cells, Column, Table
from metertui.text import plain

COLUMNS: Final = (
    Column("#", 3, right=True),
    Column("column", 20, most=40),
    Column("taken for", 16, whole=True),
    Column("stored as", 21, most=36),
    Column("unit", 4, whole=True),
    Column("first cells", 22, most=48, spare=True),
)
_NO_FIGURES: Final = (*TIME_ROLES, "meter", "unit", "quality", "channel")
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
    ("end_date", "end: date"),
    ("end_clock", "end: time of day"),
    ("meter", "meter"),
    ("unit", "unit"),
    ("quality", "quality"),
    ("channel", "what a row is of: use, feed-in, gas"),
    (LEFT_OUT, "leave out"),
)
"""What a column can be taken for."""


_ROLES: Final = {
    "clock": "time of day",
    "end_date": "end: date",
    "end_clock": "end: time of day",
}
"""What a column is taken for in words, where the word of `--columns` is none of the field's."""


class ColumnTable(Table):
    """A table of COLUMNS, in which enter changes what a column is taken for unless the form says that."""

    is_fixed = False

    def key_name(self, action: str, name: str) -> str:
        """Return the name of a key by its action; empty if it does nothing now."""
        return "" if self.is_fixed and action == "select_cursor" else super().key_name(action, name)


def of_meters(taken: Taken) -> bool:
    """Return whether columns are of different meters, so that a column is said by its meter and its channel."""
    stored = [each.register for each in taken.series if each.register and each.number]
    return len({meter_of(register) for register in stored}) > 1


def typed_register(taken: Taken, text: str) -> Options:
    """Return what a typed text offers beside MEANINGS: to take a column for a register of that meter.

    Where each row names its meter, no column is of one.
    """
    by_row = any(each.role == "meter" for each in taken.series)
    with suppress(Refused):
        register = split_identifier(check_identifier(text))
        if not by_row:
            return [(f"{register.meter}:{register.channel}", f"{register.channel} of meter {register.meter}")]
    return []


def first_unknown(taken: Taken | None) -> int:
    """Return the row of the first series or column of which nothing is known; 0 if there is none."""
    unknown = [at for at, each in enumerate(taken.series) if not each.role and not each.why] if taken else []
    return min(unknown, key=lambda at: (taken is not None and taken.series[at].number > 0, at), default=0)


def cells_of(column: Series, *, asked: bool = False) -> Cells:
    """Return the cells of the row of a column or series; `asked`: whether a person must say what columns are."""
    nothing = f"– {column.why}" if column.why else "▲ ?" if asked else "–"
    channel = split_identifier(column.register).channel if column.register else ""
    taken_for = _ROLES.get(column.role, column.role) or channel or nothing
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
    by_meter = ":" in meaning or of_meters(taken)
    changed = next(each for each in taken.series if each.number == number)
    wanted = {role: number for role in _roles(taken, changed, meaning, by_meter=by_meter)}
    for column in taken.series:
        if not column.number:
            continue
        mine = [*wanted] if column.number == number else _roles(taken, column, column.role, by_meter=by_meter)
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


def _roles(taken: Taken, column: Series, meaning: str, *, by_meter: bool) -> list[str]:
    """Return the words of `--columns` for a meaning of a column; `by_meter`: figures with the meter of the column."""
    roles = [role for role in meaning.split("+") if role]
    meter = meter_of(column.register) if column.register else taken.meter
    if not by_meter or ":" in meaning or not meter:
        return roles
    return [role if role in _NO_FIGURES else f"{meter}:{role}" for role in roles]
