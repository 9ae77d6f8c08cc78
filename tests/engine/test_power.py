"""Power cuts: whatever a disk forgets of what was not synced, what was answered OK is there at the next start, once."""

from __future__ import annotations

import errno
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.base.config import Rules
from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.core import corrections
from metertui.engine.core.decision_basis import bases_of
from metertui.engine.core.decision_check import Decision
from metertui.engine.core.engine import Engine
from metertui.engine.errors import StorageError
from metertui.engine.reports.report import Inquiry
from metertui.engine.storage import appended, durable
from metertui.engine.usage.query import Question
from metertui.engine.vee import rules
from metertui.engine.vee.edits import Edit
from tests.clock import FakeClock
from tests.engine.book_changes import modify
from tests.engine.disk import PAGE, Chooser, Disk, Everything, Holes, Mixed, Newest, lay

ZONE = SiteZone("Asia/Singapore")
RULES = Rules(zone=ZONE)
FIRST = ZONE.parse("2025-03-10T23:00")
METERS = ("m-1", "m-2", "meter-with-a-longer-name", "m-4", "m-5", "m-6", "m-7")
REGIONS = ("North", "East of the river")
KINDS = ("read", "read", "read more", "register", "move", "deactivate", "close", "void", "export", "refused")
STEPS = st.lists(st.sampled_from(KINDS), max_size=12)
Choosers = Callable[[int], Chooser]


@pytest.fixture(autouse=True, scope="module")
def _small_sectors() -> Iterator[None]:
    with patch.object(appended, "_SECTOR", PAGE):
        yield


