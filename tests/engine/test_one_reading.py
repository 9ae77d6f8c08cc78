"""One instant, one reading: whatever is read, voided, corrected and undone, in any order and through any file."""

from __future__ import annotations

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import assume, given, settings

from metertui.engine.base.config import Rules
from metertui.engine.base.outcome import Outcome
from metertui.engine.base.progress import no_progress
from metertui.engine.base.qualities import ACTUAL, ESTIMATED, QUALITY_MARKS, SUBSTITUTED
from metertui.engine.base.registers import format_kwh, parse_kwh
from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.core import corrections
from metertui.engine.core.batch import Batch
from metertui.engine.core.decision_basis import bases_of
from metertui.engine.core.decision_check import NOT_SAID, Decision
from metertui.engine.core.engine import Engine
from metertui.engine.core.importing import FilePiece, Import
from metertui.engine.errors import MeterError, StorageError
from metertui.engine.maintenance import backup, repair
from metertui.engine.maintenance.check import check_folder
from metertui.engine.storage.reading_lines import Rows, concat_rows
from metertui.engine.vee.rules import COUNTED, SUSPECT
from tests import oracle
from tests.clock import FakeClock
from tests.engine.cutting import cut_anywhere

ZONE = SiteZone("Asia/Singapore")
RULES = Rules(zone=ZONE)
START = ZONE.parse("2025-03-11T22:00:00")
KINDS = ("counted", "reset", "exchange", "rounding", "rollover", "suspect", "rejected", "void")

hours = st.integers(1, 3)
"""Over midnight, so that two day files are concerned."""
registers = st.sampled_from([1000, 2000, 900_000])
decisions = st.sampled_from(["void", "unvoid", "correct", "uncorrect"])
qualities = st.sampled_from([ACTUAL, ACTUAL, ESTIMATED, SUBSTITUTED])
reads = st.tuples(st.just("read"), hours, registers, qualities)
actions = st.one_of(
    reads,
    reads,
    st.tuples(decisions, hours, registers),
    st.tuples(decisions, hours, registers),
    st.tuples(st.sampled_from(["close", "close a step", "start"]), st.just(0), st.just(0)),
    st.tuples(st.just("import"), st.lists(st.tuples(hours, registers, qualities), max_size=6), st.booleans()),
)


