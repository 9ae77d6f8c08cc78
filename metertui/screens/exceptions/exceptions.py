"""The exceptions screen: the work list of cases that a person should look at and decide about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.widgets import Input, Static

from metertui.engine.base import Window
from metertui.engine.core import Decision, Effect, LiveSnapshot
from metertui.engine.errors import MeterError
from metertui.engine.vee import Edit
from metertui.engine.worklist import MOST_ROWS, NEVER, ExceptionRow, Exceptions
from metertui.screens.decisions import CHOICES, PURPOSE, ChoiceScreen, DecisionScreen, decision_choices
from metertui.screens.exceptions.case_filter import PAGE, CaseFilter
from metertui.screens.explain import ExplainScreen
from metertui.screens.shell import DeskScreen, Steady, as_operator
from metertui.screens.tables import Listing
from metertui.text import beside_why, cells, fmt, in_full, keyed

_AGAIN_SECONDS: Final = 2.0
"""The shortest time between two refreshes of the list after a change."""
_AGAIN_ANYWAY: Final = 60.0
"""The time between two refreshes without a change: meters fall silent by themselves."""
_SHARE: Final = 5.0
"""The shortest pause before the next refresh, in multiples of the time that the last one took."""
_WIDE: Final = 110
_SIDE: Final = 28
"""The width of the counts beside the table, from _WIDE on."""
_HEADINGS: Final = ("  ", "meter", "time", "cause", ">register kWh", "why", "region", "decided")
_LEAST_WHY: Final = 48
"""If the reason has fewer cells than this, the columns after it are dropped; the row in full has them."""


class CaseTable(Listing):
    """A list of cases in which Enter decides about a row."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select_cursor", "Decide")]


