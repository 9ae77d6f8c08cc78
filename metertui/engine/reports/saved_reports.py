"""Saved reports, in `questions.toml`: one table per report, which can also be edited by hand.

A file of the same form with one report can be passed on; those in the folder `questions` are offered with the saved
ones.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from metertui.engine.attributes import ATTRIBUTES
from metertui.engine.base import counted, first_of_month, last_of_month
from metertui.engine.columns import Frozen
from metertui.engine.errors import MeterError
from metertui.engine.nearest import did_you_mean
from metertui.engine.reports.report import COMPARES, MEASURES, Compare, Inquiry, Measure
from metertui.engine.storage import durable, private_files
from metertui.engine.usage import FILTERS, KEYS, UNFILTERED, Filter, Question, parse_clock

NAME: Final = "questions.toml"
FOLDER: Final = "questions"
SUFFIX: Final = ".toml"
PERIODS: Final = {
    "last_7_days": "last 7 days",
    "month": "this month",
    "last_month": "last month",
    "quarter": "this quarter",
    "last_quarter": "last quarter",
    "last_12_months": "last 12 months",
    "year": "this year",
    "last_year": "last year",
    "all": "everything",
    "dates": "from … to …",
}
"""Named periods, counted back from the newest reading; by their name in the file."""
CHARTS: Final = ("lines", "bars", "stacked", "shares", "heat")
_ABOUT: Final = """\
# Questions of the government screen (F5): a table each. A key that is left out does not narrow the question.
# period: {periods}; with "dates", first and last.
# by: at most two of {keys}.
# measure: {measures}. compare: {compares}. chart: {charts}.
"""


@dataclass(frozen=True, slots=True)
class SavedReport:
    """An inquiry with a period relative to the newest reading, a title and a chart."""

    title: str = ""
    period: str = "last_12_months"
    first: str = ""
    last: str = ""
    filter: Filter = UNFILTERED
    by: tuple[str, ...] = ("month",)
    measure: Measure = "total"
    compare: Compare = ""
    chart: str = "bars"

    def asks_same(self, other: SavedReport) -> bool:
        """Return whether both are the same question, whatever its title and its chart."""
        return replace(self, title="", chart="") == replace(other, title="", chart="")

    def selects_same(self, other: SavedReport) -> bool:
        """Return whether both are about the same days and meters."""
        mine, others = ((each.period, each.first, each.last, each.filter) for each in (self, other))
        return mine == others

    def inquiry_of(self, frozen: Frozen) -> Inquiry:
        """Return the inquiry as of the newest reading. Raises MeterError, also where there is none."""
        time, zone = frozen.curve.time, frozen.zone
        if not len(time):
            raise MeterError("there are no readings yet")
        return self.inquiry(zone.day(int(time.min()) - 1), zone.day(int(time.max())))

    def inquiry(self, oldest: date, newest: date) -> Inquiry:
        """Return the inquiry, given the local days of the oldest and newest reading. Raises MeterError."""
        first, last = self.days(oldest, newest)
        question = Question(first, last, self.by, self.filter)
        question.check_question()
        return Inquiry(question, self.measure, self.compare)

    def days(self, oldest: date, newest: date) -> tuple[date, date]:
        """Return the first and the last local day. Raises MeterError for invalid dates."""
        month = first_of_month(newest)
        match self.period:
            case "last_7_days":
                return newest - timedelta(days=6), newest
            case "month":
                return month, last_of_month(month)
            case "last_month":
                return first_of_month(month, -1), month - timedelta(days=1)
            case "quarter" | "last_quarter":
                first = first_of_month(month, -((month.month - 1) % 3) - (3 if self.period == "last_quarter" else 0))
                return first, last_of_month(first_of_month(first, 2))
            case "last_12_months":
                return first_of_month(month, -11), last_of_month(month)
            case "year":
                return newest.replace(month=1, day=1), newest.replace(month=12, day=31)
            case "last_year":
                return date(newest.year - 1, 1, 1), date(newest.year - 1, 12, 31)
            case "all":
                return oldest, newest
        first, last = _day(self.first), _day(self.last)
        if last < first:
            raise MeterError(f"{last} is before {first}")
        return first, last


_NAMES: Final = ("title", "period", "first", "last", *ATTRIBUTES, "meter", "time", "by", "measure", "compare", "chart")
"""The keys of a question in the file, in this order."""
_LARGEST: Final = 8_000
"""Bytes of a file with one report. The time that tomllib takes for a hostile one grows with the square of its size."""
IDEAS: Final = (
    SavedReport("Usage by month", chart="bars"),
    SavedReport("This year against last, by month", period="year", compare="year_before", chart="lines"),
    SavedReport("Regions side by side", by=("region",), chart="shares"),
    SavedReport("Apartment types over the year", by=("month", "apartment_type"), chart="stacked"),
    SavedReport("What a home uses a day, by type", by=("apartment_type",), measure="per_meter_day", chart="bars"),
    SavedReport("When the week is busy", by=("weekday", "hour_of_day"), chart="heat"),
    SavedReport("Every day of the year", by=("day",), chart="heat"),
    SavedReport("The highest half hour of each month", measure="peak", chart="bars"),
)
"""The reports that are offered at first."""


class ReportBook:
    """The saved reports of a data folder. Safe in any thread; one at a time writes."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME

    def saved_reports(self) -> list[SavedReport]:
        """Return the saved reports in the order of the file; none if there is no file. Raises MeterError."""
        return _read_reports(self._path) if self._path.exists() else []

    @property
    def shared_folder(self) -> Path:
        """Return the folder of the reports that were passed on, a file each."""
        return self._path.with_name(FOLDER)

    def shared_reports(self) -> tuple[list[SavedReport], list[str]]:
        """Return the reports in the folder of those that were passed on, and what is wrong with other files there."""
        found, wrong = [], []
        for path in sorted(self.shared_folder.glob(f"*{SUFFIX}")):
            try:
                found.append(read_report(path))
            except MeterError as error:
                wrong.append(str(error))
        return found, wrong

    def find_report(self, name: str) -> SavedReport:
        """Return the report with a title, or of a file, whose name ends in .toml. Raises MeterError."""
        if name.endswith(SUFFIX):
            return read_report(Path(name))
        titled = {saved.title: saved for saved in (*IDEAS, *self.shared_reports()[0], *self.saved_reports())}
        if name not in titled:
            raise MeterError(f"no saved question is called {name}{did_you_mean(name, list(titled))}")
        return titled[name]

    def share_report(self, saved: SavedReport, path: Path) -> None:
        """Write a report to a new file in the folder of those that were passed on. Raises MeterError, StorageError."""
        if path.exists():
            raise MeterError(f"{path} exists already; give another name")
        with durable.writing(path):
            private_files.make_folder(path.parent)
        durable.replace_file(path, report_file(saved))

    def keep_report(self, saved: SavedReport) -> None:
        """Save a report. It replaces one of the same title. Raises MeterError, StorageError."""
        if not saved.title.strip():
            raise MeterError("a saved question needs a title")
        others = self.saved_reports()
        titles = [other.title for other in others]
        if saved.title in titles:
            others[titles.index(saved.title)] = saved
        else:
            others.append(saved)
        self._write(others)

    def drop_report(self, title: str) -> None:
        """Delete a saved report. Raises MeterError, StorageError."""
        self._write([saved for saved in self.saved_reports() if saved.title != title])

    def _write(self, questions: list[SavedReport]) -> None:
        durable.replace_file(self._path, report_file(*questions))


