"""What a file says of the quality of a figure."""

from __future__ import annotations

import pytest

from metertui.formats.meter_tables.statuses import ACTUAL, ESTIMATED, SUBSTITUTED, Status, flags_estimates, status_of


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("VAL", Status(ACTUAL, True)),
        ("EST", Status(ESTIMATED, True)),
        ("Geschat", Status(ESTIMATED, True)),
        ("Gevalideerd", Status(ACTUAL, True)),
        ("rechnerisch ermittelt", Status(ESTIMATED, True)),
        ("Ersatzwert", Status(SUBSTITUTED, True)),
        ("L2", Status(SUBSTITUTED, True)),
        ("S", Status(SUBSTITUTED, True)),
        ("A", Status(ACTUAL, True)),
        ("", Status(ACTUAL, True)),
        ("Der Wert ist gültig", Status(ACTUAL, True)),
        ("Wert nicht gültig", Status(ACTUAL, False)),
        ("fraglich", Status(ACTUAL, False)),
        ("7", Status(ACTUAL, False)),
    ],
)
def test_statuses(text: str, status: Status) -> None:
    assert status_of(text) == status


def test_a_column_may_ask_whether_a_figure_is_estimated() -> None:
    assert flags_estimates("Geschat?")
    assert not flags_estimates("Messwert: VAL gemessen, EST rechnerisch")
    assert status_of("Y", flags_estimates=True).quality == ESTIMATED
    assert status_of("N", flags_estimates=True) == Status(ACTUAL, True)
