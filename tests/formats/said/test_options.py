"""What a person says of a file beside it."""

from __future__ import annotations

import json

import pytest

from metertui.engine.attributes import Group
from metertui.formats.said.options import NOTHING_SAID, Said, said_from_json


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
