"""Usage and status of a whole list, searched by a text."""

from __future__ import annotations

from datetime import date

import numpy as np

from metertui.engine.base import HOUR
from metertui.engine.core import listing
from metertui.engine.usage.judged_list import JudgedList
from metertui.engine.usage.query import Question
from metertui.text import fmt
from tests.engine.test_intervals import START, hours, opened

DAY = Question(date(2025, 3, 28), date(2025, 3, 28))


def test_rows_are_found_by_their_usage_and_status_in_any_order() -> None:
    reads = [("n", START + hour * HOUR, wh) for hour, wh in ((0, 0), (1, 50000), (2, 5), (3, 50500))]
    with opened(hours("m", 0, 100, 2345, quality=1), reads) as engine:
        every = listing.find_readings(engine.view(), DAY)
        judged = JudgedList(every.sorted_by("-timestamp"), engine.view().frozen())

        def found(text: str) -> list[tuple[str, int]]:
            chosen = every.containing(text, more=judged.finder(text, fmt.status))
            part = chosen.part(0, len(chosen))
            hour = (part.time - START) // HOUR
            return [(chosen.stored.ids[code], at) for code, at in zip(part.meter.tolist(), hour.tolist(), strict=True)]

        assert found("estimated") == [("m", 1), ("m", 2)]
        assert found("2.345") == [("m", 2)]
        assert found("Reject") + found("suspect") == [("n", 2)]
        nothing = JudgedList(every.first(0), engine.view().frozen())
        assert not len(nothing.finder("1", fmt.status)(np.empty(0, dtype=np.int64)))