class Day:
    """Work at an engine whose disk is watched, and from which event on each of its answers was given."""

    def __init__(self, root: Path) -> None:
        self.disk = Disk(root)
        self.clock = FakeClock("2025-03-12T10:40:00")
        self.readings: list[tuple[str, int, int]] = []
        """All that were sent: meter, time, Wh."""
        self.answered: list[tuple[int, set[tuple[str, int, int]]]] = []
        self.accounts: list[tuple[int, dict[str, tuple[str, bool]]]] = [(0, {})]
        """By event, the accounts as they were answered: region, active."""
        self.decided: list[tuple[int, Edit]] = []
        self.exported: list[tuple[int, Inquiry]] = []
        self.refused: list[tuple[range, set[object]]] = []
        """Readings and edits that were answered ERR storage, and between which events a cut may still leave them."""
        self.not_changed: list[tuple[range, dict[str, tuple[str, bool]]]] = []
        """The same for the accounts as they would have become."""

    def work(self, steps: list[str]) -> None:
        with self.disk.watching(), patch("metertui.engine.storage.folder_lock.fcntl.flock"):
            self.engine = Engine.open(self.disk.root, RULES, self.clock)
            for step in ["register", *steps]:
                match step:
                    case "read":
                        self._read(1)
                    case "read more":
                        self._read(5)
                    case "register":
                        self._register()
                    case "close":
                        self._close()
                    case "void":
                        self._void()
                    case "export":
                        self._export()
                    case "refused":
                        self._refuse_readings()
                        self._refuse_correction()
                        self._refuse_changes()
                    case _:
                        self._change(step)
            self.engine.close()

    def _known(self) -> dict[str, tuple[str, bool]]:
        return dict(self.accounts[-1][1])

    def _register(self) -> None:
        known = self._known()
        new = [meter for meter in METERS if meter not in known][:2]
        batch = self.engine.ingest.begin()
        for meter in new:
            assert batch.add_account(meter, {"region": REGIONS[0]}).stored
        self.engine.ingest.write(batch)
        self.accounts.append((self.disk.events, known | dict.fromkeys(new, (REGIONS[0], True))))
        self.engine.ingest.apply(batch)

    def _read(self, count: int) -> None:
        batch, sent = self.engine.ingest.begin(), set()
        for meter in [meter for meter, (_, active) in self._known().items() if active]:
            for _ in range(count):
                place = len(self.readings)
                time, wh = FIRST + place * HOUR // 12, 1000 + 137 * place
                assert batch.add_reading(meter, f"{wh / 1000:.3f}", ZONE.iso(time)).stored
                self.readings.append((meter, time, wh))
                sent.add((meter, time, wh))
        self.engine.ingest.write(batch)
        self.answered.append((self.disk.events, sent))
        self.engine.ingest.apply(batch)

    def _change(self, step: str) -> None:
        known, now = self._known(), self.clock.now()
        meter = METERS[0]
        region, active = known[meter]
        if step == "move":
            region = REGIONS[region == REGIONS[0]]
            modify(self.engine.accounts, meter, {"region": region}, now)
        else:
            active = not active
            book, what = self.engine.accounts, "reactivate" if active else "deactivate"
            change = book.plan_activity(meter, active=active)
            edit = Edit(now, meter, what, None, "ann", "told so")
            book.commit_with_edits(book.draft_change(book.standing(), change), self.engine.events, [edit])
            self.decided.append((self.disk.events, edit))
            self.engine.audit.write_entry(ZONE.iso(now), "ann", what, meter, "told so")
        self.accounts.append((self.disk.events, known | {meter: (region, active)}))
        if step != "move":
            self.engine.apply_events([edit])
        self.engine.refresh_account(meter)
        self.clock.advance(1)

    def _close(self) -> None:
        """A day close, with readings and registrations that are answered between its steps."""
        close = self.engine.day_close
        count = close.seal()
        if count:
            self._read(1)
            close.write_day_files(count, lambda _: None)
            self._register()
            self._read(1)
            close.finish(self.engine.readings.rebuild_history(count))
            close.drop_sealed()

    def _void(self) -> None:
        """Void the last readings of all meters that have one which is not void."""
        meters = self.engine.directory.ids
        course = {meter: self.engine.series(meter) for meter in meters if len(self.engine.series(meter).time)}
        wanted = [
            Decision("void", meter, int(series.time[-1]), "a bad read, as its neighbours on the line say")
            for meter, series in course.items()
            if series.status[-1] != rules.VOID
        ]
        effects = list(corrections.iter_effects(bases_of(self.engine), wanted, "ann", self.clock.now()))
        if effects:
            corrections.write_effects(self.engine, effects)
            self.decided += [(self.disk.events, effect.event) for effect in effects]
            for _ in corrections.apply_effects(self.engine, effects):
                pass

    def _export(self) -> None:
        first = date(2025, 3, 1) + timedelta(len(self.exported))
        asked = Inquiry(Question(first, first, ("region",)))
        self.engine.exports.record_export(ZONE.iso(self.clock.now()), "ann", Path("/x.csv"), asked)
        self.exported.append((self.disk.events, asked))

    def _refuse_readings(self) -> None:
        """A registration is on disk when the disk refuses the readings of its batch, though it has taken them."""
        meter, begun = f"refused-{len(self.refused)}", self.disk.events
        batch = self.engine.ingest.begin()
        assert batch.add_account(meter, {"region": REGIONS[0]}).stored
        for kwh in ("1", "2"):
            assert batch.add_reading(meter, kwh, ZONE.iso(FIRST + int(kwh) * HOUR)).stored
        sent: set[object] = set(zip([meter] * 2, batch.times, batch.whs, strict=True))
        with refused_after(1, "write_all"):
            self.engine.ingest.write(batch)
        self.engine.ingest.roll_back(batch)
        self.refused.append((range(begun, self.disk.events), sent))
        self.not_changed.append((range(begun, self.disk.events), self._known() | {meter: (REGIONS[0], True)}))

    def _refuse_correction(self) -> None:
        """The decision is on disk when the disk refuses the value."""
        engine, begun = self.engine, self.disk.events
        for meter in engine.directory.ids:
            series = engine.series(meter)
            if len(series.time) and series.status[-1] != rules.VOID:
                at, wh = int(series.time[-1]), int(series.wh[-1]) + 1 + len(self.refused)
                wanted = Decision("correct", meter, at, "never answered", wh=wh)
                effects = list(corrections.iter_effects(bases_of(engine), [wanted], "ann", self.clock.now()))
                with refused_after(1, "write_all"):
                    corrections.write_effects(engine, effects)
                left = {(meter, at, wh), *(edit for effect in effects for edit in effect.events)}
                self.refused.append((range(begun, self.disk.events), left))
                return

    def _refuse_changes(self) -> None:
        """The new files have their names when the disk does not confirm the last of these."""
        engine, known, now = self.engine, self._known(), self.clock.now()
        book, meter = engine.accounts, METERS[0]
        region, active = known[meter]
        begun = self.disk.events
        edit = Edit(now, meter, "deactivate" if active else "reactivate", None, "ann", f"refused {begun}")
        draft = book.draft_change(book.standing(), book.plan_activity(meter, active=not active))
        with refused_after(0, "sync_folder"):
            book.commit_with_edits(draft, engine.events, [edit])
        self.refused.append((range(begun, self.disk.events), {edit}))
        self.not_changed.append((range(begun, self.disk.events), known | {meter: (region, not active)}))
        begun = self.disk.events
        moved = REGIONS[region == REGIONS[0]]
        with refused_after(3, "sync_folder"):
            modify(book, meter, {"region": moved}, now)
        self.not_changed.append((range(begun, self.disk.events), known | {meter: (moved, active)}))
        self.clock.advance(1)

    def marks(self, events: int) -> tuple[int, ...]:
        """How much had been answered after so many events."""
        answers: tuple[Sequence[tuple[int, object]], ...] = (self.answered, self.accounts, self.decided, self.exported)
        under_way = (events in span for each in (self.refused, self.not_changed) for span, _ in each)
        return (*(sum(at <= events for at, _ in each) for each in answers), *under_way)

    def check(self, events: int, folder: Path) -> None:
        """Start on what a cut after so many events has left, and hold it against the answers."""
        engine = Engine.open(folder, RULES, self.clock)
        columns = engine.view().frozen().columns
        stored = [
            (engine.directory.ids[meter], time, wh)
            for meter, time, wh in zip(columns.meter.tolist(), columns.time.tolist(), columns.wh.tolist(), strict=True)
        ]
        answered = {reading for at, sent in self.answered if at <= events for reading in sent}
        assert len(stored) == len(set(stored))
        everything = set(stored)
        for code, instants in engine.readings.shared.by_meter.items():  # that a correction has made two values of
            everything |= {(engine.directory.ids[code], time, wh) for time, values in instants.items() for wh in values}
        refused = {fact for span, facts in self.refused if events in span for fact in facts}
        assert answered <= everything <= {*self.readings, *refused}
        states = [state for at, state in self.accounts if at <= events][-1:]
        states += [state for at, state in self.accounts if at > events][:1]
        states += [state for span, state in self.not_changed if events in span]
        found = {account.meter: (account.region, account.active) for account in engine.accounts}
        for meter, told in states[0].items():
            assert found[meter] in [state.get(meter) for state in states]
            assert found[meter][0] == told[0] or len(states) > 1
        assert found.keys() <= {meter for state in states for meter in state}
        for made, stored_now in ((self.decided, list(engine.events)), (self.exported, _exported(engine))):
            assert (
                {fact for at, fact in made if at <= events} <= set(stored_now) <= {fact for _, fact in made} | refused
            )
            assert len(set(stored_now)) == len(stored_now)
        engine.close()
        # And once more: what the start has mended stays so.
        again = Engine.open(folder, RULES, self.clock)
        assert again.warnings == []
        assert len(again.readings) == len(everything)
        again.close()


