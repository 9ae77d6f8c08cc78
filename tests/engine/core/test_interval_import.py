"""Importing energy per interval: any order of files, any number of times, and through any interruption."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.attributes import Group
from metertui.engine.base.config import Rules
from metertui.engine.base.windows import Window
from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.core.engine import Engine
from metertui.engine.core.file_figures import FileFigures
from metertui.engine.core.import_report import ImportReport
from metertui.engine.core.importing import Import
from metertui.engine.errors import MeterError, StorageError
from metertui.engine.intervals import IntervalPiece, IntervalStore
from metertui.engine.maintenance.check import check_folder
from metertui.engine.storage import durable, sorted_rows
from tests.clock import FakeClock
from tests.engine.cutting import cut_anywhere, undisturbed
from tests.engine.intervals.listed import Listed, listed, rows_of

ZONE = SiteZone("Asia/Singapore")
RULES = Rules(zone=ZONE)
CLOCK = FakeClock("2025-03-12T10:40:00", ZONE)
START = ZONE.parse("2025-03-10T22:00")
"""Two hours before a midnight."""
KWH = 1_000_000_000
Hours = list[tuple[float, float, float]]
"""Hours from the start on in which an interval begins and ends, and its kWh."""


def rows(hours: Hours, meter: str = "m", quality: int = 0) -> list[Listed]:
    return [(meter, START + round(a * HOUR), START + round(b * HOUR), round(kwh * KWH), quality) for a, b, kwh in hours]


def piece(intervals: Sequence[Listed], name: str = "a.csv", group: Group | None = None) -> IntervalPiece:
    found = rows_of(intervals)
    stated = None if group is None else np.zeros(len(found), dtype=np.int32)
    lines = np.arange(2, len(found) + 2)
    return IntervalPiece(name, found, lines, groups=[] if group is None else [group], group=stated)


def imported(folder: Path, *pieces: IntervalPiece, replaces: bool = False, max_kw: float | None = None) -> ImportReport:
    with closing(Engine.open(folder, RULES, CLOCK)) as engine:
        stored, edits = engine.view().frozen(), engine.events.frozen()
        options: dict[str, Any] = {"latest": CLOCK.now(), "replaces": replaces, "max_kw": max_kw, "place": folder}
        found = Import(stored, edits, **options)
        for each in pieces:
            found.add_piece(each)
        return found.finish(engine.accounts, engine.archive, now=CLOCK.now())


def counts(report: ImportReport) -> tuple[int, ...]:
    assert report.read == report.new + report.duplicate + report.different + report.refused
    return report.read, report.new, report.duplicate, report.different, report.refused


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.csv"))}


def stored(folder: Path) -> list[Listed]:
    return listed(IntervalStore(folder, ZONE).read_all())


def problems(folder: Path) -> list[str]:
    return [problem for proof in check_folder(folder, RULES, lambda _: None) for problem in proof.problems]


def used(folder: Path, meter: str, first: float, last: float) -> int | None:
    with closing(Engine.open_readonly(folder, RULES, CLOCK)) as engine:
        window = Window("dates", START + round(first * HOUR), START + round(last * HOUR))
        return engine.usage(meter, window).usage_wh


def test_a_meter_known_by_a_file_alone_is_registered_and_its_figures_are_the_files_own(tmp_path: Path) -> None:
    use, feed_in = rows([(0, 1, 0.5), (1, 2, 0.25), (4, 5, 0.125)]), rows([(0, 1, 7)], "m:export", quality=1)
    report = imported(tmp_path, piece(use, group=Group("North")), piece(feed_in, "b.csv"))
    assert (counts(report), report.registered, report.days) == ((4, 4, 0, 0, 0), 1, 2)
    assert report.meters == [
        FileFigures("m", "use", 875, START, START + 5 * HOUR, 3, 1, 2 * HOUR, [("2025-03", 875)]),
        FileFigures("m", "export", 7000, START, START + HOUR, 1, 0, 0, [("2025-03", 7000)]),
    ]
    assert (used(tmp_path, "m", -5, 20), used(tmp_path, "m:export", -5, 20)) == (875, 7000)
    with closing(Engine.open(tmp_path, RULES, CLOCK)) as engine:
        account = engine.accounts.get("m")
        assert account is not None
        assert (account.region, account.registered) == ("North", START)
        assert not engine.site_state().active  # nothing is to come of it
    assert problems(tmp_path) == []


def test_what_differs_is_left_alone_and_taken_when_it_is_to_replace(tmp_path: Path) -> None:
    imported(tmp_path, piece(rows([(0, 1, 0.5), (1, 2, 0.25), (2, 3, 1)])))
    before = files(tmp_path)
    corrected = piece(rows([(0, 1, 0.5), (1, 2, 0.75)]) + rows([(2, 3, 1)], quality=1), "b.csv")
    report = imported(tmp_path, corrected)
    assert counts(report) == (3, 0, 1, 2, 0)
    assert [(each.source, each.line, each.why) for each in report.different_lines] == [
        ("b.csv", 3, "0.25 kWh from 2025-03-10T23:00:00+08:00 to 2025-03-11T00:00:00+08:00 is known"),
        ("b.csv", 4, "1 kWh from 2025-03-11T00:00:00+08:00 to 2025-03-11T01:00:00+08:00 is known"),
    ]
    assert files(tmp_path) == before
    report = imported(tmp_path, corrected, replaces=True)
    assert (counts(report), report.replaced) == ((3, 0, 1, 2, 0), 2)
    assert used(tmp_path, "m", 0, 3) == 2250
    kept = [each[3:] for each in stored(tmp_path) if each[1] == START + HOUR]
    assert kept == [(KWH // 4, 0), (3 * KWH // 4, 0)]  # every value stays
    after = files(tmp_path)
    assert counts(imported(tmp_path, corrected, replaces=True)) == (3, 0, 3, 0, 0)
    assert files(tmp_path) == after
    assert problems(tmp_path) == []


def test_intervals_with_other_bounds_take_the_place_of_all_that_they_overlap(tmp_path: Path) -> None:
    imported(tmp_path, piece(rows([(1, 3, 2), (3, 4, 1), (4, 5, 1)])))
    same = piece(rows([(1, 2, 1.5), (2, 3, 0.5), (3, 5, 2)]), "finer.csv")
    assert counts(imported(tmp_path, same)) == (3, 2, 1, 0, 0)  # the shortest stand, whichever come first
    assert counts(imported(tmp_path, same)) == (3, 0, 3, 0, 0)
    other = piece(rows([(2, 3.5, 9)]), "other.csv")
    assert counts(imported(tmp_path, other)) == (1, 0, 0, 1, 0)
    assert imported(tmp_path, other, replaces=True).replaced == 1
    assert [used(tmp_path, "m", *each) for each in ((1, 5), (2, 3.5), (1, 2))] == [11_500, 9000, 1500]
    assert problems(tmp_path) == []


def test_a_file_that_says_two_things_of_one_interval_is_refused_by_line(tmp_path: Path) -> None:
    report = imported(tmp_path, piece([*rows([(0, 1, 1)]), *rows([(0, 1, 1)]), *rows([(0, 1, 2)])]))
    assert counts(report) == (3, 1, 1, 0, 1)
    assert [(each.line, each.code) for each in report.refused_lines] == [(4, "conflict")]


def test_what_cannot_be_energy_of_an_interval_is_refused_by_name(tmp_path: Path) -> None:
    late = (CLOCK.now() - START) / HOUR
    bad = [*rows([(0, 0, 1), (0, 1, -1), (late, late + 1, 1)]), ("m", -HOUR, 0, 1, 0)]
    report = imported(tmp_path, piece(bad))
    assert [each.code for each in report.refused_lines] == [
        *("bad-timestamp", "past-timestamp", "bad-reading", "future-timestamp"),
    ]
    assert not (tmp_path / "intervals").exists()


def test_more_power_than_the_meter_can_draw_refuses_all_unless_it_is_said(tmp_path: Path) -> None:
    high = piece([*rows([(0, 0.25, 25), (1, 1.25, 25.001)]), *rows([(0, 1, 1)], "n")])
    with pytest.raises(MeterError, match=r"1 interval of m above .*, the highest 100.004 kW .*: give --max-kw"):
        imported(tmp_path, high)
    assert stored(tmp_path) == []
    assert not (tmp_path / "users.csv").exists() or "m" not in (tmp_path / "users.csv").read_text()
    assert counts(imported(tmp_path, high, max_kw=101)) == (3, 3, 0, 0, 0)
    assert counts(imported(tmp_path, high)) == (3, 0, 3, 0, 0)  # what is stored already is not asked about again


FILES = st.lists(st.sets(st.integers(0, 35), min_size=1, max_size=12), min_size=1, max_size=3)


@settings(max_examples=8)
@given(FILES, st.data())
def test_any_order_of_files_any_number_of_times_gives_the_same(found: list[set[int]], data: st.DataObject) -> None:
    whole = [
        *rows([(at, at + 1, at / 8) for at in range(36)], quality=1),
        *rows([(at, at + 1, at) for at in range(36)], "n"),
    ]
    pieces = [
        piece([each for at in sorted(hours) for each in (whole[at], whole[36 + at])], f"{number}.csv")
        for number, hours in enumerate(found)
    ]
    results = []
    for order in (pieces, data.draw(st.permutations(pieces)), data.draw(st.lists(st.sampled_from(pieces)))):
        with TemporaryDirectory() as name:
            folder = Path(name)
            for each in [*order, *pieces[::-1]]:
                report = imported(folder, each)
                assert report.different == report.refused == 0
            assert counts(imported(folder, *pieces))[1] == 0
            together = folder / "together"
            together.mkdir()
            imported(together, *order, *pieces)
            assert stored(together) == stored(folder)
            shutil.rmtree(together)
            days = {name: data for name, data in files(folder).items() if name.startswith("intervals")}
            results.append((stored(folder), days, used(folder, "m", 0, 36)))
    assert results[0] == results[1] == results[2]
    assert results[0][2] == sum(125 * at for at in set().union(*found))


@pytest.fixture
def _no_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock ends with its process, which here does not end."""
    monkeypatch.setattr("metertui.engine.storage.folder_lock.fcntl.flock", lambda *_: None)


