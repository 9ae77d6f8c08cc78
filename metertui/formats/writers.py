"""Tables for other programs: CSV, Parquet and Excel workbooks, written in pieces so that memory stays bounded.

A file gets its name only when it is complete. Text that a spreadsheet would take for a formula is disarmed in all
three. What a format alone can hold stands in columns of its own at the end: in Parquet the whole Wh of each register
and usage, `reading_wh` beside `reading_kwh`; in a workbook the offset from UTC of each time, `timestamp_offset` beside
`timestamp`, as its dates have no zone.

The *definition* of a table, the report that it answers, goes into the metadata of a Parquet file under the key
`metertui`, onto the last sheet of a workbook, and into the file `NAME.csv.json` beside a CSV.
"""

from __future__ import annotations

import codecs
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Literal

import pandas as pd

from metertui import __version__
from metertui.engine.base import disarm_formula
from metertui.engine.errors import MeterError
from metertui.formats.complete_file import as_text, complete_file, is_stream

if TYPE_CHECKING:  # they load slowly, and most sessions need neither
    import pyarrow as pa
    import xlsxwriter.exceptions

SUFFIXES: Final = (".csv", ".parquet", ".xlsx")
WHOLE_WH: Final = {"reading_kwh": "reading_wh", "usage_kwh": "usage_wh"}
"""The columns of kWh that are whole watt-hours, and the names of these."""
OFFSET: Final = "_offset"
"""What the name of a time ends with in the column of its offset."""
MAX_SHEET_ROWS: Final = 1_048_575
"""Rows of a worksheet below its heading; a longer table continues on another sheet."""
METADATA_KEY: Final = b"metertui"
_FIRST_YEAR: Final = 1901
"""From here on a workbook has dates in every time zone."""

Kind = Literal["text", "time", "kwh", "fine_kwh", "number", "count"]
Columns = Mapping[str, Kind]
"""Column names with their kind: text, local time (aware or ISO 8601), kWh to the Wh or with up to nine decimals, any
number, whole number."""
Definition = Mapping[str, Any]
AddRows = Callable[[pd.DataFrame], None]


class FileNameError(MeterError):
    """A table cannot be written to a file of this name."""


def check_suffix(path: Path) -> str:
    """Return the suffix that says how a table is written to a file, or to a stream, which takes CSV alone.

    Raises FileNameError for another suffix.
    """
    if path.suffix != ".csv" and is_stream(path):
        if path.suffix in SUFFIXES:
            raise FileNameError(f"{path} is not a regular file; only CSV can be written to it")
        return ".csv"
    if path.suffix not in SUFFIXES:
        raise FileNameError(f"{path.name}: the name of the file must end in {', '.join(SUFFIXES)}")
    return path.suffix


@contextmanager
def open_table(
    path: Path,
    columns: Columns,
    zone: str,
    definition: Definition | None = None,
    commit: Callable[[], None] | None = None,
    *,
    bom: bool = False,
    times: TimeForm | None = None,
) -> Iterator[AddRows]:
    """Open a file for a table; the result is called with the rows, in frames that have the columns.

    `times`: the form of its times, to note fractions in before the first frame if there are several.

    After an exception no part of the file remains, and an existing file is unchanged. `commit` is called when the file
    is complete and before it gets its name; it may raise one too. A CSV may be a pipe; `bom` marks it as UTF-8 for
    Excel. Raises FileNameError, and MeterError if the disk fails.
    """
    kind = check_suffix(path)
    definition = {**definition, "made_by": f"metertui {__version__}"} if definition else {}
    with complete_file(path) as file:
        if bom and kind == ".csv":
            file.write(codecs.BOM_UTF8)
        with _WRITERS[kind](file, columns, zone, definition, times or TimeForm()) as add:
            yield add
        if commit is not None:
            commit()
        if kind == ".csv" and definition and not is_stream(path):
            with complete_file(path.with_name(f"{path.name}.json")) as beside:
                beside.write(f"{json.dumps(definition, ensure_ascii=False, indent=2)}\n".encode())


def _disarm_texts(frame: pd.DataFrame, columns: Columns) -> pd.DataFrame:
    texts = {}
    for name, kind in columns.items():
        if kind == "text":
            column = frame[name]
            safe = {value: disarm_formula(value) for value in column.dropna().unique()}
            if any(value != armed for armed, value in safe.items()):
                texts[name] = column.map(safe)
    return frame.assign(**texts)[list(columns)]