@contextmanager
def refused_after(calls: int, name: str) -> Iterator[None]:
    """Within it, a function of `durable` raises an error after so many calls, though it does its work then too."""
    real, done = getattr(durable, name), 0

    def refusing(*args: object) -> None:
        nonlocal done
        real(*args)
        done += 1
        if done == calls + 1:
            raise OSError(errno.EIO, "Input/output error")

    with patch.object(durable, name, refusing), pytest.raises(StorageError):
        yield


def _exported(engine: Engine) -> list[Inquiry]:
    return engine.exports.recorded_inquiries()


def cut(steps: list[str], choose: Chooser, at: float) -> None:
    """Work, cut the power at a share of the events, and start again."""
    root = Path(tempfile.mkdtemp())
    try:
        (root / "data").mkdir(mode=0o700)
        day = Day(root / "data")
        day.work(steps)
        events = round(at * day.disk.events)
        day.disk.after(events, choose, root / "after")
        day.check(events, root / "after")
    finally:
        shutil.rmtree(root)


@settings(max_examples=15)
@given(STEPS, st.randoms(use_true_random=False), st.floats(0, 1))
def test_what_was_answered_is_there_and_nothing_that_was_never_sent(
    steps: list[str], choose: random.Random, at: float
) -> None:
    cut(steps, Mixed(choose), at)


