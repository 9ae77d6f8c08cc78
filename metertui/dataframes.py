"""A data folder as pandas DataFrames, for notebooks and scripts: the figures of the commands, without their text.

    import metertui

    with metertui.open("data") as folder:
        folder.usage("524-935-527", "last_month")
        folder.query("2025-01-01", "2025-12-31", by=["month", "region"])
        folder.readings("2025-03-01", "2025-03-31", region="East")
        folder.bills("2025-03")

The folder is read as it was when it was opened or last refreshed, and nothing is written into it, so it may belong to a
running server. Energies are in kWh (float64, exact to the Wh), times are aware and in the site zone, and money is exact
(decimal.Decimal). What cannot be answered raises MeterError with the sentence that the command prints.
"""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypedDict, Unpack

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import union_categoricals

from metertui import settings
from metertui.engine.attributes import FIELDS
from metertui.engine.base import Clock, SystemClock, Window, hours_number, month_before, no_progress, window_of_days
from metertui.engine.billing import BillingRun, run_object
from metertui.engine.columns import NO_TIME, site_times
from metertui.engine.core import Engine
from metertui.engine.errors import MeterError
from metertui.engine.reports import Compare, Inquiry, Measure, report
from metertui.engine.usage import (
    FILTERS,
    MISSING,
    USAGE_COLUMNS,
    ColumnKind,
    Filter,
    Question,
    aggregate,
    readings_table,
    usage_values,
)
from metertui.text import answers

Day = str | date
"""A local date, or its text such as `2025-03-31`."""
Moment = str | datetime
"""An instant: an aware datetime, or its text; without a zone it is in the site zone."""


class Filters(TypedDict, total=False):
    """What a question is narrowed to; `time` is a time of day such as `18:00-20:00`."""

    meter: str
    channel: str
    region: str
    sub_region: str
    apartment_type: str
    time: str


_MONEY: Final = ("net", "tax", "total", "adjustment_net", "adjustment_tax", "adjustment_total")
"""The columns of bills with amounts."""


def open_folder(folder: str | os.PathLike[str], clock: Clock | None = None) -> OpenFolder:
    """Open a data folder for reading; see `metertui.open`. `clock` says what now is. Raises MeterError."""
    return OpenFolder(Path(folder), clock or SystemClock())


