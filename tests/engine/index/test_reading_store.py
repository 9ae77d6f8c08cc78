"""The readings as a whole: history, tail and index stay in step whatever comes while a day is closed."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from metertui.engine.attributes import Group
from metertui.engine.base.zone import MINUTE, SiteZone
from metertui.engine.columns.curve import Columns
from metertui.engine.index import reading_store
from metertui.engine.index.meter_codes import MeterCodes
from metertui.engine.index.reading_store import ReadingStore

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
