"""Sums of usage: they hold over edits and clock changes, and a wrong one is found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from metertui.engine.base.zone import DAY, HOUR
from metertui.engine.core.engine import Engine
from metertui.engine.maintenance import reconcile
from metertui.engine.maintenance.check import check_folder
from metertui.engine.usage import aggregate
from metertui.engine.usage.intervals import Intervals, Pieces, cut_intervals
from metertui.engine.usage.segments import Cells, usage_cells
from metertui.engine.vee.curve import energy_of_readings
from metertui.engine.vee.edits import Edit
from tests.clock import FakeClock
from tests.engine.build import frozen
from tests.engine.maintenance.proofs import RULES, START, ZONE, problems


def test_a_wrong_sum_is_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The registers are subtracted again: an energy that is off by 1 Wh does not pass."""

    def off_by_one(*columns: np.ndarray) -> np.ndarray:
        return energy_of_readings(*columns) + np.arange(len(columns[0])) // 100

    monkeypatch.setattr("metertui.engine.vee.curve.energy_of_readings", off_by_one)
    found = {proof.what for proof in check_folder(folder, RULES, lambda _: None) if proof.failures}
    assert found >= {
        "meters: energy equals what the registers rose by",
        "meters: table by meter equals what the registers rose by",
    }


def test_a_table_that_loses_an_hour_is_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = cut_intervals

    def lossy(taken: Intervals, marks: np.ndarray) -> Iterator[Pieces]:
        for piece in whole(taken, marks):
            piece.used[5 if len(marks) > 100 else 0 :][:1] -= len(marks) > 100
            yield piece

    monkeypatch.setattr(reconcile, "cut_intervals", lossy)
    [failed] = [proof for proof in check_folder(folder, RULES, lambda _: None) if proof.failures]
    assert failed.what.endswith("the sum of their hours")
    assert failed.problems == ["m-1, the day from 2024-10-25T00:00:00+02:00: 11.999 kWh is not 12 kWh"]


def test_exchanges_and_voids_are_part_of_the_proof(folder: Path) -> None:
    """Sums hold over what was decided, wherever in a meter's history that is."""
    engine = Engine.open(folder, RULES, FakeClock())
    for meter in sorted({account.meter for account in engine.accounts} & engine.directory.codes.keys()):
        series = engine.series(meter)
        if len(series.curve) < 3:
            continue
        times, whs = series.curve.time.tolist(), series.curve.wh.tolist()
        events = [
            Edit(0, meter, "exchange", times[0] - 1, "ann", "x", 5, whs[0]),
            Edit(0, meter, "exchange", times[1] + 1, "ann", "x", whs[1] + 700, whs[2]),
            Edit(0, meter, "exchange", times[-1] + 1, "ann", "x", whs[-1] + 50, 0),
        ]
        engine.events.append_edits(events)
        engine.apply_events(events)
        assert int(engine.series(meter).curve.energy[-1]) == series.curve.energy[-1] + 750 - (whs[2] - whs[1])
    engine.close()
    assert [problem for proof in check_folder(folder, RULES, lambda _: None) for problem in proof.problems] == []
    with (folder / "events.csv").open("a") as file:
        file.write("2025-03-12T10:40:00+08:00,m-1,void,at=2025-03-01T00:00:01+08:00,ann,x\n")
    told = [problem for proof in check_folder(folder, RULES, lambda _: None) for problem in proof.problems]
    assert told == ["the void of m-1 at 2025-02-28T17:00:01+01:00 is of a reading that is not stored"]


@pytest.mark.parametrize(
    ("log", "decisions"),
    [
        # an exchange after the last reading, before the first one, and with none that counts
        ("m,2025-03-01T00:00:00Z,10\nm,2025-03-02T00:00:00Z,20\n", "exchange,at=2025-03-05T00:00Z final=44 initial=0"),
        ("m,2025-03-01T00:00:00Z,10\nm,2025-03-02T00:00:00Z,20\n", "exchange,at=2025-02-05T00:00Z final=44 initial=0"),
        (
            "m,2025-03-01T00:00:00Z,10\n",
            "void,at=2025-03-01T00:00Z\nexchange,at=2025-02-05T00:00Z final=44 initial=0",
        ),
        # nothing that counts, and a suspect on a day of its own
        ("m,2025-03-01T00:00:00Z,10\n", "void,at=2025-03-01T00:00Z"),
        ("m,2025-03-01T00:00:00Z,10\nm,2025-03-02T00:00:00Z,20\nm,2025-03-10T00:00:00Z,5\n", ""),
    ],
)
def test_what_lies_beyond_what_is_counted_is_no_problem(tmp_path: Path, log: str, decisions: str) -> None:
    (tmp_path / "users.csv").write_text("identifier,address,region,sub_region,postcode,apartment_type\nm,,N,,,\n")
    (tmp_path / "log.txt").write_text(log)
    rows = "".join(
        f"2025-03-12T10:40:00Z,m,{what},{values},ada,because\n"
        for what, values in (each.split(",") for each in decisions.split("\n") if each)
    )
    (tmp_path / "events.csv").write_text("time,meter,what,values,who,reason\n" + rows)
    assert problems(tmp_path) == []


def test_the_work_is_in_proportion_to_readings_however_far_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    meters = 20
    whole = {f"m-{at}": [(START, at), (START + 4000 * DAY + at * HOUR, 12_345_678 + at)] for at in range(meters)}
    work: list[int] = []

    def cut(taken: Intervals, marks: np.ndarray) -> Iterator[Pieces]:
        for piece in cut_intervals(taken, marks):
            work.append(len(piece.used))
            yield piece

    def cells_of(*asked: Any) -> Iterator[Cells]:
        for cells in usage_cells(*asked):
            work.append(len(cells.amount))
            yield cells

    monkeypatch.setattr(reconcile, "cut_intervals", cut)
    monkeypatch.setattr(aggregate, "usage_cells", cells_of)
    proofs = list(reconcile.prove_sums(frozen(whole, ZONE), lambda _: None))
    assert [proof.problems for proof in proofs if proof.failures] == []
    assert sum(work) < 500 * 2 * meters  # 100,000 hours lie between the two of each
    assert any("the table by day was checked only from" in note for proof in proofs for note in proof.notes)


def test_what_lies_between_readings_far_apart_is_compared_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def lossy(taken: Intervals, marks: np.ndarray) -> Iterator[Pieces]:
        for piece in cut_intervals(taken, marks):
            piece.used[:1] -= len(marks) == 2
            yield piece

    monkeypatch.setattr(reconcile, "cut_intervals", lossy)
    whole = frozen({"m-1": [(START, 0), (START + 100 * DAY, 100_000)]}, ZONE)
    found = [problem for proof in reconcile.prove_sums(whole, lambda _: None) for problem in proof.problems]
    assert len(found) == 3
    assert "m-1, the day from 2024-10-26T00:00:00+02:00: " in found[2]
