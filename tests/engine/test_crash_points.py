"""The power is cut at every operation on files: what a start finds is what was before, or what was to be."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from metertui.engine.accounts.account import Account
from metertui.engine.accounts.book import AccountBook
from metertui.engine.attributes import Group
from metertui.engine.base.config import Rules
from metertui.engine.base.zone import DAY, HOUR, MINUTE, SiteZone
from metertui.engine.core.engine import Engine
from metertui.engine.core.importing import Import
from metertui.engine.maintenance.backup import back_up
from metertui.engine.maintenance.check import check_folder
from metertui.engine.maintenance.repair import repair_folder
from metertui.engine.storage import sorted_rows
from metertui.engine.vee.edits import Edit
from tests.clock import FakeClock
from tests.engine.book_changes import deactivate, modify, reactivate
from tests.engine.core.test_importing import piece
from tests.engine.cutting import PowerCut, cut_anywhere, cutting, places_to_cut, undisturbed

RULES = Rules(zone=SiteZone("Asia/Singapore"))
CLOCK = FakeClock("2025-03-12T10:40:37", RULES.zone)
NOW = CLOCK.now()
NORTH, SOUTH, EAST = Group("North", "Quarry", "4-room"), Group("South", "Harbour", "landed"), Group("East")
HEADER = "identifier,address,region,sub_region,postcode,apartment_type,status,registered,remarks\n"
OLD = {"address": "1 Quay, #02-03", "region": "North", "sub_region": "Quarry", "apartment_type": "4-room"}
NEW = {"address": "9 Łódź St", **SOUTH._asdict()}


@pytest.fixture(autouse=True)
def no_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock ends with its process, which here does not end."""
    monkeypatch.setattr("metertui.engine.storage.folder_lock.fcntl.flock", lambda *_: None)


def opened(folder: Path) -> Engine:
    return Engine.open(folder, RULES, CLOCK)


def files_of(folder: Path) -> dict[str, bytes]:
    """What people and other programs read, and the manifest."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.csv")}


def problems(folder: Path) -> list[str]:
    return [problem for proof in check_folder(folder, RULES, lambda _: None) for problem in proof.problems]


# -- accounts ------------------------------------------------------------------------------------------------------


def with_accounts(folder: Path) -> Path:
    """Three accounts, one of which has moved, in a file with a column of someone else's."""
    folder.mkdir(mode=0o700)
    since = "2025-03-01T00:00:00+08:00"
    (folder / "users.csv").write_text(
        f'{HEADER}a,"1 Quay, #02-03",North,Quarry,,4-room,active,{since},keep\n'
        f"b,,East,,,,active,,\nc,,,,,,deactivated,{since},\n"
    )
    (folder / "accounts_history.csv").write_text(
        "identifier,effective_from,region,sub_region,apartment_type\n"
        f"b,{since},West,,\nb,2025-03-05T00:00:00+08:00,East,,\n"
    )
    return folder


def load(folder: Path) -> AccountBook:
    book = AccountBook(folder, RULES.zone)
    book.load()
    book.mend()
    return book


def put(book: AccountBook) -> None:
    """As an import does: an account that changed, new ones, attributes in time of some."""
    before = book.get("a")
    assert before is not None
    changed = replace(before, **SOUTH._asdict())
    book.put_accounts(
        [changed, Account("d", **EAST._asdict(), registered=NOW), Account("e")],
        {"a": [(NOW - DAY, NORTH), (NOW, SOUTH)], "d": [(NOW - DAY, NORTH), (NOW, EAST)]},
    )


def put_over(book: AccountBook) -> None:
    """As an import does that knows better where meters were: what they are now is nowhere in it."""
    before = [book.get("b"), book.get("c")]
    moves = {"b": [(NOW - DAY, SOUTH), (NOW, NORTH)], "c": [(NOW - DAY, NORTH), (NOW - HOUR, SOUTH), (NOW, EAST)]}
    accounts = [replace(account, **moves[account.meter][-1][1]._asdict()) for account in before if account]
    book.put_accounts(accounts, moves)