class Model:
    """The contract's paragraph, an instant at a time."""

    def __init__(self) -> None:
        self.stored: defaultdict[int, list[int]] = defaultdict(list)
        self.void: defaultdict[int, set[int]] = defaultdict(set)
        self.voids: defaultdict[int, list[int]] = defaultdict(list)
        self.corrections: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        self.quality: defaultdict[int, dict[int, int]] = defaultdict(dict)
        """Of what is not actual."""
        self.rows: defaultdict[int, set[tuple[int, int]]] = defaultdict(set)
        """What files have: value and quality."""

    def stands(self, at: int) -> int | None:
        found = [wh for wh in self.stored[at] if wh not in self.void[at]]
        actual = [wh for wh in found if wh not in self.quality[at]]
        assert len(actual) <= 1
        return next(iter(actual or found), None)

    def read(self, at: int, wh: int, quality: int = ACTUAL) -> str:
        stands = self.stands(at)
        if wh in self.stored[at]:
            if quality != ACTUAL or wh != stands or wh not in self.quality[at]:
                return "duplicate"
        elif stands is not None and (quality != ACTUAL or stands not in self.quality[at]):
            return "refused"
        self.store(at, wh, quality)
        return "stored"

    def store(self, at: int, wh: int, quality: int) -> None:
        if wh not in self.stored[at]:
            self.stored[at].append(wh)
            if quality != ACTUAL:
                self.quality[at][wh] = quality
        elif quality == ACTUAL:
            self.quality[at].pop(wh, None)
        self.rows[at].add((wh, quality))

    def bring(self, readings: list[tuple[int, int, int]]) -> list[str]:
        """A file's readings in whatever order: what is estimated came before what is actual."""
        readings = sorted(readings, key=lambda each: each[2] == ACTUAL)
        found = [(self.read(*reading), reading) for reading in readings]
        return ["duplicate" if kind == "refused" and wh in self.stored[at] else kind for kind, (at, wh, _) in found]

    def gives_way(self, at: int, wh: int) -> bool:
        """Whether another value is no obstacle to bringing one back."""
        stands = self.stands(at)
        return stands is None or (stands in self.quality[at] and wh not in self.quality[at])

    def decide(self, what: str, at: int, wh: int) -> bool:
        """Return whether the decision is possible; then it is made."""
        stands = self.stands(at)
        match what:
            case "void" if stands is not None:
                self.void[at].add(stands)
                self.voids[at] = [each for each in self.voids[at] if each != stands] + [stands]
            case "unvoid" if self.voids[at] and self.gives_way(at, self.voids[at][-1]):
                self.void[at].discard(self.voids[at].pop())
            case "correct" if self.stored[at] and wh != stands and wh not in self.voids[at]:
                before = self.stored[at][-1] if stands is None else stands
                self.corrections[at].append((before, wh))
                self.void[at] = self.void[at] | {before} - {wh}
                self.void[at].discard(wh)
                if wh not in self.stored[at] or wh in self.quality[at]:
                    self.store(at, wh, ACTUAL)
            case "uncorrect" if self.corrections[at] and (
                stands == self.corrections[at][-1][1] or self.gives_way(at, self.corrections[at][-1][0])
            ):
                before, after = self.corrections[at].pop()
                self.void[at].add(after)
                if before not in self.voids[at]:
                    self.void[at].discard(before)
            case _:
                return False
        return True

    def meter(self) -> oracle.Meter:
        found = oracle.Meter()
        for at, values in self.stored.items():
            if values:
                stands = self.stands(at)
                found.readings.append((at, values[0] if stands is None else stands))
                if stands is None:
                    found.voids.add(at)
                elif stands in self.quality[at]:
                    found.estimates.add(at)
        return found


def add(batch: Batch, at: int, wh: int, quality: int) -> Outcome:
    if quality == ACTUAL:
        return batch.add_reading("m", format_kwh(wh), ZONE.iso(at))
    return batch.add_estimated("m", format_kwh(wh), ZONE.iso(at), quality)