def report_file(*saved: SavedReport) -> bytes:
    """Return the content of a file with some reports."""
    about = _ABOUT.format(
        periods=", ".join(PERIODS),
        keys=", ".join(KEYS),
        measures=", ".join(MEASURES),
        compares=", ".join(filter(None, COMPARES)),
        charts=", ".join(CHARTS),
    )
    tables = ["\n".join(["[[question]]", *_lines(each)]) + "\n" for each in saved]
    return "\n".join([about, *tables]).encode()


def read_report(path: Path) -> SavedReport:
    """Return the report of a file that has one. Raises MeterError."""
    found = _read_reports(path, _LARGEST)
    if len(found) != 1:
        raise MeterError(f"{path} has {counted(len(found), 'question')}; a file to pass on has one")
    return found[0]


def _read_reports(path: Path, most: int | None = None) -> list[SavedReport]:
    """Return the reports of a file of at most so many bytes. Raises MeterError."""
    try:
        content = private_files.read_file(path)
        if most is not None and len(content) > most:
            raise MeterError(f"{path} has {counted(len(content), 'byte')}; a question has at most {most}")
        document = tomllib.loads(content.decode("utf-8-sig"))
    except OSError as error:
        raise MeterError(f"{path} cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:  # no UTF-8, no TOML; thousands of digits, or of brackets
        raise MeterError(f"{path} cannot be read: {error}") from error
    tables = document.get("question", [])
    if not isinstance(tables, list) or not all(isinstance(each, dict) for each in tables):
        raise MeterError(f"{path}: each question must be a table under [[question]]")
    return [_parse_report(path, each) for each in tables]


def _lines(saved: SavedReport) -> list[str]:
    values = {name: getattr(saved, name) for name in _NAMES if name not in FILTERS}
    values |= {name: saved.filter.value(name) for name in FILTERS}
    return [
        f"{name} = {_toml(list(value) if isinstance(value, tuple) else value)}"
        for name, value in ((name, values[name]) for name in _NAMES)
        if value
    ]


def _toml(value: object) -> str:
    """Return a text or a list of texts as TOML: the same as JSON, but U+007F must be escaped too."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _parse_report(path: Path, table: dict[str, Any]) -> SavedReport:
    title = table.get("title")
    where = f"{path}, question {title!r}"
    for name, value in table.items():
        if name not in _NAMES:
            raise MeterError(f"{where}: {name} is unknown; known are {', '.join(sorted(_NAMES))}")
        if name == "by":
            if not isinstance(value, list) or len(value) > 2 or any(key not in KEYS for key in value):
                raise MeterError(f"{where}: by must be at most two of {', '.join(KEYS)}")
        elif not isinstance(value, str):
            raise MeterError(f"{where}: {name} must be a text")
    filters = {name: value for name, value in table.items() if name in FILTERS}
    others = {name: value for name, value in table.items() if name not in FILTERS}
    saved = SavedReport(**others | {"by": tuple(table.get("by", ())), "filter": Filter.by_name(**filters)})
    choices = (tuple(PERIODS), MEASURES, COMPARES, CHARTS)
    for name, allowed in zip(("period", "measure", "compare", "chart"), choices, strict=True):
        if getattr(saved, name) not in allowed:
            raise MeterError(f"{where}: {name} must be one of {', '.join(filter(None, allowed))}")
    parse_clock(saved.filter.time)
    if not saved.title:
        raise MeterError(f"{where}: the title is missing")
    return saved


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        wrong = f"{text} is not a date such as 2025-02-19" if text else "Enter a date such as 2025-02-19."
        raise MeterError(wrong) from error
