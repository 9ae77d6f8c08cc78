"""The fields of an account, listed once: files, options, forms, filters and tables are derived from here.

Nothing is imported, so that the command line can name the fields without loading the engine.
"""

from __future__ import annotations

from typing import Final, NamedTuple

FIELDS: Final = ("address", "region", "sub_region", "postcode", "apartment_type")
"""The texts of an account, in the order of files and forms. A new field is appended."""
FIRST_FIELDS: Final = FIELDS[:5]
"""The fields whose columns every file has. A file written before a field existed lacks its column."""


class DeviceFields(NamedTuple):
    """The fields of an account about the meter itself, as texts; empty where nothing is said. They hold in time."""

    digits: str = ""
    """Whole digits of its registers: after 99,999 one of 5 begins again at 0."""
    multiplier: str = ""
    """What a difference of two registers is multiplied by; 1 if nothing is said."""
    daily_reset: str = ""
    """`yes` where the registers begin at 0 each local day."""
    max_kw: str = ""
    """The most power that it can draw, kW; before those of the settings."""


DEVICE_FIELDS: Final = DeviceFields._fields
NO_DEVICE: Final = DeviceFields()
"""What most accounts say of the meter itself: nothing."""
ACCOUNT_FIELDS: Final = (*FIELDS, *DEVICE_FIELDS)
"""Everything that can be said of an account; on the wire it is FIELDS alone."""


class Group(NamedTuple):
    """The attributes of an account that figures are filtered and broken down by."""

    region: str = ""
    sub_region: str = ""
    apartment_type: str = ""


ATTRIBUTES: Final = Group._fields
"""Their names, from the widest to the narrowest."""
NO_ATTRIBUTES: Final = Group()
"""What an account without attributes has, and a filter that takes every group."""