CHANGES: dict[str, Callable[[AccountBook], object]] = {
    "modified": lambda book: modify(book, "a", NEW, NOW),
    "modified again": lambda book: modify(book, "b", {"region": "West"}, NOW),
    "modified in what no figure is broken down by": lambda book: modify(book, "a", {"address": "2 Quay"}, NOW),
    "deactivated": lambda book: deactivate(book, "a"),
    "reactivated": lambda book: reactivate(book, "c"),
    "taken back": lambda book: modify(book, "b", {"region": "West"}, NOW, RULES.zone.parse("2025-03-05T00:00")),
    "put": put,
    "put over": put_over,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_change_of_accounts_is_whole_or_was_never_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[AccountBook], object]
) -> None:
    def work(folder: Path) -> None:
        change(load(folder))

    template = with_accounts(tmp_path / "data")
    whole = undisturbed(template, work)
    before, after, expected = list(load(template)), list(load(whole)), files_of(whole)
    assert problems(whole) == []
    seen = []
    for folder in cut_anywhere(monkeypatch, template, work, at_least=6):
        beside = AccountBook(folder, RULES.zone)
        beside.load()
        assert problems(folder) == []
        back_up(folder, folder.with_name(f"{folder.name}-kept"), lambda _: None)
        kept = load(folder.with_name(f"{folder.name}-kept"))
        mended = folder.with_name(f"{folder.name}-mended")
        shutil.copytree(folder, mended)
        repair_folder(mended, RULES, lambda _: None)
        book = load(folder)
        assert list(book) == list(beside) == list(kept) == list(load(mended))
        assert all(book.moves_of(account.meter) == beside.moves_of(account.meter) for account in book)
        assert problems(folder) == []
        seen.append(list(book))
        assert seen[-1] in (before, after)
        if seen[-1] == before:
            change(book)
        assert files_of(folder) == expected
    assert before in seen
    assert after in seen


@pytest.mark.parametrize(("meter", "what"), [("a", "deactivate"), ("c", "reactivate")])
def test_a_decision_about_an_account_takes_effect_at_the_next_start_or_was_never_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, meter: str, what: str
) -> None:
    def decide(folder: Path) -> None:
        with closing(opened(folder)) as engine:
            book = engine.accounts
            change = book.plan_activity(meter, active=what == "reactivate")
            told = [Edit(NOW, meter, what, None, "ada", "moved out")]
            book.commit_with_edits(book.draft_change(book.standing(), change), engine.events, told)
            engine.audit.write_entry(RULES.zone.iso(NOW), "ada", what, meter, "moved out")

    template = with_accounts(tmp_path / "data")
    with closing(opened(template)) as engine:  # an older decision of the kind stands there, and was taken back
        for at, kind in ((NOW - DAY, what), (NOW - HOUR, "reactivate" if what == "deactivate" else "deactivate")):
            engine.events.append_edits([event := Edit(at, meter, kind, None, "bob", "")])
            engine.events.apply_edit(event)
            engine.audit.write_entry(RULES.zone.iso(at), "bob", kind, meter, "")
    finished = 0
    for folder in cut_anywhere(monkeypatch, template, decide, at_least=6):
        with closing(opened(folder)) as engine:
            account = engine.accounts.get(meter)
            decided = [event.who for event in engine.events].count("ada")
            audited = [entry[1] for entry in (engine.audit.entries_before(None, "", 99) or ([], 0))[0]].count("ada")
            assert account is not None
            assert account.active == (what == "reactivate") if decided else account.active == (what != "reactivate")
            assert decided in (0, 1)
            finished += (said := any("before an interruption, and it is complete" in told for told in engine.warnings))
            assert audited == 1 if said else audited <= decided
        before = files_of(folder)
        with closing(opened(folder)) as engine:
            assert not any("is finished now" in told for told in engine.warnings)
        assert files_of(folder) == before
        assert problems(folder) == []
    assert finished


def test_an_account_that_was_changed_by_hand_after_a_decision_stays_as_it_was_left(tmp_path: Path) -> None:
    folder = with_accounts(tmp_path / "data")
    with closing(opened(folder)) as engine:
        book = engine.accounts
        told = [Edit(NOW, "a", "deactivate", None, "ada", "")]
        book.commit_with_edits(
            book.draft_change(book.standing(), book.plan_activity("a", active=False)), engine.events, told
        )
        engine.audit.write_entry(RULES.zone.iso(NOW), "ada", "deactivate", "a", "")
    users = folder / "users.csv"
    users.write_text(users.read_text().replace("deactivated", "active"))
    with closing(opened(folder)) as engine:
        assert engine.accounts.get("a").active  # type: ignore[union-attr]
        assert not any("is finished now" in told for told in engine.warnings)


