"""The company screen: accounts, readings by hand and by file, the day close, staff and the audit log."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, TabbedContent

from metertui.engine.core import LiveSnapshot
from metertui.screens.company.account_form import FormTab
from metertui.screens.company.accounts import AccountsTab
from metertui.screens.company.audit_trail import TrailTab
from metertui.screens.company.day_close import CloseTab
from metertui.screens.company.file_import import UploadTab
from metertui.screens.company.manual_reading import ReadingTab
from metertui.screens.company.staff import StaffTab
from metertui.screens.company.tab import Tab
from metertui.screens.fields import SearchField
from metertui.screens.shell import GatedScreen

_TABS: tuple[type[Tab], ...] = (AccountsTab, FormTab, ReadingTab, UploadTab, CloseTab, StaffTab, TrailTab)


class CompanyScreen(GatedScreen):
    """The work of operators, a tab and a module for each subject."""

    place = "company"
    roles = ("operator",)
    help_text = (
        "A digit opens a tab, unless a field has the focus; ctrl and the arrow keys do so everywhere. Accounts: type "
        "part of an id, address, postcode, region or sub-region. Enter goes to the table, and there opens an account; "
        "l looks its meter up, b shows its bill, x its exceptions, i enters a reading of it. n, or ctrl+n in a field, "
        "begins a new account. Last 7 days is the usage of the seven days before today, from 0 to the highest of "
        "its row, or from the lowest if that is above half of it; "
        "there is no bar where readings are missing or too far apart to tell. Form: register an account, or "
        "change one from now or from a past day; earlier usage keeps its region and type. The readings of a "
        "deactivated meter are refused; its history remains. Reading: find a meter as in Lookup and store a reading "
        "of it by hand. In each form, tab and enter go to the next field, and enter presses the button that is "
        "chosen. File: enter the path of a file of readings or of energy per interval; tab completes it. What it is "
        "taken for stands in its columns, enter changes one, also to a meter that is typed; ▲ marks what must be said, "
        "ctrl+g goes there, then to "
        "Store. m goes through its first rows, its totals by month, and what is refused, differs or is suspect. A "
        "name under mapping keeps all this for next month's file. Day close: write the log to day files while ingest "
        "continues. Staff: who may log in. Audit log: who did what. Everything done here is recorded there with your "
        "name."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        # Handled before the table: the next of several keys that arrive together must find the focus in the field.
        Binding("slash", "seek", "Filter", key_display="/", priority=True),
        Binding("ctrl+left", "tab(-1)", "Previous tab", key_display="^←", priority=True, show=False),
        Binding("ctrl+right", "tab(1)", "Tab", key_display="^←→", tooltip="Next tab", priority=True),
        *(Binding(tab.key, f"open_tab('{tab.name_of}')", tab.heading, show=False) for tab in _TABS),
    ]

    def inside(self) -> ComposeResult:
        with TabbedContent(initial=_TABS[0].name_of, id="company-tabs"):
            for tab in _TABS:
                yield tab()

    _wanted = ""
    _brought = ""
    """A meter whose reading is to be entered."""

    def open_tab_next(self, tab: str) -> None:
        """Open a tab by its name when the screen is next shown."""
        self._wanted = tab

    def action_open_tab(self, tab: str) -> None:
        """Open a tab by its name, after the login where nobody is logged in."""
        if self._open:
            self.clear_message()  # it belongs to the tab before
        self._wanted = tab
        self._open_wanted_tab()

    def on_screen_resume(self) -> None:
        self.call_after_refresh(self._open_wanted_tab)

    def _open_wanted_tab(self) -> None:
        if self._wanted and self._open:
            self._open_tab(self._wanted)
            self._wanted = ""
            self._take_brought()

    def entered(self) -> None:
        self.query("#inside .buttons").set(disabled=bool(self.read_only))
        self._open_tab(self._wanted or _TABS[0].name_of)
        self._wanted = ""
        self._take_brought()
        self.say(f"Logged in as {self.who}. F9 logs out.", passes=True)
        # Later: a screen is laid out twice when it is shown, and a full table would be drawn both times.
        self.call_after_refresh(self.accounts_changed)

    def show_live(self, snapshot: LiveSnapshot) -> None:
        super().show_live(snapshot)
        self._tab.show_live(snapshot)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to filter where a table is filtered by a field above it."""
        if action == "seek":
            return self._open and not isinstance(self.focused, Input) and bool(self._tab.query(SearchField))
        return super().check_action(action, parameters)

    def action_seek(self) -> None:
        """Go to the field that filters the table."""
        self.set_focus(self._tab.query_one(SearchField))

    def action_tab(self, step: int) -> None:
        """Open the previous or the next tab."""
        names = [tab.name_of for tab in _TABS]
        self.action_open_tab(names[(names.index(self.query_one(TabbedContent).active) + step) % len(names)])

    def take_meter(self, meter: str, month: str = "") -> None:
        """Open the form of a reading with a meter in it, after the login where nobody is logged in."""
        self._wanted, self._brought = ReadingTab.name_of, meter

    def _take_brought(self) -> None:
        if self._brought:
            self.query_one(ReadingTab).take_meter(self._brought)
            self._brought = ""

    def begin_account(self) -> None:
        """Open the form, emptied, for an account that is not there yet."""
        self._open_tab(FormTab.name_of)
        self.query_one(FormTab).begin_account()

    def enter_reading(self, meter: str) -> None:
        """Open the form of a reading with a meter in it."""
        self._open_tab(ReadingTab.name_of)
        self.query_one(ReadingTab).take_meter(meter)

    def open_account(self, meter: str) -> None:
        """Show an account in the form."""
        self._open_tab(FormTab.name_of)
        self.query_one(FormTab).show_account(meter)

    def accounts_changed(self) -> None:
        """Update the tabs after a change of an account."""
        self.query_one(AccountsTab).reload()
        self.query_one(FormTab).check()

    @property
    def _tab(self) -> Tab:
        return self.query_one(f"#{self.query_one('#company-tabs', TabbedContent).active}", Tab)

    def _open_tab(self, name: str) -> None:
        self.query_one("#company-tabs", TabbedContent).active = name
        first = self.query_one(self._tab.first)
        self.set_focus(first if first.focusable else None)  # at once: the next key may be for the tab
        self._tab.entered()

    @on(TabbedContent.TabActivated, "#company-tabs")
    def _refresh_tab(self) -> None:
        self._tab.show_live(self.headend.live())
