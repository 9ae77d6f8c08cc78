"""What decisions would change, held against a meter of which all readings are judged again with each of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.base.limits import MeterLimits
from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.columns.columns import Frozen
from metertui.engine.core import corrections
from metertui.engine.core.decision_basis import bases_of
from metertui.engine.core.decision_check import Decision
from metertui.engine.core.engine import Engine
from metertui.engine.usage.series import Series
from metertui.engine.vee import Edit, MeterEdits, corrections_from, rules
from metertui.engine.vee.curve import validate
from metertui.engine.worklist import decision_effects
from metertui.engine.worklist.cases import CAUSES, NO_METER, Cause, ExceptionRow, int_array
from metertui.engine.worklist.stakes import UNKNOWN, Stakes
from metertui.screens.decisions.decision_choices import CHOICES
from tests.engine.build import LIMITS, frozen
from tests.engine.worklist.site import ask, at, decide, put
from tests.strategies import START, close_courses, courses

ZONE = SiteZone("Europe/London")
Course = list[tuple[int, int]]
CAUSE: dict[int, Cause] = {
    rules.SUSPECT: "suspect",
    rules.RESET: "reset",
    rules.REJECTED: "rejected",
    rules.ROUNDING: "rounding",
}


def total(course: Course, edits: MeterEdits) -> Series:
    time, wh = (int_array([each[place] for each in course]) for place in (0, 1))
    return Series.from_readings("m", time, wh, LIMITS, corrections_from({0: edits}))


def most(course: Course, edits: MeterEdits, time: int, cause: Cause) -> int:
    """The most that a decision changes: all of the meter's readings are judged again with each."""
    before = total(course, edits)
    standing = before.standing_at(time)
    assert standing is not None
    found = []
    for what in ("void", "release", "exchange"):
        if cause not in CHOICES[what].causes:
            continue
        edit = Edit(1, "m", what, time, "ann", "", wh=standing)
        if what == "exchange":
            proposal = corrections.proposed_exchange(before, time)
            if proposal is None:
                continue
            instant, final, initial = proposal
            edit = replace(edit, at=instant, final=final, initial=initial)
        made = edits.frozen()
        made.apply_edit(edit)
        after = total(course, made)
        used = [int(each.curve.energy[-1]) if len(each.curve) else 0 for each in (before, after)]
        found.append(abs(used[1] - used[0]))
    return max(found)


def with_edits(meters: list[Course], edits: list[MeterEdits]) -> Frozen:
    made = corrections_from(dict(enumerate(edits)))
    known = frozen({f"m{n}": course for n, course in enumerate(meters)}, ZONE)
    found = validate(known.columns, made, LIMITS)
    return replace(
        known, columns=found.columns, status=found.status, energy=found.energy, curve=found.curve, corrections=made
    )


def stakes(readings: Frozen, rows: list[int], causes: list[Cause], says: list[int] | None = None) -> Stakes:
    cause = np.array([CAUSES.index(each) for each in causes], dtype=np.uint8)
    meter, time = readings.columns.meter[rows], readings.columns.time[rows]
    wanted = np.ones(len(rows), dtype=bool)
    return decision_effects.stakes_of(readings, cause, meter, time, wanted, None if says is None else int_array(says))


@settings(max_examples=80)
@given(st.lists(st.one_of(courses(), close_courses()), min_size=1, max_size=3), st.data())
def test_the_most_is_that_of_judging_all_readings_again(meters: list[Course], data: st.DataObject) -> None:
    edits = [MeterEdits() for _ in meters]
    for course, made in zip(meters, edits, strict=True):
        for time, wh in data.draw(st.lists(st.sampled_from(course), max_size=2)) if course else ():
            what = data.draw(st.sampled_from(["void", "release", "exchange"]))
            made.apply_edit(Edit(0, "m", what, time + (what == "exchange"), "ann", "", wh + 500, 7, wh=wh))
    readings = with_edits(meters, edits)
    rows = [row for row, status in enumerate(readings.status.tolist()) if status in CAUSE]
    causes = [CAUSE[int(readings.status[row])] for row in rows]
    columns = readings.columns
    wanted = [
        most(meters[code], edits[code], time, cause)
        for code, time, cause in zip(columns.meter[rows].tolist(), columns.time[rows].tolist(), causes, strict=True)
    ]
    assert stakes(readings, rows, causes).wh.tolist() == wanted


