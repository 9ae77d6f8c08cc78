"""Company: accounts, readings by hand and by file, the day close, staff, and who did what."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import TabbedContent

from metertui.engine.core import LiveSnapshot
from metertui.screens.company.account_form import FormTab
from metertui.screens.company.accounts import AccountsTab
from metertui.screens.company.audit_trail import TrailTab
from metertui.screens.company.day_close import CloseTab
from metertui.screens.company.file_import import UploadTab
from metertui.screens.company.manual_reading import ReadingTab
from metertui.screens.company.staff import StaffTab
from metertui.screens.company.tab import Tab
from metertui.screens.shell import GatedScreen

_TABS: tuple[type[Tab], ...] = (AccountsTab, FormTab, ReadingTab, UploadTab, CloseTab, StaffTab, TrailTab)


class CompanyScreen(GatedScreen):
    """What operators do, a file a tab."""

    place = "company"
    roles = ("operator",)
    explains = (
        "Accounts: type any part of an id, address or postcode; enter goes to the table, and there opens one. Form: "
        "register an account, or change one, from now on or from a day in the past; what was used before keeps its "
        "region and type. A deactivated meter's readings are refused and its history stays. Reading: store one by "
        "hand. File: see what a file would bring, then store it. Day close: the log becomes day files; ingest goes on "
        "meanwhile. Staff: who may log in. Audit trail: who did what; all that is done here stands there with your "
        "name."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+left", "tab(-1)", "Tab before", key_display="ctrl+←", priority=True),
        Binding("ctrl+right", "tab(1)", "Tab after", key_display="ctrl+→", priority=True),
    ]

    def inside(self) -> ComposeResult:
        with TabbedContent(initial=_TABS[0].name_of, id="company-tabs"):
            for tab in _TABS:
                yield tab()

    _wanted = ""

    def lead_to(self, tab: str) -> None:
        """Open a tab by its name when the screen comes into view."""
        self._wanted = tab

    def on_screen_resume(self) -> None:
        self.call_after_refresh(self._follow)

    def _follow(self) -> None:
        if self._wanted and self._open:
            self._open_tab(self._wanted)
            self._wanted = ""

    def entered(self) -> None:
        self._open_tab(self._wanted or _TABS[0].name_of)
        self._wanted = ""
        self.say(f"Logged in as {self.desk.sessions.email}. F9 logs out.")
        # Later: a screen that comes into view is laid out twice, and a full table would be drawn both times.
        self.call_after_refresh(self.accounts_changed)

    def show_live(self, snapshot: LiveSnapshot) -> None:
        super().show_live(snapshot)
        self._tab.show_live(snapshot)

    def action_tab(self, step: int) -> None:
        """The tab before or after."""
        self.hush()  # what was said was of the tab before
        names = [tab.name_of for tab in _TABS]
        self._open_tab(names[(names.index(self.query_one(TabbedContent).active) + step) % len(names)])

    # What its tabs ask of it, see tab.Company.

    def open_account(self, meter: str) -> None:
        """Take an account into the form."""
        self._open_tab(FormTab.name_of)
        self.query_one(FormTab).take(meter)

    def accounts_changed(self) -> None:
        """An account is new or another now."""
        self.query_one(AccountsTab).renew()
        self.query_one(FormTab).check()

    @property
    def _tab(self) -> Tab:
        return self.query_one(f"#{self.query_one('#company-tabs', TabbedContent).active}", Tab)

    def _open_tab(self, name: str) -> None:
        self.query_one("#company-tabs", TabbedContent).active = name
        self.set_focus(self.query_one(self._tab.first))  # at once: one may type on already
        self._tab.entered()

    @on(TabbedContent.TabActivated, "#company-tabs")
    def _came(self) -> None:
        self._tab.show_live(self.headend.live())