@pytest.fixture
def _few_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an import, memory holds four rows; the others are on disk."""
    for name, count in (("MOST_HELD", 4), ("PART", 2), ("_STEP", 1)):
        monkeypatch.setattr(sorted_rows, name, count)


@pytest.mark.usefixtures("_few_in_memory")
def test_more_rows_than_memory_holds_are_compared_in_the_same_way(tmp_path: Path) -> None:
    first = [*rows([(at, at + 1, 1 + at / 8) for at in range(9)]), *rows([(at, at + 1, 1) for at in range(5)], "n")]
    imported(tmp_path, piece(first[::-1]))
    energies = [at % 4 and 1 + at / 8 for at in range(12)]
    again = [*rows([(at, at + 1, kwh) for at, kwh in enumerate(energies)]), *rows([(0, 2, 2), (2, 5, 9)], "n")]
    report = imported(tmp_path, piece(again, "b.csv"))
    assert counts(report) == (14, 3, 7, 4, 0)
    assert [each.line for each in report.different_lines] == [2, 6, 10, 15]
    assert [each.why[:3] for each in report.different_lines] == ["1 k", "1.5", "2 k", "1 k"]
    report = imported(tmp_path, piece(again, "b.csv"), replaces=True, max_kw=50)
    assert (report.replaced, report.duplicate) == (4, 10)
    assert used(tmp_path, "n", 0, 5) == 11_000
    assert used(tmp_path, "m", 0, 12) == 1000 * sum(energies)
    assert problems(tmp_path) == []
    high = piece(rows([(at, at + 0.25, 30 + at % 3) for at in range(20, 30)]), "c.csv")
    with pytest.raises(MeterError, match=r"10 intervals of m above .* the highest 128 kW from 2025-03-11T18:00:00"):
        imported(tmp_path, high)


@pytest.mark.usefixtures("_few_in_memory")
def test_a_disk_that_is_full_amid_an_import_is_one_sentence_and_leaves_whole_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    intervals = piece(rows([(at, at + 1, 1) for at in range(30)]))
    imported(tmp_path, piece(rows([(0, 1, 1)])))
    before, left = files(tmp_path), sorted(tmp_path.rglob("*"))
    for where, name, why in (
        (tempfile, "TemporaryFile", "cannot keep the rows of an import for a while: No space left on device"),
        (durable.Replacement, "put_in_place", r"cannot write 03_10\.csv: No space left on device"),
    ):
        with monkeypatch.context() as patched:
            patched.setattr(where, name, full)
            with pytest.raises(StorageError, match=why):
                imported(tmp_path, intervals)
        assert (files(tmp_path).keys(), sorted(tmp_path.rglob("*"))) == (before.keys(), left)
    assert imported(tmp_path, intervals).new == 29
    assert problems(tmp_path) == []


@pytest.mark.usefixtures("_no_lock", "_few_in_memory")
def test_an_import_that_is_cut_is_finished_by_importing_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = piece([*rows([(1, 3, 2), (3, 4, 1)]), *rows([(0, 1, 1)], "n")])
    after = piece([*rows([(0, 1, 1), (1, 2, 5), (2, 2.5, 1), (3, 4, 7)]), *rows([(2, 3, 1)], "new:t1")], "b.csv")

    def replace(folder: Path) -> None:
        imported(folder, after, replaces=True)

    template = tmp_path / "data"
    imported(template, before)
    whole = undisturbed(template, replace)
    expected = files(whole)
    assert problems(whole) == []
    for folder in cut_anywhere(monkeypatch, template, replace, at_least=30):
        proofs = check_folder(folder, RULES, lambda _: None)
        assert next(proof for proof in proofs if "overlap" in proof.what).problems == []
        replace(folder)
        assert files(folder) == expected  # of which `problems` says the same
