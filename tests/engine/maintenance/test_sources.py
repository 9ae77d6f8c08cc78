"""Where readings stand in the files, at each place that a reading goes through."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.intervals import IntervalStore
from metertui.engine.maintenance import sources
from metertui.engine.maintenance.sources import Former, Source, locate_intervals, locate_readings
from metertui.engine.storage.day_files import Archive
from tests.engine.intervals.listed import rows_of

LONDON = SiteZone("Europe/London")
TIMES = [
    LONDON.parse(text) for text in ("2025-03-01T00:00", "2025-03-01T10:00", "2025-03-02T00:00", "2025-03-02T01:00")
]
READINGS = list(zip(TIMES, (1000, 2000, 3000, 4000), strict=True))


def write(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))


@pytest.mark.parametrize("piece", [7, 40, 1 << 20])
def test_readings_are_found_in_the_log_the_sealed_log_and_their_day_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    monkeypatch.setattr(sources, "_PIECE", piece)
    header = "identifier,timestamp,usage"
    write(
        tmp_path / "archive/2025/03_01.csv",
        header, "m,2025-03-01T00:00:00+00:00,1", "m-2,2025-03-01T10:00:00+00:00,5", "m,2025-03-01T10:00:00Z,2",
    )  # fmt: skip
    write(tmp_path / "log.sealed.txt", "om,2025-03-02T00:00:00+00:00,9", "m,2025-03-02T00:00:00+00:00,3")
    write(
        tmp_path / "log.txt",
        "m,2025-03-02T01:00:00+00:00,7",
        "m,2025-03-02T01:00:00+00:00,4",
        "m,2025-03-02T01:00:00+00:00,4",
        "m,torn",
    )
    shares: list[float] = []
    found = locate_readings(Archive(tmp_path, LONDON), LONDON, "m", READINGS, shares.append)
    assert found == {
        READINGS[0]: Source("archive/2025/03_01.csv", 2),
        READINGS[1]: Source("archive/2025/03_01.csv", 4),
        READINGS[2]: Source("log.sealed.txt", 2),
        READINGS[3]: Source("log.txt", 2),
    }
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert str(found[READINGS[3]]) == "log.txt:2"


def test_an_interval_is_where_the_value_stands_that_counts(tmp_path: Path) -> None:
    start = LONDON.parse("2025-03-01T00:00")
    store = IntervalStore(tmp_path, LONDON)
    store.add_values(rows_of([("m", start, start + HOUR, 1, 0), ("m:t1", start, start + HOUR, 2, 0)]))
    store.add_values(rows_of([("m", start, start + HOUR, 3, 0)]))
    asked = [(start, start + HOUR), (start + HOUR, start + 2 * HOUR)]
    place = "intervals/2025/03_01.csv"
    assert locate_intervals(store, "m", asked, LONDON) == {
        asked[0]: Source(place, 3, Former(1, 0, 2))  # with the value that it replaced
    }
    assert locate_intervals(store, "m:t1", asked, LONDON) == {asked[0]: Source(place, 4)}


def test_what_no_file_has_is_left_out(tmp_path: Path) -> None:
    assert locate_readings(Archive(tmp_path, LONDON), LONDON, "m", READINGS) == {}
    (tmp_path / "log.txt").write_bytes(b"m,2025-03-02T01:00:00+00:00,4")  # torn: it is not stored
    assert locate_readings(Archive(tmp_path, LONDON), LONDON, "m", READINGS) == {}
