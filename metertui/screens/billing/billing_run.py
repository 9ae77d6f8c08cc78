"""The billing run window: computes all bills of a month, writes them to a file and issues them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import ClassVar, Final

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, ProgressBar, Static

from metertui.engine.base import Progress, SiteZone, month_bounds
from metertui.engine.billing import BillingRun
from metertui.engine.errors import MeterError
from metertui.formats import resolve_output, write_run
from metertui.screens.fields import Field, labelled, refused_by, typed_path
from metertui.screens.shell import Cancelled, LastingWindow, Steady, Work, as_operator
from metertui.screens.terminal import ink
from metertui.text import fmt, messages, plain, time_labels

_ISSUE: Final = "issue"
"""Stands for the issue of bills where it is to be confirmed."""
_ISSUING: Final = "The bills are being issued, which cannot be cancelled."


class BillingRunScreen(LastingWindow):
    """The billing run. It computes in a worker, also while another screen is shown.

    Escape cancels the work, and closes the window if there is none.
    """

    place = "billing"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Close"),
        Binding("y", "confirm", "Confirm", show=False),
    ]

    def __init__(self, month: str) -> None:
        super().__init__()
        self._month = month
        self._run: BillingRun | None = None
        self._basis: object = None
        """What the run was calculated from; None where nothing is shown of it."""
        self._busy = False
        self._proposed = _file_name(month)
        self._sure = ""
        """What is to be confirmed: _ISSUE, or the file to replace; empty if nothing."""
        self._work = Work("the billing run")

    def compose(self) -> ComposeResult:
        with Vertical(id="billing-run", classes="window"):
            yield Static(Text("Billing run", style="bold"), classes="window-title")
            check = refused_by(lambda text: month_bounds(text, self.zone))
            yield labelled("month", Field(self._month, id="run-month", compact=True, check=check))
            yield labelled("file", Field(self._proposed, id="run-file", compact=True, check=refused_by(_check_file)))
            yield Steady(id="run-folder")
            with Horizontal(id="run-buttons"):
                yield Button("Calculate", id="run-calculate", compact=True)
                yield Button("Write file", id="run-write", compact=True)
                yield Button("Issue", id="run-issue", compact=True)
            yield ProgressBar(total=100, show_eta=False, id="run-bar")
            yield Steady(id="run-said")
            yield Static(Text("tab moves · enter presses · escape cancels or closes", style="dim"))

    @property
    def busy(self) -> bool:
        return self._busy

    def on_mount(self) -> None:
        self.query_one("#run-bar").display = False
        self.query_one("#run-month").focus()
        self._show_folder()
        self._offer_next()
        read_only = self.read_only
        self.query_one("#run-issue", Button).disabled = bool(read_only)
        hint = "Calculate shows the totals of a month. Nothing is written or issued yet."
        self._say(hint, *([f"! {read_only}"] if read_only else ()))
        self.set_interval(0.25, self._draw)

    def on_unmount(self) -> None:
        # The widgets of a closed window refer to one another until a full garbage collection, which is rare.
        self._run = None

    def _draw(self) -> None:
        self.query_one("#run-bar", ProgressBar).update(progress=100 * self._work.share)
        if self._run is not None and not self._busy and self._basis != self.headend.engine.billing_basis():
            self._run, self._basis, self._sure = None, None, ""
            self._offer_next()
            self._say("Decisions, tariffs or issued bills have changed since. Press Calculate again.")

    def _say(self, *texts: str) -> None:
        said = messages(*map(fmt.with_moments, texts))
        for line in re.finditer(r"^[!▲] .*$", said.plain, re.MULTILINE):
            said.stylize(ink(self.app.theme_variables, "warning"), *line.span())
        self.query_one("#run-said", Steady).show(said)

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        """Let the proposed name of the file follow the month; what was to be confirmed is no longer asked for."""
        event.stop()
        self._drop_question()
        file = self.query_one("#run-file", Field)
        if event.input.id == "run-month" and file.value == self._proposed:
            with suppress(MeterError):  # the month is being typed
                self._proposed = file.value = _file_name(self._month_typed())
        self._show_folder()

    def _show_folder(self) -> None:
        """Say in which folder the file will be; what is wrong with its name stands below the field."""
        file = self.query_one("#run-file", Field)
        there = "" if file.wrong or not file.value.strip() else f"in {_path(file.value.strip()).parent}"
        self.query_one("#run-folder", Steady).show(plain(there))

    def _offer_next(self) -> None:
        """Let the button of the next step stand out; the focus stays, so that a second enter does nothing new."""
        for name, is_next in (("calculate", self._run is None), ("write", self._run is not None)):
            self.query_one(f"#run-{name}", Button).variant = "primary" if is_next else "default"

    # -- requests --------------------------------------------------------------------------------------------

    @on(Button.Pressed)
    def _asked(self, event: Button.Pressed) -> None:
        event.stop()
        if self._busy:
            self._say("A run is in progress. Press escape to cancel it." if self._work.can_cancel else _ISSUING)
        else:
            sure, self._sure = self._sure, ""
            work: dict[str, Callable[[], object]] = {
                "run-calculate": self._calculate,
                "run-write": lambda: self._write(sure),
                "run-issue": lambda: self._issue(sure),
            }
            as_operator(self.app, "a billing run", work[str(event.button.id)])

    def action_confirm(self) -> None:
        """Do what was asked about, as a second press of its button does."""
        if self._sure and not self._busy:
            self.query_one("#run-issue" if self._sure == _ISSUE else "#run-write", Button).press()

    def _drop_question(self) -> bool:
        """Leave undone what was to be confirmed; return whether there was anything."""
        sure, self._sure = self._sure, ""
        if sure:
            self._say("No bill was issued." if sure == _ISSUE else "No file was written.")
        return bool(sure)

    def action_back(self) -> None:
        """Cancel the work under way, leave undone what was to be confirmed, or close the window."""
        if not self._busy:
            if not self._drop_question():
                self.dismiss()
        elif self._work.can_cancel:
            self._work.cancel()
        else:
            self._say(_ISSUING)

    def _month_typed(self) -> str:
        """Return the month in the field. Raises MeterError if it is not valid."""
        month = self.query_one("#run-month", Field).value.strip()
        month_bounds(month, SiteZone("UTC"))
        return month

    # -- the work ----------------------------------------------------------------------------------------------

    def _begin(self, what: str = "The billing run", *, can_cancel: bool = True) -> Progress:
        """Return the progress callback for a new piece of work. It raises Cancelled once the work is cancelled."""
        self._busy = True
        self._work = self.works.begin(what, self.place, can_cancel=can_cancel)
        self.query_one("#run-bar").display = True
        return self._work.report_progress

    def _end(self) -> None:
        self._busy = False
        self.works.end(self._work)
        self.query_one("#run-bar").display = False
        self._offer_next()

    @work(exclusive=True, group="run")
    async def _calculate(self) -> None:
        await self._calculated_run()

    async def _calculated_run(self) -> BillingRun | None:
        """Compute and return the run of the month. Show the reason and return None if that is not possible."""
        progress = self._begin()
        try:
            month = self._month_typed()
            self._say(f"Calculating the bills of {time_labels.month(month)} … You can go to another screen meanwhile.")
            basis = self.headend.engine.billing_basis()
            run = await self.headend.billing.compute_run(month, progress)
        except Cancelled:
            self._say("Cancelled; nothing was written.")
        except MeterError as error:
            self._say(f"! {error}")
        else:
            self._say(*summary_lines(run))
            self._run, self._basis = run, basis
            return run
        finally:
            self._end()
        return None

    @work(exclusive=True, group="run")
    async def _write(self, sure: str) -> None:
        name = self.query_one("#run-file", Field).value.strip()
        if not name:
            self._say("! Enter a file name.")
            return
        path = _path(name)
        if path.exists() and sure != str(path):
            self._sure = str(path)
            self._say(
                f"! {path} exists already. Replace it? What it has is lost; another name keeps it.",
                "y or Write file again replaces it · escape leaves it",
            )
            return
        run = await self._calculated_run()
        if run is None:
            return
        progress = self._begin()
        try:
            await asyncio.to_thread(write_run, run, path, progress)
        except Cancelled:
            self._say("Cancelled; no file was written.")
        except MeterError as error:
            self._say(f"! {error}")
        else:
            self.headend.audit(self.who, "export", str(path), f"{run.count_sentence()} of {run.month}")
            self._say(f"Written to {path}.", *summary_lines(run))
        finally:
            self._end()

    @work(exclusive=True, group="run")
    async def _issue(self, sure: str) -> None:
        if sure != _ISSUE or self._run is None:
            run = await self._calculated_run()
            if run is not None and month_bounds(run.month, self.zone)[1] > self.headend.engine.clock.now():
                self._say(*summary_lines(run), f"! {time_labels.month(run.month)} is not over: no bill can be issued.")
            elif run is not None and run.new + run.changes:
                self._sure = _ISSUE
                self._say(*_issue_question(run), *summary_lines(run))  # what may be cut comes last
            elif run is not None:
                self._say(*summary_lines(run), "There is nothing to issue.")
            return
        run, self._run = self._run, None
        self._begin(f"Issuing the bills of {time_labels.month(run.month)}", can_cancel=False)
        self._say(_ISSUING)
        try:
            issued = _issued_by(run)
            await self.works.outlast(self._work, self.headend.billing.issue(run, self.who))
        except MeterError as error:
            self._say(f"! Not issued: {error}")
        else:
            self._say(f"Issued: {issued}.")
        finally:
            self._end()


def _issued_by(run: BillingRun) -> str:
    """Return what a run issues, as a subject."""
    adjusted = f" and {fmt.counted(run.changes, 'adjustment')} of earlier bills" if run.changes else ""
    return f"{fmt.counted(run.new_with_data, 'bill')} of {time_labels.month(run.month)}{adjusted}"


def _issue_question(run: BillingRun) -> tuple[str, str]:
    """Return what the issue of a run will do and whether it can be undone, and the keys that answer."""
    return (
        f"Issue {_issued_by(run)}? They cannot be withdrawn; what changes later is an adjustment in the next run.",
        "y or Issue again issues them · escape issues nothing",
    )


def _file_name(month: str) -> str:
    return f"bills-{month}.csv"


def _path(name: str) -> Path:
    return typed_path(name)


def _check_file(name: str) -> None:
    """Raise MeterError for a name under which no file can be written."""
    path = _path(name)
    resolve_output(path)
    if not path.parent.is_dir():
        raise MeterError(f"there is no folder {path.parent}")
    if path.is_dir():
        raise MeterError(f"{path} is a folder")


def summary_lines(run: BillingRun) -> tuple[str, ...]:
    """Return the bills and adjustments of a run, its totals and doubts, and the months that stay without bills."""
    issued, doubtful = run.with_data - run.new_with_data, run.doubtful
    are = "is" if doubtful == 1 else "are"
    doubt = f"▲ {fmt.counted(doubtful, 'bill')} {are} in doubt: readings are missing or not counted."
    return (
        f"{time_labels.month(run.month)}: {run.count_sentence()}, {fmt.count(issued)} already issued; "
        f"{fmt.counted(run.changes, 'adjustment')} to issue.",
        fmt.reason(f"Total: {run.summary()}"),
        *([doubt] if doubtful else []),
        *([f"▲ {gap}."] if (gap := run.gap_sentence()) else []),
        *(f"! {fmt.for_people(sentence)}" for sentence in filter(None, [*run.unissued(), run.waiting_sentence()])),
    )
