"""Questions that are kept, and the periods that go along with time."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.attributes import Group
from metertui.engine.errors import MeterError
from metertui.engine.reports.saved_reports import IDEAS, ReportBook, SavedReport, report_file
from metertui.engine.usage.query import Filter

OLDEST, NEWEST = date(2023, 5, 7), date(2025, 3, 12)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@settings(max_examples=25)
@given(
    st.builds(
        SavedReport,
        title=texts.filter(str.strip),
        period=st.sampled_from(["dates", "all", "month"]),
        filter=st.builds(
            Filter,
            attributes=st.builds(Group, region=texts, apartment_type=texts),
            meter=texts,
            time=st.sampled_from(["", "18:00-20:00"]),
        ),
        by=st.sampled_from([(), ("month",), ("region", "hour")]),
        measure=st.sampled_from(["total", "peak"]),
        compare=st.sampled_from(["", "before"]),
        chart=st.sampled_from(["lines", "heat"]),
    )
)
def test_what_is_kept_is_read_again(tmp_path_factory: pytest.TempPathFactory, saved: SavedReport) -> None:
    book = ReportBook(tmp_path_factory.mktemp("data"))
    book.keep_report(saved)
    assert book.saved_reports() == [saved]


def test_a_title_is_kept_once_and_dropped(tmp_path: Path) -> None:
    book = ReportBook(tmp_path)
    assert book.saved_reports() == []
    for saved in IDEAS:
        book.keep_report(saved)
    book.keep_report(replace(IDEAS[1], filter=Filter.by_name(region="North")))
    assert [saved.title for saved in book.saved_reports()] == [saved.title for saved in IDEAS]
    assert book.saved_reports()[1].filter.value("region") == "North"
    book.drop_report(IDEAS[0].title)
    assert book.saved_reports()[0].title == IDEAS[1].title
    assert tomllib.loads((tmp_path / "questions.toml").read_text())["question"][0]["period"] == "year"
    with pytest.raises(MeterError, match="needs a title"):
        book.keep_report(SavedReport(" "))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[question", "cannot be read"),
        pytest.param("x = " + "[" * 20_000, "cannot be read: maximum recursion", id="brackets"),
        pytest.param("x = " + "1" * 5_000, "cannot be read: Exceeds the limit", id="digits"),
        ("question = 3", r"under \[\[question\]\]"),
        ("[[question]]\ntitle='x'\ncolour='red'", "question 'x': colour is unknown"),
        ("[[question]]\ntitle='x'\nby=['month','day','hour']", "by must be at most two of year"),
        ("[[question]]\ntitle='x'\nby='month'", "by must be at most two of year"),
        ("[[question]]\ntitle='x'\nregion=3", "region must be a text"),
        ("[[question]]\ntitle='x'\nperiod='soon'", "period must be one of last_7_days"),
        ("[[question]]\ntitle='x'\ntime='18'", "not a time of day"),
        ("[[question]]\nregion='x'", "the title is missing"),
    ],
)
def test_what_was_changed_by_hand_into_something_else_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "questions.toml").write_text(text)
    with pytest.raises(MeterError, match=said):
        ReportBook(tmp_path).saved_reports()
    with pytest.raises(MeterError):
        ReportBook(tmp_path).keep_report(SavedReport("y"))
    assert (tmp_path / "questions.toml").read_text() == text


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("last_7_days", "2025-03-06", "2025-03-12"),
        ("month", "2025-03-01", "2025-03-31"),
        ("last_month", "2025-02-01", "2025-02-28"),
        ("quarter", "2025-01-01", "2025-03-31"),
        ("last_quarter", "2024-10-01", "2024-12-31"),
        ("last_12_months", "2024-04-01", "2025-03-31"),
        ("year", "2025-01-01", "2025-12-31"),
        ("last_year", "2024-01-01", "2024-12-31"),
        ("all", "2023-05-07", "2025-03-12"),
    ],
)
def test_periods_are_counted_back_from_the_newest_reading(period: str, first: str, last: str) -> None:
    assert SavedReport(period=period).days(OLDEST, NEWEST) == (date.fromisoformat(first), date.fromisoformat(last))


@given(st.dates(date(1970, 1, 1), date(2199, 1, 1)))
def test_twelve_months_are_twelve(newest: date) -> None:
    first, last = SavedReport(period="last_12_months").days(newest, newest)
    assert first.day == 1
    assert (last.year - first.year) * 12 + last.month - first.month == 11
    assert (last.year, last.month) == (newest.year, newest.month)


def test_dates_are_those_that_are_given() -> None:
    saved = SavedReport(
        period="dates", first="2024-02-29", last="2024-03-01", by=("day",), filter=Filter.by_name(region="North")
    )
    assert saved.inquiry(OLDEST, NEWEST).description() == {
        "from": "2024-02-29", "to": "2024-03-01", "region": "North", "by": ["day"], "measure": "total", "compare": "",
    }  # fmt: skip
    for wrong, said in (("2024-02-30", "2024-02-30 is not a date"), ("", "Enter a date"), ("2024-04-01", "is before")):
        with pytest.raises(MeterError, match=said):
            replace(saved, first=wrong).inquiry(OLDEST, NEWEST)


def test_ideas_to_begin_with_are_questions() -> None:
    for saved in IDEAS:
        saved.inquiry(OLDEST, NEWEST).question.check_question()


@pytest.mark.parametrize(
    ("newest", "this", "before"),
    [
        (date(2025, 12, 31), (date(2025, 10, 1), date(2025, 12, 31)), (date(2025, 7, 1), date(2025, 9, 30))),
        (date(2025, 4, 1), (date(2025, 4, 1), date(2025, 6, 30)), (date(2025, 1, 1), date(2025, 3, 31))),
        (date(2024, 2, 29), (date(2024, 1, 1), date(2024, 3, 31)), (date(2023, 10, 1), date(2023, 12, 31))),
    ],
)
def test_quarters_are_of_the_calendar(newest: date, this: tuple[date, date], before: tuple[date, date]) -> None:
    assert SavedReport(period="quarter").days(newest, newest) == this
    assert SavedReport(period="last_quarter").days(newest, newest) == before


def test_a_report_is_passed_on_as_a_file_and_found_by_title_or_file(tmp_path: Path) -> None:
    book = ReportBook(tmp_path)
    assert book.shared_reports() == ([], [])
    saved = SavedReport("Mine", by=("region",), filter=Filter.by_name(region="North"))
    path = book.shared_folder / "mine.toml"
    book.share_report(saved, path)
    with pytest.raises(MeterError, match="exists already"):
        book.share_report(saved, path)
    (book.shared_folder / "two.toml").write_bytes(report_file(saved, saved))
    (book.shared_folder / "vast.toml").write_text(".".join(["a"] * 20_000) + " = 1")
    found, wrong = book.shared_reports()
    assert found == [saved]
    assert wrong == [
        f"{book.shared_folder / 'two.toml'} has 2 questions; a file to pass on has one",
        f"{book.shared_folder / 'vast.toml'} has 40003 bytes; a question has at most 8000",
    ]
    assert book.find_report("Mine") == book.find_report(str(path)) == saved
    book.keep_report(replace(saved, by=("day",)))
    assert book.find_report("Mine").by == ("day",)
    assert book.find_report(IDEAS[0].title) == IDEAS[0]
    with pytest.raises(MeterError, match="no saved question is called mine; did you mean Mine"):
        book.find_report("mine")
    with pytest.raises(MeterError, match=r"none\.toml cannot be read: No such file"):
        book.find_report("none.toml")


def test_the_title_and_the_chart_do_not_make_another_question() -> None:
    saved = SavedReport("Mine", by=("region",))
    assert saved.asks_same(replace(saved, title="", chart="heat"))
    assert not saved.asks_same(replace(saved, by=("month",)))
    assert saved.selects_same(replace(saved, by=("month",), measure="peak"))
    assert not saved.selects_same(replace(saved, period="all"))