class Site:
    """A folder with one meter, and its owner."""

    def __init__(self, folder: Path, *, registers: bool = True) -> None:
        self.folder = folder
        self.clock = FakeClock("2025-03-12T12:00:00", ZONE)
        self.engine = Engine.open(folder, RULES, self.clock)
        self.step = 0
        if registers:
            batch = self.engine.ingest.begin()
            batch.add_account("m", {})
            self.engine.ingest.write(batch)
            self.engine.ingest.apply(batch)

    def read(self, at: int, wh: int, quality: int = ACTUAL) -> tuple[str, str]:
        batch = self.engine.ingest.begin()
        outcome = add(batch, at, wh, quality)
        self.engine.ingest.write(batch)
        self.engine.ingest.apply(batch)
        return outcome.kind, outcome.code

    def decide(self, what: str, at: int, wh: int = NOT_SAID, until: int = NOT_SAID) -> corrections.Effect:
        decision = Decision(what, "m", at, "told so", wh=wh if what == "correct" else NOT_SAID, until=until)
        self.clock.advance(1)
        [effect] = corrections.iter_effects(bases_of(self.engine), [decision], "ann", self.clock.now())
        corrections.write_effects(self.engine, [effect])
        list(corrections.apply_effects(self.engine, [effect]))
        return effect

    def close_a_step(self) -> None:
        """Do the next step of a day close."""
        engine = self.engine
        match self.step:
            case 0:
                self.step = 1 if engine.day_close.seal() else 0
            case 1:
                engine.day_close.write_day_files(engine.day_close.sealed, no_progress)
                self.step = 2
            case 2:
                engine.day_close.finish(engine.readings.rebuild_history(engine.day_close.sealed))
                self.step = 3
            case _:
                engine.day_close.drop_sealed()
                self.step = 0

    def close(self) -> None:
        """Close the day, or finish a close that has begun."""
        self.close_a_step()
        while self.step:
            self.close_a_step()

    def start(self) -> None:
        """End without another word, and start again."""
        self.engine.close()
        self.engine = Engine.open(self.folder, RULES, self.clock)
        assert not any("two values" in told for told in self.engine.warnings), "nothing contradicts what stands"
        self.step = 0

    def bring(self, readings: Sequence[tuple[int, ...]], *, alone: bool) -> tuple[int, int, int]:
        """Import a file of (µs UTC, Wh[, quality]); return how many were new, duplicate and refused."""
        if alone:
            self.start()
        engine = self.engine
        taken = Import(engine.view().frozen(), engine.events.frozen(), latest=self.clock.now())
        times, whs = (np.array([each[i] for each in readings], dtype=np.int64) for i in (0, 1))
        quality = np.array([each[2] if len(each) > 2 else ACTUAL for each in readings], dtype=np.uint8)
        rows = Rows(["m"], np.zeros(len(readings), dtype=np.int32), times, whs, quality)
        taken.add_piece(FilePiece("x.csv", rows, np.arange(len(readings))))
        if alone:
            taken.finish(engine.accounts, engine.archive, now=self.clock.now())
            self.start()
        else:
            taken.plan(engine.accounts, self.clock.now())
            batch = engine.ingest.begin()
            new = concat_rows([each.rows for each in taken.parts_of_reads()])
            for reading in zip(new.time.tolist(), new.wh.tolist(), new.qualities.tolist(), strict=True):
                assert batch.add_imported(engine.code_of("m"), *reading).stored
            engine.ingest.write(batch)
            engine.ingest.apply(batch)
        return taken.report.new, taken.report.duplicate, taken.report.refused

    def rows_in_files(self) -> dict[int, set[tuple[int, int]]]:
        logs = [self.folder / name for name in ("log.txt", "log.sealed.txt")]
        lines = [line for path in logs if path.exists() for line in path.read_text().splitlines()]
        for path in self.folder.glob("archive/*/*.csv"):
            header, *of_day = path.read_text().splitlines()
            told = any(line[-1] in "ES" for line in of_day)
            assert header == "identifier,timestamp,usage" + ",quality" * told
            assert {line.count(",") for line in of_day} <= {2 + told}
            lines += of_day
        found: defaultdict[int, set[tuple[int, int]]] = defaultdict(set)
        for _, time, kwh, *quality in (line.split(",") for line in lines):
            found[ZONE.parse(time)].add((parse_kwh(kwh), QUALITY_MARKS.index(quality[0] if quality else "")))
        return found

    def problems(self) -> list[str]:
        return [problem for proof in check_folder(self.folder, RULES, no_progress) for problem in proof.problems]


def assert_as(model: Model, engine: Engine) -> None:
    """What counts is what the rules make of the readings that stand; each value is stored once."""
    meter = model.meter()
    series = engine.series("m")
    assert [KINDS[kind] for kind in series.status.tolist()] == [kind for _, kind in meter.judged()]
    assert list(zip(series.curve.time.tolist(), series.curve.energy.tolist(), strict=True)) == meter.curve()
    frozen = engine.view().frozen()
    assert frozen.columns.wh.tolist() == series.wh.tolist()
    assert frozen.curve.energy.tolist() == series.curve.energy.tolist()
    for at, values in model.stored.items():
        assert series.standing_at(at) == model.stands(at)
        assert engine.readings.qualities.at(engine.directory.codes["m"], at) == model.quality[at]
        assert sorted(engine.readings.values_at(engine.directory.codes["m"], at)) == sorted(values)
    assert len(engine.readings) == sum(map(len, model.stored.values()))


