"""The tariff window: a table of the tariffs with their periods, and an editor that validates the text as it changes."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Final

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import ContentSwitcher, Static, TextArea

from metertui.engine.billing import CHANNEL, COLUMNS, ENERGY, Band, Tariffs, clock, decimals, tariffs, with_tax
from metertui.engine.errors import DataError, MeterError
from metertui.engine.storage import durable
from metertui.screens.billing.tariff_periods import count_line, gaps
from metertui.screens.shell import OnDesk, Steady, as_operator
from metertui.screens.tables import Column, Listing, Row
from metertui.screens.terminal import ThriftyModal
from metertui.text import fmt, messages

_NONE: Final = (
    "There is no tariffs.csv yet, so bills have usage and no amounts. Press w to create one. A row for the whole day "
    "looks like 2025-04-01,,,,,28.12,9, and after its last comma may name the channel that it prices, such as export"
)
_NEW: Final = ",".join((*COLUMNS, CHANNEL)) + "\n"
"""The content of a file that there is not yet."""
_PURPOSE: Final = "changing tariffs"
_DRAFT: Final = "tariffs"
_HEADINGS: Final = (
    "from", "for", "band", "=times", ">¢/kWh", ">tax %", Column("with tax", 8, right=True, spare=True), "until"
)  # fmt: skip
"""Without room for all, the price with tax is left out, as it follows from the rest."""


class TariffScreen(OnDesk, ThriftyModal[None]):
    """The tariffs. Everyone may see them; an operator may change them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Close"),
        Binding("w", "edit", "Edit"),
        Binding("ctrl+s", "save", "Save", priority=True),
    ]

    def __init__(self, since: date | None = None) -> None:
        """`since`: the first day with readings, if it is known; days from then on that have no price are named."""
        super().__init__()
        self._since = since
        self._path = self.headend.engine.tariffs.path
        self._before: bytes | None = None
        self._wrong = self._note = ""
        self._leaving = False
        self._listed: object = None

    def compose(self) -> ComposeResult:
        with Vertical(id="tariffs", classes="window"):
            yield Static(Text("Tariffs", style="bold"), classes="window-title")
            with ContentSwitcher(initial="tariff-list", id="tariff-views"):
                yield Listing(_HEADINGS, most=1000, enter="", id="tariff-list")
                yield TextArea("", show_line_numbers=True, soft_wrap=False, tab_behavior="focus", id="tariff-text")
            yield Steady(id="tariff-said")
            yield Steady(id="tariff-keys")

    def on_mount(self) -> None:
        self._list()
        self.set_interval(1, self._follow)

    def _follow(self) -> None:
        """Show the table again when the file has changed, unless someone is editing it."""
        if not self._editing and self._listed != self._stamp():
            self._list()

    def _stamp(self) -> object:
        return self.headend.engine.billing_basis()

    @property
    def _editing(self) -> bool:
        return self.query_one("#tariff-views", ContentSwitcher).current == "tariff-text"

    def _list(self) -> None:
        """Show the table."""
        self._listed = self._stamp()
        self.query_one("#tariff-views", ContentSwitcher).current = "tariff-list"
        edits = "" if self.read_only else "w edits · "
        self.query_one("#tariff-keys", Steady).show(Text(f"↑ ↓ move · {edits}esc closes", style="dim"))
        listing = self.query_one("#tariff-list", Listing)
        listing.focus()
        try:
            found = self.headend.engine.tariffs.current()
        except MeterError as error:
            self._say(f"! {error}")
            listing.show([])
            return
        if found is None:
            self._say(_NONE)
        else:
            today = self.zone.day(self.headend.engine.clock.now())
            types = {group.apartment_type for group in self.headend.engine.directory.groups}
            missing = [f"▲ {gap}" for gap in gaps(found, types, self._since)]
            self._say(f"{count_line(found)} (● in force today)", *missing)
            listing.show(rows(found, today))

    def _say(self, *texts: str) -> None:
        self.query_one("#tariff-said", Steady).show(messages(*map(fmt.with_moments, texts)))

    def action_edit(self) -> None:
        """Open the editor with the content of the file."""
        if self.read_only:
            self._say(f"! {self.read_only}")
        elif not self._editing:
            as_operator(self.app, _PURPOSE, self._edit)

    def _edit(self) -> None:
        try:
            self._before = durable.read_data_file(self._path)
        except MeterError as error:
            self._say(f"! {error}")
            return
        stored, draft = self._stored_text(), self.desk.drafts.of(_DRAFT)
        self._note = ""
        if draft:
            self._note = "Your changes that were not saved are here again."
            if draft["before"] != stored:
                self._note = "! The file has changed since these changes were typed: saving them replaces it."
        editor = self.query_one("#tariff-text", TextArea)
        editor.load_text(draft.get("text", stored))
        self.query_one("#tariff-views", ContentSwitcher).current = "tariff-text"
        self.query_one("#tariff-keys", Steady).show(Text("^s saves · esc discards", style="dim"))
        editor.focus()
        editor.move_cursor(editor.document.end)
        self._leaving = False
        self._check()

    def _stored_text(self) -> str:
        """Return the content of the file as text, or the header if there is none."""
        if self._before is None:
            return _NEW
        return self._before.decode("utf-8-sig", "replace").replace("\r\n", "\n")

    @on(TextArea.Changed, "#tariff-text")
    def _changed(self) -> None:
        self._leaving = False
        if self._editing:
            self._check()
            text, drafts = self.query_one("#tariff-text", TextArea).text, self.desk.drafts
            if text != self._stored_text():  # an F key closes the window
                drafts.note(_DRAFT, "before", drafts.of(_DRAFT).get("before", self._stored_text()))
                drafts.note(_DRAFT, "text", text)

    def _check(self) -> None:
        """Validate the text, and show the first error or the number of tariffs."""
        try:
            found = tariffs.parse_tariffs(self._typed(), self._path)
        except DataError as error:
            self._wrong = f"line {error.line}: {error.reason}" if error.line else error.reason
            self._say(f"! {self._wrong}", *filter(None, [self._note]))
            return
        self._wrong = ""
        self._say(f"Valid: {count_line(found)}.", *filter(None, [self._note]))

    def _typed(self) -> bytes:
        text = self.query_one("#tariff-text", TextArea).text
        return (text if text.endswith("\n") else f"{text}\n").encode()

    def action_save(self) -> None:
        """Save the text as the tariffs."""
        if not self._editing:
            return
        self._check()
        if self._wrong:
            self._say(f"! Not saved. {self._wrong[:1].upper()}{self._wrong[1:]}")
        else:
            as_operator(self.app, _PURPOSE, lambda: self._save(self._typed()))  # the login may have ended meanwhile

    @work(exclusive=True, group="save")
    async def _save(self, data: bytes) -> None:
        try:
            await self.headend.billing.save_tariffs(data, self._before, self.who)
        except MeterError as error:
            self._say(f"! Not saved: {error}")
            return
        self.desk.drafts.drop(_DRAFT)
        self._list()
        count = len(data.splitlines()) - 1
        begin = "applies from its date" if count == 1 else "apply from their dates"
        self._say(
            f"Saved. {fmt.counted(count, 'row')} {begin}. "
            "Bills not issued change at once; issued ones get an adjustment in the next run."
        )

    def action_back(self) -> None:
        """Leave the editor or close the window. Unsaved changes are only discarded at the second key press."""
        if not self._editing:
            self.dismiss()
        elif self._leaving or self._typed() == (self._before or _NEW.encode()):
            self.desk.drafts.drop(_DRAFT)
            self._list()
        else:
            self._leaving = True
            self._say("Not saved. Press ctrl+s to save, or escape again to discard the changes.")


