"""Register reads of an import, a few meters at a time."""

from __future__ import annotations

from contextlib import closing, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.attributes import Group
from metertui.engine.base.config import Rules
from metertui.engine.base.limits import FitRule
from metertui.engine.base.outcome import refused
from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.core.engine import Engine
from metertui.engine.core.import_report import ImportReport
from metertui.engine.core.importing import FilePiece, Import
from metertui.engine.storage import sorted_rows
from metertui.engine.storage.reading_lines import Rows
from tests.clock import FakeClock

ZONE = SiteZone("Europe/Berlin")
START = ZONE.parse("2024-10-27T00:00:00")
"""Two hours before an hour that the clock shows twice."""
CLOCK = FakeClock("2024-10-27T20:00:00", ZONE)
RULES = Rules(zone=ZONE, fit=FitRule(max_w=9000, max_w_by_type={"landed": 20_000}))
IDS = ["b", "a:export", "a", "c:t1"]
GROUPS = [Group("North"), Group("South", apartment_type="landed")]
Reads = list[tuple[int, int, int, int, int]]
"""Register, half hours after the start, kWh, quality, and attributes."""
READS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 44), st.integers(0, 25), st.sampled_from([0, 0, 1]), st.integers(0, 1)),
    min_size=1,
    max_size=25,
)


def piece(reads: Reads, name: str) -> FilePiece:
    code, step, kwh, quality, group = np.array(reads, dtype=np.int64).T
    time = START + step * HOUR // 2
    rows = Rows(IDS, code.astype(np.int32), time, kwh * 1000, quality.astype(np.uint8))
    stated = None if name == "0.csv" else group.astype(np.int32)
    bare = ZONE.second_instants(time) != time
    return FilePiece(name, rows, np.arange(2, len(rows) + 2), (), GROUPS, stated, bare)


def imported(folder: Path, files: list[Reads], *, few: bool) -> ImportReport:
    """Import files, of which memory holds a `few` rows at a time."""
    small = patch.multiple(sorted_rows, MOST_HELD=5, PART=4, _STEP=2) if few else nullcontext()
    with closing(Engine.open(folder, RULES, CLOCK)) as engine, small:
        taken = Import(engine.view().frozen(), engine.events.frozen(), latest=CLOCK.now(), place=folder)
        for number, reads in enumerate(files):
            taken.add_piece(piece(reads, f"{number}.csv"))
        return taken.finish(engine.accounts, engine.archive, now=CLOCK.now())


def contents(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*.csv")}


@settings(max_examples=12)
@given(READS, st.lists(READS, min_size=1, max_size=2))
def test_however_few_rows_memory_holds_the_import_is_the_same(before: Reads, files: list[Reads]) -> None:
    found = []
    for few in (False, True):
        with TemporaryDirectory() as name:
            folder = Path(name)
            imported(folder, [before], few=False)
            report = imported(folder, files, few=few)
            assert report.read == report.new + report.duplicate + report.refused
            again = imported(folder, files, few=few)
            assert (again.new, again.days, again.registered, again.moved) == (0, 0, 0, 0)
            found.append((report, again, contents(folder)))
    assert found[0] == found[1]


def test_new_readings_come_in_order_of_time_and_one_that_is_refused_after_all_is_named(tmp_path: Path) -> None:
    with closing(Engine.open(tmp_path, RULES, CLOCK)) as engine:
        taken = Import(engine.view().frozen(), engine.events.frozen(), latest=CLOCK.now(), place=tmp_path)
        for number, reads in enumerate([[(0, 40, 9, 0, 0), (2, 2, 1, 0, 0)], [(2, 2, 1, 1, 0), (0, 0, 8, 0, 0)]]):
            taken.add_piece(piece(reads, f"{number}.csv"))
        taken.plan(engine.accounts, CLOCK.now())
        (new,) = taken.parts_of_reads()
        assert [new.rows.ids[code] for code in new.rows.code.tolist()] == ["b", "a", "a", "b"]
        assert new.rows.qualities.tolist() == [0, 1, 0, 0], "the actual one takes the place of the estimated one"
        assert (new.source.tolist(), new.line.tolist()) == ([1, 1, 0, 0], [3, 2, 3, 2])
        taken.note_outcome(new, 2, refused("conflict", "why"))
        assert (taken.report.new, taken.report.reasons["conflict"]) == (3, 1)
        (line,) = taken.report.refused_lines
        assert (line.source, line.line, line.text) == ("0.csv", 3, "a,2024-10-27T01:00:00+02:00,1")
