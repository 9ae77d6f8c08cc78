"""The zone that a person says."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.engine.errors import DataError
from metertui.formats.said.zones import is_utc, zone_of

FILE = Path("june.csv")


@pytest.mark.parametrize(
    ("name", "epoch"),
    [
        ("Europe/Vienna", "1970-01-01T01:00:00+01:00"),
        ("+10:00", "1970-01-01T10:00:00+10:00"),
        ("-3", "1969-12-31T21:00:00-03:00"),
        ("+05:30", "1970-01-01T05:30:00+05:30"),
        ("+0545", "1970-01-01T05:45:00+05:45"),
        ("UTC-09:30", "1969-12-31T14:30:00-09:30"),
        ("utc", "1970-01-01T00:00:00+00:00"),
    ],
)
def test_a_zone_is_a_name_or_an_offset(name: str, epoch: str) -> None:
    zone = zone_of(FILE, name)
    assert zone.iso(0) == epoch
    assert is_utc(name) == epoch.endswith("+00:00")


@pytest.mark.parametrize("name", ["Europe/Wien", "+05:40", "+15", "5:30"])
def test_what_is_none_is_refused(name: str) -> None:
    with pytest.raises(DataError, match="--zone "):
        zone_of(FILE, name)
