"""Intervals and register reads from files in any order, twice, corrected, cut in between: every answer is the truth."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing, suppress
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.base.windows import Window
from metertui.engine.base.zone import HOUR
from metertui.engine.core import one_meter
from metertui.engine.core.engine import Engine
from metertui.engine.usage import Question, load_tables, usage_table
from tests.engine.core.test_importing import piece as piece_of_reads
from tests.engine.core.test_interval_import import CLOCK, RULES, START, ZONE, imported, piece, problems, rows
from tests.engine.cutting import PowerCut, cutting

LAST = 34
"""The last hour that is over."""
DAYS = date(2025, 3, 10), date(2025, 3, 12)
Truth = Mapping[int, int]
"""The Wh of each hour of which anything is known."""
Reads = list[tuple[str, int, int]]


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[dict[int, int]], dict[int, int], Reads, Truth]:
    """The Wh of the hours in each file, of those that are corrected, the reads, and what is true.

    Between two reads all hours that are in no file used the same, so that every figure is a whole number of Wh.
    """
    energies = draw(st.lists(st.integers(0, 4000), min_size=LAST, max_size=LAST))
    hours = draw(st.lists(st.sets(st.integers(0, LAST - 1), min_size=1, max_size=9), min_size=1, max_size=3))
    files = [{hour: energies[hour] for hour in sorted(each)} for each in hours]
    stated = {hour: wh for each in files for hour, wh in each.items()}
    corrected = {
        hour: draw(st.integers(0, 4000)) for hour in draw(st.sets(st.sampled_from(sorted(stated)), max_size=3))
    }
    truth, reads, register = {**stated, **corrected}, Reads(), 10_000
    at = sorted(draw(st.sets(st.integers(-3, LAST), min_size=2, max_size=3))) if draw(st.booleans()) else []
    for before, hour in zip([*at[:1], *at], at, strict=False):
        rate = draw(st.integers(0, 3000))
        register += sum(truth.setdefault(each, rate) for each in range(before, hour))
        reads.append(("m", START + hour * HOUR, register))
    return files, corrected, reads, truth


@settings(max_examples=6, deadline=None)
@given(histories(), st.data())
def test_every_answer_is_the_truth(
    found: tuple[list[dict[int, int]], dict[int, int], Reads, Truth], data: st.DataObject
) -> None:
    files, corrected, reads, truth = found

    def of_file(number: int, energies: Mapping[int, int]) -> object:
        return piece(rows([(hour, hour + 1, wh / 1000) for hour, wh in energies.items()]), f"{number}.csv")

    pieces = [of_file(number, each) for number, each in enumerate(files)]
    pieces += [piece_of_reads([read], name="reads.csv") for read in reads]
    again = data.draw(st.lists(st.sampled_from(pieces), max_size=2))
    with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr("metertui.engine.storage.folder_lock.fcntl.flock", lambda *_: None)  # no process ends here
        folder = Path(name)
        for each in data.draw(st.permutations([*pieces, *again])):
            survive = data.draw(st.integers(0, 60))
            with pytest.MonkeyPatch.context() as power, suppress(PowerCut):
                cutting(power, survive)
                imported(folder, each)  # type: ignore[arg-type]
            imported(folder, each)  # type: ignore[arg-type]
        if corrected:
            imported(folder, of_file(9, corrected), replaces=True)  # type: ignore[arg-type]
            imported(folder, pieces[0])  # type: ignore[arg-type]
        assert problems(folder) == []
        with closing(Engine.open_readonly(folder, RULES, CLOCK)) as engine:
            windows = data.draw(st.lists(st.tuples(st.integers(-4, LAST), st.integers(1, 40)), min_size=3, max_size=5))
            check(engine, truth, [(start, start + length) for start, length in windows])


def check(engine: Engine, truth: Truth, windows: list[tuple[int, int]]) -> None:
    known = range(min(truth), max(truth) + 1)
    for start, end in windows:
        hours = [truth[hour] for hour in range(start, end) if hour in truth]
        window = Window("dates", START + start * HOUR, START + end * HOUR)
        used = engine.usage("m", window)
        assert used.usage_wh == (sum(hours) if hours else None)
        missing = sum(hour in known and hour not in truth for hour in range(start, end))
        assert used.missing_us == missing * HOUR
        explained, _ = one_meter.prepare_explanation(engine, "m", window)()
        assert (explained.usage.usage_wh, explained.agrees) == (used.usage_wh, True)
    frozen = engine.view().frozen()
    for key, length in (("hour", 19), ("day", 10), ("month", 7)):
        expected: dict[str, int] = {}
        for hour, wh in sorted(truth.items()):
            text = ZONE.iso(START + hour * HOUR)[:length]
            expected[text] = expected.get(text, 0) + wh
        table = usage_table(frozen, Question(*DAYS, by=(key,)))
        assert {row[key][:length]: row["usage_wh"] for row in table.to_dict("records")} == expected
    bill = one_meter.statement_of_month(engine, "m", "2025-03")
    assert bill.usage_wh == sum(truth.values())
    curve = pd.concat(load_tables(frozen, Question(*DAYS), HOUR))
    exported = {
        (int(at) - START) // HOUR: round(kwh * 1000)
        for at, kwh in zip(curve["start"].astype("int64"), curve["usage_kwh"], strict=True)
    }
    assert exported == dict(truth)
