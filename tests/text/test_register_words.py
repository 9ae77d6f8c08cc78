"""The registers of a meter as lines."""

from __future__ import annotations

from metertui.engine.base import SiteZone
from metertui.engine.usage import Latest, RegisterState
from metertui.engine.usage.register_states import Register
from metertui.text import register_words

ZONE = SiteZone("Asia/Singapore")
NOW, OLD = (ZONE.parse(text) for text in ("2025-03-12T10:30", "2024-12-31T23:00"))
STATES = (
    RegisterState(Register("use", ("t1", "t2")), 76_000, None),
    RegisterState(Register("t1", of="use"), 57_000, Latest(NOW, 1_157_000, NOW, "counted", "actual")),
    RegisterState(Register("t2", of="use"), None, Latest(OLD, 40_000, OLD, "suspect", "actual")),
    RegisterState(Register("export"), 500, Latest(NOW, None, NOW - 1_800_000_000, "counted", "estimated")),
)


def test_each_register_has_a_line_with_the_total_beside_its_parts() -> None:
    assert register_words.in_lines(STATES, "usage kWh", ZONE, 90, 4).plain.splitlines() == [
        "register       usage kWh  latest read        register kWh  status",
        "use = t1 + t2     76.000",
        "  t1              57.000  12 Mar 2025 10:30     1 157.000  ✓ counted",
        "  t2             no data  31 Dec 2024 23:00        40.000  ▲ suspect",
        "export             0.500  12 Mar 2025 10:30    from 10:00  ≈ estimated",
    ]


def test_what_has_no_room_is_counted_and_no_line_is_too_long() -> None:
    lines = register_words.in_lines(STATES, "usage kWh", ZONE, 64, 3).plain.splitlines()
    assert lines[-1] == "and 2 more"
    assert len(lines) == 4
    assert max(map(len, lines)) == 64


def test_in_short_each_has_its_latest_reading() -> None:
    assert register_words.in_short(STATES, "kWh this month", NOW, ZONE, 82).plain.splitlines() == [
        "use = t1 + t2 76.000 kWh this month   t1 1 157.000 ✓ 12 Mar 10:30",
        "t2 40.000 ▲ suspect 31 Dec 2024 23:00   export from 10:00 ≈ estimated 12 Mar 10:30",
    ]
