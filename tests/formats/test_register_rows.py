"""Rows of register reads with named columns."""

from __future__ import annotations

import pytest

from metertui.engine.base.qualities import ACTUAL
from metertui.engine.base.zone import SiteZone
from metertui.engine.errors import Refused
from metertui.formats.register_rows import RegisterRows, is_header, place_of_register

ZONE = SiteZone("Asia/Singapore")


@pytest.mark.parametrize(
    "register",
    [
        "usage_kwh",  # energy of an interval, not a register
        "usage_kw",
        "reading_wh",
        "reading_kw",
        "power",
    ],
)
def test_energy_and_power_are_not_taken_for_a_register(register: str) -> None:
    assert not is_header(["identifier", "timestamp", register])


def test_a_row_is_read_by_the_names_of_its_columns() -> None:
    names = ["usage", "timestamp", "region", "identifier"]
    assert place_of_register(names) == 0
    rows = RegisterRows(names, ZONE, len)
    cells = ["xxx", "2025-03-12T10:00:00+08:00", "East", "m-1"]
    assert rows.parse(cells) == ("m-1", ZONE.parse("2025-03-12T10:00:00"), 3, ACTUAL)
    assert rows.timestamp(cells) == cells[1]
    with pytest.raises(Refused, match="the line has 3 cells instead of 4"):
        rows.parse(cells[:3])
