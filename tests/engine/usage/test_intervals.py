"""Meters are taken some at a time: the same figures, told as they go, and ended by who no longer wants them."""

from __future__ import annotations

from datetime import date
from itertools import chain, pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.attributes import Group
from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.billing.pricing import NoTariffError, price_usage
from metertui.engine.billing.tariffs import load_tariffs
from metertui.engine.columns.columns import Frozen
from metertui.engine.columns.curve import Columns
from metertui.engine.usage.aggregate import usage_figures
from metertui.engine.usage.intervals import list_readings, meter_blocks
from metertui.engine.usage.query import KEYS, Filter, Question, format_clock
from metertui.engine.vee.curve import validate
from metertui.engine.vee.edits import Edit, MeterEdits, corrections_from
from tests import oracle
from tests.engine.build import LIMITS, frozen
from tests.strategies import START, courses

LONDON = SiteZone("Europe/London")
EAST, WEST = Group("East", "Harbour", "2-room"), Group("West", "Quarry", "landed")
ALL = (date(2025, 2, 1), date(2025, 5, 1))


class Enough(Exception):
    """Nobody wants it any more."""


def told(meters: list[list[tuple[int, int]]], random: object) -> Frozen:
    """Many meters' columns, some of them without a reading, that move at random."""
    named = {f"m{i}": course for i, course in enumerate(meters)}
    groups = {m: [random.choice((EAST, WEST)) for _ in c] for m, c in named.items()}  # type: ignore[attr-defined]
    return frozen(named, LONDON, groups)


many = st.lists(st.one_of(courses(), st.just([])), min_size=1, max_size=5)


@settings(max_examples=60)
@given(
    many,
    st.randoms(use_true_random=False),
    st.lists(st.sampled_from(KEYS), unique=True, max_size=2),
    st.sampled_from(["", "West"]),
    st.sampled_from([None, (6 * HOUR, 22 * HOUR)]),
    st.sampled_from([1, 3]),
)
def test_blocks_make_the_figures_of_all_at_once(
    meters: list[list[tuple[int, int]]],
    random: object,
    by: list[str],
    region: str,
    clock: tuple[int, int] | None,
    block: int,
) -> None:
    columns = told(meters, random)
    question = Question(*ALL, by=tuple(by), filter=Filter.by_name(region=region, time=format_clock(clock)))
    whole = usage_figures(columns, question, peaks=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("metertui.engine.usage.intervals._BLOCK", block)
        patch.setattr("metertui.engine.usage.segments._CELLS", 2)
        shares: list[float] = []
        parted = usage_figures(columns, question, peaks=True, progress=shares.append)
    pd.testing.assert_frame_equal(whole, parted)
    assert shares == sorted(shares)
    assert not shares or shares[-1] == pytest.approx(1)


exchanges = st.dictionaries(
    st.integers(-2, 40).map(lambda slot: START + slot * HOUR // 2),
    st.tuples(st.integers(0, 3_000), st.integers(0, 3_000)),
    max_size=2,
)


@settings(max_examples=60)
@given(st.lists(st.tuples(courses(), exchanges), min_size=1, max_size=3))
def test_what_is_listed_sums_to_the_usage_with_exchanges_too(
    meters: list[tuple[list[tuple[int, int]], dict[int, tuple[int, int]]]],
) -> None:
    decided = {code: MeterEdits() for code in range(len(meters))}
    for code, (_, declared) in enumerate(meters):
        for at, (final, initial) in declared.items():
            decided[code].apply_edit(Edit(0, f"m{code}", "exchange", at, "ada", "new", final, initial))
    rows = [(code, time, wh) for code, (course, _) in enumerate(meters) for time, wh in course]
    meter, time, wh = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    columns = Columns(meter.astype(np.int32), time, wh)
    _, status, _, curve, _ = validate(columns, corrections_from(decided), LIMITS)
    listed = list_readings(columns, status, curve)
    assert np.array_equal(listed.source[listed.source >= 0], np.arange(len(columns)))
    for code, (course, declared) in enumerate(meters):
        points = oracle.Meter(course, exchanges=declared).curve()
        mine = listed.meter == code
        told = zip(*(column[mine].tolist() for column in (listed.time, listed.used, listed.length)), strict=True)
        steps = [(at, e1 - e0, at - t0) for (t0, e0), (at, e1) in pairwise(points)]
        assert [step for step in told if step[1] >= 0] == steps


@pytest.mark.parametrize("block", [1, 2, 100])
def test_blocks_are_whole_meters_and_all_of_them(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("metertui.engine.usage.intervals._BLOCK", block)
    lengths = [3, 0, 1, 5, 2, 0]
    columns = frozen({f"m{i}": [(START + n, n) for n in range(count)] for i, count in enumerate(lengths)}, LONDON)
    found = [columns.curve.meter[each.curve].tolist() for each in meter_blocks(columns)]
    assert list(chain(*found)) == columns.curve.meter.tolist()
    assert not any(one and other and one[-1] == other[0] for one, other in pairwise(found))
    assert [each.columns for each in meter_blocks(columns)] == [each.curve for each in meter_blocks(columns)]
    assert all(len(each) <= max(block, 5) for each in found)
    assert [columns.curve.meter[each.curve].tolist() for each in meter_blocks(columns, 3)] == [[3] * 5]
    assert [each.curve for each in meter_blocks(columns, 5)] == [slice(11, 11)]


def test_who_no_longer_wants_figures_ends_them_at_the_next_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("metertui.engine.usage.intervals._BLOCK", 1)
    columns = frozen({f"m{i}": [(START + HOUR, 0), (START + 2 * HOUR, 9)] for i in range(50)}, LONDON)
    shares: list[float] = []

    def tell(share: float) -> None:
        shares.append(share)
        if share > 0.1:
            raise Enough

    with pytest.raises(Enough):
        usage_figures(columns, Question(*ALL, by=("day",)), peaks=True, progress=tell)
    assert max(shares) < 0.2


def test_bills_of_blocks_are_those_of_all_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "tariffs.csv"
    header = "effective_from,apartment_type,band,from_time,to_time,cents_per_kwh,tax_percent\n"
    path.write_text(f"{header}2025-03-01,2-room,,,,30,8\n2025-03-08,landed,,,,20,8\n")
    tariffs = load_tariffs(path)
    assert tariffs is not None
    march = LONDON.midnight(date(2025, 3, 1)), LONDON.midnight(date(2025, 4, 1))
    course = [(march[0] + n * 20 * HOUR, n * 2500) for n in range(20)]
    columns = frozen({"a": course, "b": [], "c": course[7:]}, LONDON, {"a": [EAST] * 20, "c": [EAST] * 13})

    def bills() -> dict[str, list[int]]:
        found = price_usage(columns, *march, tariffs, 1 << 62)
        return {name: column.tolist() for name, column in {**found.charges._asdict(), "net": found.net}.items()}

    whole = bills()
    assert sum(whole["net"]) > 0
    monkeypatch.setattr("metertui.engine.usage.intervals._BLOCK", 1)
    assert bills() == whole
    # The first meter moves to where no tariff holds yet, on the 3rd; the second was there from the first day.
    columns = frozen({"a": course, "b": course}, LONDON, {"a": [EAST] * 4 + [WEST] * 16, "b": [WEST] * 20})
    with pytest.raises(NoTariffError, match="no tariff is in force on 2025-03-01 for meter b"):
        price_usage(columns, *march, tariffs, 1 << 62)
