"""What a file is taken for."""

from __future__ import annotations

from metertui.formats.said.taken import Series, Taken


def test_what_a_file_is_taken_for_is_a_sentence() -> None:
    series = [Series(f"E{number}", f"m:t{number}") for number in range(1, 9)] + [
        Series("Q1", "", "kVArh", "reactive energy")
    ]
    first = ", ".join(f"E{number} as m:t{number}" for number in range(1, 7))
    assert Taken("NEM12", "interval", series).sentence() == (
        f"NEM12, energy per interval: {first} and 2 more; left out: Q1 (reactive energy)"
    )
    assert Taken("NEM13", "register", [Series("11", "m")]).sentence() == "NEM13, registers: 11 as m"
