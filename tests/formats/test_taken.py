"""What a file is taken for."""

from __future__ import annotations

import json

from metertui.formats.taken import Series, Taken


def test_what_a_file_is_taken_for_is_said_as_json() -> None:
    series = [Series("E1", "m", "kWh"), Series("Q1", "", "kVArh", "reactive energy")]
    assert json.loads(json.dumps(Taken("NEM12", "interval", series, {"zone": "+10:00"}).as_json())) == {
        "form": "NEM12",
        "kind": "interval",
        "series": [
            {"name": "E1", "register": "m", "unit": "kWh", "why": ""},
            {"name": "Q1", "register": "", "unit": "kVArh", "why": "reactive energy"},
        ],
        "facts": {"zone": "+10:00"},
    }
