"""What is under the cursor of a chart in words: figures are whole or not said."""

from __future__ import annotations

from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.screens.charts.chart import BEFORE, NO_CURSOR, Picture, Series
from metertui.screens.charts.cursor_words import words_at

REGIONS: Final = Picture(
    "lines",
    ("Oct 2026", "Nov 2026"),
    (Series("Central", (1.0, 20_000.5)), Series("East", (2.0, 400.25)), Series("West", (3.0, 24_835.935))),
    "kWh",
    names=("October 2026", "November 2026"),
    running=(False, True),
)
COMPARED: Final = Picture("lines", ("Oct",), (Series("now", (2.0,)), Series(BEFORE, (1.0,))), "kWh", before_cut=(True,))


def test_the_series_of_the_row_comes_first_and_others_as_there_is_room() -> None:
    for room, said in (
        (200, "November 2026 · West 24 835.935 kWh · not over yet · Central 20 000.500 · East 400.250"),
        (70, "November 2026 · West 24 835.935 kWh · not over yet · 2 more"),
        (49, "Nov 2026 · West 24 835.935 kWh · not over yet"),
        (20, "□ West 24 835.935"),
        (10, "…"),
    ):
        assert words_at(REGIONS, 1, lead=2, room=room) == said
    assert words_at(REGIONS, 0, room=29) == "Oct 2026 · Central 1.000 kWh"
    assert words_at(REGIONS, 0, room=22) == "Oct … · Central 1.000"
    gapped = REGIONS._replace(running=(), gaps=frozenset({(1, 2)}))
    assert words_at(gapped, 1, across=2, room=60) == "West November 2026 · 24 835.935 kWh · with a gap"
    assert words_at(gapped, 1, across=0, room=60) == "Central November 2026 · 20 000.500 kWh"
    assert words_at(gapped, 1, lead=2, room=20) == "□ West 24 835.935"
    assert words_at(COMPARED, 0, room=50) == "Oct · now 2.000 kWh · before 1.000 in part"


@settings(max_examples=30)
@given(room=st.integers(0, 90), lead=st.integers(NO_CURSOR, 3), place=st.integers(0, 1))
def test_no_figure_is_cut_in_any_room(room: int, lead: int, place: int) -> None:
    said = words_at(REGIONS, place, lead=lead, room=room)
    assert len(said) <= max(1, room)
    values = {f"{name} {values[place]:,.3f}".replace(",", " ") for name, values in REGIONS.series}
    figures = [part.removeprefix("□ ").removesuffix(" kWh") for part in said.split(" · ")]
    assert {figure for figure in figures if figure.endswith(tuple("0123456789"))} <= values | {"Oct 2026", "Nov 2026",
        "October 2026", "November 2026"}  # fmt: skip
