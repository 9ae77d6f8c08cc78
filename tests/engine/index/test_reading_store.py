"""The readings as a whole: history, tail and index stay in step whatever comes while a day is closed."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from metertui.engine.attributes import Group
from metertui.engine.base.limits import MeterLimits
from metertui.engine.base.qualities import ACTUAL, ESTIMATED
from metertui.engine.base.zone import MINUTE, SiteZone
from metertui.engine.columns.curve import Columns
from metertui.engine.columns.qualities import stated_all
from metertui.engine.index import reading_store
from metertui.engine.index.meter_codes import MeterCodes
from metertui.engine.index.reading_store import ReadingStore
from metertui.engine.vee.neighbours import Neighbours

METERS = 3
Batches = list[list[tuple[int, int]]]
batches = st.lists(st.lists(st.tuples(st.integers(0, METERS - 1), st.integers(0, 10)), max_size=5), max_size=6)


@given(batches, batches, batches, st.integers(1, 4))
def test_what_comes_during_a_rebuild_is_found_after_the_swap(
    before: Batches, during: Batches, after: Batches, lag: int
) -> None:
    directory = MeterCodes()
    for code in range(METERS):
        directory.place_meter(f"m{code}", Group())
    stored = ReadingStore(Columns.empty(), directory, SiteZone("Asia/Singapore"))
    model: dict[tuple[int, int], int] = {}

    def append(arriving: Batches) -> None:
        for batch in arriving:
            new = [pair for pair in dict.fromkeys(batch) if pair not in model]
            model.update({(code, slot): len(model) + i for i, (code, slot) in enumerate(new)})
            times = [slot * 30 * MINUTE for _, slot in new]
            stored.append([code for code, _ in new], times, [model[pair] for pair in new])

    with patch.object(reading_store, "_BACKLOG", lag):
        append(before)
        taken = stored.mark()
        append(during)
        rebuilt = stored.rebuild_history(taken)
        known = set(model)
        quiet = {code: stored.state_of(code) for code in range(METERS)}
        append(after)
        states = [stored.state_of(code) for code in range(METERS)]
        told = {code for batch in after for code, slot in batch if (code, slot) not in known}
        assert {code for code in range(METERS) if states[code] != quiet[code]} == told
        stored.swap_history(rebuilt)
        assert len(stored) == len(model)
        for code in range(METERS):
            mine = sorted((slot, wh) for (at, slot), wh in model.items() if at == code)
            times, whs = stored.readings_of(code)
            assert stored.state_of(code) not in states, "the swap is a change to all"
            assert times.tolist() == [slot * 30 * MINUTE for slot, _ in mine]
            assert whs.tolist() == [wh for _, wh in mine]
            assert [stored.values_at(code, slot * 30 * MINUTE) for slot, _ in mine] == [(wh,) for _, wh in mine]
    stored._caught_up()._check()
    assert np.array_equal(stored.view().frozen().columns.wh, [wh for _, wh in sorted(model.items())])


@given(st.lists(st.sampled_from(["actual", "estimated", "both"]), max_size=12), st.integers(0, 12), st.integers(0, 12))
def test_a_run_of_estimates_is_passed_over(kinds: list[str], history: int, asked: int) -> None:
    directory = MeterCodes()
    code = directory.code_of("m")
    rows = [(code, place * MINUTE, 10, ACTUAL if kind == "actual" else ESTIMATED) for place, kind in enumerate(kinds)]
    old = stated_all(rows[:history])
    columns = Columns(old.meter, old.time, old.wh)
    estimated = old.take(old.quality != ACTUAL)
    stored = ReadingStore(columns, directory, SiteZone("Asia/Singapore"), estimated=estimated)
    for _, time, wh, quality in rows[history:]:
        stored.append_value(code, time, wh, quality)
    for place, kind in enumerate(kinds):
        if kind == "both":
            stored.append_value(code, place * MINUTE, 20)
    alone = [stored.is_estimated_only(code, place * MINUTE) for place in range(13)]
    assert alone == [kind == "estimated" for kind in kinds] + [False] * (13 - len(kinds))
    start, end = min(asked, len(kinds)), min(asked, len(kinds) - 1)
    while start > 0 and alone[start - 1]:
        start -= 1
    while end + 1 < len(kinds) and alone[end + 1]:
        end += 1
    if asked < len(kinds):
        assert stored.start_of_estimates(code, asked * MINUTE) == start * MINUTE
        assert stored.end_of_estimates(code, asked * MINUTE) == end * MINUTE
    places = [place for place, kind in enumerate(kinds) if kind != "actual"]
    found = stored.known_instants(code, -1, asked * MINUTE)
    assert list(found) == [place * MINUTE for place in places if place < asked]


def test_readings_are_found_behind_thousands_of_estimates_in_a_few_fetches() -> None:
    directory = MeterCodes()
    code = directory.code_of("m")
    rows = [(code, place * MINUTE, 10, ESTIMATED if 0 < place < 4000 else ACTUAL) for place in range(4001)]
    stored = ReadingStore(Columns.empty(), directory, SiteZone("Asia/Singapore"))
    stored.append_stated(stated_all(rows))
    neighbours = Neighbours(stored, code, MeterLimits(1000, (100_000,)))
    counts = []
    index = stored._caught_up()
    before, after, between = index.rows_before, index.rows_after, index.count_between
    with (
        patch.object(index, "rows_before", side_effect=lambda *each: counts.append(each[-1]) or before(*each)),
        patch.object(index, "rows_after", side_effect=lambda *each: counts.append(each[-1]) or after(*each)),
        patch.object(index, "count_between", side_effect=lambda *each: counts.append(1) or between(*each)),
    ):
        assert neighbours.reads_before(2000 * MINUTE, 16) == ([(0, 10)], False)
        assert neighbours.reads_after(2000 * MINUTE, 16) == ([(4000 * MINUTE, 10)], False)
    assert sum(counts) < 100
