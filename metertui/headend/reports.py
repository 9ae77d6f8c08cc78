"""What the government screen stores: saved reports, and the log of exports."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from pathlib import Path

from metertui.engine.errors import MeterError
from metertui.engine.reports import Inquiry, SavedReport, read_report, report_file
from metertui.formats import complete_file
from metertui.headend.jobs import Jobs


class Reports:
    """Saves and deletes reports, and records exports."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    async def load_saved(self) -> list[SavedReport]:
        """Return the saved reports. Raises MeterError."""
        return await self._jobs.compute(self._jobs.engine.questions.saved_reports)

    async def load_shared(self) -> tuple[list[SavedReport], list[str]]:
        """Return the reports that were passed on to this folder, and what is wrong with other files there."""
        return await self._jobs.compute(self._jobs.engine.questions.shared_reports)

    async def load_file(self, path: Path) -> SavedReport:
        """Return the report of a file. Raises MeterError."""
        return await self._jobs.compute(read_report, path)

    async def share(self, saved: SavedReport, path: Path, by: str) -> None:
        """Write a report to a new file, which may be in the folder of those that were passed on. Raises MeterError."""
        book = self._jobs.engine.questions
        if path.parent == book.shared_folder.absolute():
            await self._jobs.write_between_batches(book.share_report, saved, path)
        else:
            await self._jobs.compute(_write_file, path, report_file(saved))
        self._jobs.audit(by, "share question", saved.title, str(path))

    async def save(self, saved: SavedReport, by: str) -> None:
        """Save a report under its title. Raises MeterError."""
        await self._jobs.write_between_batches(self._jobs.engine.questions.keep_report, saved)
        self._jobs.audit(by, "keep question", saved.title, "")

    async def delete(self, title: str, by: str) -> None:
        """Delete a saved report. Raises MeterError."""
        await self._jobs.write_between_batches(self._jobs.engine.questions.drop_report, title)
        self._jobs.audit(by, "drop question", title, "")

    async def record_export(
        self, file: Path, asked: Inquiry, by: str, checked: Collection[Inquiry] | None = None
    ) -> None:
        """Record an export under disclosure control; a read-only head-end does so too.

        The log of exports is one for all processes, as the cells that one export shows may complete another. `checked`
        are those recorded before the answer. Raises MeterError if another was recorded since, StorageError.
        """
        engine = self._jobs.engine
        time = engine.zone.iso(engine.clock.now())
        await asyncio.wrap_future(self._jobs.append(engine.exports.record_export, time, by, file, asked, checked))


def _write_file(path: Path, content: bytes) -> None:
    """Write a new file. Raises MeterError."""
    if path.exists():
        raise MeterError(f"{path} exists already; give another name")
    with complete_file(path) as file:
        file.write(content)
