"""The paper of a screen: the charts and tables that are in view on it, each whole."""

from __future__ import annotations

from typing import Any, Final

from metertui.screens.charts import PictureView
from metertui.screens.papers.paper import ChartPart, Paper, Part, TablePart
from metertui.screens.shell import PLACES, DeskScreen
from metertui.screens.tables import Table
from metertui.text import explained

MOST: Final = 500
"""Rows of a table at most."""


def paper_of(screen: DeskScreen, title: str = "") -> Paper:
    """Return what a screen shows as of now: its charts, then its tables, from the top down."""
    zone, now = screen.zone, screen.headend.engine.clock.now()
    definition: dict[str, Any] = {"timezone": zone.name, "asked_at": zone.iso(now)}
    charts = [each for each in screen.query(PictureView) if _in_view(each) and each.picture is not None]
    tables = [each for each in screen.query(Table) if _in_view(each) and each.row_count]
    parts: list[Part] = [ChartPart(_heading(each), each.picture) for each in charts if each.picture is not None]
    parts += [table_part(each) for each in tables]
    return Paper(title or f"{PLACES[screen.place][1]}, {explained.when(now, zone)}", definition, parts)


def table_part(table: Table) -> TablePart:
    """Return the rows of a table as they are filtered and sorted, at most MOST of them, and all of its columns."""
    columns, rows = table.shown_rows(MOST)
    return TablePart(_heading(table), columns, rows, table.row_count)


def _in_view(widget: PictureView | Table) -> bool:
    return widget.display and all(each.display for each in widget.ancestors_with_self if hasattr(each, "display"))


def _heading(widget: PictureView | Table) -> str:
    return str(widget.border_title or "").replace("\\[", "[")
