"""The bills of a billing run as a CSV file."""

from __future__ import annotations

import csv
from pathlib import Path

from metertui.engine.base import Progress
from metertui.engine.billing import BillingRun
from metertui.formats.complete_file import as_text, complete_file


def write_run(run: BillingRun, path: Path, progress: Progress, *, bom: bool = False) -> None:
    """Write the rows of a run. Raises MeterError, and any exception from `progress`; then no file remains."""
    with complete_file(path) as raw, as_text(raw, bom=bom) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(run.columns)
        for done, row in enumerate(run.rows(), 1):
            writer.writerow(row)
            if done % 500 == 0:
                progress(done / len(run))
