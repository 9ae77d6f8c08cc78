"""Files of other programs: readers of readings, writers of tables, and the wide CSV."""

from __future__ import annotations

from metertui.formats import nem12_writer, readers, wide_csv, writers
from metertui.formats.complete_file import (
    STANDARD,
    as_text,
    complete_file,
    is_standard_output,
    is_stream,
    resolve_output,
)
from metertui.formats.readers import FORMS, FileImport, Form
from metertui.formats.run_csv import write_run
from metertui.formats.said import (
    MAPPINGS,
    NOTHING_SAID,
    TIME_ROLES,
    FileMapping,
    Need,
    NotSaid,
    Said,
    Series,
    Taken,
    said_from_json,
    zone_named,
)
from metertui.formats.simulated import Fleet

__all__ = [
    "FORMS",
    "MAPPINGS",
    "NOTHING_SAID",
    "STANDARD",
    "TIME_ROLES",
    "FileImport",
    "FileMapping",
    "Fleet",
    "Form",
    "Need",
    "NotSaid",
    "Said",
    "Series",
    "Taken",
    "as_text",
    "complete_file",
    "is_standard_output",
    "is_stream",
    "nem12_writer",
    "readers",
    "resolve_output",
    "said_from_json",
    "wide_csv",
    "write_run",
    "writers",
    "zone_named",
]
