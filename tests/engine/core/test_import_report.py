"""The result of an import, as a line and as JSON."""

from __future__ import annotations

from metertui.engine.base import BadLine
from metertui.engine.base.zone import SiteZone
from metertui.engine.core.file_figures import FileFigures
from metertui.engine.core.import_report import COUNTS, ImportReport

ZONE = SiteZone("Asia/Singapore")


def test_all_refused_lines_are_counted_and_the_first_ones_listed() -> None:
    report = ImportReport(read=5, new=2, different=1)
    report.add_refused([BadLine("a.csv", line, "bad-reading", "why", "text") for line in (3, 4)])
    report.different_lines.append(BadLine("a.csv", 5, "different", "why", "text"))
    report.meters.append(FileFigures("m", "use", 1, 0, 1, 1, 0, 0))
    assert report.counts() == (
        "read 5, new 2, duplicate 0, different 1, suspect 0, refused 2, registered 0, moved 0, days 0"
    )
    found = report.as_json(1, ZONE)
    assert {name: found[name] for name in COUNTS} == {name: getattr(report, name) for name in COUNTS}
    assert found["reasons"] == {"bad-reading": 2}
    assert [each["line"] for each in found["misfits"]] == [3]
    assert [each["line"] for each in found["differences"]] == [5]
    assert found["meters"][0]["total_kwh"] == 0.001
    assert [line.peer for line in report.as_refused_lines(0)] == ["a.csv:3", "a.csv:4"]