def rows(found: Tariffs, today: date) -> list[Row]:
    """Return one row per band, the newest tariffs first. Those in force today are marked."""
    table: list[Row] = []
    every = (found, *found.channels.values())
    rates = [band for one in every for band in one.rates]
    cents, tax = decimals(band.price for band in rates), decimals(band.tax_percent for band in rates)
    places = [(one, place) for one in every for place in reversed(range(len(one.tariffs)))]
    for one, place in places:
        tariff, until = one.tariffs[place], one.last_day(place)
        mark = "● " if tariff.effective_from <= today and (until is None or today <= until) else "  "
        for at, band in enumerate(tariff.bands):
            cells = (
                f"{mark}{tariff.effective_from}",
                tariff.apartment_type or "all homes",
                " ".join(filter(None, (tariff.channel, band.name or "whole day"))),
                times(band),
                f"{band.price:.{cents}f}" + ("" if band.kind is ENERGY else f" / {band.kind.unit}"),
                f"{band.tax_percent:.{tax}f}",
                f"{with_tax(band.price, band.tax_percent):f}",
                "no end" if until is None else str(until),
            )
            table.append((f"{tariff.channel}.{place}.{at}", cells))
    return table


def times(band: Band) -> str:
    """Return the times of day of a band."""
    return ", ".join(f"{clock(begin)}–{clock(end)}" for begin, end in band.spans)
