"""Files of other programs: readers of readings, writers of tables, and the wide CSV."""

from __future__ import annotations

from metertui.formats import readers, wide_csv, writers
from metertui.formats.readers import FORMS, Form
from metertui.formats.synthetic import Fleet

__all__ = [
    "FORMS",
    "Fleet",
    "Form",
    "readers",
    "wide_csv",
    "writers",
]
