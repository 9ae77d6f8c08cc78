"""What a file is taken for."""

from __future__ import annotations

import json

from metertui.formats.said.taken import Series, Taken


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
        "notes": [],
    }


def test_what_a_file_is_taken_for_is_a_sentence() -> None:
    series = [Series(f"E{number}", f"m:t{number}") for number in range(1, 9)] + [
        Series("Q1", "", "kVArh", "reactive energy")
    ]
    first = ", ".join(f"E{number} as m:t{number}" for number in range(1, 7))
    assert Taken("NEM12", "interval", series, notes=["3 rows without a value (lines 1, 2, 3)"]).sentence() == (
        f"NEM12, energy per interval: {first} and 2 more; left out: Q1 (reactive energy); "
        "3 rows without a value (lines 1, 2, 3)"
    )
    assert Taken("NEM13", "register", [Series("11", "m")]).sentence() == "NEM13, registers: 11 as m"
