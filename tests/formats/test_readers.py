"""Files of readings: the detection of their format, and errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.engine.base.zone import SiteZone
from metertui.engine.errors import MeterError
from metertui.formats import readers

ZONE = SiteZone("UTC")
LOG = "007,2025-02-19T00:30:00+08:00,144.5\n524-935-527,2025-02-19T01:00:00+08:00,145\n"
DAY = "identifier,timestamp,usage\n" + LOG


def read(tmp_path: Path, text: str, form: readers.Form | None = None) -> tuple[list[tuple[int, str, int]], list[str]]:
    """(line, meter, Wh) of the readings; `line code` of the refused lines."""
    path = tmp_path / "some.txt"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    pieces = list(readers.read_pieces(path, ZONE, form))
    found = [
        (line, piece.rows.ids[code], wh)
        for piece in pieces
        for line, code, wh in zip(piece.line.tolist(), piece.rows.code.tolist(), piece.rows.wh.tolist(), strict=True)
    ]
    return found, [f"{misfit.line} {misfit.code}" for piece in pieces for misfit in piece.refused]


def test_log_lines() -> None:
    assert readers.detect_form(LOG.encode().split(b"\n")[0], ZONE) == "log"


@pytest.mark.parametrize(("text", "first"), [(LOG, 1), (DAY, 2), ("\ufeff" + DAY, 2), ("\ufeff" + LOG, 1)])
def test_the_format_is_detected(tmp_path: Path, text: str, first: int) -> None:
    found, refused = read(tmp_path, text)
    assert found == [(first, "007", 144_500), (first + 1, "524-935-527", 145_000)]
    assert not refused


def test_a_last_line_without_newline_is_read(tmp_path: Path) -> None:
    assert len(read(tmp_path, LOG.rstrip())[0]) == 2


def test_windows_line_ends_are_accepted(tmp_path: Path) -> None:
    assert len(read(tmp_path, DAY.replace("\n", "\r\n"))[0]) == 2


def test_a_broken_line_is_refused_alone(tmp_path: Path) -> None:
    found, refused = read(
        tmp_path,
        LOG + "m1,2025-02-30T00:00:00,1\nm1,x\n\n\udcffm,2025-02-19T00:30:00,1\n" + "m1,2025-02-19T00:30:00,1\n",
    )
    assert [line for line, *_ in found] == [1, 2, 7]
    assert refused == ["3 bad-timestamp", "4 syntax", "6 bad-encoding"]


def test_a_broken_first_line_is_refused_if_the_format_is_given(tmp_path: Path) -> None:
    assert read(tmp_path, "m 1,x\n" + LOG, "log")[1] == ["1 syntax"]


def test_a_file_of_no_known_form_says_what_it_holds_and_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(MeterError) as told:
        read(tmp_path, "Zählpunkt;Datum\x1b;" + 100 * "w" + "\n1;2\n")
    where, _, said = str(told.value).partition(":1: ")
    assert where.endswith("/some.txt")
    assert said.startswith("this line holds 'Zählpunkt;Datum␛;" + 43 * "w" + "…'; expected is one of: ")
    for expected in (
        "METER,TIMESTAMP,KWH (form log)",
        "identifier,timestamp,usage (form day)",
        "Identifier,AreaID,dwelling_type_id,",
        "reading_kwh (form export)",
    ):
        assert expected in said


def test_a_file_in_another_format_than_given_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(
        MeterError,
        match=r":1: this line holds 'identifier,.*'; expected is the header Identifier,AreaID,.* \(form wide\)$",
    ):
        read(tmp_path, DAY, "wide")


def test_an_empty_file_has_no_readings(tmp_path: Path) -> None:
    assert read(tmp_path, "") == ([], [])


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MeterError, match=r"cannot read .*nothing\.csv: No such file"):
        list(readers.read_pieces(tmp_path / "nothing.csv", ZONE))


def test_progress_ends_at_1(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_text(LOG)
    told: list[float] = []
    list(readers.read_pieces(path, ZONE, progress=told.append))
    assert told[-1] == 1.0
