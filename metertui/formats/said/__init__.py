"""What a person says of a file beside it, and what a mapping keeps of it."""

from __future__ import annotations

from metertui.formats.said.mapping_files import (
    MAPPINGS,
    SHIPPED,
    FileMapping,
    all_in,
    check_name,
    matching,
    save,
    signature,
    with_mapping,
)
from metertui.formats.said.options import NOTHING_SAID, DateOrder, Kind, Said, agreed, not_said, said_from_json
from metertui.formats.said.taken import Series, Taken

__all__ = [
    "MAPPINGS",
    "NOTHING_SAID",
    "SHIPPED",
    "DateOrder",
    "FileMapping",
    "Kind",
    "Said",
    "Series",
    "Taken",
    "agreed",
    "all_in",
    "check_name",
    "matching",
    "not_said",
    "said_from_json",
    "save",
    "signature",
    "with_mapping",
]