@pytest.mark.parametrize("first", [True, False])
def test_a_registration_is_whole_or_was_never_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: bool
) -> None:
    fields: dict[str, dict[str, str]] = {"m": NEW, "n": OLD, "o": {}}

    def register(folder: Path) -> None:
        book = load(folder)
        book.append_rows([book.prepare_account(meter, of_meter, NOW) for meter, of_meter in fields.items()])

    template = with_accounts(tmp_path / "data")
    if first:
        (template / "users.csv").unlink()
    before, after = list(load(template)), list(load(undisturbed(template, register)))
    for folder in cut_anywhere(monkeypatch, template, register, at_least=3):
        book = load(folder)
        found = list(book)
        assert found == after[: len(found)]
        assert len(found) >= len(before)
        rest = [book.prepare_account(account.meter, fields[account.meter], NOW) for account in after[len(found) :]]
        book.append_rows(rest)
        assert list(load(folder)) == after
        assert problems(folder) == []


def test_a_row_that_is_cut_at_any_byte_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for torn in range(1, 400):
        folder = with_accounts(tmp_path / str(torn))
        book = load(folder)
        before = list(book)
        added = [book.prepare_account("m", NEW, NOW), book.prepare_account("n", OLD, NOW)]
        size = (folder / "users.csv").stat().st_size
        with monkeypatch.context() as patched:
            cutting(patched, 1, torn)
            with pytest.raises(PowerCut):
                book.append_rows(added)
        assert (folder / "users.csv").stat().st_size - size <= torn
        found = list(load(folder))
        assert found[: len(before)] == before
        # Of an account that was never answered, the time of registering may lack its last digits, and nothing else.
        assert [replace(account, registered=NOW) for account in found[len(before) :]] == added[: len(found) - 3]
        if (folder / "users.csv").stat().st_size - size < torn:
            break
    else:
        pytest.fail("the rows are longer than this test goes")


# -- the log -------------------------------------------------------------------------------------------------------

Readings = list[tuple[str, str, str]]
KNOWN: Readings = [("a", "1.5", "2025-03-12T09:00:00"), ("b", "7", "2025-03-12T09:30:00")]
ARRIVING: Readings = [
    ("a", "2", "2025-03-12T10:00:00"),
    ("b", "6.5", "2025-03-12T10:00:00.25"),
    ("a", "1.75", "2025-03-11T09:30:00"),
    ("b", "8.125", "2025-03-12T10:30:00"),
]


def store(engine: Engine, readings: Readings) -> Sequence[str]:
    """The log's way of a batch; what became of each reading."""
    batch = engine.ingest.begin()
    outcomes = [batch.add_reading(*reading).kind for reading in readings]
    engine.ingest.write(batch)
    engine.ingest.apply(batch)
    return outcomes


def with_readings(folder: Path) -> Path:
    """Accounts, a day file, and a log."""
    with_accounts(folder)
    with closing(opened(folder)) as engine:
        store(engine, [("a", "1", "2025-03-10T09:00:00")])
        count = engine.day_close.seal()
        engine.day_close.write_day_files(count, lambda _: None)
        engine.day_close.finish(engine.readings.rebuild_history(count))
        engine.day_close.drop_sealed()
        store(engine, KNOWN)
    return folder


def stored(folder: Path) -> list[str]:
    """All readings of log and day files, as they stand there."""
    lines = (folder / "log.txt").read_text().splitlines()
    for path in folder.glob("archive/*/*.csv"):
        lines += path.read_text().splitlines()[1:]
    return lines


def told(engine: Engine) -> int:
    return len(engine.view().frozen())


def test_a_batch_that_is_cut_at_any_byte_costs_nothing_that_was_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = with_readings(tmp_path / "data") / "log.txt"
    before = log.read_bytes()
    with closing(opened(log.parent)) as engine:
        store(engine, ARRIVING)
    whole = log.read_bytes()
    added = len(whole) - len(before)
    # The first operation is the write, the second its sync: then all of it may be there, answered or not.
    for survive, torn in [(0, torn) for torn in places_to_cut(whole[len(before) :])] + [(1, 0)]:
        log.write_bytes(before)
        with closing(opened(log.parent)) as engine, monkeypatch.context() as patched:
            cutting(patched, survive, torn)
            with pytest.raises(PowerCut):
                store(engine, ARRIVING)
        there = whole[: len(before) + (added if survive else torn)]
        assert log.read_bytes() == there
        lines = there.count(b"\n")
        with closing(opened(log.parent)) as engine:
            assert told(engine) == 1 + lines
            assert log.read_bytes() == there[: there.rfind(b"\n") + 1]
            assert any("torn last line" in told for told in engine.warnings) == (not there.endswith(b"\n"))
            outcomes = store(engine, ARRIVING)  # as meters do that got no reply
            assert outcomes.count("duplicate") == lines - len(KNOWN)
        assert sorted(log.read_bytes().splitlines()) == sorted(whole.splitlines())


