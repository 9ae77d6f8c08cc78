"""The export log, `exports.csv`: earlier exports, so that a new one together with them discloses no small group.

Two tables that each hide small groups can disclose one together: if they hide different cells, or if one has days or
times of day that the other does not have. So before an export, the earlier ones with the same attributes and common
days are answered again, and the cells that they published count as known. The days and times of day that only one of
two tables has are checked as tables of their own.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Collection
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
from metertui.engine.storage import CsvTable, durable, encode_rows, private_files
from metertui.engine.usage import Question, usage_figures

NAME: Final = "exports.csv"
COLUMNS: Final = ("time", "who", "file", "definition")
_UNSYNCED: Final = 1 << 20
"""Bytes at the end that may not have been synced: more than the longest row."""


class ExportLog:
    """The exports from a data folder. Safe in any thread and process; a file lock lets one at a time write."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME

    def record_export(
        self, time: str, who: str, file: Path, asked: Inquiry, checked: Collection[Inquiry] | None = None
    ) -> None:
        """Record an export. It is on disk when this returns.

        `checked` are the inquiries that were recorded before `asked` was answered. Raises MeterError if another was
        recorded since, as the two may disclose a small group together; StorageError, DataError.
        """
        definition = json.dumps(asked.description(), ensure_ascii=False)
        row = (time, disarm_formula(who), disarm_formula(str(file)), definition)
        with durable.writing(self._path):
            fd = private_files.open_file(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX)  # a read-only process records its exports too
                if checked is not None and not {*checked, asked}.issuperset(self.recorded_inquiries()):
                    raise MeterError(f"another export was made meanwhile ({NAME}): export again")
                table = self._table()
                list(table.rows())
                if (damage := table.damage) is not None:
                    damage.mend()
                begun = os.fstat(fd).st_size > 0
                end = b"" if table.terminated or not begun else b"\n"  # as an editor left it
                durable.write_all(fd, end + encode_rows([row] if begun else [COLUMNS, row]))
                durable.sync_metadata_too(fd)
            finally:
                os.close(fd)
            durable.sync_folder(self._path.parent)

    def _table(self) -> CsvTable:
        return CsvTable(self._path, COLUMNS, unsynced=_UNSYNCED)

    def recorded_inquiries(self) -> list[Inquiry]:
        """Return the exported inquiries, each once, the newest last. Raises DataError for an invalid line."""
        table = self._table()
        at = table.names.index("definition")
        newest_last: dict[Inquiry, None] = {}
        for line, cells in table.rows():
            try:
                asked = Inquiry.from_description(json.loads(cells[at]))
            except (MeterError, ValueError) as error:
                table.reject_row(line, f"the definition is not valid: {error}")
                continue
            newest_last.pop(asked, None)
            newest_last[asked] = None
        return list(newest_last)

    def answer_for_export(
        self, frozen: Frozen, asked: Inquiry, rule: Rule, progress: Progress = no_progress
    ) -> Findings:
        """Answer an inquiry for an export.

        Raises MeterError if the answer, together with earlier exports, would disclose a small group. `progress` is
        called with the share done; an exception from it ends the work.
        """
        published: set[Cell] = set()
        recorded = [earlier for earlier in self.recorded_inquiries() if earlier != asked]
        comparable = [earlier for earlier in recorded if _comparable(earlier.question, asked.question)]
        parts = len(comparable) + 2
        *of_earlier, of_this, of_differences = (part_of_progress(progress, nth, parts) for nth in range(parts))
        for earlier, part in zip(comparable, of_earlier, strict=True):
            published |= _published_cells(report.answer_inquiry(frozen, earlier, rule, progress=part))
        found = report.answer_inquiry(frozen, asked, rule, published, of_this)
        if found.discloses or _Differences(frozen, rule, found, of_differences).disclose_with_any(recorded):
            raise MeterError(
                f"together with earlier exports ({NAME}) this would disclose a group of fewer than "
                f"{rule.least_meters} meters, or one in which a single meter uses more than {rule.most_share:.0%}"
            )
        return found


class _Differences:
    """Checks what the differences between an answer and earlier ones disclose."""

    def __init__(self, frozen: Frozen, rule: Rule, found: Findings, progress: Progress) -> None:
        self._frozen = frozen
        self._rule = rule
        self._found = found
        self._progress = progress
        self._done = 0.0
        self._known: dict[Question, set[Cell]] = {}

    def disclose_with_any(self, recorded: list[Inquiry]) -> bool:
        """Return whether the difference to one of these inquiries discloses a small group."""
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
                if small and before is None:  # seldom needed, and slow
                    before = report.answer_inquiry(self._frozen, earlier, self._rule, progress=self._check_cancelled)
                if before is not None and small & _published_cells(before, question.by):
                    return True
        return False

    def _small(self, question: Question) -> set[Cell]:
        """Return the small groups in the answer to a question by attributes."""
        if question not in self._known:
            table = usage_figures(self._frozen, question, progress=self._check_cancelled)
            self._known[question] = _cells(table[self._rule.find_small_rows(table)], question, question.by)
        return self._known[question]

    def _check_cancelled(self, _share: float) -> None:
        self._progress(self._done)


def _comparable(one: Question, other: Question) -> bool:
    """Return whether two questions have the same attributes and common days."""
    return one.first <= other.last and other.first <= one.last and attributes(one) == attributes(other)


def _published_cells(found: Findings, keys: tuple[str, ...] | None = None) -> set[Cell]:
    """Return the combinations of attributes with a published figure, by `keys` or else by all of the question."""
    question, table = found.inquiry.question, found.table
    published = ~table["hidden"]
    if found.compared:
        published |= table["before"].notna()
    keys = attributes(question) if keys is None else keys
    cells = _cells(table[published], question, keys)
    if found.total_wh is not None and all(question.filter.value(key) for key in keys):
        cells.add(tuple(question.filter.value(key) for key in keys))
    return cells


def _cells(rows: pd.DataFrame, question: Question, keys: tuple[str, ...]) -> set[Cell]:
    """Return the combinations of attributes of some rows, with the values of the filters."""
    if not keys:
        return {()} if len(rows) else set()
    columns = [rows[key].tolist() if key in question.by else [question.filter.value(key)] * len(rows) for key in keys]
    return set(zip(*columns, strict=True))
