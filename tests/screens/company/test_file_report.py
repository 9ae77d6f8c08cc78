"""Whether a file is worth storing; its lists are seen in the tab of the file."""

from __future__ import annotations

import pytest

from metertui.engine.core import ImportReport
from metertui.screens.company.file_report import adds


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, False),
        ({"duplicate": 5, "different": 2}, False),
        ({"new": 1}, True),
        ({"replaced": 1}, True),
        ({"registered": 1}, True),
        ({"moved": 1}, True),
    ],
)
def test_a_file_adds_what_is_new_or_replaced_or_changes_an_account(changes: dict[str, int], wanted: bool) -> None:
    report = ImportReport()
    for name, count in changes.items():
        setattr(report, name, count)
    assert adds(report) == wanted
