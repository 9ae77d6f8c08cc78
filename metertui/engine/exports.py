"""What was exported under the rule for small groups, in `exports.csv`, so that the next export does not undo it.

Two tables that each hide small groups can tell one together, where they hide different cells. So before an export, the
earlier ones that share days and attributes with it are asked again, and the cells that they told are taken as known.
"""

from __future__ import annotations

import csv
import fcntl
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from metertui.engine import files, inquiry
from metertui.engine.columns import Frozen
from metertui.engine.disclosure import Cell, Rule
from metertui.engine.errors import MeterError
from metertui.engine.inquiry import Findings, Inquiry
from metertui.engine.progress import Progress, part, untold
from metertui.engine.question import ATTRIBUTE_KEYS, Question
from metertui.engine.records import disarmed
from metertui.engine.tables import Table

NAME: Final = "exports.csv"
COLUMNS: Final = ("time", "who", "file", "definition")


class Exports:
    """What was exported from a data folder. Any thread; one at a time writes."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME

    def record(self, time: str, who: str, file: Path, asked: Inquiry) -> None:
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
                told = json.dumps(asked.described(), ensure_ascii=False)
                writer.writerow([time, disarmed(who), disarmed(str(file)), told])
                files.write_all(fd, text.getvalue().encode())
                files.sync_all(fd)
            finally:
                os.close(fd)
            files.sync_folder(self._path.parent)
        except OSError as error:
            raise files.refusal(self._path, error) from error

    def recorded(self) -> list[Inquiry]:
        """What was exported so far, each once, the newest last. Raises DataError for a line that cannot be read."""
        table = Table(self._path, COLUMNS, torn_ok=True)
        at = table.names.index("definition")
        found: dict[Inquiry, None] = {}
        for line, cells in table.rows():
            try:
                asked = Inquiry.of(json.loads(cells[at]))
            except (MeterError, ValueError) as error:
                table.refuse(line, f"the definition is none: {error}")
                continue
            found.pop(asked, None)
            found[asked] = None
        return list(found)

    def guarded(self, frozen: Frozen, asked: Inquiry, rule: Rule, progress: Progress = untold) -> Findings:
        """Answer an inquiry for an export. Raises MeterError where it, with those before, would tell a small group.

        `progress` is told the share done; what it raises ends the work.
        """
        told: set[Cell] = set()
        akin = list(_akin(asked, self.recorded()))
        for nth, earlier in enumerate(akin):
            told |= _told(inquiry.find(frozen, earlier, rule, progress=part(progress, nth, len(akin) + 1)))
        found = inquiry.find(frozen, asked, rule, told, part(progress, len(akin), len(akin) + 1))
        if found.given_away:
            raise MeterError(
                f"together with what was exported before ({NAME}) this would tell a group of fewer than "
                f"{rule.least_meters} meters, or one of which a single meter is more than {rule.most_share:.0%}"
            )
        return found


def _akin(asked: Inquiry, recorded: list[Inquiry]) -> Iterator[Inquiry]:
    """The earlier ones with the same attributes and some of the same days."""
    for earlier in recorded:
        one, other = earlier.question, asked.question
        shared = one.first <= other.last and other.first <= one.last
        if shared and earlier != asked and _attributes(one) == _attributes(other):
            yield earlier


def _attributes(question: Question) -> tuple[str, ...]:
    """Those that a table tells apart, filters included, in the order of ATTRIBUTE_KEYS."""
    return tuple(key for key in ATTRIBUTE_KEYS if key in question.by or getattr(question, key))


def _told(found: Findings) -> set[Cell]:
    """The combinations of attributes of which anything was told."""
    question = found.inquiry.question
    table = found.table[~found.table["hidden"]]
    columns = [
        table[key].tolist() if key in question.by else [getattr(question, key)] * len(table)
        for key in _attributes(question)
    ]
    return set(zip(*columns, strict=True))
