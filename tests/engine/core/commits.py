"""Readings put through a real engine, a batch at a time, for tests of the engine."""

from __future__ import annotations

from metertui.engine.base.config import Rules
from metertui.engine.base.outcome import Outcome
from metertui.engine.base.progress import no_progress
from metertui.engine.base.qualities import ESTIMATED
from metertui.engine.base.zone import SiteZone
from metertui.engine.core.engine import Engine

ZONE = SiteZone("Asia/Singapore")
RULES = Rules(zone=ZONE)


def commit(engine: Engine, *requests: tuple[str, str, str | None]) -> list[Outcome]:
    """Put READs (meter, kWh, timestamp) through one batch, onto the disk."""
    batch = engine.ingest.begin()
    outcomes = [batch.add_reading(*request) for request in requests]
    engine.ingest.write(batch)
    engine.ingest.apply(batch)
    return outcomes


def commit_estimates(engine: Engine, *requests: tuple[str, str, str | None]) -> list[Outcome]:
    """Put READs that are estimated (meter, kWh, timestamp) through one batch, onto the disk."""
    batch = engine.ingest.begin()
    outcomes = [batch.add_estimated(*request, ESTIMATED) for request in requests]
    engine.ingest.write(batch)
    engine.ingest.apply(batch)
    return outcomes


def register(engine: Engine, *meters: str) -> None:
    batch = engine.ingest.begin()
    for meter in meters:
        assert batch.add_account(meter, {}).kind == "ok"
    engine.ingest.write(batch)
    engine.ingest.apply(batch)


def reopened(engine: Engine) -> Engine:
    engine.close()
    return Engine.open(engine.folder, RULES, engine.clock)


def close_day(engine: Engine) -> None:
    """Close the day, all steps at once."""
    count = engine.day_close.seal()
    engine.day_close.write_day_files(count, no_progress)
    engine.day_close.finish(engine.readings.rebuild_history(count))
    engine.day_close.drop_sealed()
