"""Government: usage of many meters by time, region and type of home."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import ClassVar, Final, NamedTuple

import pandas as pd
from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid, Horizontal, VerticalScroll
from textual.widgets import Input, Select, Static

from metertui.engine import files
from metertui.engine.analytics import Question, answer
from metertui.engine.columns import Frozen
from metertui.engine.errors import MeterError
from metertui.screens import fmt
from metertui.screens.plain import message, visible
from metertui.screens.widgets.chart import Chart, Shares
from metertui.screens.widgets.login import GatedScreen
from metertui.screens.widgets.table import Listing

_BY: Final = ("year", "quarter", "month", "day")
_ROWS: Final = 400


class Answer(NamedTuple):
    """Everything that the screen shows of a question."""

    question: Question
    periods: list[str]
    """From the first with data to the last, those between without any included."""
    by_time: pd.DataFrame
    by_region: pd.DataFrame
    by_type: pd.DataFrame


class GovernmentScreen(GatedScreen):
    """A question, and its answer as a line, as shares and as a table."""

    place = "government"
    roles = ("government", "operator")
    explains = (
        "Usage of many meters. Give the first and the last day, both included, narrow it to a region, a sub-region or "
        "a type of home, and choose what a point of the line is. Every change asks anew, enter in a date field too. "
        "Ctrl+E writes the table to a CSV file. A meter that moved counts where it stood at the time."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "ask", "Ask again", priority=True),
        Binding("ctrl+e", "export", "Export CSV", priority=True),
        Binding("escape", "back", "Back", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._answer: Answer | None = None

    def inside(self) -> ComposeResult:
        with Grid(id="question"):
            yield Input(placeholder="from, YYYY-MM-DD", id="first", compact=True)
            yield Input(placeholder="to, YYYY-MM-DD", id="last", compact=True)
            yield Select([(key, key) for key in _BY], value="month", allow_blank=False, id="by", compact=True)
            yield Select([], prompt="every region", id="region", compact=True)
            yield Select([], prompt="every sub-region", id="sub-region", compact=True)
            yield Select([], prompt="every type", id="apartment-type", compact=True)
        with Horizontal(id="export-line", classes="hidden"):
            yield Input(placeholder="file.csv, then enter; escape leaves", id="export-path", compact=True)
        yield Static(id="government-message")
        with VerticalScroll(id="answer", can_focus=False):
            with Horizontal(id="pictures"):
                yield Chart(id="government-chart")
                with VerticalScroll(id="shares", can_focus=False):
                    yield Shares(id="share-types")
                    yield Shares(id="share-regions")
            yield Listing(("period", ">usage kWh", ">meters", ">readings"), most=_ROWS, id="government-table")

    def entered(self) -> None:
        groups = self.headend.engine.directory.groups
        with self.prevent(Select.Changed):
            self._offer("region", {group.region for group in groups})
            self._offer("sub-region", {group.sub_region for group in groups})
            self._offer("apartment-type", {group.apartment_type for group in groups})
        self.query_one("#first", Input).focus()
        if not self.query_one("#first", Input).value:
            self._begin()
        else:
            self.action_ask()

    def _offer(self, field: str, values: set[str]) -> None:
        """Let a field be chosen from these; what was chosen before stays."""
        select: Select[str] = self.query_one(f"#{field}", Select)
        chosen = self._choice(field)
        select.set_options((Text(visible(value)), value) for value in sorted(values) if value)
        if chosen in values and chosen:
            select.value = chosen

    @work(exclusive=True, group="government")
    async def _begin(self) -> None:
        """Twelve months up to the last that has readings."""
        last = await self.headend.ask(_last_day)
        self.query_one("#answer").set_class(last is None, "hidden")
        if last is None:
            self._say("Nothing is stored yet, so there is nothing to ask about. Ctrl+R looks again.")
            return
        first = (last.replace(day=1) - timedelta(days=334)).replace(day=1)
        with self.prevent(Input.Changed):
            self.query_one("#first", Input).value = first.isoformat()
            self.query_one("#last", Input).value = last.isoformat()
        self.query_one("#first", Input).action_select_all()
        self.action_ask()

    @on(Input.Submitted, "#first")
    @on(Input.Submitted, "#last")
    @on(Select.Changed)
    def _changed(self) -> None:
        if self.query_one("#first", Input).value:
            self.action_ask()

    def action_ask(self) -> None:
        """Ask the question that the fields make."""
        if not self.query_one("#first", Input).value and not self.query_one("#last", Input).value:
            self._begin()
            return
        try:
            question = Question(
                first=self._date("first"),
                last=self._date("last"),
                by=(str(self.query_one("#by", Select).value),),
                region=self._choice("region"),
                sub_region=self._choice("sub-region"),
                apartment_type=self._choice("apartment-type"),
            )
            if question.last < question.first:
                raise MeterError(f"{question.last} is before {question.first}")
        except MeterError as error:
            self._say(f"! {error}")
            return
        self._ask(question)

    @work(exclusive=True, group="government")
    async def _ask(self, question: Question) -> None:
        view = self.query_one("#answer")
        view.remove_class("hidden")
        view.loading = True
        try:
            found = await self.headend.ask(_answer, question)
        except MeterError as error:
            self._say(f"! {error}")
        else:
            self._answer = found
            self._show(found)
        view.loading = False  # not where this was cancelled: the question that took its place waits still

    def _show(self, found: Answer) -> None:
        table = found.by_time
        total = int(table["usage_wh"].sum())
        key = found.question.by[0]
        if table.empty:
            self._say(f"No data from {found.question.first} to {found.question.last} for these filters.")
        else:
            self._say(f"{fmt.kwh(total)} from {found.question.first} to {found.question.last}, by {key}")
        labels = table[key].tolist()
        usages = table["usage_wh"].tolist()
        chart = self.query_one(Chart)
        drawn = found.periods[-_ROWS:]
        left_out = f", the last {_ROWS} of {len(found.periods)}" if len(found.periods) > _ROWS else ""
        chart.border_title = f"kWh a {key}{left_out}"
        known = dict(zip(labels, usages, strict=True))
        chart.draw(drawn, [known[label] / 1000 if label in known else None for label in drawn])
        for name, title, frame, column in (
            ("types", "by type of home", found.by_type, "apartment_type"),
            ("regions", "by region", found.by_region, "region"),
        ):
            parts = dict(zip(frame[column].tolist(), frame["usage_wh"].tolist(), strict=True))
            self.query_one(f"#share-{name}", Shares).show(title, parts, total)
        rows = list(zip(labels, usages, table["meters"].tolist(), table["readings"].tolist(), strict=True))
        self.query_one(Listing).show(
            [(label, (label, fmt.number(wh), fmt.count(m), fmt.count(r))) for label, wh, m, r in rows[-_ROWS:]]
        )

    def action_export(self) -> None:
        """Ask for a file to write the table to."""
        if self._answer is None or self._answer.by_time.empty:
            self._say("! There is no table to write.")
            return
        question = self._answer.question
        path = self.query_one("#export-path", Input)
        path.value = f"usage-{question.first}-{question.last}-by-{question.by[0]}.csv"
        self.query_one("#export-line").remove_class("hidden")
        path.focus()

    @on(Input.Submitted, "#export-path")
    def _export_to(self, event: Input.Submitted) -> None:
        if event.value.strip() and self._answer is not None:
            self._write(self._answer, Path(event.value.strip()).expanduser().absolute())

    def action_back(self) -> None:
        """Leave the file's name, or the table."""
        self.query_one("#export-line").add_class("hidden")
        self.query_one("#first", Input).focus()

    @work(exclusive=True, group="export", thread=True)
    def _write(self, found: Answer, path: Path) -> None:
        try:
            if path.suffix != ".csv":
                raise MeterError(f"{path.name} is no .csv file")
            if path.exists():
                raise MeterError(f"{path} is there already; give another name")
            if not path.parent.is_dir():
                raise MeterError(f"there is no folder {path.parent}")
            table = found.by_time
            kwh = table.assign(usage_kwh=table["usage_wh"] / 1000)[
                [*found.question.by, "usage_kwh", "meters", "readings"]
            ]
            files.replace(path, kwh.to_csv(index=False, lineterminator="\n").encode())
        except MeterError as error:
            self.app.call_from_thread(self._say, f"! {error}")
            return
        self.app.call_from_thread(self._exported, found.question, path, len(table))

    def _exported(self, question: Question, path: Path, rows: int) -> None:
        self.query_one("#export-line").add_class("hidden")
        self.query_one("#first", Input).focus()
        self._say(f"{fmt.count(rows)} rows written to {path}")
        self.headend.note(self.desk.sessions.email, "export", str(path), f"{rows} rows: {_told(question)}")

    def _say(self, text: str) -> None:
        self.query_one("#government-message", Static).update(message(text))

    def _date(self, field: str) -> date:
        text = self.query_one(f"#{field}", Input).value.strip()
        try:
            return date.fromisoformat(text)
        except ValueError as error:
            raise MeterError(f"{text or 'nothing'} is no day; one is like 2025-02-19") from error

    def _choice(self, field: str) -> str:
        select: Select[str] = self.query_one(f"#{field}", Select)
        return "" if select.is_blank() else str(select.value)


