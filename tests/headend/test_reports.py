"""Saved reports and recorded exports of a running head-end."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from metertui.engine.base.config import Rules
from metertui.engine.replica.changes import ChangeReader
from metertui.engine.reports.report import Inquiry
from metertui.engine.reports.saved_reports import SavedReport
from metertui.engine.usage.query import Question
from metertui.headend.read_only import ReadOnlyHeadEnd
from metertui.headend.service import HeadEnd

ASKED = Inquiry(Question(first=date(2025, 3, 1), last=date(2025, 3, 31), by=("region",)))


async def test_a_report_is_saved_replaced_and_deleted_by_its_title(desk: HeadEnd) -> None:
    await desk.reports.save(SavedReport(title="usage"), "ada")
    await desk.reports.save(SavedReport(title="usage", chart="lines"), "ada")
    await desk.reports.save(SavedReport(title="other"), "ada")
    assert {saved.title: saved.chart for saved in await desk.reports.load_saved()} == {
        "usage": "lines",
        "other": "bars",
    }
    await desk.reports.delete("usage", "ada")
    assert [saved.title for saved in await desk.reports.load_saved()] == ["other"]


async def test_exports_are_recorded_by_the_owner_and_by_those_who_only_read(desk: HeadEnd) -> None:
    await desk.reports.record_export(Path("a.csv"), ASKED, "ada")
    follower = ReadOnlyHeadEnd(*ChangeReader.open(desk.engine.folder, Rules(zone=desk.engine.zone), desk.engine.clock))
    await follower.reports.record_export(Path("b.csv"), ASKED, "bob")
    await follower.stop()
    assert desk.engine.exports.recorded_inquiries() == [ASKED]
    rows = (desk.engine.folder / "exports.csv").read_text().splitlines()
    assert [row.split(",")[1:3] for row in rows[1:]] == [["ada", "a.csv"], ["bob", "b.csv"]]
