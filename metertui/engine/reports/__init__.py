"""Saved reports, and disclosure control for small groups."""

from __future__ import annotations

from metertui.engine.reports import disclosure, report
from metertui.engine.reports.disclosure import Rule
from metertui.engine.reports.export_log import Exports
from metertui.engine.reports.report import COMPARES, MEASURES, Compare, Findings, Inquiry, Measure
from metertui.engine.reports.saved_reports import CHARTS, IDEAS, NAME, PERIODS, QuestionBook, Saved

__all__ = [
    "CHARTS",
    "COMPARES",
    "IDEAS",
    "MEASURES",
    "NAME",
    "PERIODS",
    "Compare",
    "Exports",
    "Findings",
    "Inquiry",
    "Measure",
    "QuestionBook",
    "Rule",
    "Saved",
    "disclosure",
    "report",
]
