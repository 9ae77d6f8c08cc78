"""Fields of forms."""

from __future__ import annotations

from metertui.screens.fields.calendar import DatePicker
from metertui.screens.fields.choice import Choice, Options
from metertui.screens.fields.field import Field, LastField, SearchField, labelled
from metertui.screens.fields.typed_line import TypedLine

__all__ = [
    "Choice",
    "DatePicker",
    "Field",
    "LastField",
    "Options",
    "SearchField",
    "TypedLine",
    "labelled",
]