CHOOSERS: dict[str, tuple[Choosers, int]] = {
    "nothing": (lambda _: Chooser(), 3),
    "everything": (lambda _: Everything(), 3),
    "the newest": (lambda _: Newest(), 2),
    "holes": (lambda event: Holes(event // 2 % 2), 2),
    "a mix": (lambda event: Mixed(random.Random(event)), 1),
}
"""Each with how many events further it cuts again: what two of them leave changes at few, and the mix cuts at each."""


@pytest.fixture(scope="module")
def a_day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    """A day with all kinds of work, two closes among them."""
    root = tmp_path_factory.mktemp("day") / "data"
    root.mkdir(mode=0o700)
    day = Day(root)
    first = ["read more", "move", "export", "close", "void", "register", "read more"]
    day.work([*first, "deactivate", "export", "close", "read", "void"])
    assert day.disk.events > 140
    return day


@pytest.mark.parametrize(("chooser", "step"), CHOOSERS.values(), ids=CHOOSERS)
def test_each_event_may_be_the_last(a_day: Day, chooser: Choosers, step: int, tmp_path: Path) -> None:
    cut_behind_each(a_day, range(0, a_day.disk.events + 1, step), chooser, tmp_path / "after")


@pytest.mark.parametrize("name", ["nothing", "the newest", "a mix"])
def test_what_the_disk_refused_does_not_come_back(tmp_path: Path, name: str) -> None:
    """Nor does a part of it that the disk had taken."""
    (tmp_path / "data").mkdir(mode=0o700)
    day = Day(tmp_path / "data")
    day.work(["read", "refused", "read"])
    chooser, _ = CHOOSERS[name]
    cut_behind_each(day, range(day.refused[0][0].start, day.disk.events + 1), chooser, tmp_path / "after")


def cut_behind_each(day: Day, some: range, chooser: Choosers, folder: Path) -> None:
    """Cut behind some events, whatever is left of what was not synced then."""
    seen = set()
    for events in some:
        state = day.disk.state(events, chooser(events))
        mark = (state, day.marks(events))
        if mark not in seen:
            seen.add(mark)
            lay(state, folder)
            day.check(events, folder)
            shutil.rmtree(folder)


@pytest.mark.parametrize("lie", ["sync_file", "sync_folder", "sync_metadata_too"])
def test_the_disk_is_strict_enough_to_find_a_sync_that_is_missing(lie: str) -> None:
    def never(_: object) -> None:
        """What it does not do."""

    choose = random.Random(1)
    steps = ["read more", "move", "close", "read more", "register", "read", "deactivate", "close"]
    for _ in range(100):
        with patch.object(durable, lie, never):
            try:
                cut(steps, Mixed(choose), choose.random())
            except Exception:  # a reading that is lost, a start that is refused
                return
    pytest.fail("it does not notice")
