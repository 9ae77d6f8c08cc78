"""A small site for the tests of the work list: three meters, and what is done to them."""

from __future__ import annotations

import numpy as np

from metertui.engine.base.zone import SiteZone
from metertui.engine.core import corrections
from metertui.engine.core.decision_basis import bases_of
from metertui.engine.core.decision_check import Decision
from metertui.engine.core.engine import Engine
from metertui.engine.intervals.standing import with_values
from metertui.engine.worklist.exception_list import ExceptionQuestion, Exceptions, find_exceptions
from tests.engine.intervals.listed import Listed, rows_of

ZONE = SiteZone("Asia/Singapore")
DAY = "2025-03-12"


def at(clock: str, day: str = DAY) -> int:
    return ZONE.parse(f"{day}T{clock}")


def put(engine: Engine, *readings: tuple[str, str, str]) -> None:
    """Meter, kWh, and the time of day, or a day with it."""
    batch = engine.ingest.begin()
    for meter, kwh, time in readings:
        stamp = time if "T" in time else f"{DAY}T{time}"
        outcome = batch.add_reading(meter, kwh, stamp)
        if not outcome.stored:
            batch.add_refused_line("10.0.0.7:5", outcome.code, outcome.text, f"READ {meter} {kwh} {stamp}")
    engine.ingest.write(batch)
    engine.ingest.write_notes(batch, stored=True)
    engine.ingest.apply(batch)


def state(engine: Engine, intervals: list[Listed]) -> None:
    """Intervals of files beside those that are stated already."""
    rows = rows_of(intervals)
    codes = np.array([engine.directory.codes[each] for each in rows.ids], dtype=np.int32)
    engine.readings.set_intervals(with_values(engine.readings.intervals, rows, codes), engine.readings.former)


def decide(engine: Engine, what: str, meter: str, instant: int, final: int = 0, initial: int = 0) -> None:
    decision = Decision(what, meter, instant, "told so", final, initial)
    events = [
        effect.event
        for effect in list(corrections.iter_effects(bases_of(engine), [decision], "ann", engine.clock.now()))
    ]
    engine.events.append_edits(events)
    engine.apply_events(events)


def ask(engine: Engine, **conditions: object) -> Exceptions:
    question = ExceptionQuestion(**conditions)  # type: ignore[arg-type]
    return find_exceptions(engine.view().frozen(), engine.site_state(), question)


def listed(found: Exceptions) -> list[tuple[str, str, str]]:
    return [(row.cause, row.meter, row.why) for row in found.rows]
