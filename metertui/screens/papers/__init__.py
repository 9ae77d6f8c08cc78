"""What a screen shows, as a file: its charts and tables as a picture (SVG) or as text."""

from __future__ import annotations

from metertui.screens.papers.paper import SUFFIXES, ChartPart, Paper, TablePart, TextPart, as_file
from metertui.screens.papers.paper_window import PaperScreen
from metertui.screens.papers.shown import MOST, paper_of, table_part

__all__ = [
    "MOST",
    "SUFFIXES",
    "ChartPart",
    "Paper",
    "PaperScreen",
    "TablePart",
    "TextPart",
    "as_file",
    "paper_of",
    "table_part",
]