class ExceptionsScreen(DeskScreen):
    """A work list: filters, a table, and the row under the cursor in full."""

    AUTO_FOCUS = ""  # Textual would focus the field for a meter, which is hidden, while the list is empty
    place = "exceptions"
    help_text = (
        "Cases that a person should look at. Suspect: a reading that does not fit, until the next one decides. Reset: "
        "the register was exchanged, reset or rolled over. Rejected: a bad reading, not counted. Rounding: a meter "
        "that sends only readings a little below the counted register. Silent: an active meter without a reading for "
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
        self._rows: dict[str, ExceptionRow] = {}
        """The cases of the page shown, by row key."""
        self._chosen: dict[str, ExceptionRow] = {}
        """The selected cases of all pages."""
        self._seen: tuple[object, ...] = ()
        """The state that the list shown is based on."""
        self._read_at = 0.0
        self._took = 0.0

    def content(self) -> ComposeResult:
        engine = self.headend.engine
        self._filter = CaseFilter(engine.rules, engine.clock)
        yield Steady(id="conditions", fixed=True)
        yield Input(placeholder="part of a meter id; enter or escape closes", id="case-meter", compact=True,
                    classes="hidden")  # fmt: skip
        with Container(id="work"):
            yield Steady(id="facets", fixed=True)
            with Vertical(id="cases-side"):
                yield Static(id="no-cases", classes="hidden")
                yield CaseTable(_HEADINGS, most=PAGE, newest=False, id="cases")
        yield Steady(id="case", fixed=True)

    def on_mount(self) -> None:
        self.query_one("#conditions", Steady).show("Loading …")
        self.query_one("#cases", Listing).fixed_columns = 2  # keep the meter in view

    def take_meter(self, meter: str) -> None:
        self._next = meter

    def on_screen_resume(self) -> None:
        if self._next:
            self._filter.clear()
            self._filter.meter, self._next = self._next, ""
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
        news = self._seen != self._basis()
        if due >= max(_AGAIN_SECONDS, _SHARE * self._took) and (news or due >= _AGAIN_ANYWAY):
            self._load()

    def on_resize(self) -> None:
        if self._found is not None:
            self._show_conditions(self._found)
            self._show_facets(self._found)
            self._show_rows()

    # -- reading the list ----------------------------------------------------------------------------------------

    def _basis(self) -> tuple[object, ...]:
        engine = self.headend.engine
        refused = engine.ingest.counters.refused.total()
        return len(engine.readings), len(engine.events), refused, len(engine.ingest.active), len(engine.accounts)

    def action_reload(self) -> None:
        """Load the list again."""
        self._load()

    @work(exclusive=True, group="exceptions")
    async def _load(self) -> None:
        clock = self.headend.engine.clock
        began = clock.monotonic()
        self._seen = self._basis()
        self._read_at = self.headend.live().uptime
        found = await self.headend.worklist.exceptions(self._filter.question(self._offset))
        self._took = clock.monotonic() - began
        if self._offset and not found.rows:
            self._offset = 0  # the cases of this page were decided
            found = await self.headend.worklist.exceptions(self._filter.question(self._offset))
        self._show(found)

    def _load_first_page(self) -> None:
        """Load the list from its first page after a change of the filter."""
        self._offset = 0
        self._load()

    # -- showing it ------------------------------------------------------------------------------------------------

    def _show(self, found: Exceptions) -> None:
        self._found = found
        self._rows = dict(keyed(found.rows))
        self._chosen = {key: self._rows.get(key, row) for key, row in self._chosen.items()}
        self._show_conditions(found)
        self._show_facets(found)
        self._show_rows()
        nothing, listing = self.query_one("#no-cases", Static), self.query_one("#cases", Listing)
        nothing.set_class(bool(found.rows), "hidden")
        listing.set_class(not found.rows, "hidden")
        if not found.rows:
            nothing.update(self._filter.none())
        if self.focused in (None, listing):
            self._focus_list()
        self._show_case()

    def _focus_list(self) -> None:
        """Move the focus to the list, or to nothing while the list is empty and hidden.

        `Widget.focus` only queues a message, and an answer may come before it. Textual moves the focus away from a
        widget that is hidden only if it was laid out before.
        """
        listing = self.query_one("#cases", Listing)
        self.set_focus(None if listing.has_class("hidden") else listing)

    def _show_conditions(self, found: Exceptions) -> None:
        line = self._filter.line(found, self._offset, len(self._chosen), wide=self._wide)
        self.query_one("#conditions", Steady).show(line)

    def _show_facets(self, found: Exceptions) -> None:
        refused = self.headend.engine.ingest.counters.refused
        self.query_one("#facets", Steady).show(self._filter.facets(found, refused, wide=self._wide))

    @property
    def _wide(self) -> bool:
        return self.size.width >= _WIDE

    def _show_rows(self) -> None:
        zone, room = self.zone, self._room
        self.query_one("#cases", Listing).show(
            [(key, cells(row, zone, room, chosen=key in self._chosen)) for key, row in self._rows.items()]
        )

    @property
    def _room(self) -> int:
        """Return the width of the reason, in cells."""
        before, behind = beside_why(self._rows.values())
        left = self.size.width - (_SIDE if self._wide else 0) - before
        return max(10, left - behind if left - behind >= _LEAST_WHY else left)

    @on(Listing.RowHighlighted, "#cases")
    def _show_case(self) -> None:
        """Show the row under the cursor in full; the table may cut it."""
        row = self._under_cursor
        if row is None:
            self.query_one("#case", Steady).show("")
            return
        account = self.headend.engine.accounts.get(row.meter)
        self.query_one("#case", Steady).show(in_full(row, account, self.zone))

    @property
    def _under_cursor(self) -> ExceptionRow | None:
        return self._rows.get(self.query_one("#cases", Listing).selected_key or "")

    # -- conditions --------------------------------------------------------------------------------------------------

    def action_cause(self, step: int) -> None:
        """Filter by the next or previous cause."""
        self._filter.other_cause(self._found.counts if self._found else (), step)
        self._load_first_page()

    def action_region(self, step: int) -> None:
        """Filter by the next or previous region."""
        self._filter.other_region(self._found.regions if self._found else (), step)
        self._load_first_page()

    def action_state(self) -> None:
        """Show open cases, decided ones, or both."""
        self._filter.other_state()
        self._load_first_page()

    def action_period(self) -> None:
        """Filter by the next period."""
        self._filter.other_period()
        self._load_first_page()

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
        self._load_first_page()

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
        """Leave the field, else clear the selection, else go back or clear the filter."""
        field = self.query_one("#case-meter", Input)
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
        table = self.query_one("#cases", Listing)
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
                self.say(f"The newest {fmt.count(len(every))} of {fmt.count(found.total)} cases are selected.")
        self._show_chosen()

    def _show_chosen(self) -> None:
        self._show_rows()
        if self._found is not None:
            self._show_conditions(self._found)

    def _selected_cases(self) -> list[ExceptionRow]:
        """Return the selected cases, or the one under the cursor if none is selected."""
        row = self._under_cursor
        return list(self._chosen.values()) or ([] if row is None else [row])

    @on(Listing.RowSelected, "#cases")
    def _entered(self) -> None:
        rows = self._selected_cases()
        if rows:
            self.app.push_screen(ChoiceScreen(rows), self._run_choice)

    def _run_choice(self, what: str | None) -> None:
        if what == "undo":
            self._undo([row.decided for row in self._selected_cases() if row.decided is not None])
        elif what == "explain":
            self.action_explain()
        elif what is not None:
            self.action_decide(what)

    def action_decide(self, what: str) -> None:
        """Show what a decision about the selected cases would change, and ask for the reason."""
        try:
            decisions = decision_choices.decisions(what, self._selected_cases())
        except MeterError as error:
            self._refuse(error)
        else:
            as_operator(self.app, PURPOSE, lambda: self._propose(decisions))

    def action_undo(self) -> None:
        """Undo the decisions about the selected cases, or else the last decision of the person logged in."""
        rows = self._selected_cases()
        events = [row.decided for row in rows if row.decided is not None]
        if events:
            self._undo(events)
            return
        about = "The selected cases have" if len(rows) > 1 else "This case has"
        note = f"{about} no decision. This undoes your own last one." if rows else "This undoes your own last decision."
        as_operator(self.app, PURPOSE, lambda: self._undo_now(self.headend.engine.events.last_edits_by(self.who), note))

    def _undo(self, events: Sequence[Edit]) -> None:
        """Undo decisions about cases."""
        as_operator(self.app, PURPOSE, lambda: self._undo_now(events))

    def _undo_now(self, events: Sequence[Edit], note: str = "") -> None:
        try:
            undoing = decision_choices.undo_decisions(events, self.headend.engine.events.edits_of_meter)
        except MeterError as error:
            self._refuse(error)
        else:
            self._propose(undoing, note)

    def _propose(self, decisions: Sequence[Decision], note: str = "") -> None:
        try:
            screen = DecisionScreen(decisions, note)
        except MeterError as error:
            self._refuse(error)
            return
        self.clear_message()
        self.app.push_screen(screen, self._decided)

    def _refuse(self, error: MeterError) -> None:
        self.warn(f"{str(error)[0].upper()}{str(error)[1:]}.")

    def _decided(self, effects: Sequence[Effect] | None) -> None:
        if effects:
            self._chosen.clear()
            self.say(decision_choices.result_sentence(effects[0].event.kind, len(effects)))
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
