"""Which readings are not actual, and a history with all that was stated of it."""

from __future__ import annotations

from metertui.engine.base.qualities import ACTUAL, ESTIMATED, SUBSTITUTED
from metertui.engine.columns.curve import Columns
from metertui.engine.columns.qualities import Qualities, Stated, add_to_history, concat_stated, stated_all, stated_one


def rows_of(stated: Stated) -> list[tuple[int, ...]]:
    return list(zip(*(column.tolist() for column in stated), strict=True))


def test_an_estimate_that_is_read_again_is_actual_and_its_first_quality_is_kept() -> None:
    known = Qualities()
    known.add(1, 10, 850, ESTIMATED)
    known.add(1, 20, 900, SUBSTITUTED)
    assert known.at(1, 10) == {850: ESTIMATED}
    assert not known.make_actual(1, 10, 851)
    assert known.make_actual(1, 10, 850)
    assert not known.make_actual(1, 10, 850)
    assert known.of_meter(1) == {20: {900: SUBSTITUTED}}
    assert (known.latest_of(1), known.latest_of(2), known.codes, known.changed) == (20, -1, [1], [1, 1, 1])
    readings = stated_all([(1, 10, 850, 0), (1, 20, 900, 0), (1, 30, 900, 0), (2, 10, 850, 0)]).arrivals
    assert known.first_stated(readings).tolist() == [ESTIMATED, SUBSTITUTED, ACTUAL, ACTUAL]
    assert sorted(rows_of(known.all_estimated())) == [(1, 10, 850, 1), (1, 20, 900, 2)]


def test_a_history_has_the_first_value_of_each_instant_and_the_others_beside_it() -> None:
    """One that became actual is among these, and one that was so from the first is not."""
    before, *_ = add_to_history(Columns.empty(), stated_one(0, 5, 100))
    rows = [
        (0, 10, 850, ESTIMATED),
        (0, 10, 850, ACTUAL),
        (0, 5, 100, ESTIMATED),
        (0, 20, 900, ACTUAL),
        (0, 20, 900, ACTUAL),
        (0, 10, 860, ACTUAL),
        (1, 10, 850, ACTUAL),
    ]
    found = add_to_history(before, concat_stated([stated_all(rows[:3]), stated_all(rows[3:])]))
    assert found.history.time.tolist() == [5, 10, 20, 10]
    assert rows_of(found.estimated) == rows[:1]
    assert rows_of(found.sharing) == [rows[1], rows[5]]