def test_a_batch_of_accounts_and_readings_leaves_no_reading_without_its_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(folder: Path) -> None:
        with closing(opened(folder)) as engine:
            batch = engine.ingest.begin()
            assert batch.add_account("m", NEW).stored
            assert batch.add_reading("m", "3", "2025-03-12T10:00:00").stored
            engine.ingest.write(batch)

    template = with_readings(tmp_path / "data")
    for folder in cut_anywhere(monkeypatch, template, work, at_least=8):
        with closing(opened(folder)) as engine:
            registered = "m" in engine.accounts
            assert told(engine) <= 3 + registered
            batch = engine.ingest.begin()
            assert batch.add_account("m" if not registered else "n", {}).stored
            assert batch.add_reading("m", "3", "2025-03-12T10:00:00").stored
            engine.ingest.write(batch)
        assert sorted(stored(folder))[-1] == "m,2025-03-12T10:00:00+08:00,3"
        assert problems(folder) == []


# -- a start that is itself cut short ----------------------------------------------------------------------------------


def start(folder: Path) -> None:
    opened(folder).close()


@pytest.mark.parametrize("sealed", [True, False])
def test_a_start_that_mends_is_mended_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sealed: bool
) -> None:
    template = with_readings(tmp_path / "data")
    log = template / "log.txt"
    if sealed:
        log.rename(template / "log.sealed.txt")
    with log.open("a") as file:
        file.write("a,2025-03-12T10:00:00+08:00,2\nb,2025-03-12T1")
    with (template / "users.csv").open("a") as users:
        users.write("d,,")
    with (template / "accounts_history.csv").open("a") as history:
        history.write("a,2025-03-01T00:00:00+08:00,North,Quarry,4-room\n")
        history.write("a,2025-03-12T00:00:00+08:00,South,Harbour,landed\n")
    whole = undisturbed(template, start)
    expected = files_of(whole) | {"log.txt": (whole / "log.txt").read_bytes()}
    assert sorted(stored(whole)) == [
        "a,2025-03-10T09:00:00+08:00,1",
        "a,2025-03-12T09:00:00+08:00,1.5",
        "a,2025-03-12T10:00:00+08:00,2",
        "b,2025-03-12T09:30:00+08:00,7",
    ]
    for folder in cut_anywhere(monkeypatch, template, start, at_least=10):
        beside = Engine.open_readonly(folder, RULES, CLOCK)
        assert told(beside) == 4
        start(folder)
        assert files_of(folder) | {"log.txt": (folder / "log.txt").read_bytes()} == expected
        assert not (folder / "log.sealed.txt").exists()


# -- an import -----------------------------------------------------------------------------------------------------


def importing(folder: Path) -> None:
    """History of three meters, two of them known, over four days; one has moved twice and one line contradicts."""
    rows = [
        ("a", NOW - 3 * DAY, 500),
        ("a", NOW - 2 * DAY, 900),
        ("a", NOW - HOUR, 1600),
        ("z", NOW - 2 * DAY, 10),
        ("z", NOW - DAY, 5),
        ("b", NOW - 40 * DAY, 5),
        ("a", RULES.zone.parse("2025-03-12T09:00:00"), 1500),
        ("b", RULES.zone.parse("2025-03-12T09:30:00"), 6999),
        ("z", NOW - 30 * MINUTE, 20),
    ]
    groups = [SOUTH, EAST, NORTH, NORTH, SOUTH, NORTH, EAST, EAST, SOUTH]
    with closing(opened(folder)) as engine:
        work = Import(engine.view().frozen(), engine.events.frozen(), latest=NOW, place=folder)
        work.add_piece(piece(rows, groups))
        report = work.finish(engine.accounts, engine.archive, now=NOW)
        assert (report.read, report.refused, report.new + report.duplicate) == (9, 1, 8)


def test_an_import_that_was_cut_is_finished_by_doing_it_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, count in (("MOST_HELD", 4), ("PART", 2), ("_STEP", 1)):  # most rows are on disk meanwhile
        monkeypatch.setattr(sorted_rows, name, count)
    template = with_readings(tmp_path / "data")
    whole = undisturbed(template, importing)
    expected, log = files_of(whole), (whole / "log.txt").read_bytes()
    assert sum(name.startswith("archive/2025/") for name in expected) == 5
    assert problems(whole) == []
    for folder in cut_anywhere(monkeypatch, template, importing, at_least=30):
        importing(folder)
        assert files_of(folder) == expected
        assert (folder / "log.txt").read_bytes() == log