class OpenFolder:
    """A data folder that was opened for reading, see `metertui.open`."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._path = folder
        self._clock = clock
        self._engine = self._read()

    def _read(self) -> Engine:
        return Engine.open_readonly(self._path, settings.load(self._path).rules(), self._clock, no_progress)

    def refresh(self) -> None:
        """Read the folder again, with what has arrived since. Raises MeterError; then the former readings stay."""
        engine = self._read()
        self._engine.close()
        self._engine = engine

    def close(self) -> None:
        """Close the folder. It can be closed more than once."""
        self._engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def timezone(self) -> str:
        """Return the name of the site zone, such as `Europe/Vienna`."""
        return self._engine.zone.name

    @property
    def warnings(self) -> list[str]:
        """Return what was wrong in the folder, in sentences; nothing of it was changed."""
        return list(self._engine.warnings)

    def accounts(self) -> pd.DataFrame:
        """Return the accounts, a row each: `identifier`, the registered fields, `status` and `registered`."""
        accounts = sorted(self._engine.accounts, key=lambda account: account.meter)
        frame = pd.DataFrame(
            [account.as_row(self._engine.zone) for account in accounts], columns=["identifier", *FIELDS, "status"]
        )
        return frame.assign(registered=self._times([account.registered for account in accounts]))

    def readings(self, first: Day, last: Day, **filters: Unpack[Filters]) -> pd.DataFrame:
        """Return the stored readings of local days, both included, in order of meter and time: the table of an export.

        `filters`: `meter`, `channel`, `region`, `sub_region`, `apartment_type`, or `time` such as `18:00-20:00`.
        `usage_kwh` is of the interval that ends at the reading, and missing where the reading is not counted or is the
        meter's first. Identifiers, attributes and status are categories. An interval of a file is in it as one at its
        end, without a register; then there are the columns `start` and `interval_kwh`. Raises MeterError.
        """
        question = self._question(first, last, filters)
        found = readings_table.ReadingTables(self._engine.view().frozen(), question)
        return _stacked(list(found.pieces())) if len(found) else pd.DataFrame(columns=list(found.columns))

    def usage(
        self,
        meters: str | Iterable[str],
        window: str | tuple[Day, Day] = "month",
        at: Moment | None = None,
    ) -> pd.DataFrame:
        """Return what some meters used in a window, a row each, under the names of `metertui usage`.

        `window`: a named one such as `last_month`, or the first and the last of some local days. `at` stands for now.
        Without data `usage_kwh` is missing, never 0. Raises MeterError for an unknown meter or window.
        """
        now = None if at is None else self._instant(at)
        asked: str | Window = window if isinstance(window, str) else self._window(*window)
        used = [self._engine.usage(meter, asked, now) for meter in ([meters] if isinstance(meters, str) else meters)]
        rows = [usage_values(each) for each in used]
        frame = pd.DataFrame(
            {name: self._column(kind, [row[name] for row in rows]) for name, kind in USAGE_COLUMNS.items()}
        )
        return frame if any(each.missing_us for each in used) else frame.drop(columns=MISSING)

    def _column(self, kind: ColumnKind, values: list[Any]) -> Any:
        """Return the values of a column of usages as those of a DataFrame."""
        match kind:
            case "time":
                return self._times(values)
            case "kwh":
                return _kwh(values)
            case "hours":
                return [hours_number(us) for us in values]
            case "text":
                return pd.Series(values, dtype="str")
            case "count":
                return values

    def query(
        self,
        first: Day,
        last: Day,
        by: str | Sequence[str] = (),
        *,
        measure: Measure = "total",
        compare: Compare = "",
        sort: str = "",
        limit: int = 0,
        **filters: Unpack[Filters],
    ) -> pd.DataFrame:
        """Return the usage of many meters from `first` to `last`, local days that are both included.

        `by`: keys that the answer is broken down by, such as `month` and `region`; their columns are text, as
        `metertui query` prints them, and stand before `usage_kwh`, `meters` and `readings`. With another `measure` or a
        `compare` the columns are those of the command. `sort`: a column, with a dash before it for descending order.
        `filters` as for `readings`. There is a row only where there is data. Raises MeterError.
        """
        question = replace(self._question(first, last, filters), by=(by,) if isinstance(by, str) else tuple(by))
        frozen = self._engine.view().frozen()
        if measure == "total" and not compare:
            question = replace(question, sort=sort.replace("usage_kwh", "usage_wh"), limit=limit)
            table = aggregate.usage_table(frozen, question)
            energy = pd.Series(table["usage_wh"] / 1000, name="usage_kwh")
            columns = [table[list(question.by)], energy, table[["meters", "readings"]]]
            if "missing" in table:
                columns.append(pd.Series([hours_number(us) for us in table["missing"]], name="missing_hours"))
            return pd.concat(columns, axis="columns")
        found = report.answer_inquiry(frozen, Inquiry(question, measure, compare))
        _, table = answers.sheet(found, "", self._engine.zone, ruled=False)
        column = sort.removeprefix("-")
        if column:
            if column not in table:
                raise MeterError(f"{column} is not a column of this table")
            table = table.sort_values(column, ascending=column == sort, kind="stable")
        return table.head(limit or len(table)).reset_index(drop=True)

    def bills(self, month: str | None = None) -> pd.DataFrame:
        """Return the bills of a month (`YYYY-MM`, the last one if None), a row a meter: the table of a billing run.

        Issued bills are as they were issued. `lines`, `adjustments` and `waiting` are objects as in JSON. Raises
        MeterError, also for a month without a tariff.
        """
        engine = self._engine
        month = month or month_before(engine.clock.now(), self._engine.zone)
        run = BillingRun(engine.view().frozen(), month, engine.terms(), engine.bills, no_progress)
        frame = pd.DataFrame([run_object(row) for row in run.rows()], columns=list(run.columns))
        for name in _MONEY:
            frame[name] = frame[name].map(Decimal, na_action="ignore")
        return frame

    def _question(self, first: Day, last: Day, filters: Filters) -> Question:
        """Return a question without keys. Raises MeterError for a filter or a day that is none."""
        unknown = next((name for name in filters if name not in FILTERS), None)
        if unknown is not None:
            raise MeterError(f"{unknown} is not a filter; the filters are {', '.join(FILTERS)}")
        asked = Filter.by_name(**filters)
        asked.check_attributes(self._engine.directory.groups)
        return Question(_day(first), _day(last), filter=asked)

    def _window(self, first: Day, last: Day) -> Window:
        """Return the window of local days, both included. Raises MeterError."""
        return window_of_days(_day(first), _day(last), self._engine.zone)

    def _instant(self, at: Moment) -> int:
        """Return µs UTC. Raises MeterError."""
        return self._engine.zone.parse(at.isoformat() if isinstance(at, datetime) else at)

    def _times(self, instants: Sequence[int | None]) -> pd.DatetimeIndex:
        """Return instants (µs UTC) as times in the site zone."""
        moments = np.array([NO_TIME if each is None else each for each in instants], dtype=np.int64)
        return site_times(moments, self._engine.zone)


def _kwh(whs: Sequence[int | None]) -> NDArray[np.float64]:
    return np.array([np.nan if wh is None else wh / 1000 for wh in whs], dtype=np.float64)


def _day(day: Day) -> date:
    """Return a date. Raises MeterError."""
    if isinstance(day, date):
        return day.date() if isinstance(day, datetime) else day
    try:
        return date.fromisoformat(day)
    except ValueError as error:
        raise MeterError(f"{day!r} is not a date such as 2025-03-31") from error


def _stacked(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """Return tables under one another; categories stay categories."""
    columns: dict[Hashable, Any] = {}
    for name in tables[0]:
        parts = [table[name] for table in tables]
        categorical = isinstance(parts[0].dtype, pd.CategoricalDtype)
        columns[name] = union_categoricals(parts) if categorical else pd.concat(parts, ignore_index=True)
    return pd.DataFrame(columns)
