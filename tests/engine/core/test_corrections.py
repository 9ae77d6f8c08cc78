"""Decisions about readings in a running engine: checked, kept, taken back, and met by readings that come later."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.base.config import Rules
from metertui.engine.base.outcome import Outcome
from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.core import corrections
from metertui.engine.core.corrections import Effect
from metertui.engine.core.decision_basis import bases_of
from metertui.engine.core.decision_check import Decision
from metertui.engine.core.engine import Engine
from metertui.engine.errors import DataError, MeterError, StorageError
from metertui.engine.vee.edit_log import EditLog
from metertui.engine.vee.edits import Edit
from tests import oracle
from tests.clock import FakeClock

ZONE = SiteZone("Asia/Singapore")
RULES = Rules(zone=ZONE)
DAY = "2025-03-10"
START = ZONE.parse(f"{DAY}T00:00")
KINDS = ("counted", "reset", "exchange", "rounding", "rollover", "suspect", "rejected", "void")


def opened(folder: Path) -> Engine:
    return Engine.open(folder, RULES, FakeClock("2025-03-12T10:40:00"))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = opened(tmp_path)
    put(engine, ("m", "1000", "00:00"), ("m", "1001", "01:00"), ("m", "3", "02:00"), ("m", "4", "03:00"))
    yield engine
    engine.close()


def put(engine: Engine, *readings: tuple[str, str, str]) -> list[Outcome]:
    batch = engine.ingest.begin()
    if "m" not in engine.accounts:
        batch.add_account("m", {})
    outcomes = [batch.add_reading(meter, kwh, f"{DAY}T{clock}") for meter, kwh, clock in readings]
    engine.ingest.write(batch)
    engine.ingest.apply(batch)
    return outcomes


def decide(
    engine: Engine, what: str, clock: str, final: int = 0, initial: int = 0, *, reason: str = "told so"
) -> Effect:
    decision = Decision(what, "m", ZONE.parse(f"{DAY}T{clock}"), reason, final, initial)
    [effect] = list(corrections.iter_effects(bases_of(engine), [decision], "ann", engine.clock.now()))
    corrections.write_effects(engine, [effect])
    assert list(corrections.apply_effects(engine, [effect])) == [None]
    return effect


def used(engine: Engine) -> int:
    return int(engine.series("m").curve.energy[-1])


def test_an_exchange_that_nobody_declared_is_declared_late(engine: Engine) -> None:
    assert used(engine) == 2000  # 1000 to 1001, 3 to 4
    effect = decide(engine, "exchange", "01:30", 1_001_500, 2000)
    assert (effect.total_before, effect.total_after) == (2000, 3500)
    assert used(engine) == 3500
    frozen = engine.view().frozen()
    assert len(frozen) == 4
    assert frozen.curve.energy.tolist() == [0, 1000, 1500, 2500, 3500]
    assert put(engine, ("m", "5", "04:00"))[0].kind == "ok"


def test_a_value_that_will_not_count_says_so_before_it_is_stored(engine: Engine) -> None:
    put(engine, ("m", "5", "04:00"))
    expected = {
        1_200_000: "rejected: 1200 kWh is a rise of 199 kWh in ",
        1_002_000: "",
        1: "",  # a reset, which counts
    }
    at, now = ZONE.parse(f"{DAY}T02:00"), engine.clock.now()
    for wh, why in expected.items():
        wanted = Decision("correct", "m", at, "photo", wh=wh)
        [effect] = corrections.iter_effects(bases_of(engine), [wanted], "ann", now)
        assert effect.not_counted.startswith(why), wh
        assert bool(effect.not_counted) == bool(why), wh
    last = Decision("correct", "m", ZONE.parse(f"{DAY}T04:00"), "photo", wh=900_000)
    [effect] = corrections.iter_effects(bases_of(engine), [last], "ann", now)
    assert effect.not_counted.startswith("suspect: 900 kWh is a rise of 896 kWh in ")
    taken_back = [Decision(what, "m", at, "x") for what in ("void", "unvoid")]
    effects = list(corrections.iter_effects(bases_of(engine), taken_back, "ann", now))
    assert [effect.not_counted for effect in effects] == ["", ""], "it was a reset, and is one again"


def test_the_next_reading_is_met_by_what_was_decided(engine: Engine) -> None:
    decide(engine, "exchange", "05:00", 5000, 0)
    assert put(engine, ("m", "0.5", "06:00"))[0].kind == "ok"
    assert put(engine, ("m", "6.5", "04:30"))[0].kind == "suspect"  # after which the old register would have fallen
    assert put(engine, ("m", "7", "05:00"))[0].text == (
        "7 kWh is neither the final nor the initial reading declared for the exchange at 2025-03-10T05:00:00+08:00, "
        "5 and 0 kWh"
    )
    decide(engine, "void", "06:00")
    assert put(engine, ("m", "0.5", "06:00"))[0].kind == "duplicate"
    assert put(engine, ("m", "0.4", "06:00"))[0].kind == "ok"  # in its place
    assert put(engine, ("m", "0.3", "06:00"))[0].code == "conflict"
    assert put(engine, ("m", "0.4", "07:00"))[0].kind == "ok"


@pytest.mark.parametrize(
    ("what", "clock", "registers"),
    [("void", "01:00", ()), ("release", "02:00", ()), ("exchange", "01:30", (1_001_000, 0)), ("accept", "02:00", ())],
)
def test_every_decision_can_be_taken_back(engine: Engine, what: str, clock: str, registers: tuple[int, ...]) -> None:
    before = engine.series("m")
    decide(engine, what, clock, *registers)
    decide(engine, f"un{what}", clock)
    assert engine.series("m").curve.energy.tolist() == before.curve.energy.tolist()
    with pytest.raises(MeterError, match=f"has no {what} at .* to undo"):
        decide(engine, f"un{what}", clock)


def test_a_decision_is_about_a_meter_that_is_known(engine: Engine) -> None:
    decision = Decision("void", "n", START, "x")
    with pytest.raises(MeterError, match="n is not registered"):
        list(corrections.iter_effects(bases_of(engine), [decision], "ann", engine.clock.now()))


def test_several_stand_together_or_not_at_all(engine: Engine) -> None:
    at = [ZONE.parse(f"{DAY}T0{hour}:00") for hour in range(4)]
    found = list(
        corrections.iter_effects(
            bases_of(engine),
            [Decision("void", "m", at[2], "x"), Decision("void", "m", at[3], "x")],
            "ann",
            engine.clock.now(),
        )
    )
    assert [effect.total_after for effect in found] == [1000, 1000]
    with pytest.raises(MeterError, match="void already"):
        list(
            corrections.iter_effects(
                bases_of(engine), [Decision("void", "m", at[2], "x")] * 2, "ann", engine.clock.now()
            )
        )
    assert used(engine) == 2000


def test_decisions_outlive_the_process_and_the_day(engine: Engine, tmp_path: Path) -> None:
    decide(engine, "exchange", "01:30", 1_001_500, 2000, reason='=worn, "out"')
    decide(engine, "void", "03:00")
    count = engine.day_close.seal()
    engine.day_close.write_day_files(count, lambda _: None)
    engine.day_close.finish(engine.readings.rebuild_history(count))
    engine.day_close.drop_sealed()
    assert used(engine) == 2500
    engine.close()
    text = (tmp_path / "events.csv").read_text()
    assert text.splitlines()[:2] == [
        "time,meter,what,values,who,reason",
        "2025-03-12T10:40:00+08:00,m,exchange,at=2025-03-10T01:30:00+08:00 final=1001.5 initial=2,ann,"
        '"\'=worn, ""out"""',
    ]
    again = opened(tmp_path)
    assert used(again) == 2500
    assert [event.reason for event in again.events] == ['=worn, "out"', "told so"]
    assert put(again, ("m", "4.5", "04:00"))[0].kind == "ok"
    again.close()


