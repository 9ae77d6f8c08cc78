"""Load curves as a NEM12 file, and back."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from metertui.engine.base import HALF_HOUR, HOUR, MINUTE, SiteZone
from metertui.engine.errors import MeterError
from metertui.formats import nem12
from metertui.formats.nem12_writer import Nem12Writer
from metertui.formats.said import Said

ZONE = SiteZone("Australia/Brisbane")
MIDNIGHT = ZONE.parse("2025-03-01T00:00")
_SOME = pd.Timedelta(minutes=7)
MADE = ZONE.parse("2025-03-12T10:40:05")


def table(
    places: list[int], *, meter: str = "QB01234567", step: int = HALF_HOUR, quality: str = "actual"
) -> pd.DataFrame:
    """A load curve with 0.125 kWh more in each interval, at these places from midnight on."""
    start = MIDNIGHT + np.array(places, dtype=np.int64) * step

    def moments(instants: np.ndarray) -> pd.DatetimeIndex:
        return pd.DatetimeIndex(instants.view("datetime64[us]")).tz_localize("UTC").tz_convert(ZONE.name)

    return pd.DataFrame(
        {
            "identifier": pd.Categorical([meter] * len(places)),
            "start": moments(start),
            "end": moments(start + step),
            "usage_kwh": [0.125 * (nth + 1) for nth in range(len(places))],
            "quality": pd.Categorical([quality] * len(places)),
        }
    )


def written(*tables: pd.DataFrame, step: int = HALF_HOUR) -> tuple[str, Nem12Writer]:
    file = io.StringIO()
    writer = Nem12Writer(file, step, MADE)
    for each in tables:
        writer.add(each)
    writer.end()
    return file.getvalue(), writer


def test_a_whole_day_is_a_record() -> None:
    text, writer = written(table(list(range(48))))
    lines = text.splitlines()
    assert lines[0] == "100,NEM12,202503121040,metertui,"
    assert lines[1] == "200,QB01234567,E1,,E1,,,kWh,30,"
    assert lines[2].startswith("300,20250301,0.125,0.25,0.375,")
    assert lines[2].endswith(",6,A,,,20250312104005,")
    assert lines[3:] == ["900"]
    assert (writer.intervals, writer.left_out, writer.long_ids) == (48, 0, 0)


def test_what_is_missing_is_null_data_and_the_qualities_of_parts_are_said() -> None:
    both = pd.concat([table([0, 1]), table([2], quality="estimated"), table([50], quality="substituted")])
    lines = written(both)[0].splitlines()
    assert [line for line in lines if line.startswith("400")] == [
        "400,1,2,A,,",
        "400,3,3,E17,,",
        "400,4,48,N,,",
        "400,1,2,N,,",
        "400,3,3,S17,,",
        "400,4,48,N,,",
    ]
    assert lines[2].split(",")[50] == "V"


def test_channels_are_streams_and_what_nem12_has_no_room_for_is_counted() -> None:
    part = table([0]).assign(end=lambda rows: rows["end"] - pd.Timedelta(minutes=10))
    text, writer = written(table([0], meter="m:export"), table([0], meter="m:t2"), part, table([0], meter="x" * 11))
    assert [line.split(",")[2] for line in text.splitlines() if line.startswith("200")] == ["B1", "E2", "E1", "E1"]
    assert (writer.left_out, writer.long_ids) == (1, 1)
    with pytest.raises(MeterError, match="no suffix for the channel production"):
        written(table([0], meter="m:production"))
    with pytest.raises(MeterError, match="5m, 15m and 30m"):
        written(step=HOUR)
    with pytest.raises(MeterError, match="UTC\\+10:00"):
        written(
            table([0]).assign(
                **{name: lambda rows, name=name: rows[name] + pd.Timedelta(minutes=7) for name in ("start", "end")}
            )
        )


def test_it_comes_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text(written(table(list(range(0, 96, 2)), step=15 * MINUTE), step=15 * MINUTE)[0])
    pieces = list(nem12.read_pieces(path, Said(), ZONE))
    assert not any(piece.refused for piece in pieces)
    assert {name for piece in pieces for name in piece.rows.ids} == {"QB01234567"}
    assert [at for piece in pieces for at in piece.rows.start.tolist()] == [
        MIDNIGHT + nth * 30 * MINUTE for nth in range(48)
    ]
    assert [energy for piece in pieces for energy in piece.rows.energy.tolist()] == [
        125_000_000 * (nth + 1) for nth in range(48)
    ]
