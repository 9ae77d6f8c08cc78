"""The file tab: preview a file of readings, then store it. Nothing is written before Store."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Final

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Button, Input, ProgressBar, Static

from metertui.engine.core import Import, ImportReport
from metertui.engine.errors import MeterError
from metertui.screens.company.tab import Tab
from metertui.screens.fields import Field, labelled
from metertui.screens.shell import Steady, Work
from metertui.screens.tables import Column, Table
from metertui.text import fmt, message, plain

_COLUMNS: Final = (Column("where", 24), Column("code", 16), Column("why", 76, narrowest=40), Column("line", 60))

_KEPT: Final = "Readings stored so far remain; store the file again for the rest."
"""What becomes of an import that is cancelled."""


class UploadTab(Tab):
    """The path of a file, its preview, and the buttons that store it."""

    name_of = "upload"
    key = "4"
    heading = "File"
    first = "#upload-path"

    def __init__(self) -> None:
        super().__init__()
        self._planned: Import | None = None
        self._lines: list[tuple[str, ...]] = []
        """The lines that are listed."""
        self._work: Work | None = None
        """The preview or the import under way."""

    def compose(self) -> ComposeResult:
        hint = "path of a file of readings, such as /home/me/2025-03-11.csv"
        yield labelled("file", Field(placeholder=hint, id="upload-path", compact=True, check=_no_file))
        with Horizontal(classes="buttons"):
            yield Button("Preview", id="upload-preview", variant="primary", compact=True)
            yield Button("Store", id="upload-store", compact=True, disabled=True)
            yield Button("Cancel", id="upload-cancel", compact=True, disabled=True)
        yield ProgressBar(total=1.0, show_eta=False, id="upload-progress", classes="hidden")
        yield Static(id="upload-text")
        yield Table(_COLUMNS, enter="", id="upload-lines", classes="hidden")
        yield Steady(fixed=True, id="upload-line", classes="hidden")

    @property
    def _path(self) -> Path:
        return Path(self.query_one("#upload-path", Input).value.strip()).expanduser()

    @on(Input.Changed, "#upload-path")
    def _change_path(self) -> None:
        self._plan(None)
        self.company.clear_message()  # it was about another file

    def _plan(self, importing: Import | None) -> None:
        """Set the import that Store would store."""
        self._planned = importing
        preview, store = self.query_one("#upload-preview", Button), self.query_one("#upload-store", Button)
        store.disabled = importing is None
        # The next step is the bright one.
        preview.variant, store.variant = ("primary", "default") if importing is None else ("default", "primary")
        self.query_one("#upload-text", Static).update(
            "" if importing is None else _summary(importing.report, "would be")
        )
        self._list([] if importing is None else _faulty_lines(importing.report))

    def _list(self, rows: list[tuple[str, ...]]) -> None:
        table = self.query_one("#upload-lines", Table)
        table.set_class(not rows, "hidden")
        table.show_rows(len(rows), lambda start, stop: rows[start:stop])
        self._lines = rows
        self._show_line(0)

    @on(Table.RowHighlighted, "#upload-lines")
    def _moved(self, event: Table.RowHighlighted) -> None:
        event.stop()
        self._show_line(event.row)

    def _show_line(self, row: int) -> None:
        """Show the reason of a line in full; the table cuts it."""
        said = self._lines[row][2] if 0 <= row < len(self._lines) else ""
        line = self.query_one("#upload-line", Steady)
        line.show(message(said))
        line.set_class(not said, "hidden")

    @on(Button.Pressed, "#upload-preview")
    @work(exclusive=True, group="upload")
    async def _preview(self) -> None:
        if self._path == Path():
            self.say("! Enter the path of a file first.")
            self.query_one("#upload-path").focus()
            return
        self._plan(None)
        under_way = self._begin("Reading", "reading the file")
        try:
            importing = await self.headend.imports.plan([self._path], None, partial(self._show_share, under_way))
        except MeterError as error:
            self.say(f"! {error}")
            return
        except asyncio.CancelledError:
            if self.is_mounted:
                self.say("Cancelled. Nothing was written.")
            raise
        finally:
            self._end()
        self._plan(importing)
        if importing.report.new or importing.report.registered or importing.report.moved:
            also = " and close the day, which puts them into the archive" if importing.report.new else ""
            self.say(f"Nothing is written yet. Press Store to store the readings{also}.")
            self.query_one("#upload-store").focus()
        else:
            self.query_one("#upload-store", Button).disabled = True
            self.say("This file contains nothing new.")

    @on(Button.Pressed, "#upload-store")
    @work(exclusive=True, group="upload")
    async def _store(self) -> None:
        importing = self._planned
        if importing is None:
            return
        self._plan(None)
        under_way = self._begin("Storing", "storing")
        under_way.kept = _KEPT
        try:
            store = self.headend.imports.store(
                importing, self._path.name, self.who, partial(self._show_share, under_way)
            )
            report = await self.works.outlast(under_way, store)
        except MeterError as error:
            self.say(f"! {error}")
            return
        except asyncio.CancelledError:
            if self.is_mounted and not under_way.lasts:
                self.say(f"! Cancelled. {_KEPT}")
            raise
        finally:
            self._end()
        self.query_one("#upload-text", Static).update(_summary(report, "are"))
        self._list(_faulty_lines(report))
        closed = "; the day was closed, and they are in the archive" if report.new else ""
        self.say(f"{self._path.name}: {fmt.counted(report.new, 'new reading')} stored{closed}")

    @on(Button.Pressed, "#upload-cancel")
    def _cancel(self) -> None:
        if self._work is not None:
            self._work.cancel()

    def _begin(self, doing: str, what: str) -> Work:
        """Begin work, which cancelling ends with its worker, unless it outlasts that."""
        work = self._work = self.works.begin(
            f"{doing} {self._path.name}",
            self.company.place,
            lambda: self.workers.cancel_group(self, "upload"),
        )
        self.say(f"{self._path.name}: {what} … You can go to another screen meanwhile.")
        self.query_one("#upload-progress").remove_class("hidden")
        self.query_one("#upload-preview", Button).disabled = True
        self.query_one("#upload-cancel", Button).disabled = False
        self.query_one("#upload-cancel").focus()
        self._show_share(work, 0.0)
        return work

    def _show_share(self, work: Work, share: float) -> None:
        work.share = share
        if self.is_running:
            for bar in self.query(ProgressBar):  # none if the screens have failed meanwhile
                bar.update(progress=share)

    def _end(self) -> None:
        if self._work is not None:
            self.works.end(self._work)
            self._work = None
        if not self.is_mounted:
            return
        self.query_one("#upload-progress").add_class("hidden")
        self.query_one("#upload-cancel", Button).disabled = True
        self.query_one("#upload-preview", Button).disabled = False
        self.query_one("#upload-path").focus()


def _no_file(text: str) -> str:
    """Return why a path leads to no file; "" if it does."""
    path = Path(text).expanduser()
    if path.is_file():
        return ""
    return f"{path} is not a file" if path.exists() else f"There is no file {path}"


def _summary(report: ImportReport, verb: str) -> str:
    """Return the numbers of new, suspect, duplicate and refused readings, a line each."""
    days = f"in {report.days} {'day file' if report.days == 1 else 'day files'}"
    reasons = f"   {fmt.tally(report.reasons)}" if report.refused else ""
    lines = [
        ("lines read", report.read, ""),
        ("new", report.new, f"   {verb} stored, {days}" if report.new else ""),
        (
            "of these suspect",
            report.suspect,
            "   not counted until settled (F7)" if report.suspect else "",
        ),
        ("duplicate", report.duplicate, "   already stored with the same value" if report.duplicate else ""),
        ("refused", report.refused, reasons),
        ("meters registered", report.registered, ""),
        ("meters moved", report.moved, ""),
    ]
    return "\n".join(f"{name:<18}{fmt.count(number):>12}{more}" for name, number, more in lines)


def _faulty_lines(report: ImportReport) -> list[tuple[str, ...]]:
    """Return the refused lines, then the suspect ones, each with its reason."""
    return [
        (f"{misfit.source}:{misfit.line}", misfit.code, misfit.why, plain(misfit.text).plain)
        for misfit in (*report.refused_lines, *report.suspect_lines)
    ]
