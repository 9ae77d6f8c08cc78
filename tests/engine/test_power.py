"""Power cuts: whatever a disk forgets of what was not synced, what was answered OK is there at the next start, once."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.base.config import Rules
from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.core.engine import Engine
from metertui.engine.storage import durable, wal
from tests.clock import FakeClock
from tests.engine.disk import PAGE, Disk

ZONE = SiteZone("Asia/Singapore")
RULES = Rules(zone=ZONE)
FIRST = ZONE.parse("2025-03-10T22:00")
METERS = ("m-1", "m-2", "meter-with-a-longer-name")
REGIONS = ("North", "East of the river")
STEPS = st.lists(st.sampled_from(["read", "read", "read more", "register", "move", "deactivate", "close"]), max_size=12)


@pytest.fixture(autouse=True, scope="module")
def _small_sectors() -> Iterator[None]:
    with patch.object(wal, "_SECTOR", PAGE):
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
                time, wh = FIRST + place * HOUR // 2, 1000 + 137 * place
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
            self.engine.accounts.modify(meter, {"region": region}, now)
        elif active:
            active = False
            self.engine.accounts.deactivate(meter, now)
        else:
            active = True
            self.engine.accounts.reactivate(meter, now)
        self.accounts.append((self.disk.events, known | {meter: (region, active)}))
        self.engine.refresh_account(meter, now)
        self.clock.advance(1)

    def _close(self) -> None:
        count = self.engine.day_close.seal()
        if count:
            self.engine.day_close.write_day_files(count, lambda _: None)
            self.engine.day_close.finish(self.engine.readings.rebuild_history(count))
            self.engine.day_close.drop_sealed()

    def check(self, events: int, folder: Path) -> None:
        """Start on what a cut after so many events has left, and hold it against the answers."""
        engine = Engine.open(folder, RULES, self.clock)
        columns = engine.view().frozen(RULES.max_w).columns
        stored = [
            (engine.directory.ids[meter], time, wh)
            for meter, time, wh in zip(columns.meter.tolist(), columns.time.tolist(), columns.wh.tolist(), strict=True)
        ]
        answered = {reading for at, sent in self.answered if at <= events for reading in sent}
        assert len(stored) == len(set(stored))
        assert answered <= set(stored) <= set(self.readings)
        states = [state for at, state in self.accounts if at <= events][-1:]
        states += [state for at, state in self.accounts if at > events][:1]
        found = {account.meter: (account.region, account.active) for account in engine.accounts}
        for meter, told in states[0].items():
            assert found[meter] in [state[meter] for state in states]
            assert found[meter][0] == told[0] or len(states) > 1
        assert found.keys() <= states[-1].keys()
        engine.close()
        # And once more: what the start has mended stays so.
        again = Engine.open(folder, RULES, self.clock)
        assert not [told for told in again.warnings if "gone" not in told]
        assert len(again.readings) == len(stored)
        again.close()


def cut(steps: list[str], choose: random.Random, at: float) -> None:
    """Work, cut the power at a share of the events, and start again."""
    root = Path(tempfile.mkdtemp())
    try:
        (root / "data").mkdir()
        day = Day(root / "data")
        day.work(steps)
        events = round(at * day.disk.events)
        day.disk.after(events, choose, root / "after")
        day.check(events, root / "after")
    finally:
        shutil.rmtree(root)


@settings(max_examples=60)
@given(STEPS, st.randoms(use_true_random=False), st.floats(0, 1))
def test_what_was_answered_is_there_and_nothing_that_was_never_sent(
    steps: list[str], choose: random.Random, at: float
) -> None:
    cut(steps, choose, at)


@pytest.mark.parametrize("kept", ["nothing", "everything"])
def test_each_event_may_be_the_last(kept: str) -> None:
    """A whole day of work, cut behind every event, with none or all of what was not synced."""

    class Always:
        def randrange(self, _stop: int) -> int:
            return int(kept == "everything")

    root = Path(tempfile.mkdtemp())
    try:
        (root / "data").mkdir()
        day = Day(root / "data")
        day.work(["read more", "move", "close", "read", "register", "read more", "deactivate", "close", "read"])
        assert day.disk.events > 100
        for events in range(day.disk.events + 1):
            day.disk.after(events, Always(), root / "after")
            day.check(events, root / "after")
            shutil.rmtree(root / "after")
    finally:
        shutil.rmtree(root)


@pytest.mark.parametrize("lie", ["sync_file", "sync_folder", "sync_metadata_too"])
def test_the_disk_is_strict_enough_to_find_a_sync_that_is_missing(lie: str) -> None:
    def never(_: object) -> None:
        """What it does not do."""

    choose = random.Random(1)
    steps = ["read more", "move", "close", "read more", "register", "read", "deactivate", "close"]
    for _ in range(100):
        with patch.object(durable, lie, never):
            try:
                cut(steps, choose, choose.random())
            except Exception:  # a reading that is lost, a start that is refused
                return
    pytest.fail("it does not notice")
