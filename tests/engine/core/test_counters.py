"""Counters of ingest: what a batch adds to them, and how much they keep."""

from __future__ import annotations

from metertui.engine.core.engine import Engine
from tests.engine.core.commits import commit


def test_each_outcome_is_counted_once(engine: Engine) -> None:
    commit(
        engine,
        ("m", "100", "2025-03-12T09:00:00"),
        ("m", "100", "2025-03-12T09:00:00"),
        ("m", "7", "2025-03-12T10:00:00"),
        ("m", "x", "2025-03-12T10:00:00"),
    )
    counters = engine.ingest.counters
    assert (counters.accepted, counters.duplicates, counters.suspects, counters.registered) == (2, 1, 1, 2)
    assert [(arrival.wh, bool(arrival.note)) for arrival in counters.arrivals] == [(100_000, False), (7_000, True)]


def test_only_the_newest_arrivals_and_refused_lines_are_kept(engine: Engine) -> None:
    batch = engine.ingest.begin()
    for second in range(250):
        batch.add_reading("m", str(second), f"2025-03-12T09:{second // 60:02d}:{second % 60:02d}")
        batch.add_refused_line("10.0.0.7:5", "syntax", "no", str(second))
    engine.ingest.apply(batch)
    counters = engine.ingest.counters
    assert [arrival.wh for arrival in counters.arrivals] == [second * 1000 for second in range(50, 250)]
    assert [refused.line for refused in counters.refusals] == [str(second) for second in range(50, 250)]
    assert (counters.accepted, counters.refused) == (250, {"syntax": 250})