@settings(max_examples=40, deadline=None)
@given(st.lists(actions, min_size=8, max_size=30))
def test_readings_and_decisions_in_any_order(done: list[tuple[object, ...]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        site, model = Site(Path(name)), Model()
        for what, first, second, *more in done:
            assert isinstance(what, str)
            if what == "import":
                assert isinstance(first, list)
                readings = [(START + hour * HOUR, wh, quality) for hour, wh, quality in first]
                expected = model.bring(readings)
                counts = tuple(expected.count(each) for each in ("stored", "duplicate", "refused"))
                assert site.bring(readings, alone=bool(second)) == counts
            elif what == "close":
                site.close()
            elif what == "close a step":
                site.close_a_step()
            elif what == "start":
                site.start()
            else:
                assert isinstance(first, int)
                assert isinstance(second, int)
                at = START + first * HOUR
                if what == "read":
                    [quality] = more
                    assert isinstance(quality, int)
                    expected_kind = model.read(at, second, quality)
                    kind, code = site.read(at, second, quality)
                    assert ("stored" if kind in ("ok", "suspect") else kind) == expected_kind
                    assert code == ("conflict" if expected_kind == "refused" else "")
                else:
                    try:
                        site.decide(what, at, second)
                    except MeterError:
                        possible = False
                    else:
                        possible = True
                    assert model.decide(what, at, second) == possible
            assert_as(model, site.engine)
        assert_as(model, Engine.open_readonly(site.folder, RULES, site.clock))
        assert site.rows_in_files() == {at: rows for at, rows in model.rows.items() if rows}
        site.start()
        assert_as(model, site.engine)
        assert site.problems() == []
        site.engine.close()


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.one_of(reads, st.tuples(decisions, hours, registers)), min_size=6),
    st.sampled_from(["a file", "a file beside meters", "a file of unknown meters", "the wire", "the wire at once"]),
    st.randoms(use_true_random=False),
)
def test_a_folder_that_has_the_decisions_takes_each_reading_in_any_order(
    done: list[tuple[Any, ...]], way: str, random: Random
) -> None:
    """As after a loss of the archive, or in a new folder."""
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory() as other:
        site, model = Site(Path(name)), Model()
        for what, hour, wh, *quality in done:
            at = START + hour * HOUR
            if what == "read":
                model.read(at, wh, *quality)
                site.read(at, wh, *quality)
            elif model.decide(what, at, wh):
                site.decide(what, at, wh)
        site.engine.close()
        readings = [(at, *row) for at, rows in model.rows.items() for row in sorted(rows)]
        if not readings:
            return
        twice = {
            (at, wh) for at, rows in model.rows.items() for wh, quality in rows if quality and (wh, ACTUAL) in rows
        }
        if way.startswith("the wire"):  # there a void value that comes again is a retry
            assume(not any(wh in model.void[at] for at, wh in twice))
        random.shuffle(readings)
        if way.startswith("the wire"):
            readings.sort(key=lambda each: each[2] == ACTUAL)  # none comes after what takes its place
        for file in ("events.csv", *(["users.csv"] if way != "a file of unknown meters" else [])):
            if (site.folder / file).exists():
                shutil.copy(site.folder / file, other)
        again = Site(Path(other), registers=False)
        if way == "the wire":
            assert {again.read(*reading)[0] for reading in readings} <= {"ok", "suspect", "duplicate"}
        elif way == "the wire at once":
            batch = again.engine.ingest.begin()
            kinds = {add(batch, *reading).kind for reading in readings}
            again.engine.ingest.write(batch)
            again.engine.ingest.apply(batch)
            assert kinds <= {"ok", "suspect", "duplicate"}
        else:
            assert again.bring(readings, alone=way != "a file beside meters")[2] == 0
        assert_as(model, again.engine)
        assert again.rows_in_files() == {at: rows for at, rows in model.rows.items() if rows}
        assert again.bring(readings, alone=True) == (0, len(readings), 0)
        again.close()
        assert_as(model, again.engine)
        assert again.problems() == []
        again.engine.close()


