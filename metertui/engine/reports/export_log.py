"""What was exported under the rule for small groups, in `exports.csv`, so that the next export does not undo it.

Two tables that each hide small groups can tell one together, where they hide different cells, or where one has days or
times of day that the other has not. So before an export, the earlier ones that share days and attributes with it are
asked again, and the cells that they told are taken as known; and what only one of the two has is looked at by itself.
"""

from __future__ import annotations

import csv
import fcntl
import io
import json
import os
from itertools import product
from pathlib import Path
from typing import Final

import pandas as pd

from metertui.engine.base import Progress, disarm_formula, no_progress, part_of_progress
from metertui.engine.columns import Frozen
from metertui.engine.errors import MeterError
from metertui.engine.reports import report
from metertui.engine.reports.differencing import attributes, differences
from metertui.engine.reports.disclosure import Cell, Rule
from metertui.engine.reports.report import Findings, Inquiry
from metertui.engine.storage import CsvTable, durable
from metertui.engine.usage import Question, usage_figures

NAME: Final = "exports.csv"
COLUMNS: Final = ("time", "who", "file", "definition")


class ExportLog:
    """What was exported from a data folder. Any thread; one at a time writes."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME

    def record_export(self, time: str, who: str, file: Path, asked: Inquiry) -> None:
        """Keep what is exported; on disk when it returns. Raises StorageError."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        try:
            fd = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX)  # a desk that only reads records what is exported there
                whole = self._path.read_bytes().rfind(b"\n") + 1  # a crash may have cut the last line short
                os.ftruncate(fd, whole)
                if not whole:
                    writer.writerow(COLUMNS)
                told = json.dumps(asked.description(), ensure_ascii=False)
                writer.writerow([time, disarm_formula(who), disarm_formula(str(file)), told])
                durable.write_all(fd, text.getvalue().encode())
                durable.sync_metadata_too(fd)
            finally:
                os.close(fd)
            durable.sync_folder(self._path.parent)
        except OSError as error:
            raise durable.storage_error(self._path, error) from error

    def recorded_inquiries(self) -> list[Inquiry]:
        """What was exported so far, each once, the newest last. Raises DataError for a line that cannot be read."""
        table = CsvTable(self._path, COLUMNS, torn_ok=True)
        at = table.names.index("definition")
        found: dict[Inquiry, None] = {}
        for line, cells in table.rows():
            try:
                asked = Inquiry.from_description(json.loads(cells[at]))
            except (MeterError, ValueError) as error:
                table.reject_row(line, f"the definition is none: {error}")
                continue
            found.pop(asked, None)
            found[asked] = None
        return list(found)

    def answer_for_export(
        self, frozen: Frozen, asked: Inquiry, rule: Rule, progress: Progress = no_progress
    ) -> Findings:
        """Answer an inquiry for an export. Raises MeterError where it, with those before, would tell a small group.

        `progress` is told the share done; what it raises ends the work.
        """
        told: set[Cell] = set()
        recorded = [earlier for earlier in self.recorded_inquiries() if earlier != asked]
        akin = [earlier for earlier in recorded if _akin(earlier.question, asked.question)]
        parts = len(akin) + 2
        for nth, earlier in enumerate(akin):
            told |= _published_cells(
                report.answer_inquiry(frozen, earlier, rule, progress=part_of_progress(progress, nth, parts))
            )
        found = report.answer_inquiry(frozen, asked, rule, told, part_of_progress(progress, len(akin), parts))
        if found.given_away or _Differences(
            frozen, rule, found, part_of_progress(progress, parts - 1, parts)
        ).disclose_with_any(recorded):
            raise MeterError(
                f"together with what was exported before ({NAME}) this would tell a group of fewer than "
                f"{rule.least_meters} meters, or one of which a single meter is more than {rule.most_share:.0%}"
            )
        return found


class _Differences:
    """What an answer tells beside earlier ones, by the days and times of day that only one of the two has."""

    def __init__(self, frozen: Frozen, rule: Rule, found: Findings, progress: Progress) -> None:
        self._frozen = frozen
        self._rule = rule
        self._found = found
        self._progress = progress
        self._done = 0.0
        self._known: dict[Question, set[Cell]] = {}

    def disclose_with_any(self, recorded: list[Inquiry]) -> bool:
        """Whether with one of these it tells a small group."""
        for nth, earlier in enumerate(recorded):
            self._done = nth / len(recorded)
            if self._disclose_with(earlier):
                return True
        self._progress(1)
        return False

    def _disclose_with(self, earlier: Inquiry) -> bool:
        before: Findings | None = None
        now = report.questions_of(self._frozen, self._found.inquiry)
        for one, other in product(now, report.questions_of(self._frozen, earlier)):
            for question in differences(one, other):
                small = self._small(question) & _published_cells(self._found, question.by)
                if small and before is None:  # it is seldom needed, and takes longer
                    before = report.answer_inquiry(self._frozen, earlier, self._rule, progress=self._wanted)
                if before is not None and small & _published_cells(before, question.by):
                    return True
        return False

    def _small(self, question: Question) -> set[Cell]:
        """The small groups of a table by attributes."""
        if question not in self._known:
            table = usage_figures(self._frozen, question, progress=self._wanted)
            self._known[question] = _cells(table[self._rule.find_small_rows(table)], question, question.by)
        return self._known[question]

    def _wanted(self, _share: float) -> None:
        self._progress(self._done)


def _akin(one: Question, other: Question) -> bool:
    """Whether two have the same attributes and some of the same days."""
    return one.first <= other.last and other.first <= one.last and attributes(one) == attributes(other)


def _published_cells(found: Findings, keys: tuple[str, ...] | None = None) -> set[Cell]:
    """The combinations of attributes of which anything was told; of these keys, else of all that it tells apart."""
    question, table = found.inquiry.question, found.table
    told = ~table["hidden"]
    if found.compared:
        told |= table["before"].notna()
    keys = attributes(question) if keys is None else keys
    cells = _cells(table[told], question, keys)
    if found.total_wh is not None and all(question.filter.value(key) for key in keys):
        cells.add(tuple(question.filter.value(key) for key in keys))
    return cells


def _cells(rows: pd.DataFrame, question: Question, keys: tuple[str, ...]) -> set[Cell]:
    """The combinations of attributes of some rows, those of the filters among them."""
    if not keys:
        return {()} if len(rows) else set()
    columns = [rows[key].tolist() if key in question.by else [question.filter.value(key)] * len(rows) for key in keys]
    return set(zip(*columns, strict=True))
