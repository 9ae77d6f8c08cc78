"""The table of a list of readings, of any length: it fetches those in view, and asks for what follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from textual import work
from textual.cache import LRUCache
from textual.message import Message

from metertui.engine.base import QUALITY_NAMES, Window
from metertui.engine.columns import NO_REGISTER
from metertui.engine.index import LIST_COLUMNS, ReadingList, Readings
from metertui.engine.usage import ROW_STATUS, JudgedReadings
from metertui.screens.papers import MOST, TablePart
from metertui.screens.shell import OnDesk
from metertui.screens.tables import MOST_COPIED, Cells, Column, Table, copy_rows
from metertui.text import explained, fmt

_COLUMNS: Final = {
    "timestamp": Column("read at", 19, whole=True),
    "identifier": Column("meter", 13, most=32),
    "reading_kwh": Column("register kWh", 14, right=True),
    "usage_kwh": Column("usage kWh", 10, right=True, most=14),
    "status": Column("status", 11, most=21),
    "region": Column("region", 14, most=24, spare=True),
    "sub_region": Column("sub-region", 14, most=24, spare=True),
    "apartment_type": Column("type", 10, most=16, spare=True),
}
SORTS: Final = ("", "timestamp", *(name for name in LIST_COLUMNS if name != "timestamp"))
"""What the list can be sorted by, in turn; the first is by meter and time."""
_PAGES: Final = 16
_PENDING: Final = "…"


class ListTable(OnDesk, Table):
    """Readings with their registers, and soon after with usage and status, which are worked out for those in view."""

    class SortAsked(Message):
        """Asks for another order: a column, or `-column`; empty for the order of meter and time."""

        def __init__(self, sort: str) -> None:
            super().__init__()
            self.sort = sort

    class PageAsked(Message):
        """Asks for usage and status of the readings [start, stop)."""

        def __init__(self, start: int, stop: int) -> None:
            super().__init__()
            self.rows = start, stop

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(tuple(_COLUMNS.values()), enter="Explain", by_screen=True, **kwargs)
        self.found: ReadingList | None = None
        """The readings shown; None while they are sought."""
        self.sort = ""
        self._every = 0
        self._pages: LRUCache[int, JudgedReadings] = LRUCache(_PAGES)
        """Usage and status by the first reading of each page."""

    def on_unmount(self) -> None:
        # The widgets of a closed window refer to one another until a full garbage collection, which is rare.
        self.found = None
        self._pages.clear()

    @property
    def filter_text(self) -> str:
        """Return the text that the readings contain; empty without a filter."""
        return self.arrangement.wanted.strip()

    def show_list(self, found: ReadingList, sort: str, cursor: int = 0, every: int = 0) -> None:
        """Show readings, which are in the order of `sort`, with the cursor on one of them.

        They are those that the filter left of `every`.
        """
        self.found, self.sort, self._every = found, sort, every or len(found)
        mark = {sort.removeprefix("-"): " ▼" if sort.startswith("-") else " ▲"}
        self._columns = tuple(
            replace(column, heading=f"{column.heading}{mark.get(name, '')}") for name, column in _COLUMNS.items()
        )
        self._pages.clear()
        self.show_rows(len(found), self._cells_between, cursor)

    @property
    def total_rows(self) -> int:
        return self._every

    def take_page(self, found: ReadingList, start: int, page: JudgedReadings) -> None:
        """Show usage and status of some readings, unless other ones are shown by now."""
        if found is self.found:
            self._pages[start] = page
            self.refetch_rows()

    def interval_at(self, row: int) -> tuple[str, Window] | None:
        """Return the meter of a row and the interval that ends at its reading; None if none does, or is not known."""
        for start in self._pages.keys():  # noqa: SIM118 - a cache of Textual is no dict
            page, place = self._pages[start], row - start
            if self.found is not None and 0 <= place < len(page.length) and page.length[place] >= 0:
                time = int(page.readings.time[place])
                meter = self.found.stored.ids[int(page.readings.meter[place])]
                return meter, Window("step", time - int(page.length[place]), time)
        return None

    def meter_at(self, row: int) -> str:
        """Return the meter of a row."""
        assert self.found is not None
        return self.found.stored.ids[int(self.found.part(row, row + 1).meter[0])]

    def action_sort(self, step: int) -> None:
        """Ask for the order by the next column, or for the reverse of the present one."""
        name = self.sort.removeprefix("-")
        if step:
            self.post_message(self.SortAsked(SORTS[(SORTS.index(name) + 1) % len(SORTS)]))
        elif name:
            self.post_message(self.SortAsked(name if self.sort.startswith("-") else f"-{name}"))

    def action_copy_table(self) -> None:
        """Copy the first readings of the list with usage and status, which are worked out for them."""
        if self.found is not None:
            self._copy_readings(self.found)

    @work(exclusive=True, group="copy")
    async def _copy_readings(self, found: ReadingList) -> None:
        rows = await self._first_rows(found, MOST_COPIED)
        copy_rows(self, [column.heading for column in self._columns], rows, len(found))

    async def part(self, found: ReadingList) -> TablePart:
        """Return the first readings of a list as a part of a paper."""
        columns = [(column.heading, column.right) for column in self._columns]
        return TablePart("", columns, await self._first_rows(found, MOST), len(found))

    async def _first_rows(self, found: ReadingList, most: int) -> list[Cells]:
        """Return the cells of the first readings, with usage and status."""
        count = min(len(found), most)
        page = await self.headend.readings.judge(found, 0, count)
        return [self._cells_of(page.readings, place, page) for place in range(count)]

    def _cells_between(self, start: int, stop: int) -> Sequence[Cells]:
        assert self.found is not None
        page = self._pages.get(start)
        if page is not None and len(page.length) < stop - start:
            page = None  # the terminal was smaller then
        if page is None:
            self.post_message(self.PageAsked(start, stop))
        readings = self.found.part(start, stop) if page is None else page.readings
        return [self._cells_of(readings, place, page) for place in range(len(readings.time))]

    def _cells_of(self, readings: Readings, place: int, page: JudgedReadings | None) -> Cells:
        assert self.found is not None
        stored, time, wh = self.found.stored, int(readings.time[place]), int(readings.wh[place])
        start = int(self.found.stated(readings)[0][place]) if wh == NO_REGISTER else time
        used = -1 if page is None else int(page.used[place])
        return (
            fmt.moment(time, self.zone),
            stored.ids[int(readings.meter[place])],
            explained.since(start, time, self.zone) if wh == NO_REGISTER else fmt.number(wh),
            _PENDING if page is None else fmt.number(used) if used >= 0 else "–",
            _PENDING if page is None else _status(page, place),
            *stored.groups[int(readings.group[place])],
        )


def _status(page: JudgedReadings, place: int) -> str:
    return fmt.status(ROW_STATUS[int(page.status[place])], QUALITY_NAMES[int(page.quality[place])])