@pytest.mark.parametrize("alone", [True, False])
def test_what_became_actual_before_it_was_void_is_actual_in_a_folder_that_has_the_decisions(
    site: Site, tmp_path: Path, alone: bool
) -> None:
    """It comes there from a file, alone or beside a running owner."""
    site.read(START, 1000, ESTIMATED)
    site.read(START, 1000)
    site.decide("void", START)
    shutil.copytree(site.folder, tmp_path / "other", ignore=lambda _, names: {*names} - {"events.csv", "users.csv"})
    other = Site(tmp_path / "other", registers=False)
    assert other.bring([(START, 1000), (START, 1000, ESTIMATED)], alone=alone) == (2, 0, 0)
    assert other.bring([(START, 1000), (START, 1000, ESTIMATED)], alone=True) == (0, 2, 0)
    for each in (site, other):
        each.decide("unvoid", START)
        qualities = [each.engine.readings.qualities.at(each.engine.code_of("m"), START)]
        each.close()
        each.start()
        qualities.append(each.engine.readings.qualities.at(each.engine.code_of("m"), START))
        assert qualities == [{}, {}]
    other.engine.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path / "data")
    yield made
    made.engine.close()


def test_a_correction_is_made_wholly_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    template = Site(tmp_path / "template")
    template.read(START, 850_000)
    template.engine.close()

    def work(folder: Path) -> None:
        made = Site.__new__(Site)
        made.folder, made.clock, made.step = folder, FakeClock("2025-03-12T12:00:00", ZONE), 0
        with closing(Engine.open(folder, RULES, made.clock)) as made.engine:
            made.decide("correct", START, 580_000)

    seen = set()
    for folder in cut_anywhere(monkeypatch, template.folder, work, at_least=6):
        (folder / ".lock").unlink(missing_ok=True)  # this very process may hold it still
        with closing(Engine.open(folder, RULES, template.clock)) as engine:
            stands = engine.series("m").standing_at(START)
            seen.add((stands, len(engine.events)))
            values = [line.split(",")[2] for line in (folder / "log.txt").read_text().splitlines()]
            assert values == (["850"] if stands == 850_000 else ["850", "580"])
        assert [problem for proof in check_folder(folder, RULES, no_progress) for problem in proof.problems] == []
    assert seen == {(850_000, 0), (580_000, 1)}


