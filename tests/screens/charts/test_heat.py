"""Heat maps as text: their colours, letters and figures, and what is in view."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style

from metertui.screens.charts.chart import Picture, Series
from metertui.screens.charts.heat import heat
from tests.screens.charts.helpers import INKS


def lines(drawn: Sequence[Sequence[Segment]]) -> list[str]:
    return ["".join(segment.text for segment in line).rstrip() for line in drawn]


def heated(*series: tuple[str, list[float | None]], labels: list[str]) -> Picture:
    return Picture("heat", tuple(labels), tuple(Series(name, tuple(values)) for name, values in series), "kWh")


def test_without_colours_a_letter_and_a_shade_tell_how_much() -> None:
    hours = [(f"{hour:02d}:00", [float(hour), None]) for hour in range(24)]
    drawn = lines(heat(heated(*hours, labels=["Mon", "Tue"]), 80, 6, INKS))
    assert drawn[0].split() == [f"{hour:02d}" for hour in range(24)]
    assert drawn[1].startswith("Mon")
    cells = drawn[1].split()[1:]
    assert [cell[1] for cell in cells] == [*"░" * 6, *"▒" * 6, *"▓" * 6, *"█" * 6]
    assert [cell[0] for cell in cells] == sorted(cell[0] for cell in cells)
    assert {cell[0] for cell in cells} == set("abcdefghij")
    assert drawn[3].split() == ["Tue", *"·" * 24]
    assert drawn[-1].strip() == "0.000 a░▒▓█j 23.000 kWh"


def test_with_colours_a_cell_has_a_ground_from_the_ramp_and_its_figure() -> None:
    ramp = tuple(Style(bgcolor=f"color({number})") for number in range(4))
    hours: list[tuple[str, list[float | None]]] = [(f"{hour:02d}:00", [float(hour)]) for hour in range(4)]
    drawn = heat(heated(*hours, labels=["Mon"]), 60, 4, INKS._replace(ramp=ramp))
    assert [(segment.text.strip(), segment.style) for segment in drawn[1][1:]] == [
        (f"{hour:.1f}", ramp[hour]) for hour in range(4)
    ]


def test_what_is_hidden_is_no_gap() -> None:
    hours: list[tuple[str, list[float | None]]] = [("00:00", [1.0]), ("01:00", [None]), ("02:00", [None])]
    shown = heated(*hours, labels=["Mon"])._replace(hidden=((False,), (True,), (False,)))
    assert lines(heat(shown, 60, 4, INKS))[1].split()[2:] == ["/", "·"]


def test_the_cell_under_the_cursor_stands_in_brackets_whichever_way_the_map_lies() -> None:
    days: list[tuple[str, list[float | None]]] = [(str(day), [float(day), 50.0]) for day in range(1, 5)]
    upright = heated(*days, labels=["Jan", "Feb"])
    assert lines(heat(upright, 60, 4, INKS, 1, 2))[2].count("[") == 1
    lying = heated(("a", [1.0, 2.0, 3.0]), ("b", [4.0, 5.0, 6.0]), labels=["x", "y", "z"])
    first, second = lines(heat(lying, 60, 4, INKS, 2, 1))[1:3]
    assert "[" not in first
    assert second.split("[")[1].split()[0].startswith("6.0")


def test_what_has_no_room_is_counted_and_the_cursor_brings_it_into_view() -> None:
    many: list[tuple[str, list[float | None]]] = [(f"s{place:03d}", [1.0] * 20) for place in range(100)]
    picture = heated(*many, labels=[f"r{place:02d}" for place in range(20)])
    drawn = lines(heat(picture, 40, 8, INKS))
    assert [line[:3] for line in drawn[1:7]] == [f"r{place:02d}" for place in range(6)]
    assert drawn[-1].endswith("… and 14 rows and 64 columns more")
    assert max(map(len, drawn[:-1])) <= 40
    moved = lines(heat(picture, 40, 8, INKS, 19, 99))
    assert moved[6].startswith("r19")
    assert len(moved[6]) == 40


def test_a_part_of_a_period_does_not_take_the_ramp_from_whole_ones() -> None:
    ramp = tuple(Style(bgcolor=f"color({number})") for number in range(4))
    inks = INKS._replace(ramp=ramp)
    days: list[tuple[str, list[float | None]]] = [(str(day), [100.0 + day]) for day in range(1, 5)]
    map_of_days = heated(*days, ("5", [1.0]), labels=["Jan"])
    drawn = heat(map_of_days._replace(partly=frozenset({(0, 4)})), 24, 4, inks)
    assert [segment.style for segment in drawn[1][1:]] == [*ramp, ramp[0]]
    assert drawn[1][-1].text.strip() == "□"
    assert [segment.style for segment in heat(map_of_days, 24, 4, inks)[1][1:]] == [ramp[3]] * 4 + [ramp[0]]