def test_a_bad_read_weighs_what_its_release_would_change_in_the_time_between_the_counted_ones() -> None:
    hours = [START + n * HOUR for n in range(6)]
    whs = [85_534_402, 3_000, 85_534_752, 85_535_000, 85_535_200, 85_535_400]
    found = stakes(frozen({"m": list(zip(hours, whs, strict=True))}, ZONE), [1], ["rejected"])
    assert [each.tolist() for each in found] == [[350], [hours[0]], [hours[2]]]


def test_a_conflict_weighs_what_the_refused_value_would_change() -> None:
    hours = [START + n * HOUR for n in range(3)]
    readings = frozen({"m": [(time, 1000 * n) for n, time in enumerate(hours)]}, ZONE)
    found = stakes(readings, [2, 1, 2], ["conflict"] * 3, [2_400, 1_400, 2_000])
    assert found.wh.tolist() == [1_000, 0, 1_000]  # the void of the last one takes 1 kWh, that of another nothing


def test_only_wanted_cases_of_stored_readings_have_a_weight_and_of_many_the_newest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hours = [START + n * HOUR for n in range(9)]
    whs = [1_000, 1_100, 5, 1_200, 1_300, 7, 1_400, 1_500, 1_600]
    readings = frozen({"m": list(zip(hours, whs, strict=True))}, ZONE)
    cause = np.full(4, CAUSES.index("rejected"), dtype=np.uint8)
    times = int_array([hours[2], hours[5], hours[5] + 1, hours[5]])

    def weights(*wanted: bool) -> list[bool]:
        codes = int_array([0, 0, 0, NO_METER], np.int32)
        found = decision_effects.stakes_of(readings, cause, codes, times, np.array(wanted))
        return [wh != UNKNOWN for wh in found.wh.tolist()]

    assert weights(True, True, True, True) == [True, True, False, False]
    assert weights(True, False, False, False) == [True, False, False, False]
    monkeypatch.setattr(decision_effects, "MOST", 1)
    assert weights(True, True, True, True) == [False, True, False, False]


def test_only_the_readings_beside_a_case_are_judged_again_by_the_limits_of_its_meter() -> None:
    course = [(START + n * HOUR, 1_000 * n) for n in range(200)]
    course[150] = (course[150][0], 900_000)
    other = [(time, wh + 50_000_000 * (n > 3)) for n, (time, wh) in enumerate(course[:9])]
    readings = frozen({"a": other, "b": course}, ZONE, limits=MeterLimits(1000, (100_000, 10), (course[160][0],)))
    row = len(other) + 150
    assert stakes(readings, [row], ["rejected"]).wh.tolist() == [900_000 - 149_000 - 2_000]


def test_the_decisions_are_those_that_the_screen_offers_with_a_figure() -> None:
    for what, causes in decision_effects.APPLYING.items():
        assert causes <= CHOICES[what].causes
    told = decision_effects.APPLYING
    assert all(told[what] == CHOICES[what].causes for what in ("void", "release", "exchange"))
    assert set(told) == {"void", "release", "exchange", "correct"}


def test_the_list_says_the_same_as_the_preview_of_a_decision(engine: Engine) -> None:
    put(engine, *(("a", f"{100 + n}", f"0{n}:00") for n in range(6)), ("a", "5", "06:00"), ("a", "106", "07:00"))
    put(engine, ("a", "107", "08:00"), ("a", "9", "05:00"))
    rows: dict[str, ExceptionRow] = {row.cause: row for row in ask(engine, state="open").rows}
    effect = {}
    for cause, what in (("rejected", "release"), ("conflict", "void")):
        decision = Decision(what, "a", rows[cause].time, "why")
        [found] = corrections.iter_effects(bases_of(engine), [decision], "ann", engine.clock.now())
        effect[cause] = abs(found.total_after - found.total_before)
    assert rows["rejected"].stake_wh == effect["rejected"] == 100_000  # 107 fits 5 after two hours, and 106 does not
    assert rows["conflict"].stake_wh is not None
    assert rows["conflict"].stake_wh >= effect["conflict"]
    decide(engine, "accept", "a", at("06:00"))
    assert {row.cause: row.stake_wh for row in ask(engine, state="decided").rows} == {"rejected": None}
