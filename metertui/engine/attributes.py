"""The fields of an account, listed once: files, options, forms, filters and tables are derived from here.

Nothing is imported, so that the command line can name the fields without loading the engine.
"""

from __future__ import annotations

from typing import Final, NamedTuple

FIELDS: Final = ("address", "region", "sub_region", "postcode", "apartment_type")
"""The texts of an account, in the order of files and forms. A new field is appended."""
FIRST_FIELDS: Final = FIELDS[:5]
"""The fields whose columns every file has. A file written before a field existed lacks its column."""


class Group(NamedTuple):
    """The attributes of an account that figures are filtered and broken down by."""

    region: str = ""
    sub_region: str = ""
    apartment_type: str = ""


ATTRIBUTES: Final = Group._fields
"""Their names, from the widest to the narrowest."""
NO_ATTRIBUTES: Final = Group()
"""What an account without attributes has, and a filter that takes every group."""
