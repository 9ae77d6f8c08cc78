"""What becomes of the lines of a file: its first rows, its totals and its odd lines, one list at a time."""

from __future__ import annotations

from typing import Any, Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from metertui.engine.core import ImportReport
from metertui.screens.company import file_views
from metertui.screens.shell import OnDesk, Steady
from metertui.screens.tables import Cells, Table
from metertui.text import fmt, message, plain

_VIEWS: Final = {"rows": "First rows", "totals": "Totals", "lines": "Odd lines"}


class FileReport(OnDesk, Vertical):
    """Lists, of which one is in view, and a line that counts."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._view = "rows"
        self._lists: dict[str, list[Cells]] = {view: [] for view in _VIEWS}

    def compose(self) -> ComposeResult:
        yield Static(id="upload-text")
        yield Static(id="upload-views", classes="hidden")
        yield Table(file_views.ROWS, enter="", id="upload-rows", classes="hidden")
        yield Table(file_views.TOTALS, enter="", id="upload-totals", classes="hidden")
        yield Table(file_views.ODD, enter="", id="upload-lines", classes="hidden")
        yield Steady(fixed=True, id="upload-line", classes="hidden")

    @property
    def has_rows(self) -> bool:
        """Return whether any list has a row."""
        return any(self._lists.values())

    def show_report(self, report: ImportReport | None, *, stored: bool = False) -> None:
        """Show what becomes of the lines of a file, or became of them; nothing while it is not known."""
        self._lists = {view: [] for view in _VIEWS}
        if report is not None:
            self._lists = {
                "rows": file_views.rows_of(report, self.zone),
                "totals": file_views.totals_of(report, self.zone),
                "lines": file_views.odd_of(report),
            }
        counts = "" if report is None else file_views.counts_line(report, stored=stored)
        self.query_one("#upload-text", Static).update(plain(counts))
        self.set_class(report is None, "hidden")
        for view, rows in self._lists.items():
            self.query_one(f"#upload-{view}", Table).show_rows(
                len(rows),
                lambda start, stop, rows=rows: rows[start:stop],  # type: ignore[misc]
            )
        nothing = report is not None and not adds(report)
        self._show_view("lines" if nothing and self._lists["lines"] else "rows")

    def show_next(self) -> None:
        """Show the next list; the focus goes along."""
        views = [*_VIEWS]
        within = isinstance(self.screen.focused, Table) and self.screen.focused.id == f"upload-{self._view}"
        self._show_view(views[(views.index(self._view) + 1) % len(views)])
        if within:
            self.query_one(f"#upload-{self._view}").focus()

    def _show_view(self, view: str) -> None:
        self._view = view
        titles = [
            f"[{title} {fmt.count(len(self._lists[each]))}]"
            if each == view
            else f" {title} {fmt.count(len(self._lists[each]))} "
            for each, title in _VIEWS.items()
        ]
        line = self.query_one("#upload-views", Static)
        line.update(plain(f"times in {self.zone.name}  {'  '.join(titles)}"))
        line.set_class(not self.has_rows, "hidden")
        for each in _VIEWS:
            self.query_one(f"#upload-{each}").set_class(each != view or not self.has_rows, "hidden")
        self._show_line(max(0, self.query_one("#upload-lines", Table).cursor_row))

    @on(Table.RowHighlighted, "#upload-lines")
    def _moved(self, event: Table.RowHighlighted) -> None:
        event.stop()
        self._show_line(event.row)

    def _show_line(self, row: int) -> None:
        """Show the reason of a line in full; the table cuts it."""
        lines = self._lists["lines"]
        said = f"{lines[row][2]}: {lines[row][3]}" if self._view == "lines" and 0 <= row < len(lines) else ""
        line = self.query_one("#upload-line", Steady)
        line.show(message(said))
        line.set_class(not said, "hidden")


def adds(report: ImportReport) -> bool:
    """Return whether storing a file would change anything."""
    return bool(report.new or report.registered or report.moved or report.replaced)
