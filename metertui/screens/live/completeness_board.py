"""The completeness board: half hours received of those expected, silent meters by age, and what a silence means."""

from __future__ import annotations

from typing import Any

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.widgets import Static

from metertui.engine.base import SiteZone
from metertui.engine.worklist import Board, RegionRow, Share, Silence
from metertui.screens.shell import Steady
from metertui.screens.tables import Listing
from metertui.text import fmt, plain

_REGIONS = 100


class CompletenessBoard(Vertical):
    """Who has been heard."""

    def __init__(self, zone: SiteZone, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._zone = zone

    def compose(self) -> ComposeResult:
        yield Steady(id="board-ages")
        with Container(id="board-tables"):
            with Vertical(id="board-regions"):
                yield Static("Half hours received of those expected", classes="heading")
                yield Listing(
                    ("region", ">meters", ">silent", ">today", ">missing", ">yesterday", ">missing "),
                    most=_REGIONS,
                    id="regions",
                )
            with Vertical(id="board-silences"):
                yield Static("Where meters are silent, for more than an hour", classes="heading")
                yield Listing(("likely", "where", ">silent", "last heard", "meter"), id="silences")

    def on_mount(self) -> None:
        self.query_one("#regions", Listing).fixed_columns = 1  # its name stays in view
        self.query_one("#silences", Listing).fixed_columns = 2

    def show(self, board: Board, sought: str = "") -> None:
        """Show it; of its rows those that have `sought` in them."""
        self.query_one("#board-ages", Steady).show(_ages(board, self._zone))
        total = [("*", _cells(board.total, "all"))] if len(board.rows) != 1 else []
        rows = [*total, *((f"={row.region}", _cells(row, row.region or "(none)")) for row in board.rows)]
        self.query_one("#regions", Listing).show([row for row in rows if found(sought, row[1])])
        silences = [(f"{each.region}\n{each.sub_region}", self._silence(each)) for each in board.silences]
        self.query_one("#silences", Listing).show([row for row in silences if found(sought, row[1])])

    def _silence(self, each: Silence) -> tuple[str, ...]:
        where = " / ".join(filter(None, (each.region, each.sub_region))) or "(none)"
        of = f"{fmt.count(each.silent)} of {fmt.count(each.meters)}"
        named = each.meter if each.silent == 1 else f"{each.meter} and {fmt.count(each.silent - 1)} more"
        likely = "! the line" if each.line else "the meter" if each.silent == 1 else "the meters"
        return (likely, where, of, fmt.moment(each.last, self._zone), named)


def found(sought: str, cells: tuple[str, ...]) -> bool:
    """Whether a row has a text, whatever its case, in one of its cells; an empty text is everywhere."""
    return not sought or any(sought in cell.casefold() for cell in cells)


def _cells(row: RegionRow, name: str) -> tuple[str, ...]:
    silent = fmt.count(row.silent) if not row.never else f"{fmt.count(row.silent)} +{fmt.count(row.never)} never"
    return (name, fmt.count(row.meters), silent, *_share(row.today), *_share(row.yesterday))


def _share(share: Share) -> tuple[str, str]:
    """Cut, not rounded: 100.0 % is said only of all."""
    if not share.expected:
        return "–", "–"
    return f"{share.received * 1000 // share.expected / 10:.1f} %", fmt.count(share.expected - share.received)


def _ages(board: Board, zone: SiteZone) -> Text:
    if not board.total.meters:
        return Text("No active meter is known yet, so none is missed.")
    text = Text(f"{fmt.clock(board.at, zone)}  last heard: ", style="dim")
    for name, count in (*board.ages, ("never", board.never)):
        text.append_text(plain(name, style="not dim"))
        text.append(f" {fmt.count(count)}   ", style="not dim bold")
    text.rstrip()
    return text
