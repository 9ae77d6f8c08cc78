"""Text from outside, and figures, as the screens show them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

from metertui.engine.base.visible_text import visible
from metertui.engine.base.zone import SiteZone
from metertui.text import fmt
from metertui.text.plain_text import flowed, plain, progress_bar


@given(st.text())
def test_nothing_in_it_is_a_command_or_markup(text: str) -> None:
    shown = plain(text, limit=10_000)
    assert shown.plain.isprintable()
    assert not shown.spans
    assert visible(shown.plain) == shown.plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a\nb", "a␊b"), ("\x7f", "␡"), ("\x9b31m", "\\u009b31m"), ("a\u202eb", "a\\u202eb"), ("a\u00a0b", "a␣b")],
)
def test_what_has_no_shape_gets_one(text: str, shown: str) -> None:
    assert plain(text).plain == shown


def test_what_is_long_is_cut() -> None:
    assert plain("x" * 300).plain == "x" * 200 + "…"


def test_figures() -> None:
    zone = SiteZone("Asia/Singapore")
    assert [fmt.kwh(wh) for wh in (None, 0, 1, 1_234_567_890)] == [
        "no data",
        "0.000 kWh",
        "0.001 kWh",
        "1 234 567.890 kWh",
    ]
    assert [fmt.rate(rate) for rate in (0.0, 99.94, 100.0, 462_019.4)] == ["0.0", "99.9", "100", "462 019"]
    assert [fmt.size(size) for size in (0, 999, 1000, 12_345_678, 5 * 10**12)] == [
        "0 B",
        "999 B",
        "1.0 kB",
        "12.3 MB",
        "5.0 TB",
    ]
    assert fmt.tally({"syntax": 1, "bad-reading": 1_234}) == "bad-reading×1 234  syntax×1"
    assert fmt.tally({}) == "none"
    assert [fmt.duration(int(seconds * 1_000_000), units=2) for seconds in (0.9, 61, 3_661, 270_061)] == [
        "0 s",
        "1 min 1 s",
        "1 h 1 min",
        "3 d 3 h",
    ]
    assert fmt.moment(zone.parse("2025-02-19T00:30:00"), zone) == "2025-02-19 00:30"


def test_a_progress_bar_is_of_one_width() -> None:
    bars = [progress_bar(done, 4) for done in range(5)]
    assert [bar.plain for bar in bars] == ["────", "━───", "━━──", "━━━─", "━━━━"]
    assert [(span.start, span.end, span.style) for span in bars[1].spans] == [(0, 1, "bold"), (1, 4, "dim")]


def test_a_name_and_its_figure_stay_on_one_line() -> None:
    parts = [Text("memory 324 MB"), Text("up 2 min"), Text("refused none")]
    assert flowed(parts, 24).plain == "memory 324 MB   up 2 min\nrefused none"
    assert flowed(parts, 23, Text("now: ")).plain == "now: memory 324 MB\nup 2 min   refused none"
    assert flowed([], 10).plain == ""
