"""The result of an import: how many lines became what, and which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from metertui.engine.base import BadLine, Int64Array, SiteZone
from metertui.engine.core.file_figures import FileFigures
from metertui.engine.core.file_rows import MOST_ROWS, FileRow, first_rows
from metertui.engine.core.first_lines import MOST_KEPT, FirstLines
from metertui.engine.core.import_accounts import PowerChange
from metertui.engine.intervals import IntervalRows
from metertui.engine.storage import RefusedLine, Rows

COUNTS: Final = ("read", "new", "duplicate", "different", "suspect", "refused", "registered", "moved", "days")
"""The counts of a report."""


@dataclass(slots=True)
class ImportReport:
    """The result of an import; in lines, read = new + duplicate + different + refused."""

    read: int = 0
    new: int = 0
    duplicate: int = 0
    """Stored already, or repeated in the input, with the same value."""
    different: int = 0
    """Intervals of which something else is known."""
    suspect: int = 0
    """Of the new ones, those that are not counted; and intervals with more power than their meter can have."""
    refused: int = 0
    registered: int = 0
    """Meters that were not known."""
    moved: int = 0
    """Meters whose attributes in time were not known before."""
    days: int = 0
    """Day files with new readings or intervals."""
    replaced: int = 0
    """The different ones, if they take the place of what was known."""
    powers: Mapping[str, PowerChange] = field(default_factory=dict)
    """What it makes of the most power of meters, if a person says it."""
    meters: list[FileFigures] = field(default_factory=list)
    """What the files say of each register."""
    notes: dict[str, list[str]] = field(default_factory=dict)
    """Sentences on what files are taken for and what of them is left out, by their names."""
    rows: list[FileRow] = field(default_factory=list)
    """The first rows of each file as they are read."""
    reasons: Counter[str] = field(default_factory=Counter)
    """Refused lines by code."""
    refused_lines: list[BadLine] = field(default_factory=list)
    """The first refused lines."""
    suspect_lines: list[BadLine] = field(default_factory=list)
    """The first suspect lines, in order; `code` is `suspect`, or `above-max-kw` for an interval."""
    different_lines: list[BadLine] = field(default_factory=list)
    """The first different lines; `code` is `different`."""
    digests: dict[str, str] = field(default_factory=dict)
    """The SHA-256 of the files of an import that replaces, by their names."""
    too_high: str = ""
    """Why nothing can be stored: intervals with more power than their meters can have. Empty if there are none."""

    def counts(self) -> str:
        """Return the counts as a line of text."""
        return ", ".join(f"{name} {getattr(self, name)}" for name in COUNTS)

    def as_refused_lines(self, now: int) -> list[RefusedLine]:
        """Return the refused lines for `rejects.log`, as of `now` (µs UTC)."""
        lines = self.refused_lines
        return [RefusedLine(now, f"{each.source}:{each.line}", each.code, each.why, each.text) for each in lines]

    def as_json(self, most: int, zone: SiteZone, *, months: bool = True) -> dict[str, Any]:
        """Return the report as JSON values, with the first `most` lines that are refused, different or suspect.

        The energy of each month of each register takes a while where there are many; without `months` there is none.
        """
        kept = [asdict(misfit) for misfit in self.refused_lines[:most]]
        return {
            **{name: getattr(self, name) for name in COUNTS},
            "replaced": self.replaced,
            "meters": [each.as_json(zone) for each in self.meters],
            "months": sorted(
                (each for figures in self.meters * months for each in figures.months_as_json()),
                key=lambda each: each["month"],
            ),
            "max_kw": [
                {"meter": meter, "from": zone.iso(each.since), "before": each.before or None, "after": each.after}
                for meter, each in self.powers.items()
            ],
            "rows": [each.as_json(zone) for each in self.rows],
            "notes": [f"{name}: {sentence}" for name, sentences in self.notes.items() for sentence in sentences],
            "reasons": dict(self.reasons),
            "misfits": kept,
            "differences": [asdict(each) for each in self.different_lines[:most]],
            "suspects": [asdict(each) for each in self.suspect_lines[:most]],
            "too_high": self.too_high or None,
        }

    def note_rows(self, source: str, rows: IntervalRows | Rows, line: Int64Array) -> None:
        """Keep rows of a file with the numbers of their lines, if they are among its first."""
        known = sum(each.source == source for each in self.rows)
        if known < MOST_ROWS:
            self.rows += first_rows(source, rows, line, MOST_ROWS - known)

    def add_refused(self, misfits: Iterable[BadLine]) -> None:
        """Count refused lines, and keep the first ones."""
        for misfit in misfits:
            self.refused += 1
            self.reasons[misfit.code] += 1
            if len(self.refused_lines) < MOST_KEPT:
                self.refused_lines.append(misfit)

    def add_conflicts(self, lines: FirstLines) -> None:
        """Count lines that contradict others, and keep the first ones."""
        if lines.count:
            self.refused += lines.count
            self.reasons["conflict"] += lines.count
            self.refused_lines += lines.lines()[: MOST_KEPT - len(self.refused_lines)]
