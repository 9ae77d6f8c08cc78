"""The exceptions screen: the work list of cases that a person should look at and decide about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.widgets import Input, Static

from metertui.engine.base import SECOND, Window
from metertui.engine.core import LiveSnapshot
from metertui.engine.worklist import MOST_ROWS, NEVER, ExceptionRow, Exceptions
from metertui.screens.decisions import CHOICES, ChoiceScreen
from metertui.screens.exceptions.case_filter import PAGE, CaseFilter
from metertui.screens.exceptions.case_pane import CasePane
from metertui.screens.exceptions.deciding import DecidingScreen
from metertui.screens.explain import ExplainScreen
from metertui.screens.shell import Steady
from metertui.screens.tables import Listing
from metertui.screens.terminal import ink
from metertui.text import INKS, case_headings, cells, fmt, keyed, region_cells, region_headings, time_labels

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
_FIRST: Final = "first"
"""In place of the key of a row: keys have blanks."""


class CaseTable(Listing):
    """A page of cases, in which Enter decides about a row, or opens one that stands for several.

    The screen filters the cases of all pages, and has them by weight.
    """

    def __init__(self, headings: Sequence[str], spare: int = 0, **kwargs: Any) -> None:
        """Make an empty table; the last `spare` columns are left out where there is no room."""
        super().__init__(
            headings, most=PAGE, newest=False, inks=INKS, enter="Decide or open", filters=False, sorts=False, **kwargs
        )
        last = len(self._columns) - spare
        self._columns = tuple(replace(column, spare=place >= last) for place, column in enumerate(self._columns))


class ExceptionsScreen(DecidingScreen):
    """A work list: filters, a table of cases or of regions with silent meters, and the row under the cursor in full."""

    AUTO_FOCUS = ""  # Textual would focus the field for a meter, which is hidden, while the list is empty
    place = "exceptions"
    help_text = (
        "Cases that a person should look at, those with the most energy at stake first: what a decision would move, or "
        "what is only estimated, priced by the meter's tariff of that time. Equal cases of a meter are one row with "
        "their number, which enter opens. Silent meters (2) are a list of their own, by region. Beside the list, or "
        "below it, is the case under the cursor: the readings round it, and what each decision would change. "
        "Suspect: a reading that does not fit, until the next one decides. Reset: the register was exchanged, reset or "
        "rolled over. Rejected: a bad reading, not counted. Rounding: a meter that sends only readings a "
        "little below the counted register. Silent: an active meter without a reading for "
        "longer than silent_hours (24). Gap: a time between two counted readings that is longer than gap_hours (25). "
        "Drift: a meter clock that runs ahead. Conflict and refused: lines that were not stored. Everyone may look; a "
        "decision needs a login with the role operator. Space selects several cases, ctrl+a all that the filter "
        "finds, and enter lists the decisions that apply. A wrong reading is made void, or corrected (w): then "
        "another value stands in its place. Each decision shows its effect first, needs a reason, is recorded in "
        "events.csv and audit.log, and can be undone with u. Equal refused lines are one case, which accepting closes: "
        "later ones are another. ✓ marks a decided case, ✎ one with a note. A capital letter goes backwards: c is the "
        "next cause, C (shift+c) the previous one."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "list(False)", "Cases", show=False),
        Binding("2", "list(True)", "Silent meters", tooltip="Silent meters by region"),
        Binding("space", "choose", "Select"),
        Binding("ctrl+a", "choose_all", "All", tooltip="Select all that the filter finds"),
        *(Binding(choice.key, f"decide('{what}')", choice.name, show=False) for what, choice in CHOICES.items()),
        Binding("u", "undo", "Undo"),
        Binding("l", "open('lookup')", "Lookup", show=False),
        Binding("b", "open('billing')", "Bill", show=False),
        Binding("slash", "search", "Meter", key_display="/"),
        Binding("c", "cause(1)", "Cause", show=False, tooltip="Filter by the next cause"),
        Binding("C", "cause(-1)", "Previous cause", show=False),
        Binding("g", "region(1)", "Region", show=False, tooltip="Filter by the next region"),
        Binding("G", "region(-1)", "Previous region", show=False),
        Binding("o", "state", "Open or decided", show=False, tooltip="Filter by open, decided, or both"),
        Binding("s", "order", "Order", show=False, tooltip="By weight, or the newest first"),
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
        self._by_region = False
        """Whether the rows shown are regions."""
        self._rows: dict[str, ExceptionRow] = {}
        """The cases of the page shown, by row key."""
        self._chosen: dict[str, ExceptionRow] = {}
        """The selected cases of all pages."""
        self._before: tuple[str, int] = ("", 0)
        """The key of the row that was opened, and the page that it was on."""
        self._wanted = ""
        """The key of the row that the cursor goes to when the list has it, or _FIRST."""
        self._seen: tuple[object, ...] = ()
        """The state that the list shown is based on."""
        self._read_at = 0.0
        self._took = 0.0

    def content(self) -> ComposeResult:
        engine = self.headend.engine
        self._filter = CaseFilter(engine.rules, engine.clock)
        currency = engine.rules.currency
        yield Steady(id="conditions", fixed=True)
        yield Input(placeholder="part of a meter id; enter or escape closes", id="case-meter", compact=True,
                    classes="hidden")  # fmt: skip
        yield Steady(id="facets", fixed=True)
        with Container(id="work"):
            with Vertical(id="cases-side"):
                yield Static(id="no-cases", classes="hidden")
                yield CaseTable(case_headings(currency), spare=2, id="cases")
                yield CaseTable(region_headings(currency), id="silent", classes="hidden")
            yield CasePane(id="case-side")

    def on_mount(self) -> None:
        self.query_one("#conditions", Steady).show("Loading …")
        self.query_one("#cases", Listing).fixed_columns = 3  # keep the meter in view

    def take_meter(self, meter: str) -> None:
        self._next = meter

    def on_screen_resume(self) -> None:
        if self._next:
            self._filter.clear()
            self._filter.silent, self._filter.meter, self._next = False, self._next, ""
            field = self.query_one("#case-meter", Input)
            with self.prevent(Input.Changed):
                field.value = self._filter.meter
            field.remove_class("hidden")
            self._offset = 0
        self._focus_list()
        self._load()

    def show_live(self, snapshot: LiveSnapshot) -> None:
        super().show_live(snapshot)
        due = snapshot.uptime - self._read_at
        news = self._seen != self.headend.worklist.basis()
        if due >= max(_AGAIN_SECONDS, _SHARE * self._took) and (news or due >= _AGAIN_ANYWAY):
            self._load()

    def on_resize(self) -> None:
        self.set_class(self.size.width >= _BROAD, "-broad")
        if self._found is not None:
            self._show_conditions(self._found)
            self._show_facets(self._found)
            self._show_rows()
            self._show_case()

    # -- reading the list ----------------------------------------------------------------------------------------

    def action_reload(self) -> None:
        """Load the list again."""
        self._load()

    @work(exclusive=True, group="exceptions")
    async def _load(self) -> None:
        clock = self.headend.engine.clock
        began = clock.monotonic()
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
        under_cursor = self._under_cursor
        self._found, self._by_region = found, self._filter.by_region
        if self._filter.opened is None:
            self._whole = found
        self._rows = dict(keyed(found.rows))
        self._chosen = {key: self._rows.get(key, row) for key, row in self._chosen.items()}
        self._show_conditions(found)
        self._show_facets(found)
        self._show_rows()
        nothing, shown = self.query_one("#no-cases", Static), self._listing
        for listing in self.query(Listing):
            listing.set_class(listing is not shown or not found.rows, "hidden")
        nothing.set_class(bool(found.rows), "hidden")
        self.query_one(CasePane).set_class(not found.rows, "hidden")
        if not found.rows:
            nothing.update(self._filter.none(len(self.headend.engine.ingest.active), self._started))
        self._keep_cursor(under_cursor)
        if not isinstance(self.focused, Input):
            self._focus_list()
        self._show_case()

    @property
    def _started(self) -> str:
        """Return the local time since which cases are looked for."""
        live = self.headend.live()
        return time_labels.in_full(self.zone.local(live.at - int(live.uptime) * SECOND), "half hour")

    @property
    def _listing(self) -> Listing:
        """Return the table that is in view."""
        return self.query_one("#silent" if self._by_region else "#cases", Listing)

    def _keep_cursor(self, before: ExceptionRow | None) -> None:
        """Put the cursor on the row that is wanted, or on the one that a case has become part of."""
        keys, listing = list(self._rows), self._listing
        if self._wanted == _FIRST or self._wanted in self._rows:
            listing.move_cursor(0 if self._wanted == _FIRST else keys.index(self._wanted))
            self._wanted = ""
        elif before is not None and listing.selected_key is not None:
            now = self._rows[listing.selected_key]
            joined = [key for key, row in self._rows.items() if (row.cause, row.meter) == (before.cause, before.meter)]
            if (now.meter, now.time) != (before.meter, before.time) and len(joined) == 1 and before.meter:
                listing.move_cursor(keys.index(joined[0]))

    def _focus_list(self) -> None:
        """Move the focus to the list, or to nothing while the list is empty and hidden.

        `Widget.focus` only queues a message, and an answer may come before it. Textual moves the focus away from a
        widget that is hidden only if it was laid out before.
        """
        listing = self._listing
        self.set_focus(None if listing.has_class("hidden") else listing)

    def _show_conditions(self, found: Exceptions) -> None:
        chosen = sum(row.count for row in self._chosen.values())
        mark = ink(self.app.theme_variables, "primary")
        line = self._filter.line(found, self._whole or found, self._offset, chosen, mark, wide=self._wide)
        self.query_one("#conditions", Steady).show(line)

    def _show_facets(self, found: Exceptions) -> None:
        inks = {name: ink(self.app.theme_variables, name) for name in set(INKS.values())}
        self.query_one("#facets", Steady).show(self._filter.facets(self._whole or found, inks))

    @property
    def _wide(self) -> bool:
        return self.size.width >= _WIDE

    def _show_rows(self) -> None:
        now = self.headend.engine.clock.now()
        rows, chosen = self._rows.items(), self._chosen
        if self._by_region:
            drawn = [(key, region_cells(row, now, chosen=key in chosen)) for key, row in rows]
        else:
            drawn = [(key, cells(row, now, chosen=key in chosen)) for key, row in rows]
        self._listing.show(drawn)

    @on(Listing.RowHighlighted, "CaseTable")
    def _show_case(self) -> None:
        """Show the row under the cursor in full; the table may cut it."""
        self.query_one(CasePane).show_row(self._under_cursor, self._members)

    @property
    def _under_cursor(self) -> ExceptionRow | None:
        return self._rows.get(self._listing.selected_key or "")

    async def _members(self, row: ExceptionRow) -> Sequence[ExceptionRow]:
        """Return the cases that a row stands for."""
        if row.count == 1:
            return [row]
        found = await self.headend.worklist.exceptions(self._filter.cases_of(row, 0, MOST_ROWS))
        return found.rows

    # -- conditions --------------------------------------------------------------------------------------------------

    def action_list(self, silent: bool) -> None:
        """List cases, or silent meters by region."""
        self._filter.silent, self._filter.opened = silent, None
        self._chosen.clear()
        self._load_first_page()

    def action_order(self) -> None:
        """List the cases in the other order."""
        self._filter.other_order()
        self._load_first_page()

    def action_cause(self, step: int) -> None:
        """Filter by the next or previous cause."""
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
        field = self.query_one("#case-meter", Input)
        field.remove_class("hidden")
        field.focus()

    @on(Input.Changed, "#case-meter")
    def _typed(self, event: Input.Changed) -> None:
        self._filter.meter = event.value.strip()
        self._refilter()

    @on(Input.Submitted, "#case-meter")
    def _end_search(self) -> None:
        field = self.query_one("#case-meter", Input)
        field.set_class(not field.value.strip(), "hidden")
        self._focus_list()

    async def action_open(self, place: str) -> None:
        """Show the meter of the row under the cursor on another screen."""
        row = self._under_cursor
        if row is not None and row.known:
            await self.desk.open_meter(place, row.meter)
        elif row is not None:
            self.warn("No registered meter belongs to this case. Register it on F6, if it has an id.")

    async def action_back(self) -> None:
        """Leave the field, else clear the selection, else close what was opened, else go back or clear the filter."""
        field = self.query_one("#case-meter", Input)
        if not field.has_focus and not self._chosen and self._filter.opened is not None:
            self._close_row()
            return
        if not field.has_focus and not self._chosen and await self.desk.go_back():
            return
        if field.has_focus:
            with self.prevent(Input.Changed):
                field.value = ""
            self._filter.meter = ""
            self._end_search()
        elif self._chosen:
            self._chosen.clear()
        else:
            self._filter.clear()
            with self.prevent(Input.Changed):
                field.value = ""
            self._end_search()
        self._load_first_page()

    # -- deciding ------------------------------------------------------------------------------------------------------

    def action_choose(self) -> None:
        """Select or deselect the row under the cursor, and go to the next."""
        table = self._listing
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
        self._show_rows()
        if self._found is not None:
            self._show_conditions(self._found)

    def _selected_rows(self) -> list[ExceptionRow]:
        """Return the selected rows, or the one under the cursor if none is selected."""
        row = self._under_cursor
        return list(self._chosen.values()) or ([] if row is None else [row])

    def with_cases(self, do: Callable[[list[ExceptionRow]], None]) -> None:
        rows = self._selected_rows()
        if all(row.count == 1 for row in rows):
            do(rows)
        else:
            self._with_members(rows, do)

    @work(exclusive=True, group="members")
    async def _with_members(self, rows: Sequence[ExceptionRow], do: Callable[[list[ExceptionRow]], None]) -> None:
        cases = [case for row in rows for case in await self._members(row)]
        if self.is_current:  # a window for them must not open over another screen, shown meanwhile
            do(cases)

    @on(Listing.RowSelected, "CaseTable")
    def _entered(self) -> None:
        row = self._under_cursor
        if row is not None and not self._chosen and (row.count > 1 or self._by_region):
            self._open_row(row)
        elif row is not None:
            self.with_cases(self._offer_choices)

    def _offer_choices(self, rows: list[ExceptionRow]) -> None:
        self.app.push_screen(ChoiceScreen(rows), self._run_choice)

    def _open_row(self, row: ExceptionRow) -> None:
        """List the cases of a row one by one."""
        self._before = self._listing.selected_key or "", self._offset
        self._filter.opened, self._wanted = row, _FIRST
        self._load_first_page()

    def _close_row(self) -> None:
        """Go back from the cases of a row to that row."""
        self._filter.opened = None
        self._wanted, self._offset = self._before
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
        """Explain the usage of the day of the row under the cursor."""
        row = self._under_cursor
        if row is None or not row.known or row.time == NEVER:
            self.warn("This case has no reading, so there is no day to explain.")
            return
        day = self.zone.day(row.time)
        window = Window("dates", self.zone.midnight(day), self.zone.midnight(day + timedelta(days=1)))
        self.app.push_screen(ExplainScreen(row.meter, window))
