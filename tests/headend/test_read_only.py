"""The read-only head-end: whatever the owner of the folder does, in whatever order, it comes to have the same."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from metertui.engine.attributes import Group
from metertui.engine.base.config import Rules
from metertui.engine.base.registers import format_kwh
from metertui.engine.base.zone import MINUTE, SiteZone
from metertui.engine.core.corrections import apply_effects, iter_effects, write_effects
from metertui.engine.core.decision_basis import bases_of
from metertui.engine.core.decision_check import Decision
from metertui.engine.core.engine import Engine
from metertui.engine.core.importing import FilePiece, Import
from metertui.engine.errors import MeterError, OwnedError
from metertui.engine.index.reading_store import Rebuilt
from metertui.engine.replica import apply
from metertui.engine.replica.apply import HistoryRebuild
from metertui.engine.replica.changes import ChangeReader
from metertui.engine.storage.folder_lock import FolderLock
from metertui.engine.storage.reading_lines import Rows
from metertui.headend.read_only import ReadOnlyHeadEnd
from tests.clock import FakeClock
from tests.engine.book_changes import deactivate, modify, reactivate
from tests.patience import until

ZONE = SiteZone("Asia/Singapore")
RULES = Rules(zone=ZONE)
START = ZONE.parse("2025-03-10T00:00:00")
SLOTS = 3 * 48
METERS = tuple(f"m-{n}" for n in range(6))


def state(engine: Engine) -> dict[str, Any]:
    """All that an engine knows, by names instead of codes."""
    frozen = engine.view().frozen()
    columns = frozen.columns
    shared = engine.readings.shared.by_meter
    more = sum(len(values) - 1 for instants in shared.values() for values in instants.values())
    assert len(engine.readings) == len(columns) + more, "nothing is doubled"
    engine.readings._caught_up()._check()
    ids = frozen.ids
    readings = sorted(
        (ids[code], time, wh, status, energy, frozen.groups[group])
        for code, time, wh, status, energy, group in zip(
            columns.meter.tolist(),
            columns.time.tolist(),
            columns.wh.tolist(),
            frozen.status.tolist(),
            frozen.energy.tolist(),
            frozen.group.tolist(),
            strict=True,
        )
    )
    heads = engine.ingest.heads
    index, groups = engine.readings._caught_up(), np.empty(len(columns), dtype=np.int32)
    for group in range(len(engine.directory.groups)):
        groups[index.select(groups=[group])] = group
    meter, time, _ = engine.readings.readings_at(np.arange(len(columns)))
    indexed = sorted(
        zip([ids[code] for code in meter], time, [frozen.groups[group] for group in groups.tolist()], strict=True)
    )
    assert indexed == [(each[0], each[1], each[5]) for each in readings], "the index has them in their groups"
    return {
        "readings": readings,
        "accounts": sorted((account.meter, account) for account in engine.accounts),
        "moves": {account.meter: list(engine.accounts.moves_of(account.meter)) for account in engine.accounts},
        "active": sorted(engine.ingest.active),
        "staff": engine.staff.members(),
        "events": list(engine.events),
        "several": {
            (ids[code], time): sorted(values) for code, instants in shared.items() for time, values in instants.items()
        },
        "heads": {
            meter: (heads.time[code], heads.wh[code] if heads.time[code] < 1 << 62 else 0)
            for meter, code in engine.directory.codes.items()
            if meter in {each[0] for each in readings}
        },
    }


class Walk:
    """An owner that does things at random, a file operation of the day close at a time."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.random = random.Random(seed)
        self.clock = FakeClock("2025-03-13T00:00:00")
        self.engine: Engine | None = Engine.open(folder, RULES, self.clock)
        self.member = self.engine.staff.make_member("a@b.example", "government", "secret horse")
        self.rebuilt: Rebuilt | None = None
        self.stage = 0
        self.litter = 0

    def step(self) -> None:
        """One thing, if it can be done now."""
        self.tidy()
        if self.engine is None:
            self.random.choice((self.start, self.start, self.bring))()
            return
        doings = [self.read] * 6 + [self.close] * 4 + [self.register, self.modify, self.take_back]
        doings += [self.decide, self.decide, self.activate, self.hire, self.kill]
        self.random.choice(doings)()

    @property
    def owner(self) -> Engine:
        assert self.engine is not None
        return self.engine

    def register(self) -> None:
        batch = self.owner.ingest.begin()
        fields = {"region": self.random.choice(("East", "West")), "address": "1, \u00c4 Road"}
        if batch.add_account(self.random.choice(METERS), fields).stored:
            self.commit(batch)

    def read(self) -> None:
        batch = self.owner.ingest.begin()
        for _ in range(self.random.randint(1, 12)):
            slot = self.random.randrange(SLOTS)
            wh = 1_000_000 + slot * 500 + self.random.choice((0, 0, 0, 0, 1, -700, 5_000_000))
            batch.add_reading(self.random.choice(METERS), format_kwh(wh), ZONE.iso(START + slot * 30 * MINUTE))
        if self.random.random() < 0.2:
            batch.add_account(self.random.choice(METERS), {"region": "North"})
        self.commit(batch)

    def commit(self, batch: Any) -> None:
        if len(batch):
            self.owner.ingest.write(batch)
        self.owner.ingest.apply(batch)

    def take_back(self) -> None:
        """A disk that refuses: lines appear in a file, and are gone again at the next step."""
        name = self.random.choice(("log.txt", "users.csv"))
        if not (self.folder / name).exists():
            return
        slot = self.random.randrange(SLOTS)
        line = f"m-9,{ZONE.iso(START + slot)},5\n" if name == "log.txt" else "m-9,,,,,,active,\n"
        size = (self.folder / name).stat().st_size
        with (self.folder / name).open("a") as file:
            file.write(line[: self.random.choice((len(line), 10))])
        self.litter = size * 2 + (name == "log.txt")

    def tidy(self) -> None:
        if self.litter:
            os.truncate(self.folder / ("log.txt" if self.litter % 2 else "users.csv"), self.litter // 2)
            self.litter = 0

    def modify(self) -> None:
        self.change(lambda meter, now: modify(self.owner.accounts, meter, {"region": self.random.choice("EWN")}, now))

    def activate(self) -> None:
        def change(meter: str, now: int) -> None:
            active = self.owner.accounts.get(meter)
            if active is not None and active.active:
                deactivate(self.owner.accounts, meter)
            else:
                reactivate(self.owner.accounts, meter)

        self.change(change)

    def change(self, change: Any) -> None:
        meter = self.random.choice(METERS)
        since = START + self.random.randrange(SLOTS) * 30 * MINUTE
        if meter in self.owner.accounts:
            change(meter, since)
            self.owner.refresh_account(meter)

    def decide(self) -> None:
        meter = self.random.choice(METERS)
        if meter not in self.owner.directory.codes:
            return
        times = self.owner.series(meter).time.tolist()
        what, wh = (
            self.random.choice(("void", "unvoid", "correct", "uncorrect")),
            self.random.randrange(10**6, 2 * 10**6),
        )
        for at in self.random.sample(times, min(4, len(times))):
            try:
                found = list(
                    iter_effects(
                        bases_of(self.owner), [Decision(what, meter, at, "why", wh=wh)], "me", self.clock.now()
                    )
                )
            except MeterError:
                continue
            write_effects(self.owner, found)
            list(apply_effects(self.owner, found))
            if what == "void":
                self.read_again(meter, at)

    def read_again(self, meter: str, at: int) -> None:
        """Another value for the time of a void reading, most times."""
        if self.random.random() < 0.7:
            batch = self.owner.ingest.begin()
            batch.add_reading(meter, format_kwh(1_000_000 + self.random.randrange(10**5)), ZONE.iso(at))
            self.commit(batch)

    def hire(self) -> None:
        if self.owner.staff.members():
            self.owner.staff.remove_member(self.member.email)
        else:
            self.owner.staff.put_member(self.member)

    def close(self) -> None:
        """The next operation of a day close."""
        engine, count = self.owner, self.owner.day_close.sealed
        match self.stage:
            case 0:
                self.stage = 1 if engine.day_close.seal() else 0
            case 1:
                engine.day_close.write_day_files(count, lambda share: None)
                self.stage = 2
            case 2:
                self.rebuilt = engine.readings.rebuild_history(count)
                engine.day_close.finish(self.rebuilt)
                self.stage = 3
            case _:
                engine.day_close.drop_sealed()
                self.stage = 0

    def kill(self) -> None:
        """Nothing that is under way is finished, and the last line may be torn."""
        if self.random.random() < 0.6:
            return
        if self.random.random() < 0.5:
            with (self.folder / "log.txt").open("a") as file:
                file.write("m-1,2025-03-1")
        self.owner.close()
        self.engine = None
        self.stage = 0

    def start(self) -> None:
        self.engine = Engine.open(self.folder, RULES, self.clock)

    def bring(self) -> None:
        """An import by command, which owns the folder meanwhile."""
        engine = Engine.open(self.folder, RULES, self.clock)
        taken = Import(engine.view().frozen(), engine.events.frozen(), latest=self.clock.now())
        slots = np.array(self.random.sample(range(SLOTS), 20))
        ids = [*METERS, "m-7"]
        codes = np.array([self.random.randrange(len(ids)) for _ in slots], dtype=np.int32)
        rows = Rows(ids, codes, START + slots * 30 * MINUTE, 1_000_000 + slots * 500)
        taken.add_piece(FilePiece("x.csv", rows, np.arange(20)))
        taken.finish(engine.accounts, engine.archive, now=self.clock.now())
        engine.close()

    def truth(self) -> dict[str, Any]:
        """What the folder says."""
        if self.engine is not None:
            return state(self.engine)
        return state(Engine.open_readonly(self.folder, RULES, self.clock))


async def follow(follower: ReadOnlyHeadEnd) -> None:
    """Look until there is nothing new."""
    for _ in range(4):
        await follower.follow()
        await follower.wait_until_rebuilt()
    assert not follower.live().follow_error


@pytest.mark.parametrize("seed", range(int(os.environ.get("WALKS", "5"))))
async def test_a_follower_at_rest_has_what_the_owner_has(tmp_path: Path, seed: int) -> None:
    walk = Walk(tmp_path, seed)
    for _ in range(walk.random.randrange(20)):
        walk.step()
    walk.tidy()
    follower = ReadOnlyHeadEnd(*ChangeReader.open(tmp_path, RULES, walk.clock))
    try:
        for _ in range(100):
            walk.step()
            if walk.random.random() < 0.5:
                await follower.follow()  # and perhaps begins to build, while the owner goes on
            if walk.random.random() < 0.12:
                walk.tidy()
                await follow(follower)
                assert state(follower.engine) == walk.truth()
        walk.tidy()
        await follow(follower)
        assert state(follower.engine) == walk.truth()
    finally:
        await follower.stop()
        if walk.engine is not None:
            walk.engine.close()


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[tuple[Engine, ReadOnlyHeadEnd]]:
    """An owner with a meter, and who follows it; only when it is told to."""
    owner = Engine.open(tmp_path, RULES, FakeClock())
    read(owner, "m", "5", register=True)
    follower = ReadOnlyHeadEnd(*ChangeReader.open(tmp_path, RULES, FakeClock()))
    yield owner, follower
    await follower.stop()
    owner.close()


def read(owner: Engine, meter: str, kwh: str, *, register: bool = False) -> None:
    batch = owner.ingest.begin()
    if register:
        batch.add_account(meter, {})
    batch.add_reading(meter, kwh, None)
    owner.ingest.write(batch)
    owner.ingest.apply(batch)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


async def test_all_that_would_write_is_refused_with_the_name_of_the_owner(
    pair: tuple[Engine, ReadOnlyHeadEnd], tmp_path: Path
) -> None:
    owner, follower = pair
    before = contents(tmp_path)
    member = owner.staff.make_member("a@b.example", "operator", "secret horse")
    sentence = f"read-only: process {os.getpid()} has owned this folder since "
    for attempt in (
        follower.accounts.modify("m", {}, "me"),
        follower.accounts.deactivate("m", "me"),
        follower.accounts.reactivate("m", "me"),
        follower.staff.put(member, "me"),
        follower.staff.remove("a@b.example", "me"),
        follower.day_close.close("me"),
        follower.reports.delete("usage", "me"),
        follower.corrections.apply([Decision("void", "m", owner.clock.now(), "misread")], "me"),
    ):
        with pytest.raises(OwnedError) as caught:
            await attempt
        assert str(caught.value).startswith(sentence)
    for outcome in (
        await follower.store_reading("m", "6", None, "me"),
        await follower.accounts.register("m-2", {}, "me"),
    ):
        assert (outcome.kind, outcome.text[: len(sentence)]) == ("refused", sentence)
    assert contents(tmp_path) == before
    assert await follower.staff.log_in("a@b.example", "secret horse") is None
    await asyncio.wrap_future(follower._jobs.append(bool))
    assert "a@b.example\tlogin refused" in contents(tmp_path)["audit.log"].decode()


async def test_the_live_state_names_the_owner_and_says_when_it_has_ended(
    pair: tuple[Engine, ReadOnlyHeadEnd], tmp_path: Path
) -> None:
    owner, follower = pair
    pid = os.getpid()
    live = follower.live()
    assert (live.following, live.server_known) == (
        f"read-only: process {pid} owns this folder; make changes there, or by command",
        False,
    )
    follower.receive_status({"connections": 5, "progress": 0.5, "address": 7, "folder": "/else"})
    live = follower.live()
    assert (live.server_known, live.connections, live.progress, live.address) == (True, 5, 0.5, "")
    assert live.folder == str(tmp_path)
    owner.close()
    await follower.follow()
    live = follower.live()
    why = f"read-only: process {pid} that owned this folder has ended; quit and start metertui again to take its place"
    assert (live.following, live.server_known, live.connections) == (why, False, 0)
    assert follower.why_read_only() == why
    lock = FolderLock(tmp_path)
    lock.acquire()
    await follower.follow()
    assert follower.live().following.startswith(f"read-only: process {pid} owns this folder;")
    lock.release()


async def test_counters_are_of_what_was_followed(pair: tuple[Engine, ReadOnlyHeadEnd], tmp_path: Path) -> None:
    owner, follower = pair
    for _ in range(2):
        await follower.tick()
        follower.engine.clock.advance(1)  # type: ignore[attr-defined]
    read(owner, "m", "6")
    read(owner, "m", "2")
    (tmp_path / "rejects.log").write_text("2025-03-12T10:40:00+08:00\t127.0.0.1:5\tsyntax\tREAD\nhalf a line")
    await follower.follow()
    await follower.tick()
    live = follower.live()
    assert (live.stored, live.in_log, live.accepted, live.suspects, live.rate) == (3, 3, 2, 1, 1.0)
    assert live.log_bytes == (tmp_path / "log.txt").stat().st_size
    assert [(arrival.wh, bool(arrival.note)) for arrival in live.arrivals] == [
        (2000, True),
        (6000, False),
        (5000, False),  # in the log before
    ]
    assert [(refusal.code, refusal.line) for refusal in live.refusals] == [("syntax", "READ")]
    assert live.refused == {"syntax": 1}


async def test_an_unreadable_file_is_reported_and_delays_nothing_else(
    pair: tuple[Engine, ReadOnlyHeadEnd], tmp_path: Path
) -> None:
    owner, follower = pair
    whole = (tmp_path / "users.csv").read_bytes()
    (tmp_path / "new").write_bytes(whole + b"only,two\n" + whole[-9:])
    (tmp_path / "new").rename(tmp_path / "users.csv")
    read(owner, "m", "6")
    await follower.follow()
    assert follower.live().stored == 2
    assert "users.csv:3: " in follower.live().follow_error
    await follower.follow()
    assert "users.csv:3: " in follower.live().follow_error  # as long as it is so
    (tmp_path / "new").write_bytes(whole)
    (tmp_path / "new").rename(tmp_path / "users.csv")
    await follower.follow()
    assert follower.live().follow_error == ""


@pytest.mark.parametrize(
    "where", ["add_readings", "update_accounts", "replace_accounts", "apply_events", "put_in_use", "read_logs"]
)
async def test_what_a_defect_kept_from_being_applied_is_applied_by_the_next_look(
    pair: tuple[Engine, ReadOnlyHeadEnd], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    owner, follower = pair
    read(owner, "m-2", "7", register=True)
    await follow(follower)
    owners: dict[str, Any] = {"apply_events": Engine, "put_in_use": HistoryRebuild, "read_logs": ChangeReader}
    place = owners.get(where, apply)
    real, failing = getattr(place, where), True

    def sometimes(*args: Any) -> Any:
        if not failing:
            return real(*args)
        if where in owners:
            raise RuntimeError("a defect")
        return begun(*args)

    def begun(*args: Any) -> Iterator[None]:
        yield from islice(real(*args), 1)
        raise RuntimeError("a defect")

    read(owner, "m-3", "5", register=True)
    modify(owner.accounts, "m", {"region": "East"}, owner.clock.now() + 1)
    deactivate(owner.accounts, "m-2")
    if where == "replace_accounts":
        header, *rows = (tmp_path / "users.csv").read_text().splitlines()
        (tmp_path / "users.csv").write_text("\n".join([f"{header},note", *(f"{row},x" for row in rows), ""]))
    for meter in ("m", "m-2"):
        owner.refresh_account(meter)
    at = int(owner.series("m").time[-1])
    found = list(iter_effects(bases_of(owner), [Decision("void", "m", at, "why")], "me", owner.clock.now()))
    write_effects(owner, found)
    list(apply_effects(owner, found))
    read(owner, "m", "9")
    if where in ("put_in_use", "read_logs"):
        owner.day_close.write_day_files(count := owner.day_close.seal(), lambda share: None)
        owner.day_close.finish(owner.readings.rebuild_history(count))
        owner.day_close.drop_sealed()

    monkeypatch.setattr(place, where, sometimes)
    with contextlib.suppress(RuntimeError):
        await follower.follow()
    await follower.wait_until_rebuilt()
    assert "failed to follow the folder" in follower.live().follow_error
    failing = False
    await follower.follow()
    assert follower.live().follow_error, "the rebuild is not in use yet"
    await follow(follower)
    assert state(follower.engine) == state(owner)


async def test_changes_are_followed_without_being_asked(pair: tuple[Engine, ReadOnlyHeadEnd]) -> None:
    owner, follower = pair
    await follower.start()
    read(owner, "m", "6")
    await until(lambda: follower.live().stored == 2)
    count = owner.day_close.seal()
    owner.day_close.write_day_files(count, lambda share: None)
    owner.day_close.finish(owner.readings.rebuild_history(count))
    owner.day_close.drop_sealed()
    await until(lambda: not len(follower.engine.readings.tail))
    assert follower.live().in_log == 0


async def test_a_half_written_change_of_an_account_is_not_applied(pair: tuple[Engine, ReadOnlyHeadEnd]) -> None:
    owner, follower = pair
    modify(owner.accounts, "m", {"region": "East"}, owner.clock.now())
    await follower.follow()
    before = list(follower.engine.accounts.moves_of("m"))
    move = (owner.clock.now() + 5, Group("West"))
    owner.accounts._files.rewrite_courses({"m": [*before, move]}, {})  # and users.csv does not have it yet
    await follower.follow()
    assert list(follower.engine.accounts.moves_of("m")) == before
    owner.accounts._files.rewrite_accounts([replace(owner.accounts.get("m"), region="West")])  # type: ignore[type-var, list-item]
    await follower.follow()
    assert list(follower.engine.accounts.moves_of("m")) == [*before, move]
    assert follower.engine.accounts.get("m").region == "West"  # type: ignore[union-attr]


async def test_lines_removed_from_the_log_are_removed(pair: tuple[Engine, ReadOnlyHeadEnd], tmp_path: Path) -> None:
    owner, follower = pair
    read(owner, "m", "6")
    await follow(follower)
    first, _ = (tmp_path / "log.txt").read_bytes().splitlines(keepends=True)
    (tmp_path / "new").write_bytes(first)
    (tmp_path / "new").rename(tmp_path / "log.txt")
    await follow(follower)
    assert follower.live().stored == 1


async def test_a_folder_that_nobody_owns_and_nobody_can_write_into_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Engine.open(tmp_path, RULES, FakeClock()).close()
    follower = ReadOnlyHeadEnd(*ChangeReader.open(tmp_path, RULES, FakeClock()))
    monkeypatch.setattr(os, "access", lambda *_: False)
    why = "read-only: nothing can be written into this folder; make it writable and start metertui again"
    assert (follower.why_read_only(), follower.live().following) == (why, why)
    await follower.stop()
