"""Validation, estimation and editing: which reads count, and the curve C(t) through them."""

from __future__ import annotations

from metertui.engine.vee import edit_log, estimates, late_reads, rules
from metertui.engine.vee.curve import Validated, validate
from metertui.engine.vee.edit_log import EditLog, check_reason, format_values
from metertui.engine.vee.edits import (
    OF_AN_ACCOUNT,
    OF_AN_INSTANT,
    OF_FIGURES,
    OF_LINES,
    UNDOES,
    Edit,
    MeterEdits,
    corrections_from,
    replace_meters,
    word_of,
)
from metertui.engine.vee.late_reads import MeterHeads
from metertui.engine.vee.neighbours import NOT_SIMPLE, Neighbours, Point
from metertui.engine.vee.standing import accepted, count_standing, is_void, standing

__all__ = [
    "NOT_SIMPLE",
    "OF_AN_ACCOUNT",
    "OF_AN_INSTANT",
    "OF_FIGURES",
    "OF_LINES",
    "UNDOES",
    "Edit",
    "EditLog",
    "MeterEdits",
    "MeterHeads",
    "Neighbours",
    "Point",
    "Validated",
    "accepted",
    "check_reason",
    "corrections_from",
    "count_standing",
    "edit_log",
    "estimates",
    "format_values",
    "is_void",
    "late_reads",
    "replace_meters",
    "rules",
    "standing",
    "validate",
    "word_of",
]