def test_a_torn_last_decision_is_dropped_and_reported(engine: Engine, tmp_path: Path) -> None:
    decide(engine, "void", "03:00")
    engine.close()
    path = tmp_path / "events.csv"
    whole = path.read_bytes()
    path.write_bytes(whole + b"2025-03-12T10:40:00+08:00,m,vo")
    again = opened(tmp_path)
    assert again.warnings == ["events.csv: a torn last line of 30 bytes was dropped; it had not been answered"]
    assert path.read_bytes() == whole
    again.close()


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("2025-03-12T10:40:00+08:00,m,mend,at=2025-03-10T03:00,ann,x", "'mend' is not a kind of decision"),
        ("2025-03-12T10:40:00+08:00,m,void,,ann,x", "the values of void are at=…"),
        ("2025-03-12T10:40:00+08:00,m,void,at=2025-03-10,ann,x", "a timestamp is like"),
        ("2025-03-12T10:40:00+08:00,m,exchange,at=2025-03-10T03:00 final=-1 initial=0,ann,x", "a reading is digits"),
        ("2025-03-12T10:40:00+08:00,!,void,at=2025-03-10T03:00,ann,x", "a meter id is"),
    ],
)
def test_a_row_that_is_no_decision_is_named(tmp_path: Path, row: str, why: str) -> None:
    (tmp_path / "events.csv").write_text(f"time,meter,what,values,who,reason\n{row}\n")
    with pytest.raises(DataError, match=rf"events\.csv:2: {why}"):
        EditLog(tmp_path, ZONE).load()


