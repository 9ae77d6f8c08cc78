"""A day close: everything moves once, and a close that was interrupted is finished at the next start."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.engine.core.engine import Engine
from tests.engine.core.commits import commit, reopened


def test_a_day_close_moves_everything_and_nothing_twice(engine: Engine) -> None:
    commit(engine, ("m", "1", "2025-03-11T23:30:00"), ("m", "2", "2025-03-12T00:00:00"), ("n", "9", "2025-03-11T01:00"))
    usage = engine.usage("m", "month")
    count = engine.day_close.seal()
    commit(engine, ("m", "3", "2025-03-12T09:00:00"))
    assert len(engine.day_close.write_day_files(count, lambda _: None)) == 2
    engine.day_close.finish(engine.readings.rebuild_history(count))
    engine.day_close.drop_sealed()
    assert (engine.folder / "archive/2025/03_11.csv").read_text() == (
        "identifier,timestamp,usage\nn,2025-03-11T01:00:00+08:00,9\nm,2025-03-11T23:30:00+08:00,1\n"
    )
    assert (engine.folder / "log.txt").read_text() == "m,2025-03-12T09:00:00+08:00,3\n"
    for opened in (engine, reopened(engine)):
        assert len(opened.readings) == 4
        assert opened.usage("m", "month").usage_wh == (usage.usage_wh or 0) + 1000
        assert commit(opened, ("m", "2", "2025-03-12T00:00:00"))[0].kind == "duplicate"
    opened.close()


@pytest.mark.parametrize("done", ["seal", "files", "swap"])
def test_an_interrupted_day_close_is_finished_at_the_next_start(engine: Engine, tmp_path: Path, done: str) -> None:
    lines = [("m", str(i), f"2025-03-{10 + i // 3:02d}T0{i % 3}:00:00") for i in range(8)]
    commit(engine, *lines)
    count = engine.day_close.seal()
    if done != "seal":
        engine.day_close.write_day_files(count, lambda _: None)
    if done == "swap":
        engine.day_close.finish(engine.readings.rebuild_history(count))
    commit(engine, ("n", "1", "2025-03-12T10:00:00"))
    again = reopened(engine)
    assert not (engine.folder / "log.sealed.txt").exists()
    assert any("an interrupted day close was finished" in warning for warning in again.warnings)
    assert len(again.readings) == 9
    files = {path.name: path.read_text() for path in (engine.folder / "archive/2025").iterdir()}
    assert [len(files[f"03_{d}.csv"].splitlines()) - 1 for d in (10, 11, 12)] == [3, 3, 2]
    again.close()


def test_a_log_that_waits_for_its_day_files_is_sealed_as_long_as_it_waits(engine: Engine) -> None:
    for first in (True, False):  # a close that went well before changes nothing
        commit(engine, ("m", "1", "2025-03-10T01:00" if first else "2025-03-11T01:00"))
        count = engine.day_close.seal()
        commit(engine, ("n", "1", "2025-03-12T01:00" if first else "2025-03-12T02:00"))
        assert engine.day_close.seal() == count  # the close was refused by the disk, and is tried again
        assert (engine.folder / "log.sealed.txt").read_text().count("\n") == len(count)
        engine.day_close.write_day_files(count, lambda _: None)
        engine.day_close.finish(engine.readings.rebuild_history(count))
        engine.day_close.drop_sealed()
