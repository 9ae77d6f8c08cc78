"""An account: the fields registered for a meter, and the check of their values."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from operator import attrgetter
from typing import Final

from metertui.engine.attributes import (
    ACCOUNT_FIELDS,
    ATTRIBUTES,
    DEVICE_FIELDS,
    FIELDS,
    NO_DEVICE,
    DeviceFields,
    Group,
)
from metertui.engine.base import SiteZone, check_device_field, check_meter_id
from metertui.engine.errors import Refused

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FORMULA: Final = ("=", "+", "-", "@")
_JOINERS: Final = "\u200c\u200d"
"""Invisible characters that some scripts need between letters."""
_attributes_of = attrgetter(*ATTRIBUTES)
_STATUS: Final = {"": True, "active": True, "deactivated": False}


@dataclass(frozen=True, slots=True)
class Account:
    """The fields registered for a meter. `registered` is µs UTC, None where a file does not say."""

    meter: str
    address: str = ""
    region: str = ""
    sub_region: str = ""
    postcode: str = ""
    apartment_type: str = ""
    active: bool = True
    registered: int | None = None
    device: DeviceFields = NO_DEVICE
    """What it says of the meter itself."""

    @property
    def group(self) -> Group:
        """Return the attributes that figures are broken down by."""
        return Group._make(_attributes_of(self))

    def texts(self) -> dict[str, str]:
        """Return all fields by name, in the order of forms."""
        return {name: getattr(self, name) for name in FIELDS} | self.device._asdict()

    def as_row(self, zone: SiteZone) -> dict[str, str | None]:
        """Return the account as commands show it; `registered` as a timestamp in the site zone."""
        return {
            "identifier": self.meter,
            **{name: getattr(self, name) for name in FIELDS},
            "status": "active" if self.active else "deactivated",
            "registered": zone.iso(self.registered) if self.registered is not None else None,
            **self.device._asdict(),
        }


def parse_effective(text: str, zone: SiteZone) -> int:
    """Return when a change takes effect (µs UTC), from a timestamp or a local date. Raises Refused."""
    text = text.strip()
    if not _DAY.fullmatch(text):
        return zone.parse(text)
    try:
        return zone.midnight(date.fromisoformat(text))
    except ValueError as error:
        raise Refused("bad-timestamp", f"{text} is not a date of the calendar") from error


def check_field(name: str, value: str, fields: Collection[str] = ACCOUNT_FIELDS) -> None:
    """Raise Refused `bad-field` for a value that cannot be stored in one of these fields of an account."""
    if name not in fields:
        raise Refused("bad-field", f"{name} is not a field; the fields are {', '.join(fields)}")
    if name in DEVICE_FIELDS:
        check_device_field(name, value)
        return
    if not value.isprintable() and not all(map(_is_text, value)):
        raise Refused("bad-field", f"{name} has control characters")
    if value.startswith(_FORMULA):
        raise Refused("bad-field", f"{name} begins with {value[0]}, which a spreadsheet would read as a formula")


def check_row(meter: str, status: str, registered: str, zone: SiteZone) -> tuple[bool, int | None]:
    """Return whether the account of a row is active, and when it was registered (µs UTC). Raises Refused."""
    check_meter_id(meter)
    return _is_active(status), zone.parse(registered) if registered else None


def _is_text(char: str) -> bool:
    """Return whether a character is part of a text: any kind of space is, a control character is not."""
    return char.isprintable() or unicodedata.category(char) == "Zs" or char in _JOINERS


def _is_active(status: str) -> bool:
    active = _STATUS.get(status.strip().lower())
    if active is None:
        raise Refused("bad-field", f"a status is active or deactivated, not {status!r}")
    return active


def with_fields(account: Account, fields: Mapping[str, str], allowed: Collection[str] = ACCOUNT_FIELDS) -> Account:
    """Return an account with some fields changed, of those that are allowed. Raises Refused `bad-field`."""
    for name, value in fields.items():
        check_field(name, value, allowed)
    text = {name: fields.get(name, getattr(account, name)) for name in FIELDS}
    text |= {name: sys.intern(text[name]) for name in ATTRIBUTES}
    return replace(account, **text, device=with_device_fields(account.device, fields))


def with_device_fields(device: DeviceFields, fields: Mapping[str, str]) -> DeviceFields:
    """Return what an account says of the meter itself with some fields changed. Raises Refused `bad-field`."""
    said = {name: check_device_field(name, fields[name]) for name in DEVICE_FIELDS if name in fields}
    changed = device._replace(**said)
    return NO_DEVICE if changed == NO_DEVICE else changed


def check_device(row: Mapping[str, str]) -> None:
    """Raise Refused `bad-field` if what a row of a table says of a meter itself cannot be."""
    with_device_fields(NO_DEVICE, row)
