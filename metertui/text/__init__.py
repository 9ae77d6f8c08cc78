"""Words that screens and command line share; no widget."""

from __future__ import annotations

from metertui.engine.base import visible
from metertui.text import answer_words, answers, explained, fmt, register_words, statement_words, time_labels
from metertui.text.answer_words import sentence
from metertui.text.answers import COMPARES, HIDDEN, INCOMPLETE, KEYS, MEASURES, Column
from metertui.text.bill_page import bill_page, bill_source
from metertui.text.casework import (
    INKS,
    NOWHERE,
    case_headings,
    cause_of,
    cells,
    in_full,
    keyed,
    region_cells,
    region_headings,
    side_by_side,
    sign,
    stake_in_words,
)
from metertui.text.command_line import query_line
from metertui.text.connecting import NO_METER, NO_READINGS, invitation
from metertui.text.explained import Line, Places, Section, Sources
from metertui.text.plain_text import flowed, message, messages, plain, progress_bar
from metertui.text.whole_figures import cut_text, fit_text, unbroken

__all__ = [
    "COMPARES",
    "HIDDEN",
    "INCOMPLETE",
    "INKS",
    "KEYS",
    "MEASURES",
    "NOWHERE",
    "NO_METER",
    "NO_READINGS",
    "Column",
    "Line",
    "Places",
    "Section",
    "Sources",
    "answer_words",
    "answers",
    "bill_page",
    "bill_source",
    "case_headings",
    "cause_of",
    "cells",
    "cut_text",
    "explained",
    "fit_text",
    "flowed",
    "fmt",
    "in_full",
    "invitation",
    "keyed",
    "message",
    "messages",
    "plain",
    "progress_bar",
    "query_line",
    "region_cells",
    "region_headings",
    "register_words",
    "sentence",
    "side_by_side",
    "sign",
    "stake_in_words",
    "statement_words",
    "time_labels",
    "unbroken",
    "visible",
]
