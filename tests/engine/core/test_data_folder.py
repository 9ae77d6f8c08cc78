"""A data folder: one owner, read-only opening, and files that are torn or broken."""

from __future__ import annotations

import errno
import os

import pytest

from metertui.engine.core.engine import Engine
from metertui.engine.errors import MeterError, OwnedError, UnwritableError
from metertui.engine.storage.folder_lock import FolderLock
from tests.engine.book_changes import modify
from tests.engine.core.commits import RULES, commit, reopened


def test_one_process_owns_a_folder(engine: Engine) -> None:
    with pytest.raises(OwnedError, match="is in use by another metertui"):
        Engine.open(engine.folder, RULES, engine.clock)
    beside = Engine.open_readonly(engine.folder, RULES, engine.clock)
    with pytest.raises(MeterError, match="open for reading only"):
        _ = beside.log


@pytest.mark.parametrize(
    ("code", "kind"), [(errno.EROFS, UnwritableError), (errno.EACCES, UnwritableError), (5, MeterError)]
)
def test_a_folder_that_cannot_be_written_into_is_distinguished(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, code: int, kind: type[MeterError]
) -> None:
    def refuse(lock: FolderLock) -> None:
        raise OSError(code, os.strerror(code), str(engine.folder / ".lock"))

    engine.close()
    monkeypatch.setattr(FolderLock, "acquire", refuse)
    with pytest.raises(MeterError, match=os.strerror(code)) as caught:
        Engine.open(engine.folder, RULES, engine.clock)
    assert type(caught.value) is kind


def test_a_torn_last_line_is_dropped_and_reported(engine: Engine) -> None:
    commit(engine, ("m", "1", "2025-03-12T10:00:00"))
    engine.close()
    log = engine.folder / "log.txt"
    whole = log.read_bytes()
    log.write_bytes(whole + b"m,2025-03-12T10:3")
    again = Engine.open(engine.folder, RULES, engine.clock)
    assert len(again.readings) == 1
    assert any("torn last line of 17 bytes" in warning for warning in again.warnings)
    assert log.read_bytes() == whole
    again.close()


def test_a_broken_middle_is_named_and_left_alone(engine: Engine) -> None:
    engine.close()
    log = engine.folder / "log.txt"
    log.write_bytes(b"m,2025-03-12T10:00:00+08:00,1\nm,yesterday,2\nm,2025-03-12T10:30:00+08:00,3\n")
    before = log.read_bytes()
    with pytest.raises(MeterError, match=r"log\.txt:2: a timestamp is like"):
        Engine.open(engine.folder, RULES, engine.clock)
    assert log.read_bytes() == before


def test_an_owner_without_readings_changes_accounts_and_keeps_others_out(engine: Engine) -> None:
    commit(engine, ("m", "1", "2025-03-12T10:00:00"))
    engine.close()
    owner = Engine.open_books(engine.folder, RULES, engine.clock)
    assert len(owner.readings) == 0
    with pytest.raises(MeterError, match="open for reading only"):
        _ = owner.log
    with pytest.raises(OwnedError):
        Engine.open(engine.folder, RULES, engine.clock)
    modify(owner.accounts, "m", {"region": "East"}, engine.clock.now())
    owner.close()
    again = reopened(engine)
    account = again.accounts.get("m")
    assert account is not None
    assert (account.region, len(again.readings)) == ("East", 1)
    again.close()
