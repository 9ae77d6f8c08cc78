"""The lines above the work list: what is listed, how it is filtered, and how many cases there are of each kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input

from metertui.engine.worklist import Exceptions
from metertui.screens.exceptions.case_filter import CaseFilter
from metertui.screens.shell import OnDesk, Steady
from metertui.screens.terminal import ink
from metertui.text import INKS


class FilterLines(OnDesk, Vertical):
    """Shows the filter and the counts, and asks for a part of a meter's id."""

    @dataclass
    class MeterTyped(Message):
        """A part of a meter's id is being typed."""

        meter: str

    class Closed(Message):
        """The field was left by enter."""

    def __init__(self, shown: CaseFilter, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._filter = shown

    def compose(self) -> ComposeResult:
        yield Steady(id="conditions", fixed=True)
        hint = "part of a meter id; enter or escape closes"
        yield Input(placeholder=hint, id="case-meter", compact=True, classes="hidden")
        yield Steady(id="facets", fixed=True)

    def on_mount(self) -> None:
        self.query_one("#conditions", Steady).show("Loading …")

    def show(self, found: Exceptions, whole: Exceptions, offset: int, chosen: int, *, wide: bool) -> None:
        """Show the filter with the numbers of cases found, of selected ones, and the page at `offset`.

        `whole` has the numbers of both lists, also while a row is opened.
        """
        variables = self.app.theme_variables
        line = self._filter.line(found, whole, offset, chosen, ink(variables, "primary"), wide=wide)
        self.query_one("#conditions", Steady).show(line)
        inks = {name: ink(variables, name) for name in set(INKS.values())}
        facets, counted = self.query_one("#facets", Steady), self._filter.facets(whole, inks)
        facets.show(counted)
        facets.set_class(not counted.plain.strip(), "hidden")

    @property
    def _field(self) -> Input:
        return self.query_one("#case-meter", Input)

    @property
    def is_asking(self) -> bool:
        """Return whether a meter is being typed."""
        return self._field.has_focus

    def ask(self) -> None:
        """Open the field for a meter."""
        self._field.remove_class("hidden")
        self._field.focus()

    def show_meter(self) -> None:
        """Show the meter of the filter in the field; without one, no field."""
        with self.prevent(Input.Changed):
            self._field.value = self._filter.meter
        self._field.set_class(not self._filter.meter, "hidden")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.MeterTyped(event.value.strip()))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._field.set_class(not self._field.value.strip(), "hidden")
        self.post_message(self.Closed())
