"""Accounts in time against a plain model: which region a step belongs to, whatever moved and arrived in any order."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from datetime import date
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.attributes import Group
from metertui.engine.base.config import Rules
from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.core.engine import Engine
from metertui.engine.errors import Refused
from metertui.engine.usage.aggregate import usage_table
from metertui.engine.usage.query import Question
from tests.clock import FakeClock
from tests.engine.book_changes import deactivate, modify, reactivate
from tests.engine.listed import listed

ZONE = SiteZone("Asia/Singapore")
RULES = Rules(zone=ZONE)
FIRST = ZONE.parse("2025-03-10T00:00")
METERS, REGIONS = ("a", "b"), ("North", "South", "East")
HOURS = 60
ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("read"), st.sampled_from(METERS), st.integers(0, HOURS)),
        st.tuples(st.just("read"), st.sampled_from(METERS), st.integers(0, HOURS)),
        st.tuples(st.just("move"), st.sampled_from(METERS), st.tuples(st.integers(0, HOURS), st.sampled_from(REGIONS))),
        st.tuples(st.sampled_from(["deactivate", "reactivate", "close", "open again"]), st.sampled_from(METERS)),
    ),
    max_size=25,
)


class Model:
    """Every meter's readings and what was said of its region, and for each question all of it looked through."""

    def __init__(self) -> None:
        self.readings: dict[str, dict[int, int]] = {meter: {} for meter in METERS}
        self.regions: dict[str, list[tuple[int, str]]] = {meter: [(-1, "North")] for meter in METERS}
        self.active = dict.fromkeys(METERS, True)

    def region(self, meter: str, hour: int) -> str:
        return [region for since, region in self.regions[meter] if since <= hour][-1]

    def usage(self) -> Counter[str]:
        used: Counter[str] = Counter()
        for meter, readings in self.readings.items():
            hours = sorted(readings)
            for before, after in pairwise(hours):
                used[self.region(meter, after)] += readings[after] - readings[before]
        return used


def usage(engine: Engine) -> Counter[str]:
    question = Question(date(2025, 3, 9), date(2025, 3, 14), ("region",))
    table = usage_table(engine.view().frozen(), question)
    return Counter(dict(zip(table["region"], table["usage_wh"].tolist(), strict=True)))


def found_by_index(engine: Engine) -> Counter[str]:
    return Counter({region: len(listed(engine, Group(region))) for region in REGIONS})


@settings(max_examples=40)
@given(ACTIONS)
def test_usage_by_region_is_the_models(actions: list[tuple[Any, ...]]) -> None:
    with TemporaryDirectory() as name:
        clock = FakeClock("2025-03-12T13:00:00", ZONE)
        engine = Engine.open(Path(name), RULES, clock)
        model = Model()
        batch = engine.ingest.begin()
        for meter in METERS:
            batch.add_account(meter, {"region": "North"})
        engine.ingest.write(batch)
        engine.ingest.apply(batch)
        # Registered before any of its readings: a change can be told for the time after.
        for meter in METERS:
            account = engine.accounts.get(meter)
            assert account is not None
            engine.accounts.put_accounts([type(account)(meter, region="North", registered=FIRST - HOUR)], {})
        try:
            for what, meter, *more in actions:
                match what:
                    case "read":
                        read(engine, model, meter, more[0])
                    case "move":
                        move(engine, model, meter, *more[0])
                    case "close":
                        close(engine)
                    case "open again":
                        engine.close()
                        engine = Engine.open(Path(name), RULES, clock)
                    case _:
                        switch(engine, model, meter, active=what == "reactivate")
            assert +usage(engine) == +model.usage()
            stored = Counter(model.region(meter, hour) for meter in METERS for hour in model.readings[meter])
            assert +found_by_index(engine) == stored
        finally:
            engine.close()


def read(engine: Engine, model: Model, meter: str, hour: int) -> None:
    """A register that rises with the hours, so that any of them fits wherever it arrives."""
    wh = 1000 * hour * (1 + METERS.index(meter)) + hour * hour
    batch = engine.ingest.begin()
    outcome = batch.add_reading(meter, f"{wh / 1000:.3f}", ZONE.iso(FIRST + hour * HOUR))
    engine.ingest.write(batch)
    engine.ingest.apply(batch)
    if model.active[meter]:
        assert outcome.kind in ("ok", "duplicate")
        model.readings[meter][hour] = wh
    else:
        assert outcome.code == "deactivated"


def move(engine: Engine, model: Model, meter: str, hour: int, region: str) -> None:
    since, now = FIRST + hour * HOUR, engine.clock.now()
    known = model.regions[meter]
    last, before = known[-1]
    if region != before and (hour < last or len(known) == 1):  # it holds until the next change
        moves = sorted([*(move for move in known if move[0] != hour), (hour, region)])
        model.regions[meter] = [move for n, move in enumerate(moves) if not n or move[1] != moves[n - 1][1]]
        modify(engine.accounts, meter, {"region": region}, now, since)
        engine.refresh_account(meter)
        return
    if hour == last and len(known) > 1 and region == before:  # the last change, once more
        modify(engine.accounts, meter, {"region": region}, now, since)
        return
    corrects = region == before if hour != last else region != before
    stays = known[:-1] if corrects and len(known) > 1 else known
    if hour <= stays[-1][0]:
        with pytest.raises(Refused):
            modify(engine.accounts, meter, {"region": region}, now, since)
        return
    modify(engine.accounts, meter, {"region": region}, now, since)
    engine.refresh_account(meter)
    model.regions[meter] = [*stays, (hour, region)] if region != stays[-1][1] else stays


def switch(engine: Engine, model: Model, meter: str, *, active: bool) -> None:
    if model.active[meter] != active:
        (reactivate if active else deactivate)(engine.accounts, meter)
        engine.refresh_account(meter)
        model.active[meter] = active


def close(engine: Engine) -> None:
    if count := engine.day_close.seal():
        engine.day_close.write_day_files(count, lambda _: None)
        engine.day_close.finish(engine.readings.rebuild_history(count))
        engine.day_close.drop_sealed()


def test_a_move_entered_late_takes_the_readings_since_with_it(tmp_path: Path) -> None:
    clock = FakeClock("2025-03-12T13:00:00", ZONE)
    with closing(Engine.open(tmp_path, RULES, clock)) as engine:
        model = Model()
        batch = engine.ingest.begin()
        batch.add_account("a", {"region": "North"})
        engine.ingest.write(batch)
        engine.ingest.apply(batch)
        clock.advance(12 * 3600)
        for hour in (61, 62, 65, 70):
            read(engine, model, "a", hour)
        move(engine, model, "a", 65, "South")
        assert usage(engine) == model.usage()
        assert set(model.usage()) == {"North", "South"}
