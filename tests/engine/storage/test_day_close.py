"""Readings into day files, whatever happens between any two operations on files."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metertui.engine.base.config import Rules
from metertui.engine.base.zone import MINUTE, SiteZone
from metertui.engine.core.engine import Engine
from metertui.engine.errors import DataError
from metertui.engine.storage import day_close, reading_lines
from metertui.engine.storage.day_files import Archive
from metertui.engine.storage.reading_lines import Rows
from tests.clock import FakeClock
from tests.engine.cutting import PowerCut, cutting

ZONE = SiteZone("Asia/Singapore")
FIRST = ZONE.parse("2025-03-01T22:00:00")
HEADER = "identifier,timestamp,usage\n"


def rows(*readings: tuple[str, int, int]) -> Rows:
    """Readings as (meter, minutes after the first, Wh)."""
    ids = sorted({meter for meter, _, _ in readings}, reverse=True)
    return Rows(
        ids,
        np.array([ids.index(meter) for meter, _, _ in readings], dtype=np.int32),
        np.array([FIRST + at * MINUTE for _, at, _ in readings], dtype=np.int64),
        np.array([wh for _, _, wh in readings], dtype=np.int64),
    )


def archived(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("archive/*/*.csv"))}


def test_a_day_is_in_order_of_time_and_identifier(tmp_path: Path) -> None:
    archive = Archive(tmp_path, ZONE)
    count = day_close.write_day_files(archive, rows(("b", 120, 7), ("b", 30, 5), ("a", 30, 1), ("a", 119, 2)), ZONE)
    assert count == {date(2025, 3, 1), date(2025, 3, 2)}
    assert (tmp_path / "archive/2025/03_01.csv").read_text() == (
        f"{HEADER}a,2025-03-01T22:30:00+08:00,0.001\nb,2025-03-01T22:30:00+08:00,0.005\n"
        "a,2025-03-01T23:59:00+08:00,0.002\n"
    )
    # midnight opens the new day
    assert (tmp_path / "archive/2025/03_02.csv").read_text() == f"{HEADER}b,2025-03-02T00:00:00+08:00,0.007\n"
    assert archive.stored_days() == [date(2025, 3, 1), date(2025, 3, 2)]


readings = st.lists(
    st.tuples(st.sampled_from(["a", "a1", "B", "m-1"]), st.integers(0, 400), st.integers(0, 5000)),
    max_size=30,
    unique_by=lambda reading: reading[:2],
)


@given(readings, readings, st.integers(0, 30))
def test_in_any_portions_and_twice_the_files_are_the_same(
    tmp_path_factory: pytest.TempPathFactory,
    some: list[tuple[str, int, int]],
    late: list[tuple[str, int, int]],
    cut: int,
) -> None:
    known = {reading[:2] for reading in some}
    everything = some + [reading for reading in late if reading[:2] not in known]
    one, other = (tmp_path_factory.mktemp("archive") for _ in range(2))
    day_close.write_day_files(Archive(one, ZONE), rows(*everything), ZONE)
    for portion in (everything[cut:], everything[:cut], everything[cut // 2 :], everything):
        day_close.write_day_files(Archive(other, ZONE), rows(*portion), ZONE)
    assert archived(one) == archived(other)
    found = reading_lines.concat_rows(list(Archive(one, ZONE).read_all_days()))
    stored = {
        (found.ids[c], t, w)
        for c, t, w in zip(found.code.tolist(), found.time.tolist(), found.wh.tolist(), strict=True)
    }
    assert stored == {(meter, FIRST + at * MINUTE, wh) for meter, at, wh in everything}


def test_what_is_there_stays_before_another_value(tmp_path: Path) -> None:
    archive = Archive(tmp_path, ZONE)
    day_close.write_day_files(archive, rows(("a", 0, 1)), ZONE)
    day_close.write_day_files(archive, rows(("a", 0, 2)), ZONE)
    both = archived(tmp_path)
    [day] = [text for name, text in both.items() if name.endswith(".csv") and "manifest" not in name]
    assert [line.split(",")[2] for line in day.decode().split()[1:]] == ["0.001", "0.002"]
    day_close.write_day_files(archive, rows(("a", 0, 2), ("a", 0, 1)), ZONE)
    assert archived(tmp_path) == both


def test_a_file_that_would_not_change_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = Archive(tmp_path, ZONE)
    day_close.write_day_files(archive, rows(("a", 0, 1)), ZONE)
    monkeypatch.setattr(Archive, "_write", lambda *_: pytest.fail("written again"))
    day_close.write_day_files(archive, rows(("a", 0, 1)), ZONE)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("identifier,usage\n", "the header is not"),
        (f"{HEADER}a,2025-03-01T22:30:00+08:00,1", "the last line is incomplete"),
        (f"{HEADER}a,2025-03-01T22:30:00+08:00,1\na,soon,1\n", "a timestamp is like"),
        (f"{HEADER}a,2025-03-01T22:30:00+08:00,1e3,\n", "a reading is digits"),
        (f"{HEADER}a,2025-03-01T22:30:00+08:00,1,3\n", "has 4 fields"),
    ],
)
def test_a_day_file_that_is_broken_is_named(tmp_path: Path, text: str, reason: str) -> None:
    archive = Archive(tmp_path, ZONE)
    archive.ensure_day(date(2025, 3, 1))
    (tmp_path / "archive/2025/03_01.csv").write_text(text)
    with pytest.raises(DataError, match=reason):
        archive.read_day(date(2025, 3, 1))


def test_edited_by_hand_with_more_decimals_it_is_rounded_half_even(tmp_path: Path) -> None:
    archive = Archive(tmp_path, ZONE)
    archive.ensure_day(date(2025, 3, 1))
    (tmp_path / "archive/2025/03_01.csv").write_text(
        f"{HEADER}a,2025-03-01T22:30:00+08:00,1.0005\r\n\na,2025-03-01T14:31:00Z,1.0015\n"
    )
    assert archive.read_day(date(2025, 3, 1)).wh.tolist() == [1000, 1002]


# -- killed between any two operations on files ------------------------------------------------------------------------


def closing(folder: Path) -> None:
    """A start, some readings, a day close."""
    engine = Engine.open(folder, Rules(zone=ZONE), FakeClock("2025-03-12T10:40:00"))
    count = engine.day_close.seal()
    if count:
        engine.day_close.write_day_files(count, lambda _: None)
        engine.day_close.finish(engine.readings.rebuild_history(count))
        engine.day_close.drop_sealed()
    engine.close()


def filled(folder: Path) -> None:
    """Accounts, an archive of two days, and a log that belongs partly to them."""
    folder.mkdir()
    (folder / "users.csv").write_text("identifier,address,region,sub_region,postcode,apartment_type\nm,,,,,\nn,,,,,\n")
    day_close.write_day_files(Archive(folder, ZONE), rows(("m", 0, 1), ("m", 180, 9)), ZONE)
    late = b"".join(
        reading_lines.encode_readings(rows(("n", 0, 2), ("m", 30, 4), ("n", 150, 6), ("m", 1500, 20)), ZONE)
    )
    (folder / "log.txt").write_bytes(late)


def test_cut_anywhere_in_a_day_close_the_next_start_finishes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The lock ends with its process, which here does not end.
    monkeypatch.setattr("metertui.engine.storage.folder_lock.fcntl.flock", lambda *_: None)
    filled(tmp_path / "whole")
    closing(tmp_path / "whole")
    expected = archived(tmp_path / "whole")
    assert sum(data.count(b"\n") - 1 for data in expected.values()) == 6
    for survive in range(500):
        folder = tmp_path / str(survive)
        filled(folder)
        try:
            with monkeypatch.context() as patched:
                cutting(patched, survive)
                closing(folder)
        except PowerCut:
            closing(folder)
            assert archived(folder) == expected
            assert (folder / "log.txt").read_bytes() == b""
            assert not (folder / "log.sealed.txt").exists()
        else:
            assert survive > 20, "the operations were not counted"
            break
    else:
        pytest.fail("a day close takes more operations than this test allows")
