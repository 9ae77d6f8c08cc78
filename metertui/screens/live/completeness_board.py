"""The completeness board: half hours received of those expected, silent meters by age, and the likely cause."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.widgets import Static

from metertui.engine.base import SiteZone
from metertui.engine.worklist import Board, RegionRow, Share, SilentArea
from metertui.screens.shell import OnDesk, Steady
from metertui.screens.tables import Listing
from metertui.text import flowed, fmt, plain

_REGIONS = 100


class CompletenessBoard(OnDesk, Vertical):
    """Two tables: regions with their completeness, and sub-regions with silent meters."""

    def compose(self) -> ComposeResult:
        yield Steady(id="board-ages")
        with Container(id="board-tables"):
            with Vertical(id="board-regions"):
                yield Steady(classes="heading", id="board-heading")
                yield Listing(
                    ("region", ">meters", ">silent > 1 h", ">today", ">missing", ">yesterday", ">missing then"),
                    most=_REGIONS,
                    newest=False,
                    enter="In full",
                    id="regions",
                )
            with Vertical(id="board-silences"):
                yield Static(id="silences-head", classes="heading")
                yield Listing(
                    ("likely cause", "where", ">silent", "last reading", "meter"),
                    newest=False,
                    enter="In full",
                    id="silences",
                )

    def on_mount(self) -> None:
        self.query_one("#regions", Listing).fixed_columns = 1  # keep the name in view
        self.query_one("#silences", Listing).fixed_columns = 2

    def show_board(self, board: Board) -> None:
        """Show a board."""
        self.query_one("#board-ages", Steady).show(_ages(board, self.zone, self.app.size.width - 2))
        total = [("*", _region_cells(board.total, "all"))] if len(board.rows) != 1 else []
        rows = [*total, *((f"={row.region}", _region_cells(row, row.region or "(none)")) for row in board.rows)]
        self.query_one("#regions", Listing).show(rows)
        silences = [
            (f"{each.region}\n{each.sub_region}", self._silence_cells(each, board.at)) for each in board.silent_areas
        ]
        none = (
            "none, each has sent within the last hour" if board.total.meters else "none, as there are no active meters"
        )
        said = "no reading for more than an hour" if silences else none
        self.query_one("#silences-head", Static).update(f"Silent meters: {said}")
        self.query_one("#silences", Listing).set_class(not silences, "hidden")
        self.query_one("#silences", Listing).show(silences)

    def show_heading(self, state: str) -> None:
        """Show what the first table has, followed by its state."""
        self.query_one("#board-heading", Steady).show(f"Half hours received, in % of those expected{state}")

    def _silence_cells(self, each: SilentArea, now: int) -> tuple[str, ...]:
        where = " / ".join(filter(None, (each.region, each.sub_region))) or "(none)"
        of = f"{fmt.count(each.silent)} of {fmt.count(each.meters)}"
        named = each.meter if each.silent == 1 else f"{each.meter} +{fmt.count(each.silent - 1)}"
        likely = "! the link" if each.line else "the meter" if each.silent == 1 else "the meters"
        return (likely, where, of, fmt.clock_or_moment(each.last, now, self.zone), named)


def _region_cells(row: RegionRow, name: str) -> tuple[str, ...]:
    silent = fmt.count(row.silent) if not row.never else f"{fmt.count(row.silent)} +{fmt.count(row.never)} never"
    return (name, fmt.count(row.meters), silent, *_share(row.today), *_share(row.yesterday))


def _share(share: Share) -> tuple[str, str]:
    """Return the share in percent and the number missing."""
    return percent(share), fmt.count(share.expected - share.received) if share.expected else "–"


def percent(share: Share) -> str:
    """Return a share in percent; 100.0% means all."""
    if not share.expected:
        return "–"
    told = fmt.share(share.received / share.expected)
    return ">99.9%" if told == "100.0%" and share.received < share.expected else told


def _ages(board: Board, zone: SiteZone, room: int) -> Text:
    """Return how many meters are of each age, in lines of at most `room` cells."""
    if not board.total.meters:
        return Text("There are no active meters yet.")
    begin = Text.assemble((f"{fmt.clock(board.at, zone)}  age of last reading: ", "dim"))
    ages = (*board.ages, ("never", board.never))
    return flowed((Text.assemble(plain(name), (f" {fmt.count(count)}", "bold")) for name, count in ages), room, begin)
