"""Changes in the files of a folder that another process owns: each is found once, and nothing is missed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from metertui.engine.accounts import account_history
from metertui.engine.core.engine import Engine
from metertui.engine.intervals import IntervalStore
from metertui.engine.replica.changes import DEFECT, ChangeReader, Changes
from tests.engine.book_changes import modify
from tests.engine.core.commits import RULES, close_day, commit, register
from tests.engine.intervals.listed import listed, rows_of

Pair = tuple[Engine, Engine, ChangeReader]


@pytest.fixture
def pair(engine: Engine) -> Iterator[Pair]:
    """An owner, and a replica that has read everything."""
    commit(engine, ("m", "1", "2025-03-11T09:00:00"))
    replica, reader = ChangeReader.open(engine.folder, RULES, engine.clock)
    yield engine, replica, reader
    reader.close()


def test_nothing_has_changed_at_first(pair: Pair) -> None:
    _, replica, reader = pair
    assert len(replica.readings) == 1
    assert reader.read_changes(replica) == Changes(rows=reader.read_changes(replica).rows)


def test_new_readings_and_accounts_are_found_once(pair: Pair) -> None:
    owner, replica, reader = pair
    register(owner, "new")
    commit(owner, ("m", "2", "2025-03-11T10:00:00"), ("new", "5", "2025-03-11T10:00:00"))
    changes = reader.read_changes(replica)
    assert (changes.rows.ids, changes.rows.wh.tolist()) == (["m", "new"], [2000, 5000])
    assert [entry.account.meter for entry in changes.accounts] == ["new"]
    assert not len(reader.read_changes(replica).rows)


def test_a_day_close_names_the_days_and_has_the_logs_read_again(pair: Pair) -> None:
    owner, replica, reader = pair
    close_day(owner)
    changes = reader.read_changes(replica)
    assert changes.reread_log
    assert {str(day) for day in changes.days} >= {"2025-03-11"}
    assert not len(reader.read_logs())


def test_changes_that_could_not_be_applied_are_reported_again(pair: Pair) -> None:
    owner, replica, reader = pair
    close_day(owner)
    days = reader.read_changes(replica).days
    reader.read_logs()
    assert not reader.read_changes(replica).reread_log
    reader.mark_unread(days)
    again = reader.read_changes(replica)
    assert again.reread_log
    assert again.days == days


def test_a_broken_file_is_reported_and_read_again(pair: Pair) -> None:
    _, replica, reader = pair
    events = replica.folder / "events.csv"
    events.write_text("nonsense\n")
    assert "events.csv:1" in reader.read_changes(replica).error
    assert "events.csv:1" in reader.read_changes(replica).error
    events.unlink()
    assert reader.read_changes(replica).error == ""


def test_registrations_wait_for_a_history_that_cannot_be_read(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, replica, reader = pair
    register(owner, "new")
    modify(owner.accounts, "m", {"region": "East"}, owner.clock.now())

    def unreadable(*_: object) -> None:
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as patched:
        patched.setattr(account_history, "read_courses", unreadable)
        assert "Too many open files" in reader.read_changes(replica).error
    book = reader.read_changes(replica).book
    assert book is not None
    assert sorted(book.changed) == ["m", "new"]


def test_a_defect_in_one_file_costs_nothing_of_the_others(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, replica, reader = pair
    commit(owner, ("m", "2", "2025-03-11T10:00:00"))
    register(owner, "new")
    with monkeypatch.context() as patched:
        patched.setattr(reader, "_new_accounts", lambda: 1 / 0)
        changes = reader.read_changes(replica)
    assert (changes.rows.wh.tolist(), changes.error) == ([2000], DEFECT)
    book = reader.read_changes(replica).book
    assert book is not None
    assert book.changed == ["new"]


def test_after_a_defect_all_is_found_again_as_a_whole(pair: Pair) -> None:
    owner, replica, reader = pair
    register(owner, "new")
    reader.read_changes(replica)
    reader.mark_all_unread()
    changes = reader.read_changes(replica)
    assert changes.reread_log
    assert changes.event_book is not None
    assert changes.staff is not None
    assert changes.book is not None
    assert sorted(changes.book.changed) == ["m", "n", "new"]
    assert len(reader.read_logs()) == 1
    again = reader.read_changes(replica)
    assert (again.reread_log, again.event_book, again.book, again.accounts) == (False, None, None, [])


def test_intervals_of_changed_days_are_found_and_those_that_cannot_be_read_are_tried_again(pair: Pair) -> None:
    owner, replica, reader = pair
    store = IntervalStore(owner.folder, RULES.zone)
    store.add_values(rows_of([("x", 0, 10, 5, 0)]))
    found = reader.read_changes(replica).intervals
    assert found is not None
    assert [str(day) for day in found.days] == ["1970-01-01"]
    assert listed(found.rows) == [("x", 0, 10, 5, 0)]
    assert reader.read_changes(replica).intervals is None
    day = store.path_of_day(RULES.zone.day(0))
    text = day.read_bytes()
    reader.mark_all_unread()
    day.write_text("nonsense\n")
    assert "01_01.csv:1" in reader.read_changes(replica).error
    day.write_bytes(text)
    assert reader.read_changes(replica).intervals is not None
