"""Readings from a file: what it would bring is shown first, and nothing is written before one says so."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Button, Input, Label, ProgressBar, Static

from metertui.engine.core import Import, ImportReport
from metertui.engine.errors import MeterError
from metertui.screens.company.tab import Tab
from metertui.screens.fields import Field
from metertui.screens.tables import Column, Table
from metertui.text import fmt, message, plain

_COLUMNS: Final = (Column("where", 24), Column("code", 16), Column("why", 76), Column("line", 60))


class UploadTab(Tab):
    """A file's path, its preview, and the way into the engine."""

    name_of = "upload"
    heading = "File"
    first = "#upload-path"

    def __init__(self) -> None:
        super().__init__()
        self._planned: Import | None = None
        self._working = False

    def compose(self) -> ComposeResult:
        with Horizontal(classes="field"):
            yield Label("file")
            yield Field(placeholder="log lines, a day file or the wide CSV", id="upload-path", compact=True)
        yield Static(id="upload-check", classes="check")
        with Horizontal(classes="buttons"):
            yield Button("Preview", id="upload-preview", variant="primary", compact=True)
            yield Button("Store", id="upload-store", compact=True, disabled=True)
            yield Button("Cancel", id="upload-cancel", compact=True, disabled=True)
        yield ProgressBar(total=1.0, show_eta=False, id="upload-progress", classes="hidden")
        yield Static(id="upload-text")
        yield Table(_COLUMNS, id="upload-lines", classes="hidden")

    @property
    def _path(self) -> Path:
        return Path(self.query_one("#upload-path", Input).value.strip()).expanduser()

    @on(Input.Changed, "#upload-path")
    def _check(self) -> None:
        self._plan(None)
        said = ""
        if (path := self._path) != Path() and not path.is_file():
            said = f"! there is no file {path}" if not path.exists() else f"! {path} is no file"
        self.query_one("#upload-check", Static).update(message(said))

    def _plan(self, importing: Import | None) -> None:
        """What Store would store."""
        self._planned = importing
        self.query_one("#upload-store", Button).disabled = importing is None
        self.query_one("#upload-text", Static).update("" if importing is None else _told(importing.report, "would be"))
        self._list([] if importing is None else _told_one_by_one(importing.report))

    def _list(self, rows: list[tuple[str, ...]]) -> None:
        table = self.query_one("#upload-lines", Table)
        table.set_class(not rows, "hidden")
        table.show_rows(len(rows), lambda start, stop: rows[start:stop])

    @on(Button.Pressed, "#upload-preview")
    @work(exclusive=True, group="upload")
    async def _preview(self) -> None:
        self._plan(None)
        self._begin("reading the file")
        try:
            importing = await self.headend.imports.plan([self._path], None, self._share)
        except MeterError as error:
            self.say(f"! {error}")
            return
        except asyncio.CancelledError:
            if self.is_mounted:
                self.say("Given up. Nothing was written.")
            raise
        finally:
            self._end()
        self._plan(importing)
        if importing.report.new or importing.report.registered or importing.report.moved:
            self.say("Nothing is written yet. Store does it.")
            self.query_one("#upload-store").focus()
        else:
            self.query_one("#upload-store", Button).disabled = True
            self.say("There is nothing new in this file.")

    @on(Button.Pressed, "#upload-store")
    @work(exclusive=True, group="upload")
    async def _store(self) -> None:
        importing = self._planned
        if importing is None:
            return
        self._plan(None)
        self._begin("storing")
        try:
            report = await self.headend.imports.store(importing, self._path.name, self.who, self._share)
        except MeterError as error:
            self.say(f"! {error}")
            return
        except asyncio.CancelledError:
            if self.is_mounted:
                self.say("! Given up. What is stored stays; the same file again brings the rest.")
            raise
        finally:
            self._end()
        self.query_one("#upload-text", Static).update(_told(report, "are"))
        self._list(_told_one_by_one(report))
        self.say(f"{self._path.name}: {fmt.count(report.new)} new readings are stored")

    @on(Button.Pressed, "#upload-cancel")
    def _cancel(self) -> None:
        self.workers.cancel_group(self, "upload")

    def _begin(self, what: str) -> None:
        self.say(f"{self._path.name}: {what} …")
        self.query_one("#upload-progress").remove_class("hidden")
        self.query_one("#upload-preview", Button).disabled = True
        self.query_one("#upload-cancel", Button).disabled = False
        self.query_one("#upload-cancel").focus()
        self._share(0.0)

    def _share(self, share: float) -> None:
        if self.is_mounted:
            self.query_one("#upload-progress", ProgressBar).update(progress=share)

    def _end(self) -> None:
        if not self.is_mounted:
            return
        self.query_one("#upload-progress").add_class("hidden")
        self.query_one("#upload-cancel", Button).disabled = True
        self.query_one("#upload-preview", Button).disabled = False
        self.query_one("#upload-path").focus()


def _told(report: ImportReport, verb: str) -> str:
    """What is new, known, suspect and refused, a line each."""
    days = f"in {report.days} {'day file' if report.days == 1 else 'day files'}"
    reasons = f"   {fmt.tally(report.reasons)}" if report.refused else ""
    lines = [
        ("lines read", report.read, ""),
        ("new", report.new, f"   {verb} stored, {days}" if report.new else ""),
        ("of them suspect", report.suspect, "   stored, and not counted until explained" if report.suspect else ""),
        ("duplicate", report.duplicate, "   known already, with the same value" if report.duplicate else ""),
        ("refused", report.refused, reasons),
        ("meters registered", report.registered, ""),
        ("meters moved", report.moved, ""),
    ]
    return "\n".join(f"{name:<18}{fmt.count(number):>12}{more}" for name, number, more in lines)


def _told_one_by_one(report: ImportReport) -> list[tuple[str, ...]]:
    """The refused lines, then the suspect ones, with what is wrong with each."""
    return [
        (f"{misfit.source}:{misfit.line}", misfit.code, misfit.why, plain(misfit.text).plain)
        for misfit in (*report.refused_lines, *report.suspect_lines)
    ]
