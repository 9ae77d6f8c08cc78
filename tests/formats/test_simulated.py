"""Simulated meters: registers that are plausible."""

from __future__ import annotations

import re

import numpy as np
import pytest

from metertui.engine.base.identifiers import check_meter_id
from metertui.engine.base.zone import DAY, HOUR, MINUTE, SiteZone
from metertui.engine.errors import MeterError
from metertui.formats.simulated import Fleet

ZONE = SiteZone("Asia/Singapore")
START = ZONE.parse("2025-03-01T00:00")


def registers(fleet: Fleet, days: int, interval: int = 30 * MINUTE) -> np.ndarray:
    return np.array([wh for _, wh in fleet.history(START, START + days * DAY, interval)])


def test_registers_only_count_up_and_stay_plausible() -> None:
    rises = np.diff(registers(Fleet(100, 3, ZONE), 30), axis=0)
    assert (rises >= 0).all()
    assert rises.max() < 50_000 / 2, "no home draws 50 kW over half an hour"


def test_a_register_is_known_for_any_instant_alone() -> None:
    fleet = Fleet(5, 3, ZONE)
    every = dict(fleet.history(START, START + DAY, HOUR))
    assert (every[START + 7 * HOUR] == Fleet(5, 3, ZONE).registers_at(START + 7 * HOUR)).all()


def test_equal_seeds_give_equal_meters() -> None:
    assert (registers(Fleet(5, 3, ZONE), 1) == registers(Fleet(5, 3, ZONE), 1)).all()
    assert (registers(Fleet(5, 3, ZONE), 1) != registers(Fleet(5, 4, ZONE), 1)).any()
    assert Fleet(50, 3, ZONE).accounts != Fleet(50, 4, ZONE).accounts


def test_meters_bear_different_ids_in_the_form_of_the_trade() -> None:
    meters = [account.meter for account in Fleet(5_000, 3, ZONE).accounts]
    assert all(re.fullmatch(r"53\d-\d{3}-\d{3}", meter) for meter in meters)
    assert len(set(meters)) == 5_000
    with pytest.raises(MeterError, match="there are ids for 10,000,000 simulated meters"):
        Fleet(10_000_001, 3, ZONE)


def test_larger_homes_use_more() -> None:
    fleet = Fleet(600, 3, ZONE)
    used = np.ptp(registers(fleet, 28), axis=0)
    means = [
        used[[account.apartment_type == kind for account in fleet.accounts]].mean()
        for kind in ("1-room", "2-room", "3-room", "4-room", "5-room", "landed")
    ]
    assert means == sorted(means)
    assert 3_000 * 28 < means[0] < 6_000 * 28


def test_evenings_use_more_than_the_small_hours() -> None:
    hourly = np.diff(registers(Fleet(300, 3, ZONE), 10, HOUR), axis=0).sum(axis=1).reshape(10, 24).mean(axis=0)
    assert 17 <= int(hourly.argmax()) <= 22
    assert hourly[2:5].mean() < 0.7 * hourly.max()


def test_accounts_can_be_registered() -> None:
    for account in Fleet(200, 3, ZONE).accounts:
        check_meter_id(account.meter)
        assert all((account.address, account.region, account.sub_region, account.postcode, account.apartment_type))


def test_readings_before_the_installation_are_refused() -> None:
    Fleet(1, 1, ZONE).registers_at(ZONE.parse("2000-01-01T08:00"))
    with pytest.raises(MeterError, match="installed in 2000"):
        Fleet(1, 1, ZONE).registers_at(ZONE.parse("2000-01-01T07:59"))
