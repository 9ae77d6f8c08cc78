"""Readings judged at once: those at the beginning that are simply the next ones of their meters."""

from __future__ import annotations

import numpy as np
import pytest

from metertui.engine.base.text_fields import TextFields
from metertui.engine.base.zone import SiteZone
from metertui.engine.core.batch import Batch
from metertui.engine.core.engine import Engine
from metertui.engine.core.sent_reads import SentReads
from tests.engine.core.commits import commit

Row = tuple[str, str, str]


def sent(rows: list[Row]) -> SentReads:
    """Readings as columns of text."""
    columns = []
    for texts in zip(*rows, strict=True):
        data = " ".join(["-" * 31, *texts, "-" * 31]).encode()
        lengths = np.array([len(text) for text in texts], dtype=np.int64)
        start = 32 + np.concatenate(([0], np.cumsum(lengths + 1)[:-1]))
        columns.append(TextFields(np.frombuffer(data, dtype=np.uint8), start, start + lengths))
    return SentReads([row[0] for row in rows], *columns)


def added(engine: Engine, rows: list[Row], first: int = 0) -> tuple[int, Batch]:
    """How many are added, and the batch."""
    batch = engine.ingest.begin()
    return batch.add_next(sent(rows), first, len(rows)), batch


@pytest.fixture
def two(engine: Engine) -> Engine:
    """An engine with two meters that have a reading each."""
    commit(engine, ("m", "10", "2025-03-12T08:00:00"), ("n", "10", "2025-03-12T08:00:00"))
    return engine


def test_the_next_readings_of_meters_in_turn(two: Engine) -> None:
    rows = [
        ("m", "10.50", "2025-03-12T08:30:00"),
        ("n", "12", "2025-03-12T08:30"),
        ("m", "10.500", "2025-03-12T09:00:00+08:00"),
        ("m", "11.25", "2025-03-12T09:30:00+08:00"),
    ]
    count, batch = added(two, rows)
    assert count == 4
    assert (batch.codes, batch.whs) == ([0, 1, 0, 0], [10_500, 12_000, 10_500, 11_250])
    zone = SiteZone("Asia/Singapore")
    assert batch.times == [zone.parse(at) for _, _, at in rows]
    assert "".join(batch.lines) == "".join(
        f"{meter},{zone.iso(zone.parse(at))},{kwh}\n"
        for (meter, _, at), kwh in zip(rows, ("10.5", "12", "10.5", "11.25"), strict=True)
    )
    heads = two.ingest.heads
    assert [(heads.time[code], heads.wh[code]) for code in (0, 1)] == [
        (batch.times[3], 11_250),
        (batch.times[1], 12_000),
    ]


@pytest.mark.parametrize(
    "odd",
    [
        ("unknown", "11", "2025-03-12T09:00:00"),
        ("m", "9", "2025-03-12T09:00:00"),
        ("m", "11", "2025-03-12T08:30:00"),
        ("m", "11", "2025-03-12T08:00:00"),
        ("m", "9999", "2025-03-12T09:00:00"),
        ("m", "11.0001", "2025-03-12T09:00:00"),
        ("m", "x", "2025-03-12T09:00:00"),
        ("m", "11", "2025-03-12T09:00:00.5"),
        ("m", "11", "2025-03-32T09:00:00"),
        ("m", "11", "2026-03-12T09:00:00"),
        ("m", "11", "1999-03-12T09:00:00"),
    ],
)
def test_one_that_is_anything_else_and_all_behind_it_are_left(two: Engine, odd: Row) -> None:
    rows = [("m", "10.5", "2025-03-12T08:30:00"), odd, ("n", "11", "2025-03-12T08:30:00")]
    assert added(two, rows)[0] == 1
    assert added(two, rows[2:], 0)[0] == 1


def test_the_first_reading_of_a_meter_is_left(engine: Engine) -> None:
    assert added(engine, [("m", "10", "2025-03-12T08:30:00")])[0] == 0


def test_a_part_of_them(two: Engine) -> None:
    rows = [("m", "0", "2025-03-12T08:30:00"), ("n", "11", "2025-03-12T08:30:00")]
    assert added(two, rows, 1)[0] == 1
    assert added(two, rows, 2)[0] == 0
