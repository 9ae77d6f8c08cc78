"""The panel of the day close: a running one by steps, the last one by figures."""

from __future__ import annotations

from dataclasses import replace

import pytest

from metertui.engine.core.counters import Close, LiveSnapshot
from metertui.headend.service import HeadEnd
from metertui.screens.company import day_close_panel as panel
from tests.clock import FakeClock

ZONE = FakeClock().zone
CLOSE = Close(readings=1, files=2, seconds=0.25, ended=ZONE.parse("2025-03-12T10:40:00"), by="midnight", late=0)


def running(desk: HeadEnd) -> LiveSnapshot:
    """A close of 48 000 readings at half of its second step."""
    return replace(
        desk.live(), day_state="writing day files", progress=0.5, closing_by="ada@example.com", closing_seconds=3.9,
        closing_readings=48_000, closing_files=31, closing_written=12,
    )  # fmt: skip


async def test_a_running_close_shows_its_steps_and_its_share(desk: HeadEnd) -> None:
    lines = panel.running(running(desk), 31).plain.splitlines()
    assert [line.rstrip() for line in lines] == [
        "✓ sealing the log       48 000 readings",
        "▸ writing day files     12 of 31",
        "· rebuilding the index",
        "· swapping the index in",
        f"{'━' * 10}{'─' * 10}  50% · 3 s",
        "by ada@example.com",
    ]
    assert panel.running(running(desk), 40).plain.endswith("by ada@example.com; ingest continues")


async def test_a_close_runs_from_its_first_step_to_the_open_day(desk: HeadEnd) -> None:
    assert not panel.closing(desk.live())
    assert panel.closing(running(desk))
    assert panel.closing(replace(desk.live(), day_state="sealing the log"))


async def test_a_log_at_rest_shows_its_size_and_the_last_close(desk: HeadEnd) -> None:
    live = replace(desk.live(), in_log=1, log_bytes=2048)
    first, second, *_ = panel.resting(live, ZONE).plain.splitlines()
    assert first == "in the log  1 reading, 2.0 kB"
    assert second.startswith("No day has been closed so far. Closing a day moves the log into day files.")
    assert panel.resting(replace(live, in_log=0, last_close=CLOSE), ZONE).plain.splitlines() == [
        "in the log  nothing",
        "last        12 Mar 2025 10:40",
        "by          midnight",
        "moved       1 reading in 0.2 s",
        "into        2 day files",
        "late        none for earlier days",
    ]
    late = replace(live, last_close=replace(CLOSE, late=3, late_files=1))
    assert panel.resting(late, ZONE).plain.endswith("late        3 readings into 1 day file")
    unknown = replace(live, last_close=replace(CLOSE, late=None))
    assert panel.resting(unknown, ZONE).plain.endswith("late        unknown, as this was the first close")


@pytest.mark.parametrize(
    ("by", "said"),
    [
        ("midnight", "midnight"),
        ("127.0.0.1:50123", "client at 127.0.0.1:50123"),
        ("[b]ada@example.com", "[b]ada@example.com"),
    ],
)
def test_who_started_a_close_is_named(by: str, said: str) -> None:
    assert panel.who(by).plain == said


async def test_one_line_has_the_state_of_the_close(desk: HeadEnd) -> None:
    live = desk.live()
    assert panel.in_short(live, ZONE) == "no day closed so far · nothing in the log"
    assert panel.in_short(running(desk), ZONE) == "day close: writing day files 12 of 31"
    closed = panel.in_short(replace(live, last_close=CLOSE), ZONE)
    assert closed == "last close 12 Mar 2025 10:40, 1 reading · nothing in the log"


def test_a_result_says_how_many_readings_were_late() -> None:
    assert panel.result_sentence(CLOSE) == "1 reading into 2 day files in 0.2 s"
    late = replace(CLOSE, readings=4000, files=1, late=30)
    assert panel.result_sentence(late) == "4 000 readings into 1 day file in 0.2 s, 30 of them late"
