"""Columns of text parsed at once: each field that is plain says what the parser of single texts says of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.base.registers import format_kwh, parse_kwh
from metertui.engine.base.text_fields import TextFields, iso_rows, leading, parse_kwh_fields, parse_time_fields
from metertui.engine.base.zone import SECOND, SiteZone
from metertui.engine.errors import Refused

ZONES = ["UTC", "Europe/Berlin", "America/St_Johns", "Africa/Monrovia", "Asia/Kathmandu"]


def fields(texts: Sequence[str]) -> TextFields:
    """Texts as a column."""
    data = " ".join(["7" * 31, *texts, "7" * 31]).encode()
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    start = 32 + np.concatenate(([0], np.cumsum(lengths + 1)[:-1]))
    return TextFields(np.frombuffer(data, dtype=np.uint8), start, start + lengths)


def parsed(zone: SiteZone, text: str) -> int | None:
    """What the parser of single timestamps says."""
    try:
        return zone.parse(text)
    except Refused:
        return None


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("0", True), ("0.0", True), ("0.5", True), ("144.5", True), ("144.50", True), ("144.000", True),
        ("99999999.999", True), ("10", True), ("100.010", True),
        ("00", False), ("007", False), ("1.2345", False), ("123456789", False), ("1e5", False), (".5", False),
        ("5.", False), ("1..2", False), ("1.2.3", False), ("-1", False), ("+1", False), ("1_0", False), ("nan", False),
        (".", False), ("1/2", False), ("1:2", False), ("9" * 40, False),
    ],
)  # fmt: skip
def test_a_register(text: str, plain: bool) -> None:
    (wh,), (length,), (is_plain,) = parse_kwh_fields(fields([text]))
    assert is_plain == plain
    if plain:
        assert (wh, text[:length]) == (parse_kwh(text), format_kwh(int(wh)))


@given(st.lists(st.text("0123456789.", min_size=1, max_size=14), min_size=1, max_size=30))
def test_any_registers(texts: list[str]) -> None:
    for text, wh, length, plain in zip(texts, *parse_kwh_fields(fields(texts)), strict=True):
        if plain:
            assert (wh, text[:length]) == (parse_kwh(text), format_kwh(int(wh)))


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("2025-02-19T00:30:00", True), ("2025-02-19T00:30", True), ("2025-02-19T00:30:59Z", True),
        ("2025-02-19T00:30Z", True), ("2025-02-19T00:30:00-03:30", True), ("2024-02-29T23:59+14:00", True),
        ("2025-10-26T02:30:00", True), ("2199-12-31T23:59:59Z", True),
        ("2025-02-29T00:00", False), ("2025-13-01T00:00", False), ("2025-00-01T00:00", False),
        ("2025-01-00T00:00", False), ("2025-01-01T24:00", False), ("2025-01-01T00:60", False),
        ("2025-01-01T00:00:60", False), ("2025-01-01T00:00+24:00", False), ("2025-01-01T00:00+02:60", False),
        ("2025-01-01t00:00", False), ("2025-01-01T00:00z", False), ("2025-01-01T00:00:00.5", False),
        ("2025-01-01T00:00:", False), ("2025/01/01T00:00", False), ("1969-12-31T00:00Z", False),
        ("2200-01-01T00:00", False), ("1970-01-01T00:00+02:00", False), ("99", False), ("2025-01-01", False),
    ],
)  # fmt: skip
def test_a_timestamp(name: str, text: str, plain: bool) -> None:
    zone = SiteZone(name)
    (instant,), (is_plain,) = parse_time_fields(fields([text]), zone)
    assert is_plain == plain
    if plain:
        assert instant == zone.parse(text)


@pytest.mark.parametrize("name", ZONES)
def test_times_about_clock_changes(name: str) -> None:
    zone = SiteZone(name)
    texts = [f"2025-{day}T{hour:02}:{minute:02}" for day in ("03-09", "03-30", "10-26", "11-02")
             for hour in range(5) for minute in (0, 15, 30, 45)]  # fmt: skip
    instants, plain = parse_time_fields(fields(texts), zone)
    assert [int(at) if is_plain else None for at, is_plain in zip(instants, plain, strict=True)] == [
        parsed(zone, text) for text in texts
    ]


_PARTS = st.tuples(
    st.integers(1969, 2200), st.integers(0, 13), st.integers(0, 32), st.integers(0, 24), st.integers(0, 60),
    st.sampled_from(["", ":00", ":59", ":60"]), st.sampled_from(["", "Z", "+02:00", "-03:30", "+24:00"]),
)  # fmt: skip
_STAMPS = _PARTS.map(lambda parts: "{:04}-{:02}-{:02}T{:02}:{:02}{}{}".format(*parts))


@given(st.sampled_from(ZONES), st.lists(_STAMPS | st.text("0123456789-T:Z+", min_size=1), min_size=1, max_size=20))
def test_any_timestamps(name: str, texts: list[str]) -> None:
    zone = SiteZone(name)
    for text, instant, plain in zip(texts, *parse_time_fields(fields(texts), zone), strict=True):
        if plain:
            assert instant == parsed(zone, text)


@settings(max_examples=50)
@given(st.sampled_from(ZONES), st.lists(st.integers(0, 7_258_118_400 * SECOND - 1), min_size=1, max_size=20))
def test_any_instants_as_text(name: str, instants: list[int]) -> None:
    zone = SiteZone(name)
    whole = [instant - instant % SECOND for instant in instants]
    rows, plain = iso_rows(np.array(instants + whole), zone)
    for instant, row, is_plain in zip(instants + whole, rows, plain, strict=True):
        if is_plain:
            assert row.tobytes().decode() == zone.iso(instant)
    if name in ("Europe/Berlin", "Asia/Kathmandu"):
        assert all(is_plain for at, is_plain in zip(whole, plain[len(instants) :], strict=True) if at > 1 << 50)


def test_how_many_are_true_at_the_beginning() -> None:
    assert [leading(np.array(mask, dtype=bool)) for mask in ([], [1, 1], [0, 1], [1, 0, 1])] == [0, 2, 0, 1]
