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
    with_mapping,
)
from metertui.formats.said.needs import Asking, Need, NotSaid, agreed, in_order, not_said, quoted, several, unclear
from metertui.formats.said.options import NOTHING_SAID, DateOrder, Kind, Said, said_from_json
from metertui.formats.said.signatures import signature
from metertui.formats.said.taken import TIME_ROLES, Series, Taken
from metertui.formats.said.zones import is_utc, zone_named, zone_of

__all__ = [
    "MAPPINGS",
    "NOTHING_SAID",
    "SHIPPED",
    "TIME_ROLES",
    "Asking",
    "DateOrder",
    "FileMapping",
    "Kind",
    "Need",
    "NotSaid",
    "Said",
    "Series",
    "Taken",
    "agreed",
    "all_in",
    "check_name",
    "in_order",
    "is_utc",
    "matching",
    "not_said",
    "quoted",
    "said_from_json",
    "save",
    "several",
    "signature",
    "unclear",
    "with_mapping",
    "zone_named",
    "zone_of",
]
