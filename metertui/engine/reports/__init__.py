"""Saved reports, and disclosure control for small groups."""

from __future__ import annotations

from metertui.engine.reports import disclosure, report
from metertui.engine.reports.courses import courses_of
from metertui.engine.reports.disclosure import Rule
from metertui.engine.reports.export_log import ExportLog
from metertui.engine.reports.report import COMPARES, MEASURES, Compare, Findings, Inquiry, Measure
from metertui.engine.reports.saved_reports import (
    CHARTS,
    IDEAS,
    NAME,
    PERIODS,
    SUFFIX,
    ReportBook,
    SavedReport,
    read_report,
    report_file,
)

__all__ = [
    "CHARTS",
    "COMPARES",
    "IDEAS",
    "MEASURES",
    "NAME",
    "PERIODS",
    "SUFFIX",
    "Compare",
    "ExportLog",
    "Findings",
    "Inquiry",
    "Measure",
    "ReportBook",
    "Rule",
    "SavedReport",
    "courses_of",
    "disclosure",
    "read_report",
    "report",
    "report_file",
]
