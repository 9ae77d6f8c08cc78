"""Exports that together would tell what each of them hides."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from metertui.engine.columns import Frozen, Group
from metertui.engine.disclosure import Rule
from metertui.engine.errors import DataError, MeterError
from metertui.engine.exports import Exports
from metertui.engine.inquiry import Inquiry, find
from metertui.engine.question import Question
from tests.engine.test_inquiry import draws

RULE = Rule(10, 0.5)
BOTH = Inquiry(Question(date(2025, 1, 1), date(2025, 2, 28), ("region",)))
LATER = Inquiry(Question(date(2025, 2, 1), date(2025, 2, 28), ("month", "region")))


@pytest.fixture(scope="module")
def town() -> Frozen:
    """Regions of 12, 11 and 3 meters, and one of 10 whose meters all came in February."""
    kw = {f"n{i}": 1 for i in range(12)} | {f"s{i}": 1 for i in range(11)} | {f"i{i}": 1 for i in range(3)}
    where = {"n": "North", "s": "South", "i": "Island"}
    return draws(kw, {meter: Group(where[meter[0]]) for meter in kw})


def test_an_export_that_tells_the_same_groups_is_fine(town: Frozen, tmp_path: Path) -> None:
    exports = Exports(tmp_path)
    exports.record("2025-03-12T10:40:00+08:00", "ada@example.com", Path("/x.csv"), BOTH)
    shares: list[float] = []
    assert exports.guarded(town, LATER, RULE, shares.append).hidden == 2
    assert shares == sorted(shares)
    assert {0.25, 0.5, 0.75} < set(shares)  # the table before, its total, then both of this one
    assert shares[-1] == 1
    assert exports.guarded(town, BOTH, RULE).hidden == 2


def test_an_export_that_would_undo_another_is_refused(
    town: Frozen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one before hid the North beside the Island, as the South was the larger then."""
    exports = Exports(tmp_path)
    exports.record("2025-03-12T10:40:00+08:00", "ada@example.com", Path("/x.csv"), BOTH)
    assert find(town, LATER, RULE).table.query("~hidden")["region"].tolist() == ["North"]
    monkeypatch.setattr("metertui.engine.exports._told", lambda found: {("South",), ("North",)})
    with pytest.raises(MeterError, match=r"together with what was exported before \(exports.csv\)"):
        exports.guarded(town, LATER, RULE)
    monkeypatch.setattr("metertui.engine.exports._told", lambda found: {("South",)})
    # The South was told: the North has to hide the Island now.
    assert exports.guarded(town, LATER, RULE).table.query("~hidden")["region"].tolist() == ["South"]


def test_days_and_attributes_that_are_not_shared_do_not_matter(
    town: Frozen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("metertui.engine.exports._told", lambda found: {("South",), ("North",)})
    exports = Exports(tmp_path)
    other = Question(date(2025, 2, 1), date(2025, 2, 28), ("apartment_type",))
    for earlier in (Inquiry(Question(date(2025, 1, 1), date(2025, 1, 31), ("region",))), Inquiry(other), LATER):
        exports.record("2025-03-12T10:40:00+08:00", "ada@example.com", Path("/x.csv"), earlier)
    assert exports.guarded(town, LATER, RULE).hidden == 2


def test_what_is_recorded_is_read_again_each_once(tmp_path: Path) -> None:
    exports = Exports(tmp_path)
    assert exports.recorded() == []
    for inquiry in (BOTH, LATER, BOTH):
        exports.record("2025-03-12T10:40:00+08:00", "=ada@example.com", Path("/ü, x.csv"), inquiry)
    assert exports.recorded() == [LATER, BOTH]
    text = (tmp_path / "exports.csv").read_text()
    assert text.splitlines()[0] == "time,who,file,definition"
    assert '\'=ada@example.com,"/ü, x.csv"' in text
    (tmp_path / "exports.csv").write_text(text + "2025,ada,/x.csv")  # a crash cut it short
    assert exports.recorded() == [LATER, BOTH]
    exports.record("2025-03-12T10:40:00+08:00", "ada@example.com", Path("/x.csv"), LATER)
    assert exports.recorded() == [BOTH, LATER]
    (tmp_path / "exports.csv").write_text(text + "2025,ada,/x.csv,nonsense\n")
    with pytest.raises(DataError, match=r"exports\.csv:5: the definition is none"):
        exports.recorded()
