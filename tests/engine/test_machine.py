"""The whole engine against plain dicts: requests, refusing disks, day closes, kills and starts in any order."""

from __future__ import annotations

import os
import tempfile
from datetime import date
from pathlib import Path
from typing import Any
from unittest import mock

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from metertui.engine.attributes import Group
from metertui.engine.base.config import Rules
from metertui.engine.base.registers import format_kwh, parse_kwh
from metertui.engine.base.windows import Window
from metertui.engine.base.zone import HOUR, MINUTE, SECOND, SiteZone
from metertui.engine.core.engine import Engine
from metertui.engine.errors import MeterError, StorageError
from metertui.engine.index.reading_store import Mark, Rebuilt
from metertui.engine.vee.rules import COUNTED, REJECTED, RESET, ROUNDING, SUSPECT
from tests import oracle
from tests.clock import FakeClock
from tests.engine.book_changes import deactivate, modify, reactivate
from tests.engine.listed import listed

ZONE = SiteZone("Asia/Singapore")
RULES = Rules(zone=ZONE)
STATUS = {"counted": COUNTED, "rounding": ROUNDING, "reset": RESET, "suspect": SUSPECT, "rejected": REJECTED}
START = ZONE.parse("2025-03-10T00:00:00")
SLOTS = 3 * 48
METERS = ("a", "b", "c")
REGIONS = ("East", "West")

