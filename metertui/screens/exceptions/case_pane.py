"""The case under the cursor: what is known of it, a chart of the readings round it, and what decisions would change."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Final

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical

from metertui.engine.base import MINUTE, meter_of
from metertui.engine.worklist import ExceptionRow
from metertui.screens.charts import Picture, PictureView
from metertui.screens.decisions import Offer, offer_lines, offers_of
from metertui.screens.exceptions.case_chart import case_picture
from metertui.screens.shell import OnDesk, Steady
from metertui.text import fmt, in_full

Members = Callable[[ExceptionRow], Awaitable[Sequence[ExceptionRow]]]
"""Returns the cases that a row stands for."""
_PATIENCE: Final = 0.1
"""Seconds for which the chart of the row before may stand undimmed."""


class CasePane(OnDesk, Vertical):
    """Shows a row of the list at once; its chart, and what decisions would change, as soon as they are worked out."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._row: ExceptionRow | None = None
        self._members: Members | None = None
        self._selected = 0
        self._charted: object = None
        """What the chart shown rests on; None if there is none."""
        self._offered: tuple[object, ...] = ()
        """The case whose offers are shown, and what they rest on when they are all worked out."""

    def compose(self) -> ComposeResult:
        yield Steady(id="case")
        yield PictureView(id="case-chart")
        yield Steady(id="case-offers")

    def on_resize(self) -> None:
        self._draw()

    def show_row(self, row: ExceptionRow | None, members: Members, selected: int = 0) -> None:
        """Show a row, or nothing; `members` returns the cases that it stands for.

        `selected`: how many cases the keys decide about instead; 0 if they decide about this row.
        """
        self._row, self._members, self._selected = row, members, selected
        self._draw()

    def _draw(self) -> None:
        row, text = self._row, self.query_one("#case", Steady)
        if row is None or self._members is None:
            text.show("")
            self.query_one("#case-offers", Steady).show("")
            self._offered = ()
            self.workers.cancel_group(self, "chart")
            self.workers.cancel_group(self, "offers")
            self._show_chart(None)
            return
        engine = self.headend.engine
        said = in_full(row, engine.accounts.get(meter_of(row.meter)), self.zone, engine.rules.currency)
        text.show(said)
        self._work_out_chart(row)
        if self._selected:
            self.workers.cancel_group(self, "offers")
            self._offered = ()
            cases = "selected case" if self._selected == 1 else f"{fmt.count(self._selected)} selected cases"
            self.query_one("#case-offers", Steady).show(Text(f" The keys decide about the {cases}.", style="dim"))
        else:
            self._show_offers(row, self._members)

    @work(exclusive=True, group="chart")
    async def _work_out_chart(self, row: ExceptionRow) -> None:
        """Draw the readings of a meter, of which there may be a million, in a thread."""
        many_meters = row.cause == "silent" and row.count > 1
        if not row.known or many_meters or not self.screen.has_class("-tall"):
            self._show_chart(None)
            return
        now = self.headend.engine.clock.now()
        basis = row, self.headend.engine.readings_basis_of(row.meter), now // MINUTE
        if basis == self._charted:
            self.remove_class("-stale")
            return
        dimming = self.set_timer(_PATIENCE, partial(self.add_class, "-stale"))
        try:
            drawn = partial(case_picture, row, now=now, zone=self.zone)
            # A reading is of one register, a gap is one of what the meter used.
            found = await self.headend.readings.glance({row.meter: drawn}, own=row.cause not in ("gap", "silent"))
        finally:
            dimming.stop()
        self._show_chart(found[row.meter])
        self._charted = basis

    def _show_chart(self, picture: Picture | None) -> None:
        chart, self._charted = self.query_one(PictureView), None
        self.remove_class("-stale")
        chart.border_title = picture.note if picture is not None else ""
        chart.set_class(picture is None, "hidden")
        chart.show(picture)

    @work(exclusive=True, group="offers")
    async def _show_offers(self, row: ExceptionRow, members: Members) -> None:
        shown, currency = self.query_one("#case-offers", Steady), self.headend.engine.rules.currency
        found: dict[str, Offer] = {}
        read_only = bool(self.read_only)
        width = self.size.width - 2
        case, basis = (row.cause, row.meter, row.time, row.count), (row, width, self.headend.engine.basis_of(row.meter))
        if self._offered == (case, basis):
            return
        if self._offered[:1] != (case,):  # of the same case those that are shown hold until they are worked out again
            shown.show(offer_lines([row], found, currency, width, read_only=read_only))
            self._offered = (case,)
        rows = await members(row)
        async for what, offer in offers_of(rows, self.headend):
            found[what] = offer
        shown.show(offer_lines(rows, found, currency, width, read_only=read_only))
        self._offered = case, basis
