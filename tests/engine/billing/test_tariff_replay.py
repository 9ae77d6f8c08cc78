"""Past usage under a proposed tariff."""

from __future__ import annotations

import statistics
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metertui.engine.attributes import Group
from metertui.engine.base.zone import DAY, HOUR, SiteZone
from metertui.engine.billing.pricing import NoTariffError
from metertui.engine.billing.statements import Bills, Terms
from metertui.engine.billing.tariff_replay import FIGURES, quantile, replay_tariffs
from metertui.engine.billing.tariffs import Tariffs
from metertui.engine.columns.columns import Frozen
from metertui.engine.errors import MeterError
from tests.engine.billing.test_pricing import read
from tests.engine.build import frozen

ZONE = SiteZone("Asia/Singapore")
START = ZONE.parse("2025-02-01T00:00")
NOW = read("2025-01-01,,,,,20,9")
PLAN = read("2025-01-01,,day,08:00,20:00,30,9\n2025-01-01,,night,20:00,08:00,10,9\n2025-01-01,3-room,,,,20,9")


def town() -> Frozen:
    """Four meters over 59 days: a steady one, one by day, one by night, and a steady one of another type."""
    hours = np.arange(59 * 24 + 1)
    courses = {
        "steady": hours * 1000,
        "day": np.cumsum(np.where((hours - 1) % 24 < 8, 0, np.where((hours - 1) % 24 < 20, 2000, 0))),
        "night": np.cumsum(np.where((hours - 1) % 24 < 8, 2000, 0)),
        "small": hours * 300,
    }
    kinds = {"steady": "4-room", "day": "4-room", "night": "4-room", "small": "3-room"}
    groups = {name: [Group("East" if name != "night" else "West", "", kinds[name])] * len(hours) for name in courses}
    return frozen(
        {name: list(zip((START + hours * HOUR).tolist(), whs.tolist(), strict=True)) for name, whs in courses.items()},
        ZONE,
        groups,
    )


def test_who_pays_more_and_who_less() -> None:
    found = replay_tariffs(town(), NOW, PLAN, date(2025, 2, 1), date(2025, 3, 31))
    table = found.table()
    assert list(table.columns) == ["apartment_type", "region", *FIGURES]
    assert table[["apartment_type", "region", "meters", "more", "less", "same"]].to_numpy().tolist() == [
        ["3-room", "East", 1, 0, 0, 1],
        ["4-room", "East", 2, 1, 0, 1],
        ["4-room", "West", 1, 0, 1, 0],
    ]
    every = found.table(()).iloc[0]
    assert every["meters"] == 4
    assert every["change"] == int(table["change"].sum()) == int(found.change.sum())
    assert every["median"] == 0
    assert found.usage.tolist()[0] == 59 * 24 * 1000


def test_both_are_the_sums_of_the_bills() -> None:
    data = town()
    found = replay_tariffs(data, NOW, PLAN, date(2025, 2, 1), date(2025, 3, 31))
    for tariffs, paid in ((NOW, found.current), (PLAN, found.proposed)):
        bills = [Bills(data, month, Terms(tariffs)) for month in ("2025-02", "2025-03")]
        assert paid.tolist() == [sum(run.bill_of_meter(code).total or 0 for run in bills) for code in range(4)]


def test_a_meter_is_counted_where_it_was_last() -> None:
    course = [(START + day * DAY, day * 1000) for day in range(40)]
    groups = [Group("East" if day < 10 else "West" if day < 30 else "North", "", "3-room") for day in range(40)]
    data = frozen({"m": course, "silent": []}, ZONE, {"m": groups})
    found = replay_tariffs(data, NOW, NOW, date(2025, 2, 1), date(2025, 2, 20))
    assert found.table(("region",)).to_numpy().tolist() == [["West", 1, 0, 0, 1, *[436, 436], *[0] * 10]]
    assert replay_tariffs(data, NOW, NOW, date(2024, 2, 1), date(2024, 2, 20)).table(()).to_numpy().tolist() == [
        [0] * 16
    ]


def test_what_is_no_replay_is_named() -> None:
    data = town()
    with pytest.raises(NoTariffError, match="2025-02-01"):
        replay_tariffs(data, NOW, read("2026-01-01,,,,,20,9"), date(2025, 2, 1), date(2025, 2, 3))
    with pytest.raises(MeterError, match="2025-02-01 is before 2025-02-03"):
        replay_tariffs(data, NOW, PLAN, date(2025, 2, 3), date(2025, 2, 1))
    with pytest.raises(MeterError, match="unknown key meter; the keys are apartment_type, region"):
        replay_tariffs(data, NOW, PLAN, date(2025, 2, 1), date(2025, 2, 1)).table(("meter",))


@given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=12))
def test_deciles_are_the_usual_ones(values: list[int]) -> None:
    ordered = np.array(sorted(values), dtype=np.int64)
    cuts = statistics.quantiles(values, n=10, method="inclusive")
    for tenth, cut in enumerate(cuts, 1):
        assert abs(quantile(ordered, tenth) - cut) <= 0.5 + 1e-9


def test_a_replay_tells_how_far_it_is_and_ends_by_what_that_raises() -> None:
    told: list[float] = []
    replay_tariffs(town(), NOW, PLAN, date(2025, 2, 1), date(2025, 3, 31), progress=told.append)
    assert told == sorted(told)
    assert {0.25, 0.5, 0.75, 1.0} <= set(told)  # two months under two tariffs

    def ends(share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replay_tariffs(town(), NOW, PLAN, date(2025, 2, 1), date(2025, 3, 31), progress=ends)


@pytest.mark.parametrize(
    ("proposed", "differs", "note"),
    [
        (NOW, None, "The proposed tariff is the one in force on all of these days."),
        (read("2024-06-01,,,,,20.0,9.00"), None, "The proposed tariff is the one in force on all of these days."),
        (
            read("2025-01-01,,,,,20,9\n2025-02-15,,,,,21,9"),
            date(2025, 2, 15),
            "The proposed tariff is the one in force before 2025-02-15.",
        ),
        (read("2025-01-01,,,,,20,8"), date(2025, 2, 1), ""),  # the tax alone
        (read("2025-01-01,,,,,20,9\n2025-01-01,5-room,,,,30,9"), None, ""),  # of a type that no meter has
        (PLAN, date(2025, 2, 1), ""),
    ],
)
def test_a_replay_names_a_proposal_that_is_in_force(proposed: Tariffs, differs: date | None, note: str) -> None:
    found = replay_tariffs(town(), NOW, proposed, date(2025, 2, 1), date(2025, 2, 28))
    assert found.differs_from == differs
    assert found.note.startswith(note)
    if differs is None:
        assert not found.change.any()
