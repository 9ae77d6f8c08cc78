"""Exports that together would tell what each of them hides."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from metertui.engine.attributes import Group
from metertui.engine.base.zone import HOUR
from metertui.engine.columns.columns import Frozen
from metertui.engine.errors import DataError, MeterError
from metertui.engine.reports.disclosure import Rule
from metertui.engine.reports.export_log import ExportLog
from metertui.engine.reports.report import Inquiry, answer_inquiry
from metertui.engine.usage.query import Filter, Question
from tests.engine.build import frozen
from tests.engine.reports.test_report import LONDON, draws

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
    exports = ExportLog(tmp_path)
    exports.record_export("2025-03-12T10:40:00+08:00", "ada@example.com", Path("/x.csv"), BOTH)
    shares: list[float] = []
    assert exports.answer_for_export(town, LATER, RULE, shares.append).hidden == 2
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert exports.answer_for_export(town, BOTH, RULE).hidden == 2


def test_an_export_that_would_undo_another_is_refused(
    town: Frozen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one before hid the North beside the Island, as the South was the larger then."""
    exports = ExportLog(tmp_path)
    exports.record_export("2025-03-12T10:40:00+08:00", "ada@example.com", Path("/x.csv"), BOTH)
    assert answer_inquiry(town, LATER, RULE).table.query("~hidden")["region"].tolist() == ["North"]
    monkeypatch.setattr(
        "metertui.engine.reports.export_log._published_cells", lambda found, keys=None: {("South",), ("North",)}
    )
    with pytest.raises(MeterError, match=r"together with earlier exports \(exports.csv\)"):
        exports.answer_for_export(town, LATER, RULE)
    monkeypatch.setattr("metertui.engine.reports.export_log._published_cells", lambda found, keys=None: {("South",)})
    # The South was told: the North has to hide the Island now.
    assert exports.answer_for_export(town, LATER, RULE).table.query("~hidden")["region"].tolist() == ["South"]


def test_days_and_attributes_that_are_not_shared_do_not_matter(
    town: Frozen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "metertui.engine.reports.export_log._published_cells", lambda found, keys=None: {("South",), ("North",)}
    )
    exports = ExportLog(tmp_path)
    other = Question(date(2025, 2, 1), date(2025, 2, 28), ("apartment_type",))
    for earlier in (Inquiry(Question(date(2025, 1, 1), date(2025, 1, 31), ("region",))), Inquiry(other), LATER):
        exports.record_export("2025-03-12T10:40:00+08:00", "ada@example.com", Path("/x.csv"), earlier)
    assert exports.answer_for_export(town, LATER, RULE).hidden == 2


def test_what_is_recorded_is_read_again_each_once(tmp_path: Path) -> None:
    exports = ExportLog(tmp_path)
    assert exports.recorded_inquiries() == []
    for inquiry in (BOTH, LATER, BOTH):
        exports.record_export("2025-03-12T10:40:00+08:00", "=ada@example.com", Path("/ü, x.csv"), inquiry)
    assert exports.recorded_inquiries() == [LATER, BOTH]
    text = (tmp_path / "exports.csv").read_text()
    assert text.splitlines()[0] == "time,who,file,definition"
    assert '\'=ada@example.com,"/ü, x.csv"' in text
    (tmp_path / "exports.csv").write_text(text + "2025,ada,/x.csv")  # a crash cut it short
    assert exports.recorded_inquiries() == [LATER, BOTH]
    exports.record_export("2025-03-12T10:40:00+08:00", "ada@example.com", Path("/x.csv"), LATER)
    assert exports.recorded_inquiries() == [BOTH, LATER]
    (tmp_path / "exports.csv").write_text(text + "2025,ada,/x.csv,nonsense\n")
    with pytest.raises(DataError, match=r"exports\.csv:5: the definition is not valid"):
        exports.recorded_inquiries()


def test_of_two_exports_at_once_the_second_is_refused(tmp_path: Path) -> None:
    one, other = ExportLog(tmp_path), ExportLog(tmp_path)
    checked = one.recorded_inquiries()
    for inquiry in (BOTH, BOTH):  # the same again discloses nothing new
        one.record_export("2025-03-12T10:40:00+08:00", "ada@example.com", Path("/x.csv"), inquiry, checked)
    before = (tmp_path / "exports.csv").read_bytes()
    with pytest.raises(MeterError, match=r"another export was made meanwhile \(exports.csv\): export again"):
        other.record_export("2025-03-12T10:40:00+08:00", "bob@example.com", Path("/y.csv"), LATER, checked)
    assert (tmp_path / "exports.csv").read_bytes() == before
    checked = other.recorded_inquiries()
    other.record_export("2025-03-12T10:40:00+08:00", "bob@example.com", Path("/y.csv"), LATER, checked)
    assert one.recorded_inquiries() == [BOTH, LATER]


