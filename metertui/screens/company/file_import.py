"""The file tab: what a file is taken for and what it would add, changed in place, then stored.

The file is read as soon as its path is entered, and again with each change. Nothing is written before Store.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Input, Label, ProgressBar, Static

from metertui.engine.errors import MeterError
from metertui.formats import FileImport, Need, NotSaid, Said, Taken
from metertui.screens.company import file_columns, file_views
from metertui.screens.company.file_columns import ColumnTable
from metertui.screens.company.file_form import REPLACES, FileForm
from metertui.screens.company.file_report import FileReport, adds
from metertui.screens.company.path_field import PathField
from metertui.screens.company.tab import Tab
from metertui.screens.fields import Field, PickScreen, labelled, typed_path
from metertui.screens.shell import Work
from metertui.screens.tables import Table
from metertui.text import fmt, plain

_INVITATION: Final = (
    "Any table of registers or energy (CSV, Excel, Parquet, JSON), NEM12, NEM13 or Green Button. Nothing is written "
    "before Store."
)
_OFFERED: Final = 12
"""Names of files that a path can go on with that are shown."""

_KEPT: Final = "Readings stored so far remain; store the file again for the rest."
"""What becomes of an import that is cancelled."""


class UploadTab(Tab):
    """The path of a file, what it is taken for, what it would add, and the button that stores it."""

    name_of = "upload"
    key = "4"
    heading = "File"
    first = "#upload-path"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", show=False),
        Binding("escape", "other", "Other file", key_display="esc", tooltip="Go to the path, for another file"),
        Binding("slash", "other", "Other file", show=False),
        Binding("m", "view", "Next list", tooltip="First rows, totals, odd lines"),
        Binding("ctrl+g", "next_step", "Next step", key_display="^g", tooltip="What is needed next, or Store"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._planned: FileImport | None = None
        """What Store would store."""
        self._taken: Taken | None = None
        self._needs: tuple[Need, ...] = ()
        """What must be said still."""
        self._columns: Mapping[str, str] = {}
        """What a person takes columns for."""
        self._work: Work | None = None
        """The reading or the import under way."""
        self._path_read = ""

    def compose(self) -> ComposeResult:
        hint = "path of a file; tab completes it, enter reads it"
        yield labelled("file", PathField(placeholder=hint, id="upload-path", compact=True))
        yield ProgressBar(total=1.0, show_eta=False, id="upload-progress", classes="hidden")
        yield Static(_INVITATION, id="upload-taken")
        yield FileForm(self.zone.name, id="upload-form", classes="hidden")
        yield ColumnTable(file_columns.COLUMNS, enter="Meaning", sorts=False, id="upload-columns", classes="hidden")
        yield FileReport(id="upload-report", classes="hidden")
        with Horizontal(classes="buttons hidden", id="upload-buttons"):
            yield Label("mapping")
            yield Field(id="upload-mapping", compact=True, placeholder="name, to keep this")
            yield Button("Store", id="upload-store", compact=True, disabled=True)
            yield Button("Cancel", id="upload-cancel", compact=True, disabled=True)

    # -- what is asked -----------------------------------------------------------------------------------------

    @property
    def _form(self) -> FileForm:
        return self.query_one(FileForm)

    @property
    def _report(self) -> FileReport:
        return self.query_one(FileReport)

    @property
    def _path(self) -> Path:
        return typed_path(self.query_one("#upload-path", Input).value)

    @property
    def _said(self) -> Said:
        return replace(self._form.said, columns=self._columns)

    @on(PathField.Offered)
    def _offer(self, event: PathField.Offered) -> None:
        event.stop()
        if self._taken is None:
            names = "  ".join(event.names[:_OFFERED]) + ("  …" if len(event.names) > _OFFERED else "")
            self.query_one("#upload-taken", Static).update(plain(names or _INVITATION))

    @on(Input.Changed, "#upload-path")
    def _change_path(self, event: Input.Changed) -> None:
        event.stop()
        if self._path_read and event.value.strip() != self._path_read:
            self._path_read = ""
            self._columns = {}
            self.workers.cancel_group(self, "upload")
            self._form.clear()
            self.query_one("#upload-mapping", Field).value = ""
            self._show(None, (), None)
            self.company.clear_message()  # it was about another file

    @on(PathField.Taken)
    def _take_path(self, event: PathField.Taken) -> None:
        event.stop()
        if not event.path:
            self.say("! Enter the path of a file first.")
            return
        self._path_read = event.path
        self._read(lead=True)

    @on(Field.Left, "#upload-path")
    def _leave_path(self, event: Field.Left) -> None:
        if event.value and not event.wrong and event.value != self._path_read:
            self._path_read = event.value
            self._read()

    @on(FileForm.Changed)
    def _change(self, event: FileForm.Changed) -> None:
        event.stop()
        if wrong := self._form.wrong():
            self.say(f"! {wrong}")
        elif self._path_read:
            self._read(lead=event.leads and event.option in self._form.needed)

    @on(Table.RowSelected, "#upload-columns")
    def _pick(self, event: Table.RowSelected) -> None:
        event.stop()
        taken = self._taken
        if taken is None or not taken.is_table:
            self.say("! This form says what its columns are: they cannot be changed.")
            return
        column = taken.series[event.row]

        def picked(meaning: str | None) -> None:
            if meaning is None or meaning == column.role:
                return
            if column.number:
                columns = file_columns.columns_with(taken, column.number, meaning)
                self._columns = file_columns.with_series_of(taken, self._columns, columns)
            else:
                self._columns = file_columns.columns_with_series(taken, self._columns, column.name, meaning)
            self._read(lead="columns" in self._form.needed)

        if not column.number:
            picking = PickScreen(f"series {column.name}", file_columns.SERIES_MEANINGS, column.role)
        else:
            typed = partial(file_columns.typed_register, taken)
            title = f"column {column.name}: type a meter to take it for that"
            picking = PickScreen(title, file_columns.MEANINGS, column.role, typed)
        self.app.push_screen(picking, picked)

    # -- what is shown -----------------------------------------------------------------------------------------

    def _show(self, taken: Taken | None, needs: tuple[Need, ...], importing: FileImport | None) -> None:
        """Show what the file is taken for, what is needed, and what it would add."""
        self._taken, self._needs, self._planned = taken, needs, importing
        report = None if importing is None else importing.report
        self.query_one("#upload-taken", Static).update(
            plain(_INVITATION if taken is None else file_views.taken_line(taken))
        )
        self._form.show_taken(taken, needs)
        asked = any(need.option == "columns" for need in needs)
        columns = [] if taken is None else [file_columns.cells_of(each, asked=asked) for each in taken.series]
        table = self.query_one(ColumnTable)
        table.is_fixed = taken is not None and not taken.is_table
        table.show_rows(len(columns), lambda start, stop: columns[start:stop], max(0, table.cursor_row))
        known = taken is not None
        for selector in ("#upload-form", "#upload-buttons"):
            self.query_one(selector).set_class(not known, "hidden")
        table.set_class(not columns, "hidden")
        self._report.show_report(report)
        store = self.query_one("#upload-store", Button)
        store.disabled = report is None or bool(needs) or not adds(report)
        store.variant = "default" if store.disabled else "primary"
        self.refresh_bindings()

    def action_view(self) -> None:
        """Show the next list."""
        self._report.show_next()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the lists where there are any, to cancel what is under way, and else the way back to the path."""
        if action in ("view", "next_step"):
            return self._report.has_rows if action == "view" else self._taken is not None
        if action == "other":
            return self._work is None and self._taken is not None and not self.query_one("#upload-path").has_focus
        return self._work is not None if action == "cancel" else super().check_action(action, parameters)

    # -- work --------------------------------------------------------------------------------------------------

    @work(exclusive=True, group="upload")
    async def _read(self, *, lead: bool = False) -> None:
        """Read the file as it is said; `lead` to what is needed next, unless the focus has moved on meanwhile."""
        said, replaces, before = self._said, self._form.replaces, self.screen.focused
        under_way = self._begin("Reading", "reading the file")
        try:
            importing = await self.headend.imports.plan(
                [self._path],
                None,
                partial(self._show_share, under_way),
                said=said,
                replaces=replaces,
                tell_rows=partial(self._show_rows, under_way, "reading the file"),
            )
        except NotSaid as error:
            self._show(error.taken or Taken("", ""), error.needs, None)
            self.say("Needed: " + "; ".join(need.question() for need in error.needs))
            self._lead(lead, before)
            return
        except MeterError as error:
            self._show(self._taken, self._needs, None)
            self.say(f"! {error}")
            return
        except asyncio.CancelledError:
            if self.is_mounted and under_way.cancelled:
                self.say("Cancelled. Nothing was written.")
            raise
        finally:
            self._end(under_way)
        self._planned_is(importing)
        self._lead(lead, before)

    def _planned_is(self, importing: FileImport) -> None:
        report = importing.report
        taken = importing.taken.get(self._path.name) or Taken("", "")
        needs = (Need("max_kw", fact=report.too_high, give=""),) if report.too_high else ()
        self._show(taken, needs, importing)
        left_out = [note for note in report.notes.get(self._path.name, []) if note not in taken.sentences()]
        if needs:
            self.say(f"! {report.too_high}")
        elif adds(report):
            also = " and close the day, which puts them into the archive" if importing.new_reads else ""
            self.say(". ".join([f"Nothing is written yet. Press Store to store it{also}", *map(_sentence, left_out)]))
        elif report.different:
            differ = (
                f"{fmt.counted(report.different, 'interval')} of it {'differs' if report.different == 1 else 'differ'}"
            )
            self.say(f"{differ} from what is stored, and nothing is new. Choose different: replaced to take it.")
        elif report.refused:
            self.say(f"! Nothing of it can be stored: {fmt.counted(report.refused, 'row')} refused. Odd lines say why.")
        else:
            self.say("This file contains nothing new.")

    def _lead(self, lead: bool, before: object) -> None:
        """Move the focus to what is next."""
        focused = self.screen.focused
        if lead and self.is_running and (focused is before or isinstance(focused, Button) or focused is None):
            self.action_next_step()

    def action_next_step(self) -> None:
        """Move the focus to the first field that is needed, to Store, or to what one can do where nothing is stored."""
        store, needed = self.query_one("#upload-store", Button), self._form.needed
        if needed[:1] == ("columns",):
            table = self.query_one("#upload-columns", Table)
            table.move_cursor(file_columns.first_unknown(self._taken))
            table.focus()
        elif needed:
            self._form.focus_on(needed[0])
        elif not store.disabled:
            store.focus()
        elif self._planned is not None and self._planned.report.different:
            self._form.focus_on(REPLACES)
        else:
            self.action_other()

    def action_other(self) -> None:
        """Move the focus to the path, for another file; what is said of this one stays until then."""
        self.query_one("#upload-path").focus()

    @on(Button.Pressed, "#upload-store")
    @work(exclusive=True, group="upload")
    async def _store(self) -> None:
        importing = self._planned
        if importing is None:
            return
        self._planned = None
        self.query_one("#upload-store", Button).disabled = True
        under_way = self._begin("Storing", "storing")
        under_way.kept = _KEPT
        try:
            store = self.headend.imports.store(
                *(importing, self._path.name, self.who, partial(self._show_share, under_way)),
                tell_rows=partial(self._show_rows, under_way, "storing"),
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
            self._end(under_way)
        self._report.show_report(report, stored=True)
        self.query_one("#upload-path").focus()
        what = "new interval" if importing.has_intervals and not importing.new_reads else "new reading"
        closed = "; the day was closed, and they are in the archive" if importing.new_reads else ""
        replaced = f", {fmt.count(report.replaced)} replaced" if report.replaced else ""
        self.say(f"{self._path.name}: {fmt.counted(report.new, what)} stored{replaced}{closed}")

    @on(Field.Left, "#upload-mapping")
    @work(exclusive=True, group="mapping")
    async def _save(self, event: Field.Left) -> None:
        """Save what is said as a mapping."""
        if not event.value:
            return
        try:
            mapping = await self.headend.imports.mapping_of(self._path, event.value, self._said)
            await self.headend.imports.save_mapping(mapping, self.who)
        except MeterError as error:
            self.say(f"! {error}")
            return
        self.say(f"Kept as mapping {event.value}: the next file with these columns is known by it.")

    @on(Button.Pressed, "#upload-cancel")
    def action_cancel(self) -> None:
        """Cancel what is under way."""
        if self._work is not None:
            self._work.cancel()

    def _begin(self, doing: str, what: str) -> Work:
        """Begin work, which cancelling ends with its worker, unless it outlasts that."""
        if self._work is not None:
            self.works.end(self._work)
        work = self._work = self.works.begin(
            f"{doing} {self._path.name}",
            self.company.place,
            lambda: self.workers.cancel_group(self, "upload"),
        )
        self._say_done(what, "")
        self.query_one("#upload-progress").remove_class("hidden")
        self.query_one("#upload-buttons").remove_class("hidden")
        self.query_one("#upload-store", Button).disabled = True
        self.query_one("#upload-cancel", Button).disabled = False
        self._show_share(work, 0.0)
        return work

    def _show_share(self, work: Work, share: float) -> None:
        work.share = share
        if self.is_running:
            for bar in self.query(ProgressBar):  # none if the screens have failed meanwhile
                bar.update(progress=share)

    def _show_rows(self, work: Work, what: str, rows: int) -> None:
        """Say how many rows are done, while the screen is in view."""
        if self.is_running and self._work is work and not work.cancelled:
            self._say_done(what, f"{fmt.counted(rows, 'row')}. ")

    def _say_done(self, what: str, done: str) -> None:
        self.say(f"{self._path.name}: {what} … {done}You can go to another screen meanwhile.")

    def _end(self, work: Work) -> None:
        self.works.end(work)
        if self._work is not work:
            return  # the next has begun
        self._work = None
        if self.is_mounted:
            self.query_one("#upload-progress").add_class("hidden")
            self.query_one("#upload-cancel", Button).disabled = True


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
