"""Digits of an account that its meter has shown to be too few."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from metertui.engine.attributes import NO_DEVICE, DeviceFields
from metertui.engine.core.digits_check import check_digits
from metertui.engine.core.engine import Engine
from metertui.engine.errors import Refused
from tests.clock import FakeClock
from tests.engine.core.commits import RULES, ZONE, commit, register


def test_a_register_that_has_shown_more_digits_is_named(tmp_path: Path) -> None:
    with closing(Engine.open(tmp_path, RULES, FakeClock("2025-03-12T10:40:00", ZONE))) as engine:
        register(engine, "m")
        commit(
            engine,
            ("m", "99999.9", "2025-03-10T00:00:00"),
            ("m", "100000", "2025-03-11T00:00:00"),
            ("m", "999999", "2025-03-11T01:00:00"),
            ("m", "100001", "2025-03-12T00:00:00"),
            ("m:export", "5", "2025-03-11T00:00:00"),
        )
        five, six = DeviceFields(digits="5"), DeviceFields(digits="6")
        why = r"m has counted 100000 kWh at 2025-03-11T00:00:00\+08:00, which has more than 5 digits; say from when on"
        with pytest.raises(Refused, match=why):
            check_digits(engine, "m", [(0, five)])
        check_digits(engine, "m", [(0, six)])
        check_digits(engine, "m", [(0, six), (ZONE.parse("2025-03-12T00:00:00"), five)])
        check_digits(engine, "m", [(0, five), (ZONE.parse("2025-03-10T12:00:00"), NO_DEVICE)])
        check_digits(engine, "n", [(0, five)])