def test_a_correction_that_the_log_refuses_is_not_made(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.read(START, 850_000)

    def refuse(*_: object, **__: object) -> None:
        raise StorageError("cannot write log.txt: No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(type(site.engine.log), "append", refuse)
        with pytest.raises(StorageError):
            site.decide("correct", START, 580_000)
    site.start()
    assert (site.engine.series("m").standing_at(START), len(site.engine.events)) == (850_000, 0)


@pytest.fixture
def older(site: Site) -> Site:
    """A folder of the version before: its voids name no value."""
    site.read(START, 850_000)
    (site.folder / "events.csv").write_text(
        f"time,meter,what,values,who,reason\n{ZONE.iso(START)},m,void,at={ZONE.iso(START)},ann,misread\n"
    )
    site.start()
    assert site.engine.series("m").standing_at(START) is None
    return site


def test_a_void_without_a_value_is_of_the_first_that_was_stored(older: Site) -> None:
    assert older.read(START, 850_000) == ("duplicate", "")
    assert older.read(START, 580_000) == ("ok", "")
    assert older.read(START, 600_000) == ("refused", "conflict")
    for again in (older.start, older.close, older.start):
        again()
        assert older.engine.series("m").standing_at(START) == 580_000
    with pytest.raises(MeterError, match=r"^580 kWh stands for m at .*: void that first$"):
        older.decide("unvoid", START)
    older.decide("void", START)
    older.decide("unvoid", START)  # the latest first
    assert older.engine.series("m").standing_at(START) == 580_000
    assert older.problems() == []


def test_an_import_beside_a_log_that_has_the_void_value(older: Site) -> None:
    """The day file then has both in order of arrival: by itself it is read as the log and it together are."""
    file = [(START, 850_000), (START, 580_000), (START, 600_000)]
    assert older.bring(file, alone=True) == (1, 1, 1)
    day = (older.folder / "archive" / "2025" / "03_11.csv").read_text().splitlines()
    assert [line.split(",")[2] for line in day[1:]] == ["850", "580"]
    for again in (older.start, older.close, older.start):
        again()
        assert older.engine.series("m").standing_at(START) == 580_000
    assert older.bring(file, alone=True) == (0, 2, 1)
    assert older.problems() == []


def test_a_backup_has_what_stands(site: Site, tmp_path: Path) -> None:
    site.read(START, 850_000)
    site.decide("void", START)
    site.read(START, 580_000)
    site.read(START + HOUR, 900_000)
    site.decide("correct", START + HOUR, 581_000)
    backup.back_up(site.folder, tmp_path / "copy.tar.zst", no_progress)
    backup.restore(tmp_path / "copy.tar.zst", tmp_path / "restored", no_progress)
    with closing(Engine.open(tmp_path / "restored", RULES, site.clock)) as engine:
        assert engine.series("m").wh.tolist() == [580_000, 581_000]
    repair.repair_folder(tmp_path / "restored", RULES, no_progress)
    with closing(Engine.open(tmp_path / "restored", RULES, site.clock)) as engine:
        assert engine.series("m").wh.tolist() == [580_000, 581_000]


def test_a_void_of_a_time_and_its_undoing_are_all_or_none(site: Site) -> None:
    for hour in range(4):
        site.read(START + hour * HOUR, 1000 + hour)
    site.decide("void", START + HOUR)
    effect = site.decide("void", START, until=START + 2 * HOUR)
    assert [event.at for event in effect.events] == [START, START + 2 * HOUR]
    assert site.engine.series("m").curve.wh.tolist() == [1003]
    site.read(START + 2 * HOUR, 7)
    with pytest.raises(MeterError, match=r"^0\.007 kWh stands for m at"):
        site.decide("unvoid", START, until=START + 2 * HOUR)
    site.decide("void", START + 2 * HOUR)
    site.decide("unvoid", START, until=START + HOUR)
    assert site.engine.series("m").curve.wh.tolist() == [1000, 1001, 1003]
    for wrong, until in (("void", START - 1), ("release", START + HOUR), ("void", START - HOUR)):
        with pytest.raises(MeterError):
            site.decide(wrong, START, until=until)


def test_a_release_is_of_the_value_that_was_released(site: Site) -> None:
    site.read(START, 1000)
    site.read(START + HOUR, 900_000_000)
    site.decide("release", START + HOUR)
    assert site.engine.series("m").status.tolist() == [COUNTED, COUNTED]
    site.decide("correct", START + HOUR, 800_000_000)
    assert site.engine.series("m").status.tolist() == [COUNTED, SUSPECT]
    site.decide("uncorrect", START + HOUR)
    assert site.engine.series("m").status.tolist() == [COUNTED, COUNTED]
    site.decide("unrelease", START + HOUR)
    assert site.engine.series("m").status.tolist() == [COUNTED, SUSPECT]


def test_a_void_reading_that_comes_once_more_is_kept_and_changes_nothing(site: Site, tmp_path: Path) -> None:
    """Into a folder that has lost it: it is no suspect, and none that what follows has to fit."""
    for hour, wh in ((0, 1000), (1, 2000)):
        site.read(START + hour * HOUR, wh)
    site.read(START + 2 * HOUR, 900_000)
    site.decide("void", START + 2 * HOUR)
    site.engine.close()
    (site.folder / "log.txt").write_text(f"m,{ZONE.iso(START)},1\nm,{ZONE.iso(START + HOUR)},2\n")
    site.engine = Engine.open(site.folder, RULES, site.clock)
    assert site.read(START + 2 * HOUR, 900_000) == ("ok", "")
    assert site.read(START + 3 * HOUR, 3000) == ("ok", "")
    assert site.read(START + 2 * HOUR, 2500) == ("ok", "")
    assert site.engine.series("m").curve.wh.tolist() == [1000, 2000, 2500, 3000]