meters = st.sampled_from(METERS)
slots = st.integers(0, SLOTS // 6).map(lambda slot: slot * 6)  # few enough to meet again
odd = st.sampled_from([0, 0, 0, 1, 500_001])
fields = st.fixed_dictionaries({}, optional={"region": st.sampled_from(REGIONS), "postcode": st.just("0123")})
bad_fields = st.sampled_from([{"region": "=1+1"}, {"colour": "red"}, {"address": "a\x07"}])
deltas = st.sampled_from([0, 0, 0, 0, 1, -700, 5_000_000])
"""Off the steady course of 1 kW: now and then a little higher, lower, or more than a day can draw."""


@st.composite
def reads(draw: st.DrawFn) -> tuple[str, str, str, str | None]:
    slot = draw(slots)
    wh = 1_000_000 + slot * 500 + draw(deltas)
    time: str | None = ZONE.iso(START + slot * 30 * MINUTE + draw(odd))
    meter, kwh = draw(meters), format_kwh(wh)
    match draw(st.integers(0, 19)):
        case 0:
            meter = "!"
        case 1:
            kwh = "-1"
        case 2:
            time = "2025-03-10"
        case 3 | 4:
            time = None
    return ("read", meter, kwh, time)


registrations = st.tuples(st.just("register"), st.sampled_from((*METERS, "!")), st.one_of(fields, fields, bad_fields))
batches = st.lists(st.one_of(reads(), reads(), reads(), registrations), min_size=1, max_size=8)


class Account:
    """What the model knows of a meter's account."""

    def __init__(self, region: str, since: int) -> None:
        self.moves = [(since, region)]
        self.active = True

    def region(self, time: int) -> str:
        return next((region for since, region in reversed(self.moves) if since <= time), self.moves[0][1])


def torn_write(fd: int, data: bytes) -> None:
    """A disk that is full in the middle of a write."""
    os.write(fd, data[: len(data) // 2])
    raise OSError(28, "No space left on device")


def failed_sync(fd: int) -> None:
    raise OSError(5, "Input/output error")


def refused_append(*_: object, **__: object) -> None:
    """A log that refuses, after the accounts of the batch were written."""
    raise StorageError("cannot write log.txt: Input/output error")


FAULTS = {
    "write": (torn_write, "storage.durable.write_all"),
    "sync": (failed_sync, "storage.durable.sync_file"),
    "log": (refused_append, "storage.wal.WriteAheadLog.append"),
}


class EngineMachine(RuleBasedStateMachine):
    """Every rule is something that happens to a running engine; the invariants hold after each."""

    def __init__(self) -> None:
        super().__init__()
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = Path(self.temporary.name)
        self.clock = FakeClock("2025-03-12T12:00:00", ZONE)
        self.accounts: dict[str, Account] = {}
        self.stored: dict[tuple[str, int], int] = {}
        self.closing = ""
        self.count = Mark()
        self.rebuilt: Rebuilt | None = None
        self.engine = Engine.open(self.folder, RULES, self.clock)

    def teardown(self) -> None:
        self.engine.close()
        self.temporary.cleanup()

    # -- requests ------------------------------------------------------------------------------------------------

    @initialize(told=st.lists(fields, min_size=2, max_size=2))
    def two_meters(self, told: list[dict[str, str]]) -> None:
        now, self.clock.instant = self.clock.instant, START  # before their readings, which may then belong elsewhere
        self.put([("register", meter, given) for meter, given in zip(METERS, told, strict=False)])
        self.clock.instant = now

    @rule(requests=batches)
    def put(self, requests: list[Any]) -> None:
        """One batch that the disk takes."""
        self.commit(requests, None)

    @rule(requests=batches, fault=st.sampled_from(sorted(FAULTS)))
    def put_to_a_refusing_disk(self, requests: list[Any], fault: str) -> None:
        self.commit(requests, fault)

    def commit(self, requests: list[Any], fault: str | None) -> None:
        engine = self.engine
        accounts, stored = dict(self.accounts), dict(self.stored)
        batch = engine.ingest.begin()
        for kind, meter, *rest in requests:
            if kind == "register":
                expected = self.registered(accounts, meter, *rest)
                outcome = batch.add_account(meter, *rest)
            else:
                staged = len(batch.times)
                kwh, timestamp = rest
                outcome = batch.add_reading(meter, kwh, timestamp)
                fresh = batch.times[staged] if len(batch.times) > staged else None
                expected = self.read(accounts, stored, meter, kwh, timestamp, fresh)
            assert (outcome.kind, outcome.code) == expected, (kind, meter, rest)
        if not len(batch):
            engine.ingest.apply(batch)
            return
        must_fail = bool(batch.lines) and (fault is not None or engine.log.broken)
        double, target = FAULTS.get(fault or "", (None, "storage.durable.write_all"))
        try:
            if double is None:
                engine.ingest.write(batch)
            else:
                with mock.patch(f"metertui.engine.{target}", double):
                    engine.ingest.write(batch)
        except StorageError:
            assert must_fail or fault is not None
            engine.ingest.roll_back(batch)
        else:
            assert not must_fail  # accounts alone may pass: users.csv is replaced where its appending failed before
            self.accounts, self.stored = accounts, stored
        engine.ingest.apply(batch)

    def registered(self, accounts: dict[str, Account], meter: str, given: dict[str, str]) -> tuple[str, str]:
        if meter == "!":
            return "refused", "bad-meter-id"
        if meter in accounts:
            return "refused", "already-registered"
        if not given.keys() <= {"region", "postcode"} or given.get("region", "").startswith("="):
            return "refused", "bad-field"
        accounts[meter] = Account(given.get("region", ""), self.clock.now())
        return "ok", ""

    def read(
        self,
        accounts: dict[str, Account],
        stored: dict[tuple[str, int], int],
        meter: str,
        kwh: str,
        timestamp: str | None,
        stamped: int | None,
    ) -> tuple[str, str]:
        if meter == "!":
            return "refused", "bad-meter-id"
        if meter not in accounts:
            return "refused", "not-registered"
        if not accounts[meter].active:
            return "refused", "deactivated"
        if kwh == "-1":
            return "refused", "bad-reading"
        if timestamp == "2025-03-10":
            return "refused", "bad-timestamp"
        if timestamp is None:
            second = self.clock.now() // SECOND * SECOND
            assert stamped is not None
            assert second <= stamped < second + SECOND
            assert (meter, stamped) not in stored
            time = stamped
        else:
            time = ZONE.parse(timestamp)
        if time > self.clock.now() + 10 * MINUTE:
            return "refused", "future-timestamp"
        wh = parse_kwh(kwh)
        if (meter, time) in stored:
            return ("duplicate", "") if stored[meter, time] == wh else ("refused", "conflict")
        stored[meter, time] = wh
        kind = dict(self.course(meter, stored).judged())[time, wh]
        return ("ok", "") if kind in ("counted", "rounding", "reset") else ("suspect", "")

    @rule(told=fields, slot=slots)
    def put_an_account_with_a_reading_that_the_log_refuses(self, told: dict[str, str], slot: int) -> None:
        self.clock.instant = max(self.clock.instant, START + slot * 30 * MINUTE)
        new = [meter for meter in METERS if meter not in self.accounts]
        requests = [("register", meter, told) for meter in new]
        self.commit([*requests, *(("read", meter, "1000", ZONE.iso(self.clock.now())) for meter in new)], "log")

    @rule(meter=meters, fault=st.sampled_from(sorted(FAULTS)))
    def a_rise_that_only_a_refused_reading_bears_out(self, meter: str, fault: str) -> None:
        """What the disk refused must not stand between what is stored and what comes next."""
        known = [(time, wh) for (of, time), wh in self.stored.items() if of == meter]
        if not known or not self.accounts[meter].active:
            return
        time, wh = max(known)
        self.clock.instant = max(self.clock.instant, time + HOUR)
        rise = RULES.fit.max_w * 20
        for step, refusing in ((1, fault), (2, None)):
            self.commit([("read", meter, f"{(wh + step * rise) / 1000:.3f}", ZONE.iso(time + step * MINUTE))], refusing)

    # -- accounts ------------------------------------------------------------------------------------------------

    @rule(meter=meters, slot=slots, region=st.sampled_from(REGIONS))
    def move_by_a_clock_that_was_put_back(self, meter: str, slot: int, region: str) -> None:
        """Readings that are stored already then belong elsewhere."""
        now = self.clock.instant
        self.the_clock_jumps(slot)
        self.modify(meter, {"region": region})
        self.clock.instant = now

    @rule(meter=meters, back=st.integers(1, 3))
    def move_from_before_some_readings_on(self, meter: str, back: int) -> None:
        """By a clock that was put back to right before one of the last readings of a meter, to the other region."""
        times = sorted(time for of, time in self.stored if of == meter)
        if not times:
            return
        now, self.clock.instant = self.clock.instant, times[-back:][0] - 1
        self.modify(meter, {"region": REGIONS[self.accounts[meter].moves[-1][1] == REGIONS[0]]})
        self.clock.instant = now
        self.every_reading_is_found_where_it_belongs()

    @rule(meter=meters, told=st.one_of(fields, bad_fields))
    def modify(self, meter: str, told: dict[str, str]) -> None:
        account, now = self.accounts.get(meter), self.clock.now()
        good = account is not None and told.keys() <= {"region", "postcode"} and told.get("region") != "=1+1"
        try:
            modify(self.engine.accounts, meter, told, now)
        except MeterError:
            assert not good
            return
        assert good
        assert account is not None
        self.engine.refresh_account(meter)
        since, region = account.moves[-1]
        if told.get("region", region) != region:
            account.moves.append((max(now, since + 1), told["region"]))

    @rule(meter=meters, active=st.booleans())
    def activate(self, meter: str, active: bool) -> None:
        account = self.accounts.get(meter)
        good = account is not None and account.active != active
        try:
            (reactivate if active else deactivate)(self.engine.accounts, meter)
        except MeterError:
            assert not good
            return
        assert good
        assert account is not None
        self.engine.refresh_account(meter)
        account.active = active

    # -- the day close, a step at a time -------------------------------------------------------------------------

    @precondition(lambda self: self.closing in ("", "swapped"))
    @rule()
    def seal(self) -> None:
        """A new close; the last one's sealed log may still be there."""
        self.count = self.engine.day_close.seal()
        self.closing = "sealed" if self.count else ""

    @precondition(lambda self: self.closing)
    @rule()
    def go_on_closing(self) -> None:
        engine = self.engine
        match self.closing:
            case "sealed":
                engine.day_close.write_day_files(self.count, lambda _: None)
                self.closing = "filed"
            case "filed":
                self.rebuilt = engine.readings.rebuild_history(self.count)
                self.closing = "rebuilt"
            case "rebuilt":
                assert self.rebuilt is not None
                engine.day_close.finish(self.rebuilt)
                self.closing = "swapped"
            case "swapped":
                engine.day_close.drop_sealed()
                self.closing = ""

    @rule()
    def close_the_day(self) -> None:
        """The whole of it at once."""
        if self.closing in ("", "swapped"):
            self.seal()
        while self.closing:
            self.go_on_closing()

    # -- the process and its time --------------------------------------------------------------------------------

    @rule()
    def kill_and_start_again(self) -> None:
        """What a killed process leaves: its files as they are, its descriptors closed, its lock free."""
        engine = self.engine
        assert engine._owned is not None
        os.close(engine.log._fd)
        engine._owned.lock.release()
        self.engine = Engine.open(self.folder, RULES, self.clock)
        assert not (self.folder / "log.sealed.txt").exists()
        self.closing = ""

    @rule()
    def look_beside(self) -> None:
        beside = Engine.open_readonly(self.folder, RULES, self.clock)
        self.same(beside)

    @rule(seconds=st.sampled_from([0.25, 1, 1800, 40_000]))
    def time_goes_on(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @rule(slot=slots)
    def the_clock_jumps(self, slot: int) -> None:
        self.clock.instant = START + slot * 30 * MINUTE + 7

    # -- questions -----------------------------------------------------------------------------------------------

    @rule(meter=meters, first=slots, length=st.integers(0, SLOTS), off=odd)
    def ask_usage(self, meter: str, first: int, length: int, off: int) -> None:
        if meter not in self.accounts:
            return
        start = START + first * 30 * MINUTE + off
        window = Window("window", start, start + length * 30 * MINUTE)
        answer = self.engine.usage(meter, window)
        course = self.course(meter, self.stored)
        assert answer.usage_wh == course.usage(window.start, window.end)
        assert (answer.readings, answer.suspect) == course.stored(window.start, window.end)

    @rule(region=st.sampled_from(["", *REGIONS]), first=st.integers(0, 3), length=st.integers(0, 2))
    def ask_where_and_when(self, region: str, first: int, length: int) -> None:
        low, high = START + first * 24 * HOUR, START + (first + length + 1) * 24 * HOUR
        openings = {meter: min(time for each, time in self.stored if each == meter) for meter, _ in self.stored}
        expected = sorted(
            (meter, time)
            for meter, time in self.stored
            if (low <= time < high if time == openings[meter] else low < time <= high)
            and region in ("", self.accounts[meter].region(time))
        )
        days = (date(2025, 3, 10 + first), date(2025, 3, 10 + first + length))
        found = listed(self.engine, Group(region), days).frame()
        times = [round(time.timestamp() * 1_000_000) for time in found["timestamp"]]
        assert sorted(zip(found["identifier"], times, strict=True)) == expected

    # -- what always holds ---------------------------------------------------------------------------------------

    @invariant()
    def the_engine_knows_what_the_model_knows(self) -> None:
        self.same(self.engine)

    @invariant()
    def the_files_hold_every_reading(self) -> None:
        days = list(self.folder.glob("archive/*/*.csv"))
        logs = [self.folder / "log.txt", self.folder / "log.sealed.txt"]
        lines = [line for path in days for line in path.read_text().splitlines()[1:]]
        lines += [line for path in logs if path.exists() for line in path.read_text().splitlines()]
        rows = [(meter, ZONE.parse(time), parse_kwh(kwh)) for meter, time, kwh in (line.split(",") for line in lines)]
        assert set(rows) == {(meter, time, wh) for (meter, time), wh in self.stored.items()}
        if not self.closing:  # a sealed log and its day files hold the same for a while
            assert len(rows) == len(self.stored)

        users = (self.folder / "users.csv").read_text().splitlines()[1:]
        assert sorted(line.split(",")[0] for line in users) == sorted(self.accounts)

    @invariant()
    def every_reading_is_found_where_it_belongs(self) -> None:
        for region in REGIONS:
            expected = [key for key in self.stored if self.accounts[key[0]].region(key[1]) == region]
            assert len(listed(self.engine, Group(region))) == len(expected)

    def same(self, engine: Engine) -> None:
        assert {account.meter for account in engine.accounts} == self.accounts.keys()
        assert len(engine.readings) == len(self.stored)
        for meter, account in self.accounts.items():
            known = engine.accounts.get(meter)
            assert known is not None
            assert (known.active, known.group) == (account.active, Group(account.moves[-1][1]))
            series = engine.series(meter)
            judged = self.course(meter, self.stored).judged()
            assert list(zip(series.time.tolist(), series.wh.tolist(), strict=True)) == [point for point, _ in judged]
            assert series.status.tolist() == [STATUS[kind] for _, kind in judged]

    @staticmethod
    def course(meter: str, stored: dict[tuple[str, int], int]) -> oracle.Meter:
        return oracle.Meter([(time, wh) for (of, time), wh in stored.items() if of == meter])


EngineMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestEngine = EngineMachine.TestCase
