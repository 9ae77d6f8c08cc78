"""What a person says of a file beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from metertui.engine.attributes import Group
from metertui.engine.errors import DataError
from metertui.formats.said.options import NOTHING_SAID, Said, agreed, not_said, said_from_json

FILE = Path("june.csv")


@pytest.mark.parametrize(
    "said",
    [
        NOTHING_SAID,
        Said("interval", "123456", "Europe/Vienna", "end", "kWh", "dmy", {"time": "1", "kwh": "2"}, strict=True),
        Said(attributes=Group("East", "Quay"), mapping="vienna", max_kw=2.5),
    ],
)
def test_what_is_said_goes_through_json_unchanged(said: Said) -> None:
    assert said_from_json(json.loads(json.dumps(said.as_json()))) == said


def test_what_nobody_says_is_asked_for_by_the_name_of_the_option() -> None:
    assert str(not_said(FILE, "date_order", "01/02/2025")) == (
        "june.csv: the file does not say whether day or month stands first in its dates (01/02/2025); "
        "give --date-order dmy or --date-order mdy"
    )


def test_what_the_file_says_need_not_be_said() -> None:
    assert agreed(FILE, "unit", "", "Wh") == agreed(FILE, "unit", "Wh", "Wh") == agreed(FILE, "unit", "Wh", "") == "Wh"


def test_what_contradicts_the_file_is_refused() -> None:
    with pytest.raises(DataError, match=r"june.csv: the file says Wh, which --unit kWh contradicts"):
        agreed(FILE, "unit", "kWh", "Wh")
    with pytest.raises(DataError, match="the unit of its figures; give --unit Wh"):
        agreed(FILE, "unit", "", "")