def test_a_disk_that_refuses_leaves_no_decision(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    decide(engine, "void", "03:00")
    before = (engine.folder / "events.csv").read_bytes()

    def failed(_fd: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("metertui.engine.storage.durable.sync_file", failed)
        with pytest.raises(StorageError, match=r"cannot write events\.csv: No space left"):
            engine.events.append_edits([Edit(0, "m", "void", START, "ann", "x")])
    assert (engine.folder / "events.csv").read_bytes() == before
    decide(engine, "unvoid", "03:00")
    assert len((engine.folder / "events.csv").read_text().splitlines()) == 3


actions = st.one_of(
    st.tuples(st.just("read"), st.integers(0, 11), st.sampled_from([0, 500, 1000, 1500, 2500, 5000, 9_000_000])),
    st.tuples(st.just("read"), st.integers(0, 11), st.none()),
    st.tuples(st.sampled_from(["void", "unvoid", "release", "unrelease", "unexchange"]), st.integers(0, 11), st.none()),
    st.tuples(
        st.just("exchange"),
        st.integers(0, 11),
        st.tuples(st.sampled_from([500, 3000, 6000, 9_000_000]), st.sampled_from([0, 500, 4000])),
    ),
    st.tuples(st.sampled_from(["close", "start"]), st.just(0), st.none()),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(actions, max_size=24))
def test_readings_and_decisions_in_any_order(actions: list[tuple[str, int, object]]) -> None:
    """Whatever comes when, what counts is what the rules make of all readings and of what stands decided."""
    with tempfile.TemporaryDirectory() as name:
        engine = opened(Path(name))
        model = oracle.Meter()
        put(engine)
        for what, hour, value in actions:
            at, clock = START + hour * HOUR, f"{hour:02}:00"
            if what == "read":
                wh = hour * 500 if value is None else int(str(value))
                [outcome] = put(engine, ("m", f"{wh / 1000:.3f}", clock))
                if outcome.kind in ("ok", "suspect"):
                    model.readings.append((at, wh))
                    kind = dict(model.judged())[at, wh]
                    assert (outcome.kind == "ok") == (kind in ("counted", "rounding", "reset"))
            elif what == "close":
                count = engine.day_close.seal()
                engine.day_close.write_day_files(count, lambda _: None)
                engine.day_close.finish(engine.readings.rebuild_history(count))
                engine.day_close.drop_sealed()
            elif what == "start":
                engine.close()
                engine = opened(Path(name))
            else:
                final, initial = value if isinstance(value, tuple) else (0, 0)
                try:
                    decide(engine, what, clock, final, initial)
                except MeterError:
                    continue
                standing = {"void": model.voids, "release": model.releases}
                if what in standing:
                    standing[what].add(at)
                elif what == "exchange":
                    model.exchanges[at] = (final, initial)
                else:
                    undone = what.removeprefix("un")
                    standing.get(undone, set()).discard(at)
                    if undone == "exchange":
                        del model.exchanges[at]
        series = engine.series("m")
        assert [KINDS[kind] for kind in series.status.tolist()] == [kind for _, kind in model.judged()]
        assert list(zip(series.curve.time.tolist(), series.curve.energy.tolist(), strict=True)) == model.curve()
        frozen = engine.view().frozen()
        assert frozen.curve.energy.tolist() == series.curve.energy.tolist()
        assert len(frozen) == len(model.readings)
        engine.close()