@pytest.fixture(scope="module")
def suburb() -> Frozen:
    """Thirty homes in the old part; three in the new one, twenty more from February on, which one cooks in."""
    first, days = date(2025, 1, 1), 91
    meters, groups = {}, {}
    for name, count, since, kwh in (("o", 30, 0, 24), ("e", 3, 0, 24), ("l", 20, 31, 24)):
        for nth in range(count):
            register, course = 0, []
            for day in range(since, days):
                at = LONDON.midnight(first + timedelta(days=day))
                # In the evening of each day one of the new part uses more than all the others.
                evening = 225_000 if (name, nth) == ("l", 0) else 0
                course += [(at, register), (at + 18 * HOUR, register + kwh * 750)]
                register += kwh * 1000 + evening
            meters[f"{name}{nth}"] = course
            groups[f"{name}{nth}"] = [Group("Old" if name == "o" else "New", "", "landed")] * len(course)
    return frozen(meters, LONDON, groups)


SPRING, SINCE = (date(2025, 1, 1), date(2025, 3, 31)), (date(2025, 2, 1), date(2025, 3, 31))
REGION = Inquiry(Question(*SPRING, ("region",)))


def test_a_time_of_day_is_hidden_with_the_rest_of_the_day(suburb: Frozen, tmp_path: Path) -> None:
    for time in ("00:00-18:00", "18:00-24:00"):  # the evening is mostly one home's
        evening = Inquiry(Question(*SPRING, ("region",), filter=Filter(time=time)))
        assert ExportLog(tmp_path).answer_for_export(suburb, evening, RULE).table["hidden"].all()


@pytest.mark.parametrize(
    ("later", "refused"),
    [
        (Question(*SINCE, ("region",)), True),  # January of the new part is three homes
        (Question(*SINCE, ("month",), filter=Filter.by_name(region="New")), True),
        (Question(*SINCE, ("region", "apartment_type")), True),  # their sum is the region
        (Question(*SINCE, ("month",), filter=Filter.by_name(region="Old")), False),
        (
            Question(*SINCE, ("region",), filter=Filter.by_name(apartment_type="landed")),
            False,
        ),  # of some homes only, for all that one knows
        (Question(*SINCE), False),  # all of them in January are many
        (Question(date(2025, 2, 2), date(2025, 3, 31), ("region",)), False),  # nor are they with a day of February
        (Question(date(2025, 4, 1), date(2025, 4, 30), ("region",)), False),
    ],
)
def test_two_exports_do_not_tell_a_small_group_by_their_difference(
    suburb: Frozen, tmp_path: Path, later: Question, refused: bool
) -> None:
    for name, first, second in (("one", REGION, Inquiry(later)), ("other", Inquiry(later), REGION)):
        (tmp_path / name).mkdir()
        exports = ExportLog(tmp_path / name)
        assert exports.answer_for_export(suburb, second, RULE).table["hidden"].sum() == 0
        exports.record_export("2025-04-12T10:40:00+08:00", "ada@example.com", Path("/x.csv"), first)
        if refused:
            with pytest.raises(MeterError, match="together with earlier exports"):
                exports.answer_for_export(suburb, second, RULE)
        else:
            assert exports.answer_for_export(suburb, second, RULE).hidden == 0


def test_the_export_log_names_what_a_table_is_compared_with(suburb: Frozen, tmp_path: Path) -> None:
    exports = ExportLog(tmp_path)
    two_months = Inquiry(Question(date(2025, 1, 1), date(2025, 2, 28), ("region",)))
    exports.record_export("2025-04-12T10:40:00+08:00", "ada@example.com", Path("/x.csv"), two_months)
    march = Question(date(2025, 3, 1), date(2025, 3, 31), ("region",))
    assert exports.answer_for_export(suburb, Inquiry(march), RULE).hidden == 0
    with pytest.raises(MeterError, match="together with earlier exports"):
        exports.answer_for_export(suburb, Inquiry(march, "total", "before"), RULE)
