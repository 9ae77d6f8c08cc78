"""Validation, estimation and editing: which reads count, and the curve C(t) through them."""

from __future__ import annotations

from metertui.engine.vee import edit_log, late_reads, rules
from metertui.engine.vee.curve import judged
from metertui.engine.vee.edit_log import (
    OF_AN_ACCOUNT,
    OF_AN_INSTANT,
    UNDOES,
    Decided,
    Event,
    EventBook,
    checked_reason,
    corrections_of,
    values_of,
)
from metertui.engine.vee.late_reads import Course, Heads, Neighbours, Point

__all__ = [
    "OF_AN_ACCOUNT",
    "OF_AN_INSTANT",
    "UNDOES",
    "Course",
    "Decided",
    "Event",
    "EventBook",
    "Heads",
    "Neighbours",
    "Point",
    "checked_reason",
    "corrections_of",
    "edit_log",
    "judged",
    "late_reads",
    "rules",
    "values_of",
]
