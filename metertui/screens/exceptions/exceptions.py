"""The exceptions screen: the work list of cases that a person should look at and decide about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container

from metertui.engine.base import DAY, SECOND, Window
from metertui.engine.core import LiveSnapshot
from metertui.engine.worklist import MEAN_DAYS, MOST_ROWS, NEVER, ExceptionRow, Exceptions
from metertui.screens.decisions import CHOICES, ChoiceScreen
from metertui.screens.exceptions.case_filter import PAGE, CaseFilter
from metertui.screens.exceptions.case_list import FIRST, CaseList
from metertui.screens.exceptions.case_pane import CasePane
from metertui.screens.exceptions.deciding import DecidingScreen
from metertui.screens.exceptions.filter_lines import FilterLines
from metertui.screens.explain import ExplainScreen
from metertui.screens.tables import Listing
from metertui.text import fmt, keyed, stake_in_words, time_labels

_AGAIN_SECONDS: Final = 2.0
"""The shortest time between two refreshes of the list after a change."""
_AGAIN_ANYWAY: Final = 60.0
"""The time between two refreshes without a change: meters fall silent by themselves."""
_SHARE: Final = 5.0
"""The shortest pause before the next refresh, in multiples of the time that the last one took."""
_WIDE: Final = 110
"""The width from which the case is beside the list."""
_BROAD: Final = 150
"""The width from which it has nearly half of the screen."""


class ExceptionsScreen(DecidingScreen):
    """A work list: filters, a table of cases or of regions with silent meters, and the row under the cursor in full."""

    AUTO_FOCUS = ""  # Textual would focus the field for a meter, which is hidden, while the list is empty
    place = "exceptions"
    writes = frozenset({"choose", "choose_all", "decide", "undo"})
    help_text = (
        "Cases that a person should look at, those with the most energy at stake first: what a decision would move, or "
        "what is only estimated, priced by the meter's tariff of that time. Equal cases of a meter are one row with "
        "their number, which enter opens. Silent meters (2) are a list of their own, by region; i leads to "
        "the form that proposes an estimated reading of one. Beside the list, or below it, is "
        "the case under the cursor: the readings round it, and what each decision would change. "
        "Suspect: a reading that does not fit, until the next one decides. Reset: the register was exchanged, reset or "
        "rolled over. Rejected: a bad reading, not counted. Rounding: a meter that sends only readings a "
        "little below the counted register. Silent: an active meter without a reading for "
        "longer than silent_hours (24). Gap: a time between two counted readings that is longer than gap_hours (25). "
        "Drift: a meter clock that runs ahead. Conflict and refused: lines that were not stored. Everyone may look; a "
        "decision needs a login with the role operator. Space selects several cases, ctrl+a all that the filter "
        "finds, and enter lists the decisions that apply. A wrong reading is made void, or corrected (w): then "
        "another value stands in its place. Each decision shows its effect first, needs a reason, is recorded in "
        "events.csv and audit.log, and can be undone with u. Equal refused lines are one case, which accepting closes: "
        "later ones are another. s sorts by the next column, S reverses. ✓ marks a decided case, ✎ one with a note. A "
        "capital letter goes backwards: c is the next cause, C (shift+c) the previous one."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "list(False)", "Cases", tooltip="All cases but silent meters"),
        Binding("2", "list(True)", "Silent meters", tooltip="Silent meters by region"),
        Binding("space", "choose", "Select"),
        Binding("ctrl+a", "choose_all", "All", tooltip="Select all that the filter finds"),
        *(Binding(choice.key, f"decide('{what}')", choice.name, show=False) for what, choice in CHOICES.items()),
        Binding("u", "undo", "Undo"),
        Binding("l", "open('lookup')", "Lookup", show=False),
        Binding("b", "open('billing')", "Bill", show=False),
        Binding("i", "open('company')", "Reading", show=False, tooltip="Enter or estimate a reading by hand"),
        Binding("slash", "search", "Meter", key_display="/"),
        Binding("c", "cause(1)", "Cause", show=False, tooltip="Filter by the next cause"),
        Binding("C", "cause(-1)", "Previous cause", show=False),
        Binding("g", "region(1)", "Region", show=False, tooltip="Filter by the next region"),
        Binding("G", "region(-1)", "Previous region", show=False),
        Binding("o", "state", "Open or decided", show=False, tooltip="Filter by open, decided, or both"),
        Binding("p", "period", "Period", show=False, tooltip="Filter by the next period"),
        Binding("right_square_bracket", "page(1)", "Next page", key_display="]", show=False),
        Binding("left_square_bracket", "page(-1)", "Previous page", key_display="[", show=False),
        Binding("e", "explain", "Explain", show=False),
        Binding("ctrl+r", "reload", "Reload", show=False),
        Binding("escape", "back", "Back", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._offset = 0
        self._next = ""
        """The meter to show when the screen is shown next."""
        self._found: Exceptions | None = None
        self._whole: Exceptions | None = None
        """The same, when no row was opened."""
        self._rows: dict[str, ExceptionRow] = {}
        """The cases of the page shown, by row key."""
        self._chosen: dict[str, ExceptionRow] = {}
        """The selected cases of all pages."""
        self._before: tuple[str, int] = ("", 0)
        """The key of the row that was opened, and the page that it was on."""
        self._seen: tuple[object, ...] = ()
        """The state that the list shown is based on."""
        self._read_at = 0.0
        self._took = 0.0

    def content(self) -> ComposeResult:
        engine = self.headend.engine
        self._filter = CaseFilter(engine.rules, engine.clock)
        yield FilterLines(self._filter, id="filter-lines")
        with Container(id="work"):
            yield CaseList(id="cases-side")
            yield CasePane(id="case-side")

    @property
    def _lines(self) -> FilterLines:
        return self.query_one(FilterLines)

    @property
    def _list(self) -> CaseList:
        return self.query_one(CaseList)

    def take_meter(self, meter: str, month: str = "") -> None:
        self._next = meter

    def on_screen_resume(self) -> None:
        if self._next:
            self._filter.clear()
            self._filter.silent, self._filter.meter, self._next = False, self._next, ""
            self._lines.show_meter()
            self._offset = 0
        self._list.take_focus()
        self._load()

    def show_live(self, snapshot: LiveSnapshot) -> None:
        super().show_live(snapshot)
        due = snapshot.uptime - self._read_at
        news = self._seen != self.headend.worklist.basis()
        if due >= max(_AGAIN_SECONDS, _SHARE * self._took) and (news or due >= _AGAIN_ANYWAY):
            self._load()

    def on_resize(self) -> None:
        self.set_class(self.size.width >= _BROAD, "-broad")
        self._show_chosen()

    # -- reading the list ----------------------------------------------------------------------------------------

    def action_reload(self) -> None:
        """Load the list again."""
        self._load()

    @work(exclusive=True, group="exceptions")
    async def _load(self) -> None:
        clock = self.headend.engine.clock
        began = clock.monotonic()
        table = self._list.table_of(by_region=self._filter.by_region)
        self._filter.order, self._filter.reverse = table.order
        self._seen = self.headend.worklist.basis()
        self._read_at = self.headend.live().uptime
        found = await self.headend.worklist.exceptions(self._filter.question(self._offset))
        self._took = clock.monotonic() - began
        if (self._offset or self._filter.opened) and not found.rows:
            self._offset, self._filter.opened = 0, None  # the cases of this page, or of this row, were decided
            found = await self.headend.worklist.exceptions(self._filter.question(self._offset))
        self._show(found)

    def _load_first_page(self) -> None:
        """Load the list from its first page after a change of the filter."""
        self._offset = 0
        self._load()

    def _refilter(self) -> None:
        """Load the list after a change of what is listed, with no row opened."""
        self._filter.opened = None
        self._load_first_page()

    # -- showing it ------------------------------------------------------------------------------------------------

    def _show(self, found: Exceptions) -> None:
        self._found = found
        if self._filter.opened is None:
            self._whole = found
        self._rows = dict(keyed(found.rows))
        self._chosen = {key: self._rows.get(key, row) for key, row in self._chosen.items()}
        self._show_filter()
        silent = found.open_counts.get("silent", 0)
        nothing = self._filter.none(self.headend.worklist.count_meters(), self._started, silent)
        listed, done = self._filter, not self._filter.any and self._filter.opened is None
        self._list.show(self._rows, self._chosen, nothing, by_region=listed.by_region, done=done)
        self.refresh_bindings()
        self.query_one(CasePane).set_class(not found.rows, "hidden")
        if not self._lines.is_asking:
            self._list.take_focus()
        self._show_case()

    @property
    def _started(self) -> str:
        """Return the local time since which cases are looked for."""
        live = self.headend.live()
        return time_labels.in_full(self.zone.local(live.at - int(live.uptime) * SECOND), "half hour")

    def _show_filter(self) -> None:
        if self._found is not None:
            wide = self.size.width >= _WIDE
            self._lines.show(self._found, self._whole or self._found, self._offset, self._number_chosen, wide=wide)

    @on(Listing.RowHighlighted, "CaseTable")
    def _show_case(self) -> None:
        """Show the row under the cursor in full; the table may cut it."""
        elsewhere = self._chosen.keys() - {self._list.table.selected_key}
        selected = self._number_chosen if elsewhere else 0
        self.query_one(CasePane).show_row(self._list.under_cursor, self.members, selected)

    @property
    def _number_chosen(self) -> int:
        """Return how many cases the selected rows stand for."""
        return sum(row.count for row in self._chosen.values())

    async def members(self, row: ExceptionRow) -> Sequence[ExceptionRow]:
        """Return the cases that a row stands for."""
        if row.count == 1:
            return [row]
        found = await self.headend.worklist.exceptions(self._filter.cases_of(row, 0, MOST_ROWS))
        return found.rows

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the other list, and to select where there are rows."""
        if action in ("choose", "choose_all"):
            return bool(self._rows)
        if action == "list":
            return self._filter.opened is not None or parameters != (self._filter.silent,)
        return super().check_action(action, parameters)

    # -- conditions --------------------------------------------------------------------------------------------------

    def action_list(self, silent: bool) -> None:
        """List cases, or silent meters by region."""
        self._filter.silent, self._filter.opened = silent, None
        self._chosen.clear()
        self.clear_message()
        self._load_first_page()

    @on(Listing.Rearranged, "CaseTable")
    def _sort(self) -> None:
        """List the cases in another order; the cursor stays on its case, unless it is on the first one."""
        if self._list.table.cursor_row <= 0:
            self._list.want(FIRST)
        self._load_first_page()

    def action_cause(self, step: int) -> None:
        """Filter by the next or previous cause; silent meters have only one."""
        if self._filter.silent:
            return
        self._filter.other_cause(self._found.counts if self._found else (), step)
        self._refilter()

    def action_region(self, step: int) -> None:
        """Filter by the next or previous region."""
        self._filter.other_region(self._found.regions if self._found else (), step)
        self._refilter()

    def action_state(self) -> None:
        """Show open cases, decided ones, or both."""
        self._filter.other_state()
        self._refilter()

    def action_period(self) -> None:
        """Filter by the next period."""
        self._filter.other_period()
        self._refilter()

    def action_page(self, step: int) -> None:
        """Show the next or previous page."""
        total = self._found.total if self._found else 0
        wanted = self._offset + step * PAGE
        if 0 <= wanted < total:
            self._offset = wanted
            self._load()

    def action_search(self) -> None:
        """Open the field that filters by meter."""
        self._lines.ask()

    @on(FilterLines.MeterTyped)
    def _typed(self, event: FilterLines.MeterTyped) -> None:
        self._filter.meter = event.meter
        self._refilter()

    @on(FilterLines.Closed)
    def _end_search(self) -> None:
        self._list.take_focus()

    async def action_open(self, place: str) -> None:
        """Show the meter of the row under the cursor on another screen."""
        row = self._list.under_cursor
        if row is not None and row.known:
            await self.desk.open_meter(place, row.meter)
        elif row is not None:
            self.warn("No registered meter belongs to this case. Register it on F6, if it has an id.")

    async def action_back(self) -> None:
        """Leave the field, else clear the selection, else close what was opened, else go back or clear the filter."""
        if self._lines.is_asking:
            self._filter.meter = ""
        elif self._chosen:
            self._chosen.clear()
        elif self._filter.opened is not None:
            self._close_row()
            return
        elif await self.desk.go_back():
            return
        else:
            self._filter.clear()
            self._list.table.clear_arrangement()
        self._lines.show_meter()
        self._list.take_focus()
        self._load_first_page()

    # -- deciding ------------------------------------------------------------------------------------------------------

    def action_choose(self) -> None:
        """Select or deselect the row under the cursor, and go to the next."""
        table = self._list.table
        key = table.selected_key
        if key is None:
            return
        if key in self._chosen:
            del self._chosen[key]
        else:
            self._chosen[key] = self._rows[key]
        self._show_chosen()
        table.move_cursor(table.cursor_row + 1)

    @work(exclusive=True, group="choose all")
    async def action_choose_all(self) -> None:
        """Select all cases that the filter finds, of all pages, or deselect them if all are selected."""
        question = replace(self._filter.question(0), limit=MOST_ROWS)
        found = await self.headend.worklist.exceptions(question)
        every = dict(keyed(found.rows))
        if every.keys() <= self._chosen.keys():
            for key in every:
                del self._chosen[key]
        else:
            self._chosen |= every
            if found.total > len(every):
                self.say(f"The first {fmt.count(len(every))} of {fmt.count(found.total)} rows are selected.")
        self._show_chosen()

    def _show_chosen(self) -> None:
        self._list.mark(self._chosen)
        self._show_filter()
        self._show_case()

    def selected_rows(self) -> list[ExceptionRow]:
        """Return the selected rows, or the one under the cursor if none is selected."""
        row = self._list.under_cursor
        return list(self._chosen.values()) or ([] if row is None else [row])

    @on(Listing.RowSelected, "CaseTable")
    def _entered(self) -> None:
        row = self._list.under_cursor
        if row is not None and not self._chosen and (row.count > 1 or self._filter.by_region):
            self._open_row(row)
        elif row is not None:
            self.with_cases(self._offer_choices)

    def _offer_choices(self, rows: list[ExceptionRow]) -> None:
        self.app.push_screen(ChoiceScreen(rows), self._run_choice)

    def _open_row(self, row: ExceptionRow) -> None:
        """List the cases of a row one by one."""
        self._before = self._list.table.selected_key or "", self._offset
        self._filter.opened = row
        self._list.want(FIRST)
        self._load_first_page()

    def _close_row(self) -> None:
        """Go back from the cases of a row to that row."""
        self._filter.opened = None
        key, self._offset = self._before
        self._list.want(key)
        self._load()

    def _run_choice(self, what: str | None) -> None:
        if what == "undo":
            self.with_cases(lambda rows: self.undo([row.decided for row in rows if row.decided is not None]))
        elif what == "explain":
            self.action_explain()
        elif what is not None:
            self.action_decide(what)

    def after_decision(self) -> None:
        self._chosen.clear()
        self._load()

    def action_explain(self) -> None:
        """Explain what is at stake in the case under the cursor; of several, in the heaviest."""
        row = self._list.under_cursor
        if row is None:
            self.warn("There is no case to explain.")
        elif not row.known or row.time == NEVER:
            self.warn("This case has no reading, so there is nothing to explain.")
        elif row.count == 1:
            self._explain_case(row)
        else:
            self._explain_heaviest(row)

    @work(exclusive=True, group="members")
    async def _explain_heaviest(self, row: ExceptionRow) -> None:
        rows = await self.members(row)
        known = [case for case in rows if case.time != NEVER]
        if known and self.is_current:
            self._explain_case(max(known, key=lambda case: case.stake_wh or 0), len(rows))

    def _explain_case(self, row: ExceptionRow, of: int = 1) -> None:
        start, end = row.stake_time or (self.zone.midnight(self.zone.day(row.time - 1)), row.time)
        if row.cause == "silent":  # of the time since there is nothing to explain
            start, end = row.time - MEAN_DAYS * DAY, row.time
        about = stake_in_words(row, self.headend.engine.rules.currency, of)
        self.app.push_screen(ExplainScreen(row.meter, Window("case", start, end), about))