class TimeForm:
    """The form of the times of a table: all with a fraction of the second if one has it.

    So pandas and spreadsheets take the column as times. Whoever writes a table in several frames has to note before the
    first of them whether there are fractions; what is noted later does not change the rows before.
    """

    def __init__(self) -> None:
        self._precision = "seconds"

    def text_of(self, time: datetime) -> str | None:
        """Return a time as text; None for a missing one."""
        return None if pd.isna(time) else time.isoformat(timespec=self._precision)

    def note_fraction(self, found: bool = True) -> None:
        """Note whether a time has a fraction of the second."""
        if found:
            self._precision = "microseconds"

    def note_times(self, times: pd.Series[Any]) -> None:
        """Note the fractions of times."""
        self.note_fraction(bool((times.dt.microsecond > 0).any()))

    def write_times(self, frame: pd.DataFrame, columns: Columns) -> pd.DataFrame:
        """Return the frame with its times as text; they may be text already."""
        names = [
            name
            for name, kind in columns.items()
            if kind == "time" and isinstance(frame[name].dtype, pd.DatetimeTZDtype)
        ]
        for name in names:
            self.note_times(frame[name])
        texts = {
            name: frame[name].map({time: self.text_of(time) for time in frame[name].unique()}).astype(object)
            for name in names
        }
        return frame.assign(**texts)


def _parse_times(times: pd.Series[Any]) -> pd.Series[Any]:
    """Return times that may be text as aware times."""
    return times if isinstance(times.dtype, pd.DatetimeTZDtype) else pd.to_datetime(times, utc=True, format="ISO8601")


@contextmanager
def _open_csv(raw: BinaryIO, columns: Columns, zone: str, definition: Definition, times: TimeForm) -> Iterator[AddRows]:
    with as_text(raw) as file:
        file.write(",".join(columns) + "\n")
        form: dict[str, Any] = {"header": False, "index": False, "float_format": _format_number, "lineterminator": "\n"}
        fine = [name for name, kind in columns.items() if kind == "fine_kwh"]

        def add_rows(frame: pd.DataFrame) -> None:
            rows = times.write_times(_disarm_texts(frame, columns), columns)
            rows.assign(**{name: rows[name].map(_format_fine, na_action="ignore") for name in fine}).to_csv(
                file, **form
            )

        yield add_rows


@contextmanager
def _open_parquet(
    file: BinaryIO, columns: Columns, zone: str, definition: Definition, times: TimeForm
) -> Iterator[AddRows]:
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import parquet  # noqa: PLC0415

    kinds: dict[str, pa.DataType] = {
        "text": pa.string(),
        "time": pa.timestamp("us", tz=zone),
        "kwh": pa.float64(),
        "fine_kwh": pa.float64(),
        "number": pa.float64(),
        "count": pa.int64(),
    }
    metadata = {METADATA_KEY: json.dumps(definition, ensure_ascii=False).encode()} if definition else None
    fields = [(name, kinds[kind]) for name, kind in columns.items()]
    whole = {name: WHOLE_WH[name] for name, kind in columns.items() if kind == "kwh" and name in WHOLE_WH}
    schema = pa.schema([*fields, *((name, pa.int64()) for name in whole.values())], metadata=metadata)

    def add_rows(frame: pd.DataFrame) -> None:
        frame = _disarm_texts(frame, columns)
        parsed = {
            name: _parse_times(frame[name]).dt.tz_convert(zone).dt.as_unit("us")
            for name, kind in columns.items()
            if kind == "time"
        }
        parsed |= {wh: (frame[kwh] * 1000).round().astype("Int64") for kwh, wh in whole.items()}
        table = pa.Table.from_pandas(frame.assign(**parsed), schema=schema, preserve_index=False)
        writer.write_table(table.replace_schema_metadata(schema.metadata))

    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        yield add_rows


@contextmanager
def _open_workbook(
    file: BinaryIO, columns: Columns, zone: str, definition: Definition, times: TimeForm
) -> Iterator[AddRows]:
    import xlsxwriter.exceptions  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix=".metertui-", dir=Path(file.name).parent) as temporary:
        # One row at a time is in memory; the others are in temporary files beside the workbook.
        book = xlsxwriter.Workbook(file, {"constant_memory": True, "tmpdir": temporary, "strings_to_formulas": False})
        try:
            sheets = _Sheets(book, columns, zone, times)
            yield sheets.add_rows
            sheets.end_table()
            if definition:
                sheets.add_definition(definition)
        except BaseException:
            for sheet in book.worksheets():
                sheet.row_data_fh.close()
            raise
        try:
            book.close()
        except xlsxwriter.exceptions.FileCreateError as error:
            raise OSError(str(error)) from error


