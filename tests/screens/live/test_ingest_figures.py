"""The figures of ingest: tiles, refused lines by code, and the day close beside them."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import ANY

import pytest

from metertui.engine.core.counters import Close
from metertui.headend import Slot
from tests.screens.live.helpers import STEPS, inner, mid_close, show
from tests.screens.town import STEADY, Town, at_work, settle, text_of


async def test_every_cause_of_refusal_is_counted_on_the_screen(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = ["unknown-command", "bad-reading", "not-registered", "bad-timestamp", "bad-field", "conflict", "syntax"]
    batch = town.engine.ingest.begin()
    for times, code in enumerate(codes, 1):
        for _ in range(times):
            batch.add_refused_line("127.0.0.1:50123", code, "no", "x")
    town.engine.ingest.apply(batch)
    async with at_work(town, "f2", size=(80, 24)) as pilot:
        await show(town, pilot)
        await pilot.press("2")
        await show(town, pilot)
        shown = " ".join(text_of(pilot, "#server-figures").split())
        assert shown.endswith("refused " + " ".join(f"{code}×{n}" for n, code in reversed([*enumerate(codes, 1)])))
        for p50, p99, said in (
            (0.0013, 0.0051, "1.3·5.1 ms"),
            (0.012, 0.097, "12 · 97 ms"),
            (0.3, 1.2, "300·1 200ms"),
            (1.5, 12.0, "1.5·12.0 s"),
        ):
            slow = replace(town.headend.live(), p50=p50, p99=p99)
            with monkeypatch.context() as patched:
                patched.setattr(town.headend, "live", lambda slow=slow: slow)
                await show(town, pilot)
                label, _, figure = text_of(pilot, "#tile-latency").partition("\n")
                assert label.strip() == "OK 50 · 99%"
                assert figure.strip() == said
                assert len(said) <= pilot.app.screen.query_one("#tile-latency").content_size.width


@pytest.mark.parametrize("size", [(120, 40), (200, 60)])
async def test_a_day_close_is_seen_under_way_in_its_pane(
    town: Town, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    async with at_work(town, "f2", "4", size=size) as pilot:
        with monkeypatch.context() as patched:
            patched.setattr(town.headend, "live", lambda: mid_close(town))
            await show(town, pilot)
            *steps, bar, by = inner(pilot)
            assert steps == STEPS
            assert bar.startswith("━")
            assert bar.endswith("─  42% · 3 s")
            assert by == "by client at 127.0.0.1:50123; ingest continues"
        await show(town, pilot)
        assert inner(pilot)[1].startswith("No day has been closed so far.")


async def test_the_figures_show_the_last_close(town: Town) -> None:
    async with at_work(town, "f2", "4") as pilot:
        close = await town.headend.day_close.close("ada@example.com")
        assert isinstance(close, Close)
        await show(town, pilot)
        moved = f"{close.readings // 1000} {close.readings % 1000:03} readings"
        assert inner(pilot)[1:] == [
            "last        12 Mar 2025 10:40",
            "by          ada@example.com",
            f"moved       {moved} in {close.seconds:.1f} s",
            f"into        {close.files} day files",
            "late        unknown, as this was the first close",
            "",
            "d closes the day, as an operator",
        ]
        town.read((STEADY, "2690.6", "2025-03-12T10:35:00"), (STEADY, "2689.9", "2025-03-11T23:45:00"))
        await town.headend.day_close.close("midnight")
        await show(town, pilot)
        assert inner(pilot)[2:] == [
            "by          midnight",
            ANY,
            "into        2 day files",
            "late        1 reading into 1 day file",
            "",
            "d closes the day, as an operator",
        ]


@pytest.mark.parametrize("width", [60, 80, 120, 200])
async def test_the_tiles_fit_the_terminal(town: Town, width: int) -> None:
    async with at_work(town, "f2", size=(width, 40)) as pilot:
        town.app.tick()
        await pilot.pause()
        tiles = pilot.app.screen.query(".tile")
        assert len({tile.region.x for tile in tiles}) == 6
        assert all(tile.region.right <= width and tile.region.height == 2 for tile in tiles)


async def test_the_figures_show_how_long_answers_take(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    now = replace(town.headend.live(), p50=0.0004, p99=0.0213, memory=123_400_000, queue=3, waiting=2048)
    async with at_work(town, "f2", "2") as pilot:
        monkeypatch.setattr(town.headend, "live", lambda: now)
        await show(town, pilot)
        assert text_of(pilot, "#tile-latency").splitlines()[1] == "0.4 · 21 ms"
        shown = " ".join(text_of(pilot, "#server-figures").split())
        assert "memory 123 MB" in shown
        assert "input queue 2.0 kB of 3" in shown


async def test_a_figure_has_its_last_two_minutes_beside_it(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    slots = tuple(Slot(1, accepted=second, p99=0.001) for second in range(120))
    monkeypatch.setattr(town.headend, "trend", lambda span: slots)
    async with at_work(town, "f2") as pilot:
        await show(town, pilot)
        assert text_of(pilot, "#tile-rate").splitlines()[1].endswith("▂▂▃▃▄▄▅▆▆▇")
        assert text_of(pilot, "#tile-latency").splitlines()[1].endswith("▇")
        assert text_of(pilot, "#tile-refused").splitlines()[1] == "0"  # nothing but zeros has no line


async def test_meters_heard_from_are_of_the_active_ones(town: Town) -> None:
    async with at_work(town, "f2") as pilot:
        await show(town, pilot)
        await settle(pilot)
        assert text_of(pilot, "#tile-heard").splitlines()[1] == "1 of 8"
