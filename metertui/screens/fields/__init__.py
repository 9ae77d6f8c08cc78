"""Fields of forms."""

from __future__ import annotations

from metertui.screens.fields.calendar import DatePicker
from metertui.screens.fields.choice import Choice, Options, PickScreen
from metertui.screens.fields.drafts import Draft, Drafts
from metertui.screens.fields.field import Check, Field, LastField, SearchField, refused_by
from metertui.screens.fields.field_line import labelled
from metertui.screens.fields.typed_line import TypedLine
from metertui.screens.fields.typed_path import typed_path

__all__ = [
    "Check",
    "Choice",
    "DatePicker",
    "Draft",
    "Drafts",
    "Field",
    "LastField",
    "Options",
    "PickScreen",
    "SearchField",
    "TypedLine",
    "labelled",
    "refused_by",
    "typed_path",
]