class _Sheets:
    """The sheets of a workbook: those of the table, as many as it needs, and that of its definition."""

    def __init__(self, book: xlsxwriter.Workbook, columns: Columns, zone: str, times: TimeForm) -> None:
        self._book = book
        self._zone = zone
        self._moments = [name for name, kind in columns.items() if kind == "time"]
        self._columns: Columns = {**columns, **{name + OFFSET: "time" for name in self._moments}}
        self._times = times
        self._bold = book.add_format({"bold": True})
        self._left = book.add_format({"align": "left"})
        self._formats = {
            "kwh": book.add_format({"num_format": "0.000"}),
            "fine_kwh": book.add_format({"num_format": "0.000######"}),
        }
        self._date = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss", "align": "left"})
        self._sheets = 0
        self._row = MAX_SHEET_ROWS

    def add_rows(self, frame: pd.DataFrame) -> None:
        """Write the next rows."""
        columns = _disarm_texts(self._with_dates(frame), self._columns)
        cells = list(zip(*(columns[name].astype(object).tolist() for name in self._columns), strict=True))
        for cell in cells:
            if self._row >= MAX_SHEET_ROWS:
                self._next_sheet()
            self._row += 1
            for place, (value, kind) in enumerate(zip(cell, self._columns.values(), strict=True)):
                if pd.isna(value) or value == "":  # a missing value is an empty cell, not 0
                    continue
                if isinstance(value, datetime):
                    self._sheet.write_datetime(self._row, place, value, self._date)
                elif kind in ("text", "time"):
                    self._sheet.write_string(self._row, place, str(value))
                else:
                    self._sheet.write_number(self._row, place, value, self._formats.get(kind))

    def _with_dates(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the frame with its times as dates of the local clock, and their offsets.

        A time stays text that a program would read back as another one: dates are read to the ms, and from 1900 on.
        """
        written = self._times.write_times(frame, {name: "time" for name in self._moments})
        for name in self._moments:
            local = _parse_times(frame[name]).dt.tz_convert(self._zone)
            exact = (local.dt.microsecond % 1000 == 0) & (local.dt.year >= _FIRST_YEAR)
            dates = local.dt.tz_localize(None).astype(object)
            offsets = written[name].astype("str").str.extract(r"([+-][0-9:]+)$")[0]
            written = written.assign(**{name: dates.where(exact, written[name]), name + OFFSET: offsets})
        return written

    def end_table(self) -> None:
        """Complete the sheets of the table; there is one even if it has no rows."""
        if not self._sheets:
            self._next_sheet()
        self._end_sheet()

    def add_definition(self, definition: Definition) -> None:
        """Add the last sheet."""
        sheet = self._book.add_worksheet("Definition")
        sheet.set_column(0, 0, 20)
        sheet.set_column(1, 1, 60)
        for row, (name, value) in enumerate(definition.items()):
            sheet.write_string(row, 0, name, self._bold)
            if isinstance(value, int | float):
                sheet.write_number(row, 1, value, self._left)
            else:
                sheet.write_string(row, 1, disarm_formula(_describe_value(value)))

    def _end_sheet(self) -> None:
        """Add a filter to the headings."""
        if self._sheets:
            self._sheet.autofilter(0, 0, self._row, len(self._columns) - 1)

    def _next_sheet(self) -> None:
        self._end_sheet()
        self._sheets += 1
        self._sheet = self._book.add_worksheet("Table" if self._sheets == 1 else f"Table {self._sheets}")
        self._sheet.freeze_panes(1, 0)
        for place, (name, kind) in enumerate(self._columns.items()):
            width = {"time": 20, "text": 20}.get(kind, 14)
            self._sheet.set_column(place, place, max(width, len(name) + 4))  # beside the button of the filter
            self._sheet.write_string(0, place, name, self._bold)
        self._row = 0


_WRITERS: Final = {".csv": _open_csv, ".parquet": _open_parquet, ".xlsx": _open_workbook}


def _describe_value(value: object) -> str:
    """Return a value of a definition as readable text."""
    if value is None:
        return "none"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_describe_value(part)}" for name, part in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_describe_value, value))
    return str(value)


def _format_number(value: object) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _format_fine(value: float) -> str:
    return f"{value:.9f}".rstrip("0").rstrip(".")
