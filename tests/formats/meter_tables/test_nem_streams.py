"""Data streams of the Australian market."""

from __future__ import annotations

import pytest

from metertui.formats.meter_tables.nem_streams import are_streams, channels, direction_of, why_left_out


@pytest.mark.parametrize(
    ("suffixes", "direction", "expected"),
    [
        (["E1"], "use", {"E1": "use"}),
        (["E2"], "use", {"E2": "use"}),
        (["E2", "E1"], "use", {"E1": "t1", "E2": "t2"}),
        (["B1"], "export", {"B1": "export"}),
        (["B1", "B3"], "export", {"B1": "e1", "B3": "e3"}),
        (["EA", "E1"], "use", {"E1": "t1", "EA": "t2"}),
        (["11", "41"], "use", {"11": "t1", "41": "t2"}),
        ([], "use", {}),
    ],
)
def test_several_streams_of_one_way_are_registers_of_their_own(
    suffixes: list[str], direction: str, expected: dict[str, str]
) -> None:
    assert direction in ("use", "export")
    assert channels(suffixes, "use" if direction == "use" else "export") == expected


def test_only_energy_that_is_taken_or_fed_in_counts() -> None:
    assert [direction_of(suffix) for suffix in ("E1", "B2", "Q1", "D1", "11", "")] == ["use", "export"] + [None] * 4
    assert why_left_out("Q1") == "reactive energy"
    assert why_left_out("Z1") == "neither use nor feed-in"


def test_texts_are_streams_if_all_are_suffixes_and_one_counts() -> None:
    assert are_streams(["E1", "B1", "K1"])
    assert [are_streams(texts) for texts in ([], ["K1", "Q1"], ["E1", "Main"], ["E1", ""])] == [False] * 4
