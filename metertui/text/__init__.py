"""Words that screens and command line share; no widget."""

from __future__ import annotations

from metertui.engine.base import visible
from metertui.text import answers, explained, fmt, time_labels
from metertui.text.answers import COMPARES, HIDDEN, INCOMPLETE, KEYS, MEASURES, Column, sentence
from metertui.text.casework import NOWHERE, beside_why, cells, in_full, keyed, one_below_the_other, side_by_side
from metertui.text.command_line import query_line
from metertui.text.connecting import invitation
from metertui.text.explained import Line, Section, Sources
from metertui.text.plain_text import message, messages, plain

__all__ = [
    "COMPARES",
    "HIDDEN",
    "INCOMPLETE",
    "KEYS",
    "MEASURES",
    "NOWHERE",
    "Column",
    "Line",
    "Section",
    "Sources",
    "answers",
    "beside_why",
    "cells",
    "explained",
    "fmt",
    "in_full",
    "invitation",
    "keyed",
    "message",
    "messages",
    "one_below_the_other",
    "plain",
    "query_line",
    "sentence",
    "side_by_side",
    "time_labels",
    "visible",
]
