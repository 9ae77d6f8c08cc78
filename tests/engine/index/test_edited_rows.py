"""Edits kept up to date meter by meter, against all of them worked out at once."""

from __future__ import annotations

import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.base.zone import SiteZone
from metertui.engine.columns.columns import FIRST
from metertui.engine.columns.curve import Columns
from metertui.engine.index import edited_rows
from metertui.engine.index.edited_rows import EditedRows
from metertui.engine.index.meter_codes import MeterCodes
from metertui.engine.index.reading_list import NotTheFirst
from metertui.engine.index.reading_store import Mark, ReadingStore
from metertui.engine.vee import standing
from metertui.engine.vee.edit_log import EditLog
from metertui.engine.vee.edits import Edit, corrections_from

ZONE = SiteZone("Asia/Singapore")
METERS = ("a", "b", "c")
TIMES = (10, 20, 30)
VALUES = (5, 6, FIRST)
KINDS = ("void", "unvoid", "correct", "uncorrect", "release", "exchange", "accept", "note")

edits = st.builds(
    lambda meter, kind, at, wh: Edit(0, meter, kind, at, "ann", "x", wh=wh, to=7),
    *(st.sampled_from(METERS), st.sampled_from(KINDS), st.sampled_from(TIMES), st.sampled_from(VALUES)),
)
readings = st.tuples(st.sampled_from(METERS), st.sampled_from(TIMES), st.sampled_from([5, 6, 7]))
steps = st.lists(edits | readings | st.just("close"), max_size=30)


def empty_store() -> tuple[ReadingStore, EditLog, MeterCodes]:
    log, directory = EditLog(Path(tempfile.gettempdir()), ZONE), MeterCodes()
    return ReadingStore(Columns.empty(), directory, ZONE, log), log, directory


def as_lists(found: Any) -> list[Any]:
    return [] if found is None else [each.tolist() if isinstance(each, np.ndarray) else each for each in found]


def plainly(store: ReadingStore, log: EditLog, directory: MeterCodes) -> tuple[list[Any], list[int], dict[int, int]]:
    """Return the edits as lists, the rows without a reading, and those with another than the first."""
    known = {code: made for meter, code in directory.codes.items() if (made := log.edits_of_meter(meter))}
    corrections = corrections_from(known, store.shared.by_meter)
    void, replaced = [], {}
    for code, made in known.items():
        for at in made.verdicts:
            row = store._caught_up().row_at(code, at)
            if row is not None:
                values = store.values_at(code, at)
                stands = standing(values, made.verdicts_at(at))
                if stands is None:
                    void.append(row)
                elif stands != values[0]:
                    replaced[row] = stands
    return as_lists(corrections), sorted(void), replaced


@settings(max_examples=80)
@given(steps)
def test_after_every_step_the_edits_are_as_if_worked_out_at_once(wanted: list[Any]) -> None:
    store, log, directory = empty_store()
    for step in wanted:
        if isinstance(step, Edit):
            log.apply_edit(step)
        elif step == "close":
            store.swap_history(store.rebuild_history(store.mark()))
        else:
            meter, at, wh = step
            store.append_value(directory.code_of(meter), at, wh)
        store.refresh_views()
        stored = store.view().stored
        found = as_lists(stored.corrections), sorted(stored.not_the_first.void.tolist()), stored.not_the_first.replaced
        assert found == plainly(store, log, directory)
        assert store.view().stored.not_the_first is stored.not_the_first


def test_an_edit_costs_what_those_of_its_meter_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    store, log, directory = empty_store()
    for meter, count in (("a", 50), ("b", 3), ("c", 1)):
        code = directory.code_of(meter)
        store.append([code] * count, range(count), range(count))
        for at in range(count):
            log.apply_edit(Edit(0, meter, "void", at, "ann", "x", wh=at))
    assert len(store.view().stored.not_the_first.void) == 54
    columns: list[int] = []
    rows: list[int] = []
    plain, find = corrections_from, store._find

    def count_edits(edits: dict[int, Any], *values: dict[int, Any]) -> Any:
        columns.extend(edits)
        return plain(edits, *values)

    def count_rows(codes: Any, times: Any) -> Any:
        rows.extend(codes.tolist())
        return find(codes, times)

    monkeypatch.setattr(edited_rows, "corrections_from", count_edits)
    monkeypatch.setattr(store, "_find", count_rows)

    def after(edit: Edit) -> tuple[NotTheFirst, Collection[int], Collection[int]]:
        columns.clear()
        rows.clear()
        log.apply_edit(edit)
        store.refresh_views()
        return store.view().stored.not_the_first, tuple(columns), tuple(rows)

    kept = store.view().stored.not_the_first
    assert after(Edit(0, "a", "note", 1, "ann", "x")) == (kept, (), ()), "it changes no figure"
    found, edited, asked = after(Edit(0, "b", "unvoid", 1, "ann", "x", wh=1))
    assert (len(found.void), edited, asked) == (53, (1,), (1, 1))
    store.swap_history(store.rebuild_history(Mark(54)))
    assert len(store.view().stored.not_the_first.void) == 53
    assert (columns, len(rows)) == ([1], 55), "a day close changes rows, and no edit"


def test_frozen_edits_are_copied_meter_by_meter() -> None:
    _, log, _ = empty_store()
    for meter in METERS:
        log.apply_edit(Edit(0, meter, "void", 10, "ann", "x"))
    before = log.frozen()
    log.apply_edit(Edit(0, "b", "void", 20, "ann", "x"))
    after = log.frozen()
    assert [after[meter] is before[meter] for meter in METERS] == [True, False, True]
    assert list(after["b"].voids) == [10, 20]
    assert list(before["b"].voids) == [10]


def test_edits_without_a_store_of_readings_wait_for_it() -> None:
    store, log, directory = empty_store()
    edited = EditedRows(log, directory, store.shared, store.qualities)
    log.apply_edit(Edit(0, "a", "void", 10, "ann", "x", wh=5))
    assert edited.current(store._find)[0] is None
    directory.code_of("a")
    corrections, rows = edited.current(store._find)
    assert (len(corrections.void_meter) if corrections else 0, len(rows.void)) == (1, 0)
    store.append([0], [10], [5])
    assert edited.current(store._find)[1].void.tolist() == [0]