def _answer(frozen: Frozen, question: Question) -> Answer:
    def by(key: str) -> pd.DataFrame:
        return answer(frozen, replace(question, by=(key,)))

    by_time = answer(frozen, question)
    return Answer(question, _periods(question, by_time), by_time, by("region"), by("apartment_type"))


def _periods(question: Question, table: pd.DataFrame) -> list[str]:
    """All periods between the table's first and its last, as it names them."""
    if table.empty:
        return []
    key = question.by[0]
    lowest, highest = table[key].iloc[0], table[key].iloc[-1]
    day = max(question.first, date(int(lowest[:4]), 1, 1))
    last = min(question.last, date(int(highest[:4]), 12, 31))
    named = (_named(key, day + timedelta(days=n)) for n in range((last - day).days + 1))
    return [name for name in dict.fromkeys(named) if lowest <= name <= highest]


def _named(key: str, day: date) -> str:
    match key:
        case "year":
            return f"{day:%Y}"
        case "quarter":
            return f"{day:%Y}-Q{(day.month + 2) // 3}"
        case "month":
            return f"{day:%Y-%m}"
        case _:
            return day.isoformat()


def _told(question: Question) -> str:
    filters = (question.region, question.sub_region, question.apartment_type)
    return " ".join((f"{question.first} to {question.last} by {question.by[0]}", *filter(None, filters)))


def _last_day(frozen: Frozen) -> date | None:
    return frozen.zone.day(int(frozen.columns.time.max())) if len(frozen) else None
