"""The case under the cursor: what is known of it, a chart of the readings round it, and what decisions would change."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical

from metertui.engine.base import meter_of
from metertui.engine.worklist import ExceptionRow
from metertui.screens.charts import PictureView
from metertui.screens.decisions import Offer, offer_lines, offers_of
from metertui.screens.exceptions.case_chart import case_picture
from metertui.screens.shell import OnDesk, Steady
from metertui.text import folded, in_full


class CasePane(OnDesk, Vertical):
    """Shows a row of the list; what decisions would change is worked out after that."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._offered: tuple[object, ...] = ()
        """The case whose offers are shown."""

    def compose(self) -> ComposeResult:
        yield Steady(id="case")
        yield PictureView(id="case-chart")
        yield Steady(id="case-offers")

    def show_row(
        self, row: ExceptionRow | None, members: Callable[[ExceptionRow], Awaitable[Sequence[ExceptionRow]]]
    ) -> None:
        """Show a row, or nothing; `members` returns the cases that it stands for."""
        text, picture = self.query_one("#case", Steady), None
        offers = self.query_one("#case-offers", Steady)
        if row is None:
            text.show("")
            offers.show("")
            self._offered = ()
            self.workers.cancel_group(self, "offers")
        else:
            engine = self.headend.engine
            said = in_full(row, engine.accounts.get(meter_of(row.meter)), self.zone, engine.rules.currency)
            text.show(folded(said, width) if (width := text.content_size.width) else said)
            many_meters = row.cause == "silent" and row.count > 1
            if row.known and self._has_chart and not many_meters:
                picture = case_picture(row, engine.series(row.meter), engine.clock.now(), self.zone)
            self._show_offers(row, members)
        chart = self.query_one(PictureView)
        chart.border_title = picture.note if picture is not None else ""
        chart.set_class(picture is None, "hidden")
        chart.show(picture)

    @property
    def _has_chart(self) -> bool:
        """Return whether there is room for a chart."""
        return self.screen.has_class("-tall")

    @work(exclusive=True, group="offers")
    async def _show_offers(
        self, row: ExceptionRow, members: Callable[[ExceptionRow], Awaitable[Sequence[ExceptionRow]]]
    ) -> None:
        shown, currency = self.query_one("#case-offers", Steady), self.headend.engine.rules.currency
        found: dict[str, Offer] = {}
        width = self.size.width - 2
        case = row.cause, row.meter, row.time, row.count
        if self._offered != case:  # of the same case those that are shown hold until they are worked out again
            shown.show(offer_lines([row], found, currency, width))
            self._offered = case
        rows = await members(row)
        async for what, offer in offers_of(rows, self.headend):
            found[what] = offer
        shown.show(offer_lines(rows, found, currency, width))
